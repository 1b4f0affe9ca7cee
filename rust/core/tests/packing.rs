//! Laws of packing: what every mode does to every stream of samples.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;

use proptest::prelude::*;
use tooltrain_core::options::{Options, Packing};
use tooltrain_core::pack::{POOL_CONVERSATIONS, POOL_PATIENCE, POOL_TOKENS, PackOptions, Packer};
use tooltrain_core::sample::{Row, Sample, Source, TrainedRun};
use tooltrain_core::{Error, ErrorKind};

const MODES: [Packing; 4] = [Packing::BestFit, Packing::Bfd, Packing::Wrapped, Packing::None];

fn options(packing: Packing, max_length: u32) -> PackOptions {
    PackOptions { packing, max_length, ..PackOptions::from(&Options::default()) }
}

/// A sample whose ids tell its number and the place of each token.
fn sample(number: usize, length: usize) -> Sample {
    let ids = (0..length).map(|place| (number * 131 + place) as i32).collect();
    let third = length as u32 / 3;
    let mut trained = Vec::new();
    if third > 0 {
        trained.push(TrainedRun { start: third, end: 2 * third, weight: 1.0 });
    }
    trained.push(TrainedRun { start: 2 * third, end: length as u32, weight: 0.5 });
    Sample { ids, trained, source: Source { shard: 3, line: number as i64 + 1, part: 0 } }
}

fn pack(samples: Vec<Sample>, options: PackOptions) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut packer = Packer::new(options).unwrap();
    let mut sink = |row| {
        rows.push(row);
        Ok(())
    };
    for sample in samples {
        packer.push(sample, &mut sink).unwrap();
    }
    packer.finish(&mut sink).unwrap();
    rows
}

fn padded(row: &Row, multiple: u32) -> usize {
    row.samples.iter().map(|sample| sample.ids.len().next_multiple_of(multiple as usize)).sum()
}

/// Weight of each token, 0 where it is not trained.
fn weights(sample: &Sample) -> Vec<f32> {
    let mut weights = vec![0.0; sample.ids.len()];
    for run in &sample.trained {
        weights[run.start as usize..run.end as usize].fill(run.weight);
    }
    weights
}

/// Ids, sources and weights of rows, token by token.
fn stream<'a>(samples: impl IntoIterator<Item = &'a Sample>) -> Vec<(i32, Source, f32)> {
    let tokens = samples.into_iter().flat_map(|sample| {
        sample.ids.iter().zip(weights(sample)).map(|(&id, weight)| (id, sample.source, weight))
    });
    tokens.collect()
}

fn lengths() -> impl Strategy<Value = Vec<u32>> {
    let any_length = prop::collection::vec(any::<u32>(), 0..400);
    let few_lengths = prop::collection::vec(0_u32..7, 0..400);
    prop_oneof![any_length, few_lengths]
}

fn shape() -> impl Strategy<Value = (u32, u32)> {
    (1_u32..9, 1_u32..60).prop_map(|(multiple, units)| (multiple * units, multiple))
}

