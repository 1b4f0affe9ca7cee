//! Rows and speed of packing, on lengths alone: `cargo run --release --example packing_fill [FILE]`.
//!
//! Without a file it goes through three shapes of lengths at three row sizes, two million each. A
//! file holds one length a line; `max_length` may follow it.
#![allow(clippy::print_stdout, missing_docs, unreachable_pub)]

#[path = "../tests/lengths/mod.rs"]
mod lengths;

use lengths::{CAPACITIES, SHAPES, fewest_rows, lengths};
use tooltrain_core::cpu_time;
use tooltrain_core::pack::decreasing::best_fit_decreasing;
use tooltrain_core::pack::pool::Pool;
use tooltrain_core::pack::{POOL_CONVERSATIONS, POOL_PATIENCE, POOL_TOKENS};

/// Processor time of this thread.
fn seconds() -> f64 {
    cpu_time::of_this_thread().as_secs_f64()
}

/// Rows, the longest wait in arrivals, and the seconds it took.
fn pool_rows(lengths: &[u32], capacity: u32) -> (u64, u64, f64) {
    let mut pool = Pool::new(capacity, POOL_PATIENCE);
    let (mut rows, mut longest, mut tokens) = (0, 0, 0);
    let mut row = Vec::new();
    let mut length_of_slot = [0; POOL_CONVERSATIONS];
    let begin = seconds();
    let mut take = |pool: &mut Pool, tokens: &mut u64, length_of_slot: &[u32], arrivals: u64| {
        pool.take_row(&mut row);
        rows += 1;
        longest = longest.max(arrivals - pool.arrival(row[0]));
        *tokens -= row.iter().map(|&slot| u64::from(length_of_slot[slot as usize])).sum::<u64>();
    };
    for (arrivals, &length) in (1_u64..).zip(lengths) {
        let slot = pool.add(length);
        length_of_slot[slot as usize] = length;
        tokens += u64::from(length);
        while pool.len() >= POOL_CONVERSATIONS || tokens > POOL_TOKENS {
            take(&mut pool, &mut tokens, &length_of_slot, arrivals);
        }
    }
    while !pool.is_empty() {
        take(&mut pool, &mut tokens, &length_of_slot, lengths.len() as u64);
    }
    (rows, longest, seconds() - begin)
}

fn measure(name: &str, lengths: &[u32], capacity: u32) {
    let tokens: u64 = lengths.iter().map(|&length| u64::from(length)).sum();
    let percent = |rows: u64| 100.0 * tokens as f64 / (rows as f64 * f64::from(capacity));
    let fewest = fewest_rows(lengths, capacity);
    let begin = seconds();
    let offline = best_fit_decreasing(lengths, capacity).len() as u64;
    let offline_seconds = seconds() - begin;
    let (rows, longest_wait, seconds) = pool_rows(lengths, capacity);
    let millions = lengths.len() as f64 / 1e6;
    println!(
        "{name:<14} {capacity:>6} {:>8.4} {:>10.4} {:>8.1} {longest_wait:>7} {:>10.4} {:>10.4} {:>8.1}",
        percent(rows),
        100.0 * (rows - fewest) as f64 / fewest as f64,
        millions / seconds,
        percent(offline),
        100.0 * (offline - fewest) as f64 / fewest as f64,
        millions / offline_seconds,
    );
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (fill, over, speed) = ("fill %", "over min %", "M/s");
    println!("{:<21} {:-^36} {:-^30}", "", " best_fit ", " bfd ");
    println!(
        "{:<14} {:>6} {fill:>8} {over:>10} {speed:>8} {:>7} {fill:>10} {over:>10} {speed:>8}",
        "lengths", "rows", "wait"
    );
    let mut arguments = std::env::args().skip(1);
    if let Some(path) = arguments.next() {
        let capacity = arguments.next().map_or(Ok(8192), |text| text.parse())?;
        let every: Result<Vec<u32>, _> = std::fs::read_to_string(&path)?.lines().map(str::parse).collect();
        let fitting: Vec<u32> = every?.into_iter().filter(|&length| length <= capacity).collect();
        measure("file", &fitting, capacity);
        return Ok(());
    }
    for (name, shape) in SHAPES {
        for capacity in CAPACITIES {
            measure(name, &lengths(shape, capacity, 2_000_000), capacity);
        }
    }
    Ok(())
}
