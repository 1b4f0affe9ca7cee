//! Records that a run refuses.

use crate::error::{Error, ErrorKind};
use crate::finding::{Finding, Severity};

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
        let error = match worst {
            Some(finding) => finding.rejection(),
            None => Error::new(ErrorKind::Rejected, "rejected"),
        };
        error.file(file).line(self.line)
    }
}
