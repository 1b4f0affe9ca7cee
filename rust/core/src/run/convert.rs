//! The run behind `convert`: blocks of lines to workers, rows back in order, files published whole.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

use super::driver::{Delivered, Driver, RecordWorker, Tally};
use super::rejects::RejectRules;
use super::shaping::Shaped;
use super::side_files::JOB_DESCRIPTION;
use super::{report_file, resolve};
use crate::convert::{
    ConvertReport, Converted, ConvertedRecords, ConvertedShard, Converter, Dialect, JobFacts, service,
};
use crate::error::{Error, ErrorCode, ErrorKind, Result};
use crate::finding::{Code, Finding};
use crate::finding_counts::FindingCounts;
use crate::options::{IfExists, Options};
use crate::progress::Progress;
use crate::read::{Given, Line, LineBlock, Plan, ReadLimits, Shard};
use crate::rejected::Rejected;
use crate::unread::UnreadKeys;
use crate::write::{Reject, RejectsFile, Target, TextOutput};

/// Writes what was given as rows of the dialect `to` into `out`, with report, rejects and
/// losses beside it. Of `options` it knows those of reading, checking and bad records.
pub fn convert(
    given: Given,
    out: &str,
    to: Dialect,
    options: &Options,
    progress: &Progress,
) -> Result<ConvertReport> {
    let begun = Instant::now();
    progress.begin("converting");
    let target = Target::text(out)?;
    let input = given.open()?;
    let shards = input.shards();
    target.check(options.if_exists, shards.iter().map(|shard| shard.path.as_path()))?;
    let job_path = (to == Dialect::Distil).then(|| target.path().with_file_name(JOB_DESCRIPTION));
    if let Some(path) = &job_path {
        check_job_path(path, options.if_exists, shards)?;
    }
    let parse = Arc::new(resolve::incoming(options, shards)?.parse);
    progress.total_bytes.set(input.bytes());
    let mut writing = Writing::begin(target, to, options, shards)?;
    let files = input.blocks(ReadLimits::from_options(options), progress.switch());
    let files = Shaped::new(files, Arc::clone(&parse), options.max_line_bytes);
    let make_worker = || Ok(Converting(Converter::new(to, Arc::clone(&parse), options)));
    let consume = |from: Delivered<'_>, outcome: Outcome| {
        writing.take(from.shard, from.name, outcome)?;
        Ok(ControlFlow::Continue(()))
    };
    let totals = Driver::new(options, progress).run(&files, make_worker, consume)?;
    for (shard, bytes) in writing.report.shards.iter_mut().zip(&totals.shard_bytes) {
        shard.bytes = *bytes;
    }
    (writing.report.bytes_in, writing.report.text_bytes) = (totals.bytes_in, totals.text_bytes);
    progress.check()?;
    writing.finish(job_path, begun)
}

/// A job description is neither replaced unasked nor ever where one of the inputs has its own.
fn check_job_path(path: &Path, if_exists: IfExists, shards: &[Shard]) -> Result<()> {
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    let real = |path: &Path| path.canonicalize().ok();
    if shards.iter().any(|shard| real(&shard.path.with_file_name(JOB_DESCRIPTION)) == real(path)) {
        return Err(Error::new(ErrorCode::OutputIsInput, "belongs to the input and would be replaced")
            .option("out")
            .file(path.display())
            .hint("write to another folder"));
    }
    if if_exists == IfExists::Error {
        return Err(Error::new(ErrorKind::OutputExists, "exists already")
            .file(path.display())
            .hint("if_exists=\"overwrite\" replaces it once the new one is complete"));
    }
    Ok(())
}

/// What a worker made of one block.
#[derive(Default)]
struct Outcome {
    records: ConvertedRecords,
    findings: Vec<(u64, Vec<Finding>)>,
    left_unread: UnreadKeys,
    pieces: Vec<Piece>,
}

