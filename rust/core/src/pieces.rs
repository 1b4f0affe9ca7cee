//! Pieces of a conversation: what becomes a row of its own when turns are expanded or when the whole
//! is too long. A piece is a conversation again and is rendered again, because templates print the
//! last turn differently.

use crate::conversation::{Conversation, Role};
use crate::error::Result;
use crate::mask::turn_weight;
use crate::options::Rows;

/// The messages `keep` of `whole`, of which only the positions that `trains` accepts may be trained.
fn subset<'a>(
    whole: &Conversation<'a>,
    keep: impl Iterator<Item = usize>,
    trains: impl Fn(usize) -> bool,
) -> Conversation<'a> {
    let messages = keep
        .map(|position| {
            let mut message = whole.messages[position].clone();
            message.context |= !trains(position);
            message
        })
        .collect();
    Conversation { messages, tools: whole.tools.clone(), ..*whole }
}

/// The conversation up to and with the turn at `last`.
#[must_use]
pub fn prefix<'a>(whole: &Conversation<'a>, last: usize) -> Conversation<'a> {
    subset(whole, 0..=last, |_| true)
}

/// The conversation up to and with the turn at `last`, which alone is trained.
#[must_use]
pub fn up_to_turn<'a>(whole: &Conversation<'a>, last: usize) -> Conversation<'a> {
    subset(whole, 0..=last, |position| position == last)
}

/// The pieces that `rows` asks for; `None` when the conversation itself is the row.
#[must_use]
pub fn rows<'a>(whole: &Conversation<'a>, rows: Rows) -> Option<Vec<Conversation<'a>>> {
    let selected = |position: &usize| turn_weight(&whole.messages[*position]) != 0.0;
    match rows {
        Rows::Conversation => None,
        Rows::Turn => {
            Some(whole.assistant_turns().filter(selected).map(|last| up_to_turn(whole, last)).collect())
        }
        Rows::Round => {
            let mut pieces = Vec::new();
            let mut from = 0;
            for at in 1..=whole.messages.len() {
                let ends = whole.messages.get(at).is_none_or(|next| next.role == Role::User);
                let Some(last) =
                    (from..at).rev().find(|&p| whole.messages[p].role == Role::Assistant).filter(|_| ends)
                else {
                    continue;
                };
                if (from..=last).any(|position| selected(&position)) {
                    pieces.push(subset(whole, 0..=last, |position| position >= from));
                }
                from = at;
            }
            Some(pieces)
        }
    }
}

/// What [`split`] made of a conversation.
#[derive(Debug)]
pub struct Split<T> {
    /// The pieces that fit, as `measure` made them.
    pub pieces: Vec<T>,
    /// Positions of the messages that stand in no piece, because a single turn does not fit.
    pub dropped: Vec<usize>,
}

/// Splits `whole` into pieces that fit.
///
/// A piece is the system message, where `carries_tools` the first user message, the last user message
/// before the cut, all as context, and then the messages `from..=last`. A cut never stands between a
/// call and its results; it stands before a user message where the piece holds one, so that an answer
/// keeps the results it speaks of. `measure` renders and tokenizes a candidate and says whether it fits.
pub fn split<'a, T>(
    whole: &Conversation<'a>,
    carries_tools: bool,
    mut measure: impl FnMut(&Conversation<'a>) -> Result<(T, bool)>,
) -> Result<Split<T>> {
    let turns: Vec<usize> = whole.assistant_turns().collect();
    let mut done = Split { pieces: Vec::new(), dropped: Vec::new() };
    let first = usize::from(whole.messages.first().is_some_and(|message| message.role == Role::System));
    let mut from = first;
    while let Some(open) = turns.iter().position(|&turn| turn >= from) {
        let candidate = |turn: usize| piece(whole, first, from, turn, carries_tools);
        let Some((best, mut made)) = longest(&turns[open..], |turn| measure(&candidate(turn)))? else {
            let to = end_of_unit(whole, turns[open]);
            done.dropped.extend(from..to);
            from = to;
            continue;
        };
        let mut last = turns[open + best];
        if let Some(earlier) = last_round_end(whole, &turns[open..=open + best])
            && earlier != last
        {
            (made, _) = measure(&candidate(earlier))?;
            last = earlier;
        }
        done.pieces.push(made);
        from = end_of_unit(whole, last);
    }
    Ok(done)
}

/// The largest index whose turn still fits, with what was made of it, by bisection.
fn longest<T>(
    turns: &[usize],
    mut measure: impl FnMut(usize) -> Result<(T, bool)>,
) -> Result<Option<(usize, T)>> {
    let (mut low, mut high) = (0, turns.len());
    let mut best = None;
    while low < high {
        let probe = low + (high - low) / 2;
        let (made, fits) = measure(turns[probe])?;
        if fits {
            best = Some((probe, made));
            low = probe + 1;
        } else {
            high = probe;
        }
    }
    Ok(best)
}

/// The last of `turns` after which the model does not go on at once, if there is one.
fn last_round_end(whole: &Conversation<'_>, turns: &[usize]) -> Option<usize> {
    turns.iter().rev().copied().find(|&turn| {
        whole.messages.get(end_of_unit(whole, turn)).is_none_or(|next| next.role != Role::Assistant)
    })
}

/// One past the results that belong to the turn at `turn`.
fn end_of_unit(whole: &Conversation<'_>, turn: usize) -> usize {
    let after = turn + 1;
    after + whole.messages[after..].iter().take_while(|message| message.role == Role::Tool).count()
}

/// Context and the messages from `from` to the turn at `last`.
fn piece<'a>(
    whole: &Conversation<'a>,
    first: usize,
    from: usize,
    last: usize,
    carries_tools: bool,
) -> Conversation<'a> {
    let is_user = |position: &usize| whole.messages[*position].role == Role::User;
    let mut keep: Vec<usize> = (0..first).collect();
    if carries_tools {
        keep.extend((first..from).find(is_user));
    }
    if whole.messages[from].role != Role::User {
        let last_user = (first..from).rev().find(is_user);
        keep.extend(last_user.filter(|position| !keep.contains(position)));
    }
    keep.extend(from..=last);
    subset(whole, keep.into_iter(), |position| position >= from)
}
