//! An Arrow IPC file of record batches.

use std::io::{BufWriter, Write};

use arrow_array::RecordBatch;
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, Schema};

use super::parquet_file::FOOTER_KEY;
use super::staged_file::DigestWriter;

/// An Arrow IPC file under construction, uncompressed, so that it can be mapped into memory.
pub(super) struct ArrowFile {
    writer: FileWriter<BufWriter<DigestWriter>>,
}

impl ArrowFile {
    pub(super) fn create(sink: DigestWriter, schema: &Schema) -> Result<Self, ArrowError> {
        Ok(Self { writer: FileWriter::try_new_buffered(sink, schema)? })
    }

    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        self.writer.write(batch)
    }

    /// Writes the footer and makes the file durable; returns its size and SHA-256.
    pub(super) fn finish(mut self, footer: String) -> Result<(u64, String), ArrowError> {
        self.writer.write_metadata(FOOTER_KEY, footer);
        self.writer.finish()?;
        let mut sink = self.writer.into_inner()?;
        sink.flush()?;
        Ok(sink.get_mut().finish()?)
    }
}
