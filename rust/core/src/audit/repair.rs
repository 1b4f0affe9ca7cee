//! Repairs written into the record itself: everything that no repair touches keeps its spelling.

use std::borrow::Cow;

use tooltrain_json::{Json, Kind, Tape, print_json_string};

use crate::conversation::{Content, Conversation, Message, Role, ToolCall};
use crate::finding::{Finding, Severity};
use crate::parse::{self, ParseOptions, Scratch};
use crate::validate::{ValidateOptions, Validator};

/// A record as it is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FixedRecord {
    /// Nothing had to be repaired.
    AsItWas(String),
    /// Its repairs are written into it.
    Repaired(String),
    /// It needs a repair that is made while it is read, and cannot be written in its layout.
    Left(String),
}

/// Writes repairs into records. One for each worker.
pub(crate) struct Repairer {
    tape: Tape,
    scratch: Scratch,
    validator: Validator,
}

impl Repairer {
    pub(crate) fn new(validate: ValidateOptions) -> Self {
        Self { tape: Tape::default(), scratch: Scratch::default(), validator: Validator::new(validate) }
    }

    /// The record in `line`, which was read and repaired as `conversation` with these findings.
    ///
    /// What is written is read again: unless it says the same and needs no repair, the record stays
    /// as it was.
    pub(crate) fn write(
        &mut self,
        line: &[u8],
        conversation: &Conversation<'_>,
        findings: &[Finding],
        options: &ParseOptions,
    ) -> FixedRecord {
        let text = String::from_utf8_lossy(line);
        let text = self.original(&text, options.max_depth).map_or(text, Cow::Owned);
        if !findings.iter().any(|finding| finding.severity == Severity::Fixed) {
            return FixedRecord::AsItWas(on_one_line(&text));
        }
        let record = self.tape.read(&text, options.max_depth).ok();
        let repaired = record.and_then(|record| print_record(record, conversation));
        match repaired.map(|repaired| on_one_line(&repaired)) {
            Some(repaired) if self.reads_the_same(&repaired, conversation, options) => {
                FixedRecord::Repaired(repaired)
            }
            _ => FixedRecord::Left(on_one_line(&text)),
        }
    }

    /// The record that a line of a rejects file holds.
    fn original(&mut self, text: &str, max_depth: u32) -> Option<String> {
        let record = self.tape.read(text, max_depth).ok()?;
        let is_reject = parse::Layout::of(record)?.name() == "rejects";
        record.get("raw").filter(|_| is_reject)?.text().map(Cow::into_owned)
    }

    fn reads_the_same(&mut self, text: &str, before: &Conversation<'_>, options: &ParseOptions) -> bool {
        let Ok(mut again) = parse::parse(text.as_bytes(), &mut self.scratch, options) else { return false };
        self.validator.validate(&mut again.conversation, &mut again.findings);
        !again.findings.iter().any(|finding| finding.severity == Severity::Fixed)
            && renumbered(&again.conversation) == renumbered(before)
    }
}

/// The same conversation with its messages counted anew.
fn renumbered<'a>(conversation: &Conversation<'a>) -> Conversation<'a> {
    let mut conversation = conversation.clone();
    for (index, message) in (0..).zip(&mut conversation.messages) {
        message.index = index;
    }
    conversation
}

/// Line ends stand only between the parts of a JSON text, where a space says the same.
fn on_one_line(text: &str) -> String {
    text.trim().replace(['\n', '\r'], " ")
}

/// A record of `messages` with the repairs in it; `None` for one of another shape.
fn print_record(record: Json<'_, '_>, conversation: &Conversation<'_>) -> Option<String> {
    let sources: Vec<Json<'_, '_>> = record.get("messages")?.elements().collect();
    let mut out = Members::default();
    for (key, value) in record.members() {
        match &*key {
            "messages" => {
                let mut messages = Vec::with_capacity(conversation.messages.len());
                for message in &conversation.messages {
                    messages.push(print_message(*sources.get(message.index as usize)?, message)?);
                }
                out.json("messages", &format!("[{}]", messages.join(", ")));
            }
            "functions" if !value.is_null() => {
                let tools: Vec<&str> = conversation.tools.iter().map(|tool| &*tool.json).collect();
                out.json("tools", &format!("[{}]", tools.join(", ")));
            }
            key => out.json(key, value.source()),
        }
    }
    Some(out.close())
}

