//! Where blocks come from: files, or anything else that can give records in order.

use std::sync::{Mutex, PoisonError};

use super::block::LineBlock;
use crate::error::{Error, ErrorKind, Result};

/// Shards that can be opened one by one, in any order and on any thread.
pub trait BlockSource: Sync {
    /// How many shards there are.
    fn shards(&self) -> usize;

    /// What a shard is called in messages.
    fn name(&self, shard: u32) -> &str;

    /// Begins to read a shard. It is called once a shard.
    fn open(&self, shard: u32) -> Result<Box<dyn BlockStream + '_>>;
}

/// The blocks of one shard, in order. After an error or the end it is not asked again.
pub trait BlockStream: Send {
    /// The next block, made in `buffer` to reuse its memory, or `None` at the end of the shard. A
    /// block may be empty of lines.
    fn next_block(&mut self, buffer: Vec<u8>) -> Result<Option<LineBlock>>;

    /// Bytes of the shard's file that were read so far; bytes of text where there is no file.
    fn position(&self) -> u64;
}

/// One shard whose blocks come from memory, for frames and record batches.
///
/// The iterator runs on the workers' threads, one call at a time. It need not set `shard` and
/// `block` of the blocks it gives.
pub struct MemoryShard<I> {
    name: String,
    blocks: Mutex<Option<I>>,
}

impl<I: Iterator<Item = Result<LineBlock>> + Send> MemoryShard<I> {
    /// A shard called `name` in messages and metadata.
    pub fn new(name: impl Into<String>, blocks: I) -> Self {
        Self { name: name.into(), blocks: Mutex::new(Some(blocks)) }
    }
}

impl<I: Iterator<Item = Result<LineBlock>> + Send> BlockSource for MemoryShard<I> {
    fn shards(&self) -> usize {
        1
    }

    fn name(&self, _shard: u32) -> &str {
        &self.name
    }

    fn open(&self, _shard: u32) -> Result<Box<dyn BlockStream + '_>> {
        let blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner).take();
        let blocks = blocks
            .ok_or_else(|| Error::new(ErrorKind::Internal, format!("{}: opened a second time", self.name)))?;
        Ok(Box::new(MemoryStream { blocks, next: 0, position: 0 }))
    }
}

struct MemoryStream<I> {
    blocks: I,
    next: u64,
    position: u64,
}

impl<I: Iterator<Item = Result<LineBlock>> + Send> BlockStream for MemoryStream<I> {
    fn next_block(&mut self, _buffer: Vec<u8>) -> Result<Option<LineBlock>> {
        let Some(block) = self.blocks.next() else { return Ok(None) };
        let mut block = block?;
        (block.shard, block.block) = (0, self.next);
        self.next += 1;
        self.position += block.bytes.len() as u64;
        Ok(Some(block))
    }

    fn position(&self) -> u64 {
        self.position
    }
}
