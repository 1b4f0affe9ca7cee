//! Cuts text into blocks of whole lines.

use super::block::{LineBlock, OversizedLine, count, without_return};
use super::decompress::ShardText;
use super::shard_files::ReadLimits;
use crate::error::Result;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Bytes that are read to look for the next line ending once a block is full.
const STEP_BYTES: usize = 64 << 10;

/// Text of one shard, cut into blocks. It holds one incomplete line between two blocks, at most
/// `max_line_bytes` of it.
pub(super) struct LineCutter<'a> {
    text: ShardText<'a>,
    shard: u32,
    limits: ReadLimits,
    next_block: u64,
    next_line: u64,
    next_offset: u64,
    /// The start of a line whose end was not read yet, or more lines where a long one was passed over.
    carry: Vec<u8>,
    ended: bool,
}

impl<'a> LineCutter<'a> {
    pub(super) fn new(mut text: ShardText<'a>, shard: u32, limits: ReadLimits) -> Result<Self> {
        let marked = text.peek(BYTE_ORDER_MARK.len())? == BYTE_ORDER_MARK;
        if marked {
            text.append(&mut Vec::new(), BYTE_ORDER_MARK.len())?;
        }
        let next_offset = if marked { BYTE_ORDER_MARK.len() as u64 } else { 0 };
        Ok(Self {
            text,
            shard,
            limits,
            next_block: 0,
            next_line: 1,
            next_offset,
            carry: Vec::new(),
            ended: false,
        })
    }

    pub(super) fn text(&self) -> &ShardText<'a> {
        &self.text
    }

    pub(super) fn next_block(&mut self, mut buffer: Vec<u8>) -> Result<Option<LineBlock>> {
        buffer.clear();
        buffer.reserve(self.limits.block_bytes.saturating_add(STEP_BYTES));
        buffer.append(&mut self.carry);
        // A complete line may be this long with its carriage return and still fit.
        let longest = usize::try_from(self.limits.max_line_bytes.saturating_add(1)).unwrap_or(usize::MAX);
        let mut complete = after_last_newline(&buffer, 0);
        let mut passed_over = None;
        while !self.ended && (complete == 0 || buffer.len() < self.limits.block_bytes) {
            let before = buffer.len();
            let wanted = self.limits.block_bytes.saturating_sub(before).max(STEP_BYTES);
            self.ended = self.text.append(&mut buffer, wanted)? < wanted;
            complete = after_last_newline(&buffer, before).max(complete);
            if buffer.len() - complete > longest {
                passed_over =
                    Some(self.pass_over_line((buffer.len() - complete) as u64, buffer.last().copied())?);
                buffer.truncate(complete);
                break;
            }
        }
        if passed_over.is_none() {
            if self.ended {
                complete = buffer.len();
            }
            self.carry.extend_from_slice(&buffer[complete..]);
            buffer.truncate(complete);
        }
        if buffer.is_empty() && passed_over.is_none() {
            return Ok(None);
        }
        Ok(Some(self.block_of(buffer, passed_over)))
    }

    /// Reads on to the end of a line of which `length` bytes are known and not kept. Returns its
    /// length without the ending, and how many bytes it took.
    fn pass_over_line(&mut self, mut length: u64, mut last: Option<u8>) -> Result<(u64, u64)> {
        let mut chunk = Vec::with_capacity(STEP_BYTES);
        loop {
            chunk.clear();
            let read = self.text.append(&mut chunk, STEP_BYTES)?;
            let end = memchr::memchr(b'\n', &chunk);
            let content = &chunk[..end.unwrap_or(read)];
            length += content.len() as u64;
            last = content.last().copied().or(last);
            if end.is_some() || read < STEP_BYTES {
                let taken = length + u64::from(end.is_some());
                self.carry.extend_from_slice(&chunk[end.map_or(read, |end| end + 1)..]);
                self.ended = read < STEP_BYTES;
                return Ok((length - u64::from(last == Some(b'\r')), taken));
            }
        }
    }

    fn block_of(&mut self, bytes: Vec<u8>, passed_over: Option<(u64, u64)>) -> LineBlock {
        let mut block = LineBlock {
            shard: self.shard,
            block: self.next_block,
            first_line: self.next_line,
            first_offset: self.next_offset,
            bytes,
            longest: Some(self.limits.max_line_bytes),
            ..LineBlock::default()
        };
        self.next_block += 1;
        if block.bytes.len() as u64 > self.limits.max_line_bytes {
            block.oversized = oversized_lines(&block, self.limits.max_line_bytes);
        }
        self.next_offset += block.bytes.len() as u64;
        let counted = count(&block.bytes, self.limits.max_line_bytes);
        self.next_line += counted.endings;
        block.records = counted.records + u64::from(passed_over.is_some());
        if let Some((length, taken)) = passed_over {
            block.oversized.push(OversizedLine { number: self.next_line, offset: self.next_offset, length });
            self.next_line += 1;
            self.next_offset += taken;
        }
        block
    }
}

/// Where the last incomplete line begins, looking for newlines from `from` on; 0 if there are none.
fn after_last_newline(bytes: &[u8], from: usize) -> usize {
    memchr::memrchr(b'\n', &bytes[from..]).map_or(0, |position| from + position + 1)
}

fn oversized_lines(block: &LineBlock, longest: u64) -> Vec<OversizedLine> {
    let mut found = Vec::new();
    let mut offset = block.first_offset;
    for (number, line) in (block.first_line..).zip(block.bytes.split_inclusive(|byte| *byte == b'\n')) {
        let length = without_return(line.strip_suffix(b"\n").unwrap_or(line)).len() as u64;
        if length > longest {
            found.push(OversizedLine { number, offset, length });
        }
        offset += line.len() as u64;
    }
    found
}
