//! What one block of records adds.

use super::{Records, Seconds, TokenLedger, Turns};
use crate::finding_counts::FindingCounts;
use crate::unread::UnreadKeys;

/// What one block of lines adds to the report. Workers fill it, the run merges it in block order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BlockReport {
    /// What became of the block's records.
    pub records: Records,
    /// Their tokens; `out` stays 0 here, rows are counted where they are written.
    pub tokens: TokenLedger,
    /// Their trained tokens; likewise.
    pub trained_tokens: TokenLedger,
    /// Their assistant turns.
    pub turns: Turns,
    /// What was found in them.
    pub findings: FindingCounts,
    /// Keys of theirs that nobody read.
    pub left_unread: UnreadKeys,
    /// Bytes of their text whose token ids were there already.
    pub reused_bytes: u64,
    /// Processor time spent on them.
    pub seconds: Seconds,
}
