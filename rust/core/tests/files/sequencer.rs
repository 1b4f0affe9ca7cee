use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tempfile::tempdir;
use tooltrain_core::read::{
    BlockSource, BlockStream, Event, LineBlock, MemoryShard, Plan, ReadLimits, ShardFiles, expand, sequencer,
};
use tooltrain_core::{Error, ErrorKind, Result};

use super::common::{fails, gzip, write};

static NEVER: AtomicBool = AtomicBool::new(false);

fn plan(threads: usize, budget_bytes: u64, block_bytes: u64) -> Plan {
    Plan { threads, budget_bytes, block_bytes }
}

/// Every line as "shard:line:offset:text", and shard ends, in the order of delivery.
fn digest(block: &LineBlock) -> Vec<String> {
    block
        .lines()
        .map(|line| format!("{}:{}:{}:{}", block.shard, line.number, line.offset, line.bytes.len()))
        .collect()
}

fn collect(source: &(impl BlockSource + ?Sized), plan: &Plan) -> Result<Vec<String>> {
    let mut all = Vec::new();
    sequencer::run(
        source,
        plan,
        &NEVER,
        || Ok(digest),
        |event| {
            match event {
                Event::Block { outcome, .. } => all.extend(outcome),
                Event::ShardEnd(end) => all.push(format!("end of {}", end.shard)),
                Event::Tick => {}
            }
            Ok(())
        },
    )?;
    Ok(all)
}

#[test]
fn order_depends_on_neither_threads_nor_block_size_nor_budget() {
    let root = tempdir().unwrap();
    for shard in 0..9 {
        let lines = [1, 400, 0, 7, 90, 3000, 2, 1, 55][shard];
        let line = |line: usize| {
            [
                "{\"n\": \"",
                &"x".repeat(line * 7 % 90),
                "\"}
",
            ]
            .concat()
        };
        let text: String = (0..lines).map(line).collect();
        let bytes = if shard % 2 == 0 { gzip(text.as_bytes()) } else { text.into_bytes() };
        write(&root.path().join(format!("{shard}.jsonl")), &bytes);
    }
    let shards = expand(&[root.path()]).unwrap();
    let mut expected = None;
    for threads in [1, 2, 3, 8] {
        for block_bytes in [1, 100, 5000, 1 << 20] {
            for budget in [1, 3 * block_bytes as u64, 64 << 20] {
                let limits = ReadLimits { block_bytes, max_line_bytes: 1 << 20 };
                let files = ShardFiles::new(&shards, limits, &NEVER);
                let got = collect(&files, &plan(threads, budget, block_bytes as u64)).unwrap();
                assert_eq!(got.iter().filter(|line| line.starts_with("end")).count(), 9);
                assert_eq!(
                    expected.get_or_insert_with(|| got.clone()),
                    &got,
                    "{threads} {block_bytes} {budget}"
                );
            }
        }
    }
    assert_eq!(expected.unwrap().len(), 1 + 400 + 7 + 90 + 3000 + 2 + 1 + 55 + 9);
}

/// Shards made on the fly, counting what is open and what is held.
struct Made {
    names: Vec<String>,
    blocks: u64,
    block_bytes: usize,
    open: AtomicUsize,
    most_open: AtomicUsize,
    issued: AtomicUsize,
    before_first: AtomicUsize,
    slow_first: bool,
}

impl Made {
    fn new(shards: usize, blocks: u64, block_bytes: usize) -> Self {
        Self {
            names: (0..shards).map(|shard| format!("made-{shard}")).collect(),
            blocks,
            block_bytes,
            open: AtomicUsize::new(0),
            most_open: AtomicUsize::new(0),
            issued: AtomicUsize::new(0),
            before_first: AtomicUsize::new(0),
            slow_first: false,
        }
    }
}

struct MadeStream<'a> {
    made: &'a Made,
    shard: u32,
    next: u64,
}

impl BlockSource for Made {
    fn shards(&self) -> usize {
        self.names.len()
    }

    fn name(&self, shard: u32) -> &str {
        &self.names[shard as usize]
    }

    fn open(&self, shard: u32) -> Result<Box<dyn BlockStream + '_>> {
        let open = self.open.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_open.fetch_max(open, Ordering::SeqCst);
        Ok(Box::new(MadeStream { made: self, shard, next: 0 }))
    }
}

