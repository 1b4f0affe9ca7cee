//! The repaired records as a file of lines, with its rejects and report beside it.

use std::path::Path;

use serde::Serialize;

use super::Audit;
use super::mend::FixedRecord;
use super::worker::Found;
use crate::error::{Error, ErrorKind, Result};
use crate::options::IfExists;
use crate::write::{Reject, RejectsFile, Target, TextOutput};

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Fixed {
    /// Path of the file.
    pub out: String,
    /// Path of the rejected records, where there are some.
    pub rejects: Option<String>,
    /// Records in the file: those that are not rejected.
    pub written: u64,
    /// Records among them with a repair written into them.
    pub mended: u64,
    /// Records among them whose repair cannot be written in their layout: it is made whenever they are read.
    pub left: u64,
}

/// The records of one block as they are written.
#[derive(Default)]
pub(super) struct FixedBlock {
    text: String,
    written: u64,
    mended: u64,
    left: u64,
}

impl FixedBlock {
    pub(super) fn push(&mut self, record: FixedRecord) {
        self.written += 1;
        let text = match record {
            FixedRecord::AsItWas(text) => text,
            FixedRecord::Mended(text) => {
                self.mended += 1;
                text
            }
            FixedRecord::Left(text) => {
                self.left += 1;
                text
            }
        };
        self.text.push_str(&text);
        self.text.push('\n');
    }
}

/// The file while it is written.
pub(super) struct FixedFile {
    target: Target,
    output: TextOutput,
    rejects: RejectsFile,
    fixed: Fixed,
}

impl FixedFile {
    /// Begins the file, unless it may not be written.
    pub(super) fn begin<'a>(
        out: &str,
        if_exists: IfExists,
        inputs: impl IntoIterator<Item = &'a Path>,
    ) -> Result<Self> {
        let target = Target::text(out)?;
        target.check(if_exists, inputs)?;
        let output = TextOutput::create(&target, if_exists)?;
        let rejects = RejectsFile::new(&target);
        let fixed = Fixed { out: out.to_owned(), ..Fixed::default() };
        Ok(Self { target, output, rejects, fixed })
    }

    pub(super) fn write(&mut self, block: &FixedBlock) -> Result<()> {
        self.fixed.written += block.written;
        self.fixed.mended += block.mended;
        self.fixed.left += block.left;
        self.output.write(&block.text)
    }

    /// Keeps a record that is rejected.
    pub(super) fn reject(&mut self, file: &str, found: &Found) -> Result<()> {
        let Some(raw) = &found.rejected else { return Ok(()) };
        self.rejects.write(&Reject {
            file,
            line: found.line,
            offset: found.offset,
            raw: raw.as_deref().map_err(|length| *length),
            findings: &found.findings,
        })
    }

    /// Publishes everything, with the audit as its report.
    pub(super) fn publish(self, audit: &mut Audit) -> Result<()> {
        let Self { target, output, rejects, mut fixed } = self;
        let (read, rejected) = (audit.records.read, rejects.written());
        if fixed.written + rejected != read {
            let what = format!("{read} records were read, {} written and {rejected} rejected", fixed.written);
            return Err(Error::new(ErrorKind::Internal, what)
                .hint("this is a defect of tooltrain_fast; please report it with this message"));
        }
        let rejects = rejects.seal()?;
        fixed.rejects = rejects.as_ref().map(|_| target.rejects().display().to_string());
        audit.fixed = Some(fixed);
        let report = serde_json::to_vec_pretty(audit).map_err(|error| {
            Error::new(ErrorKind::Internal, format!("the report cannot be written: {error}"))
        })?;
        output.seal()?.publish(rejects, &report)
    }
}
