//! Columns -> records: rows of Parquet, Arrow and CSV files and of frames, as blocks of JSON.
//!
//! Only columns that some layout knows are read. A row becomes the JSON text of one record: text
//! columns keep their bytes, typed columns are printed, and null members of structs are left out,
//! since a column of structs cannot say whether a member was null or was not there.

mod arrow_json;
mod csv;
mod files;
mod frame;

use std::sync::atomic::{AtomicBool, Ordering};

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Schema};

use super::block::{LineBlock, RecordSpan, RowNote};
use super::damage::interrupted;
use super::shard_files::ReadLimits;
use crate::error::{Error, ErrorKind, Result};

pub(super) use csv::CsvRows;
pub(super) use files::{OpenFile, open_arrow, open_parquet};
pub(super) use frame::Frame;
pub use frame::{Given, Input};

/// Columns that layouts read; the others are left where they are.
const KNOWN: [&str; 14] = [
    "messages",
    "tools",
    "functions",
    "parallel_tool_calls",
    "conversations",
    "system",
    "question",
    "answer",
    "prompt",
    "completion",
    "code",
    "raw",
    "raw_base64",
    "length",
];

/// Rows that are decoded together: they are held beside the block that is made of them.
const BATCH_ROWS: usize = 64;

/// Record batches in order, from whatever decodes them.
pub(super) type Batches<'a> = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send + 'a>;

/// Positions of the columns that layouts read.
pub(super) fn known_columns(name: &str, schema: &Schema) -> Result<Vec<usize>> {
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let known = known_of(name, &names)?;
    for &position in &known {
        let field = schema.field(position);
        arrow_json::check(field.name(), field.data_type()).map_err(|what| {
            Error::new(ErrorKind::Read, format!("{name}: {what}")).hint("cast it to text, or leave it out")
        })?;
    }
    Ok(known)
}

/// Positions of the names that layouts read, out of all `names`.
fn known_of(name: &str, names: &[&str]) -> Result<Vec<usize>> {
    let known: Vec<usize> = (0..names.len()).filter(|&position| KNOWN.contains(&names[position])).collect();
    if known.is_empty() {
        let what = format!("{name}: no layout reads its columns {}", names.join(", "));
        return Err(Error::new(ErrorKind::Read, what)
            .hint("rename the columns, for instance to messages and tools, or question and answer"));
    }
    Ok(known)
}

/// How far a shard is read, in bytes of its file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Extent {
    /// There is no file: bytes of text count.
    Text,
    /// A file of this size with this many rows.
    File { bytes: u64, rows: u64 },
}

/// Rows of record batches, cut into blocks.
pub(super) struct ColumnRows<'a> {
    name: &'a str,
    shard: u32,
    limits: ReadLimits,
    cancel: &'a AtomicBool,
    batches: Batches<'a>,
    columns: Vec<usize>,
    /// The batch that is being cut, and its next row.
    batch: Option<(RecordBatch, usize)>,
    extent: Extent,
    next_block: u64,
    next_record: u64,
    text_bytes: u64,
    ended: bool,
}

impl<'a> ColumnRows<'a> {
    /// Rows of `batches`, of which the columns at `columns` are read.
    pub(super) fn new(
        name: &'a str,
        shard: u32,
        limits: ReadLimits,
        cancel: &'a AtomicBool,
        batches: Batches<'a>,
        columns: Vec<usize>,
        extent: Extent,
    ) -> Self {
        Self {
            name,
            shard,
            limits,
            cancel,
            batches,
            columns,
            batch: None,
            extent,
            next_block: 0,
            next_record: 1,
            text_bytes: 0,
            ended: false,
        }
    }

    pub(super) fn position(&self) -> u64 {
        match self.extent {
            Extent::Text => self.text_bytes,
            Extent::File { bytes, .. } if self.ended => bytes,
            Extent::File { bytes, rows } => {
                (u128::from(bytes) * u128::from(self.next_record - 1) / u128::from(rows.max(1))) as u64
            }
        }
    }

    pub(super) fn next_block(&mut self, mut buffer: Vec<u8>) -> Result<Option<LineBlock>> {
        buffer.clear();
        let mut filling = Filling::new(buffer, self.shard, self.next_block, self.next_record);
        while filling.bytes() < self.limits.block_bytes {
            if self.cancel.load(Ordering::Relaxed) {
                return Err(interrupted());
            }
            let Some((batch, row)) = self.next_row()? else { break };
            let text = filling.begin();
            let nulls = arrow_json::print_row(&batch, &self.columns, row, text);
            let note = (nulls > 0).then_some(RowNote::Nulls(nulls));
            filling.end(self.next_record, note, self.limits.max_line_bytes);
            self.next_record += 1;
        }
        self.next_block += 1;
        self.text_bytes += filling.bytes() as u64;
        Ok(filling.finish())
    }

    fn next_row(&mut self) -> Result<Option<(RecordBatch, usize)>> {
        loop {
            if let Some((batch, next)) = &mut self.batch
                && *next < batch.num_rows()
            {
                *next += 1;
                return Ok(Some((batch.clone(), *next - 1)));
            }
            match self.batches.next() {
                Some(Ok(batch)) => self.batch = Some((batch, 0)),
                Some(Err(error)) => return Err(self.damaged(error)),
                None => {
                    (self.batch, self.ended) = (None, true);
                    return Ok(None);
                }
            }
        }
    }

    fn damaged(&self, error: ArrowError) -> Error {
        let (kind, hint) = match self.extent {
            Extent::Text => (ErrorKind::Read, "look at whatever makes the frame"),
            Extent::File { .. } => (ErrorKind::DamagedShard, "fetch or write the shard again"),
        };
        let row = self.next_record;
        Error::new(kind, format!("{}: cannot be read at row {row}: {error}", self.name))
            .hint(hint)
            .because(error)
    }
}

/// A block of records that is being filled.
pub(super) struct Filling {
    block: LineBlock,
    text: String,
    spans: Vec<RecordSpan>,
    start: usize,
}

impl Filling {
    pub(super) fn new(buffer: Vec<u8>, shard: u32, block: u64, first_record: u64) -> Self {
        let block = LineBlock { shard, block, first_line: first_record, ..LineBlock::default() };
        // The buffer is empty, so it is text.
        let text = String::from_utf8(buffer).unwrap_or_default();
        Self { block, text, spans: Vec::new(), start: 0 }
    }

    pub(super) fn bytes(&self) -> usize {
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
        self.block.oversized.push(super::block::OversizedLine { number, offset: 0, length });
    }

    /// Counts a record that was too long to be made at all.
    pub(super) fn too_long(&mut self, number: u64, length: u64) {
        self.block.records += 1;
        self.pass_over(number, length);
    }

    /// The block; none where nothing is in it.
    pub(super) fn finish(self) -> Option<LineBlock> {
        let Self { mut block, text, spans, .. } = self;
        if block.records == 0 {
            return None;
        }
        block.bytes = text.into_bytes();
        block.spans = Some(spans);
        Some(block)
    }
}