impl Drop for MadeStream<'_> {
    fn drop(&mut self) {
        self.made.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl BlockStream for MadeStream<'_> {
    fn next_block(&mut self, _: Vec<u8>) -> Result<Option<LineBlock>> {
        if self.next == self.made.blocks {
            return Ok(None);
        }
        if self.made.slow_first && self.shard == 0 && self.next == 0 {
            std::thread::sleep(Duration::from_millis(300));
            self.made.before_first.store(self.made.issued.load(Ordering::SeqCst), Ordering::SeqCst);
        }
        self.made.issued.fetch_add(1, Ordering::SeqCst);
        let bytes = vec![b'x'; self.made.block_bytes];
        let block = LineBlock::from_lines(self.shard, self.next, self.next + 1, 0, bytes);
        self.next += 1;
        Ok(Some(block))
    }

    fn position(&self) -> u64 {
        self.next
    }
}

#[test]
fn ten_thousand_shards_are_not_ten_thousand_readers() {
    let made = Made::new(10_000, 1, 10);
    assert_eq!(collect(&made, &plan(4, 1 << 20, 10)).unwrap().len(), 20_000);
    assert!(made.most_open.load(Ordering::SeqCst) <= 6, "{:?}", made.most_open);
    assert_eq!(made.open.load(Ordering::SeqCst), 0);
}

#[test]
fn a_late_first_block_lets_the_others_fill_only_their_share() {
    let made = Made { slow_first: true, ..Made::new(20, 50, 1000) };
    let got = collect(&made, &plan(4, 20_000, 1000)).unwrap();
    assert_eq!(got.len(), 20 * 51);
    let before = made.before_first.load(Ordering::SeqCst);
    assert!(before <= 10, "{before} blocks were read before the first");
}

#[test]
fn blocks_larger_than_the_whole_budget_pass_one_by_one() {
    let made = Made::new(3, 4, 100_000);
    assert_eq!(collect(&made, &plan(3, 1000, 10)).unwrap().len(), 15);
}

#[test]
fn a_slow_consumer_holds_the_readers_back() {
    let made = Made::new(4, 100, 1000);
    let mut taken = 0;
    sequencer::run(
        &made,
        &plan(3, 10_000, 1000),
        &NEVER,
        || Ok(|_: &LineBlock| ()),
        |event| {
            if matches!(event, Event::Block { .. }) {
                taken += 1;
                if taken % 25 == 0 {
                    std::thread::sleep(Duration::from_millis(20));
                    let issued = made.issued.load(Ordering::SeqCst);
                    assert!(issued <= taken + 10 + 3, "{issued} issued, {taken} taken");
                }
            }
            Ok(())
        },
    )
    .unwrap();
    assert_eq!(taken, 400);
}

#[test]
fn a_panic_is_an_error_that_names_the_lines() {
    let made = Made::new(3, 20, 100);
    for threads in [1, 4] {
        let worker = |block: &LineBlock| assert!((block.shard, block.block) != (1, 7), "on purpose");
        let error =
            fails(sequencer::run(&made, &plan(threads, 1000, 100), &NEVER, || Ok(worker), |_| Ok(())));
        assert_eq!(error.kind(), ErrorKind::Internal);
        let message = error.to_string();
        assert!(message.contains("made-1") && message.contains("lines 8 to 8"), "{message}");
        assert!(message.contains("on purpose"), "{message}");
    }
    let start = || -> Result<fn(&LineBlock)> { panic!("at start") };
    let error = fails(sequencer::run(&made, &plan(2, 1000, 100), &NEVER, start, |_| Ok(())));
    assert!(error.to_string().contains("at start"), "{error}");
}

#[test]
fn a_panic_of_the_consumer_ends_the_workers() {
    let made = Made::new(3, 2000, 100);
    let run = || {
        sequencer::run(
            &made,
            &plan(3, 1000, 100),
            &NEVER,
            || Ok(|_: &LineBlock| ()),
            |event| match event {
                Event::Block { .. } => panic!("on purpose"),
                _ => Ok(()),
            },
        )
    };
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err());
    assert_eq!(made.open.load(Ordering::SeqCst), 0);
}