/// What one record comes to on the consumer's side, in order.
enum Piece {
    Rows { line: u64, rows: String, count: u64, job: Option<JobFacts> },
    Rejected(Rejected),
}

/// Converts records on one thread.
struct Converting(Converter);

impl Tally for Outcome {
    fn read(&self) -> u64 {
        self.records.read
    }

    fn rejected(&self) -> u64 {
        self.records.rejected
    }
}

impl RecordWorker for Converting {
    type Outcome = Outcome;

    fn begin(&mut self, block: &LineBlock) -> Outcome {
        let mut outcome = Outcome::default();
        outcome.records.read = block.records;
        outcome
    }

    fn record(
        &mut self,
        shard: &str,
        line: &Line<'_>,
        note: Option<Finding>,
        outcome: &mut Outcome,
    ) -> Result<()> {
        let mut converted = self.0.convert(line.bytes);
        converted.findings.extend(note);
        if converted.is_rejected() {
            return self.refused(shard, line.rejected(converted.findings), outcome);
        }
        outcome.records.written += 1;
        outcome.records.lossy += u64::from(converted.is_lossy());
        let Converted { rows, row_count: count, findings, unread, job } = converted;
        outcome.left_unread.count(&unread);
        if !findings.is_empty() {
            outcome.findings.push((line.number, findings));
        }
        outcome.pieces.push(Piece::Rows { line: line.number, rows, count, job });
        Ok(())
    }

    fn refused(&mut self, _shard: &str, rejected: Rejected, outcome: &mut Outcome) -> Result<()> {
        outcome.records.rejected += 1;
        outcome.pieces.push(Piece::Rejected(rejected));
        Ok(())
    }
}

/// One thing that the rows of a record do not say.
#[derive(Serialize)]
struct Loss<'l> {
    file: &'l str,
    line: u64,
    pointer: &'l str,
    message: &'l str,
}

/// The output and all that is known of it so far.
struct Writing {
    report: ConvertReport,
    target: Target,
    to: Dialect,
    if_exists: IfExists,
    rules: RejectRules,
    output: TextOutput,
    rejects: RejectsFile,
    losses: Option<TextOutput>,
    /// Of the first record with rows; the others have to share it.
    job: Option<JobFacts>,
    other_tools: u64,
}

impl Writing {
    fn begin(target: Target, to: Dialect, options: &Options, shards: &[Shard]) -> Result<Self> {
        let named = |shard: &Shard| ConvertedShard { name: shard.name.clone(), ..ConvertedShard::default() };
        let report = ConvertReport {
            version: crate::VERSION.to_owned(),
            verb: "convert".to_owned(),
            to: to.name().to_owned(),
            out: target.path().display().to_string(),
            report: target.report().display().to_string(),
            shards: shards.iter().map(named).collect(),
            threads: Plan::from_options(options).threads,
            options: options.clone(),
            ..ConvertReport::default()
        };
        Ok(Self {
            report,
            to,
            if_exists: options.if_exists,
            rules: RejectRules::from_options(options),
            output: TextOutput::create(&target, options.if_exists)?,
            rejects: RejectsFile::new(&target),
            target,
            losses: None,
            job: None,
            other_tools: 0,
        })
    }

    /// Takes a block; the blocks before it were taken.
    fn take(&mut self, shard: usize, name: &str, outcome: Outcome) -> Result<()> {
        self.report.shards[shard].records.merge(&outcome.records);
        self.report.records.merge(&outcome.records);
        self.report.left_unread.merge(&outcome.left_unread);
        let mut found = outcome.findings.into_iter().peekable();
        for piece in outcome.pieces {
            match piece {
                Piece::Rejected(rejected) => {
                    count(&mut self.report.findings, &rejected.findings, name, rejected.line);
                    self.rules.admit(name, &rejected)?;
                    self.rejects.write(&Reject::of(name, &rejected))?;
                }
                Piece::Rows { line, rows, count: rows_of_record, job } => {
                    let findings = found.next_if(|(at, _)| *at == line).map(|(_, findings)| findings);
                    let mut findings = findings.unwrap_or_default();
                    let was_lossy = is_lossy(&findings);
                    if let Some(job) = job {
                        self.share(job, &mut findings);
                    }
                    if is_lossy(&findings) && !was_lossy {
                        self.report.records.lossy += 1;
                        self.report.shards[shard].records.lossy += 1;
                    }
                    count(&mut self.report.findings, &findings, name, line);
                    self.write_losses(name, line, &findings)?;
                    self.output.write(&rows)?;
                    self.report.rows += rows_of_record;
                }
            }
        }
        self.limit_rejects(false)
    }

