//! Rows side by side, in the form that every column is made from.

use super::columns::ColumnSet;
use crate::error::{Error, ErrorCode, ErrorKind, Result};
use crate::sample::{Row, Source, TrainedRun};

/// What rows amount to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows.
    pub rows: u64,
    /// Samples in the rows.
    pub samples: u64,
    /// Samples that are the first one (part 0) of their record.
    pub first_pieces: u64,
    /// Tokens.
    pub tokens: u64,
    /// Trained tokens.
    pub trained_tokens: u64,
    /// Tokens of the shortest row; 0 if there is none.
    pub shortest_row: u64,
    /// Tokens of the longest row.
    pub longest_row: u64,
}

impl Counts {
    /// Adds what other rows amount to.
    pub fn add(&mut self, other: &Counts) {
        self.shortest_row = match (self.rows, other.rows) {
            (0, _) => other.shortest_row,
            (_, 0) => self.shortest_row,
            _ => self.shortest_row.min(other.shortest_row),
        };
        self.longest_row = self.longest_row.max(other.longest_row);
        self.rows += other.rows;
        self.samples += other.samples;
        self.first_pieces += other.first_pieces;
        self.tokens += other.tokens;
        self.trained_tokens += other.trained_tokens;
    }
}

/// Consecutive rows: their tokens in one vector, everything else as runs over it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowBatch {
    pub(super) ids: Vec<i32>,
    /// End of each row in `ids`.
    pub(super) row_ends: Vec<i32>,
    pub(super) sample_lengths: Vec<i32>,
    /// End of each row in `sample_lengths` and `sources`.
    pub(super) sample_ends: Vec<i32>,
    pub(super) sources: Vec<Source>,
    /// Trained runs, as positions in `ids`.
    pub(super) trained: Vec<TrainedRun>,
    counts: Counts,
}

impl RowBatch {
    /// Appends a row. Every row has a token, and every sample of it too.
    pub fn push(&mut self, row: &Row) -> Result<()> {
        let tokens = row.len();
        if tokens == 0 || row.samples.iter().any(|sample| sample.ids.is_empty()) {
            return Err(Error::new(ErrorKind::Internal, "a row or one of its samples has no token"));
        }
        if i32::try_from(self.ids.len() + tokens).is_err() {
            return Err(Error::new(ErrorKind::Internal, "more than 2^31 tokens in one batch of rows"));
        }
        let mut counts = Counts {
            rows: 1,
            samples: row.samples.len() as u64,
            tokens: tokens as u64,
            shortest_row: tokens as u64,
            longest_row: tokens as u64,
            ..Counts::default()
        };
        for sample in &row.samples {
            let base = self.ids.len() as u32;
            self.ids.extend_from_slice(&sample.ids);
            self.sample_lengths.push(sample.ids.len() as i32);
            self.sources.push(sample.source);
            for run in &sample.trained {
                if run.start >= run.end || run.end as usize > sample.ids.len() {
                    return Err(Error::new(
                        ErrorKind::Internal,
                        format!("trained tokens {}..{} of {}", run.start, run.end, sample.ids.len()),
                    ));
                }
                self.trained.push(TrainedRun {
                    start: base + run.start,
                    end: base + run.end,
                    weight: run.weight,
                });
            }
            counts.first_pieces += u64::from(sample.source.part == 0);
            counts.trained_tokens += sample.trained_tokens();
        }
        self.row_ends.push(self.ids.len() as i32);
        self.sample_ends.push(self.sample_lengths.len() as i32);
        self.counts.add(&counts);
        Ok(())
    }

    /// What the rows amount to.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.row_ends.is_empty()
    }

    /// Tokens of all rows.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.ids.len()
    }

    /// The token ids, or -100 where a token is not trained.
    pub(super) fn labels(&self) -> Vec<i32> {
        let mut labels = vec![IGNORED_LABEL; self.ids.len()];
        for run in &self.trained {
            let tokens = run.start as usize..run.end as usize;
            labels[tokens.clone()].copy_from_slice(&self.ids[tokens]);
        }
        labels
    }

    /// 1 where a token is trained.
    pub(super) fn loss_mask(&self) -> Vec<i8> {
        let mut mask = vec![0; self.ids.len()];
        for run in &self.trained {
            mask[run.start as usize..run.end as usize].fill(1);
        }
        mask
    }

    /// The loss weight of each token.
    pub(super) fn loss_weights(&self) -> Vec<f32> {
        let mut weights = vec![0.0; self.ids.len()];
        for run in &self.trained {
            weights[run.start as usize..run.end as usize].fill(run.weight);
        }
        weights
    }

    /// The place of each token in its sample.
    pub(super) fn position_ids(&self) -> Vec<i32> {
        let mut positions = Vec::with_capacity(self.ids.len());
        for length in &self.sample_lengths {
            positions.extend(0..*length);
        }
        positions
    }

    /// Refuses rows with a weight that is neither 0 nor 1 where no column can say it: a mask would
    /// make it 1 without a word.
    pub(super) fn refuse_lost_weights(&self, columns: &ColumnSet) -> Result<()> {
        let fractional = || self.trained.iter().find(|run| (run.weight - 1.0).abs() > 0.0);
        match fractional() {
            Some(run) if !columns.can_say_weights() => Err(Error::new(
                ErrorCode::ConflictingOptions,
                format!("a loss weight is {}, and the columns have no place for it", run.weight),
            )
            .option("columns")
            .hint("name the columns and add \"loss_weights\", or use weights 0 and 1")),
            _ => Ok(()),
        }
    }
}

/// What trainers take for "no loss here".
const IGNORED_LABEL: i32 = -100;
