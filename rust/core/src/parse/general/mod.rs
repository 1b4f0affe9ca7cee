//! The reader for every spelling that is not plain: it knows the words that public data use, repairs what can be
//! repaired without loss, and knows of every value whether it was read.
//!
//! The readers of the plain layouts are fast because they take one spelling each. What they meet and do not know, they
//! hand to this one, which reads the whole record again. So each repair is written once, here, and works in every
//! layout. A [`Spec`] tells it where a layout keeps what it has; without one it searches.

mod calls;
mod definitions;
mod find;
mod items;
mod marks;
mod names;
mod parts;
mod path;
mod python_text;
mod results;
mod shapes;
mod shard_shape;
mod shipped;
mod spec;
mod text_calls;
mod transcript;
mod turns;
pub(super) mod unfold;
mod unread;
mod verdict;

use std::borrow::Cow;
use std::sync::Arc;

pub use path::Path;
pub use shard_shape::{ShardShape, records_within};
pub use spec::Spec;
pub(crate) use text_calls::may_hold_call;
pub(crate) use unread::PassedOver;
use unread::holds_something;

use super::reading::Reading;
use crate::conversation::{Conversation, DefaultLoss, Listed, Message, Places, Role, Tool};
use crate::finding::{Code, Severity};
use crate::unread::UnreadKey;
use find::Found;
use marks::Marks;
use tooltrain_json::Json;
use turns::Turns;

/// What reading came to.
pub(super) struct Outcome<'a> {
    pub(super) conversation: Conversation<'a>,
    pub(super) unread: Vec<UnreadKey>,
    /// Whether the record was judged bad, and is left out.
    pub(super) left_out: bool,
}

/// A key, or a speaker, that was read as another one.
struct Repair<'t, 'a> {
    code: Code,
    what: String,
    first: Json<'t, 'a>,
    count: usize,
}

/// The state of reading one record.
struct General<'g, 't, 'a, 's> {
    record: Json<'t, 'a>,
    spec: &'g Spec,
    reading: &'g mut Reading<'s>,
    marks: Marks,
    turns: Turns<'a>,
    places: Listed,
    tools: Vec<Tool<'a>>,
    repairs: Vec<Repair<'t, 'a>>,
    /// Ids of calls that are not the assistant's.
    foreign_calls: Vec<Cow<'a, str>>,
    /// Messages that say nothing, with their place.
    silent: Vec<Json<'t, 'a>>,
    default_loss: DefaultLoss,
    /// Whether the call that was read last costs its turn.
    wrong_call: bool,
    /// Whether the record has nothing but a better and a worse side.
    is_judged: bool,
    /// Whether the record was judged bad, and is left out.
    left_out: bool,
}

/// Reads a record as `spec` says, or by what it looks like; `None` where it holds nothing that looks like a
/// conversation. Errors are in the findings of `reading`.
pub(super) fn read<'a>(record: Json<'_, 'a>, spec: &Spec, reading: &mut Reading<'_>) -> Option<Outcome<'a>> {
    let mut general = General::new(record, spec, reading);
    if !general.read_messages() {
        return None;
    }
    general.read_system();
    general.read_tools();
    general.turns.close();
    let parallel = general.read_parallel();
    general.read_text_calls();
    general.note_joined();
    super::numbering::number_all_calls(&mut general.turns.messages);
    general.note_repairs();
    let unread = general.account();
    let mut conversation = Conversation {
        messages: std::mem::take(&mut general.turns.messages),
        tools: std::mem::take(&mut general.tools),
        parallel_tool_calls: parallel,
        default_loss: general.default_loss,
        places: Places::listed(Arc::new(std::mem::take(&mut general.places))),
        ..Conversation::default()
    };
    if conversation.tools.is_empty() {
        conversation.tools = general.reading.shared_tools();
    }
    let left_out = general.left_out;
    Some(Outcome { conversation, unread, left_out })
}

/// The first keys of an object, for a message.
fn keys_of(object: Json<'_, '_>) -> String {
    let keys: Vec<_> = object.members().take(6).map(|(key, _)| tooltrain_json::excerpt(&key, 0)).collect();
    if keys.is_empty() { "none".to_owned() } else { keys.join(", ") }
}

/// The layout that comes with the library and has a record like this.
pub(super) fn recognized(record: Json<'_, '_>) -> Option<&'static Spec> {
    Spec::shipped().find(|spec| spec.recognizes(record)).map(|spec| &**spec)
}

/// What nobody read of a record of two texts, a question and its answer.
pub(super) fn account_pair(record: Json<'_, '_>, reading: &mut Reading<'_>) -> Vec<UnreadKey> {
    let spec = Spec::default();
    let mut general = General::new(record, &spec, reading);
    for key in ["prompt", "completion", "question", "answer", "tools", "parallel_tool_calls"] {
        if let Some(value) = record.get(key) {
            general.marks.set(value);
        }
    }
    general.account()
}

impl<'g, 't, 'a, 's> General<'g, 't, 'a, 's> {
    fn new(record: Json<'t, 'a>, spec: &'g Spec, reading: &'g mut Reading<'s>) -> Self {
        Self {
            record,
            spec,
            reading,
            marks: Marks::default(),
            turns: Turns::default(),
            places: Listed::default(),
            tools: Vec::new(),
            repairs: Vec::new(),
            foreign_calls: Vec::new(),
            silent: Vec::new(),
            default_loss: if spec.last_turn_only { DefaultLoss::LastTurn } else { DefaultLoss::Assistant },
            wrong_call: false,
            is_judged: false,
            left_out: false,
        }
    }
}

