//! The flow from records to rows, for the verbs that make rows: workers prepare records, the consumer counts and
//! packs.

use std::ops::ControlFlow;
use std::time::Duration;

use super::driver::{Delivered, Driver, RecordWorker, Tally};
use super::first_look::{self, first_look};
use super::rejects::RejectRules;
use crate::cpu_time;
use crate::error::Result;
use crate::finding::{Code, Finding};
use crate::ledger::{BlockReport, Bucket, RowSummary};
use crate::options::Options;
use crate::pack::{PackOptions, Packer};
use crate::prepare::{Prepared, Recipe, Worker};
use crate::progress::Progress;
use crate::read::{BlockSource, Line, LineBlock};
use crate::rejected::Rejected;
use crate::report::Report;
use crate::sample::{Row, Sample, Source};

/// One run over one source of blocks.
pub struct Flow<'f> {
    recipe: &'f Recipe,
    options: &'f Options,
    progress: &'f Progress,
}

impl<'f> Flow<'f> {
    /// A run with these options. `progress` moves as it goes on, and can end it.
    #[must_use]
    pub fn new(recipe: &'f Recipe, options: &'f Options, progress: &'f Progress) -> Self {
        Self { recipe, options, progress }
    }

    /// Takes every block through the flow. Finished rows go to `on_row`, rejected records to
    /// `on_reject` with the name of their shard, both in order, on the calling thread.
    pub fn run<S: BlockSource + ?Sized>(
        &self,
        source: &S,
        report: &mut Report,
        on_row: impl FnMut(Row) -> Result<()>,
        mut on_reject: impl FnMut(&str, &Rejected) -> Result<()>,
    ) -> Result<()> {
        let rules = RejectRules::from_options(self.options);
        let mut packer = Packer::new(PackOptions::from(self.options))?;
        let mut rows = Rows {
            progress: self.progress,
            on_row,
            summary: RowSummary::default(),
            pack_time: Duration::ZERO,
        };
        let make_worker = || Ok(Preparing { worker: self.recipe.worker(), rules, begun: Duration::ZERO });
        let consume = |from: Delivered<'_>, outcome: Prepare| {
            let before = report.records.read;
            report.add_block(from.shard, &outcome.report)?;
            let is_known = before < first_look::RECORDS && report.records.read >= first_look::RECORDS;
            if is_known && let Some(told) = first_look(report) {
                self.progress.tell_first_look(told);
            }
            for rejected in &outcome.rejected {
                on_reject(from.name, rejected)?;
            }
            rules.check(report.records.rejected, report.records.read, &report.findings, false)?;
            rows.push(&mut packer, outcome.samples)?;
            Ok(ControlFlow::Continue(()))
        };
        let totals = Driver::new(self.options, self.progress).run(source, make_worker, consume)?;
        rows.timed(|sink| packer.finish(sink))?;
        for (shard, bytes) in report.shards.iter_mut().zip(&totals.shard_bytes) {
            shard.bytes = *bytes;
        }
        report.bytes_in += totals.bytes_in;
        report.text_bytes = totals.text_bytes;
        report.seconds.read += totals.read_time.as_secs_f64();
        report.seconds.pack += rows.pack_time.as_secs_f64();
        report.add_rows(&rows.summary);
        rules.check(report.records.rejected, report.records.read, &report.findings, true)
    }
}

/// Where finished rows go, and the packer's clock. The time that `on_row` takes is not the packer's.
struct Rows<'f, F> {
    progress: &'f Progress,
    on_row: F,
    summary: RowSummary,
    pack_time: Duration,
}

