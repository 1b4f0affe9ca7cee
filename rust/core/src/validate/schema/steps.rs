//! How much a check may do.
//!
//! A schema can be written so that checking a small value takes longer than anyone can wait. So
//! every look at a value is counted, and where a schema has references, every visit of a subschema
//! too, by a keyword that is put into each of them. When the count is spent the check is unwound,
//! which the place that started it catches. The count is of steps, not of time, so that the same
//! record always has the same findings.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use jsonschema::{Keyword, ValidationError};

use super::instance::{Instance, TapeJson};

/// The keyword that counts visits of a subschema.
pub(super) const STEP_KEYWORD: &str = "tooltrain:step";

thread_local! {
    static LEFT: Cell<u64> = const { Cell::new(u64::MAX) };
    static PER_CHILD: Cell<u64> = const { Cell::new(0) };
}

/// What is thrown when the steps of a check are spent.
struct StepsSpent;

/// Why a check has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfinished {
    /// It took more steps than it had.
    StepsSpent,
    /// The schema library failed, which is a defect of it.
    Failed,
}

/// Runs `check` with at most `steps` steps; each child of a value that it looks at costs
/// `per_child` more, for the keywords that look at nothing.
pub(super) fn bounded<T>(steps: u64, per_child: u64, check: impl FnOnce() -> T) -> Result<T, Unfinished> {
    LEFT.set(steps);
    PER_CHILD.set(per_child);
    let result = catch_unwind(AssertUnwindSafe(check));
    LEFT.set(u64::MAX);
    result.map_err(
        |thrown| {
            if thrown.is::<StepsSpent>() { Unfinished::StepsSpent } else { Unfinished::Failed }
        },
    )
}

/// Counts `steps`, and unwinds the check when it has none left.
#[inline]
pub(super) fn take(steps: u64) {
    match LEFT.get().checked_sub(steps) {
        Some(left) => LEFT.set(left),
        None => spent(),
    }
}

/// Counts a child that is handed out.
#[inline]
pub(super) fn take_child() {
    take(1 + PER_CHILD.get());
}

#[cold]
fn spent() {
    // Values that are dropped while unwinding look at nothing, but a second unwind would abort.
    LEFT.set(u64::MAX);
    resume_unwind(Box::new(StepsSpent));
}

/// Counts visits; accepts everything.
pub(super) struct CountVisits;

impl<'i> Keyword<'i, TapeJson> for CountVisits {
    fn validate(&self, _: Instance<'i>) -> Result<(), ValidationError<'i>> {
        take(4);
        Ok(())
    }

    fn is_valid(&self, _: Instance<'i>) -> bool {
        take(4);
        true
    }
}
