//! Records: each ends in one bucket.

use serde::Serialize;

use super::broken;
use crate::error::Result;

/// Where a record ends up: every record in exactly one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// At least one sample of it is in a row.
    Packed,
    /// It is in the rejects file.
    Rejected,
    /// Nothing in it would be trained.
    NothingToTrain,
    /// A filter left it out.
    Filtered,
    /// It repeats another record.
    Duplicate,
    /// It is longer than a row, and the policy or the lack of a place to cut left it out.
    OverLength,
}

/// Counts of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Records {
    /// Counted where lines are cut.
    pub read: u64,
    /// In at least one row.
    pub packed: u64,
    /// In the rejects file.
    pub rejected: u64,
    /// Without anything to train.
    pub nothing_to_train: u64,
    /// Of those without anything to train, records whose every turn to train has a wrong call.
    pub only_wrong_calls: u64,
    /// Left out by a filter.
    pub filtered: u64,
    /// Repeating another record.
    pub duplicate: u64,
    /// Longer than a row and left out.
    pub over_length: u64,
}

impl Records {
    /// Counts a record in `bucket`.
    pub fn count(&mut self, bucket: Bucket) {
        *match bucket {
            Bucket::Packed => &mut self.packed,
            Bucket::Rejected => &mut self.rejected,
            Bucket::NothingToTrain => &mut self.nothing_to_train,
            Bucket::Filtered => &mut self.filtered,
            Bucket::Duplicate => &mut self.duplicate,
            Bucket::OverLength => &mut self.over_length,
        } += 1;
    }

    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &Records) {
        let Records {
            read,
            packed,
            rejected,
            nothing_to_train,
            only_wrong_calls,
            filtered,
            duplicate,
            over_length,
        } = other;
        self.only_wrong_calls += only_wrong_calls;
        self.read += read;
        self.packed += packed;
        self.rejected += rejected;
        self.nothing_to_train += nothing_to_train;
        self.filtered += filtered;
        self.duplicate += duplicate;
        self.over_length += over_length;
    }

    /// Records that have a bucket.
    #[must_use]
    pub fn accounted(&self) -> u64 {
        self.packed
            + self.rejected
            + self.nothing_to_train
            + self.filtered
            + self.duplicate
            + self.over_length
    }

    pub(crate) fn check(&self, place: &str) -> Result<()> {
        if self.read == self.accounted() {
            return Ok(());
        }
        Err(broken(format!(
            "{place}: {} records were read, but {} are accounted for: packed {}, rejected {}, \
             nothing_to_train {}, filtered {}, duplicate {}, over_length {}",
            self.read,
            self.accounted(),
            self.packed,
            self.rejected,
            self.nothing_to_train,
            self.filtered,
            self.duplicate,
            self.over_length
        )))
    }
}
