//! Shards in files as a source of blocks.

use std::sync::atomic::AtomicBool;

use super::block::LineBlock;
use super::columns::{ColumnRows, CsvRows, Frame, OpenFile, open_arrow, open_parquet};
use super::decompress::ShardText;
use super::json_values::JsonValues;
use super::lines::LineCutter;
use super::piped;
use super::shard::{Container, STANDARD_INPUT, Shard};
use super::source::{BlockSource, BlockStream};
use crate::error::{Error, ErrorKind, Result};
use crate::options::Options;

/// What bounds the memory of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadLimits {
    /// Bytes of a block of whole lines.
    pub block_bytes: usize,
    /// Longest line that is kept.
    pub max_line_bytes: u64,
}

impl ReadLimits {
    /// The limits that the options of a run set.
    #[must_use]
    pub fn from_options(options: &Options) -> Self {
        Self { block_bytes: options.block_bytes.max(1), max_line_bytes: options.max_line_bytes }
    }
}

/// The shards of a run, each opened when its turn comes.
pub struct ShardFiles<'a> {
    shards: &'a [Shard],
    limits: ReadLimits,
    cancel: &'a AtomicBool,
    frame: Option<&'a Frame>,
}

impl<'a> ShardFiles<'a> {
    /// Reads `shards`; a set `cancel` ends reading with [`ErrorKind::Interrupted`], also in the
    /// middle of a decompression.
    ///
    /// [`ErrorKind::Interrupted`]: crate::error::ErrorKind::Interrupted
    #[must_use]
    pub fn new(shards: &'a [Shard], limits: ReadLimits, cancel: &'a AtomicBool) -> Self {
        Self { shards, limits, cancel, frame: None }
    }

    /// The same with a frame, which one of the shards stands for.
    #[must_use]
    pub(super) fn with_frame(self, frame: Option<&'a Frame>) -> Self {
        Self { frame, ..self }
    }

    /// The rows of a shard of columns.
    fn columns(&self, shard: &'a Shard, index: u32, file: OpenFile<'a>) -> ColumnRows<'a> {
        let OpenFile { batches, columns, extent } = file;
        ColumnRows::new(&shard.name, index, self.limits, self.cancel, batches, columns, extent)
    }
}

impl BlockSource for ShardFiles<'_> {
    fn shards(&self) -> usize {
        self.shards.len()
    }

    fn name(&self, shard: u32) -> &str {
        &self.shards[shard as usize].name
    }

    fn open(&self, index: u32) -> Result<Box<dyn BlockStream + '_>> {
        let shard = &self.shards[index as usize];
        let text = || ShardText::open(shard, self.cancel);
        let lines = |text| Ok::<_, Error>(Cutter::Lines(LineCutter::new(text, index, self.limits)?));
        let cutter = match shard.container {
            Container::Lines => {
                let mut text = text()?;
                if shard.path.as_os_str() == STANDARD_INPUT {
                    piped::refuse_files(&mut text)?;
                }
                lines(text)?
            }
            Container::Json => {
                let mut text = text()?;
                if JsonValues::recognizes(&mut text, self.limits)? {
                    Cutter::Values(JsonValues::new(text, index, self.limits))
                } else {
                    lines(text)?
                }
            }
            Container::Csv => Cutter::Csv(CsvRows::open(text()?, index, self.limits)?),
            Container::Parquet => Cutter::Columns(self.columns(shard, index, open_parquet(shard)?)),
            Container::Arrow => Cutter::Columns(self.columns(shard, index, open_arrow(shard)?)),
            Container::Frame => {
                let frame = self.frame.ok_or_else(|| Error::new(ErrorKind::Internal, "there is no frame"))?;
                Cutter::Columns(self.columns(shard, index, frame.take(&shard.name)?))
            }
        };
        Ok(Box::new(ShardStream { shard, cutter }))
    }
}

enum Cutter<'a> {
    Lines(LineCutter<'a>),
    Values(JsonValues<'a>),
    Csv(CsvRows<'a>),
    Columns(ColumnRows<'a>),
}

struct ShardStream<'a> {
    shard: &'a Shard,
    cutter: Cutter<'a>,
}

impl BlockStream for ShardStream<'_> {
    fn next_block(&mut self, buffer: Vec<u8>) -> Result<Option<LineBlock>> {
        let block = match &mut self.cutter {
            Cutter::Lines(lines) => lines.next_block(buffer),
            Cutter::Values(values) => values.next_block(buffer),
            Cutter::Csv(rows) => rows.next_block(buffer),
            Cutter::Columns(rows) => rows.next_block(buffer),
        };
        match block {
            Ok(Some(block)) => return Ok(Some(block)),
            Ok(None) => self.shard.check_unchanged()?,
            // A shard that somebody writes to looks damaged; say what is really wrong.
            Err(ref error) if error.kind() == crate::ErrorKind::DamagedShard => {
                self.shard.check_unchanged()?;
            }
            Err(_) => {}
        }
        block
    }

    fn position(&self) -> u64 {
        match &self.cutter {
            Cutter::Lines(lines) => lines.text().position(),
            Cutter::Values(values) => values.text().position(),
            Cutter::Csv(rows) => rows.text().position(),
            Cutter::Columns(rows) => rows.position(),
        }
    }
}
