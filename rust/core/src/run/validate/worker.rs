//! One block of records: what is found in it, and what its conversations do with their tools.

use std::sync::Arc;

use super::fixed_file::FixedBlock;
use crate::audit::{Excerpts, Found, Repairer, ToolUseSummary, Verdicts};
use crate::error::Result;
use crate::finding::{Code, Finding};
use crate::parse::{self, ParseOptions, Scratch};
use crate::read::{Line, LineBlock};
use crate::rejected::Rejected;
use crate::run::driver::{RecordWorker, Tally};
use crate::unread::UnreadKeys;
use crate::validate::{ValidateOptions, Validator, Verdict};

/// What was found in one block.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) records: Verdicts,
    pub(super) tool_use: ToolUseSummary,
    pub(super) left_unread: UnreadKeys,
    pub(super) found: Vec<Found>,
    /// Empty unless records are written.
    pub(super) fixed: FixedBlock,
}

/// Checks lines on one thread.
pub(super) struct Worker {
    parse: Arc<ParseOptions>,
    scratch: Scratch,
    validator: Validator,
    excerpts: Excerpts,
    repairer: Option<Repairer>,
}

impl Worker {
    pub(super) fn new(
        parse: Arc<ParseOptions>,
        validate: &ValidateOptions,
        examples: usize,
        fixes: bool,
    ) -> Self {
        Self {
            parse,
            scratch: Scratch::default(),
            validator: Validator::new(validate.clone()),
            excerpts: Excerpts::new(examples),
            repairer: fixes.then(|| Repairer::new(validate.clone())),
        }
    }
}

impl Tally for Outcome {
    fn read(&self) -> u64 {
        self.records.read
    }

    fn rejected(&self) -> u64 {
        self.records.rejected
    }
}

impl RecordWorker for Worker {
    type Outcome = Outcome;

    fn begin(&mut self, block: &LineBlock) -> Outcome {
        self.excerpts.begin_block(block.shard, block.block);
        let mut outcome = Outcome::default();
        outcome.records.read = block.records;
        outcome
    }

    fn record(
        &mut self,
        _shard: &str,
        line: &Line<'_>,
        note: Option<Finding>,
        outcome: &mut Outcome,
    ) -> Result<()> {
        let (verdict, mut findings) = match parse::parse(line.bytes, &mut self.scratch, &self.parse) {
            Ok(mut parsed) => {
                outcome.left_unread.count(&parsed.unread);
                let verdict = self.validator.validate(&mut parsed.conversation, &mut parsed.findings);
                outcome.tool_use.count(&parsed.conversation, self.validator.wrong_calls());
                if let Some(repairer) = self.repairer.as_mut().filter(|_| verdict != Verdict::Reject) {
                    let conversation = &parsed.conversation;
                    outcome.fixed.push(repairer.write(
                        line.bytes,
                        conversation,
                        &parsed.findings,
                        &self.parse,
                    ));
                }
                (verdict, parsed.findings)
            }
            Err(findings) => {
                let is_judged = findings.iter().any(|finding| finding.code == Code::JudgedBad);
                (if is_judged { Verdict::NothingToTrain } else { Verdict::Reject }, findings)
            }
        };
        findings.extend(note);
        outcome.records.count(verdict, &findings);
        if !findings.is_empty() {
            let excerpts = self.excerpts.of(&findings, Some(line.bytes), self.parse.max_depth);
            let kept = self.repairer.is_some() && verdict == Verdict::Reject;
            let rejected = kept.then(|| Ok(line.bytes.to_vec()));
            let (line, offset) = (line.number, line.offset);
            outcome.found.push(Found { line, offset, findings, excerpts, rejected });
        }
        Ok(())
    }

    fn refused(&mut self, _shard: &str, rejected: Rejected, outcome: &mut Outcome) -> Result<()> {
        let Rejected { line, offset, raw, length, findings } = rejected;
        outcome.records.count(Verdict::Reject, &findings);
        let excerpts = self.excerpts.of(&findings, raw.as_deref(), self.parse.max_depth);
        let rejected = self.repairer.as_ref().map(|_| raw.ok_or(length));
        outcome.found.push(Found { line, offset, findings, excerpts, rejected });
        Ok(())
    }
}
