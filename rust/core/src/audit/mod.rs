//! The run behind `validate`: every finding of every record, and what the set does with its tools.
//! Nothing is rendered, tokenized or packed; the records can be written with their repairs.

mod excerpt;
mod fixed_file;
mod frame;
mod kept;
mod mend;
mod tool_use;
mod worker;

use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

pub use excerpt::Excerpt;
pub use fixed_file::Fixed;
pub use frame::schema;
pub use kept::{Example, KeptFindings, Limits};
pub use tool_use::{ToolUse, ToolUseSummary};

use crate::error::Result;
use crate::finding::Finding;
use crate::options::Options;
use crate::parse::ParseOptions;
use crate::pipeline;
use crate::progress::Progress;
use crate::read::{self, BlockSource, Event, Given, LineBlock, Plan, ReadLimits};
use crate::report::FindingCounts;
use crate::validate::ValidateOptions;
use fixed_file::FixedFile;
use kept::Keeper;
use worker::{Outcome, Worker};

/// What would become of the records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdicts {
    /// Records that were read.
    pub read: u64,
    /// Records that a run would take.
    pub accepted: u64,
    /// Records that it would reject.
    pub rejected: u64,
    /// Records without anything to train.
    pub nothing_to_train: u64,
    /// Of those, records whose every trained turn has a wrong call.
    pub only_wrong_calls: u64,
    /// Accepted records of which a turn is not trained, for a wrong call.
    pub with_masked_turns: u64,
    /// Accepted records that were mended.
    pub repaired: u64,
}

impl Verdicts {
    fn merge(&mut self, other: &Verdicts) {
        let Verdicts {
            read,
            accepted,
            rejected,
            nothing_to_train,
            only_wrong_calls,
            with_masked_turns,
            repaired,
        } = other;
        self.read += read;
        self.accepted += accepted;
        self.rejected += rejected;
        self.nothing_to_train += nothing_to_train;
        self.only_wrong_calls += only_wrong_calls;
        self.with_masked_turns += with_masked_turns;
        self.repaired += repaired;
    }
}

/// One shard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AuditedShard {
    /// Its name.
    pub name: String,
    /// Bytes of its file.
    pub bytes: u64,
    /// Its records.
    pub records: Verdicts,
    /// Its findings by severity.
    pub findings: BySeverity,
}

/// Findings by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BySeverity {
    /// Findings that reject their record.
    pub error: u64,
    /// Findings that take their turn out of training.
    pub masked: u64,
    /// Findings that do neither.
    pub warning: u64,
    /// Repairs.
    pub fixed: u64,
}

impl BySeverity {
    fn count(&mut self, finding: &Finding) {
        use crate::finding::Severity::{Error, Fixed, Masked, Warning};
        *match finding.severity {
            Error => &mut self.error,
            Masked => &mut self.masked,
            Warning => &mut self.warning,
            Fixed => &mut self.fixed,
        } += 1;
    }
}

/// What `validate` says of a set of shards.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Audit {
    /// Version of the engine.
    pub version: String,
    /// Records of all shards.
    pub records: Verdicts,
    /// The shards in order.
    pub shards: Vec<AuditedShard>,
    /// Findings by code and severity, worst first, each with its first example. Always all of them.
    pub findings: FindingCounts,
    /// The first findings of each code and severity, with the offending piece, in the order of shard and line.
    pub examples: Vec<Example>,
    /// How many findings are in the frame.
    pub kept: u64,
    /// What the set does with its tools.
    pub tool_use: ToolUseSummary,
    /// The repaired records, where they were asked for.
    pub fixed: Option<Fixed>,
    /// Bytes of the shards' files.
    pub bytes_in: u64,
    /// Bytes of their text.
    pub text_bytes: u64,
    /// Worker threads.
    pub threads: usize,
    /// Seconds that the run took.
    pub seconds: f64,
    /// The options it was asked for.
    pub options: Options,
}

