//! Shards in files as a source of blocks.

use std::sync::atomic::AtomicBool;

use super::block::LineBlock;
use super::decompress::ShardText;
use super::json_values::JsonValues;
use super::lines::LineCutter;
use super::shard::{Container, Shard};
use super::source::{BlockSource, BlockStream};
use crate::error::Result;
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
}

impl<'a> ShardFiles<'a> {
    /// Reads `shards`; a set `cancel` ends reading with [`ErrorKind::Interrupted`], also in the
    /// middle of a decompression.
    ///
    /// [`ErrorKind::Interrupted`]: crate::error::ErrorKind::Interrupted
    #[must_use]
    pub fn new(shards: &'a [Shard], limits: ReadLimits, cancel: &'a AtomicBool) -> Self {
        Self { shards, limits, cancel }
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
        let mut text = ShardText::open(shard, self.cancel)?;
        let is_values = match shard.container {
            Container::Lines => false,
            Container::Json => JsonValues::recognises(&mut text, self.limits)?,
        };
        let cutter = if is_values {
            Cutter::Values(JsonValues::new(text, index, self.limits))
        } else {
            Cutter::Lines(LineCutter::new(text, index, self.limits)?)
        };
        Ok(Box::new(ShardStream { shard, cutter }))
    }
}

enum Cutter<'a> {
    Lines(LineCutter<'a>),
    Values(JsonValues<'a>),
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
        }
    }
}
