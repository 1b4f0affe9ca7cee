//! Findings that are kept one by one, within limits.

use arrow_array::RecordBatch;
use rustc_hash::FxHashMap;
use serde::Serialize;

use super::excerpt::Excerpt;
use super::frame::Frame;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};

/// How many findings are kept one by one, of each code and severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// In the frame.
    pub findings: usize,
    /// With the offending piece.
    pub examples: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { findings: 100_000, examples: 5 }
    }
}

/// A record in which something was found.
pub(crate) struct Found {
    pub(crate) line: u64,
    /// Byte offset of the record in its shard.
    pub(crate) offset: u64,
    pub(crate) findings: Vec<Finding>,
    /// The offending pieces of the first findings of each kind in the block, by position in `findings`.
    pub(crate) excerpts: Vec<(usize, Excerpt)>,
    /// The bytes of a rejected record, or how many there were, where records are written.
    pub(crate) rejected: Option<Result<Vec<u8>, u64>>,
}

/// A finding with its place and the offending piece.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Example {
    /// Name of the shard.
    pub file: String,
    /// Line in it, 1 for the first.
    pub line: u64,
    /// Byte of the shard's text.
    pub offset: u64,
    /// JSON pointer into the record; empty for the record itself.
    pub pointer: String,
    /// Name of the code.
    pub code: &'static str,
    /// What it does to the record.
    pub severity: &'static str,
    /// What was found.
    pub message: String,
    /// What to do about it.
    pub hint: String,
    /// The offending piece of the record; empty where the line was not kept.
    pub excerpt: Excerpt,
}

/// The findings of a run that were kept, one row a finding; see [`schema`](super::schema).
#[derive(Clone, Debug, Default)]
pub struct KeptFindings {
    batches: Vec<RecordBatch>,
}

impl KeptFindings {
    /// The rows, in the order of shard and line.
    #[must_use]
    pub fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.batches.iter().map(|batch| batch.num_rows() as u64).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }
}

/// Keeps the first findings of each code and severity.
pub(crate) struct Keeper {
    limits: Limits,
    seen: FxHashMap<(Severity, Code), usize>,
    frame: Frame,
    kept: KeptFindings,
    examples: Vec<Example>,
}

impl Keeper {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            seen: FxHashMap::default(),
            frame: Frame::new(),
            kept: KeptFindings::default(),
            examples: Vec::new(),
        }
    }

    /// Keeps what the limits allow of the next record, which stands in the shard `file`.
    pub(crate) fn keep(&mut self, file: &str, found: Found) -> Result<()> {
        let Found { line, offset, findings, excerpts, rejected: _ } = found;
        let mut excerpts = excerpts.into_iter().peekable();
        for (position, finding) in findings.iter().enumerate() {
            let excerpt = excerpts.next_if(|(at, _)| *at == position).map(|(_, excerpt)| excerpt);
            let seen = self.seen.entry((finding.severity, finding.code)).or_default();
            let number = *seen;
            *seen += 1;
            if number < self.limits.findings {
                self.frame.push(file, line, offset, finding);
            }
            if let Some(excerpt) = excerpt.filter(|_| number < self.limits.examples) {
                self.examples.push(example(file, line, offset, finding, excerpt));
            }
        }
        if self.frame.is_full() {
            self.kept.batches.push(self.frame.take()?);
        }
        Ok(())
    }

    /// Everything kept.
    pub(crate) fn finish(mut self) -> Result<(KeptFindings, Vec<Example>)> {
        if !self.frame.is_empty() {
            self.kept.batches.push(self.frame.take()?);
        }
        Ok((self.kept, self.examples))
    }
}

fn example(file: &str, line: u64, offset: u64, finding: &Finding, excerpt: Excerpt) -> Example {
    Example {
        file: file.to_owned(),
        line,
        offset: offset + finding.offset,
        pointer: finding.pointer.clone(),
        code: finding.code.name(),
        severity: finding.severity.as_str(),
        message: finding.message.clone(),
        hint: finding.hint_text().to_owned(),
        excerpt,
    }
}
