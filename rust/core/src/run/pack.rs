//! `pack` and `tokenize`: records to rows in files.

use std::sync::Arc;
use std::time::Instant;

use super::flow::Flow;
use super::shaping::Shaped;
use super::{Verb, begin_report, report_file, resolve};
use crate::error::Result;
use crate::metadata::Description;
use crate::options::Options;
use crate::progress::Progress;
use crate::read::{Given, Plan, ReadLimits};
use crate::report::Report;
use crate::write::{Output, OutputSettings, Reject, RejectsFile, Target};

/// Packs or tokenizes what was given into `out`, with its report and rejects beside it.
pub fn pack(given: Given, out: &str, options: &Options, verb: Verb, progress: &Progress) -> Result<Report> {
    let begun = Instant::now();
    let options = &verb.adjust(options);
    let target = Target::new(out)?;
    let input = given.open()?;
    let shards = input.shards();
    target.check(options.if_exists, shards.iter().map(|shard| shard.path.as_path()))?;
    let settings = OutputSettings::from_options(options, Plan::from_options(options).threads)?;
    let recipe = resolve::recipe(options, shards)?;
    progress.total_bytes.set(input.bytes());
    let mut report = begin_report(&recipe, options, verb, shards);
    let description =
        Description::new(&report, recipe.loaded.tokenizer.vocab_size(), recipe.tools_sha256.as_deref());

    let of_part = description.clone();
    let mut output = Output::create(&target, settings, Box::new(move |counts| of_part.of_part(counts)))?;
    let mut rejects = RejectsFile::new(&target);
    let files = input.blocks(ReadLimits::from_options(options), progress.switch());
    let files = Shaped::new(files, Arc::new(recipe.parse.clone()), options.max_line_bytes);
    Flow::new(&recipe, options, progress).run(
        &files,
        &mut report,
        |row| output.write(&row),
        |file, rejected| rejects.write(&Reject::of(file, rejected)),
    )?;
    let sealed = output.seal(|counts| description.of_whole(counts, &report))?;
    report.files = sealed.files().to_vec();
    report.seconds.encode = sealed.times().encode.as_secs_f64();
    report.seconds.write = sealed.times().write.as_secs_f64();
    out.clone_into(&mut report.out);
    report.report = target.report().display().to_string();
    let rejects = rejects.seal()?;
    report.rejects = rejects.as_ref().map(|_| target.rejects().display().to_string());
    report.check()?;
    report.seconds.total = begun.elapsed().as_secs_f64();
    let json = report_file::text(&report)?;
    progress.check()?;
    sealed.publish(rejects, &json)?;
    Ok(report)
}
