//! The rejects file: every rejected record with all that was found in it, as JSONL that can be read in
//! again.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::publish::Unpublished;
use crate::error::{Error, ErrorKind, Result};
use crate::finding::{Finding, Severity};
use crate::options::IfExists;

/// A record to keep.
#[derive(Clone, Copy, Debug)]
pub struct RejectedRecord<'r> {
    /// Name of its shard.
    pub file: &'r str,
    /// Its line, 1 for the first.
    pub line: u64,
    /// Byte offset of the line.
    pub offset: u64,
    /// The line, unless it was too long to keep.
    pub raw: Option<&'r [u8]>,
    /// Its length in bytes.
    pub length: u64,
    /// Everything found in it.
    pub findings: &'r [Finding],
}

/// Writes rejects; the file is opened with the first of them, readable by its owner only.
pub struct Rejects {
    target: PathBuf,
    open: Option<(Unpublished, BufWriter<File>)>,
}

impl Rejects {
    /// Rejects that will stand under `target`.
    #[must_use]
    pub fn new(target: PathBuf) -> Self {
        Self { target, open: None }
    }

    /// Where they will stand.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Keeps a record.
    pub fn push(&mut self, record: RejectedRecord<'_>) -> Result<()> {
        let worst = record.findings.iter().find(|finding| finding.severity == Severity::Error);
        let mut entry = json!({
            "file": record.file,
            "line": record.line,
            "offset": record.offset,
            "code": worst.map(|finding| finding.code.name()),
            "pointer": worst.map(|finding| finding.pointer.as_str()),
            "message": worst.map(|finding| finding.message.as_str()),
            "hint": worst.map(Finding::hint_text),
            "findings": record.findings.iter().map(describe).collect::<Vec<_>>(),
        });
        match record.raw.map(std::str::from_utf8) {
            Some(Ok(text)) => entry["raw"] = text.into(),
            Some(Err(_)) => entry["raw_base64"] = base64(record.raw.unwrap_or_default()).into(),
            None => entry["length"] = record.length.into(),
        }
        if self.open.is_none() {
            let (unpublished, file) = Unpublished::begin(&self.target, true)?;
            self.open = Some((unpublished, BufWriter::new(file)));
        }
        let Some((_, file)) = &mut self.open else { return Ok(()) };
        writeln!(file, "{entry}").map_err(|source| Error::at(ErrorKind::Write, &self.target, source))
    }

    /// Publishes the file if there is one; a file of an earlier run is removed otherwise. Says
    /// whether there is one.
    pub fn publish(self, if_exists: IfExists) -> Result<bool> {
        let failed = |source| Error::at(ErrorKind::Write, &self.target, source);
        let Some((unpublished, file)) = self.open else {
            return match std::fs::remove_file(&self.target) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
                _ => Ok(false),
            };
        };
        let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
        unpublished.publish(&file, if_exists)?;
        Ok(true)
    }
}

fn describe(finding: &Finding) -> serde_json::Value {
    json!({
        "code": finding.code.name(),
        "severity": finding.severity.as_str(),
        "pointer": finding.pointer,
        "message": finding.message,
        "hint": finding.hint_text(),
    })
}

/// Standard base64 with padding, for lines that are not UTF-8.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk
            .iter()
            .enumerate()
            .fold(0u32, |group, (at, &byte)| group | u32::from(byte) << (16 - 8 * at));
        for at in 0..4 {
            let kept = at <= chunk.len();
            text.push(if kept { char::from(ALPHABET[(group >> (18 - 6 * at) & 63) as usize]) } else { '=' });
        }
    }
    text
}