/// Looks at every record that was given. It knows the options `layout`, `tools`, `repair`,
/// `validation`, `loss`, `if_exists` and those of reading.
///
/// With `fix` the records that are not rejected are written there, repairs included, and the others
/// beside it: see [`Fixed`]. Findings are counted without bound and kept within `limits`, in the order of shard and line.
pub fn run(
    given: Given,
    options: &Options,
    limits: Limits,
    fix: Option<&str>,
    progress: &Progress,
) -> Result<(Audit, KeptFindings)> {
    progress.begin("validating");
    let input = given.open()?;
    let shards = input.shards();
    let parse = pipeline::incoming(options, shards)?.parse;
    progress.total_bytes.set(input.bytes());
    let inputs = shards.iter().map(|shard| shard.path.as_path());
    let fixed = fix.map(|out| FixedFile::begin(out, options.if_exists, inputs)).transpose()?;
    let files = input.blocks(ReadLimits::from_options(options), progress.switch());
    run_over(&files, parse, options, limits, fixed, progress)
}

/// The same over any source of blocks.
fn run_over<S: BlockSource + ?Sized>(
    source: &S,
    parse: ParseOptions,
    options: &Options,
    limits: Limits,
    mut fixed: Option<FixedFile>,
    progress: &Progress,
) -> Result<(Audit, KeptFindings)> {
    let begun = Instant::now();
    let parse = Arc::new(ParseOptions { contents_as_spelled: fixed.is_none(), ..parse });
    let validate = ValidateOptions::from_options(options);
    let plan = Plan::from_options(options);
    let mut audit = Audit {
        version: crate::VERSION.to_owned(),
        shards: (0..source.shards())
            .map(|shard| AuditedShard {
                name: source.name(shard as u32).to_owned(),
                ..AuditedShard::default()
            })
            .collect(),
        threads: plan.threads,
        options: options.clone(),
        ..Audit::default()
    };
    let mut keeper = Keeper::new(limits);
    let fixes = fixed.is_some();
    let mut finished_bytes = 0;
    let make_worker = || {
        let mut worker =
            Worker::new(Arc::clone(&parse), &validate, limits.examples, options.max_line_bytes, fixes);
        Ok(move |block: &LineBlock| worker.block(block, progress))
    };
    read::sequencer::run(source, &plan, progress.switch(), make_worker, |event: Event<Result<Outcome>>| {
        match event {
            Event::Tick => {}
            Event::ShardEnd(end) => {
                finished_bytes += end.file_bytes;
                progress.bytes.set(finished_bytes);
                audit.shards[end.shard as usize].bytes = end.file_bytes;
                audit.bytes_in += end.file_bytes;
            }
            Event::Block { shard, text_bytes, file_bytes, outcome } => {
                let outcome = outcome?;
                audit.text_bytes += text_bytes;
                progress.bytes.set(finished_bytes + file_bytes);
                progress.records.add(outcome.records.read);
                progress.rejected.add(outcome.records.rejected);
                if let Some(fixed) = &mut fixed {
                    fixed.write(&outcome.fixed)?;
                    let name = source.name(shard);
                    outcome.found.iter().try_for_each(|found| fixed.reject(name, found))?;
                }
                audit.add(shard, outcome, &mut keeper)?;
            }
        }
        Ok(())
    })?;
    let (kept, examples) = keeper.finish()?;
    audit.kept = kept.len();
    audit.examples = examples;
    audit.seconds = begun.elapsed().as_secs_f64();
    if let Some(fixed) = fixed {
        progress.check()?;
        fixed.publish(&mut audit)?;
    }
    Ok((audit, kept))
}

impl Audit {
    /// Adds a block of the shard at `shard`, the blocks before it being added.
    fn add(&mut self, shard: u32, outcome: Outcome, keeper: &mut Keeper) -> Result<()> {
        let of_shard = &mut self.shards[shard as usize];
        of_shard.records.merge(&outcome.records);
        self.records.merge(&outcome.records);
        self.tool_use.merge(&outcome.tool_use);
        for found in outcome.found {
            for finding in &found.findings {
                of_shard.findings.count(finding);
                self.findings.count(finding, &of_shard.name, found.line);
            }
            keeper.keep(&of_shard.name, found)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