/// A message with the repairs in it.
fn print_message(source: Json<'_, '_>, message: &Message<'_>) -> Option<String> {
    let mut out = Members::default();
    let was_refusal = source.get("refusal").and_then(Json::text).is_some_and(|refusal| {
        !refusal.is_empty() && source.get("content").and_then(Json::text).is_none_or(|text| text.is_empty())
    });
    let given_id = source.get("tool_call_id").and_then(Json::text);
    let new_id = message.tool_call_id.as_deref().filter(|id| {
        let of_list = || source.get("tool_call_ids").and_then(|ids| ids.elements().next()?.text());
        given_id.clone().or_else(of_list).as_deref() != Some(id)
    });
    let (mut has_content, mut has_id) = (false, false);
    for (key, value) in source.members() {
        match &*key {
            "role" => out.text("role", message.role.as_str()),
            "content" => {
                has_content = true;
                let joined = value.elements().count() > 1 && message.part_weights.is_empty();
                match &message.content {
                    Content::Text(text) if was_refusal || joined => out.text("content", text),
                    _ => out.json("content", value.source()),
                }
            }
            "refusal" if was_refusal => {}
            "tool_calls" if value.kind() == Kind::Array => {
                if value.elements().next().is_some() {
                    out.json("tool_calls", &print_calls(value, &message.tool_calls));
                }
            }
            "function_call" if value.kind() == Kind::Object => {
                let [call] = message.tool_calls.as_slice() else { return None };
                out.json("tool_calls", &print_legacy_call(value, call));
            }
            "tool_call_id" if new_id.is_some() => {
                has_id = true;
                out.text("tool_call_id", new_id.unwrap_or_default());
            }
            "tool_call_ids" if new_id.is_some() => {}
            key => out.json(key, value.source()),
        }
    }
    if was_refusal && !has_content {
        out.text("content", message.content.as_str());
    }
    if let Some(id) = new_id.filter(|_| !has_id && message.role == Role::Tool) {
        out.text("tool_call_id", id);
    }
    Some(out.close())
}

fn print_calls(source: Json<'_, '_>, calls: &[ToolCall<'_>]) -> String {
    let printed: Vec<String> =
        source.elements().zip(calls).map(|(source, call)| print_call(source, call)).collect();
    format!("[{}]", printed.join(", "))
}

/// A call with the id that it has now.
fn print_call(source: Json<'_, '_>, call: &ToolCall<'_>) -> String {
    let given = source.get("id").and_then(Json::text);
    if given.as_deref() == call.id.as_deref() {
        return source.source().to_owned();
    }
    let mut out = Members::default();
    if let Some(id) = call.id.as_deref() {
        out.text("id", id);
    }
    for (key, value) in source.members().filter(|(key, _)| key != "id") {
        out.json(&key, value.source());
    }
    out.close()
}

fn print_legacy_call(source: Json<'_, '_>, call: &ToolCall<'_>) -> String {
    let mut out = Members::default();
    if let Some(id) = call.id.as_deref() {
        out.text("id", id);
    }
    out.text("type", "function");
    out.json("function", source.source());
    format!("[{}]", out.close())
}

/// A JSON object under construction.
#[derive(Default)]
struct Members(String);

impl Members {
    fn key(&mut self, key: &str) {
        self.0.push_str(if self.0.is_empty() { "{" } else { ", " });
        print_json_string(key, &mut self.0);
        self.0.push_str(": ");
    }

    fn json(&mut self, key: &str, source: &str) {
        self.key(key);
        self.0.push_str(source);
    }

    fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        print_json_string(text, &mut self.0);
    }

    fn close(mut self) -> String {
        self.0.push_str(if self.0.is_empty() { "{}" } else { "}" });
        self.0
    }
}

#[cfg(test)]
#[path = "repair_tests.rs"]
mod tests;
