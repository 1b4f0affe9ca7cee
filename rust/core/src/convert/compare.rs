//! What a written row says less than the conversation that it was made of.

use tooltrain_json::print_json;

use super::{Dialect, note_lost, spelled_weight};
use crate::conversation::{Content, Conversation, Message, Place, Tool};
use crate::finding::{Code, Finding};
use crate::parse::canonical_tool;

/// Compares a conversation with what its row is read as. What is missing is noted as lost; what would
/// mean something else is an error, and the record is not written.
///
/// Not compared: spacing of JSON between its parts, arguments as text or as an object, and, where a
/// dialect has only one of them, content that is empty, null or absent.
pub(super) fn differences(
    original: &Conversation<'_>,
    again: &Conversation<'_>,
    to: Dialect,
    findings: &mut Vec<Finding>,
) {
    let before = &original.messages;
    if before.len() != again.messages.len() {
        let what = format!("{} messages would be read back as {}", before.len(), again.messages.len());
        let pointer = original.places.pointer(Place::Messages);
        findings.push(Finding::new(Code::NotExpressible, pointer, what));
        return;
    }
    let mut lost = |place: Place, what: &str| note_lost(findings, original.places.pointer(place), what);
    if original.plain && !again.plain {
        lost(Place::Messages, "prompt and completion are plain text; the row makes a chat of them");
    }
    let mut changed = Vec::new();
    for (position, (ours, theirs)) in before.iter().zip(&again.messages).enumerate() {
        let place = Place::Message(ours.index);
        compare_content(ours, theirs, to, &mut lost, &mut changed);
        if ours.role != theirs.role {
            changed.push((place, "the role"));
        }
        if ours.reasoning.as_deref().is_some_and(|text| !text.is_empty())
            && ours.reasoning != theirs.reasoning
        {
            lost(place, "the reasoning");
        }
        if ours.name != theirs.name {
            lost(place, "the name");
        }
        if spelled_weight(original, position) != spelled_weight(again, position) {
            lost(place, "the weight");
        }
        if ours.part_weights != theirs.part_weights {
            lost(place, "the weights of content parts");
        }
        if ours.tool_calls.len() != theirs.tool_calls.len() {
            changed.push((place, "the calls"));
            continue;
        }
        for (call, (mine, other)) in (0_u32..).zip(ours.tool_calls.iter().zip(&theirs.tool_calls)) {
            if mine.name != other.name {
                changed.push((Place::Call(ours.index, call), "the name of the tool"));
            }
            if !same_json(&mine.arguments.json, &other.arguments.json) {
                changed.push((Place::Arguments(ours.index, call), "the arguments"));
            }
        }
    }
    compare_ids(before, &again.messages, &mut lost, &mut changed);
    if original.tools.len() == again.tools.len() {
        for (position, (ours, theirs)) in (0_u32..).zip(original.tools.iter().zip(&again.tools)) {
            compare_tools(Place::Tool(position), ours, theirs, &mut lost, &mut changed);
        }
    } else {
        changed.push((Place::Tools, "the tools"));
    }
    if original.parallel_tool_calls != again.parallel_tool_calls {
        note_lost(findings, "/parallel_tool_calls".to_owned(), "parallel_tool_calls");
    }
    for (place, what) in changed {
        let what = format!("{what} would be read back as something else");
        findings.push(Finding::new(Code::NotExpressible, original.places.pointer(place), what));
    }
}

fn compare_content(
    ours: &Message<'_>,
    theirs: &Message<'_>,
    to: Dialect,
    lost: &mut impl FnMut(Place, &str),
    changed: &mut Vec<(Place, &'static str)>,
) {
    let place = Place::Content(ours.index);
    if ours.content.as_str() != theirs.content.as_str() {
        changed.push((place, "the content"));
    } else if matches!(to, Dialect::OpenAi | Dialect::Messages) && ours.content != theirs.content {
        let was = if ours.content == Content::Null { "null" } else { "absent" };
        lost(place, &format!("that the content is {was}; it was written as empty text"));
    }
}

/// Ids may change as long as results answer the same calls.
fn compare_ids(
    before: &[Message<'_>],
    after: &[Message<'_>],
    lost: &mut impl FnMut(Place, &str),
    changed: &mut Vec<(Place, &'static str)>,
) {
    let mut renamed = None;
    let mut ids: Vec<(&str, &str)> = Vec::new();
    for (ours, theirs) in before.iter().zip(after) {
        for (call, (mine, other)) in (0_u32..).zip(ours.tool_calls.iter().zip(&theirs.tool_calls)) {
            if mine.id != other.id {
                renamed = renamed.or(Some(Place::Call(ours.index, call)));
            }
            if let (Some(mine), Some(other)) = (mine.id.as_deref(), other.id.as_deref()) {
                ids.push((mine, other));
            }
        }
        if let Some(id) = ours.tool_call_id.as_deref() {
            let now = ids.iter().rev().find(|(mine, _)| *mine == id).map_or(id, |(_, other)| other);
            if theirs.tool_call_id.as_deref() != Some(now) {
                changed.push((Place::Message(ours.index), "the call that the result answers"));
            }
        }
    }
    if let Some(place) = renamed {
        lost(place, "the ids of the calls; results answer them in their order");
    }
}

fn compare_tools(
    place: Place,
    ours: &Tool<'_>,
    theirs: &Tool<'_>,
    lost: &mut impl FnMut(Place, &str),
    changed: &mut Vec<(Place, &'static str)>,
) {
    if ours.json == theirs.json {
        return;
    }
    let same_parameters = match (ours.parameters.as_deref(), theirs.parameters.as_deref()) {
        (Some(ours), Some(theirs)) => same_json(ours, theirs),
        (ours, theirs) => ours == theirs,
    };
    if ours.name != theirs.name || !same_parameters {
        changed.push((place, "the tool"));
    } else if canonical_tool(&ours.json) != canonical_tool(&theirs.json) {
        lost(place, "keys of the definition that the target does not know");
    }
}

/// Whether two texts of JSON differ only in their spacing and in how they escape strings; numbers, keys and their order
/// have to be the same.
fn same_json(one: &str, other: &str) -> bool {
    one == other || printed(one) == printed(other)
}

/// JSON with its spacing made the same; numbers, keys and their order stay as they are.
fn printed(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    print_json(json, &mut text);
    text
}
