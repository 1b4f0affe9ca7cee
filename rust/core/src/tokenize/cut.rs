//! Cuts rendered text into pieces for encoding: control tokens where provenance allows them, and
//! plain text between them.
//!
//! The law: a control token is made of template bytes only, or it is a content marker of the family
//! and made of assistant or system bytes only. Everything else is plain text, whatever it says.

use std::iter::Peekable;
use std::ops::Range;

use super::control_tokens::ControlTokens;
use super::word::{ends_in_word, starts_with_word};
use super::{AddedToken, Matching, Place};
use crate::options::Boundary;
use crate::render::{Origin, Rendered, Span, Turn};

/// A piece of rendered text, in order; together they tile it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A control token.
    Control {
        /// Its id.
        id: u32,
        /// The bytes of its own content.
        own: Range<u32>,
        /// Those and the white space that it takes with it.
        bytes: Range<u32>,
    },
    /// Text to encode.
    Text(Range<u32>, Place),
}

/// Finds control tokens by provenance. Made once per run, shared by all workers.
#[derive(Debug)]
pub struct Cutter {
    every: ControlTokens,
    markers: ControlTokens,
    ordinary: ControlTokens,
    boundary: Boundary,
}

impl Cutter {
    /// A cutter for the added tokens of a tokenizer and the content markers of a template family.
    #[must_use]
    pub fn new(added: &[AddedToken], markers: &[&str], boundary: Boundary) -> Self {
        let is_marker = |token: &&AddedToken| markers.contains(&token.content.as_str());
        Self {
            every: ControlTokens::new(added.iter()),
            markers: ControlTokens::new(added.iter().filter(is_marker)),
            ordinary: ControlTokens::new(added.iter().filter(|token| token.is_ordinary())),
            boundary,
        }
    }

    /// Writes the pieces of `rendered` to `pieces`. A control token lies within neighboring spans of one
    /// origin; the leftmost wins, of those the longest.
    pub fn cut(&self, rendered: &Rendered, pieces: &mut Vec<Piece>) {
        pieces.clear();
        let turns = match self.boundary {
            Boundary::Prompt => rendered.turns.as_slice(),
            Boundary::Whole => &[],
        };
        let mut borders = turns.iter().map(|turn| turn.sampled.start).peekable();
        let text = rendered.text.as_bytes();
        let mut spans = rendered.spans.as_slice();
        let (mut text_from, mut at) = (0, 0);
        let mut place = Place::Input;
        while let Some(start) = self.every.next_beginning(text, at) {
            at = start + 1;
            while spans.first().is_some_and(|span| span.end as usize <= start) {
                spans = &spans[1..];
            }
            let Some(span) = spans.first() else { break };
            if span.origin == Origin::Plain && self.ordinary.is_empty() {
                at = span.end as usize;
                continue;
            }
            let Some(token) = self.at_beginning(text, start, spans) else { continue };
            let Some(found) = found(token, &rendered.text, text_from..start as u32, place, turns) else {
                if token.matching.single_word {
                    at = start + token.content.len();
                }
                continue;
            };
            push_text(pieces, text_from..found.bytes.start, place, &mut borders);
            text_from = found.bytes.end;
            at = text_from as usize;
            place = if token.matching.normalized { Place::AfterNormalizedToken } else { Place::Stretch };
            pieces.push(Piece::Control { id: token.id, own: found.own, bytes: found.bytes });
        }
        push_text(pieces, text_from..text.len() as u32, place, &mut borders);
    }

    /// The longest token at `start` that the provenance of its bytes allows.
    fn at_beginning(&self, text: &[u8], start: usize, spans: &[Span]) -> Option<&AddedToken> {
        let by_origin = match spans[0].origin {
            Origin::Template => Some(&self.every),
            Origin::Content => Some(&self.markers),
            Origin::Plain => None,
        }
        .and_then(|tokens| {
            let end = end_of_origin(spans, start + tokens.longest());
            tokens.at_beginning(&text[start..end])
        });
        if self.ordinary.is_empty() {
            return by_origin;
        }
        let ordinary = self.ordinary.at_beginning(&text[start..]);
        [by_origin, ordinary].into_iter().flatten().max_by_key(|token| token.content.len())
    }
}

/// The bytes of a control token in the text.
struct Found {
    own: Range<u32>,
    bytes: Range<u32>,
}

/// What `token` takes of the text around it; nothing where it is not found there. `before` is the text between the
/// last control token and this one, and text is cut where `turns` begin. White space before the last cut is part of a prompt, and stays in it; that after
/// a token is taken over a cut too, since the tokenizer has no ids for white space there.
fn found(token: &AddedToken, text: &str, before: Range<u32>, place: Place, turns: &[Turn]) -> Option<Found> {
    let (start, end) = (before.end as usize, before.end as usize + token.content.len());
    let own = start as u32..end as u32;
    let matching = &token.matching;
    if *matching == (Matching { normalized: matching.normalized, ..Matching::default() }) {
        return Some(Found { bytes: own.clone(), own });
    }
    let (mut from, mut to) = (start, end);
    if matching.single_word && (ends_in_word(&text[..start]) || starts_with_word(&text[end..])) {
        return None;
    }
    let before = &text[(before.start as usize).max(last_cut(turns, start)).min(start)..start];
    // Normalization puts the prefix before a stretch of text, and once: nothing is added after a token found in it.
    let has_prefix = before.is_empty() && place != Place::AfterNormalizedToken;
    if !matching.prefix.is_empty() && !has_prefix {
        let taken = [" ", &matching.prefix].into_iter().find(|prefix| before.ends_with(prefix))?;
        from -= taken.len();
    }
    if matching.lstrip {
        from = from.min(start - (before.len() - before.trim_end().len()));
    }
    if matching.rstrip {
        let after = &text[end..];
        to += after.len() - after.trim_start().len();
    }
    Some(Found { own, bytes: from as u32..to as u32 })
}

/// The last cut up to `at`.
fn last_cut(turns: &[Turn], at: usize) -> usize {
    let next = turns.partition_point(|turn| turn.sampled.start as usize <= at);
    next.checked_sub(1).map_or(0, |last| turns[last].sampled.start as usize)
}

/// Where the first span's origin ends, or `far` if that is nearer.
fn end_of_origin(spans: &[Span], far: usize) -> usize {
    let mut end = 0;
    for span in spans.iter().take_while(|span| span.origin == spans[0].origin) {
        end = span.end as usize;
        if end >= far {
            return far;
        }
    }
    end
}

/// Pushes plain text at `place`, cut at the borders inside it.
fn push_text(
    pieces: &mut Vec<Piece>,
    mut text: Range<u32>,
    mut place: Place,
    borders: &mut Peekable<impl Iterator<Item = u32>>,
) {
    while let Some(border) = borders.next_if(|&border| border < text.end) {
        if border > text.start {
            pieces.push(Piece::Text(text.start..border, place));
            text.start = border;
            place = Place::Inside;
        }
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text, place));
    }
}

#[cfg(test)]
#[path = "cut_tests.rs"]
mod tests;
