//! Rows, of whatever container, as blocks of records.

use super::super::block::{LineBlock, OversizedLine, RecordSpan, RowNote};
use super::super::shard_files::ReadLimits;
use crate::error::Result;

/// How far the rows of a shard are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) shard: u32,
    pub(super) limits: ReadLimits,
    pub(super) next_block: u64,
    /// Number of the next row, 1 for the first.
    pub(super) next_record: u64,
    /// Bytes of the text that rows became.
    pub(super) text_bytes: u64,
}

impl Place {
    /// The beginning of a shard.
    pub(super) fn start(shard: u32, limits: ReadLimits) -> Self {
        Self { shard, limits, next_block: 0, next_record: 1, text_bytes: 0 }
    }
}

/// Rows that are read one after the other.
pub(super) trait Rows {
    /// How far they are read.
    fn place(&mut self) -> &mut Place;

    /// Adds the next row, whose number the place has; false where there is none.
    fn add_row(&mut self, filling: &mut Filling) -> Result<bool>;
}

/// The next block of rows; none at their end.
pub(super) fn next_block(rows: &mut impl Rows, buffer: Vec<u8>) -> Result<Option<LineBlock>> {
    let mut filling = Filling::new(buffer, rows.place());
    let block_bytes = rows.place().limits.block_bytes;
    while filling.bytes() < block_bytes && rows.add_row(&mut filling)? {
        rows.place().next_record += 1;
    }
    let place = rows.place();
    place.next_block += 1;
    place.text_bytes += filling.bytes() as u64;
    Ok(filling.finish())
}

/// A block of records that is being filled.
pub(super) struct Filling {
    block: LineBlock,
    text: String,
    spans: Vec<RecordSpan>,
    start: usize,
}

impl Filling {
    fn new(mut buffer: Vec<u8>, place: &Place) -> Self {
        buffer.clear();
        let block = LineBlock {
            shard: place.shard,
            block: place.next_block,
            first_line: place.next_record,
            ..LineBlock::default()
        };
        // The buffer is empty, so it is text.
        let text = String::from_utf8(buffer).unwrap_or_default();
        Self { block, text, spans: Vec::new(), start: 0 }
    }

    fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Where the next record goes.
    pub(super) fn begin(&mut self) -> &mut String {
        self.start = self.text.len();
        &mut self.text
    }

    /// Ends the record; one that is too long is not kept.
    pub(super) fn end(&mut self, number: u64, note: Option<RowNote>, longest: u64) {
        let length = (self.text.len() - self.start) as u64;
        self.block.records += 1;
        if length > longest {
            self.pass_over(number, length);
        } else {
            let (start, end) = (self.start, self.text.len());
            self.spans.push(RecordSpan { number, offset: 0, start, end, note });
        }
    }

    /// Leaves out a record that is too long.
    fn pass_over(&mut self, number: u64, length: u64) {
        self.text.truncate(self.start);
        self.block.oversized.push(OversizedLine { number, offset: 0, length });
    }

    /// Counts a record that was too long to be made at all.
    pub(super) fn too_long(&mut self, number: u64, length: u64) {
        self.block.records += 1;
        self.pass_over(number, length);
    }

    /// The block; none where nothing is in it.
    fn finish(self) -> Option<LineBlock> {
        let Self { mut block, text, spans, .. } = self;
        if block.records == 0 {
            return None;
        }
        block.bytes = text.into_bytes();
        block.spans = Some(spans);
        Some(block)
    }
}
