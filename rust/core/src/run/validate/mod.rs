//! `validate`: every finding of every record, and the repaired records where they are asked for.

mod fixed_file;
mod worker;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use super::driver::{Delivered, Driver};
use super::resolve;
use super::shaping::Shaped;
use crate::audit::{Audit, AuditedShard, Keeper, KeptFindings, Limits};
use crate::error::Result;
use crate::options::Options;
use crate::parse::ParseOptions;
use crate::progress::Progress;
use crate::read::{BlockSource, Given, Plan, ReadLimits};
use crate::validate::ValidateOptions;
use fixed_file::FixedFile;
use worker::{Outcome, Worker};

/// Looks at every record that was given. It knows the options `layout`, `tools`, `repair`,
/// `validation`, `loss`, `if_exists` and those of reading.
///
/// With `fix` the records that are not rejected are written there, repairs included, and the others beside it: see
/// [`Fixed`](crate::audit::Fixed). Findings are counted without bound and kept within `limits`, in the order of shard
/// and line.
pub fn validate(
    given: Given,
    options: &Options,
    limits: Limits,
    fix: Option<&str>,
    progress: &Progress,
) -> Result<(Audit, KeptFindings)> {
    progress.begin("validating");
    let input = given.open()?;
    let shards = input.shards();
    let parse = resolve::incoming(options, shards)?.parse;
    progress.total_bytes.set(input.bytes());
    let inputs = shards.iter().map(|shard| shard.path.as_path());
    let fixed = fix.map(|out| FixedFile::begin(out, options.if_exists, inputs)).transpose()?;
    let files = input.blocks(ReadLimits::from_options(options), progress.switch());
    let files = Shaped::new(files, Arc::new(parse.clone()), options.max_line_bytes);
    validate_blocks(&files, parse, options, limits, fixed, progress)
}

/// The same over any source of blocks.
fn validate_blocks<S: BlockSource + ?Sized>(
    source: &S,
    parse: ParseOptions,
    options: &Options,
    limits: Limits,
    mut fixed: Option<FixedFile>,
    progress: &Progress,
) -> Result<(Audit, KeptFindings)> {
    let begun = Instant::now();
    let fixes = fixed.is_some();
    let parse = Arc::new(ParseOptions { contents_as_spelled: !fixes, ..parse });
    let validate = ValidateOptions::from_options(options);
    let named =
        |shard| AuditedShard { name: source.name(shard as u32).to_owned(), ..AuditedShard::default() };
    let mut audit = Audit {
        version: crate::VERSION.to_owned(),
        shards: (0..source.shards()).map(named).collect(),
        threads: Plan::from_options(options).threads,
        options: options.clone(),
        ..Audit::default()
    };
    let mut keeper = Keeper::new(limits);
    let make_worker = || Ok(Worker::new(Arc::clone(&parse), &validate, limits.examples, fixes));
    let consume = |from: Delivered<'_>, outcome: Outcome| {
        if let Some(fixed) = &mut fixed {
            fixed.write(&outcome.fixed)?;
            outcome.found.iter().try_for_each(|found| fixed.reject(from.name, found))?;
        }
        add(&mut audit, from.shard, outcome, &mut keeper)?;
        Ok(ControlFlow::Continue(()))
    };
    let totals = Driver::new(options, progress).run(source, make_worker, consume)?;
    for (shard, bytes) in audit.shards.iter_mut().zip(&totals.shard_bytes) {
        shard.bytes = *bytes;
    }
    (audit.bytes_in, audit.text_bytes) = (totals.bytes_in, totals.text_bytes);
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

/// Adds a block of the shard at `shard`; the blocks before it were added.
fn add(audit: &mut Audit, shard: usize, outcome: Outcome, keeper: &mut Keeper) -> Result<()> {
    let of_shard = &mut audit.shards[shard];
    of_shard.records.merge(&outcome.records);
    audit.records.merge(&outcome.records);
    audit.tool_use.merge(&outcome.tool_use);
    audit.left_unread.merge(&outcome.left_unread);
    for found in outcome.found {
        for finding in &found.findings {
            of_shard.findings.count(finding);
            audit.findings.count(finding, &of_shard.name, found.line);
        }
        keeper.keep(&of_shard.name, found)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
