//! Takes rows in order, encodes them, and writes them to files that nobody sees yet.

use std::collections::VecDeque;
use std::error::Error as StdError;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::WrittenFile;
use super::arrow::{record_batch, schema};
use super::arrow_file::ArrowFile;
use super::columns::ColumnSet;
use super::encoder_pool::EncoderPool;
use super::page::PageSet;
use super::parquet_file::{ParquetFile, leaves};
use super::partial_directory::PartialDirectory;
use super::row_batch::{Counts, RowBatch};
use super::sealed::Sealed;
use super::staged_file::{DigestWriter, Readers, StagedFile, write_error};
use super::target::{Form, MANIFEST, Target, part_name};
use crate::cpu_time::measured;
use crate::error::{Error, ErrorKind, Result};
use crate::options::{IfExists, Options};
use crate::sample::Row;

/// Tokens that are encoded together: one page of each column, 1 MiB of ids.
const PAGE_TOKENS: usize = 256 << 10;

/// Tokens of a record batch in an Arrow file.
const ARROW_BATCH_TOKENS: usize = 1 << 20;

const TOKEN_BYTES: u64 = 4;

/// How rows are written. Nothing here but `threads` and `if_exists` leaves the bytes as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputSettings {
    /// The columns.
    pub columns: ColumnSet,
    /// Size of a row group in bytes of tokens.
    pub row_group_bytes: u64,
    /// Size of a part file.
    pub part_bytes: u64,
    /// Threads that encode.
    pub threads: usize,
    /// Whether the output may be replaced.
    pub if_exists: IfExists,
}

impl OutputSettings {
    /// The settings that the options of a run ask for.
    pub fn from_options(options: &Options, threads: usize) -> Result<Self> {
        Ok(Self {
            columns: ColumnSet::from_options(options)?,
            row_group_bytes: options.row_group_bytes,
            part_bytes: options.part_bytes,
            threads,
            if_exists: options.if_exists,
        })
    }
}

/// Processor time of writing, summed over threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriteTimes {
    /// Rows to columns, columns to pages.
    pub encode: Duration,
    /// Pages to files.
    pub write: Duration,
}

/// Makes the footer of a part file from what is in it.
pub type PartFooter = Box<dyn Fn(&Counts) -> String + Send>;

/// An output under construction. Dropped, it leaves nothing behind.
pub struct Output {
    target: Target,
    settings: OutputSettings,
    part_footer: PartFooter,
    place: Place,
    batch: RowBatch,
    group_tokens: u64,
    pool: EncoderPool,
    /// For each batch under way, whether it ends its row group.
    ends: VecDeque<bool>,
    open: Option<OpenFile>,
    files: Vec<WrittenFile>,
    counts: Counts,
    times: WriteTimes,
}

/// Where files are made.
pub(super) enum Place {
    File(StagedFile),
    Directory(PartialDirectory),
}

struct OpenFile {
    path: PathBuf,
    name: String,
    counts: Counts,
    largest_group: u64,
    writer: FileWriter,
}

enum FileWriter {
    Parquet(ParquetFile),
    Arrow(ArrowFile),
}

impl Output {
    /// Makes the temporary file or directory. Part files of a directory are closed during the run;
    /// `part_footer` describes each of them.
    pub fn create(target: &Target, settings: OutputSettings, part_footer: PartFooter) -> Result<Self> {
        let place = match target.form() {
            Form::Directory => Place::Directory(PartialDirectory::claim(target)?),
            Form::Parquet | Form::Arrow => Place::File(StagedFile::beside(target.path(), Readers::Default)?),
            Form::Text => return Err(Error::new(ErrorKind::Internal, "rows are not written as text")),
        };
        let pool = EncoderPool::new(leaves(&settings.columns), settings.threads);
        Ok(Self {
            target: target.clone(),
            settings,
            part_footer,
            place,
            batch: RowBatch::default(),
            group_tokens: 0,
            pool,
            ends: VecDeque::new(),
            open: None,
            files: Vec::new(),
            counts: Counts::default(),
            times: WriteTimes::default(),
        })
    }

