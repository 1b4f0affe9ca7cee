//! The books of a run: records, tokens, turns, rows and time, as plain counts that stages add to.
//!
//! Counters are kept twice on purpose, where a record or token comes in and where it goes out, so that the report can
//! prove that nothing was lost between.

mod block;
mod records;
mod rows;
mod seconds;
mod tokens;
mod turns;

pub use block::BlockReport;
pub use records::{Bucket, Records};
pub use rows::RowSummary;
pub use seconds::Seconds;
pub use tokens::TokenLedger;
pub use turns::Turns;

use crate::error::{Error, ErrorKind};

/// A ledger that does not add up.
pub(crate) fn broken(message: String) -> Error {
    Error::new(ErrorKind::Internal, message)
        .hint("this is a defect of tooltrain_fast; please report it with this message")
}