proptest! {
    #[test]
    fn every_sample_leaves_exactly_once_and_whole(
        (max_length, multiple) in shape(), numbers in lengths(), shuffle in 0_u32..9, seed in any::<u64>(),
    ) {
        for packing in [Packing::BestFit, Packing::Bfd, Packing::None] {
            let samples: Vec<Sample> =
                numbers.iter().enumerate().map(|(n, l)| sample(n, (1 + l % max_length) as usize)).collect();
            let options =
                PackOptions { sample_multiple: multiple, shuffle_window: shuffle, seed, ..options(packing, max_length) };
            let rows = pack(samples.clone(), options);
            for row in &rows {
                prop_assert!(!row.is_empty());
                prop_assert!(row.samples.is_sorted_by_key(|sample| sample.source));
                prop_assert!(padded(row, multiple) <= max_length as usize);
                prop_assert!(packing != Packing::None || row.samples.len() == 1);
            }
            let mut packed: Vec<Sample> = rows.into_iter().flat_map(|row| row.samples).collect();
            packed.sort_by_key(|sample| sample.source);
            prop_assert_eq!(packed, samples);
        }
    }

    #[test]
    fn wrapped_rows_say_the_stream_again(
        (max_length, multiple) in shape(), numbers in prop::collection::vec(1_usize..300, 0..60),
    ) {
        let samples: Vec<Sample> = numbers.iter().enumerate().map(|(n, &l)| sample(n, l)).collect();
        let options = PackOptions { sample_multiple: multiple, ..options(Packing::Wrapped, max_length) };
        let rows = pack(samples.clone(), options);
        for (place, row) in rows.iter().enumerate() {
            let filled = padded(row, multiple);
            prop_assert!(filled == max_length as usize || (place + 1 == rows.len() && filled < max_length as usize));
            prop_assert!(row.samples.iter().all(|piece| !piece.ids.is_empty()));
            for piece in &row.samples {
                prop_assert!(piece.trained.iter().all(|run| run.start < run.end));
            }
        }
        prop_assert_eq!(stream(rows.iter().flat_map(|row| &row.samples)), stream(&samples));
    }

    #[test]
    fn rows_depend_on_the_samples_alone(numbers in lengths(), window in 0_u32..20) {
        for packing in MODES {
            let samples: Vec<Sample> =
                numbers.iter().enumerate().map(|(n, l)| sample(n, (1 + l % 50) as usize)).collect();
            let options = PackOptions { shuffle_window: window, ..options(packing, 64) };
            prop_assert_eq!(pack(samples.clone(), options), pack(samples, options));
        }
    }

    #[test]
    fn a_shuffle_keeps_the_rows_and_sends_none_out_early(count in 0_usize..200, window in 2_u32..40, seed in any::<u64>()) {
        let samples: Vec<Sample> = (0..count).map(|number| sample(number, 4)).collect();
        let plain = options(Packing::None, 4);
        let rows = pack(samples, PackOptions { shuffle_window: window, seed, ..plain });
        let order: Vec<i64> = rows.iter().map(|row| row.samples[0].source.line - 1).collect();
        for (place, &line) in order.iter().enumerate() {
            prop_assert!(line <= place as i64 + i64::from(window));
        }
        let mut sorted = order;
        sorted.sort_unstable();
        prop_assert_eq!(sorted, (0..count as i64).collect::<Vec<_>>());
    }
}

#[test]
fn a_shuffle_is_the_same_everywhere_and_another_with_another_seed() {
    let order = |seed| -> Vec<i64> {
        let samples = (0..12).map(|number| sample(number, 4)).collect();
        let options = PackOptions { shuffle_window: 4, seed, ..options(Packing::None, 4) };
        pack(samples, options).iter().map(|row| row.samples[0].source.line).collect()
    };
    assert_eq!(order(0), [4, 2, 1, 5, 7, 6, 9, 8, 10, 12, 3, 11]);
    assert_ne!(order(0), order(1));
}

#[test]
fn wrapped_cuts_ids_and_mask_at_the_same_place() {
    let long = Sample {
        ids: (0..10).collect(),
        trained: vec![
            TrainedRun { start: 2, end: 6, weight: 1.0 },
            TrainedRun { start: 6, end: 7, weight: 0.25 },
            TrainedRun { start: 9, end: 10, weight: 1.0 },
        ],
        source: Source { shard: 1, line: 7, part: 2 },
    };
    let rows = pack(vec![long.clone()], options(Packing::Wrapped, 4));
    let piece = |ids: std::ops::Range<i32>, trained: &[(u32, u32, f32)]| Sample {
        ids: ids.collect(),
        trained: trained.iter().map(|&(start, end, weight)| TrainedRun { start, end, weight }).collect(),
        source: long.source,
    };
    let pieces: Vec<Sample> = rows.into_iter().flat_map(|row| row.samples).collect();
    assert_eq!(
        pieces,
        [
            piece(0..4, &[(2, 4, 1.0)]),
            piece(4..8, &[(0, 2, 1.0), (2, 3, 0.25)]),
            piece(8..10, &[(1, 2, 1.0)]),
        ]
    );
}

