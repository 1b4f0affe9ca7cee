//! Finds the assistant turns of a rendered conversation and checks each of them.

use tooltrain_jinja::{Printed, find};

use super::ending::stop_comes_next;
use super::extent::{Extent, Ownership};
use super::header::{Grade, Row};
use crate::conversation::Conversation;
use crate::render::engine::context::Part;
use crate::render::engine::session::Session;

/// Why a turn is refused that serving would have stopped in its middle.
pub(crate) const STOP_INSIDE: &str = "a stop token stands inside it: it would have been sampled in pieces";

/// Why a turn is refused that nothing stops.
const NO_STOP: &str = "no stop token ends it";

/// The tokens that matter to turns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delimiters<'t> {
    /// Tokens that end a turn when sampled.
    pub(crate) stops: &'t [&'static str],
    /// Other special tokens.
    pub(crate) others: &'t [&'static str],
    /// Whether one of those may end a turn of history in the place of its stop token. It may not where no
    /// turn ends in a stop token: then the stop tokens are those of another model.
    pub(crate) close_history: bool,
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
    /// The control token that closes it, which is no stop token.
    pub(crate) closer: Option<&'static str>,
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
        found.push(located.map_err(|reason| unproved(row, message, reason, delimiters)));
    }
    found
}

/// Why a turn is refused. Where it lacks its stop token, the token that stands there is named.
fn unproved(row: &Row<'_, '_>, message: usize, reason: &str, delimiters: Delimiters<'_>) -> Unproved {
    let mut unproved = Unproved { message: message as u32, reason: reason.into(), closer: None };
    if reason == NO_STOP
        && let Some(extent) = row.ownership.extent(message)
    {
        let limit = stop_limit(row, message, extent.last);
        if let Some((start, end)) = first_stop(row, delimiters.others, extent.last, limit.last_start) {
            let token = &row.printed.text[start as usize..end as usize];
            unproved.closer = delimiters.others.iter().find(|other| **other == token).copied();
            unproved.reason = format!("{reason}; {token} closes it, which is none");
        }
    }
    unproved
}

