//! One long stream, cut wherever a row is full.

use crate::error::Result;
use crate::sample::{Row, Sample, TrainedRun};

/// The row that is being filled. Lengths are counted in units of `multiple` tokens, rounded up for
/// each piece.
#[derive(Debug)]
pub(super) struct Wrapped {
    capacity: u32,
    multiple: u32,
    free: u32,
    row: Row,
}

impl Wrapped {
    pub(super) fn new(capacity: u32, multiple: u32) -> Self {
        Self { capacity, multiple, free: capacity, row: Row::default() }
    }

    pub(super) fn waiting_tokens(&self) -> u64 {
        self.row.len() as u64
    }

    /// Appends `sample`. One that fits whole is moved, only one that is cut is copied.
    pub(super) fn push(&mut self, sample: Sample, sink: &mut impl FnMut(Row) -> Result<()>) -> Result<()> {
        let total = sample.ids.len();
        if total <= self.space() {
            return self.place(sample, sink);
        }
        let mut start = 0;
        while start < total {
            let end = total.min(start + self.space());
            self.place(piece(&sample, start, end), sink)?;
            start = end;
        }
        Ok(())
    }

    pub(super) fn finish(mut self, sink: &mut impl FnMut(Row) -> Result<()>) -> Result<()> {
        if self.row.samples.is_empty() { Ok(()) } else { self.emit(sink) }
    }

    /// Tokens that the row can still take.
    fn space(&self) -> usize {
        self.free as usize * self.multiple as usize
    }

    fn place(&mut self, piece: Sample, sink: &mut impl FnMut(Row) -> Result<()>) -> Result<()> {
        self.free -= piece.ids.len().div_ceil(self.multiple as usize) as u32;
        self.row.samples.push(piece);
        if self.free == 0 { self.emit(sink) } else { Ok(()) }
    }

    fn emit(&mut self, sink: &mut impl FnMut(Row) -> Result<()>) -> Result<()> {
        self.free = self.capacity;
        sink(std::mem::take(&mut self.row))
    }
}

/// The tokens from `start` to `end` as a sample of their own.
fn piece(sample: &Sample, start: usize, end: usize) -> Sample {
    let (from, to) = (start as u32, end as u32);
    let trained = sample
        .trained
        .iter()
        .filter(|run| run.start < to && run.end > from)
        .map(|run| TrainedRun {
            start: run.start.max(from) - from,
            end: run.end.min(to) - from,
            weight: run.weight,
        })
        .collect();
    Sample { ids: sample.ids[start..end].to_vec(), trained, source: sample.source }
}
