//! Shards whose records are not conversations: files that are one conversation, a message or an event a record, and
//! records that hold several conversations. Their blocks are cut anew, so that everything after sees conversations.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use crate::error::Result;
use crate::parse::{ParseOptions, ShardShape, records_within};
use crate::read::{BlockSource, BlockStream, LineBlock, OversizedLine};

/// A source of blocks whose records are conversations, over one whose records may be something else.
pub(super) struct Shaped<S> {
    inner: S,
    options: Arc<ParseOptions>,
    max_line_bytes: u64,
}

impl<S: BlockSource> Shaped<S> {
    /// The records of `inner` as `options` read them.
    pub(super) fn new(inner: S, options: Arc<ParseOptions>, max_line_bytes: u64) -> Self {
        Self { inner, options, max_line_bytes }
    }
}

impl<S: BlockSource> BlockSource for Shaped<S> {
    fn shards(&self) -> usize {
        self.inner.shards()
    }

    fn name(&self, shard: u32) -> &str {
        self.inner.name(shard)
    }

    fn open(&self, shard: u32) -> Result<Box<dyn BlockStream + '_>> {
        Ok(Box::new(ShapedStream {
            inner: self.inner.open(shard)?,
            options: &self.options,
            max_line_bytes: self.max_line_bytes,
            shape: None,
            waiting: VecDeque::new(),
            ended: false,
        }))
    }
}

struct ShapedStream<'s> {
    inner: Box<dyn BlockStream + 's>,
    options: &'s ParseOptions,
    max_line_bytes: u64,
    /// What the records are, once the first of them were looked at.
    shape: Option<ShardShape>,
    /// Blocks that were read to look at them.
    waiting: VecDeque<LineBlock>,
    ended: bool,
}

impl ShapedStream<'_> {
    fn next(&mut self, buffer: Vec<u8>) -> Result<Option<LineBlock>> {
        if let Some(block) = self.waiting.pop_front() {
            return Ok(Some(block));
        }
        if self.ended {
            return Ok(None);
        }
        let block = self.inner.next_block(buffer)?;
        self.ended = block.is_none();
        Ok(block)
    }

    /// Reads as many records as it takes to know what they are: their number does not depend on the size of blocks.
    fn look(&mut self) -> Result<ShardShape> {
        let mut seen = 0;
        let mut blocks = VecDeque::new();
        while seen < ShardShape::LOOKED_AT {
            let Some(block) = self.next(Vec::new())? else { break };
            seen += block.lines().take(ShardShape::LOOKED_AT).count();
            blocks.push_back(block);
        }
        let records: Vec<&[u8]> = blocks.iter().flat_map(LineBlock::lines).map(|line| line.bytes).collect();
        let shape = ShardShape::of(&records, self.options);
        self.waiting = blocks;
        Ok(shape)
    }

    /// All records of the shard as the one list that they are.
    fn gather(&mut self) -> Result<Option<LineBlock>> {
        let mut whole: Option<LineBlock> = None;
        let mut text = vec![b'['];
        let mut length = 0;
        while let Some(block) = self.next(Vec::new())? {
            length += block.oversized.iter().map(|long| long.length).sum::<u64>();
            for line in block.lines() {
                length += line.bytes.len() as u64;
                if length <= self.max_line_bytes {
                    if text.len() > 1 {
                        text.push(b',');
                    }
                    text.extend_from_slice(line.bytes);
                }
            }
            whole.get_or_insert(block);
        }
        let Some(first) = whole else { return Ok(None) };
        text.push(b']');
        let end = text.len();
        Ok(Some(if length > self.max_line_bytes {
            let long = OversizedLine { number: 1, offset: 0, length };
            first.with_bytes(Vec::new(), vec![long]).with_records(Vec::new())
        } else {
            first.with_bytes(text, Vec::new()).with_records(vec![(1, 0, 0..end)])
        }))
    }

    /// A block with the records that its records hold, in their place. One that holds none stays as it is.
    fn unpacked(&self, block: LineBlock, path: &crate::parse::Path) -> LineBlock {
        let start = block.bytes.as_ptr() as usize;
        let mut records: Vec<(u64, u64, Range<usize>)> = Vec::new();
        for line in block.lines() {
            let at = line.bytes.as_ptr() as usize - start;
            match records_within(line.bytes, path, self.options.max_depth) {
                Some(inside) if !inside.is_empty() => records.extend(inside.into_iter().map(|range| {
                    (line.number, line.offset + range.start as u64, at + range.start..at + range.end)
                })),
                _ => records.push((line.number, line.offset, at..at + line.bytes.len())),
            }
        }
        block.with_records(records)
    }
}

impl BlockStream for ShapedStream<'_> {
    fn next_block(&mut self, buffer: Vec<u8>) -> Result<Option<LineBlock>> {
        let shape = if let Some(shape) = &self.shape {
            shape.clone()
        } else {
            let shape = self.look()?;
            self.shape.insert(shape).clone()
        };
        match shape {
            ShardShape::Records => self.next(buffer),
            ShardShape::OneConversation => self.gather(),
            ShardShape::Each(path) => Ok(self.next(buffer)?.map(|block| self.unpacked(block, &path))),
        }
    }

    fn position(&self) -> u64 {
        self.inner.position()
    }
}
