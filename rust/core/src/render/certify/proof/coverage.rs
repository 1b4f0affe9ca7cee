//! Whether the template printed every field: what a conversation says must not vanish in silence.

use tooltrain_jinja::{Printed, python_text::strip};

use super::extent::Ownership;
use crate::conversation::{Conversation, Message, Role};
use crate::finding::{Code, Finding};
use crate::render::engine::context::Part;
use crate::render::unprinted::{dropped_tools, push};

/// For each message whether the template dropped one of its fields; a finding names each.
///
/// Of several calls in a turn a template that prints one a turn prints the first: that is refused,
/// since the results of the others would still stand in the text.
pub(crate) fn dropped_fields(
    template: &str,
    printed: &Printed,
    ownership: &Ownership,
    conversation: &Conversation<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Vec<bool>, Finding> {
    let fields =
        PrintedFields { text: &printed.text, ownership, pieces: Pieces::of(ownership, conversation) };
    if !ownership.owned.iter().any(|run| run.field.part == Part::ToolDefinition && !run.is_empty()) {
        dropped_tools(template, conversation, findings);
    }
    let mut dropped = Vec::with_capacity(conversation.messages.len());
    for (position, message) in conversation.messages.iter().enumerate() {
        let mut lost = false;
        if !fields.covers(position, Part::Content, message.content.as_str()) {
            push(template, message, "content", "all of this text", findings);
            lost = true;
        }
        if message.role == Role::Assistant {
            let reasoning = message.reasoning.as_deref().unwrap_or("");
            if !fields.covers(position, Part::Reasoning, reasoning) {
                push(template, message, "reasoning_content", "the reasoning of this turn", findings);
                lost = true;
            }
            lost |= dropped_calls(template, &fields, position, message, findings)?;
        }
        dropped.push(lost);
    }
    Ok(dropped)
}

fn dropped_calls(
    template: &str,
    fields: &PrintedFields<'_>,
    position: usize,
    message: &Message<'_>,
    findings: &mut Vec<Finding>,
) -> Result<bool, Finding> {
    let printed: Vec<bool> = message
        .tool_calls
        .iter()
        .enumerate()
        .map(|(order, call)| {
            let name = call.name.is_empty() || fields.has(position, Part::CallName, order);
            let empty = call.arguments.json.trim_start_matches(['{', ' ', '\n', '\t', '\r']).starts_with('}');
            name && (empty || fields.has(position, Part::CallArguments, order))
        })
        .collect();
    if printed.iter().all(|printed| *printed) {
        return Ok(false);
    }
    if printed.iter().any(|printed| *printed) {
        return Err(Finding::new(
            Code::ParallelCalls,
            format!("/messages/{}/tool_calls", message.index),
            format!(
                "the {template} template prints {} of {} calls",
                printed.iter().filter(|p| **p).count(),
                printed.len()
            ),
        ));
    }
    for order in 0..printed.len() {
        push(template, message, &format!("tool_calls/{order}"), "this call", findings);
    }
    Ok(true)
}

struct PrintedFields<'p> {
    text: &'p str,
    ownership: &'p Ownership,
    pieces: Pieces,
}

/// Places in `Ownership::owned` by message.
struct Pieces {
    places: Vec<u32>,
    /// Where the places of each message end.
    ends: Vec<u32>,
}

impl Pieces {
    fn of(ownership: &Ownership, conversation: &Conversation<'_>) -> Self {
        let own = || {
            let runs = ownership.owned.iter().enumerate();
            runs.filter(|(_, run)| run.field.part != Part::ToolDefinition && !run.is_empty())
        };
        let mut next = vec![0u32; conversation.messages.len() + 1];
        own().for_each(|(_, run)| next[run.field.message as usize + 1] += 1);
        for message in 1..next.len() {
            next[message] += next[message - 1];
        }
        let mut places = vec![0u32; next[conversation.messages.len()] as usize];
        for (place, run) in own() {
            let at = &mut next[run.field.message as usize];
            places[*at as usize] = place as u32;
            *at += 1;
        }
        Self { places, ends: next }
    }

    fn of_message(&self, message: usize) -> &[u32] {
        let start = message.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.places[start as usize..self.ends[message] as usize]
    }
}

impl PrintedFields<'_> {
    fn has(&self, message: usize, part: Part, call: usize) -> bool {
        self.pieces.of_message(message).iter().any(|&place| {
            let field = self.ownership.owned[place as usize].field;
            field.part == part && field.call == call as u32
        })
    }

    /// Whether all of `source` but white space and think tags stands in the text. Templates cut texts
    /// at think tags and write the tags themselves.
    fn covers(&self, message: usize, part: Part, source: &str) -> bool {
        if strip(source).is_empty() {
            return true;
        }
        let mut rest = source;
        let mut printed = false;
        let mut left_out = String::new();
        for &place in self.pieces.of_message(message) {
            let run = self.ownership.owned[place as usize];
            let piece = &self.text[run.start as usize..run.end as usize];
            if run.field.part != part || strip(piece).is_empty() {
                continue;
            }
            printed = true;
            let at = if rest.starts_with(piece) { Some(0) } else { rest.find(piece) };
            let Some(at) = at else {
                // Escaped or printed out of order: what is printed cannot be told from the source.
                return true;
            };
            left_out.push_str(&rest[..at]);
            rest = &rest[at + piece.len()..];
        }
        left_out.push_str(rest);
        let is_nothing = |text: &str| strip(&text.replace("<think>", "").replace("</think>", "")).is_empty();
        printed && (left_out.is_empty() || is_nothing(&left_out))
    }
}
