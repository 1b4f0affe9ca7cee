//! The run behind `convert`: blocks of lines to workers, rows back in order, files published whole.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

use super::distil::JobFacts;
use super::report::{ConvertReport, ConvertedRecords, ConvertedShard};
use super::{Converted, Converter, Dialect, service};
use crate::error::{Error, ErrorKind, Result};
use crate::finding::{Code, Finding};
use crate::options::{IfExists, OnError, Options};
use crate::pipeline;
use crate::progress::Progress;
use crate::read::{self, BlockSource, Event, Given, LineBlock, Plan, ReadLimits, Record, Shard};
use crate::rejected::{self, Rejected};
use crate::report::FindingCounts;
use crate::side_files::JOB_DESCRIPTION;
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
    let parse = Arc::new(pipeline::incoming(options, shards)?.parse);
    progress.total_bytes.set(input.bytes());
    let plan = Plan::from_options(options);
    let mut writing = Writing::begin(target, to, options, &plan, shards)?;
    let files = input.blocks(ReadLimits::from_options(options), progress.switch());
    let make_worker = || {
        let mut converter = Converter::new(to, Arc::clone(&parse), options);
        Ok(move |block: &LineBlock| work(&mut converter, block, options, progress))
    };
    let mut finished_bytes = 0;
    read::sequencer::run(&files, &plan, progress.switch(), make_worker, |event: Event<Result<Outcome>>| {
        match event {
            Event::Tick => {}
            Event::ShardEnd(end) => {
                finished_bytes += end.file_bytes;
                progress.bytes.set(finished_bytes);
                writing.report.shards[end.shard as usize].bytes = end.file_bytes;
                writing.report.bytes_in += end.file_bytes;
            }
            Event::Block { shard, text_bytes, file_bytes, outcome } => {
                let outcome = outcome?;
                progress.bytes.set(finished_bytes + file_bytes);
                progress.records.add(outcome.records.read);
                progress.rejected.add(outcome.records.rejected);
                writing.report.text_bytes += text_bytes;
                writing.take(shard as usize, files.name(shard), outcome)?;
            }
        }
        Ok(())
    })?;
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
        let what = format!("{} belongs to the input and would be replaced", path.display());
        return Err(Error::new(ErrorKind::Options, what).hint("write to another folder"));
    }
    if if_exists == IfExists::Error {
        return Err(Error::new(ErrorKind::OutputExists, format!("{} exists already", path.display()))
            .hint("if_exists=\"overwrite\" replaces it once the new one is complete"));
    }
    Ok(())
}

/// What a worker made of one block.
#[derive(Default)]
struct Outcome {
    records: ConvertedRecords,
    findings: Vec<(u64, Vec<Finding>)>,
    pieces: Vec<Piece>,
}

/// What one record comes to on the consumer's side, in order.
enum Piece {
    Rows { line: u64, rows: String, count: u64, job: Option<JobFacts> },
    Rejected(Rejected),
}

fn work(
    converter: &mut Converter,
    block: &LineBlock,
    options: &Options,
    progress: &Progress,
) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    outcome.records.read = block.records;
    for record in block.records() {
        progress.check()?;
        let line = match record {
            Record::Line(line) => line,
            Record::TooLong(long) => {
                outcome.records.rejected += 1;
                outcome.pieces.push(Piece::Rejected(long.rejected(options.max_line_bytes)));
                continue;
            }
        };
        let noted = line.finding();
        let mut converted = match noted {
            Some((_, true)) => Converted::default(),
            _ => converter.convert(line.bytes)?,
        };
        converted.findings.extend(noted.map(|(finding, _)| finding));
        if converted.is_rejected() {
            outcome.records.rejected += 1;
            outcome.pieces.push(Piece::Rejected(line.rejected(converted.findings)));
            continue;
        }
        outcome.records.written += 1;
        outcome.records.lossy += u64::from(converted.is_lossy());
        let Converted { rows, row_count: count, findings, job } = converted;
        if !findings.is_empty() {
            outcome.findings.push((line.number, findings));
        }
        outcome.pieces.push(Piece::Rows { line: line.number, rows, count, job });
    }
    Ok(outcome)
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
    on_error: OnError,
    max_rejected: Option<f64>,
    output: TextOutput,
    rejects: RejectsFile,
    losses: Option<TextOutput>,
    /// Of the first record with rows; the others have to share it.
    job: Option<JobFacts>,
    other_tools: u64,
}

impl Writing {
    fn begin(target: Target, to: Dialect, options: &Options, plan: &Plan, shards: &[Shard]) -> Result<Self> {
        let named = |shard: &Shard| ConvertedShard { name: shard.name.clone(), ..ConvertedShard::default() };
        let report = ConvertReport {
            version: crate::VERSION.to_owned(),
            verb: "convert".to_owned(),
            to: to.name().to_owned(),
            out: target.path().display().to_string(),
            report: target.report().display().to_string(),
            shards: shards.iter().map(named).collect(),
            threads: plan.threads,
            options: options.clone(),
            ..ConvertReport::default()
        };
        Ok(Self {
            report,
            to,
            if_exists: options.if_exists,
            on_error: options.on_error,
            max_rejected: options.max_rejected,
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
        let mut found = outcome.findings.into_iter().peekable();
        for piece in outcome.pieces {
            match piece {
                Piece::Rejected(rejected) => {
                    count(&mut self.report.findings, &rejected.findings, name, rejected.line);
                    if self.on_error == OnError::Raise {
                        return Err(rejected.error(name));
                    }
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
        rejected::check_limit(self.max_rejected, rejected, read, &self.report.findings, at_end)
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
        let json = serde_json::to_vec_pretty(&report).map_err(|error| unwritable(&error))?;
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