    /// Appends a row.
    pub fn write(&mut self, row: &Row) -> Result<()> {
        self.batch.push(row)?;
        self.group_tokens += row.len() as u64;
        if self.target.form() == Form::Arrow {
            return if self.batch.tokens() >= ARROW_BATCH_TOKENS { self.submit(false) } else { Ok(()) };
        }
        let group_is_full = self.group_tokens * TOKEN_BYTES >= self.settings.row_group_bytes;
        if group_is_full || self.batch.tokens() >= PAGE_TOKENS {
            self.submit(group_is_full)?;
        }
        if group_is_full {
            self.group_tokens = 0;
        }
        Ok(())
    }

    /// What was written so far, the rows still in memory left out.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// What writing cost so far.
    #[must_use]
    pub fn times(&self) -> WriteTimes {
        self.times
    }

    /// Completes the files under their temporary names. `footer` describes the whole output: it
    /// becomes the footer of a single file, or the manifest of a directory, to which the list of its
    /// files is added as `files`. It must be the text of a JSON object.
    pub fn seal(mut self, footer: impl FnOnce(&Counts) -> String) -> Result<Sealed> {
        if !self.batch.is_empty() {
            self.submit(true)?;
        }
        while let Some(pages) = self.pool.take(true)? {
            self.place_pages(pages)?;
        }
        if self.files.is_empty() || self.open.is_some() {
            self.open_file()?;
        }
        let whole = footer(&self.counts);
        match self.target.form() {
            Form::Parquet | Form::Arrow | Form::Text => self.close_file(whole)?,
            Form::Directory => {
                self.close_part()?;
                self.write_manifest(&whole)?;
            }
        }
        Ok(Sealed {
            target: self.target,
            if_exists: self.settings.if_exists,
            place: self.place,
            files: self.files,
            counts: self.counts,
            times: self.times,
        })
    }

    /// Sends the collected rows on their way, and writes what is ready.
    fn submit(&mut self, ends_group: bool) -> Result<()> {
        let rows = std::mem::take(&mut self.batch);
        rows.refuse_lost_weights(&self.settings.columns)?;
        if self.target.form() == Form::Arrow {
            return self.place_record_batch(&rows);
        }
        self.ends.push_back(ends_group);
        self.pool.submit(rows)?;
        let mut wait = self.pool.is_full();
        while let Some(pages) = self.pool.take(wait)? {
            self.place_pages(pages)?;
            wait = false;
        }
        Ok(())
    }

    fn place_record_batch(&mut self, rows: &RowBatch) -> Result<()> {
        self.open_file()?;
        let (batch, encode) = measured(|| record_batch(&self.settings.columns, rows));
        let batch = batch?;
        let Some(OpenFile { path, counts, writer: FileWriter::Arrow(file), .. }) = &mut self.open else {
            return Err(Error::new(ErrorKind::Internal, "no Arrow file is open"));
        };
        let (written, write) = measured(|| file.add(&batch));
        written.map_err(|error| file_error(path, error))?;
        counts.add(rows.counts());
        self.counts.add(rows.counts());
        self.times.encode += encode;
        self.times.write += write;
        Ok(())
    }

    fn place_pages(&mut self, pages: PageSet) -> Result<()> {
        self.open_file()?;
        let ends_group = self.ends.pop_front().unwrap_or(true);
        let Some(OpenFile { path, counts, largest_group, writer: FileWriter::Parquet(file), .. }) =
            &mut self.open
        else {
            return Err(Error::new(ErrorKind::Internal, "no Parquet file is open"));
        };
        counts.add(&pages.counts);
        self.counts.add(&pages.counts);
        self.times.encode += pages.time;
        let before = file.bytes_written();
        let (placed, write) = measured(|| {
            file.add(pages)?;
            if ends_group { file.end_row_group() } else { Ok(()) }
        });
        placed.map_err(|error| file_error(path, error))?;
        self.times.write += write;
        *largest_group = (*largest_group).max(file.bytes_written() - before);
        let next = file.bytes_written() + *largest_group;
        if ends_group && self.target.form() == Form::Directory && next > self.settings.part_bytes {
            self.close_part()?;
        }
        Ok(())
    }

