//! Layout `hermes`: calls stand as `<tool_call>{..}</tool_call>` in the text of the assistant,
//! results as `<tool_response>..</tool_response>`, and the tools as `<tools>[..]</tools>` in the
//! system text. The record is that of `sharegpt` or of `openai`.
//!
//! Calls that stand in text become calls, so that they can be checked, and rendered for any family.
//! The system text stays whole; that it lists the tools a second time is a warning.

use std::borrow::Cow;

use memchr::memmem;
use tooltrain_json::{Json, Kind};

use super::chat::{self, ListPlace, MessagePlace};
use super::numbering::number_calls;
use super::reading::Reading;
use super::sharegpt::{self, Speaker};
use super::tools::{self, Form};
use crate::conversation::{Content, Conversation, Message, Role, Tool};
use crate::finding::Code;

/// The record has its tools in the system text and calls in the text of the assistant.
pub(super) fn recognizes(record: Json<'_, '_>) -> bool {
    let Some(turns) = turns_of(record) else { return false };
    let has = |turn: Json<'_, '_>, piece: &str| {
        let text = turn.get("value").or(turn.get("content"));
        text.is_some_and(|text| {
            text.kind() == Kind::String && memmem::find(text.source().as_bytes(), piece.as_bytes()).is_some()
        })
    };
    turns.elements().next().is_some_and(|first| has(first, "<tools>") && has(first, "</tools>"))
        && turns.elements().skip(1).any(|turn| has(turn, "<tool_call>") && turn.get("tool_calls").is_none())
}

pub(super) fn fits(record: Json<'_, '_>) -> bool {
    turns_of(record).is_some()
}

fn turns_of<'t, 'a>(record: Json<'t, 'a>) -> Option<Json<'t, 'a>> {
    record.get("conversations").or(record.get("messages"))
}

pub(super) fn read<'a>(record: Json<'_, 'a>, reading: &mut Reading<'_>) -> Conversation<'a> {
    let mut conversation = Conversation::default();
    let list = if record.get("conversations").is_some() {
        conversation.places = sharegpt::PLACES;
        ListPlace("/conversations")
    } else {
        ListPlace("/messages")
    };
    let Some(turns) = turns_of(record) else { return conversation };
    if turns.elements().next().is_some_and(|first| first.get("from").is_some()) {
        for (index, turn) in turns.elements().enumerate() {
            let place = MessagePlace { list, index: index as u32 };
            conversation.messages.extend(read_turn(turn, place, reading));
        }
    } else {
        chat::read_list(turns, list, reading, &mut conversation.messages);
    }
    reading.passed_over.rest("", record, &["conversations", "messages", "tools"]);
    // Calls in texts are read here.
    reading.may_hold_calls = false;
    if let Some(tools) = record.get("tools") {
        conversation.tools = tools::read(tools, "/tools", Form::Wrapped, reading);
    }
    let mut messages = Vec::with_capacity(conversation.messages.len());
    for message in std::mem::take(&mut conversation.messages) {
        structure(message, list, reading, &mut conversation.tools, &mut messages);
    }
    conversation.messages = messages;
    number_calls(&mut conversation.messages);
    if conversation.tools.is_empty() {
        conversation.tools = reading.shared_tools();
    }
    conversation
}

fn read_turn<'a>(
    turn: Json<'_, 'a>,
    place: MessagePlace<'_>,
    reading: &mut Reading<'_>,
) -> Option<Message<'a>> {
    let value = sharegpt::value_of(turn, place, reading);
    let role = match sharegpt::speaker_of(turn, place, reading)? {
        Speaker::Role(role) => role,
        Speaker::Caller => Role::Assistant,
    };
    reading.passed_over.rest("conversations[].", turn, &sharegpt::TURN_KEYS);
    let mut message = Message::new(role, place.index).with_text(value?);
    message.weight = chat::message_weight(turn, place, reading);
    Some(message)
}

