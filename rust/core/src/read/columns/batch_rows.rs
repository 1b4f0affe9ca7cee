//! Record batches as rows: of Parquet and Arrow files, and of frames.

use std::sync::atomic::{AtomicBool, Ordering};

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;

use super::super::block::{LineBlock, RowNote};
use super::super::damage::interrupted;
use super::super::shard_files::ReadLimits;
use super::arrow_json;
use super::filling::{Filling, Place, Rows, next_block};
use crate::error::{Error, ErrorKind, Result};

/// Record batches in order, from whatever decodes them.
pub(in super::super) type Batches<'a> = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send + 'a>;

/// How far a shard is read, in bytes of its file.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Extent {
    /// There is no file: bytes of text count.
    Text,
    /// A file of this size with this many rows.
    File { bytes: u64, rows: u64 },
}

/// Rows of record batches, cut into blocks.
pub(in super::super) struct ColumnRows<'a> {
    name: &'a str,
    place: Place,
    cancel: &'a AtomicBool,
    batches: Batches<'a>,
    columns: Vec<usize>,
    /// The batch that is being cut, and its next row.
    batch: Option<(RecordBatch, usize)>,
    extent: Extent,
    ended: bool,
}

impl<'a> ColumnRows<'a> {
    /// Rows of `batches`, of which the columns at `columns` are read.
    pub(in super::super) fn new(
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
            place: Place::start(shard, limits),
            cancel,
            batches,
            columns,
            batch: None,
            extent,
            ended: false,
        }
    }

    pub(in super::super) fn position(&self) -> u64 {
        match self.extent {
            Extent::Text => self.place.text_bytes,
            Extent::File { bytes, .. } if self.ended => bytes,
            Extent::File { bytes, rows } => {
                (u128::from(bytes) * u128::from(self.place.next_record - 1) / u128::from(rows.max(1))) as u64
            }
        }
    }

    pub(in super::super) fn next_block(&mut self, buffer: Vec<u8>) -> Result<Option<LineBlock>> {
        next_block(self, buffer)
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
        let row = self.place.next_record;
        Error::new(kind, format!("cannot be read at row {row}: {error}"))
            .file(self.name)
            .hint(hint)
            .because(error)
    }
}

impl Rows for ColumnRows<'_> {
    fn place(&mut self) -> &mut Place {
        &mut self.place
    }

    fn add_row(&mut self, filling: &mut Filling) -> Result<bool> {
        if self.cancel.load(Ordering::Relaxed) {
            return Err(interrupted());
        }
        let Some((batch, row)) = self.next_row()? else { return Ok(false) };
        let nulls = arrow_json::print_row(&batch, &self.columns, row, filling.begin());
        let note = (nulls > 0).then_some(RowNote::Nulls(nulls));
        filling.end(self.place.next_record, note, self.place.limits.max_line_bytes);
        Ok(true)
    }
}
