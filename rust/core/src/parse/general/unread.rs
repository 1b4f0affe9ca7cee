//! What nobody read: every key of a record is read, known to mean nothing, or counted here; and what looks like a part
//! of a conversation is a finding.

use super::names::{self, Folded};
use super::{General, path, shapes};
use crate::finding::{Code, Severity};
use crate::unread::UnreadKey;
use tooltrain_json::{Json, Kind as Type};

/// Whether a value that nobody reads, under `key`, deserves a second look.
fn is_suspicious(word: &str, value: Json<'_, '_>) -> bool {
    match value.kind() {
        Type::Null => false,
        Type::True | Type::False | Type::Number => names::is_verdict(word) || is_weight(word),
        Type::String => {
            names::is_verdict(word)
                || names::names_system(word)
                || names::is_media(word)
                || is_reasoning(word)
                || starts_json(value) && names_parts(value.source())
        }
        Type::Array | Type::Object => {
            names::is_verdict(word)
                || names::is_media(word)
                || is_reasoning(word)
                || is_weight(word)
                || holds_something(value)
        }
    }
}

/// What a reader of one plain layout passes over: counted, unless it may mean something.
#[derive(Debug, Default)]
pub(crate) struct PassedOver {
    keys: Vec<(&'static str, String, u64, u64)>,
    /// Whether something may mean something, so that the general reader has to look.
    pub(crate) is_doubtful: bool,
}

impl PassedOver {
    /// A key of an object at `level`, such as `messages[].`, that the reader does not know.
    #[inline(never)]
    pub(crate) fn push(&mut self, level: &'static str, key: &str, value: Json<'_, '_>) {
        let folded = Folded::of(key);
        let word = folded.as_str();
        if is_suspicious(word, value) {
            self.is_doubtful = true;
        } else if !names::means_nothing(word) && !value.is_null() {
            let bytes = value.source().len() as u64;
            match self.keys.iter_mut().find(|known| known.1 == key && known.0 == level) {
                Some(known) => {
                    known.2 += 1;
                    known.3 += bytes;
                }
                None => self.keys.push((level, key.to_owned(), 1, bytes)),
            }
        }
    }

    /// Every member of an object that is not among the `known` ones.
    pub(crate) fn rest(&mut self, level: &'static str, object: Json<'_, '_>, known: &[&str]) {
        for (key, value) in object.members() {
            if !known.contains(&&*key) {
                self.push(level, &key, value);
            }
        }
    }

    /// The keys that were passed over.
    pub(crate) fn into_unread(self) -> Vec<UnreadKey> {
        let keys = self.keys.into_iter();
        keys.map(|(level, key, count, bytes)| UnreadKey { path: format!("{level}{key}"), count, bytes })
            .collect()
    }
}

fn is_reasoning(word: &str) -> bool {
    word.starts_with("reasoning")
        || word.starts_with("think")
        || matches!(word, "cot" | "chainofthought" | "scratchpad")
}

fn is_weight(word: &str) -> bool {
    word.contains("weight")
        || word.contains("lossmask")
        || word.contains("train")
        || matches!(word, "mask" | "masked")
}

fn starts_json(value: Json<'_, '_>) -> bool {
    value.spelled_text().is_some_and(|text| {
        let text = text.trim_start();
        (text.starts_with("[{") || text.starts_with('{') || text.starts_with("[\\\"")) && text.len() > 16
    })
}

/// Whether JSON text has keys that messages, calls or tools have.
fn names_parts(text: &str) -> bool {
    let finds = |key: &[u8]| memchr::memmem::find(text.as_bytes(), key).is_some();
    finds(b"\\\"name\\\"") || finds(b"\\\"role\\\"") || finds(b"\\\"from\\\"")
}

/// Whether a message, a call, a result or a tool is anywhere in a value.
pub(in super::super) fn holds_something(value: Json<'_, '_>) -> bool {
    match value.kind() {
        Type::Array => value.elements().any(holds_something),
        Type::String => starts_json(value) && names_parts(value.source()),
        Type::Object => {
            shapes::is_message(value)
                || shapes::is_call(value)
                || shapes::is_tool(value)
                || value.members().any(|(_, inner)| holds_something(inner))
        }
        _ => false,
    }
}

/// What a value that nobody read looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Messages,
    Calls,
    Tools,
    Reasoning,
    System,
    Weight,
    Verdict,
    Media,
}