/// Takes what stands in the text of a message as markup out of it.
fn structure<'a>(
    mut message: Message<'a>,
    list: ListPlace<'_>,
    reading: &mut Reading<'_>,
    tools: &mut Vec<Tool<'a>>,
    messages: &mut Vec<Message<'a>>,
) {
    let place = MessagePlace { list, index: message.index };
    let pointer = || format!("{place}/{}", if list.0 == "/messages" { "content" } else { "value" });
    let text = message.content.as_str().to_owned();
    match message.role {
        Role::System if tools.is_empty() => {
            *tools = tools_in(&text, &pointer, reading);
            if !tools.is_empty() {
                let what = "the tools were read from the system text, which still lists them";
                reading.note(Code::ToolsInText, pointer(), what);
            }
        }
        Role::Assistant if text.contains("<tool_call>") => take_calls(&mut message, &text, &pointer, reading),
        Role::Tool | Role::User if text.trim_start().starts_with("<tool_response>") => {
            let mut results = 0;
            let mut rest = &*text;
            while let Some((_, inner, after)) = element(rest, "<tool_response>", "</tool_response>") {
                let mut result = Message::new(Role::Tool, message.index);
                result.name = name_in(inner, reading);
                messages.push(result.with_text(inner.to_owned()));
                results += 1;
                rest = after;
            }
            if results > 0 && rest.trim().is_empty() {
                return;
            }
            let what = "a <tool_response> does not end, or has text beside it";
            reading.note(Code::TextMarkupBroken, pointer(), what);
            return;
        }
        _ => {}
    }
    messages.push(message);
}

/// The pieces before, inside and after the first element; one line end next to each tag belongs to
/// the markup.
fn element<'t>(text: &'t str, open: &str, close: &str) -> Option<(&'t str, &'t str, &'t str)> {
    let (before, rest) = text.split_once(open)?;
    let (inner, after) = rest.split_once(close)?;
    let inner = inner.strip_prefix('\n').unwrap_or(inner);
    Some((before, inner.strip_suffix('\n').unwrap_or(inner), after))
}

fn take_calls(
    message: &mut Message<'_>,
    text: &str,
    pointer: &impl Fn() -> String,
    reading: &mut Reading<'_>,
) {
    let mut said = String::new();
    let mut rest = text;
    while let Some((before, inner, after)) = element(rest, "<tool_call>", "</tool_call>") {
        said.push_str(before);
        message.tool_calls.extend(sharegpt::read_call_text(inner, pointer, reading).unwrap_or_default());
        rest = after;
    }
    if rest.contains("<tool_call>") {
        reading.note(Code::TextMarkupBroken, pointer(), "a <tool_call> does not end");
    } else if !rest.trim().is_empty() {
        reading.note(Code::TextAfterCall, pointer(), "text after a call was put before it");
    }
    said.push_str(rest);
    message.content = Content::Text(Cow::Owned(said.trim_end().to_owned()));
}

/// The tools in the `<tools>` elements of a system text: a list, or one definition a line.
fn tools_in(text: &str, pointer: &impl Fn() -> String, reading: &mut Reading<'_>) -> Vec<Tool<'static>> {
    let mut rest = text;
    while let Some((_, inner, after)) = element(rest, "<tools>", "</tools>") {
        rest = after;
        let inner = inner.trim();
        if inner.starts_with('[') {
            return tools::read_text(inner, &pointer(), Form::Wrapped, reading);
        }
        if inner.starts_with('{') {
            let list = format!("[{}]", inner.lines().collect::<Vec<_>>().join(","));
            return tools::read_text(&list, &pointer(), Form::Wrapped, reading);
        }
    }
    Vec::new()
}

/// The tool that a result names: `{"name": .., "content": ..}`.
fn name_in(result: &str, reading: &mut Reading<'_>) -> Option<Cow<'static, str>> {
    let findings = reading.findings.len();
    let name = reading.nested(result, Code::CallTextNotJson, String::new, |value, _| {
        value.get("name").and_then(Json::text).map(|name| Cow::Owned(name.into_owned()))
    });
    reading.findings.truncate(findings);
    name.flatten()
}