fn locate(row: &Row<'_, '_>, message: usize, delimiters: Delimiters<'_>) -> Result<Located, &'static str> {
    let extent = row.ownership.extent(message);
    let start = row.start(message, extent.map(|extent| extent.first))?;
    let Extent { last, .. } = extent.unwrap_or(Extent { first: start.at, last: start.at });
    let from = last.max(start.at);
    let limit = stop_limit(row, message, from);
    let (stop, end) = match first_stop(row, delimiters.stops, from, limit.last_start) {
        Some(found) => found,
        // The terminator of history is not what would have been sampled: the turn ends before it.
        None if closed_by_another(row, from, limit.end, delimiters) => (from, from),
        None if stop_comes_next(row, message, from, delimiters.stops) => {
            let end = row.printed.text.len() as u32;
            (end, end)
        }
        None => return Err(NO_STOP),
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

/// Where the text after a turn that may be its own ends.
#[derive(Clone, Copy, Debug)]
struct StopLimit {
    /// The first byte that another message owns.
    end: u32,
    /// The last place where a stop token of the turn may begin.
    last_start: u32,
}

/// How far a turn whose own bytes end at `from` may reach. The message after it may have no bytes of its
/// own: then its text begins where the row goes on otherwise than without that message. The header of
/// the next message may be what stops a turn, so a stop token may begin there, and no later.
fn stop_limit(row: &Row<'_, '_>, message: usize, from: u32) -> StopLimit {
    let end = row.ownership.foreign_start_after(from, message).unwrap_or(row.printed.text.len() as u32);
    let next = message + 1;
    let shows_itself = |extent: Extent| extent.first < extent.last;
    if next >= row.conversation.messages.len() || row.ownership.extent(next).is_some_and(shows_itself) {
        return StopLimit { end, last_start: end };
    }
    let Ok(without) = row.session.print(next, false, row.thinking) else {
        return StopLimit { end, last_start: from };
    };
    let text = &row.printed.text;
    let last_start = if text.starts_with(&without.text) {
        (without.text.len() as u32).clamp(from, end)
    } else {
        let closing = &without.text.as_bytes()[Ownership::last_owned(&without) as usize..];
        let literal = &text.as_bytes()[from as usize..end as usize];
        from + closing.iter().zip(literal).take_while(|(a, b)| a == b).count() as u32
    };
    row.session.reuse(without);
    StopLimit { end, last_start }
}

/// Adds the token of `candidates` that closes the turn at `message` to `found`, unless one of `found` does.
/// Tokens that close a call stand before the one that closes the turn; where the turn has none, the header
/// of the next message is what ends it.
pub(crate) fn closing_token(
    session: &Session<'_>,
    printed: &Printed,
    ownership: &Ownership,
    message: usize,
    candidates: &[&'static str],
    found: &mut Vec<&'static str>,
) {
    let Some(extent) = ownership.extent(message) else { return };
    let end = ownership.foreign_start_after(extent.last, message).unwrap_or(printed.text.len() as u32);
    let Ok(without) = session.print(message + 1, false, None) else { return };
    let closing = &without.text.as_bytes()[Ownership::last_owned(&without) as usize..];
    let literal = &printed.text.as_bytes()[extent.last as usize..end as usize];
    let own = closing.iter().zip(literal).take_while(|(a, b)| a == b).count() as u32;
    let border = extent.last + own;
    let mut before = None;
    let mut at = extent.last;
    while let Some((start, stop)) = first_token(&printed.text, ownership, candidates, at, end) {
        let token = &printed.text[start as usize..stop as usize];
        if found.contains(&token) {
            return;
        }
        if start >= border {
            before = before.or(Some(token));
            break;
        }
        before = Some(token);
        at = stop;
    }
    found.extend(candidates.iter().find(|candidate| before == Some(**candidate)));
}

/// Whether the template closes a turn of history at `from` with a token that is no stop token.
fn closed_by_another(row: &Row<'_, '_>, from: u32, limit: u32, delimiters: Delimiters<'_>) -> bool {
    if !delimiters.close_history {
        return false;
    }
    let rest = &row.printed.text[from as usize..];
    let token = delimiters.others.iter().find(|token| !token.is_empty() && rest.starts_with(**token));
    token.is_some_and(|token| {
        let end = from + token.len() as u32;
        end <= limit && (limit as usize) < row.printed.text.len() && row.ownership.is_template(from, end)
    })
}

/// The first stop token that the template wrote after `from` and that begins at `last_start` or before; the
/// longest of those at one place.
fn first_stop(row: &Row<'_, '_>, stops: &[&str], from: u32, last_start: u32) -> Option<(u32, u32)> {
    let longest = stops.iter().map(|stop| stop.len() as u32).max().unwrap_or(0);
    let text = &row.printed.text;
    let mut limit = last_start.saturating_add(longest).min(text.len() as u32);
    while !text.is_char_boundary(limit as usize) {
        limit += 1;
    }
    let found = first_token(text, row.ownership, stops, from, limit);
    found.filter(|(start, _)| *start <= last_start)
}

/// The first of `stops` that the template wrote in `from..limit`; the longest of those at one place.
fn first_token(
    text: &str,
    ownership: &Ownership,
    stops: &[&str],
    from: u32,
    limit: u32,
) -> Option<(u32, u32)> {
    let mut best: Option<(u32, u32)> = None;
    for stop in stops.iter().filter(|stop| !stop.is_empty()) {
        let mut at = from as usize;
        while let Some(found) = text.get(at..limit as usize).and_then(|rest| find(rest, stop)) {
            let (start, end) = ((at + found) as u32, (at + found + stop.len()) as u32);
            if ownership.is_template(start, end) {
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
    if first_token(text, row.ownership, stops, turn.start, turn.stop).is_some() {
        return Err(STOP_INSIDE);
    }
    let last = row.ownership.extent(turn.message as usize).map_or(turn.start, |extent| extent.last);
    if stop_limit(row, turn.message as usize, last.max(turn.start)).last_start < turn.stop {
        return Err("text of the template for another message lies inside its span");
    }
    if row.has_role_header(turn.start) {
        return Err("its text begins with a role header");
    }
    Ok(())
}
