//! Rows made from a seed, and outputs made from rows.

use std::path::Path;

use tooltrain_core::Result;
use tooltrain_core::options::{ColumnPreset, Columns, IfExists, Options};
use tooltrain_core::sample::{Row, Sample, Source, TrainedRun};
use tooltrain_core::write::{ColumnSet, Counts, Output, OutputSettings, Sealed, Target};

/// A small generator of numbers, the same on every machine.
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

pub(crate) fn sample(numbers: &mut Numbers, tokens: usize, line: i64, weights: &[f32]) -> Sample {
    let ids = (0..tokens).map(|_| numbers.below(151_643) as i32).collect();
    let mut trained = Vec::new();
    let mut at = 0_u32;
    while (at as usize) < tokens {
        let start = at + numbers.below(9) as u32;
        let end = start + 1 + numbers.below(7) as u32;
        if end as usize <= tokens {
            trained.push(TrainedRun {
                start,
                end,
                weight: weights[numbers.below(weights.len() as u64) as usize],
            });
        }
        at = end + 1;
    }
    let source = Source { shard: numbers.below(3) as i32, line, part: numbers.below(2) as i32 };
    Sample { ids, trained, source }
}

pub(crate) fn rows(seed: u64, count: usize, longest_sample: u64, weights: &[f32]) -> Vec<Row> {
    let mut numbers = Numbers::new(seed);
    let mut line = 0;
    (0..count)
        .map(|_| {
            let samples = (0..=numbers.below(4)).map(|_| {
                line += 1 + numbers.below(1 << 33) as i64;
                let tokens = 1 + numbers.below(longest_sample) as usize;
                sample(&mut numbers, tokens, line, weights)
            });
            Row { samples: samples.collect() }
        })
        .collect()
}

pub(crate) fn all_columns() -> Columns {
    Columns::Names(
        [
            "input_ids",
            "loss_mask",
            "labels",
            "attention_mask",
            "position_ids",
            "seq_lengths",
            "sources",
            "loss_weights",
        ]
        .map(String::from)
        .to_vec(),
    )
}

pub(crate) fn trl() -> Columns {
    Columns::Preset(ColumnPreset::Trl)
}

pub(crate) fn column_set(columns: Columns) -> ColumnSet {
    ColumnSet::from_options(&Options { columns, ..Options::default() }).unwrap()
}

pub(crate) fn settings(columns: Columns) -> OutputSettings {
    OutputSettings {
        columns: column_set(columns),
        row_group_bytes: 32 << 20,
        part_bytes: 512 << 20,
        threads: 2,
        if_exists: IfExists::Error,
    }
}

pub(crate) fn describe(counts: &Counts) -> String {
    format!("{{\"rows\": {}, \"tokens\": {}}}", counts.rows, counts.tokens)
}

pub(crate) fn seal(out: &Path, settings: OutputSettings, rows: &[Row]) -> Result<Sealed> {
    let target = Target::new(out.to_str().unwrap())?;
    let mut output = Output::create(&target, settings, Box::new(describe))?;
    for row in rows {
        output.write(row)?;
    }
    output.seal(describe)
}

pub(crate) fn publish(out: &Path, settings: OutputSettings, rows: &[Row]) -> Result<()> {
    seal(out, settings, rows)?.publish(None, b"{}\n")
}
