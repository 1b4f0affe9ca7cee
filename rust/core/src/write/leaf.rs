//! The Parquet leaves of each column: type, and the values of a batch of rows in it.

use arrow_buffer::ToByteSlice;

use super::columns::Column;
use super::levels::BitRuns;
use super::row_batch::RowBatch;

/// One leaf of the schema: a list of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaf {
    InputIds,
    LossMask,
    Labels,
    AttentionMask,
    PositionIds,
    SeqLengths,
    LossWeights,
    SourceShard,
    SourceLine,
    SourcePart,
}

/// How the values of a leaf stand in a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueForm {
    Int32,
    Int64,
    Float32,
    /// Positions in the dictionary [0, 1] of int8, as runs.
    Bits,
}

impl Leaf {
    pub(super) fn of(column: Column) -> &'static [Leaf] {
        match column {
            Column::InputIds => &[Leaf::InputIds],
            Column::LossMask => &[Leaf::LossMask],
            Column::Labels => &[Leaf::Labels],
            Column::AttentionMask => &[Leaf::AttentionMask],
            Column::PositionIds => &[Leaf::PositionIds],
            Column::SeqLengths => &[Leaf::SeqLengths],
            Column::LossWeights => &[Leaf::LossWeights],
            Column::Sources => &[Leaf::SourceShard, Leaf::SourceLine, Leaf::SourcePart],
        }
    }

    pub(super) fn form(self) -> ValueForm {
        match self {
            Leaf::LossMask | Leaf::AttentionMask => ValueForm::Bits,
            Leaf::LossWeights => ValueForm::Float32,
            Leaf::SourceLine => ValueForm::Int64,
            _ => ValueForm::Int32,
        }
    }

    /// End of each row's list in the values.
    pub(super) fn list_ends(self, rows: &RowBatch) -> &[i32] {
        match self {
            Leaf::SeqLengths | Leaf::SourceShard | Leaf::SourceLine | Leaf::SourcePart => &rows.sample_ends,
            _ => &rows.row_ends,
        }
    }

    /// Appends the values as a page holds them, and returns the smallest and the largest.
    pub(super) fn append_values(self, rows: &RowBatch, page: &mut Vec<u8>) -> (Bound, Bound) {
        let sources = &rows.sources;
        match self {
            Leaf::InputIds => int32(&rows.ids, page),
            Leaf::Labels => int32(&rows.labels(), page),
            Leaf::PositionIds => int32(&rows.position_ids(), page),
            Leaf::SeqLengths => int32(&rows.sample_lengths, page),
            Leaf::SourceShard => int32(&sources.iter().map(|source| source.shard).collect::<Vec<_>>(), page),
            Leaf::SourcePart => int32(&sources.iter().map(|source| source.part).collect::<Vec<_>>(), page),
            Leaf::SourceLine => int64(&sources.iter().map(|source| source.line).collect::<Vec<_>>(), page),
            Leaf::LossWeights => float32(&rows.loss_weights(), page),
            Leaf::AttentionMask => bits([(0, rows.tokens() as u32)], rows.tokens(), page),
            Leaf::LossMask => bits(rows.trained.iter().map(|run| (run.start, run.end)), rows.tokens(), page),
        }
    }
}

/// The smallest or largest value of a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bound {
    Int32(i32),
    Int64(i64),
    Float32(f32),
}

fn int32(values: &[i32], page: &mut Vec<u8>) -> (Bound, Bound) {
    page.extend_from_slice(values.to_byte_slice());
    let (least, most) = values
        .iter()
        .fold((i32::MAX, i32::MIN), |(least, most), value| (least.min(*value), most.max(*value)));
    (Bound::Int32(least), Bound::Int32(most))
}

fn int64(values: &[i64], page: &mut Vec<u8>) -> (Bound, Bound) {
    page.extend_from_slice(values.to_byte_slice());
    let (least, most) = values
        .iter()
        .fold((i64::MAX, i64::MIN), |(least, most), value| (least.min(*value), most.max(*value)));
    (Bound::Int64(least), Bound::Int64(most))
}

fn float32(values: &[f32], page: &mut Vec<u8>) -> (Bound, Bound) {
    page.extend_from_slice(values.to_byte_slice());
    let (least, most) = values.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(least, most), value| {
        (least.min(*value), most.max(*value))
    });
    (Bound::Float32(least), Bound::Float32(most))
}

/// `length` bits, 1 inside the runs: a bit width and the runs.
fn bits(runs: impl IntoIterator<Item = (u32, u32)>, length: usize, page: &mut Vec<u8>) -> (Bound, Bound) {
    let mut bits = BitRuns::default();
    let (mut at, mut ones) = (0, 0);
    for (start, end) in runs {
        bits.push(0, u64::from(start - at));
        bits.push(1, u64::from(end - start));
        ones += end - start;
        at = end;
    }
    bits.push(0, length as u64 - u64::from(at));
    page.push(1);
    page.extend_from_slice(&bits.finish());
    (Bound::Int32(i32::from(ones as usize == length)), Bound::Int32(i32::from(ones > 0)))
}
