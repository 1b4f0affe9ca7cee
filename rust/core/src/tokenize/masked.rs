//! Rendered text -> ids with their loss mask.
//!
//! The law: a token weighs what the least of its bytes weighs. Pieces are encoded one by one; only a
//! piece that holds several weights needs to know which bytes each token covers.

use super::Encoder;
use super::cut::{Cutter, Piece};
use crate::error::Result;
use crate::render::{Rendered, Span};
use crate::sample::TrainedRun;

/// Memory that one worker uses again for every conversation.
#[derive(Debug, Default)]
pub struct Scratch {
    pieces: Vec<Piece>,
    ids: Vec<u32>,
    ends: Vec<u32>,
}

/// Ids, mask and what was noticed on the way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tokens {
    /// Token ids of the whole text.
    pub ids: Vec<i32>,
    /// The trained tokens.
    pub trained: Vec<TrainedRun>,
    /// Tokens that straddle bytes of different weight and took the smallest.
    pub straddling: u64,
    /// For each token the end of its bytes in the text; empty unless asked for.
    pub ends: Vec<u32>,
}

impl Tokens {
    /// How many tokens are trained.
    #[must_use]
    pub fn trained_tokens(&self) -> u64 {
        self.trained.iter().map(|run| u64::from(run.end - run.start)).sum()
    }
}

/// Encodes `rendered` piece by piece. Raw text gets `begin` before it.
pub fn tokenize(
    rendered: &Rendered,
    begin: &[u32],
    cutter: &Cutter,
    encoder: &mut dyn Encoder,
    scratch: &mut Scratch,
    with_ends: bool,
) -> Result<Tokens> {
    let mut tokens = Tokens { ids: Vec::with_capacity(rendered.text.len() / 3), ..Tokens::default() };
    if rendered.is_raw {
        tokens.ids.extend(begin.iter().map(|&id| id as i32));
        if with_ends {
            tokens.ends.resize(begin.len(), 0);
        }
    }
    let mut spans = Spans { spans: &rendered.spans, at: 0 };
    cutter.cut(rendered, &mut scratch.pieces);
    for piece in &scratch.pieces {
        match piece {
            Piece::Control { id, own, bytes } => {
                tokens.ids.push(*id as i32);
                let weight = spans.least(own.start, own.end).weight;
                tokens.train(1, weight);
                if with_ends {
                    tokens.ends.push(bytes.end);
                }
            }
            Piece::Text(bytes, place) => {
                let text = &rendered.text[bytes.start as usize..bytes.end as usize];
                let least = spans.least(bytes.start, bytes.end);
                scratch.ids.clear();
                if least.mixed || with_ends {
                    scratch.ends.clear();
                    encoder.encode_with_ends(text, *place, &mut scratch.ids, &mut scratch.ends)?;
                    tokens.ids.extend(scratch.ids.iter().map(|&id| id as i32));
                    spans.rewind(bytes.start);
                    tokens.train_mixed(&scratch.ends, bytes.start, bytes.end, &mut spans);
                    if with_ends {
                        tokens.ends.extend(scratch.ends.iter().map(|end| bytes.start + end));
                    }
                } else {
                    encoder.encode(text, *place, &mut scratch.ids)?;
                    tokens.ids.extend(scratch.ids.iter().map(|&id| id as i32));
                    tokens.train(scratch.ids.len(), least.weight);
                }
            }
        }
    }
    Ok(tokens)
}

impl Tokens {
    /// The last `count` tokens weigh `weight`.
    fn train(&mut self, count: usize, weight: f32) {
        if weight == 0.0 || count == 0 {
            return;
        }
        let end = self.ids.len() as u32;
        self.extend_trained(end - count as u32, end, weight);
    }

    /// The last tokens end at `ends` (counted from byte `base`); each takes the least weight it covers.
    fn train_mixed(&mut self, ends: &[u32], base: u32, piece_end: u32, spans: &mut Spans<'_>) {
        let first = self.ids.len() as u32 - ends.len() as u32;
        let mut start = base;
        for (order, &end) in ends.iter().enumerate() {
            // A token without bytes of its own (a split character) goes with the byte before it.
            let end = (base + end).min(piece_end);
            let from = if end > start { start } else { end.saturating_sub(1).max(base) };
            let least = spans.least(from, end.max(from + 1));
            self.straddling += u64::from(least.mixed);
            let token = first + order as u32;
            if least.weight != 0.0 {
                self.extend_trained(token, token + 1, least.weight);
            }
            start = start.max(end);
        }
    }

    #[allow(clippy::float_cmp, reason = "weights are copied, never computed")]
    fn extend_trained(&mut self, start: u32, end: u32, weight: f32) {
        match self.trained.last_mut() {
            Some(run) if run.end == start && run.weight == weight => run.end = end,
            _ => self.trained.push(TrainedRun { start, end, weight }),
        }
    }
}

/// The least weight over some bytes, and whether they had several.
struct Least {
    weight: f32,
    mixed: bool,
}

/// Reads spans from left to right.
struct Spans<'r> {
    spans: &'r [Span],
    at: usize,
}

impl Spans<'_> {
    fn rewind(&mut self, start: u32) {
        while self.at > 0 && self.spans.get(self.at).is_none_or(|span| span.start > start) {
            self.at -= 1;
        }
    }

    /// The least weight of the bytes `start..end`; afterwards the cursor is at the span of the last one.
    #[allow(clippy::float_cmp, reason = "weights are copied, never computed")]
    fn least(&mut self, start: u32, end: u32) -> Least {
        self.rewind(start);
        while self.spans.get(self.at).is_some_and(|span| span.end <= start) {
            self.at += 1;
        }
        let mut least =
            Least { weight: self.spans.get(self.at).map_or(0.0, |span| span.weight), mixed: false };
        while self.spans.get(self.at).is_some_and(|span| span.end < end) {
            self.at += 1;
            let weight = self.spans.get(self.at).map_or(0.0, |span| span.weight);
            least.mixed |= weight != least.weight;
            least.weight = least.weight.min(weight);
        }
        least
    }
}
