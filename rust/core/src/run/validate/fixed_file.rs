//! The repaired records as a file of lines, with its rejects and report beside it.

use std::path::Path;

use crate::audit::{Audit, Fixed, FixedRecord, Found};
use crate::error::{Error, ErrorKind, Result};
use crate::options::IfExists;
use crate::run::report_file;
use crate::write::{Reject, RejectsFile, Target, TextOutput};

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
            FixedRecord::Repaired(text) => {
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
        let report = report_file::text(audit)?;
        output.seal()?.publish(rejects, &report)
    }
}