impl Look {
    fn of(key: &str, value: Json<'_, '_>) -> Option<Look> {
        if value.is_null() || value.kind() == Type::Array && value.elements().next().is_none() {
            return None;
        }
        let folded = Folded::of(key);
        let word = folded.as_str();
        if names::is_verdict(word) && is_judgement(word, value) {
            return Some(Look::Verdict);
        }
        if names::is_media(word) {
            return Some(Look::Media);
        }
        match value.kind() {
            Type::Array | Type::Object => {
                if shapes::is_conversation(value) || shapes::is_message(value) {
                    Some(Look::Messages)
                } else if shapes::is_tools(value) || shapes::is_tool(value) {
                    Some(Look::Tools)
                } else if shapes::is_calls(value) {
                    Some(Look::Calls)
                } else if is_reasoning(word) {
                    Some(Look::Reasoning)
                } else if is_weight(word) {
                    Some(Look::Weight)
                } else if names::names_system(word) {
                    Some(Look::System)
                } else {
                    None
                }
            }
            Type::String => {
                if is_reasoning(word) {
                    Some(Look::Reasoning)
                } else if names::names_system(word) {
                    Some(Look::System)
                } else {
                    None
                }
            }
            _ if is_weight(word) => Some(Look::Weight),
            _ => None,
        }
    }

    fn phrase(self) -> &'static str {
        match self {
            Look::Messages => "looks like messages",
            Look::Calls => "looks like tool calls",
            Look::Tools => "looks like declared tools",
            Look::Reasoning => "looks like reasoning",
            Look::System => "looks like a system prompt",
            Look::Weight => "looks like a loss weight",
            Look::Verdict => "says whether the record is good",
            Look::Media => "holds images or sounds, which text models do not read",
        }
    }
}

/// Whether a value judges: a boolean, 0 or 1, a word for one, or a text or messages that were preferred.
fn is_judgement(word: &str, value: Json<'_, '_>) -> bool {
    match value.kind() {
        Type::Object | Type::Array => word != "label",
        Type::Number => matches!(value.source(), "0" | "1" | "-1" | "0.0" | "1.0"),
        Type::String if word == "label" => value.text().is_some_and(|text| {
            matches!(
                text.to_lowercase().as_str(),
                "true"
                    | "false"
                    | "good"
                    | "bad"
                    | "desirable"
                    | "undesirable"
                    | "chosen"
                    | "rejected"
                    | "0"
                    | "1"
            )
        }),
        Type::String | Type::True | Type::False => true,
        Type::Null => false,
    }
}

impl<'t, 'a> General<'_, 't, 'a, '_> {
    /// Notes what was not read and looks like something, and counts the rest.
    pub(super) fn account(&mut self) -> Vec<UnreadKey> {
        for path in &self.spec.ignore {
            for value in path.all(self.record) {
                self.marks.set(value);
            }
        }
        let mut left = Vec::new();
        if self.record.kind() == Type::Array {
            self.walk_elements(self.record, "", &mut left);
        } else {
            self.walk(self.record, "", &mut left);
        }
        self.note_silent(&left);
        let mut unread: Vec<UnreadKey> = Vec::new();
        let mut noted: Vec<(String, Look)> = Vec::new();
        for (path, key, value) in left {
            if self.marks.is_set(value) || self.is_known_text(value) {
                continue;
            }
            let look = Look::of(&key, value);
            if look == Some(Look::Verdict) && self.reads_verdict(&key, value) {
                continue;
            }
            if let Some(look) = look.filter(|look| !noted.contains(&(path.clone(), *look))) {
                noted.push((path.clone(), look));
                self.note_unread(&key, look, value);
            }
            if look.is_none() && (names::of_key(&key, names::means_nothing) || value.is_null()) {
                continue;
            }
            let bytes = value.source().len() as u64;
            match unread.iter_mut().find(|known| known.path == path) {
                Some(known) => {
                    known.count += 1;
                    known.bytes += bytes;
                }
                None => unread.push(UnreadKey { path, count: 1, bytes }),
            }
        }
        unread
    }

    fn walk(&self, object: Json<'t, 'a>, path: &str, left: &mut Vec<(String, String, Json<'t, 'a>)>) {
        for (key, value) in object.members() {
            if self.marks.is_set(value) {
                continue;
            }
            let below = if path.is_empty() { key.clone().into_owned() } else { format!("{path}.{key}") };
            let is_container = matches!(value.kind(), Type::Object | Type::Array);
            if is_container && self.marks.reaches(value) {
                match value.kind() {
                    Type::Object => self.walk(value, &below, left),
                    _ => self.walk_elements(value, &below, left),
                }
            } else if is_container && Look::of(&key, value).is_none() && holds_something(value) {
                // What it looks like is further inside.
                match value.kind() {
                    Type::Object => self.walk(value, &below, left),
                    _ => self.walk_elements(value, &below, left),
                }
            } else {
                left.push((below, key.into_owned(), value));
            }
        }
    }

    fn walk_elements(&self, list: Json<'t, 'a>, path: &str, left: &mut Vec<(String, String, Json<'t, 'a>)>) {
        let below = format!("{path}[]");
        let key = path.rsplit('.').next().unwrap_or_default().to_owned();
        for element in list.elements().filter(|element| !self.marks.is_set(*element)) {
            match element.kind() {
                Type::Object
                    if self.marks.reaches(element)
                        || holds_something(element)
                            && !shapes::is_message(element)
                            && !shapes::is_call(element)
                            && !shapes::is_tool(element) =>
                {
                    self.walk(element, &below, left);
                }
                Type::Array => self.walk_elements(element, &below, left),
                _ => left.push((below.clone(), key.clone(), element)),
            }
        }
    }

