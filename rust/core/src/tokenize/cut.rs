//! Cuts rendered text into pieces for encoding: control tokens where provenance allows them, and
//! plain text between them.
//!
//! The law: a control token is made of template bytes only, or it is a content marker of the family
//! and made of assistant or system bytes only. Everything else is plain text, whatever it says.

use std::ops::Range;

use super::AddedToken;
use super::control_tokens::ControlTokens;
use crate::options::Boundary;
use crate::render::{Origin, Rendered, Span};

/// A piece of rendered text, in order; together they tile it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A control token with its id.
    Control(u32, Range<u32>),
    /// Text to encode.
    Text(Range<u32>),
}

/// Finds control tokens by provenance. Made once per run, shared by all workers.
#[derive(Debug)]
pub struct Cutter {
    every: ControlTokens,
    markers: ControlTokens,
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
            boundary,
        }
    }

    /// Writes the pieces of `rendered` to `pieces`. A control token lies within neighboring spans of one
    /// origin; the leftmost wins, of those the longest.
    pub fn cut(&self, rendered: &Rendered, pieces: &mut Vec<Piece>) {
        pieces.clear();
        let mut borders = match self.boundary {
            Boundary::Prompt => rendered.turns.as_slice(),
            Boundary::Whole => &[],
        }
        .iter()
        .map(|turn| turn.sampled.start)
        .peekable();
        let text = rendered.text.as_bytes();
        let mut spans = rendered.spans.as_slice();
        let (mut text_from, mut at) = (0, 0);
        while let Some(start) = self.every.next_beginning(text, at) {
            at = start + 1;
            while spans.first().is_some_and(|span| span.end as usize <= start) {
                spans = &spans[1..];
            }
            let Some(span) = spans.first() else { break };
            let tokens = match span.origin {
                Origin::Template => &self.every,
                Origin::Content => &self.markers,
                Origin::Plain => {
                    at = span.end as usize;
                    continue;
                }
            };
            let end = end_of_origin(spans, start + tokens.longest());
            let Some(token) = tokens.at_beginning(&text[start..end]) else { continue };
            at = start + token.content.len();
            push_text(pieces, text_from..start as u32, &mut borders);
            text_from = at as u32;
            pieces.push(Piece::Control(token.id, start as u32..text_from));
        }
        push_text(pieces, text_from..text.len() as u32, &mut borders);
    }
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

/// Pushes plain text, cut at the borders inside it.
fn push_text(
    pieces: &mut Vec<Piece>,
    mut text: Range<u32>,
    borders: &mut std::iter::Peekable<impl Iterator<Item = u32>>,
) {
    while let Some(border) = borders.next_if(|&border| border < text.end) {
        if border > text.start {
            pieces.push(Piece::Text(text.start..border));
            text.start = border;
        }
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
}

#[cfg(test)]
#[path = "cut_tests.rs"]
mod tests;
