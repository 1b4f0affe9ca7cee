//! The loop behind every verb: blocks to workers, outcomes back in order, progress on the way.
//!
//! A verb brings two things: a [`RecordWorker`], which says what one thread does with a record, and a
//! function that takes the outcomes of the blocks in (shard, line) order on the calling thread. An outcome may be
//! anything that can be sent between threads: counts, text, samples, Arrow batches. What a verb does with
//! rejected records is its own; [`super::rejects`] has the rules that they share.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::finding::{Code, Finding};
use crate::options::Options;
use crate::progress::Progress;
use crate::read::{self, BlockSource, Event, Line, LineBlock, Plan, Record};
use crate::rejected::Rejected;

/// What one thread does with the records of its blocks. It may hold caches without locks.
pub trait RecordWorker {
    /// What a block of records comes to.
    type Outcome: Tally + Send;

    /// An empty outcome for `block`, whose records follow.
    fn begin(&mut self, block: &LineBlock) -> Self::Outcome;

    /// Takes one record of the shard called `shard`. `note` is what making the record out of columns
    /// found. An error ends the run.
    fn record(
        &mut self,
        shard: &str,
        line: &Line<'_>,
        note: Option<Finding>,
        outcome: &mut Self::Outcome,
    ) -> Result<()>;

    /// Takes a record that is rejected before anyone reads it: its line is too long, or its row of
    /// columns is damaged.
    fn refused(&mut self, shard: &str, rejected: Rejected, outcome: &mut Self::Outcome) -> Result<()>;

    /// Completes the outcome, after the last record of the block.
    fn end(&mut self, outcome: &mut Self::Outcome) {
        let _ = outcome;
    }
}

/// What the progress of a run has to know of an outcome.
pub trait Tally {
    /// Records in the block.
    fn read(&self) -> u64;
    /// Those of them that were rejected.
    fn rejected(&self) -> u64;
}

/// The shard of an outcome.
#[derive(Clone, Copy, Debug)]
pub struct Delivered<'s> {
    /// Its position in the run's list.
    pub shard: usize,
    /// Its name.
    pub name: &'s str,
}

/// What was read, by the end of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Bytes of each shard's file, in the order of the shards; 0 for one that was not read to its end.
    pub shard_bytes: Vec<u64>,
    /// Bytes of all of them.
    pub bytes_in: u64,
    /// Bytes of text in the blocks.
    pub text_bytes: u64,
    /// Processor time of reading and decompressing.
    pub read_time: Duration,
}

/// One run over one source of blocks.
#[derive(Clone, Copy)]
pub struct Driver<'d> {
    plan: Plan,
    max_line_bytes: u64,
    progress: &'d Progress,
}

impl<'d> Driver<'d> {
    /// A run with these options. `progress` moves as it goes on, and can end it.
    #[must_use]
    pub fn new(options: &Options, progress: &'d Progress) -> Self {
        Self { plan: Plan::from_options(options), max_line_bytes: options.max_line_bytes, progress }
    }

