//! What became of one record: its samples, its findings, and a ledger of its tokens.

use std::collections::BTreeMap;

use super::one_row::Row;
use crate::finding::Finding;
use crate::ledger::{self, Bucket};
use crate::sample::{Sample, Source};
use crate::unread::UnreadKey;

/// The policy of tokens that no piece prints or trains although the whole does.
const SHORTER_PIECES: &str = "shorter_pieces";

/// So many tokens, and so many trained ones among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) tokens: i64,
    pub(super) trained: i64,
}

impl Amount {
    /// What is left of it without `other`; never less than nothing.
    pub(super) fn without(self, other: Amount) -> Amount {
        Amount { tokens: (self.tokens - other.tokens).max(0), trained: (self.trained - other.trained).max(0) }
    }
}

impl std::iter::Sum for Amount {
    fn sum<I: Iterator<Item = Amount>>(amounts: I) -> Amount {
        amounts.fold(Amount::default(), |sum, amount| Amount {
            tokens: sum.tokens + amount.tokens,
            trained: sum.trained + amount.trained,
        })
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} tokens, {} of them trained,", self.tokens, self.trained)
    }
}

/// Tokens of one record: out = in + added + repeated - dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenLedger {
    /// Tokens of the whole conversation as one row.
    pub tokens_in: i64,
    /// Trained tokens that a further sample trains and the whole conversation as one sample does not. Never below zero.
    pub added: i64,
    /// Tokens that are in more than one sample, or that only a further sample prints. Never below zero.
    pub repeated: i64,
    /// Tokens left out, by the policy that did it.
    pub dropped: BTreeMap<&'static str, i64>,
    /// Tokens in the samples.
    pub out: i64,
}

impl TokenLedger {
    /// Adds this record to the ledger of its block, where `out` is counted by the writer.
    pub fn add_to(&self, ledger: &mut ledger::TokenLedger) {
        ledger.r#in += self.tokens_in as u64;
        ledger.added += self.added.max(0) as u64;
        ledger.repeated += self.repeated.max(0) as u64;
        for (policy, &tokens) in &self.dropped {
            ledger.drop(policy, tokens.max(0) as u64);
        }
    }

    /// Closes the ledger of all tokens. What went out or was left out, and did not come in, is repeated.
    pub(super) fn balance(&mut self) {
        self.repeated = self.surplus();
    }

    /// Closes the ledger of trained tokens. No turn is trained twice, so what went out or was left out, and did not
    /// come in, is trained for the first time in a sample of its own.
    pub(super) fn balance_trained(&mut self) {
        self.added = self.surplus();
    }

    /// What went out or was left out beyond what came in. What came in and did neither was printed in the whole and
    /// is not in its samples.
    fn surplus(&mut self) -> i64 {
        let more = self.out + self.dropped.values().sum::<i64>() - self.tokens_in;
        if more < 0 {
            self.dropped.insert(SHORTER_PIECES, -more);
        }
        more.max(0)
    }
}

/// What became of one line.
#[derive(Debug)]
pub struct Prepared {
    /// Where it ended.
    pub bucket: Bucket,
    /// Its samples in order; none unless it is packed.
    pub samples: Vec<Sample>,
    /// Everything found.
    pub findings: Vec<Finding>,
    /// Keys of the record that nobody read.
    pub unread: Vec<UnreadKey>,
    /// Its assistant turns.
    pub turns: ledger::Turns,
    /// Its tokens.
    pub tokens: TokenLedger,
    /// Its trained tokens.
    pub trained: TokenLedger,
}

impl Prepared {
    pub(crate) fn new(bucket: Bucket, findings: Vec<Finding>) -> Self {
        Self {
            bucket,
            samples: Vec::new(),
            findings,
            unread: Vec::new(),
            turns: ledger::Turns::default(),
            tokens: TokenLedger::default(),
            trained: TokenLedger::default(),
        }
    }

    /// Counts the turns of what came in. Trained ones are counted where their sample is taken.
    pub(super) fn count_turns(&mut self, turns: &ledger::Turns) {
        self.turns.merge(&ledger::Turns { trained: 0, trained_without_reasoning: 0, ..*turns });
    }

    /// Takes a row as a sample.
    pub(super) fn take(&mut self, row: Row, source: Source) {
        let Row { tokens, turns, .. } = row;
        self.turns.trained += turns.trained;
        self.turns.trained_without_reasoning += turns.trained_without_reasoning;
        self.tokens.out += tokens.ids.len() as i64;
        self.trained.out += tokens.trained_tokens() as i64;
        self.turns.straddling_tokens += tokens.straddling;
        let source = Source { part: self.samples.len() as i32, ..source };
        self.samples.push(Sample { ids: tokens.ids, trained: tokens.trained, source });
    }

    /// Counts what came in.
    pub(super) fn count_in(&mut self, amount: Amount) {
        self.tokens.tokens_in += amount.tokens;
        self.trained.tokens_in += amount.trained;
    }

    /// Counts what `policy` left out. Less than nothing was left out where a shorter print trains more
    /// than the whole does; the balance then finds it as repeated.
    pub(super) fn drop_amount(&mut self, policy: &'static str, amount: Amount) {
        *self.tokens.dropped.entry(policy).or_default() += amount.tokens.max(0);
        *self.trained.dropped.entry(policy).or_default() += amount.trained.max(0);
    }
}
