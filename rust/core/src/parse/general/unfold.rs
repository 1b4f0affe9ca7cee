//! JSON that stands in a string where the value itself is meant: `"tools": "[{..}]"`. The record is written anew with
//! the value in the place of its text, so that everything after reads it as it reads any other.

use std::borrow::Cow;

use super::names::{self, Field, Folded};
use super::spec::Spec;
use super::{python_text, shapes};
use tooltrain_json::{Json, Kind as Type, Tape};

/// A record with values in the place of their texts.
pub(in super::super) struct Unfolded {
    pub(in super::super) text: String,
    /// Whether a text was a Python literal.
    pub(in super::super) was_python: bool,
}

/// The record anew, or `None` where there is nothing to unfold.
pub(in super::super) fn unfold(record: Json<'_, '_>, text: &str, spec: &Spec) -> Option<Unfolded> {
    let mut unfolding = Unfolding { text, written: String::new(), copied: 0, was_python: false, spec };
    match record.kind() {
        Type::Array => unfolding.messages(record),
        _ => unfolding.members(record, 0),
    }
    if unfolding.copied == 0 {
        return None;
    }
    let Unfolding { mut written, copied, was_python, .. } = unfolding;
    written.push_str(&text[copied..]);
    Some(Unfolded { text: written, was_python })
}

struct Unfolding<'u> {
    text: &'u str,
    written: String,
    copied: usize,
    was_python: bool,
    spec: &'u Spec,
}

/// Deepest object in which texts are looked for.
const DEEPEST: usize = 3;

impl Unfolding<'_> {
    fn members(&mut self, object: Json<'_, '_>, depth: usize) {
        for (key, value) in object.members() {
            match value.kind() {
                Type::String => self.member(&key, value, depth),
                Type::Array => self.list(value, depth),
                Type::Object if depth < DEEPEST => self.members(value, depth + 1),
                _ => {}
            }
        }
    }

    fn list(&mut self, list: Json<'_, '_>, depth: usize) {
        let is_text = |element: Json<'_, '_>| {
            element.kind() == Type::String
                && element.spelled_text().is_some_and(|text| text.trim_start().starts_with('{'))
        };
        let Some(first) = list.elements().next() else { return };
        if is_text(first) && list.elements().all(is_text) {
            let is_wanted = |value: Json<'_, '_>| shapes::is_message(value) || shapes::is_tool(value);
            list.elements().for_each(|element| self.replace(element, &is_wanted));
        } else if shapes::is_conversation(list) {
            self.messages(list);
        } else if depth < DEEPEST {
            for element in list.elements().filter(|element| element.kind() == Type::Object) {
                self.members(element, depth + 1);
            }
        }
    }

    /// The texts of calls in messages.
    fn messages(&mut self, list: Json<'_, '_>) {
        for message in list.elements() {
            if message.kind() == Type::String {
                self.replace(message, &shapes::is_message);
                continue;
            }
            for (key, value) in message.members() {
                let field = names::message_field(&key);
                match (field, value.kind()) {
                    (Some(Field::Parts), Type::String) => {
                        self.replace(value, &|value| value.kind() == Type::Array);
                    }
                    (Some(Field::Calls), Type::String) => self.replace(value, &shapes::is_calls),
                    (Some(Field::Calls), Type::Array) => {
                        for call in value.elements() {
                            match call.get("function") {
                                Some(function) if function.kind() == Type::String => {
                                    self.replace(function, &shapes::is_call);
                                }
                                _ if call.kind() == Type::String => self.replace(call, &shapes::is_call),
                                _ => {}
                            }
                        }
                    }
                    (Some(Field::Wrapper | Field::Content(3)), Type::Object) => self.members(value, DEEPEST),
                    _ => {}
                }
            }
        }
    }

    /// A text under a key of the record, or of an object in it.
    fn member(&mut self, key: &str, value: Json<'_, '_>, depth: usize) {
        if depth == 0 && names::of_key(key, names::names_system) {
            return self.replace(value, &|value| value.get("parts").is_some());
        }
        if key == "parts" {
            return self.replace(value, &|value| value.kind() == Type::Array);
        }
        let named = self.spec.named_keys().any(|name| name == key);
        let folded = Folded::of(key);
        let is_text = matches!(
            folded.as_str(),
            "content"
                | "text"
                | "prompt"
                | "completion"
                | "question"
                | "arguments"
                | "args"
                | "value"
                | "system"
        );
        if is_text && !named || depth > 0 && names::of_key(key, names::names_system) {
            return;
        }
        let is_calls = |value: Json<'_, '_>| shapes::is_calls(value);
        let holds = |value: Json<'_, '_>| holds_parts(value) || is_calls(value) || named;
        self.replace(value, &holds);
    }

    fn replace(&mut self, value: Json<'_, '_>, wanted: &dyn Fn(Json<'_, '_>) -> bool) {
        let text = value.text().unwrap_or_default();
        let trimmed = text.trim_start();
        if !trimmed.starts_with(['[', '{', '(']) && !trimmed.starts_with("array(") {
            return;
        }
        let mut tape = Tape::default();
        let (json, was_python) = if tape.read(&text, 256).is_ok() {
            (text, false)
        } else if let Some(json) = python_text::to_json(&text) {
            (Cow::Owned(json), true)
        } else {
            return;
        };
        let mut tape = Tape::default();
        let Ok(inner) = tape.read(&json, 256) else { return };
        if !wanted(inner) {
            return;
        }
        self.written.push_str(&self.text[self.copied..value.offset()]);
        self.written.push_str(&json);
        self.copied = value.offset() + value.source().len();
        self.was_python |= was_python;
    }
}

/// Whether a value is a conversation or tools, or has them as a member.
fn holds_parts(value: Json<'_, '_>) -> bool {
    let is_part = |value: Json<'_, '_>| shapes::is_conversation(value) || shapes::is_tools(value);
    let is_tool_texts = |value: Json<'_, '_>| {
        let mut elements = value.elements().peekable();
        elements.peek().is_some()
            && elements
                .all(|element| element.spelled_text().is_some_and(|text| text.trim_start().starts_with('{')))
    };
    is_part(value)
        || is_tool_texts(value)
        || value.kind() == Type::Object
            && (shapes::is_message(value) || value.members().any(|(_, inner)| is_part(inner)))
}
