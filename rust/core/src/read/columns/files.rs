//! Parquet and Arrow files as record batches.

use arrow_array::RecordBatch;
use arrow_ipc::reader::FileReader;
use arrow_schema::ArrowError;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::super::decompress::open_unchanged;
use super::super::packed_arrow::{Compressed, check_blocks, guarded};
use super::super::shard::Shard;
use super::{BATCH_ROWS, Batches, Extent, known_columns};
use crate::error::{Error, ErrorKind, Result};

/// The record batches of a shard with only its known columns, and its extent.
pub(in super::super) struct OpenFile<'a> {
    pub(in super::super) batches: Batches<'a>,
    pub(in super::super) columns: Vec<usize>,
    pub(in super::super) extent: Extent,
}

impl<'a> OpenFile<'a> {
    /// Of batches that have only the known columns.
    fn new(shard: &Shard, batches: Batches<'a>, columns: usize, rows: u64) -> Self {
        let extent = Extent::File { bytes: shard.size, rows };
        Self { batches, columns: (0..columns).collect(), extent }
    }
}

fn damaged(shard: &Shard, container: &str, what: &str) -> Error {
    Error::new(ErrorKind::DamagedShard, format!("damaged {container} file: {what}"))
        .file(shard.path.display())
        .hint("fetch or write the shard again")
}

/// Batches of a reader that may panic on a damaged file. After that it is asked no more.
struct Guarded<I>(Option<I>);

impl<I: Iterator<Item = Result<RecordBatch, ArrowError>>> Iterator for Guarded<I> {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut reader = self.0.take()?;
        match guarded(|| Ok(reader.next())) {
            Ok(batch) => {
                self.0 = Some(reader);
                batch
            }
            Err(what) => Some(Err(ArrowError::IpcError(what))),
        }
    }
}

pub(in super::super) fn open_parquet(shard: &Shard) -> Result<OpenFile<'static>> {
    let damaged = |what: String| damaged(shard, "Parquet", &what);
    let file = open_unchanged(shard)?;
    let builder = guarded(|| Ok(ParquetRecordBatchReaderBuilder::try_new(file)?)).map_err(damaged)?;
    let known = known_columns(&shard.name, builder.schema())?;
    let rows = builder.metadata().file_metadata().num_rows().max(0) as u64;
    let mask = ProjectionMask::roots(builder.parquet_schema(), known.iter().copied());
    let builder = builder.with_projection(mask).with_batch_size(BATCH_ROWS);
    let reader = guarded(|| Ok(builder.build()?)).map_err(damaged)?;
    Ok(OpenFile::new(shard, Box::new(Guarded(Some(reader))), known.len(), rows))
}

pub(in super::super) fn open_arrow(shard: &Shard) -> Result<OpenFile<'static>> {
    let damaged = |what: String| damaged(shard, "Arrow", &what);
    let mut file = open_unchanged(shard)?;
    check_blocks(&mut file, Compressed::Allowed).map_err(damaged)?;
    let reader = guarded(|| FileReader::try_new_buffered(file, None)).map_err(damaged)?;
    let known = known_columns(&shard.name, &reader.schema())?;
    let (file, columns) = (open_unchanged(shard)?, Some(known.clone()));
    let reader = guarded(|| FileReader::try_new_buffered(file, columns)).map_err(damaged)?;
    // Rows are counted by no footer, so progress jumps at the end of the file.
    Ok(OpenFile::new(shard, Box::new(Guarded(Some(reader))), known.len(), u64::MAX))
}
