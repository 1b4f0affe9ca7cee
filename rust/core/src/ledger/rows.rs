//! Written rows.

use serde::Serialize;

use crate::sample::{Row, Sample};

/// Counts of written rows. A part file has one of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RowSummary {
    /// How many.
    pub rows: u64,
    /// Samples in them.
    pub samples: u64,
    /// Tokens of the shortest, 0 without rows.
    pub shortest_row: u64,
    /// Tokens of the longest, 0 without rows.
    pub longest_row: u64,
    /// Tokens in them; the report shows them in its ledger.
    #[serde(skip)]
    pub tokens: u64,
    /// Trained tokens in them; likewise.
    #[serde(skip)]
    pub trained_tokens: u64,
}

impl RowSummary {
    /// Counts a row.
    pub fn count(&mut self, row: &Row) {
        let tokens = row.len() as u64;
        self.shortest_row = if self.rows == 0 { tokens } else { self.shortest_row.min(tokens) };
        self.longest_row = self.longest_row.max(tokens);
        self.rows += 1;
        self.samples += row.samples.len() as u64;
        self.tokens += tokens;
        self.trained_tokens += row.samples.iter().map(Sample::trained_tokens).sum::<u64>();
    }

    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &RowSummary) {
        let RowSummary { rows, samples, shortest_row, longest_row, tokens, trained_tokens } = *other;
        if rows == 0 {
            return;
        }
        self.shortest_row = if self.rows == 0 { shortest_row } else { self.shortest_row.min(shortest_row) };
        self.longest_row = self.longest_row.max(longest_row);
        self.rows += rows;
        self.samples += samples;
        self.tokens += tokens;
        self.trained_tokens += trained_tokens;
    }

    /// Share of the capacity of the rows that tokens fill; 0 without rows.
    #[must_use]
    pub fn fill(&self, max_length: u32) -> f64 {
        let capacity = self.rows * u64::from(max_length);
        if capacity == 0 { 0.0 } else { self.tokens as f64 / capacity as f64 }
    }
}