    /// Reads all of `source` and gives each block's outcome to `consume`, in (shard, line) order, on the calling
    /// thread. `consume` may stop the run early without an error.
    pub fn run<S, W>(
        &self,
        source: &S,
        make_worker: impl Fn() -> Result<W> + Sync,
        mut consume: impl FnMut(Delivered<'_>, W::Outcome) -> Result<ControlFlow<()>>,
    ) -> Result<Totals>
    where
        S: BlockSource + ?Sized,
        W: RecordWorker,
    {
        let progress = self.progress;
        let mut totals = Totals { shard_bytes: vec![0; source.shards()], ..Totals::default() };
        let make_worker = &make_worker;
        let make_block_worker = || {
            let mut worker = make_worker()?;
            Ok(move |block: &LineBlock| self.block(source, make_worker, &mut worker, block))
        };
        let consume = |event: Event<Result<W::Outcome>>| {
            match event {
                Event::Tick => {}
                Event::ShardEnd(end) => {
                    totals.shard_bytes[end.shard as usize] = end.file_bytes;
                    totals.bytes_in += end.file_bytes;
                    totals.read_time += end.read_time;
                    progress.bytes.set(totals.bytes_in);
                }
                Event::Block { shard, text_bytes, file_bytes, outcome } => {
                    let outcome = outcome?;
                    totals.text_bytes += text_bytes;
                    progress.bytes.set(totals.bytes_in + file_bytes);
                    progress.records.add(outcome.read());
                    progress.rejected.add(outcome.rejected());
                    return consume(Delivered { shard: shard as usize, name: source.name(shard) }, outcome);
                }
            }
            Ok(ControlFlow::Continue(()))
        };
        read::sequencer::run_until(source, &self.plan, progress.switch(), make_block_worker, consume)?;
        Ok(totals)
    }

    /// One block through a worker.
    fn block<S: BlockSource + ?Sized, W: RecordWorker>(
        &self,
        source: &S,
        make_worker: &(impl Fn() -> Result<W> + Sync),
        worker: &mut W,
        block: &LineBlock,
    ) -> Result<W::Outcome> {
        let shard = source.name(block.shard);
        let mut outcome = worker.begin(block);
        for record in block.records() {
            self.progress.check()?;
            match record {
                Record::TooLong(long) => {
                    worker.refused(shard, long.rejected(self.max_line_bytes), &mut outcome)?;
                }
                Record::Line(line) => match line.finding() {
                    Some((finding, true)) => {
                        worker.refused(shard, line.rejected(vec![finding]), &mut outcome)?;
                    }
                    note => {
                        let note = note.map(|(finding, _)| finding);
                        let taken = catch_unwind(AssertUnwindSafe(|| {
                            worker.record(shard, &line, note, &mut outcome)
                        }));
                        let failure = match taken {
                            Ok(Ok(())) => continue,
                            Ok(Err(error)) => failure_of_record(error)?,
                            Err(panic) => {
                                // What the worker holds may be half changed.
                                *worker = make_worker()?;
                                format!("a panic: {}", panic_message(&*panic))
                            }
                        };
                        let finding = Finding::new(Code::InternalFailure, "", failure);
                        worker.refused(shard, line.rejected(vec![finding]), &mut outcome)?;
                    }
                },
            }
        }
        worker.end(&mut outcome);
        Ok(outcome)
    }
}

/// What failed where the error is of this record alone: a text that the tokenizer does not take. Any other error ends
/// the run.
fn failure_of_record(error: Error) -> Result<String> {
    match error.kind() {
        ErrorKind::Tokenizer => Ok(error.message().to_owned()),
        _ => Err(error),
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::MemoryShard;

    /// Fails as the records ask it to.
    struct Failing;

    #[derive(Default)]
    struct Counted {
        taken: Vec<u64>,
        refused: Vec<(u64, Code, String)>,
    }

    impl Tally for Counted {
        fn read(&self) -> u64 {
            (self.taken.len() + self.refused.len()) as u64
        }

        fn rejected(&self) -> u64 {
            self.refused.len() as u64
        }
    }

    impl RecordWorker for Failing {
        type Outcome = Counted;

        fn begin(&mut self, _: &LineBlock) -> Counted {
            Counted::default()
        }

        fn record(
            &mut self,
            _: &str,
            line: &Line<'_>,
            _: Option<Finding>,
            outcome: &mut Counted,
        ) -> Result<()> {
            match line.bytes {
                b"panic" => panic!("it panicked"),
                b"text" => Err(Error::new(ErrorKind::Tokenizer, "no such text")),
                b"disk" => Err(Error::new(ErrorKind::Write, "the disk is full")),
                _ => {
                    outcome.taken.push(line.number);
                    Ok(())
                }
            }
        }

        fn refused(&mut self, _: &str, rejected: Rejected, outcome: &mut Counted) -> Result<()> {
            let finding = &rejected.findings[0];
            outcome.refused.push((rejected.line, finding.code, finding.message.clone()));
            Ok(())
        }
    }

    fn run(text: &str) -> Result<Counted> {
        let block = LineBlock::from_lines(0, 0, 1, 0, text.as_bytes().to_vec());
        let source = MemoryShard::new("made", std::iter::once(Ok(block)));
        let progress = Progress::default();
        let mut counted = Counted::default();
        Driver::new(&Options::default(), &progress).run(
            &source,
            || Ok(Failing),
            |_, outcome| {
                counted = outcome;
                Ok(ControlFlow::Continue(()))
            },
        )?;
        Ok(counted)
    }

    #[test]
    fn a_failure_costs_its_record_and_not_the_run() {
        let counted = run("1\npanic\n3\ntext\n5\n").unwrap();
        assert_eq!(counted.taken, [1, 3, 5]);
        let refused = |line, what: &str| (line, Code::InternalFailure, what.to_owned());
        assert_eq!(counted.refused, [refused(2, "a panic: it panicked"), refused(4, "no such text")]);
    }

    #[test]
    fn trouble_of_the_run_ends_it() {
        assert_eq!(run("1\ndisk\n3\n").err().map(|error| error.kind()), Some(ErrorKind::Write));
    }
}
