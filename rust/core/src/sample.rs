//! What leaves tokenization and what leaves packing.

/// Where a sample came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Source {
    /// Position of the shard in the run's list.
    pub shard: i32,
    /// Line in the shard, 1 for the first.
    pub line: i64,
    /// Piece of the record, 0 unless it was split or expanded.
    pub part: i32,
}

/// Consecutive tokens with one non-zero loss weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainedRun {
    /// First token.
    pub start: u32,
    /// One past the last token.
    pub end: u32,
    /// Their loss weight, never 0.
    pub weight: f32,
}

/// Token ids of one conversation, or of one piece of it, with its loss mask.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Sample {
    /// Token ids, at least one.
    pub ids: Vec<i32>,
    /// The trained tokens: ascending, disjoint, not adjacent unless the weight differs.
    pub trained: Vec<TrainedRun>,
    /// Which record it is.
    pub source: Source,
}

impl Sample {
    /// How many tokens are trained.
    #[must_use]
    pub fn trained_tokens(&self) -> u64 {
        self.trained.iter().map(|run| u64::from(run.end - run.start)).sum()
    }
}

/// One packed row: samples side by side, at most `max_length` tokens together.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Row {
    /// The samples in the order they stand in the row. A `wrapped` row may begin and end inside a
    /// conversation; each of its pieces is a sample of its own.
    pub samples: Vec<Sample>,
}

impl Row {
    /// Tokens in the row.
    #[must_use]
    pub fn len(&self) -> usize {
        self.samples.iter().map(|sample| sample.ids.len()).sum()
    }

    /// Whether the row has no token.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