    /// Whether the same text was read elsewhere: some sets repeat a turn beside its parts.
    fn is_known_text(&self, value: Json<'t, 'a>) -> bool {
        let Some(text) = value.text().filter(|text| text.len() > 3) else { return false };
        self.turns
            .messages
            .iter()
            .any(|message| message.content.as_str() == text || message.reasoning.as_deref() == Some(&*text))
    }

    /// A message that says nothing although it has a text under a key that nobody knows is rejected.
    fn note_silent(&mut self, left: &[(String, String, Json<'t, 'a>)]) {
        for message in std::mem::take(&mut self.silent) {
            let inside =
                |value: &Json<'t, 'a>| message.index() < value.index() && value.index() < message.end_index();
            let text = left.iter().find(|(_, key, value)| inside(value) && may_be_text(key, *value));
            if let Some((_, key, value)) = text {
                let what = format!(
                    "the message says nothing, and its key `{}`, which is not known, has text",
                    key.escape_debug()
                );
                let hint = format!(
                    "if it is the text of the message, map it: layout={{\"content\": \"{}\"}}",
                    key.escape_debug()
                );
                self.note_with_hint(Code::TextUnread, *value, what, hint);
                self.marks.set(*value);
            }
        }
    }

    fn note_unread(&mut self, key: &str, look: Look, value: Json<'t, 'a>) {
        let pointer = path::pointer_to(self.record, value);
        let place = super::find::dotted(&pointer);
        let in_message = pointer.bytes().any(|byte| byte.is_ascii_digit());
        let mut what = format!("`{}` was not read, and {}", key.escape_debug(), look.phrase());
        if value.kind() == Type::Object {
            what += "; its keys are ";
            what += &super::keys_of(value);
        }
        let hint = match look {
            Look::Messages => format!("to read it instead: layout={{\"messages\": \"{place}\"}}; to leave it out: layout={{\"ignore\": [\"{place}\"]}}"),
            Look::Calls => format!("name the key of the calls: layout={{\"calls\": \"{}\"}}; if they are no part of the conversation: layout={{\"ignore\": [\"{place}\"]}}", key.escape_debug()),
            Look::Tools => format!("to read it: layout={{\"tools\": \"{place}\"}}; to leave it out: layout={{\"ignore\": [\"{place}\"]}}"),
            Look::Reasoning => format!("to read it: layout={{\"reasoning\": \"{}\"}}", key.escape_debug()),
            Look::System => format!("to read it: layout={{\"system\": \"{place}\"}}"),
            Look::Weight => format!("to read it: layout={{\"weight\": \"{}\"}}; to leave it out: layout={{\"ignore\": [\"{place}\"]}}", key.escape_debug()),
            Look::Verdict => "verdict=\"better\" drops what was judged bad and trains the better side; verdict=\"ignore\" trains all".to_owned(),
            Look::Media => format!("to train on the text alone: layout={{\"ignore\": [\"{place}\"]}}"),
        };
        let no_tools = self.tools.is_empty() && self.reading.options.shared_tools.is_none();
        let (code, severity) = match look {
            Look::Verdict => (Code::VerdictUnread, Severity::Error),
            Look::Media => (Code::MediaNotRead, Severity::Error),
            Look::Weight if in_message => (Code::WeightNotRead, Severity::Error),
            Look::Weight => (Code::WeightNotRead, Severity::Warning),
            Look::Tools if no_tools => (Code::ToolsUnread, Severity::Error),
            Look::Calls if in_message => (Code::CallsUnread, Severity::Error),
            Look::Tools => (Code::ToolsUnread, Severity::Warning),
            Look::Calls => (Code::CallsUnread, Severity::Warning),
            Look::Messages => {
                (Code::MessagesUnread, if in_message { Severity::Error } else { Severity::Warning })
            }
            Look::Reasoning => (Code::ReasoningUnread, Severity::Warning),
            Look::System => (Code::SystemUnread, Severity::Warning),
        };
        self.note_as(severity, code, value, what);
        if let Some(finding) = self.reading.findings.last_mut() {
            finding.hint = Some(hint);
        }
    }
}

/// Whether a value may be the text of a message that has none.
fn may_be_text(key: &str, value: Json<'_, '_>) -> bool {
    let has_words =
        |text: &str| text.trim().contains(char::is_whitespace) && text.contains(char::is_alphabetic);
    match value.kind() {
        Type::String => value.text().is_some_and(|text| {
            !text.is_empty() && (!names::of_key(key, names::means_nothing) || has_words(&text))
        }),
        Type::Array | Type::Object => value.source().len() > 2 && !names::of_key(key, names::means_nothing),
        _ => false,
    }
}
