//! From a conversation to the samples that it is trained in. [`crate::pieces`] has the law that shares out the turns.

use super::one_row::Row;
use super::{Prepared, Worker};
use crate::conversation::Conversation;
use crate::error::Result;
use crate::finding::Finding;
use crate::pieces;
use crate::sample::Source;

impl Worker<'_> {
    /// The conversation as one sample, and what expanding or its length makes of it.
    pub(super) fn whole(
        &mut self,
        conversation: &Conversation<'_>,
        source: Source,
        prepared: &mut Prepared,
        findings: &mut Vec<Finding>,
    ) -> Result<std::result::Result<(), Finding>> {
        let row = match self.row(conversation, findings)? {
            Ok(row) => row,
            Err(finding) => return Ok(Err(finding)),
        };
        prepared.count_turns(&row.turns);
        self.place_and_expand(conversation, row, source, prepared)
    }

    /// Each piece as a sample. Only the last one counts as read; the others repeat what it holds.
    pub(super) fn each(
        &mut self,
        pieces: &[Conversation<'_>],
        source: Source,
        prepared: &mut Prepared,
        findings: &mut Vec<Finding>,
    ) -> Result<std::result::Result<(), Finding>> {
        for (order, piece) in pieces.iter().enumerate() {
            let mut own = Vec::new();
            let row = match self.row(piece, &mut own)? {
                Ok(row) => row,
                Err(finding) => return Ok(Err(finding)),
            };
            prepared.count_turns(&row.turns);
            if order + 1 == pieces.len() {
                findings.append(&mut own);
            }
            if !row.tokens.trained.is_empty() {
                prepared.tokens.tokens_in = 0;
            }
            if let Err(finding) = self.place_and_expand(piece, row, source, prepared)? {
                return Ok(Err(finding));
            }
        }
        Ok(Ok(()))
    }

    /// Puts a row into the samples, or what is left of it where it is too long, and expands what came of it.
    fn place_and_expand(
        &mut self,
        conversation: &Conversation<'_>,
        mut row: Row,
        source: Source,
        prepared: &mut Prepared,
    ) -> Result<std::result::Result<(), Finding>> {
        let hidden = std::mem::take(&mut row.hidden);
        match self.place(conversation, row, source, prepared)? {
            Placed::AsItIs => self.expand(conversation, &hidden, source, prepared),
            Placed::As(samples) => {
                for (sample, hidden) in &samples {
                    if let Err(finding) = self.expand(sample, hidden, source, prepared)? {
                        return Ok(Err(finding));
                    }
                }
                Ok(Ok(()))
            }
        }
    }

    /// Gives each of the turns at `hidden`, which `sample` holds and does not train, a sample of its own.
    fn expand(
        &mut self,
        sample: &Conversation<'_>,
        hidden: &[usize],
        source: Source,
        prepared: &mut Prepared,
    ) -> Result<std::result::Result<(), Finding>> {
        for &position in hidden {
            let piece = pieces::up_to_turn(sample, position);
            let row = match self.row(&piece, &mut Vec::new())? {
                Ok(row) => row,
                Err(finding) => return Ok(Err(finding)),
            };
            let came_in = (prepared.tokens.tokens_in, prepared.trained.tokens_in);
            self.place(&piece, row, source, prepared)?;
            (prepared.tokens.tokens_in, prepared.trained.tokens_in) = came_in;
        }
        Ok(Ok(()))
    }
}

/// What a row became.
pub(super) enum Placed<'a> {
    /// One sample, or none.
    AsItIs,
    /// Other samples, each with the positions of the turns in it that are to be expanded.
    As(Vec<(Conversation<'a>, Vec<usize>)>),
}
