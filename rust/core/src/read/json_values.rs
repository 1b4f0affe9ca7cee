//! `.json` shards: a list of records, or records printed over several lines one after another.
//!
//! The text is split where the brackets of a record close, without reading the JSON itself: what
//! stands inside a record is judged later, with the record. What stands between records belongs to
//! the shard, so a list that is not closed or has something else between its records is damage.

use super::block::{LineBlock, OversizedLine, RecordSpan};
use super::decompress::ShardText;
use super::shard_files::ReadLimits;
use crate::error::{Error, ErrorKind, Result};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const STEP_BYTES: usize = 64 << 10;

/// What may come next between two records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    /// The start of the shard.
    Start,
    /// The first record of a list, or its end.
    RecordOrEnd,
    /// A record of a list.
    Record,
    /// A comma of a list, or its end.
    CommaOrEnd,
    /// Another record that stands alone.
    Another,
    /// Nothing more: the list was closed.
    Nothing,
}

/// Records of one `.json` shard, cut into blocks.
pub(super) struct JsonValues<'a> {
    text: ShardText<'a>,
    shard: u32,
    limits: ReadLimits,
    next_block: u64,
    next_record: u64,
    expect: Expect,
    list_offset: u64,
    carry: Vec<u8>,
    carry_offset: u64,
    ended: bool,
}

/// The block that is being filled.
struct Filling {
    bytes: Vec<u8>,
    offset: u64,
    at: usize,
    spans: Vec<RecordSpan>,
    oversized: Vec<OversizedLine>,
    /// Text after a record that was not kept, and its offset: it belongs to the next block, since
    /// offsets in this one would not be continuous.
    rest: Option<(Vec<u8>, u64)>,
}

impl Filling {
    fn has_records(&self) -> bool {
        !self.spans.is_empty() || !self.oversized.is_empty()
    }
}

impl<'a> JsonValues<'a> {
    pub(super) fn new(text: ShardText<'a>, shard: u32, limits: ReadLimits) -> Self {
        Self {
            text,
            shard,
            limits,
            next_block: 0,
            next_record: 1,
            expect: Expect::Start,
            list_offset: 0,
            carry: Vec::new(),
            carry_offset: 0,
            ended: false,
        }
    }

