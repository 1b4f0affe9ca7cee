//! Reads shards on a few threads and gives the outcomes back in (shard, block) order.
//!
//! There is no reader thread. A worker that is free takes the reader of the first shard that may be
//! read, reads one block with it, puts it back, and works on the block. So decompression runs on all
//! threads, a block is worked on where it is warm, and two cores are as well used as sixty.
//!
//! Blocks are issued against a budget of bytes, from the moment they are read until the consumer
//! takes their outcome. The block that the consumer waits for may always be read, whatever the
//! budget says: a late first block or a block larger than the whole budget cannot stop the run.
//! Shards behind the first unfinished one are read ahead only a little, each within its own share of
//! half the budget, so that they never take the room of the shard that everybody waits for.

mod plan;
mod state;

use std::any::Any;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub use plan::Plan;
use state::{Claim, Delivery, State};

use super::block::LineBlock;
use super::damage::interrupted;
use super::source::{BlockSource, BlockStream};
use crate::cpu_time::measured;
use crate::error::{Error, ErrorKind, Result};

/// How often the consumer hears of the time passing.
const TICK: Duration = Duration::from_millis(50);

const WORKER_STACK_BYTES: usize = 8 << 20;

/// What the consumer is told, in order.
#[derive(Debug)]
pub enum Event<T> {
    /// The outcome of one block.
    Block {
        /// Position of the shard.
        shard: u32,
        /// Bytes of text in the block, too long lines left out.
        text_bytes: u64,
        /// Bytes of the shard's file that were read when the block was cut.
        file_bytes: u64,
        /// What the worker made of it.
        outcome: T,
    },
    /// All blocks of a shard were delivered.
    ShardEnd(ShardEnd),
    /// About 50 ms went by: the place to look at signals and to print progress.
    Tick,
}

/// What reading a shard came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardEnd {
    /// Position of the shard.
    pub shard: u32,
    /// Its blocks.
    pub blocks: u64,
    /// Bytes of its file.
    pub file_bytes: u64,
    /// Processor time of reading and decompressing it.
    pub read_time: Duration,
}

/// Reads all of `source`, runs a worker over each block, and calls `consume` on the calling thread
/// with the outcomes in (shard, block) order.
///
/// Each thread makes its own worker, so that a worker may hold caches without locks. The threads
/// belong to this call and end with it. The first error in (shard, block) order ends the run,
/// whatever was read ahead; so does an error of `consume`, a worker that cannot be made, a panic
/// (as [`ErrorKind::Internal`] with the shard and its lines), and a set `cancel`.
pub fn run<S, W, T>(
    source: &S,
    plan: &Plan,
    cancel: &AtomicBool,
    make_worker: impl Fn() -> Result<W> + Sync,
    mut consume: impl FnMut(Event<T>) -> Result<()>,
) -> Result<()>
where
    S: BlockSource + ?Sized,
    W: FnMut(&LineBlock) -> T,
    T: Send,
{
    run_until(source, plan, cancel, make_worker, |event| consume(event).map(ControlFlow::Continue))
}

/// The same, but `consume` may also stop the run before its end; what was read ahead is then left.
pub fn run_until<S, W, T>(
    source: &S,
    plan: &Plan,
    cancel: &AtomicBool,
    make_worker: impl Fn() -> Result<W> + Sync,
    mut consume: impl FnMut(Event<T>) -> Result<ControlFlow<()>>,
) -> Result<()>
where
    S: BlockSource + ?Sized,
    W: FnMut(&LineBlock) -> T,
    T: Send,
{
    let shared = Shared {
        source,
        plan: *plan,
        cancel,
        state: Mutex::new(State::new(source.shards())),
        work: Condvar::new(),
        delivery: Condvar::new(),
    };
    std::thread::scope(|scope| {
        // Whatever ends this closure, a panic of the consumer too, must let the workers go first.
        let _stop = StopOnDrop(&shared);
        for index in 0..plan.threads.max(1) {
            let work = || shared.work(&make_worker);
            std::thread::Builder::new()
                .name(format!("tooltrain-{index}"))
                .stack_size(WORKER_STACK_BYTES)
                .spawn_scoped(scope, work)
                .map_err(|source| {
                    Error::new(ErrorKind::Internal, format!("cannot start worker thread {index}: {source}"))
                        .hint("lower threads, or raise the limit on processes")
                        .because(source)
                })?;
        }
        shared.deliver(&mut consume)
    })
}

struct Shared<'s, S: ?Sized, T> {
    source: &'s S,
    plan: Plan,
    cancel: &'s AtomicBool,
    state: Mutex<State<'s, T>>,
    /// Something to read may have become free, or the run stops.
    work: Condvar,
    /// The awaited outcome may be there.
    delivery: Condvar,
}

/// What the consumer's wait came to.
enum Awaited<T> {
    Event(Result<Event<T>>),
    TimePassed,
    End,
}

