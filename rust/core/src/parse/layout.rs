//! The layouts a record can have. One file each, and one line here.

use tooltrain_json::{Json, Kind};

use super::reading::Reading;
use crate::conversation::Conversation;

/// What the registry knows of a layout.
struct Entry {
    name: &'static str,
    /// What a record of it looks like, for messages.
    shape: &'static str,
    /// Whether an object is a record of it. The first layout that says so reads the record.
    recognizes: fn(Json<'_, '_>) -> bool,
    /// Whether an object can be read as a record of it, when the layout is forced.
    fits: fn(Json<'_, '_>) -> bool,
    /// Reads the record; what is wrong goes to the reading.
    read: for<'a> fn(Json<'_, 'a>, &mut Reading<'_>) -> Conversation<'a>,
}

const LAYOUTS: &[Entry] = &[
    Entry {
        name: "rejects",
        shape: r#"{"code": .., "raw": ".."}"#,
        recognizes: super::rejects::recognizes,
        fits: super::rejects::recognizes,
        read: super::rejects::read,
    },
    Entry {
        name: "openai_functions",
        shape: r#"{"messages": [..], "functions": [..]}"#,
        recognizes: super::openai_functions::recognizes,
        fits: super::openai::recognizes,
        read: super::openai::read,
    },
    Entry {
        name: "anthropic",
        shape: r#"{"system": .., "messages": [{"content": [{"type": "tool_use"}]}], "tools": [{"input_schema"}]}"#,
        recognizes: super::anthropic::recognizes,
        fits: super::openai::recognizes,
        read: super::anthropic::read,
    },
    Entry {
        name: "hermes",
        shape: r#"{"conversations": [{"from": "gpt", "value": "<tool_call>.."}]}"#,
        recognizes: super::hermes::recognizes,
        fits: super::hermes::fits,
        read: super::hermes::read,
    },
    Entry {
        name: "openai",
        shape: r#"{"messages": [..], "tools": [..]}"#,
        recognizes: super::openai::recognizes,
        fits: super::openai::recognizes,
        read: super::openai::read,
    },
    Entry {
        name: "sharegpt",
        shape: r#"{"conversations": [{"from": "human", "value": ".."}], "tools": ".."}"#,
        recognizes: super::sharegpt::recognizes,
        fits: super::sharegpt::recognizes,
        read: super::sharegpt::read,
    },
    Entry {
        name: "distil",
        shape: r#"{"question": "..", "answer": ".."}"#,
        recognizes: super::distil::recognizes,
        fits: super::distil::recognizes,
        read: super::distil::read,
    },
    Entry {
        name: "prompt_completion",
        shape: r#"{"prompt": .., "completion": ..}"#,
        recognizes: super::prompt_completion::recognizes,
        fits: super::prompt_completion::recognizes,
        read: super::prompt_completion::read,
    },
];

/// One of the layouts that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Layout(u8);

impl Layout {
    /// Every layout, in the order in which they are tried.
    pub fn all() -> impl Iterator<Item = Layout> {
        (0..LAYOUTS.len() as u8).map(Layout)
    }

    /// The layout with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Layout> {
        Layout::all().find(|layout| layout.name() == name)
    }

    /// The name that `layout=` takes.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// What a record of it looks like.
    #[must_use]
    pub fn shape(self) -> &'static str {
        self.entry().shape
    }

    fn entry(self) -> &'static Entry {
        &LAYOUTS[usize::from(self.0)]
    }

    /// The layout of a record, if any is recognized.
    pub(crate) fn of(record: Json<'_, '_>) -> Option<Layout> {
        if record.kind() != Kind::Object {
            return None;
        }
        Layout::all().find(|layout| layout.recognizes(record))
    }

    fn recognizes(self, record: Json<'_, '_>) -> bool {
        (self.entry().recognizes)(record)
    }

    /// Whether the general reader reads records of it too. The others hold pairs of texts, whose meaning only their own
    /// reader knows, or other records.
    pub(super) fn is_general(self) -> bool {
        !matches!(self.name(), "rejects" | "distil" | "prompt_completion")
    }

    pub(super) fn fits(self, record: Json<'_, '_>) -> bool {
        (self.entry().fits)(record)
    }

    pub(super) fn read<'a>(self, record: Json<'_, 'a>, reading: &mut Reading<'_>) -> Conversation<'a> {
        (self.entry().read)(record, reading)
    }
}
