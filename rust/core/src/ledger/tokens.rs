//! Tokens on their way from the conversations to the rows.

use std::collections::BTreeMap;

use serde::Serialize;

use super::broken;
use crate::error::Result;

/// Tokens on their way from the conversations to the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TokenLedger {
    /// Tokens of the conversations, each rendered whole and once. Counted after tokenization.
    pub r#in: u64,
    /// Trained for the first time in a sample of their own: tokens that the conversation, as one sample, holds and does
    /// not train, or does not print. No turn is trained twice.
    pub added: u64,
    /// What further samples of a split or expanded conversation print again, tokens that only such a sample prints
    /// included. What only the whole prints is dropped as `shorter_pieces`.
    pub repeated: u64,
    /// Tokens left out, by the name of the policy.
    pub dropped: BTreeMap<String, u64>,
    /// Tokens in the rows. Counted where rows are written.
    pub out: u64,
}

impl TokenLedger {
    /// Counts tokens that `policy` leaves out.
    pub fn drop(&mut self, policy: &str, tokens: u64) {
        if let Some(dropped) = self.dropped.get_mut(policy) {
            *dropped += tokens;
        } else if tokens > 0 {
            self.dropped.insert(policy.to_owned(), tokens);
        }
    }

    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &TokenLedger) {
        self.r#in += other.r#in;
        self.added += other.added;
        self.repeated += other.repeated;
        self.out += other.out;
        for (policy, &tokens) in &other.dropped {
            self.drop(policy, tokens);
        }
    }

    /// Tokens that every policy together left out.
    #[must_use]
    pub fn dropped_in_all(&self) -> u64 {
        self.dropped.values().sum()
    }

    pub(crate) fn check(&self, what: &str) -> Result<()> {
        let came = i128::from(self.r#in) + i128::from(self.added) + i128::from(self.repeated);
        let expected = came - i128::from(self.dropped_in_all());
        if expected == i128::from(self.out) {
            return Ok(());
        }
        Err(broken(format!(
            "{what}: {} in + {} added + {} repeated - {} dropped is {expected}, but {} are in the rows",
            self.r#in,
            self.added,
            self.repeated,
            self.dropped_in_all(),
            self.out
        )))
    }
}
