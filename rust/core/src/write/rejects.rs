//! The rejects file: each refused record as it came, with everything that is wrong with it.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use serde::Serialize;

use super::staged_file::{DigestWriter, Readers, StagedFile, write_error};
use super::target::Target;
use crate::error::{Error, ErrorKind, Result};
use crate::finding::{Finding, Severity};
use crate::rejected::Rejected;

/// A refused record.
#[derive(Clone, Copy, Debug)]
pub struct Reject<'a> {
    /// Name of its shard.
    pub file: &'a str,
    /// Its line.
    pub line: u64,
    /// Byte offset of the line in the shard's text.
    pub offset: u64,
    /// Its bytes, or `Err(length)` where the line was too long to be kept.
    pub raw: std::result::Result<&'a [u8], u64>,
    /// What is wrong with it; the first error is the one that the entry begins with.
    pub findings: &'a [Finding],
}

impl<'a> Reject<'a> {
    /// The entry of a rejected record, `file` being the name of its shard.
    #[must_use]
    pub fn of(file: &'a str, rejected: &'a Rejected) -> Self {
        let Rejected { line, offset, raw, length, findings } = rejected;
        Self { file, line: *line, offset: *offset, raw: raw.as_deref().ok_or(*length), findings }
    }
}

/// Writes rejects in the order in which they come. There is no file until the first one.
pub struct RejectsFile {
    target: PathBuf,
    open: Option<(StagedFile, BufWriter<DigestWriter>)>,
    written: u64,
}

/// A complete rejects file under its temporary name.
pub struct SealedRejects {
    pub(super) staged: StagedFile,
    /// Records in it.
    pub records: u64,
    /// Its size.
    pub bytes: u64,
    /// Hex SHA-256 of it.
    pub sha256: String,
}

#[derive(Serialize)]
struct Entry<'a> {
    file: &'a str,
    line: u64,
    offset: u64,
    #[serde(flatten)]
    first: Option<Found<'a>>,
    findings: Vec<Found<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_base64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<u64>,
}

#[derive(Clone, Copy, Serialize)]
struct Found<'a> {
    code: &'a str,
    severity: &'a str,
    pointer: &'a str,
    message: &'a str,
    hint: &'a str,
}

impl<'a> From<&'a Finding> for Found<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self {
            code: finding.code.name(),
            severity: finding.severity.as_str(),
            pointer: &finding.pointer,
            message: &finding.message,
            hint: finding.hint_text(),
        }
    }
}

impl RejectsFile {
    /// The rejects file of an output.
    #[must_use]
    pub fn new(target: &Target) -> Self {
        Self::at(target.rejects())
    }

    /// A rejects file with this path.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self { target: path, open: None, written: 0 }
    }

    /// Records written so far.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Appends a record.
    pub fn write(&mut self, reject: &Reject<'_>) -> Result<()> {
        let (_, writer) = match &mut self.open {
            Some(open) => open,
            none => {
                let staged = StagedFile::beside(&self.target, Readers::Owner)?;
                let writer = BufWriter::with_capacity(256 << 10, staged.writer()?);
                none.insert((staged, writer))
            }
        };
        let first = reject.findings.iter().find(|finding| finding.severity == Severity::Error);
        let mut entry = Entry {
            file: reject.file,
            line: reject.line,
            offset: reject.offset,
            first: first.or(reject.findings.first()).map(Found::from),
            findings: reject.findings.iter().map(Found::from).collect(),
            raw: None,
            raw_base64: None,
            length: None,
        };
        match reject.raw {
            Ok(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => entry.raw = Some(text),
                Err(_) => entry.raw_base64 = Some(base64(bytes)),
            },
            Err(length) => entry.length = Some(length),
        }
        serde_json::to_writer(&mut *writer, &entry)
            .map_err(std::io::Error::from)
            .and_then(|()| writer.write_all(b"\n"))
            .map_err(|source| write_error(&self.target, source))?;
        self.written += 1;
        Ok(())
    }

    /// Completes the file; `None` if there was no record.
    pub fn seal(self) -> Result<Option<SealedRejects>> {
        let Some((staged, writer)) = self.open else { return Ok(None) };
        let failed = |source| write_error(&self.target, source);
        let mut writer = writer.into_inner().map_err(|error| failed(error.into_error()))?;
        let (bytes, sha256) = writer.finish().map_err(failed)?;
        if bytes == 0 {
            return Err(Error::new(ErrorKind::Internal, "the rejects file is empty"));
        }
        Ok(Some(SealedRejects { staged, records: self.written, bytes, sha256 }))
    }
}

/// Standard base64 with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let [a, b, c] = [0, 1, 2].map(|index| u32::from(group.get(index).copied().unwrap_or(0)));
        let bits = a << 16 | b << 8 | c;
        for place in 0..4 {
            let digit = ALPHABET[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_pads_to_whole_groups() {
        for (bytes, text) in [
            (&b""[..], ""),
            (b"f", "Zg=="),
            (b"fo", "Zm8="),
            (b"foo", "Zm9v"),
            (b"foobar", "Zm9vYmFy"),
            (b"\xff\xfe\xfd\x00", "//79AA=="),
        ] {
            assert_eq!(base64(bytes), text);
        }
    }
}
