//! How full rows are, on lengths like those of real sets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub)]

mod lengths;

use lengths::{CAPACITIES, SHAPES, fewest_rows, lengths};
use tooltrain_core::options::{Options, Packing};
use tooltrain_core::pack::decreasing::best_fit_decreasing;
use tooltrain_core::pack::pool::Pool;
use tooltrain_core::pack::{POOL_CONVERSATIONS, POOL_PATIENCE, PackOptions, Packer};
use tooltrain_core::sample::{Row, Sample};

/// Rows that the pool makes of `lengths`, and the longest wait in arrivals.
fn pool_rows(lengths: &[u32], capacity: u32) -> (u64, u64) {
    let mut pool = Pool::new(capacity, POOL_PATIENCE);
    let (mut rows, mut longest) = (0, 0);
    let mut row = Vec::new();
    for (arrival, &length) in (1_u64..).zip(lengths) {
        pool.add(length);
        while pool.len() >= POOL_CONVERSATIONS {
            pool.take_row(&mut row);
            rows += 1;
            longest = longest.max(arrival - pool.arrival(row[0]));
        }
    }
    while !pool.is_empty() {
        pool.take_row(&mut row);
        rows += 1;
    }
    (rows, longest)
}

#[test]
fn the_pool_is_as_good_as_seeing_everything() {
    for (name, shape) in SHAPES {
        for capacity in CAPACITIES {
            let lengths = lengths(shape, capacity, 200_000);
            let fewest = fewest_rows(&lengths, capacity);
            let offline = best_fit_decreasing(&lengths, capacity).len() as u64;
            let (rows, longest_wait) = pool_rows(&lengths, capacity);
            let cell = format!("{name} at {capacity}: {rows} rows, bound {fewest}, offline {offline}");
            assert!(offline >= fewest && rows >= fewest, "{cell}");
            assert!(rows as f64 <= 1.001 * offline as f64 + 2.0, "{cell}");
            let end_of_stream = POOL_CONVERSATIONS as f64 / 16.0;
            assert!(rows as f64 <= 1.0006 * fewest as f64 + end_of_stream, "{cell}");
            assert!(longest_wait <= 2 * POOL_PATIENCE, "{cell}, waited {longest_wait}");
        }
    }
}

#[test]
fn the_packer_makes_the_rows_that_the_pool_plans() {
    let (capacity, count) = (8192, 6000);
    let lengths = lengths(SHAPES[2].1, capacity, count);
    for (packing, expected) in [
        (Packing::BestFit, pool_rows(&lengths, capacity).0),
        (Packing::Bfd, best_fit_decreasing(&lengths, capacity).len() as u64),
    ] {
        let options = PackOptions { packing, max_length: capacity, ..PackOptions::from(&Options::default()) };
        let mut packer = Packer::new(options).unwrap();
        let mut rows = 0;
        let mut sink = |_: Row| {
            rows += 1;
            Ok(())
        };
        for &length in &lengths {
            let sample = Sample { ids: vec![1; length as usize], ..Sample::default() };
            packer.push(sample, &mut sink).unwrap();
        }
        packer.finish(&mut sink).unwrap();
        assert_eq!(rows, expected);
    }
}

#[test]
fn the_bound_is_right_where_the_best_is_known() {
    assert_eq!(fewest_rows(&[], 10), 0);
    assert_eq!(fewest_rows(&[10, 10, 1], 10), 3);
    assert_eq!(fewest_rows(&[6, 6, 6, 4, 4, 4], 10), 3);
    assert_eq!(fewest_rows(&[6, 6, 5, 5, 5], 10), 4);
    assert_eq!(fewest_rows(&[9, 9, 2, 2], 10), 3);
}