#[test]
fn the_first_error_in_order_wins() {
    let root = tempdir().unwrap();
    for shard in 0..6 {
        let text = format!("{{\"shard\": {shard}}}\n").repeat(3000);
        let mut bytes = gzip(text.as_bytes());
        if shard >= 3 {
            bytes.truncate(bytes.len() - 20);
        }
        write(&root.path().join(format!("{shard}.jsonl.gz")), &bytes);
    }
    let shards = expand(&[root.path()]).unwrap();
    for threads in [1, 2, 5] {
        let limits = ReadLimits { block_bytes: 1000, max_line_bytes: 1 << 20 };
        let files = ShardFiles::new(&shards, limits, &NEVER);
        let error = fails(collect(&files, &plan(threads, 1 << 20, 1000)));
        assert_eq!(error.kind(), ErrorKind::DamagedShard);
        assert!(error.to_string().contains("3.jsonl.gz"), "{error}");
    }
}

#[test]
fn an_error_of_the_consumer_or_of_a_worker_ends_the_run() {
    let made = Made::new(3, 1000, 100);
    let refuse = |_| Err(Error::new(ErrorKind::TooManyRejected, "enough"));
    let error = fails(sequencer::run(&made, &plan(2, 1000, 100), &NEVER, || Ok(|_: &LineBlock| ()), refuse));
    assert_eq!(error.kind(), ErrorKind::TooManyRejected);
    let no_worker = || -> Result<fn(&LineBlock)> { Err(Error::new(ErrorKind::Tokenizer, "none")) };
    let error = fails(sequencer::run(&made, &plan(2, 1000, 100), &NEVER, no_worker, |_| Ok(())));
    assert_eq!(error.kind(), ErrorKind::Tokenizer);
}

#[test]
fn canceling_answers_at_once_also_inside_a_decompression() {
    let root = tempdir().unwrap();
    // Millions of empty members: the decoder reads on and on without giving a byte of text.
    let path = write(&root.path().join("empty.jsonl.gz"), &gzip(b"").repeat(3_000_000));
    // A single line of 4 GiB, compressed a thousandfold and once more.
    let line = vec![b'x'; 16 << 20];
    let one = zstd::encode_all(&line[..], 1).unwrap();
    let bomb = write(&root.path().join("bomb.jsonl.zst"), &one.repeat(256));
    for path in [path, bomb] {
        let shards = expand(&[&path]).unwrap();
        let cancel = AtomicBool::new(false);
        let limits = ReadLimits { block_bytes: 1 << 20, max_line_bytes: 64 << 20 };
        let files = ShardFiles::new(&shards, limits, &cancel);
        let began = std::thread::scope(|scope| {
            let timer = scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(60));
                cancel.store(true, Ordering::SeqCst);
                Instant::now()
            });
            let run = sequencer::run(
                &files,
                &plan(2, 8 << 20, 1 << 20),
                &cancel,
                || Ok(|_: &LineBlock| ()),
                |_| Ok(()),
            );
            assert_eq!(fails(run).kind(), ErrorKind::Interrupted, "{}", path.display());
            timer.join().unwrap()
        });
        // A busy machine may be slow to give a thread its turn; the promise is 250 ms on one that is not.
        assert!(began.elapsed() < Duration::from_millis(600), "{:?}", began.elapsed());
    }
}

#[test]
fn ticks_come_while_nothing_else_does() {
    let made = Made { slow_first: true, ..Made::new(1, 1, 10) };
    let mut ticks = 0;
    sequencer::run(
        &made,
        &plan(1, 100, 10),
        &NEVER,
        || Ok(|_: &LineBlock| ()),
        |event| {
            ticks += usize::from(matches!(event, Event::Tick));
            Ok(())
        },
    )
    .unwrap();
    assert!((2..=7).contains(&ticks), "{ticks} ticks in 300 ms");
}

#[test]
fn records_of_memory_go_through_the_same_line() {
    let blocks = (0..50).map(|block: u64| {
        let records = [b"{}".as_slice(), b"{\n}", b"[]"];
        Ok(LineBlock::from_records(0, 0, 1 + block * 3, records))
    });
    let source = MemoryShard::new("frame", blocks);
    let got = collect(&source, &plan(3, 100, 4)).unwrap();
    assert_eq!(got.len(), 151);
    assert_eq!(got[149], "0:150:0:2");
    let failing =
        MemoryShard::new("frame", std::iter::once(Err(Error::new(ErrorKind::Read, "stream broke"))));
    assert_eq!(fails(collect(&failing, &plan(2, 100, 4))).kind(), ErrorKind::Read);
}
