//! Pieces of a conversation: what becomes a sample of its own when turns are expanded or when the whole
//! is too long. A piece is a conversation again and is rendered again, because templates print the
//! last turn differently.
//!
//! Each turn is trained in one sample at most, and this is how. First the conversation is shared out: it is one sample, or
//! one sample per turn or round, or cut where it is too long. Every turn is in one of those samples to be
//! trained; where it is in others, it is context there. Then, with `history="expand"`, each turn that its own sample would train and
//! does not show the prompt of serving gets a sample of its own, taken from that one sample.

use std::ops::Range;

use crate::conversation::{Conversation, Role};
use crate::error::Result;
use crate::loss::TurnLoss;
use crate::options::Samples;

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
    whole.with_messages(messages)
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

/// The samples that the option asks for; `None` when the conversation itself is the sample.
#[must_use]
pub fn samples<'a>(whole: &Conversation<'a>, samples: Samples) -> Option<Vec<Conversation<'a>>> {
    let selected = |position: &usize| TurnLoss::of(&whole.messages[*position]).is_selected();
    match samples {
        Samples::Conversation => None,
        Samples::Turn => {
            Some(whole.assistant_turns().filter(selected).map(|last| up_to_turn(whole, last)).collect())
        }
        Samples::Round => {
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

/// A piece that fits.
#[derive(Debug)]
pub struct Piece<T> {
    /// What `measure` made of it.
    pub made: T,
    /// Positions of the messages in it, context included.
    pub holds: Vec<usize>,
    /// The position from which on its messages are no context.
    pub from: usize,
}

impl<T> Piece<T> {
    /// The piece as a conversation.
    #[must_use]
    pub fn conversation<'a>(&self, whole: &Conversation<'a>) -> Conversation<'a> {
        with_context(whole, &self.holds, self.from)
    }
}

/// What [`split`] made of a conversation.
#[derive(Debug)]
pub struct Split<T> {
    /// The pieces that fit, in order.
    pub pieces: Vec<Piece<T>>,
    /// Positions of the messages of each single turn that does not fit: what stands before it since the
    /// turn before, itself, and its results.
    pub too_long: Vec<Range<usize>>,
}

/// Splits `whole` into pieces that fit.
///
/// A piece is context and then the messages from where the last piece ended to an assistant turn.
/// Context is the system message, where `carries_tools` the first user message, and the last user
/// message before the cut. A cut never stands between a call and its results. It stands before a user
/// message where the piece holds one; where it has to stand in the middle of a round, the next piece
/// begins with the last call and its results as context, so that an answer sees what it speaks of,
/// unless that alone is too long. `measure` renders and tokenizes a candidate and says whether it fits.
pub fn split<'a, T>(
    whole: &Conversation<'a>,
    carries_tools: bool,
    mut measure: impl FnMut(&Conversation<'a>) -> Result<(T, bool)>,
) -> Result<Split<T>> {
    let turns: Vec<usize> = whole.assistant_turns().collect();
    let first = usize::from(whole.messages.first().is_some_and(|message| message.role == Role::System));
    let mut done = Split { pieces: Vec::new(), too_long: Vec::new() };
    let before = Before::new(whole, first, carries_tools);
    let mut from = first;
    loop {
        let open = &turns[turns.partition_point(|&turn| turn < from)..];
        if open.is_empty() {
            break;
        }
        let mut contexts = vec![before.context(from, true)];
        let short = before.context(from, false);
        if short != contexts[0] {
            contexts.push(short);
        }
        let mut found = None;
        for context in contexts {
            let holds = |turn: usize| context.iter().copied().chain(from..=turn).collect::<Vec<_>>();
            let mut candidate = |turn: usize| measure(&with_context(whole, &holds(turn), from));
            if let Some((best, mut made)) = longest(open, &mut candidate)? {
                let mut last = open[best];
                if let Some(earlier) = last_round_end(whole, &open[..=best]).filter(|&end| end != last) {
                    (made, _) = candidate(earlier)?;
                    last = earlier;
                }
                found = Some((
                    last,
                    Piece { made, holds: context.into_iter().chain(from..=last).collect(), from },
                ));
                break;
            }
        }
        if let Some((last, piece)) = found {
            done.pieces.push(piece);
            from = end_of_unit(whole, last);
        } else {
            let end = end_of_unit(whole, open[0]);
            done.too_long.push(from..end);
            from = end;
        }
    }
    Ok(done)
}

/// The largest index whose turn still fits, with what was made of it. Steps double from the first turn on until one
/// does not fit, and bisection finds the last one between: the work follows what fits, not what is left.
pub fn longest<T>(
    turns: &[usize],
    mut measure: impl FnMut(usize) -> Result<(T, bool)>,
) -> Result<Option<(usize, T)>> {
    let (mut low, mut high) = (0, turns.len());
    let mut best = None;
    let mut step = 1;
    let mut bounded = false;
    while low < high {
        let probe = if bounded { low + (high - low) / 2 } else { (low + step - 1).min(high - 1) };
        let (made, fits) = measure(turns[probe])?;
        if fits {
            best = Some((probe, made));
            low = probe + 1;
            step *= 2;
        } else {
            high = probe;
            bounded = true;
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

/// What stands before each message, found once for all pieces.
struct Before<'w, 'a> {
    whole: &'w Conversation<'a>,
    first: usize,
    /// The first user message, where it carries the tools.
    tools: Option<usize>,
    /// For each position, the last user message before it.
    user: Vec<Option<usize>>,
    /// For each position, the last assistant message before it.
    assistant: Vec<Option<usize>>,
}

impl<'w, 'a> Before<'w, 'a> {
    fn new(whole: &'w Conversation<'a>, first: usize, carries_tools: bool) -> Self {
        let last = |role: Role| {
            let mut last = None;
            let before = |(position, message): (usize, &crate::conversation::Message<'_>)| {
                let found = last;
                if position >= first && message.role == role {
                    last = Some(position);
                }
                found
            };
            whole.messages.iter().enumerate().map(before).collect()
        };
        let (user, assistant) = (last(Role::User), last(Role::Assistant));
        let is_user = |position: &usize| whole.messages[*position].role == Role::User;
        let tools = (first..whole.messages.len()).find(is_user).filter(|_| carries_tools);
        Self { whole, first, tools, user, assistant }
    }

    /// Positions of the messages that a piece beginning at `from` repeats.
    fn context(&self, from: usize, with_results: bool) -> Vec<usize> {
        let role = |position: usize| self.whole.messages[position].role;
        let mut keep: Vec<usize> = (0..self.first).collect();
        keep.extend(self.tools.filter(|&tools| tools < from));
        if role(from) != Role::User {
            keep.extend(self.user[from].filter(|position| !keep.contains(position)));
        }
        if with_results && role(from) == Role::Assistant && from > self.first && role(from - 1) == Role::Tool
        {
            keep.extend(self.assistant[from].into_iter().flat_map(|call| call..from));
        }
        keep
    }
}

/// The messages at `holds`; those before `from` are context and never trained.
fn with_context<'a>(whole: &Conversation<'a>, holds: &[usize], from: usize) -> Conversation<'a> {
    subset(whole, holds.iter().copied(), |position| position >= from)
}
