//! Rows of turns: `{"conversations": [{"from": .., "value": ..}], "system": "..", "tools": ".."}`.
//!
//! Calls are turns of their own and have no ids: results answer them in their order.

use tooltrain_json::{Tape, print_json_string};

use super::object::{Object, push_json};
use super::spelled_weight;
use crate::conversation::{Content, Conversation, Message, Place, Role, ToolCall};

/// The conversation with text and calls of one turn in two turns, and the turns that were split;
/// `None` where there is no such turn.
pub(super) fn split_turns<'a>(conversation: &Conversation<'a>) -> Option<(Conversation<'a>, Vec<Place>)> {
    let both = |message: &&Message<'_>| !message.tool_calls.is_empty() && !message.content.is_empty();
    let places: Vec<Place> =
        conversation.messages.iter().filter(both).map(|message| Place::Message(message.index)).collect();
    if places.is_empty() {
        return None;
    }
    let mut split = Conversation { messages: Vec::new(), ..conversation.clone() };
    for (position, message) in conversation.messages.iter().enumerate() {
        let mut message = message.clone();
        message.weight = spelled_weight(conversation, position);
        if both(&&message) {
            let said = Message { tool_calls: Vec::new(), reasoning: None, ..message.clone() };
            split.messages.push(said);
            message.content = Content::Null;
            message.part_weights.clear();
        }
        split.messages.push(message);
    }
    split.default_loss = crate::conversation::DefaultLoss::Assistant;
    Some((split, places))
}

pub(super) fn print(conversation: &Conversation<'_>, out: &mut String) {
    let mut row = Object::open(out);
    let messages = &conversation.messages;
    // An empty system text is one that the layout does not know of.
    let system = messages.first().filter(|first| first.role == Role::System && first.weight.is_none());
    let system = system.map(|first| first.content.as_str()).filter(|text| !text.is_empty());
    let mut turns = Object::open_list(row.key("conversations"));
    for (position, message) in messages.iter().enumerate().skip(usize::from(system.is_some())) {
        let mut turn = Object::open(turns.next());
        turn.text("from", speaker(message));
        if message.tool_calls.is_empty() {
            turn.text("value", message.content.as_str());
        } else {
            turn.text("value", &calls_text(&message.tool_calls));
        }
        turn.weight(spelled_weight(conversation, position));
        turn.close();
    }
    turns.close();
    if let Some(system) = system {
        row.text("system", system);
    }
    if !conversation.tools.is_empty() {
        row.text("tools", &tools_text(conversation));
    }
    row.close();
}

fn speaker(message: &Message<'_>) -> &'static str {
    match message.role {
        Role::System => "system",
        Role::User => "human",
        Role::Assistant if message.tool_calls.is_empty() => "gpt",
        Role::Assistant => "function_call",
        Role::Tool => "observation",
    }
}

/// The JSON text of a call, or of a list of several.
fn calls_text(calls: &[ToolCall<'_>]) -> String {
    let mut text = String::new();
    if let [call] = calls {
        print_call(call, "arguments", &mut text);
    } else {
        let mut list = Object::open_list(&mut text);
        for call in calls {
            print_call(call, "arguments", list.next());
        }
        list.close();
    }
    text
}

/// Appends `{"name": .., "arguments": {..}}`.
pub(super) fn print_call(call: &ToolCall<'_>, arguments: &str, out: &mut String) {
    let mut object = Object::open(out);
    print_json_string(&call.name, object.key("name"));
    object.json(arguments, &call.arguments.json);
    object.close();
}

/// The JSON text of the list of definitions, each the inner object alone.
fn tools_text(conversation: &Conversation<'_>) -> String {
    let mut text = String::new();
    let mut list = Object::open_list(&mut text);
    let mut tape = Tape::default();
    for tool in &conversation.tools {
        let Ok(definition) = tape.read(&tool.json, u32::MAX) else { continue };
        let inner = definition.get("function").filter(|inner| !inner.is_null()).unwrap_or(definition);
        push_json(inner.source(), list.next());
    }
    list.close();
    text
}