impl<'s, S, T> Shared<'s, S, T>
where
    S: BlockSource + ?Sized,
    T: Send,
{
    fn lock(&self) -> MutexGuard<'_, State<'s, T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The life of one worker thread.
    fn work<W: FnMut(&LineBlock) -> T>(&self, make_worker: &(impl Fn() -> Result<W> + Sync)) {
        let made = catch_unwind(AssertUnwindSafe(make_worker)).unwrap_or_else(|panic| {
            Err(Error::new(
                ErrorKind::Internal,
                format!("a worker panicked at its start: {}", panic_text(&*panic)),
            ))
        });
        let mut worker = match made {
            Ok(worker) => worker,
            Err(error) => {
                self.lock().failed.get_or_insert(error);
                self.delivery.notify_all();
                return;
            }
        };
        let mut buffer = Vec::new();
        while let Some(claim) = self.next_claim() {
            let key = (claim.shard, claim.block);
            let Some((mut block, file_bytes, held)) = self.read(claim, std::mem::take(&mut buffer)) else {
                continue;
            };
            let outcome = catch_unwind(AssertUnwindSafe(|| worker(&block)));
            let event = outcome
                .map(|outcome| Event::Block {
                    shard: key.0,
                    text_bytes: block.bytes.len() as u64,
                    file_bytes,
                    outcome,
                })
                .map_err(|panic| self.panicked(&block, &*panic));
            buffer = std::mem::take(&mut block.bytes);
            self.put(key, Delivery { held, event });
        }
    }

    fn next_claim(&self) -> Option<Claim<'s>> {
        let mut state = self.lock();
        loop {
            if state.stop || self.cancel.load(Ordering::Relaxed) || state.all_read() {
                return None;
            }
            if let Some(claim) = state.claim(&self.plan) {
                return Some(claim);
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Reads the claimed block and gives the shard back. At the end of the shard, and when reading
    /// fails, it leaves that for the consumer instead.
    fn read(&self, claim: Claim<'s>, buffer: Vec<u8>) -> Option<(LineBlock, u64, u64)> {
        let Claim { shard, block: number, mut stream } = claim;
        let read = || {
            let mut opened = match stream.take() {
                Some(stream) => stream,
                None => self.source.open(shard)?,
            };
            let block = opened.next_block(buffer)?;
            let file_bytes = opened.position();
            Ok((block, file_bytes, opened))
        };
        let (read, time) = measured(|| catch_unwind(AssertUnwindSafe(read)));
        let read = read.unwrap_or_else(|panic| {
            let name = self.source.name(shard);
            let text = panic_text(&*panic);
            Err(Error::new(ErrorKind::Internal, format!("{name}: reading block {number} panicked: {text}")))
        });
        let reserved = self.plan.block_bytes;
        let mut state = self.lock();
        let open = state.open_shard(shard)?;
        open.busy = false;
        open.read_time += time;
        let kept = match read {
            Ok((Some(block), file_bytes, stream)) => {
                let held = (block.bytes.capacity() as u64).max(1);
                open.stream = Some(stream);
                open.next_block += 1;
                open.held = open.held - reserved + held;
                state.held = state.held - reserved + held;
                Some((block, file_bytes, held))
            }
            ended => {
                open.exhausted = true;
                let read_time = open.read_time;
                let event = ended.map(|(_, file_bytes, _)| {
                    Event::ShardEnd(ShardEnd { shard, blocks: number, file_bytes, read_time })
                });
                state.waiting.insert((shard, number), Delivery { held: reserved, event });
                self.delivery.notify_one();
                None
            }
        };
        drop(state);
        self.work.notify_all();
        kept
    }

    fn put(&self, key: (u32, u64), delivery: Delivery<T>) {
        let mut state = self.lock();
        state.waiting.insert(key, delivery);
        if state.awaited == key {
            self.delivery.notify_one();
        }
    }

    fn panicked(&self, block: &LineBlock, panic: &(dyn Any + Send)) -> Error {
        let name = self.source.name(block.shard);
        let (first, last) = (block.first_line, block.last_line());
        Error::new(
            ErrorKind::Internal,
            format!("{name}: a worker panicked in lines {first} to {last}: {}", panic_text(panic)),
        )
        .hint("this is a defect of the library; please report it with the lines")
    }

    /// The life of the consumer.
    fn deliver(&self, consume: &mut impl FnMut(Event<T>) -> Result<ControlFlow<()>>) -> Result<()> {
        let mut ticked = Instant::now();
        loop {
            if ticked.elapsed() >= TICK {
                if consume(Event::Tick)?.is_break() {
                    return Ok(());
                }
                ticked = Instant::now();
            }
            match self.await_event(ticked)? {
                Awaited::Event(event) => {
                    self.work.notify_all();
                    if consume(event?)?.is_break() {
                        return Ok(());
                    }
                }
                Awaited::TimePassed => {}
                Awaited::End => return Ok(()),
            }
        }
    }

    /// Waits for the next event until the next tick is due.
    fn await_event(&self, ticked: Instant) -> Result<Awaited<T>> {
        let mut state = self.lock();
        loop {
            if self.cancel.load(Ordering::Relaxed) {
                return Err(interrupted());
            }
            if let Some(error) = state.failed.take() {
                return Err(error);
            }
            if state.awaited.0 == state.shards {
                return Ok(Awaited::End);
            }
            if let Some(event) = state.take_awaited() {
                return Ok(Awaited::Event(event));
            }
            let Some(left) = TICK.checked_sub(ticked.elapsed()) else { return Ok(Awaited::TimePassed) };
            state = self.delivery.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Lets all workers end when the consumer is gone.
struct StopOnDrop<'a, 's, S: ?Sized, T>(&'a Shared<'s, S, T>);

impl<S: ?Sized, T> Drop for StopOnDrop<'_, '_, S, T> {
    fn drop(&mut self) {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).stop = true;
        self.0.work.notify_all();
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