    /// Whether the text begins with a list, or with an object that goes on over its first line. A
    /// first line that holds a whole object says that the shard is JSON lines under another name.
    pub(super) fn recognizes(text: &mut ShardText<'_>, limits: ReadLimits) -> Result<bool> {
        let mut wanted = 4 << 10;
        let most = usize::try_from(limits.max_line_bytes).unwrap_or(usize::MAX);
        loop {
            let head = text.peek(wanted)?;
            let (length, head) =
                (head.len(), head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head).trim_ascii_start());
            let mut scanner = Scanner::default();
            match head.first() {
                Some(b'[') => return Ok(true),
                Some(b'{') => {
                    let newline = memchr::memchr(b'\n', head);
                    if scanner.end_of_value(&head[..newline.unwrap_or(head.len())]).is_some() {
                        return Ok(false);
                    }
                    if newline.is_some() {
                        return Ok(true);
                    }
                }
                Some(_) => return Ok(false),
                None => {}
            }
            if length < wanted || wanted >= most {
                return Ok(false);
            }
            wanted = wanted.saturating_mul(8).min(most);
        }
    }

    pub(super) fn text(&self) -> &ShardText<'a> {
        &self.text
    }

    pub(super) fn next_block(&mut self, mut buffer: Vec<u8>) -> Result<Option<LineBlock>> {
        buffer.clear();
        buffer.append(&mut self.carry);
        let mut filling = Filling {
            bytes: buffer,
            offset: self.carry_offset,
            at: 0,
            spans: Vec::new(),
            oversized: Vec::new(),
            rest: None,
        };
        let first_record = self.next_record;
        let block_bytes = self.limits.block_bytes;
        while filling.rest.is_none()
            && (filling.at < block_bytes || !filling.has_records())
            && self.step(&mut filling)?
        {}
        if !filling.has_records() {
            return Ok(None);
        }
        if let Some((rest, offset)) = filling.rest {
            (self.carry, self.carry_offset) = (rest, offset);
        } else {
            self.carry.extend_from_slice(&filling.bytes[filling.at..]);
            self.carry_offset = filling.offset + filling.at as u64;
        }
        filling.bytes.truncate(filling.at);
        let block = LineBlock {
            shard: self.shard,
            block: self.next_block,
            first_line: first_record,
            first_offset: filling.offset,
            bytes: filling.bytes,
            oversized: filling.oversized,
            records: self.next_record - first_record,
            spans: Some(filling.spans),
            longest: None,
        };
        self.next_block += 1;
        Ok(Some(block))
    }

    /// Takes one record or one mark between records; `false` ends the block.
    fn step(&mut self, filling: &mut Filling) -> Result<bool> {
        let Some(byte) = self.next_mark(filling)? else {
            return match self.expect {
                Expect::Start | Expect::Another | Expect::Nothing => Ok(false),
                _ => Err(self.damaged(self.list_offset, "the list that begins here is not closed")),
            };
        };
        let place = filling.offset + filling.at as u64;
        match (self.expect, byte) {
            (Expect::Start, b'[') => {
                (self.expect, self.list_offset) = (Expect::RecordOrEnd, place);
                filling.at += 1;
            }
            (Expect::RecordOrEnd | Expect::CommaOrEnd, b']') => {
                self.expect = Expect::Nothing;
                filling.at += 1;
            }
            (Expect::CommaOrEnd, b',') => {
                self.expect = Expect::Record;
                filling.at += 1;
            }
            (Expect::CommaOrEnd, _) => {
                return Err(self.damaged(place, "a comma or the end of the list is missing"));
            }
            (Expect::Nothing, _) => return Err(self.damaged(place, "something follows the end of the list")),
            (_, b',' | b']' | b'}') => return Err(self.damaged(place, "a record is missing")),
            (Expect::Start | Expect::Another, _) => {
                self.record(filling)?;
                self.expect = Expect::Another;
            }
            (Expect::RecordOrEnd | Expect::Record, _) => {
                self.record(filling)?;
                self.expect = Expect::CommaOrEnd;
            }
        }
        Ok(true)
    }

    /// The next byte that is no white space, which stays where it is; `None` at the end.
    fn next_mark(&mut self, filling: &mut Filling) -> Result<Option<u8>> {
        if self.expect == Expect::Start && filling.at == 0 && self.fill(filling)? {
            let marked = filling.bytes.starts_with(BYTE_ORDER_MARK);
            filling.at = if marked { BYTE_ORDER_MARK.len() } else { 0 };
        }
        loop {
            let rest = &filling.bytes[filling.at..];
            if let Some(skipped) = rest.iter().position(|byte| !byte.is_ascii_whitespace()) {
                filling.at += skipped;
                return Ok(Some(filling.bytes[filling.at]));
            }
            filling.at = filling.bytes.len();
            if !filling.has_records() {
                filling.offset += filling.at as u64;
                filling.bytes.clear();
                filling.at = 0;
            }
            if !self.fill(filling)? {
                return Ok(None);
            }
        }
    }

    fn record(&mut self, filling: &mut Filling) -> Result<()> {
        let start = filling.at;
        let offset = filling.offset + start as u64;
        let number = self.next_record;
        self.next_record += 1;
        let mut scanner = Scanner::default();
        let mut scanned = start;
        loop {
            if let Some(end) = scanner.end_of_value(&filling.bytes[scanned..]) {
                filling.at = scanned + end;
                break;
            }
            scanned = filling.bytes.len();
            if (scanned - start) as u64 > self.limits.max_line_bytes {
                return self.pass_over(filling, &mut scanner, number);
            }
            if !self.fill(filling)? {
                if !scanner.is_scalar() {
                    return Err(self.damaged(offset, "the record that begins here is not closed"));
                }
                filling.at = scanned;
                break;
            }
        }
        let length = (filling.at - start) as u64;
        if length > self.limits.max_line_bytes {
            filling.oversized.push(OversizedLine { number, offset, length });
        } else {
            filling.spans.push(RecordSpan { number, offset, start, end: filling.at, note: None });
        }
        Ok(())
    }

    /// Reads to the end of a record that is too long, without keeping it.
    fn pass_over(&mut self, filling: &mut Filling, scanner: &mut Scanner, number: u64) -> Result<()> {
        let offset = filling.offset + filling.at as u64;
        let mut length = (filling.bytes.len() - filling.at) as u64;
        let mut chunk = Vec::with_capacity(STEP_BYTES);
        loop {
            chunk.clear();
            let read = self.text.append(&mut chunk, STEP_BYTES)?;
            let end = scanner.end_of_value(&chunk);
            length += end.unwrap_or(read) as u64;
            if end.is_none() && read == STEP_BYTES {
                continue;
            }
            self.ended = read < STEP_BYTES;
            if end.is_none() && !scanner.is_scalar() {
                return Err(self.damaged(offset, "the record that begins here is not closed"));
            }
            filling.oversized.push(OversizedLine { number, offset, length });
            filling.rest = Some((chunk.split_off(end.unwrap_or(read)), offset + length));
            return Ok(());
        }
    }

    /// Appends more text; `false` at the end of the shard.
    fn fill(&mut self, filling: &mut Filling) -> Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let read = self.text.append(&mut filling.bytes, STEP_BYTES)?;
        self.ended = read < STEP_BYTES;
        Ok(read > 0)
    }

    fn damaged(&self, offset: u64, what: &str) -> Error {
        Error::new(ErrorKind::DamagedShard, format!("damaged JSON at byte {offset}: {what}"))
            .file(self.text.shard().path.display())
            .hint("write the shard again; if it holds one record a line, call it .jsonl")
    }
}

/// Finds where a JSON value ends by its brackets and quotes.
#[derive(Debug, Default)]
struct Scanner {
    depth: u64,
    begun: bool,
    in_string: bool,
    escaped: bool,
}

impl Scanner {
    /// Whether the value so far has no bracket and no quote: it ends wherever the text does.
    fn is_scalar(&self) -> bool {
        self.depth == 0 && !self.in_string
    }

    /// How many of the next bytes still belong to the value, or `None` if it goes on after them.
    fn end_of_value(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            if self.in_string {
                at += self.string(&bytes[at..]);
                if !self.in_string && self.depth == 0 {
                    return Some(at);
                }
                continue;
            }
            match bytes[at] {
                b'}' | b']' | b',' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => return Some(at),
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                b'"' if self.depth > 0 || !self.begun => self.in_string = true,
                _ => {}
            }
            self.begun = true;
            at += 1;
        }
        None
    }

    /// Goes to the end of a string, or of the bytes.
    fn string(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        if self.escaped && !bytes.is_empty() {
            self.escaped = false;
            at = 1;
        }
        while let Some(found) = memchr::memchr2(b'"', b'\\', &bytes[at..]) {
            at += found + 1;
            if bytes[at - 1] == b'"' {
                self.in_string = false;
                return at;
            }
            if at == bytes.len() {
                self.escaped = true;
                return at;
            }
            at += 1;
        }
        bytes.len()
    }
}
