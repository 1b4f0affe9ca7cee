//! Rows of messages in the OpenAI spelling: for the hosted API, and for trainers that tokenize by
//! themselves.

use super::object::{Object, push_json};
use super::service::{self, PrintedTools};
use super::spelled_weight;
use crate::conversation::{Content, Conversation, Message, PartWeight, Role, ToolCall};

/// Appends `{"messages": [..], "tools": [..], "parallel_tool_calls": ..}`. For the hosted API,
/// which has printed tools, arguments are text and nothing is written that it does not know; otherwise arguments are
/// objects and everything that the conversation has is written.
pub(super) fn print(
    conversation: &Conversation<'_>,
    mut printed_tools: Option<&mut PrintedTools>,
    out: &mut String,
) {
    let hosted = printed_tools.is_some();
    let mut row = Object::open(out);
    let mut messages = Object::open_list(row.key("messages"));
    for (position, message) in conversation.messages.iter().enumerate() {
        let weight = spelled_weight(conversation, position);
        print_message(message, weight, hosted, messages.next());
    }
    messages.close();
    if !conversation.tools.is_empty() {
        let mut tools = Object::open_list(row.key("tools"));
        for (position, tool) in conversation.tools.iter().enumerate() {
            match &mut printed_tools {
                Some(printed) => printed.print(position, tool, tools.next()),
                None => push_json(&tool.json, tools.next()),
            }
        }
        tools.close();
    }
    if let Some(parallel) = conversation.parallel_tool_calls {
        row.json("parallel_tool_calls", if parallel { "true" } else { "false" });
    }
    row.close();
}

fn print_message(message: &Message<'_>, weight: Option<f32>, hosted: bool, out: &mut String) {
    let mut object = Object::open(out);
    object.text("role", message.role.as_str());
    if let Some(name) = message.name.as_deref().filter(|_| !hosted || message.role != Role::Tool) {
        object.text("name", name);
    }
    if let Some(id) = message.tool_call_id.as_deref().filter(|_| message.role == Role::Tool || !hosted) {
        object.text("tool_call_id", id);
    }
    if let Some(reasoning) = message.reasoning.as_deref().filter(|_| !hosted) {
        object.text("reasoning_content", reasoning);
    }
    print_content(message, hosted, &mut object);
    if !message.tool_calls.is_empty() {
        let mut calls = Object::open_list(object.key("tool_calls"));
        for call in &message.tool_calls {
            print_call(call, hosted, calls.next());
        }
        calls.close();
    }
    let known = !hosted || message.role == Role::Assistant && service::is_weight(weight);
    object.weight(weight.filter(|_| known));
    object.close();
}

/// The hosted API takes null only beside calls.
fn print_content(message: &Message<'_>, hosted: bool, object: &mut Object<'_>) {
    let may_be_null = !hosted || !message.tool_calls.is_empty();
    match &message.content {
        Content::Absent if may_be_null => {}
        Content::Null if may_be_null => object.json("content", "null"),
        content if hosted || message.part_weights.is_empty() => object.text("content", content.as_str()),
        content => print_parts(content.as_str(), &message.part_weights, object.key("content")),
    }
}

/// Content as parts, for the weights that they carry.
fn print_parts(text: &str, weights: &[PartWeight], out: &mut String) {
    let mut parts = Object::open_list(out);
    let mut start = 0;
    for part in weights {
        let end = part.end as usize;
        let mut object = Object::open(parts.next());
        object.text("type", "text");
        object.text("text", text.get(start..end).unwrap_or_default());
        object.weight(part.weight);
        object.close();
        start = end;
    }
    parts.close();
}

fn print_call(call: &ToolCall<'_>, hosted: bool, out: &mut String) {
    let mut object = Object::open(out);
    if let Some(id) = call.id.as_deref() {
        object.text("id", id);
    }
    object.text("type", "function");
    let mut function = Object::open(object.key("function"));
    function.text("name", &call.name);
    if hosted {
        function.text("arguments", &call.arguments.json);
    } else {
        function.json("arguments", &call.arguments.json);
    }
    function.close();
    object.close();
}