impl<F: FnMut(Row) -> Result<()>> Rows<'_, F> {
    fn push(&mut self, packer: &mut Packer, samples: Vec<Sample>) -> Result<()> {
        let progress = self.progress;
        self.timed(|sink| {
            for sample in samples {
                progress.tokens.add(sample.ids.len() as u64);
                progress.trained_tokens.add(sample.trained_tokens());
                packer.push(sample, sink)?;
            }
            Ok(())
        })
    }

    fn timed(&mut self, work: impl FnOnce(&mut SinkOf<'_>) -> Result<()>) -> Result<()> {
        let Self { progress, on_row, summary, pack_time } = self;
        let begun = cpu_time::of_this_thread();
        let mut elsewhere = Duration::ZERO;
        let mut sink = |row: Row| {
            progress.check()?;
            summary.count(&row);
            let begun = cpu_time::of_this_thread();
            let outcome = on_row(row);
            elsewhere += cpu_time::of_this_thread().saturating_sub(begun);
            outcome
        };
        work(&mut (&mut sink as SinkOf<'_>))?;
        *pack_time += cpu_time::of_this_thread().saturating_sub(begun).saturating_sub(elsewhere);
        Ok(())
    }
}

/// Takes a finished row.
type SinkOf<'s> = &'s mut dyn FnMut(Row) -> Result<()>;

/// Prepares records on one thread.
struct Preparing<'r> {
    worker: Worker<'r>,
    rules: RejectRules,
    /// Processor time of the thread when the block at hand was begun.
    begun: Duration,
}

/// What a worker made of one block.
#[derive(Default)]
struct Prepare {
    report: BlockReport,
    samples: Vec<Sample>,
    rejected: Vec<Rejected>,
    shard: u32,
}

impl Tally for Prepare {
    fn read(&self) -> u64 {
        self.report.records.read
    }

    fn rejected(&self) -> u64 {
        self.report.records.rejected
    }
}

impl RecordWorker for Preparing<'_> {
    type Outcome = Prepare;

    fn begin(&mut self, block: &LineBlock) -> Prepare {
        self.begun = cpu_time::of_this_thread();
        let mut outcome = Prepare { shard: block.shard, ..Prepare::default() };
        outcome.report.records.read = block.records;
        outcome
    }

    fn record(
        &mut self,
        shard: &str,
        line: &Line<'_>,
        note: Option<Finding>,
        outcome: &mut Prepare,
    ) -> Result<()> {
        let source = Source { shard: outcome.shard as i32, line: line.number as i64, part: 0 };
        let mut prepared =
            self.worker.prepare(line.bytes, source).map_err(|error| error.in_record(shard, line.number))?;
        prepared.findings.extend(note);
        outcome.account(shard, line.number, &prepared);
        if prepared.bucket == Bucket::Rejected {
            let rejected = line.rejected(prepared.findings);
            self.rules.admit(shard, &rejected)?;
            outcome.rejected.push(rejected);
        } else {
            outcome.samples.extend(prepared.samples);
        }
        Ok(())
    }

    fn refused(&mut self, shard: &str, rejected: Rejected, outcome: &mut Prepare) -> Result<()> {
        outcome.report.records.count(Bucket::Rejected);
        for finding in &rejected.findings {
            outcome.report.findings.count(finding, shard, rejected.line);
        }
        self.rules.admit(shard, &rejected)?;
        outcome.rejected.push(rejected);
        Ok(())
    }

    fn end(&mut self, outcome: &mut Prepare) {
        outcome.report.reused_bytes = self.worker.take_reused_bytes();
        let spent = cpu_time::of_this_thread().saturating_sub(self.begun);
        outcome.report.seconds = self.worker.take_clock().share(spent);
    }
}

impl Prepare {
    fn account(&mut self, shard: &str, line: u64, prepared: &Prepared) {
        let report = &mut self.report;
        report.records.count(prepared.bucket);
        for finding in &prepared.findings {
            report.findings.count(finding, shard, line);
            report.records.only_wrong_calls += u64::from(finding.code == Code::OnlyWrongCalls);
        }
        report.left_unread.count(&prepared.unread);
        prepared.tokens.add_to(&mut report.tokens);
        prepared.trained.add_to(&mut report.trained_tokens);
        report.turns.merge(&prepared.turns);
    }
}
