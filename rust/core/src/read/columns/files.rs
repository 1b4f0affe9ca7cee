//! Parquet and Arrow files as record batches.

use arrow_ipc::reader::FileReader;
use arrow_schema::ArrowError;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::super::decompress::open_unchanged;
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

fn damaged(shard: &Shard, container: &str, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::DamagedShard, format!("damaged {container} file: {error}"))
        .file(shard.path.display())
        .hint("fetch or write the shard again")
        .because(error)
}

pub(in super::super) fn open_parquet(shard: &Shard) -> Result<OpenFile<'static>> {
    let damaged = |error: parquet::errors::ParquetError| damaged(shard, "Parquet", error);
    let builder = ParquetRecordBatchReaderBuilder::try_new(open_unchanged(shard)?).map_err(damaged)?;
    let known = known_columns(&shard.name, builder.schema())?;
    let rows = builder.metadata().file_metadata().num_rows().max(0) as u64;
    let mask = ProjectionMask::roots(builder.parquet_schema(), known.iter().copied());
    let reader = builder.with_projection(mask).with_batch_size(BATCH_ROWS).build().map_err(damaged)?;
    Ok(OpenFile::new(shard, Box::new(reader), known.len(), rows))
}

pub(in super::super) fn open_arrow(shard: &Shard) -> Result<OpenFile<'static>> {
    let damaged = |error: ArrowError| damaged(shard, "Arrow", error);
    let reader = FileReader::try_new_buffered(open_unchanged(shard)?, None).map_err(damaged)?;
    let known = known_columns(&shard.name, &reader.schema())?;
    let reader =
        FileReader::try_new_buffered(open_unchanged(shard)?, Some(known.clone())).map_err(damaged)?;
    // Rows are counted by no footer, so progress jumps at the end of the file.
    Ok(OpenFile::new(shard, Box::new(reader), known.len(), u64::MAX))
}
