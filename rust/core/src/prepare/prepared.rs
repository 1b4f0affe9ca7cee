//! What became of one record: its samples, its findings, and a ledger of its tokens.

use std::collections::BTreeMap;

use crate::finding::Finding;
use crate::report::{self, Bucket};
use crate::sample::{Sample, Source};
use crate::tokenize::masked::Tokens;

/// Tokens of one record: out = in + repeated - dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenLedger {
    /// Tokens of the whole conversation as one row.
    pub tokens_in: i64,
    /// Tokens that stand in more than one sample, or that printing pieces anew added or saved.
    pub repeated: i64,
    /// Tokens left out, by the policy that did it.
    pub dropped: BTreeMap<&'static str, i64>,
    /// Tokens in the samples.
    pub out: i64,
}

impl TokenLedger {
    /// Adds this record to the ledger of its block, where `out` is counted by the writer.
    pub fn add_to(&self, ledger: &mut report::TokenLedger) {
        ledger.r#in += self.tokens_in as u64;
        ledger.repeated += self.repeated;
        for (policy, &tokens) in &self.dropped {
            ledger.drop(policy, tokens.max(0) as u64);
        }
    }

    pub(super) fn balance(&mut self) {
        self.repeated = self.out + self.dropped.values().sum::<i64>() - self.tokens_in;
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
    /// Its assistant turns.
    pub turns: report::Turns,
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
            turns: report::Turns::default(),
            tokens: TokenLedger::default(),
            trained: TokenLedger::default(),
        }
    }

    pub(super) fn take(&mut self, tokens: Tokens, source: Source) {
        self.tokens.out += tokens.ids.len() as i64;
        self.trained.out += tokens.trained_tokens() as i64;
        self.turns.straddling_tokens += tokens.straddling;
        let source = Source { part: self.samples.len() as i32, ..source };
        self.samples.push(Sample { ids: tokens.ids, trained: tokens.trained, source });
    }

    /// Counts what `policy` left out. Less than nothing was left out where a shorter print trains more
    /// than the whole does; the balance then finds it as repeated.
    pub(super) fn drop_tokens(&mut self, policy: &'static str, tokens: i64, trained: i64) {
        *self.tokens.dropped.entry(policy).or_default() += tokens.max(0);
        *self.trained.dropped.entry(policy).or_default() += trained.max(0);
    }
}
