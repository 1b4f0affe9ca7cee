//! One Parquet file: row groups of bounded size, zstd, a footer that says how it was made. The only
//! file that touches the Parquet crate's writer.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use arrow_array::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::columns::ColumnSet;
use crate::digest::RunningDigest;
use crate::error::{Error, ErrorKind, Result};
use crate::report::{RowSummary, WrittenFile};
use crate::sample::Row;

/// Key of our entry in the footer.
pub const FOOTER_KEY: &str = "tooltrain_fast";

/// Writes rows into one file.
pub struct ParquetFile {
    name: String,
    columns: ColumnSet,
    writer: ArrowWriter<Hashing>,
    waiting: Vec<Row>,
    waiting_bytes: u64,
    row_group_bytes: u64,
    rows: RowSummary,
}

impl ParquetFile {
    /// Begins a file that will be called `name`.
    pub fn new(file: File, name: &str, columns: &ColumnSet, row_group_bytes: u64) -> Result<Self> {
        let level = ZstdLevel::try_new(1).map_err(|error| failed(name, &error))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_dictionary_enabled(false)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_max_row_group_row_count(None)
            .set_created_by(format!("tooltrain_fast {}", crate::VERSION))
            .build();
        let sink = Hashing {
            file: BufWriter::with_capacity(1 << 20, file),
            digest: RunningDigest::default(),
            bytes: 0,
        };
        let writer = ArrowWriter::try_new(sink, columns.schema(), Some(properties))
            .map_err(|error| failed(name, &error))?;
        Ok(Self {
            name: name.to_owned(),
            columns: columns.clone(),
            writer,
            waiting: Vec::new(),
            waiting_bytes: 0,
            row_group_bytes: row_group_bytes.max(1),
            rows: RowSummary::default(),
        })
    }

    /// Takes a row.
    pub fn push(&mut self, row: Row) -> Result<()> {
        self.rows.count(&row);
        self.waiting_bytes += 4 * row.len() as u64;
        self.waiting.push(row);
        if self.waiting_bytes >= self.row_group_bytes {
            self.write_row_group()?;
        }
        Ok(())
    }

    /// What was taken so far.
    #[must_use]
    pub fn rows(&self) -> &RowSummary {
        &self.rows
    }

    fn write_row_group(&mut self) -> Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let batch: RecordBatch = self.columns.batch(&self.waiting)?;
        self.waiting.clear();
        self.waiting_bytes = 0;
        self.writer.write(&batch).map_err(|error| failed(&self.name, &error))?;
        self.writer.flush().map_err(|error| failed(&self.name, &error))
    }

    /// Writes what is left and the footer with `metadata`, and gives the file back to be synced.
    pub fn finish(mut self, metadata: &str) -> Result<(File, WrittenFile)> {
        self.write_row_group()?;
        let entry = KeyValue::new(FOOTER_KEY.to_owned(), metadata.to_owned());
        self.writer.append_key_value_metadata(entry);
        let sink = self.writer.into_inner().map_err(|error| failed(&self.name, &error))?;
        let Hashing { file, digest, bytes } = sink;
        let file = file
            .into_inner()
            .map_err(|error| Error::new(ErrorKind::Write, format!("{}: {}", self.name, error.error())))?;
        let sha256 = digest.finish();
        Ok((file, WrittenFile { name: self.name, rows: self.rows.rows, bytes, sha256 }))
    }
}

fn failed(name: &str, error: &dyn std::error::Error) -> Error {
    Error::new(ErrorKind::Write, format!("{name}: cannot be written: {error}"))
        .hint("look at the free space and the permissions of the folder")
}

/// Hashes what passes on its way to the file.
struct Hashing {
    file: BufWriter<File>,
    digest: RunningDigest,
    bytes: u64,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
