//! Cuts rendered text into pieces for encoding: control tokens where provenance allows them, and
//! plain text between them.
//!
//! The law: a control token is made of template bytes only, or it is a content marker of the family
//! and made of assistant or system bytes only. Everything else is plain text, whatever it says.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use super::AddedToken;
use crate::error::{Error, ErrorKind, Result};
use crate::options::Boundary;
use crate::render::{Origin, Rendered};

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
    every: AhoCorasick,
    every_id: Vec<u32>,
    markers: AhoCorasick,
    marker_id: Vec<u32>,
    boundary: Boundary,
}

impl Cutter {
    /// A cutter for the added tokens of a tokenizer and the content markers of a template family.
    pub fn new(added: &[AddedToken], markers: &[&str], boundary: Boundary) -> Result<Self> {
        let (every, every_id) = matcher(added.iter())?;
        let (markers, marker_id) =
            matcher(added.iter().filter(|token| markers.contains(&token.content.as_str())))?;
        Ok(Self { every, every_id, markers, marker_id, boundary })
    }

    /// Writes the pieces of `rendered` to `pieces`.
    pub fn cut(&self, rendered: &Rendered, pieces: &mut Vec<Piece>) {
        pieces.clear();
        let mut borders = match self.boundary {
            Boundary::Prompt => rendered.turns.as_slice(),
            Boundary::Whole => &[],
        }
        .iter()
        .map(|turn| turn.sampled.start)
        .peekable();
        let mut text_from = 0u32;
        let mut spans = rendered.spans.iter().peekable();
        while let Some(first) = spans.next() {
            let mut end = first.end;
            while let Some(next) = spans.next_if(|next| next.origin == first.origin) {
                end = next.end;
            }
            let (matcher, ids) = match first.origin {
                Origin::Template => (&self.every, &self.every_id),
                Origin::Content => (&self.markers, &self.marker_id),
                Origin::Plain => continue,
            };
            let run = &rendered.text[first.start as usize..end as usize];
            for found in matcher.find_iter(run) {
                let token = first.start + found.start() as u32..first.start + found.end() as u32;
                push_text(pieces, text_from..token.start, &mut borders);
                pieces.push(Piece::Control(ids[found.pattern().as_usize()], token.clone()));
                text_from = token.end;
            }
        }
        push_text(pieces, text_from..rendered.text.len() as u32, &mut borders);
    }
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

fn matcher<'t>(tokens: impl Iterator<Item = &'t AddedToken>) -> Result<(AhoCorasick, Vec<u32>)> {
    let (contents, ids): (Vec<&str>, Vec<u32>) =
        tokens.map(|token| (token.content.as_str(), token.id)).unzip();
    let matcher =
        AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(contents).map_err(|error| {
            Error::new(ErrorKind::Tokenizer, format!("the added tokens cannot be searched for: {error}"))
        })?;
    Ok((matcher, ids))
}
