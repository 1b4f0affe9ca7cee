//! `history="inline"`: every turn stands in the row as it is printed when it is the last one.
//!
//! Templates print turns of history otherwise than last ones: without their reasoning, with another
//! terminator. An inline row is put together from the prompts of serving: what is printed between the
//! turn before and this one, then this one, both from the conversation that ends here. The history
//! that a turn sees is therefore another than that of serving, which `history` says in the metadata.

use super::rendered::{Field, Rendered, Serving, Turn};
use super::{ChatTemplate, RenderOptions};
use crate::conversation::Conversation;
use crate::finding::{Code, Finding};
use crate::options::OnInexact;

/// Appends the row of a conversation to an empty `out`: inline where the options ask for it and the
/// template does not see to it itself, else as the template prints it.
pub fn render_row(
    template: &dyn ChatTemplate,
    conversation: &Conversation<'_>,
    options: &RenderOptions,
    out: &mut Rendered,
    findings: &mut Vec<Finding>,
) -> Result<(), Finding> {
    if options.inline && !template.prints_inline() {
        return render(template, conversation, options, out, findings);
    }
    template.render(conversation, options, out, findings)
}

/// Appends the inline row to an empty `out`. Fails where a turn cannot be found when it is the last
/// one, or when the next one is.
pub fn render(
    template: &dyn ChatTemplate,
    conversation: &Conversation<'_>,
    options: &RenderOptions,
    out: &mut Rendered,
    findings: &mut Vec<Finding>,
) -> Result<(), Finding> {
    let options = RenderOptions { inline: false, on_inexact: OnInexact::MaskTurn, ..options.clone() };
    let mut piece = Rendered::default();
    let mut before = None;
    let mut told = 0;
    for position in conversation.assistant_turns() {
        let count = position + 1;
        print(template, conversation, count, &options, &mut piece, (told, findings))?;
        let start = end_of_turn(template, conversation, &piece, before)?;
        let turn = turn_of(conversation, &piece, position)?.clone();
        if start > turn.sampled.start {
            return Err(not_found(conversation, position));
        }
        append(&piece, start, turn.sampled.end, Some(turn.sampled.start), out);
        let end = out.text.len() as u32;
        let sampled = end - (turn.sampled.end - turn.sampled.start)..end;
        let serving = served(&turn, options.thinking);
        out.turns.push(Turn { sampled, serving, ..turn });
        before = Some(position);
        told = count;
    }
    let count = conversation.messages.len();
    if told < count {
        print(template, conversation, count, &options, &mut piece, (told, findings))?;
    }
    let start = end_of_turn(template, conversation, &piece, before)?;
    append(&piece, start, piece.text.len() as u32, None, out);
    Ok(())
}

/// Prints the first `count` messages to `piece`. What is found out about messages from the one at
/// `told` on is passed on; about those before, it was.
fn print(
    template: &dyn ChatTemplate,
    conversation: &Conversation<'_>,
    count: usize,
    options: &RenderOptions,
    piece: &mut Rendered,
    (told, findings): (usize, &mut Vec<Finding>),
) -> Result<(), Finding> {
    let messages = conversation.messages[..count].to_vec();
    let prefix = conversation.with_messages(messages);
    let mut found = Vec::new();
    piece.clear();
    template.render(&prefix, options, piece, &mut found)?;
    let speaks_of = |finding: &Finding, index: u32| {
        let pointer = finding.pointer.strip_prefix(&format!("/messages/{index}"));
        pointer.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    for finding in found.into_iter().filter(|finding| finding.code != Code::SpansNotProvable) {
        let is_new = if finding.pointer.starts_with("/messages/") {
            prefix.messages[told..].iter().any(|message| speaks_of(&finding, message.index))
        } else {
            told == 0
        };
        if is_new && !findings.contains(&finding) {
            findings.push(finding);
        }
    }
    Ok(())
}

/// Where the turn at `position` stands.
fn turn_of<'p>(
    conversation: &Conversation<'_>,
    piece: &'p Rendered,
    position: usize,
) -> Result<&'p Turn, Finding> {
    let turn = piece.turns.iter().find(|turn| turn.message as usize == position);
    turn.ok_or_else(|| not_found(conversation, position))
}

fn not_found(conversation: &Conversation<'_>, position: usize) -> Finding {
    let pointer = format!("/messages/{}", conversation.messages[position].index);
    Finding::new(Code::SpansNotProvable, pointer, "where this turn lies in an inline row cannot be proved")
        .hint("choose history=\"mask\" or \"expand\"")
}

/// The end of the turn at `position` with its terminator, which in history may be no stop token; the
/// beginning of the text where there is no turn.
fn end_of_turn(
    template: &dyn ChatTemplate,
    conversation: &Conversation<'_>,
    piece: &Rendered,
    position: Option<usize>,
) -> Result<u32, Finding> {
    let Some(position) = position else { return Ok(0) };
    let end = turn_of(conversation, piece, position)?.sampled.end;
    let last = piece.spans.partition_point(|span| span.end < end);
    if piece.spans.get(last).is_some_and(|span| span.field == Field::Stop && span.end == end) {
        return Ok(end);
    }
    let rest = &piece.text[end as usize..];
    let terminator = template.history_terminators().iter().find(|token| rest.starts_with(**token));
    Ok(end + terminator.map_or(0, |token| token.len() as u32))
}

/// Appends `start..end` of `piece`; what is sampled lies from `sampled` on.
fn append(piece: &Rendered, start: u32, end: u32, sampled: Option<u32>, out: &mut Rendered) {
    let offset = out.text.len() as u32;
    out.text.push_str(&piece.text[start as usize..end as usize]);
    let first = piece.spans.partition_point(|span| span.end <= start);
    for span in piece.spans[first..].iter().take_while(|span| span.start < end) {
        let is_sampled = span.sampled && sampled.is_some_and(|sampled| span.start >= sampled);
        let span_end = span.end.min(end) - start + offset;
        out.cover_to(span_end, span.origin, span.field, span.message, is_sampled);
    }
}

/// A turn that is printed whole after a prompt of serving counts as served, whatever stands before.
fn served(turn: &Turn, thinking: Option<bool>) -> Serving {
    let reasons_unasked = turn.reasoning && thinking == Some(false);
    match turn.serving {
        Serving::FieldDropped => Serving::FieldDropped,
        _ if turn.grade.is_served() && !reasons_unasked => Serving::Consistent,
        _ => Serving::PromptDiffers,
    }
}
