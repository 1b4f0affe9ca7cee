//! The middle of the flow: one line -> samples. Parse, validate, render, tokenize; no files.
//!
//! Everything that a run decides once is in [`Recipe`]; what a worker needs for itself (caches,
//! memory that is used again) is in [`Worker`]. A line in, a [`Prepared`] out, whoever reads the lines.

mod control_tokens;
mod one_row;
mod over_length;
mod prepared;
mod recipe;
mod rows;
mod stage_clock;

use std::time::Instant;

use crate::conversation::{Conversation, Role};
use crate::error::Result;
use crate::finding::{Code, Finding};
use crate::ledger::{Bucket, Turns};
use crate::options::History;
use crate::parse;
use crate::pieces;
use crate::render::{Rendered, fitting};
use crate::sample::Source;
use crate::tokenize::Encoder;
use crate::tokenize::masked::{self, Tokens};
use crate::unread::UnreadKey;
use crate::validate::{Validator, Verdict};

pub use prepared::{Prepared, TokenLedger};
pub use recipe::Recipe;
pub use stage_clock::StageClock;

/// One record in so many is held against the laws of [`self_check`], by its line, so that the same ones are
/// in every run. Builds for tests check all.
const CHECKED_LINES: i64 = 1024;

/// One conversation as text and tokens, for looking at.
#[derive(Debug)]
pub struct Shown {
    /// Text with provenance and weights.
    pub rendered: Rendered,
    /// Ids, mask and token ends.
    pub tokens: Tokens,
    /// Everything found.
    pub findings: Vec<Finding>,
    /// Role of each message that spans refer to, and its position in the record.
    pub messages: Vec<(Role, u32)>,
}
/// Prepares lines on one thread.
pub struct Worker<'r> {
    recipe: &'r Recipe,
    scratch: parse::Scratch,
    validator: Validator,
    rendered: Rendered,
    encoder: Box<dyn Encoder>,
    tokens: masked::Scratch,
    clock: StageClock,
    /// Of the encoder's reused bytes, those that were asked for.
    reused_before: u64,
    /// Whether the rows of this record are held against the laws of [`self_check`].
    checks: bool,
    /// Why a piece of the conversation at hand cannot be rendered.
    unfit: Option<Finding>,
    /// Keys of the record at hand that nobody read.
    unread: Vec<UnreadKey>,
}
impl Worker<'_> {
    /// Time spent since the last call, by stage.
    pub fn take_clock(&mut self) -> StageClock {
        std::mem::take(&mut self.clock)
    }

    /// Bytes of text since the last call whose token ids were there already.
    pub fn take_reused_bytes(&mut self) -> u64 {
        let reused = self.encoder.reused_bytes();
        reused - std::mem::replace(&mut self.reused_before, reused)
    }

    /// Prepares the record in `line`. An error ends the run; what is wrong with the record alone is
    /// in the findings.
    pub fn prepare(&mut self, line: &[u8], source: Source) -> Result<Prepared> {
        let (mut conversation, mut findings) = match self.read(line) {
            Ok(read) => read,
            Err((bucket, findings)) => {
                let unread = std::mem::take(&mut self.unread);
                return Ok(Prepared { unread, ..Prepared::new(bucket, findings) });
            }
        };
        match fitting::fit(&conversation, self.recipe.template.as_ref(), &mut findings) {
            Ok(None) => {}
            Ok(Some(fitted)) => conversation = fitted,
            Err(finding) => {
                findings.push(finding);
                return Ok(Prepared::new(Bucket::Rejected, findings));
            }
        }
        let samples = pieces::samples(&conversation, self.recipe.samples);
        let mut prepared = Prepared::new(Bucket::NothingToTrain, Vec::new());
        prepared.unread = std::mem::take(&mut self.unread);
        self.checks = cfg!(debug_assertions) || source.line % CHECKED_LINES == 1;
        let outcome = match &samples {
            None => self.whole(&conversation, source, &mut prepared, &mut findings),
            Some(samples) => self.each(samples, source, &mut prepared, &mut findings),
        };
        // A piece that the template does not print costs its record, not the run.
        let outcome = match self.unfit.take() {
            Some(finding) if outcome.is_err() => Err(finding),
            _ => outcome?,
        };
        match outcome {
            Ok(()) => {}
            Err(finding) => {
                findings.push(finding);
                return Ok(Prepared::new(Bucket::Rejected, findings));
            }
        }
        prepared.tokens.balance();
        prepared.trained.balance_trained();
        if !prepared.samples.is_empty() {
            prepared.bucket = Bucket::Packed;
        } else if !prepared.tokens.dropped.is_empty() {
            prepared.bucket = Bucket::OverLength;
        }
        if prepared.bucket == Bucket::NothingToTrain
            && !findings.iter().any(|finding| finding.code == Code::NothingToTrain)
        {
            findings.push(why_nothing(
                &prepared.turns,
                self.recipe.policy.history,
                self.recipe.render.thinking,
            ));
        }
        findings.append(&mut prepared.findings);
        prepared.findings = findings;
        Ok(prepared)
    }

    /// Renders and tokenizes the record in `line` for looking at.
    pub fn show(&mut self, line: &[u8]) -> Result<std::result::Result<Shown, Vec<Finding>>> {
        let (mut conversation, mut findings) = match self.read(line) {
            Ok(read) => read,
            Err((_, findings)) => return Ok(Err(findings)),
        };
        match fitting::fit(&conversation, self.recipe.template.as_ref(), &mut findings) {
            Ok(None) => {}
            Ok(Some(fitted)) => conversation = fitted,
            Err(finding) => {
                findings.push(finding);
                return Ok(Err(findings));
            }
        }
        if let Err(finding) = self.render(&conversation, &mut findings) {
            findings.push(finding);
            return Ok(Err(findings));
        }
        self.recipe.policy.weigh(&conversation, &mut self.rendered);
        let tokens = self.encode(true)?;
        if let Err(finding) = self.check(&conversation, &tokens) {
            findings.push(finding);
            return Ok(Err(findings));
        }
        let messages = conversation.messages.iter().map(|message| (message.role, message.index)).collect();
        Ok(Ok(Shown { rendered: self.rendered.clone(), tokens, findings, messages }))
    }

    /// Parses and validates.
    fn read<'a>(
        &mut self,
        line: &'a [u8],
    ) -> std::result::Result<(Conversation<'a>, Vec<Finding>), (Bucket, Vec<Finding>)> {
        let begun = Instant::now();
        self.unread.clear();
        let parsed = parse::parse(line, &mut self.scratch, &self.recipe.parse);
        let parsed_at = Instant::now();
        self.clock.parse += parsed_at - begun;
        let parsed = parsed.map_err(|findings| {
            let is_judged = findings.iter().any(|finding| finding.code == Code::JudgedBad);
            (if is_judged { Bucket::Filtered } else { Bucket::Rejected }, findings)
        })?;
        self.unread = parsed.unread;
        let (mut conversation, mut findings) = (parsed.conversation, parsed.findings);
        let verdict = self.validator.validate(&mut conversation, &mut findings);
        self.clock.validate += parsed_at.elapsed();
        match verdict {
            Verdict::Accept => Ok((conversation, findings)),
            Verdict::Reject => Err((Bucket::Rejected, findings)),
            Verdict::NothingToTrain => Err((Bucket::NothingToTrain, findings)),
        }
    }
}

/// Why a record trains nothing although turns of it are selected.
fn why_nothing(turns: &Turns, history: History, thinking: Option<bool>) -> Finding {
    let found = |message: &str| Finding::new(Code::NothingToTrain, "", message);
    let mut by_history = match history {
        History::Mask => {
            "history=\"expand\" gives each such turn a row of its own, history=\"inline\" prints each as the last \
             one, and history=\"keep\" trains them as they stand"
        }
        _ => "history=\"keep\" trains them as they stand",
    }
    .to_owned();
    if thinking == Some(false) {
        by_history += "; for turns that reason, leave out thinking=False, which serves without reasoning";
    }
    if turns.prompt_differs > 0 {
        found("no turn is shown the prompt that serving would show, so none is trained").hint(by_history)
    } else if turns.field_dropped > 0 {
        found("the template drops a field of every turn that would be trained").hint(by_history)
    } else {
        found("weights leave nothing of the turns to train")
    }
}

#[cfg(test)]
mod tests;