impl<'t, 'a> General<'_, 't, 'a, '_> {
    /// Notes a finding at a value of the record.
    #[cold]
    fn note(&mut self, code: Code, value: Json<'t, 'a>, message: impl Into<String>) {
        let pointer = path::pointer_to(self.record, value);
        self.reading.note_at(value, code, pointer, message);
    }

    /// The same with a hint of its own.
    #[cold]
    fn note_with_hint(&mut self, code: Code, value: Json<'t, 'a>, message: String, hint: impl Into<String>) {
        let pointer = path::pointer_to(self.record, value);
        self.reading.note_with_hint(code, pointer, message, hint);
    }

    #[cold]
    fn note_as(&mut self, severity: Severity, code: Code, value: Json<'t, 'a>, message: String) {
        self.note(code, value, message);
        if let Some(finding) = self.reading.findings.last_mut() {
            finding.severity = severity;
        }
    }

    /// Counts a repair; each kind is noted once for a record.
    fn repair(&mut self, code: Code, what: &str, at: Json<'t, 'a>) {
        match self.repairs.iter_mut().find(|repair| repair.code == code && repair.what == what) {
            Some(repair) => repair.count += 1,
            None => self.repairs.push(Repair { code, what: what.to_owned(), first: at, count: 1 }),
        }
    }

    fn note_repairs(&mut self) {
        for Repair { code, what, first, count } in std::mem::take(&mut self.repairs) {
            let what = if count == 1 { what } else { format!("{what}, {count} times") };
            self.note(code, first, what);
        }
    }

    fn note_joined(&mut self) {
        for (index, parts) in std::mem::take(&mut self.turns.joined) {
            let pointer = self.places.message(index);
            self.reading.note(Code::PartsJoined, pointer, format!("{parts} content parts were joined"));
        }
        for index in std::mem::take(&mut self.turns.moved_text) {
            let pointer = self.places.message(index);
            self.reading.note(Code::TextAfterCall, pointer, "text after a call was put before it");
        }
    }

    /// Reads the lists of messages; false where there are none.
    fn read_messages(&mut self) -> bool {
        let found = if let Some(sides) = self.better_side() {
            Found::Lists(sides)
        } else if self.spec.pairs.is_some() && self.spec.messages.is_empty() {
            Found::Pairs(vec![self.record])
        } else if self.spec.messages.is_empty() {
            find::find(self.record, self)
        } else {
            let lists: Vec<_> = self.spec.messages.iter().flat_map(|path| path.all(self.record)).collect();
            if lists.is_empty() { Found::Nothing } else { Found::Lists(lists) }
        };
        match found {
            Found::Nothing => return false,
            Found::Lists(lists) => {
                for list in lists {
                    self.read_list(list);
                }
            }
            Found::Pairs(pairs) => {
                for pair in pairs {
                    self.read_pair(pair);
                }
            }
            Found::Transcript(text) => return self.read_transcript(text),
            Found::Refused => {}
        }
        true
    }

    /// The system text beside the messages becomes the first message, unless the messages have it.
    fn read_system(&mut self) {
        let mut found = Vec::new();
        if self.spec.system.is_empty() {
            for (key, value) in self.record.members() {
                if names::of_key(&key, names::names_system) && !self.marks.is_set(value) {
                    found.push((key, value));
                }
            }
            // Containers of requests keep the system text beside the messages.
            if found.is_empty() {
                for (_, inner) in self.record.members().filter(|(_, inner)| self.marks.reaches(*inner)) {
                    found.extend(inner.members().filter(|(key, value)| {
                        names::of_key(key, names::names_system)
                            && !self.marks.reaches(*value)
                            && value.kind() != tooltrain_json::Kind::Number
                    }));
                }
            }
        } else {
            let values: Vec<_> = self.spec.system.iter().flat_map(|path| path.all(self.record)).collect();
            found.extend(values.into_iter().map(|value| (Cow::Borrowed("system"), value)));
        }
        let has_system = self.turns.messages.first().is_some_and(|message| message.role == Role::System);
        let mut texts = Vec::new();
        for (key, value) in found {
            let Some(text) = Self::plain_text(value) else {
                if !value.is_null() && !has_system {
                    let what = format!(
                        "expected a system text, or a list of text parts, found {}: {}",
                        value.kind().as_str(),
                        tooltrain_json::excerpt(value.source(), 0)
                    );
                    self.note(Code::ContentWrongType, value, what);
                    self.marks.set(value);
                }
                continue;
            };
            if has_system {
                let same = self.turns.messages.first().is_some_and(|first| first.content.as_str() == text);
                if same {
                    self.marks.set(value);
                }
                continue;
            }
            self.marks.set(value);
            if !matches!(
                &*key,
                "system" | "systemInstruction" | "system_instruction" | "instructions" | "system_prompt"
            ) {
                self.repair(
                    Code::OtherKeyRead,
                    &format!("`{}` was read as the system message", key.escape_debug()),
                    value,
                );
            }
            if !text.trim().is_empty() || text.is_empty() {
                texts.push(text);
            }
        }
        texts.retain(|text| !text.is_empty());
        if let Some(text) = turns::join(texts, "\n") {
            let index = self.places.push_pointer("/system".to_owned());
            self.turns.messages.insert(0, Message::new(Role::System, index).with_text(text));
        }
    }

    fn read_parallel(&mut self) -> Option<bool> {
        let value = self.record.get("parallel_tool_calls")?;
        self.marks.set(value);
        super::openai::read_parallel_tool_calls(value, self.reading)
    }
}

#[cfg(test)]
mod moved_subtrees_tests;
#[cfg(test)]
mod spellings_tests;
