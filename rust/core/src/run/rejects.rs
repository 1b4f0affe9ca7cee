//! When rejected records end a run.

use crate::error::{Error, ErrorKind, Result};
use crate::finding::Severity;
use crate::finding_counts::{FindingCounts, FindingExample};
use crate::options::{OnError, Options};
use crate::rejected::Rejected;

/// What `on_error` and `max_rejected` say.
#[derive(Clone, Copy, Debug)]
pub struct RejectRules {
    on_error: OnError,
    max_rejected: Option<f64>,
}

impl RejectRules {
    /// The rules of a run.
    #[must_use]
    pub fn from_options(options: &Options) -> Self {
        Self { on_error: options.on_error, max_rejected: options.max_rejected }
    }

    /// Ends the run at a rejected record of `file` where `on_error="raise"` asks for that.
    pub fn admit(&self, file: &str, rejected: &Rejected) -> Result<()> {
        if self.on_error == OnError::Raise { Err(rejected.error(file)) } else { Ok(()) }
    }

    /// Ends the run once more of the `read` records are rejected than `max_rejected` allows: a count is judged at
    /// once, a fraction `at_end`.
    pub fn check(&self, rejected: u64, read: u64, findings: &FindingCounts, at_end: bool) -> Result<()> {
        let Some(limit) = self.max_rejected else { return Ok(()) };
        let is_fraction = limit < 1.0 && limit > 0.0;
        let passed = if is_fraction {
            at_end && rejected as f64 > limit * read as f64
        } else {
            rejected as f64 > limit
        };
        if !passed {
            return Ok(());
        }
        let first = findings.iter().find(|kind| kind.severity == Severity::Error);
        let example = first.map_or_else(String::new, |kind| {
            let FindingExample { file, line, pointer, message, .. } = &kind.first;
            format!("; the first: {file}:{line} {pointer}: {message}")
        });
        let what = if is_fraction {
            format!("{rejected} of {read} records were rejected, more than the fraction allows")
        } else {
            format!("{rejected} records were rejected, more than allowed")
        };
        Err(Error::new(ErrorKind::TooManyRejected, format!("{what}{example}"))
            .option("max_rejected")
            .value(limit)
            .hint("fix the shards, or raise max_rejected"))
    }
}
