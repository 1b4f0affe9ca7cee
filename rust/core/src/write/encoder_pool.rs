//! Spreads the encoding of pages over threads and gives the pages back in order.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::leaf::Leaf;
use super::page::{PageEncoder, PageSet};
use super::row_batch::RowBatch;
use crate::error::{Error, ErrorKind, Result};

/// Encodes batches of rows. Threads start with the first batch and end with the pool; with one
/// thread the caller's own does the work.
pub(super) struct EncoderPool {
    leaves: Vec<Leaf>,
    threads: usize,
    workers: Option<Workers>,
    inline: Option<PageEncoder>,
    submitted: u64,
    taken: u64,
    ready: BTreeMap<u64, PageSet>,
}

struct Workers {
    jobs: Option<Sender<(u64, RowBatch)>>,
    done: Receiver<(u64, Result<PageSet>)>,
    threads: Vec<JoinHandle<()>>,
}

impl EncoderPool {
    pub(super) fn new(leaves: Vec<Leaf>, threads: usize) -> Self {
        Self {
            leaves,
            threads: threads.max(1),
            workers: None,
            inline: None,
            submitted: 0,
            taken: 0,
            ready: BTreeMap::new(),
        }
    }

    /// Whether so many batches are under way that the next one should wait for the oldest.
    pub(super) fn is_full(&self) -> bool {
        self.submitted - self.taken >= self.threads as u64 + 2
    }

    pub(super) fn submit(&mut self, rows: RowBatch) -> Result<()> {
        let number = self.submitted;
        self.submitted += 1;
        if self.threads == 1 {
            let encoder = match &mut self.inline {
                Some(encoder) => encoder,
                none => none.insert(PageEncoder::new(self.leaves.clone())?),
            };
            let pages = encoder.encode(&rows)?;
            self.ready.insert(number, pages);
            return Ok(());
        }
        let workers = match &mut self.workers {
            Some(workers) => workers,
            none => none.insert(Workers::start(&self.leaves, self.threads)?),
        };
        let jobs = workers.jobs.as_ref().ok_or_else(gone)?;
        jobs.send((number, rows)).map_err(|_| gone())
    }

    /// The pages of the next batch in order. With `wait` it is `None` only when nothing is under way.
    pub(super) fn take(&mut self, wait: bool) -> Result<Option<PageSet>> {
        while self.taken < self.submitted {
            if let Some(pages) = self.ready.remove(&self.taken) {
                self.taken += 1;
                return Ok(Some(pages));
            }
            let Some(workers) = &self.workers else { return Err(gone()) };
            let (number, pages) = if wait {
                workers.done.recv().map_err(|_| gone())?
            } else {
                match workers.done.try_recv() {
                    Ok(done) => done,
                    Err(_) => return Ok(None),
                }
            };
            self.ready.insert(number, pages?);
        }
        Ok(None)
    }
}

impl Workers {
    fn start(leaves: &[Leaf], threads: usize) -> Result<Self> {
        let (jobs, queue) = unbounded::<(u64, RowBatch)>();
        let (results, done) = unbounded();
        let mut workers = Workers { jobs: Some(jobs), done, threads: Vec::new() };
        for index in 0..threads {
            let (queue, results) = (queue.clone(), results.clone());
            let mut encoder = PageEncoder::new(leaves.to_vec())?;
            let work = move || {
                for (number, rows) in queue {
                    let encoded = catch_unwind(AssertUnwindSafe(|| encoder.encode(&rows)));
                    let encoded = encoded
                        .unwrap_or_else(|_| Err(Error::new(ErrorKind::Internal, "encoding a page panicked")));
                    if results.send((number, encoded)).is_err() {
                        return;
                    }
                }
            };
            let thread = std::thread::Builder::new()
                .name(format!("tooltrain-write-{index}"))
                .spawn(work)
                .map_err(|source| {
                    Error::new(ErrorKind::Internal, format!("cannot start a writing thread: {source}"))
                        .because(source)
                })?;
            workers.threads.push(thread);
        }
        Ok(workers)
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A panic was caught inside and reported with its batch.
            let _ = thread.join();
        }
    }
}

fn gone() -> Error {
    Error::new(ErrorKind::Internal, "the threads that encode pages are gone")
}
