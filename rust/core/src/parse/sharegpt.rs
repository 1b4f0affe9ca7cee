//! Layout `sharegpt`: `{"conversations": [{"from": "human", "value": ".."}, ..], "tools": ".."}`.
//!
//! Calls are turns of their own whose value is the JSON text of a call, or of a list of calls;
//! results follow in turns of the tool. There are no ids. Roles go by several names.

use std::borrow::Cow;

use tooltrain_json::{Json, Kind, excerpt};

use super::chat::{self, ListPlace, MessagePlace};
use super::general::may_hold_call;
use super::numbering::number_calls;
use super::reading::Reading;
use super::tools::{self, Form};
use crate::conversation::{Content, Conversation, Message, Place, Places, Role, ToolCall};
use crate::finding::Code;
use crate::nearest::suggestion;

pub(super) fn recognizes(record: Json<'_, '_>) -> bool {
    record.get("conversations").is_some()
}

pub(super) fn read<'a>(record: Json<'_, 'a>, reading: &mut Reading<'_>) -> Conversation<'a> {
    let mut conversation = Conversation { places: PLACES, ..Conversation::default() };
    let mut system = None;
    for (key, value) in record.members() {
        match &*key {
            "conversations" => read_turns(value, reading, &mut conversation.messages),
            "tools" => conversation.tools = tools::read(value, "/tools", Form::Wrapped, reading),
            "system" if !value.is_null() => system = Some(value),
            key => reading.passed_over.push("", key, value),
        }
    }
    if let Some(system) = system {
        match system.text() {
            Some(text) if text.is_empty() => {}
            Some(text) => {
                conversation.messages.insert(0, Message::new(Role::System, 0).with_text(text));
            }
            None => {
                let what = format!("expected a string as system, found {}", system.kind().as_str());
                reading.note_at(system, Code::FieldWrongType, "/system", what);
            }
        }
    }
    number_calls(&mut conversation.messages);
    if conversation.tools.is_empty() {
        conversation.tools = reading.shared_tools();
    }
    conversation
}

/// Who speaks in a turn, by the names that are in use.
pub(super) enum Speaker {
    /// A role of the conversation.
    Role(Role),
    /// The assistant, whose text is a call.
    Caller,
}

/// Keys of a turn that mean something.
pub(super) const TURN_KEYS: [&str; 7] = ["from", "value", "weight", "train", "loss", "name", "tool_call_id"];

/// The names of speakers that are suggested for one that is not known.
const SPEAKERS: [&str; 8] =
    ["human", "user", "gpt", "assistant", "system", "tool", "observation", "function_call"];

/// The speaker with this name.
pub(super) fn speaker(name: &str) -> Option<Speaker> {
    Some(match name {
        "human" | "user" | "prompter" => Speaker::Role(Role::User),
        "gpt" | "assistant" | "model" | "chatgpt" | "bot" | "bing" => Speaker::Role(Role::Assistant),
        "system" | "developer" => Speaker::Role(Role::System),
        "tool" | "observation" | "function" | "ipython" | "tool_response" | "function_response"
        | "function-response" | "tool_result" => Speaker::Role(Role::Tool),
        "function_call" | "function-call" | "tool_call" | "tool_calls" => Speaker::Caller,
        _ => return None,
    })
}

fn read_turns<'a>(turns: Json<'_, 'a>, reading: &mut Reading<'_>, messages: &mut Vec<Message<'a>>) {
    const LIST: ListPlace<'_> = ListPlace("/conversations");
    if turns.elements().next().is_none_or(|first| first.get("from").is_none()) {
        return chat::read_list(turns, LIST, reading, messages);
    }
    for (index, turn) in turns.elements().enumerate() {
        let place = MessagePlace { list: LIST, index: index as u32 };
        messages.extend(read_turn(turn, place, reading));
    }
}

fn read_turn<'a>(
    turn: Json<'_, 'a>,
    place: MessagePlace<'_>,
    reading: &mut Reading<'_>,
) -> Option<Message<'a>> {
    let value = value_of(turn, place, reading);
    reading.passed_over.rest("conversations[].", turn, &TURN_KEYS);
    let speaker = speaker_of(turn, place, reading)?;
    let value = value?;
    let role = match speaker {
        Speaker::Role(role) => role,
        Speaker::Caller => Role::Assistant,
    };
    let mut message = Message::new(role, place.index);
    message.weight = chat::message_weight(turn, place, reading);
    if role == Role::Tool {
        let mut text = |key| turn.get(key).and_then(|value| chat::optional_text(value, place, key, reading));
        message.name = text("name");
        message.tool_call_id = text("tool_call_id");
    }
    match speaker {
        Speaker::Role(Role::Assistant) if may_hold_call(&value) => {
            reading.may_hold_calls = true;
            message.content = Content::Text(value);
        }
        Speaker::Role(_) => message.content = Content::Text(value),
        Speaker::Caller => {
            message.content = Content::Text(Cow::Borrowed(""));
            let pointer = || format!("{place}/value");
            message.tool_calls = read_call_text(&value, &pointer, reading)?;
        }
    }
    Some(message)
}

/// The text of a turn.
pub(super) fn value_of<'a>(
    turn: Json<'_, 'a>,
    place: MessagePlace<'_>,
    reading: &mut Reading<'_>,
) -> Option<Cow<'a, str>> {
    let value = turn.get("value");
    match value.map(Json::kind) {
        Some(Kind::String) => value.and_then(Json::text),
        Some(Kind::Null) => Some(Cow::Borrowed("")),
        kind => {
            let found = kind.map_or("nothing", Kind::as_str);
            let what = format!("expected a string as value, found {found}");
            reading.note_at(turn, Code::ContentWrongType, format!("{place}/value"), what);
            None
        }
    }
}

/// The speaker of a turn.
pub(super) fn speaker_of(
    turn: Json<'_, '_>,
    place: MessagePlace<'_>,
    reading: &mut Reading<'_>,
) -> Option<Speaker> {
    let Some(from) = turn.get("from").and_then(Json::text) else {
        reading.note_at(turn, Code::RoleMissing, place.to_string(), chat::without_role(turn));
        return None;
    };
    let found = speaker(&from);
    if found.is_none() {
        let what = format!("the speaker {} is not known{}", excerpt(&from, 0), suggestion(&from, SPEAKERS));
        reading.note_at(turn, Code::UnknownRole, format!("{place}/from"), what);
    }
    found
}

/// Reads the JSON text of a call, or of a list of calls.
pub(super) fn read_call_text(
    text: &str,
    pointer: &impl Fn() -> String,
    reading: &mut Reading<'_>,
) -> Option<Vec<ToolCall<'static>>> {
    let calls = reading.nested(text, Code::CallTextNotJson, pointer, |value, reading| {
        let mut calls = Vec::new();
        let mut read = |call: Json<'_, '_>, reading: &mut Reading<'_>| {
            calls.extend(chat::read_call(call, pointer, reading).map(ToolCall::into_owned));
        };
        if value.kind() == Kind::Array {
            value.elements().for_each(|call| read(call, reading));
        } else {
            read(value, reading);
        }
        calls
    })?;
    (!calls.is_empty()).then_some(calls)
}

pub(super) const PLACES: Places = Places::new(|place| match place {
    Place::Messages => "/conversations".to_owned(),
    Place::Message(message) => format!("/conversations/{message}"),
    Place::Content(message) | Place::Call(message, _) | Place::Arguments(message, _) => {
        format!("/conversations/{message}/value")
    }
    other => Places::default().pointer(other),
});
