//! From a conversation to the rows that it is trained in.

use super::{Prepared, Worker};
use crate::conversation::Conversation;
use crate::error::Result;
use crate::finding::Finding;
use crate::mask::turn_weight;
use crate::options::History;
use crate::pieces;
use crate::render::Serving;
use crate::sample::Source;

impl Worker<'_> {
    /// The conversation as one row, and what expanding or its length makes of it.
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
        let expanded: Vec<usize> = if self.recipe.policy.history == History::Expand {
            let differs = self.rendered.turns.iter().filter(|turn| turn.serving != Serving::Consistent);
            differs.map(|turn| turn.message as usize).collect()
        } else {
            Vec::new()
        };
        prepared.turns.merge(&row.turns);
        self.place(conversation, row, source, prepared)?;
        for position in expanded {
            if turn_weight(&conversation.messages[position]) == 0.0 {
                continue;
            }
            let piece = pieces::up_to_turn(conversation, position);
            let row = match self.row(&piece, &mut Vec::new())? {
                Ok(row) => row,
                Err(finding) => return Ok(Err(finding)),
            };
            prepared.turns.trained += row.turns.trained;
            prepared.turns.trained_without_reasoning += row.turns.trained_without_reasoning;
            let before = prepared.tokens.tokens_in;
            let trained_before = prepared.trained.tokens_in;
            self.place(&piece, row, source, prepared)?;
            prepared.tokens.tokens_in = before;
            prepared.trained.tokens_in = trained_before;
        }
        Ok(Ok(()))
    }

    /// Each piece as a row. Only the last one counts as read; the others repeat what it holds.
    pub(super) fn each(
        &mut self,
        rows: &[Conversation<'_>],
        source: Source,
        prepared: &mut Prepared,
        findings: &mut Vec<Finding>,
    ) -> Result<std::result::Result<(), Finding>> {
        for (order, piece) in rows.iter().enumerate() {
            let mut own = Vec::new();
            let row = match self.row(piece, &mut own)? {
                Ok(row) => row,
                Err(finding) => return Ok(Err(finding)),
            };
            prepared.turns.merge(&row.turns);
            if order + 1 == rows.len() {
                findings.append(&mut own);
            }
            if !row.tokens.trained.is_empty() {
                prepared.tokens.tokens_in = 0;
            }
            self.place(piece, row, source, prepared)?;
        }
        Ok(Ok(()))
    }
}