    /// Compares what a record needs beside its rows with what the first record needs.
    fn share(&mut self, job: JobFacts, findings: &mut Vec<Finding>) {
        let Some(first) = &self.job else {
            self.job = Some(job);
            return;
        };
        if first.task_description != job.task_description {
            let what = "the system message; the job description has that of the first record";
            findings.push(Finding::new(Code::LostInConversion, "", what));
        }
        self.other_tools += u64::from(first.tools != job.tools);
    }

    fn write_losses(&mut self, file: &str, line: u64, findings: &[Finding]) -> Result<()> {
        for finding in findings.iter().filter(|finding| finding.code == Code::LostInConversion) {
            let loss = Loss { file, line, pointer: &finding.pointer, message: &finding.message };
            let mut text = serde_json::to_string(&loss).map_err(|error| unwritable(&error))?;
            text.push('\n');
            let losses = match &mut self.losses {
                Some(losses) => losses,
                none => none.insert(TextOutput::create(
                    &Target::text(&self.target.losses().to_string_lossy())?,
                    self.if_exists,
                )?),
            };
            losses.write(&text)?;
        }
        Ok(())
    }

    fn limit_rejects(&self, at_end: bool) -> Result<()> {
        let ConvertedRecords { rejected, read, .. } = self.report.records;
        self.rules.check(rejected, read, &self.report.findings, at_end)
    }

    fn finish(self, job_path: Option<PathBuf>, begun: Instant) -> Result<ConvertReport> {
        self.limit_rejects(true)?;
        let Self { mut report, target, to, mut output, rejects, losses, job, other_tools, .. } = self;
        if let Some(losses) = losses {
            output.adopt(losses.seal()?);
            report.losses = Some(target.losses().display().to_string());
        }
        match (job_path, job) {
            (Some(path), Some(job)) if other_tools == 0 => {
                output.add_side(&path, job.description().as_bytes())?;
                report.job_description = Some(path.display().to_string());
            }
            (Some(_), Some(_)) => report.warnings.push(format!(
                "{other_tools} records declare other tools than the first one, so no {JOB_DESCRIPTION} was \
                 written and the rows say nothing of their tools; convert the records of each tool list apart"
            )),
            _ => {}
        }
        if to == Dialect::OpenAi {
            report.warnings.extend(service::warnings(report.rows, output.bytes()));
        }
        let sealed = output.seal()?;
        report.bytes_out = sealed.bytes;
        report.sha256.clone_from(&sealed.sha256);
        let rejects = rejects.seal()?;
        report.rejects = rejects.as_ref().map(|_| target.rejects().display().to_string());
        report.check()?;
        report.seconds = begun.elapsed().as_secs_f64();
        let json = report_file::text(&report)?;
        sealed.publish(rejects, &json)?;
        Ok(report)
    }
}

fn is_lossy(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.code == Code::LostInConversion)
}

fn count(counts: &mut FindingCounts, findings: &[Finding], file: &str, line: u64) {
    for finding in findings {
        counts.count(finding, file, line);
    }
}

fn unwritable(error: &serde_json::Error) -> Error {
    Error::new(ErrorKind::Internal, format!("the report cannot be written: {error}"))
}
