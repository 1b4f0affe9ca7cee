//! Records that a run refuses, and when there are too many of them.

use crate::error::{Error, ErrorKind, Result};
use crate::finding::{Finding, Severity};
use crate::report::{FindingCounts, FindingExample};

/// A rejected record on its way to the rejects file.
#[derive(Debug)]
pub struct Rejected {
    /// Line in its shard.
    pub line: u64,
    /// Byte offset of the line.
    pub offset: u64,
    /// The line, unless it was too long to keep.
    pub raw: Option<Vec<u8>>,
    /// Length of the line in bytes.
    pub length: u64,
    /// Everything found in it.
    pub findings: Vec<Finding>,
}

impl Rejected {
    /// The error that ends a run with `on_error="raise"`.
    #[must_use]
    pub fn error(&self, file: &str) -> Error {
        let worst = self.findings.iter().find(|finding| finding.severity == Severity::Error);
        let said = worst.map_or_else(|| "rejected".to_owned(), ToString::to_string);
        let error = Error::new(ErrorKind::Rejected, format!("{file}:{} {said}", self.line));
        match worst {
            Some(finding) => error.hint(finding.hint_text()),
            None => error,
        }
    }
}

/// Ends a run once more records are rejected than `limit` allows: a count is judged at once, a
/// fraction `at_end`.
pub(crate) fn check_limit(
    limit: Option<f64>,
    rejected: u64,
    read: u64,
    findings: &FindingCounts,
    at_end: bool,
) -> Result<()> {
    let Some(limit) = limit else { return Ok(()) };
    let is_fraction = limit < 1.0 && limit > 0.0;
    let passed =
        if is_fraction { at_end && rejected as f64 > limit * read as f64 } else { rejected as f64 > limit };
    if !passed {
        return Ok(());
    }
    let first = findings.iter().find(|kind| kind.severity == Severity::Error);
    let example = first.map_or_else(String::new, |kind| {
        let FindingExample { file, line, pointer, message, .. } = &kind.first;
        format!("; the first: {file}:{line} {pointer}: {message}")
    });
    let what = if is_fraction {
        format!("{rejected} of {read} records were rejected, more than the fraction {limit}")
    } else {
        format!("more than {limit} records were rejected")
    };
    Err(Error::new(ErrorKind::TooManyRejected, format!("{what} that max_rejected allows{example}"))
        .hint("mend the shards, or raise max_rejected"))
}
