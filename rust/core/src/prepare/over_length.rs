//! What becomes of a row that is longer than `max_length`. Whatever is left out is counted under the policy
//! that did it, and named in a finding.

use super::one_row::Row;
use super::prepared::Amount;
use super::rows::Placed;
use super::{Prepared, Worker};
use crate::conversation::{Conversation, Place, Role};
use crate::error::{Error, ErrorKind, Result};
use crate::finding::{Code, Finding};
use crate::options::OverLength;
use crate::pieces;
use crate::sample::Source;

impl Worker<'_> {
    /// Puts a row into the samples, or does what the policy says where it is too long.
    pub(super) fn place<'a>(
        &mut self,
        conversation: &Conversation<'a>,
        row: Row,
        source: Source,
        prepared: &mut Prepared,
    ) -> Result<Placed<'a>> {
        if row.tokens.trained.is_empty() {
            return Ok(Placed::AsItIs);
        }
        prepared.count_in(row.amount());
        let Some(longest) = self.recipe.longest.filter(|&longest| row.tokens.ids.len() > longest) else {
            prepared.take(row, source);
            return Ok(Placed::AsItIs);
        };
        match self.recipe.over_length {
            OverLength::Drop => {
                prepared.drop_amount("over_length", row.amount());
                prepared.findings.push(left_out(conversation, row.amount(), longest, ""));
            }
            OverLength::Error => {
                let tokens = row.amount().tokens;
                return Err(Error::new(
                    ErrorKind::OverLength,
                    format!("the conversation has {tokens} tokens, more than fit into a row"),
                )
                .option("max_length")
                .value(longest)
                .hint("raise max_length, or choose over_length=\"split\""));
            }
            OverLength::Truncate => {
                return self.truncate(conversation, source, prepared, row.amount(), longest);
            }
            OverLength::Split => return self.split(conversation, source, prepared, &row, longest),
        }
        Ok(Placed::AsItIs)
    }

    /// Keeps the messages up to the last turn that fits.
    fn truncate<'a>(
        &mut self,
        conversation: &Conversation<'a>,
        source: Source,
        prepared: &mut Prepared,
        whole: Amount,
        longest: usize,
    ) -> Result<Placed<'a>> {
        let turns: Vec<usize> = conversation.assistant_turns().collect();
        let fitting = pieces::longest(&turns, |last| self.measure(&pieces::prefix(conversation, last)))?;
        let kept = fitting.map(|(turn, row)| (row, turns[turn]));
        let Some((row, last)) = kept.filter(|(row, _)| !row.tokens.trained.is_empty()) else {
            prepared.drop_amount("truncated", whole);
            prepared.findings.push(left_out(conversation, whole, longest, "; no turn that is trained fits"));
            return Ok(Placed::As(Vec::new()));
        };
        let lost = whole.without(row.amount());
        prepared.drop_amount("truncated", lost);
        let message = format!("{lost} from here on are beyond max_length {longest} and left out");
        prepared.findings.push(finding(Code::ConversationTruncated, conversation, last + 1, message));
        let hidden = row.hidden.clone();
        prepared.take(row, source);
        Ok(Placed::As(vec![(pieces::prefix(conversation, last), hidden)]))
    }

    /// Splits into sub-conversations that fit.
    fn split<'a>(
        &mut self,
        conversation: &Conversation<'a>,
        source: Source,
        prepared: &mut Prepared,
        whole: &Row,
        longest: usize,
    ) -> Result<Placed<'a>> {
        let by_message = self.amounts_by_message(conversation)?;
        let carries_tools = self.recipe.template.tools_in_first_user_message();
        let split = pieces::split(conversation, carries_tools, |piece| self.measure(piece))?;
        if split.pieces.is_empty() {
            prepared.drop_amount("turn_over_length", whole.amount());
            prepared.findings.push(left_out(conversation, whole.amount(), longest, "; no turn of it fits"));
            return Ok(Placed::As(Vec::new()));
        }
        let mut accounted = vec![false; conversation.messages.len()];
        for unit in split.too_long {
            let lost = by_message[unit.clone()].iter().copied().sum();
            prepared.drop_amount("turn_over_length", lost);
            accounted[unit.clone()].fill(true);
            let turn = unit.into_iter().find(|&at| conversation.messages[at].role == Role::Assistant);
            let message =
                format!("{lost} of this turn and what belongs to it do not fit max_length {longest}");
            prepared.findings.push(finding(
                Code::TurnOverLength,
                conversation,
                turn.unwrap_or_default(),
                message,
            ));
        }
        let mut samples = Vec::new();
        for piece in split.pieces {
            if !piece.made.hidden.is_empty() {
                samples.push((piece.conversation(conversation), piece.made.hidden.clone()));
            }
            piece.holds.iter().for_each(|&position| accounted[position] = true);
            let row = piece.made;
            if row.tokens.trained.is_empty() {
                prepared.drop_amount("untrained_piece", row.amount());
                let message = format!("the piece that ends here has {} and is left out", row.amount());
                let last = piece.holds.last().copied().unwrap_or_default();
                prepared.findings.push(finding(Code::UntrainedPiece, conversation, last, message));
                continue;
            }
            prepared.take(row, source);
        }
        for position in (0..accounted.len()).filter(|&position| !accounted[position]) {
            let lost = by_message[position];
            prepared.drop_amount("results_at_a_cut", lost);
            let message =
                format!("{lost} are left out: no piece has room for this beside the turn that reads it");
            prepared.findings.push(finding(Code::ResultsAtACut, conversation, position, message));
        }
        Ok(Placed::As(samples))
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
        Ok((Row { tokens, turns, hidden: self.hidden(piece) }, fits))
    }

    /// Tokens and trained tokens of each message of the whole conversation.
    fn amounts_by_message(&mut self, conversation: &Conversation<'_>) -> Result<Vec<Amount>> {
        let mut amounts = vec![Amount::default(); conversation.messages.len()];
        if self.render(conversation, &mut Vec::new()).is_err() {
            return Ok(amounts);
        }
        self.recipe.policy.weigh(conversation, &mut self.rendered);
        let tokens = self.encode(true)?;
        let mut spans = self.rendered.spans.iter().peekable();
        let mut runs = tokens.trained.iter().peekable();
        for (token, &end) in (0u32..).zip(&tokens.ends) {
            while spans.next_if(|span| span.end < end).is_some() {}
            while runs.next_if(|run| run.end <= token).is_some() {}
            let Some(amount) = spans.peek().and_then(|span| amounts.get_mut(span.message as usize)) else {
                continue;
            };
            amount.tokens += 1;
            amount.trained += i64::from(runs.peek().is_some_and(|run| run.start <= token));
        }
        Ok(amounts)
    }
}

/// That a row is left out whole. A row that begins with context is named by its last message.
fn left_out(row: &Conversation<'_>, lost: Amount, longest: usize, why: &str) -> Finding {
    let message = format!("{lost} are more than max_length {longest} and left out{why}");
    let is_piece = row.messages.iter().any(|message| message.context);
    let last = row.messages.last().filter(|_| is_piece);
    let pointer = last.map_or(String::new(), |last| row.places.pointer(Place::Message(last.index)));
    Finding::new(Code::ConversationOverLength, pointer, message)
}

fn finding(code: Code, conversation: &Conversation<'_>, position: usize, message: String) -> Finding {
    let index = conversation.messages.get(position).map_or(0, |message| message.index);
    Finding::new(code, conversation.places.pointer(Place::Message(index)), message)
}
