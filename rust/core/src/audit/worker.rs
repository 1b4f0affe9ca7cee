//! One block of lines: what is found in it, and what its conversations do with their tools.

use std::sync::Arc;

use super::Verdicts;
use super::excerpt::{Excerpt, Excerpts};
use super::fixed_file::FixedBlock;
use super::mend::Mender;
use super::tool_use::ToolUseSummary;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::parse::{self, ParseOptions, Scratch};
use crate::progress::Progress;
use crate::read::{Line, LineBlock, OversizedLine, Record};
use crate::validate::{ValidateOptions, Validator, Verdict};

/// What was found in one block.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) records: Verdicts,
    pub(super) tool_use: ToolUseSummary,
    pub(super) found: Vec<Found>,
    /// Empty unless records are written.
    pub(super) fixed: FixedBlock,
}

/// A record in which something was found.
pub(super) struct Found {
    pub(super) line: u64,
    /// Byte offset of the record in its shard.
    pub(super) offset: u64,
    pub(super) findings: Vec<Finding>,
    /// The offending pieces of the first findings of each kind in the block, by position in `findings`.
    pub(super) excerpts: Vec<(usize, Excerpt)>,
    /// The bytes of a rejected record, or how many there were, where records are written.
    pub(super) rejected: Option<Result<Vec<u8>, u64>>,
}

/// Checks lines on one thread.
pub(super) struct Worker {
    parse: Arc<ParseOptions>,
    scratch: Scratch,
    validator: Validator,
    excerpts: Excerpts,
    mender: Option<Mender>,
    max_line_bytes: u64,
}

impl Worker {
    pub(super) fn new(
        parse: Arc<ParseOptions>,
        validate: &ValidateOptions,
        examples: usize,
        max_line_bytes: u64,
        fixes: bool,
    ) -> Self {
        Self {
            parse,
            scratch: Scratch::default(),
            validator: Validator::new(validate.clone()),
            excerpts: Excerpts::new(examples),
            mender: fixes.then(|| Mender::new(validate.clone())),
            max_line_bytes,
        }
    }

    pub(super) fn block(&mut self, block: &LineBlock, progress: &Progress) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        self.excerpts.begin_block(block.shard, block.block);
        outcome.records.read = block.records;
        for record in block.records() {
            progress.check()?;
            match record {
                Record::Line(line) => self.line(&line, &mut outcome),
                Record::TooLong(long) => self.oversized(long, &mut outcome),
            }
        }
        Ok(outcome)
    }

    fn line(&mut self, line: &Line<'_>, outcome: &mut Outcome) {
        let noted = line.finding();
        let read = match noted {
            Some((_, true)) => Err(Vec::new()),
            _ => parse::parse(line.bytes, &mut self.scratch, &self.parse),
        };
        let (verdict, mut findings) = match read {
            Ok(mut parsed) => {
                let verdict = self.validator.validate(&mut parsed.conversation, &mut parsed.findings);
                outcome.tool_use.count(&parsed.conversation, self.validator.wrong_calls());
                if let Some(mender) = self.mender.as_mut().filter(|_| verdict != Verdict::Reject) {
                    let conversation = &parsed.conversation;
                    outcome.fixed.push(mender.write(line.bytes, conversation, &parsed.findings, &self.parse));
                }
                (verdict, parsed.findings)
            }
            Err(findings) => (Verdict::Reject, findings),
        };
        findings.extend(noted.map(|(finding, _)| finding));
        outcome.records.count(verdict, &findings);
        if !findings.is_empty() {
            let excerpts = self.excerpts.of(&findings, Some(line.bytes), self.parse.max_depth);
            let kept = self.mender.is_some() && verdict == Verdict::Reject;
            let rejected = kept.then(|| Ok(line.bytes.to_vec()));
            outcome.found.push(Found {
                line: line.number,
                offset: line.offset,
                findings,
                excerpts,
                rejected,
            });
        }
    }

    fn oversized(&mut self, long: &OversizedLine, outcome: &mut Outcome) {
        let findings = long.rejected(self.max_line_bytes).findings;
        outcome.records.count(Verdict::Reject, &findings);
        let excerpts = self.excerpts.of(&findings, None, self.parse.max_depth);
        let rejected = self.mender.as_ref().map(|_| Err(long.length));
        outcome.found.push(Found { line: long.number, offset: long.offset, findings, excerpts, rejected });
    }
}

impl Verdicts {
    /// Counts a record.
    fn count(&mut self, verdict: Verdict, findings: &[Finding]) {
        let has = |severity| findings.iter().any(|finding| finding.severity == severity);
        match verdict {
            Verdict::Accept => {
                self.accepted += 1;
                self.with_masked_turns += u64::from(has(Severity::Masked));
                self.repaired += u64::from(has(Severity::Fixed));
            }
            Verdict::Reject => self.rejected += 1,
            Verdict::NothingToTrain => {
                self.nothing_to_train += 1;
                let only = findings.iter().any(|finding| finding.code == Code::OnlyWrongCalls);
                self.only_wrong_calls += u64::from(only);
            }
        }
    }
}
