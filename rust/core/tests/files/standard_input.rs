use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tooltrain_core::read::{Event, LineBlock, Plan, ReadLimits, ShardFiles, expand, sequencer};

use super::common::{gzip, zstd_checked};

const CHILD: &str = "TOOLTRAIN_TEST_CHILD_READS";

/// Not a test of its own: reads standard input in a process of its own.
#[test]
#[ignore = "run by other tests"]
#[allow(clippy::print_stdout)]
fn child_that_reads_standard_input() {
    let Ok(patience) = std::env::var(CHILD) else { return };
    let cancel = AtomicBool::new(false);
    let shards = expand(&["-"]).unwrap();
    let limits = ReadLimits { block_bytes: 1000, max_line_bytes: 1 << 20 };
    let files = ShardFiles::new(&shards, limits, &cancel);
    let plan = Plan { threads: 2, budget_bytes: 1 << 20, block_bytes: 1000 };
    let began = Instant::now();
    let mut lines = Vec::new();
    let worker = |block: &LineBlock| block.lines().map(|line| line.number).collect::<Vec<_>>();
    let run = sequencer::run(
        &files,
        &plan,
        &cancel,
        || Ok(worker),
        |event| {
            if let Event::Block { outcome, .. } = event {
                lines.extend(outcome);
            }
            if began.elapsed() > Duration::from_millis(patience.parse().unwrap()) {
                cancel.store(true, Ordering::SeqCst);
            }
            Ok(())
        },
    );
    let in_order = lines.iter().copied().eq(1..=lines.len() as u64);
    println!("{:?} after {} lines, in order: {in_order}", run.map_err(|error| error.kind()), lines.len());
}

fn child(patience_ms: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "files::standard_input::child_that_reads_standard_input",
            "--ignored",
            "--nocapture",
        ])
        .env(CHILD, patience_ms.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn standard_input_is_read_whatever_its_compression() {
    let text = "{\"a\": 1}\r\n".repeat(5000).into_bytes();
    for bytes in
        [text.clone(), gzip(&text), zstd_checked(&text), [gzip(&text[..5000]), gzip(&text[5000..])].concat()]
    {
        let mut run = child(60_000);
        let mut input = run.stdin.take().unwrap();
        for chunk in bytes.chunks(7000) {
            input.write_all(chunk).unwrap();
        }
        drop(input);
        let said = String::from_utf8(run.wait_with_output().unwrap().stdout).unwrap();
        assert!(said.contains("Ok(()) after 5000 lines, in order: true"), "{said}");
    }
}

#[test]
fn a_truncated_pipe_is_damage() {
    let mut run = child(60_000);
    let bytes = gzip(&"{\"a\": 1}\n".repeat(5000).into_bytes());
    run.stdin.take().unwrap().write_all(&bytes[..bytes.len() / 2]).unwrap();
    let said = String::from_utf8(run.wait_with_output().unwrap().stdout).unwrap();
    assert!(said.contains("Err(DamagedShard)"), "{said}");
}

#[test]
fn a_silent_pipe_does_not_hold_a_canceled_run() {
    let mut run = child(300);
    let mut input = run.stdin.take().unwrap();
    input.write_all(b"{\"a\": 1}\n{\"b\"").unwrap();
    input.flush().unwrap();
    let began = Instant::now();
    let said = String::from_utf8(run.wait_with_output().unwrap().stdout).unwrap();
    assert!(said.contains("Err(Interrupted)"), "{said}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    drop(input);
}
