//! What becomes of a row that is longer than `max_length`.

use super::one_row::Row;
use super::{Prepared, Worker};
use crate::conversation::Conversation;
use crate::error::{Error, ErrorKind, Result};
use crate::options::OverLength;
use crate::pieces;
use crate::sample::Source;

impl Worker<'_> {
    /// Puts a row into the samples, or does what the policy says where it is too long.
    pub(super) fn place(
        &mut self,
        conversation: &Conversation<'_>,
        row: Row,
        source: Source,
        prepared: &mut Prepared,
    ) -> Result<()> {
        if row.tokens.trained.is_empty() {
            return Ok(());
        }
        let (tokens, trained) = (row.tokens.ids.len() as i64, row.tokens.trained_tokens() as i64);
        prepared.tokens.tokens_in += tokens;
        prepared.trained.tokens_in += trained;
        let Some(longest) = self.recipe.longest.filter(|&longest| row.tokens.ids.len() > longest) else {
            prepared.take(row.tokens, source);
            return Ok(());
        };
        match self.recipe.over_length {
            OverLength::Drop => prepared.drop_tokens("over_length", tokens, trained),
            OverLength::Error => {
                return Err(Error::new(
                    ErrorKind::OverLength,
                    format!("the conversation has {tokens} tokens, more than max_length {longest}"),
                )
                .hint("raise max_length, or choose over_length=\"split\""));
            }
            OverLength::Truncate => self.truncate(conversation, source, prepared, (tokens, trained))?,
            OverLength::Split => self.split(conversation, source, prepared, &row)?,
        }
        Ok(())
    }

    /// Keeps the messages up to the last turn that fits.
    fn truncate(
        &mut self,
        conversation: &Conversation<'_>,
        source: Source,
        prepared: &mut Prepared,
        (tokens, trained): (i64, i64),
    ) -> Result<()> {
        let turns: Vec<usize> = conversation.assistant_turns().collect();
        let mut kept = None;
        for &last in &turns {
            let (row, fits) = self.measure(&pieces::prefix(conversation, last))?;
            if !fits {
                break;
            }
            kept = Some(row);
        }
        match kept.filter(|row| !row.tokens.trained.is_empty()) {
            None => prepared.drop_tokens("truncated", tokens, trained),
            Some(row) => {
                prepared.drop_tokens(
                    "truncated",
                    tokens - row.tokens.ids.len() as i64,
                    trained - row.tokens.trained_tokens() as i64,
                );
                prepared.take(row.tokens, source);
            }
        }
        Ok(())
    }

    /// Splits into sub-conversations that fit.
    fn split(
        &mut self,
        conversation: &Conversation<'_>,
        source: Source,
        prepared: &mut Prepared,
        whole: &Row,
    ) -> Result<()> {
        let by_message = self.tokens_by_message(conversation)?;
        let carries_tools = self.recipe.template.tools_in_first_user_message();
        let split = pieces::split(conversation, carries_tools, |piece| self.measure(piece))?;
        prepared.turns.trained -= whole.turns.trained;
        prepared.turns.trained_without_reasoning -= whole.turns.trained_without_reasoning;
        let mut printed = vec![false; conversation.messages.len()];
        for position in split.too_long {
            let (tokens, trained) = by_message[position];
            prepared.drop_tokens("turn_over_length", tokens, trained);
            printed[position] = true;
        }
        for piece in split.pieces {
            piece.holds.iter().for_each(|&position| printed[position] = true);
            let row = piece.made;
            if row.tokens.trained.is_empty() {
                prepared.drop_tokens("untrained_piece", row.tokens.ids.len() as i64, 0);
                continue;
            }
            prepared.turns.trained += row.turns.trained;
            prepared.turns.trained_without_reasoning += row.turns.trained_without_reasoning;
            prepared.take(row.tokens, source);
        }
        for ((tokens, trained), _) in by_message.into_iter().zip(printed).filter(|(_, printed)| !printed) {
            prepared.drop_tokens("results_at_a_cut", tokens, trained);
        }
        Ok(())
    }

    /// Renders and tokenizes a candidate, and says whether it fits.
    fn measure(&mut self, piece: &Conversation<'_>) -> Result<(Row, bool)> {
        if let Err(finding) = self.render(piece, &mut Vec::new()) {
            let message = format!("a piece cannot be rendered although the whole can: {finding}");
            self.unfit = Some(finding);
            return Err(Error::new(ErrorKind::Internal, message));
        }
        let turns = self.recipe.policy.weigh(piece, &mut self.rendered);
        let tokens = self.encode(false)?;
        let fits = self.recipe.longest.is_none_or(|longest| tokens.ids.len() <= longest);
        Ok((Row { tokens, turns }, fits))
    }

    /// Tokens and trained tokens of each message of the whole conversation.
    fn tokens_by_message(&mut self, conversation: &Conversation<'_>) -> Result<Vec<(i64, i64)>> {
        if self.render(conversation, &mut Vec::new()).is_err() {
            return Ok(vec![(0, 0); conversation.messages.len()]);
        }
        self.recipe.policy.weigh(conversation, &mut self.rendered);
        let tokens = self.encode(true)?;
        let mut counts = vec![(0, 0); conversation.messages.len()];
        let mut spans = self.rendered.spans.iter().peekable();
        let mut runs = tokens.trained.iter().peekable();
        for (token, &end) in (0u32..).zip(&tokens.ends) {
            while spans.next_if(|span| span.end < end).is_some() {}
            while runs.next_if(|run| run.end <= token).is_some() {}
            let Some(count) = spans.peek().and_then(|span| counts.get_mut(span.message as usize)) else {
                continue;
            };
            count.0 += 1;
            count.1 += i64::from(runs.peek().is_some_and(|run| run.start <= token));
        }
        Ok(counts)
    }
}
