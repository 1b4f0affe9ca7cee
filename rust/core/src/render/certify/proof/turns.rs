//! Finds the assistant turns of a rendered conversation and checks each of them.

use tooltrain_jinja::find;

use super::ending::stop_comes_next;
use super::extent::Extent;
use super::header::{Grade, Row};
use crate::conversation::Conversation;
use crate::render::engine::context::Part;

/// Why a turn is refused that serving would have stopped in its middle.
pub(crate) const STOP_INSIDE: &str = "a stop token stands inside it: it would have been sampled in pieces";

/// The tokens that matter to turns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delimiters<'t> {
    /// Tokens that end a turn when sampled.
    pub(crate) stops: &'t [&'static str],
    /// Other special tokens, which may end a turn of history in the place of its stop token.
    pub(crate) others: &'t [&'static str],
}

/// One assistant turn, proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Located {
    pub(crate) message: u32,
    /// First sampled byte.
    pub(crate) start: u32,
    /// Where its stop token begins.
    pub(crate) stop: u32,
    /// One past its stop token.
    pub(crate) end: u32,
    pub(crate) grade: Grade,
    pub(crate) consistent: bool,
}

/// A turn that could not be proved, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unproved {
    pub(crate) message: u32,
    pub(crate) reason: String,
}

/// Finds every assistant turn of the conversation, in order.
pub(crate) fn find_turns(
    row: &Row<'_, '_>,
    conversation: &Conversation<'_>,
    delimiters: Delimiters<'_>,
) -> Vec<Result<Located, Unproved>> {
    let mut found: Vec<Result<Located, Unproved>> = Vec::new();
    for message in conversation.assistant_turns() {
        let located = locate(row, message, delimiters).and_then(|turn| {
            check(row, &turn, found.last().and_then(|before| before.as_ref().ok()), delimiters)?;
            Ok(turn)
        });
        found.push(located.map_err(|reason| Unproved { message: message as u32, reason: reason.into() }));
    }
    found
}

fn locate(row: &Row<'_, '_>, message: usize, delimiters: Delimiters<'_>) -> Result<Located, &'static str> {
    let extent = row.ownership.extent(message);
    let start = row.start(message, extent.map(|extent| extent.first))?;
    let Extent { last, .. } = extent.unwrap_or(Extent { first: start.at, last: start.at });
    let from = last.max(start.at);
    let limit = row.ownership.foreign_start_after(from, message).unwrap_or(row.printed.text.len() as u32);
    let (stop, end) = match first_stop(row, delimiters.stops, from, limit) {
        Some(found) => found,
        // The terminator of history is not what would have been sampled: the turn ends before it.
        None if closed_by_another(row, from, limit, delimiters) => (from, from),
        None if stop_comes_next(row, message, from, delimiters.stops) => {
            let end = row.printed.text.len() as u32;
            (end, end)
        }
        None => return Err("no stop token ends it"),
    };
    Ok(Located {
        message: message as u32,
        start: start.at,
        stop,
        end,
        grade: start.grade,
        consistent: start.consistent,
    })
}

/// Whether the template closes a turn of history at `from` with a token that is no stop token.
fn closed_by_another(row: &Row<'_, '_>, from: u32, limit: u32, delimiters: Delimiters<'_>) -> bool {
    let rest = &row.printed.text[from as usize..];
    let token = delimiters.others.iter().find(|token| !token.is_empty() && rest.starts_with(**token));
    token.is_some_and(|token| {
        let end = from + token.len() as u32;
        end <= limit && (limit as usize) < row.printed.text.len() && row.ownership.is_template(from, end)
    })
}

/// The first stop token that the template wrote in `from..limit`; the longest of those at one place.
fn first_stop(row: &Row<'_, '_>, stops: &[&str], from: u32, limit: u32) -> Option<(u32, u32)> {
    let text = &row.printed.text;
    let mut best: Option<(u32, u32)> = None;
    for stop in stops.iter().filter(|stop| !stop.is_empty()) {
        let mut at = from as usize;
        while let Some(found) = text.get(at..limit as usize).and_then(|rest| find(rest, stop)) {
            let (start, end) = ((at + found) as u32, (at + found + stop.len()) as u32);
            if row.ownership.is_template(start, end) {
                let better = best
                    .is_none_or(|(other, other_end)| start < other || (start == other && end > other_end));
                if better {
                    best = Some((start, end));
                }
                break;
            }
            at = at + found + 1;
            while !text.is_char_boundary(at) {
                at += 1;
            }
        }
    }
    best
}

/// The self-checks. A turn that breaks one is not trained.
pub(crate) fn check(
    row: &Row<'_, '_>,
    turn: &Located,
    before: Option<&Located>,
    delimiters: Delimiters<'_>,
) -> Result<(), &'static str> {
    let text = &row.printed.text;
    if turn.start > turn.stop
        || turn.stop > turn.end
        || turn.start == turn.end
        || before.is_some_and(|before| before.end > turn.start)
    {
        return Err("its span is out of order");
    }
    if text.get(turn.start as usize..turn.end as usize).is_none() {
        return Err("its span cuts a character");
    }
    let stops = delimiters.stops;
    let stopped = stops.contains(&&row.printed.text[turn.stop as usize..turn.end as usize])
        && row.ownership.is_template(turn.stop, turn.end);
    let limit =
        row.ownership.foreign_start_after(turn.end, turn.message as usize).unwrap_or(text.len() as u32);
    let ends_with_text = || {
        let message = turn.message as usize;
        let last = row.ownership.extent(message).map_or(turn.start, |extent| extent.last.max(turn.start));
        turn.end as usize == text.len() && stop_comes_next(row, message, last, stops)
    };
    let closed = stopped
        || (turn.stop == turn.end
            && (closed_by_another(row, turn.end, limit, delimiters) || ends_with_text()));
    if !closed {
        return Err("its span does not end in a stop token");
    }
    let inside = row.ownership.inside(turn.start, turn.end);
    if inside
        .filter(|run| !run.is_empty())
        .any(|run| run.field.part == Part::ToolDefinition || run.field.message != turn.message)
    {
        return Err("bytes of another message lie inside its span");
    }
    let own = row.ownership.anchor(turn.message as usize);
    if own.is_some_and(|own| own.first < turn.start || own.last > turn.stop) {
        return Err("bytes of its own lie outside its span");
    }
    if first_stop(row, stops, turn.start, turn.stop).is_some() {
        return Err(STOP_INSIDE);
    }
    if row.has_role_header(turn.start) {
        return Err("its text begins with a role header");
    }
    Ok(())
}