/// Lengths such that the pool prefers everything else to the first sample: long rows of their own.
#[test]
fn nothing_waits_longer_than_the_pool_is_patient() {
    let crowd = 3 * POOL_PATIENCE as usize;
    let mut samples = vec![sample(0, 1)];
    samples.extend((1..crowd).map(|number| sample(number, 8)));
    let mut left_at = None;
    let mut packer = Packer::new(options(Packing::BestFit, 8)).unwrap();
    for (arrived, sample) in (1_u64..).zip(samples) {
        packer
            .push(sample, &mut |row: Row| {
                if row.samples.iter().any(|sample| sample.source.line == 1) {
                    left_at = Some(arrived);
                }
                Ok(())
            })
            .unwrap();
    }
    assert_eq!(left_at, Some(POOL_PATIENCE + 1));
}

#[test]
fn waits_stay_bounded_on_mixed_lengths() {
    let mut random = 9_u64;
    let mut next = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize
    };
    let mut arrivals: HashMap<i64, u64> = HashMap::new();
    let mut longest = 0;
    let mut packer = Packer::new(options(Packing::BestFit, 256)).unwrap();
    for number in 0..60_000 {
        let length = if next() % 4 == 0 { 1 + next() % 256 } else { 1 + next() % 40 };
        arrivals.insert(number as i64 + 1, number as u64);
        packer
            .push(sample(number, length), &mut |row: Row| {
                for sample in &row.samples {
                    longest = longest.max(number as u64 - arrivals[&sample.source.line]);
                }
                Ok(())
            })
            .unwrap();
        assert!(packer.waiting_tokens() <= 256 * POOL_CONVERSATIONS as u64);
    }
    assert!(longest <= POOL_PATIENCE + POOL_PATIENCE / 8, "a conversation waited for {longest} arrivals");
}

#[test]
fn few_long_samples_keep_to_the_token_bound() {
    let length = 300_000;
    let mut packer = Packer::new(options(Packing::BestFit, 1 << 20)).unwrap();
    let mut rows = 0;
    for number in 0..60 {
        packer
            .push(sample(number, length), &mut |row: Row| {
                rows += 1;
                assert_eq!(row.len(), 3 * length);
                Ok(())
            })
            .unwrap();
        assert!(packer.waiting_tokens() <= POOL_TOKENS);
    }
    assert!(rows >= 10);
}

#[test]
fn rows_at_the_end_keep_the_order_of_arrival() {
    for packing in [Packing::BestFit, Packing::Bfd] {
        let samples: Vec<Sample> = (0..500).map(|number| sample(number, 1 + (number * 37) % 90)).collect();
        let rows = pack(samples, options(packing, 100));
        assert!(rows.is_sorted_by_key(|row| row.samples[0].source));
    }
}

#[test]
fn options_that_no_row_can_follow_are_refused() {
    for (max_length, sample_multiple) in [(0, 1), (8, 0), (10, 4), (4, 8), (u32::MAX, 1)] {
        let options = PackOptions { sample_multiple, ..options(Packing::BestFit, max_length) };
        assert_eq!(Packer::new(options).unwrap_err().kind(), ErrorKind::Options);
    }
}

#[test]
fn samples_that_fit_no_row_are_a_defect_and_named() {
    for packing in MODES {
        let mut packer = Packer::new(options(packing, 8)).unwrap();
        let mut sink = |_: Row| Ok(());
        let empty = packer.push(Sample::default(), &mut sink).unwrap_err();
        assert_eq!(empty.kind(), ErrorKind::Internal);
        let long = packer.push(sample(4, 9), &mut sink);
        if packing == Packing::Wrapped {
            long.unwrap();
        } else {
            let error = long.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Internal);
            assert!(error.to_string().starts_with("shard 3, line 5, part 0"), "{error}");
        }
    }
}

#[test]
fn an_error_of_the_sink_ends_the_call() {
    for packing in MODES {
        for shuffle_window in [0, 3] {
            let options = PackOptions { shuffle_window, ..options(packing, 8) };
            let mut packer = Packer::new(options).unwrap();
            let mut sink = |_: Row| Err(Error::new(ErrorKind::Write, "no room"));
            let pushed = (0..5).try_for_each(|number| packer.push(sample(number, 8), &mut sink));
            let ended = pushed.and_then(|()| packer.finish(&mut sink)).unwrap_err();
            assert_eq!(ended.kind(), ErrorKind::Write);
        }
    }
}