    fn open_file(&mut self) -> Result<()> {
        if self.open.is_some() {
            return Ok(());
        }
        let (path, name, sink) = match &self.place {
            Place::File(staged) => {
                let path = staged.target().to_path_buf();
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                (path, name, staged.writer()?)
            }
            Place::Directory(partial) => {
                let name = part_name(self.files.len());
                let path = partial.path().join(&name);
                let file = File::create_new(&path).map_err(|error| write_error(&path, error))?;
                (path, name, DigestWriter::new(file))
            }
        };
        let columns = &self.settings.columns;
        let writer = match self.target.form() {
            Form::Arrow => ArrowFile::create(sink, &schema(columns))
                .map(FileWriter::Arrow)
                .map_err(|error| file_error(&path, error))?,
            Form::Parquet | Form::Directory | Form::Text => ParquetFile::create(sink, columns)
                .map(FileWriter::Parquet)
                .map_err(|error| file_error(&path, error))?,
        };
        self.open = Some(OpenFile { path, name, counts: Counts::default(), largest_group: 0, writer });
        Ok(())
    }

    fn close_part(&mut self) -> Result<()> {
        let Some(open) = &self.open else { return Ok(()) };
        let footer = (self.part_footer)(&open.counts);
        self.close_file(footer)
    }

    fn close_file(&mut self, footer: String) -> Result<()> {
        let Some(OpenFile { path, name, counts, writer, .. }) = self.open.take() else { return Ok(()) };
        let (finished, write) = measured(|| match writer {
            FileWriter::Parquet(file) => file.finish(footer).map_err(|error| file_error(&path, error)),
            FileWriter::Arrow(file) => file.finish(footer).map_err(|error| file_error(&path, error)),
        });
        let (bytes, sha256) = finished?;
        self.times.write += write;
        self.files.push(WrittenFile { name, rows: counts.rows, bytes, sha256 });
        Ok(())
    }

    fn write_manifest(&self, description: &str) -> Result<()> {
        let Place::Directory(partial) = &self.place else { return Ok(()) };
        let not_json = |what: String| {
            Error::new(ErrorKind::Internal, format!("the manifest is not a JSON object: {what}"))
        };
        let mut manifest: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(description).map_err(|error| not_json(error.to_string()))?;
        let files = serde_json::to_value(&self.files).map_err(|error| not_json(error.to_string()))?;
        manifest.insert("files".into(), files);
        let path = partial.path().join(MANIFEST);
        let failed = |error| write_error(&path, error);
        let mut text = serde_json::to_vec_pretty(&manifest).map_err(|error| not_json(error.to_string()))?;
        text.push(b'\n');
        let mut file = DigestWriter::new(File::create_new(&path).map_err(failed)?);
        io::Write::write_all(&mut file, &text).map_err(failed)?;
        file.finish().map_err(failed)?;
        Ok(())
    }
}

/// The error of a file writer: of the operating system where one is behind it, else a defect.
fn file_error(path: &std::path::Path, error: impl StdError + Send + Sync + 'static) -> Error {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(&error);
    while let Some(current) = cause {
        if let Some(io) = current.downcast_ref::<io::Error>() {
            let copy = match io.raw_os_error() {
                Some(code) => io::Error::from_raw_os_error(code),
                None => io::Error::new(io.kind(), io.to_string()),
            };
            return write_error(path, copy);
        }
        cause = current.source();
    }
    Error::new(ErrorKind::Write, error.to_string()).file(path.display()).because(error)
}
