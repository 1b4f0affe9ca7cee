//! The unit of work: a block of whole lines.

use crate::finding::{Code, Finding, Severity};
use crate::rejected::Rejected;

/// A line that is longer than `max_line_bytes`; its bytes were not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OversizedLine {
    /// Its number, 1 for the first line of the shard.
    pub number: u64,
    /// Byte offset of its start in the shard's text.
    pub offset: u64,
    /// Its bytes, without the line ending.
    pub length: u64,
}

impl OversizedLine {
    /// The record as one that is rejected, `longest` being what `max_line_bytes` says.
    #[must_use]
    pub fn rejected(&self, longest: u64) -> Rejected {
        let what = format!("the line has {} bytes, more than max_line_bytes {longest}", self.length);
        Rejected {
            line: self.number,
            offset: self.offset,
            raw: None,
            length: self.length,
            findings: vec![Finding::new(Code::LineTooLong, "", what)],
        }
    }
}

/// One record's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number, 1 for the first line of the shard. Records of a JSON list and of memory are
    /// counted instead: 1 for the first record.
    pub number: u64,
    /// Byte offset of its start in the shard's text, after decompression.
    pub offset: u64,
    /// Its bytes, without the line ending.
    pub bytes: &'a [u8],
    /// What making the record out of columns has to say.
    pub note: Option<RowNote>,
}

/// What making a record out of columns has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowNote {
    /// So many null members of structs were left out.
    Nulls(u32),
    /// The row has another number of fields than the header.
    Fields {
        /// Fields of the row.
        found: usize,
        /// Fields of the header.
        expected: usize,
    },
    /// A field is not UTF-8.
    NotUtf8,
}

impl RowNote {
    /// The note as a finding of its record.
    #[must_use]
    pub fn finding(self) -> Finding {
        match self {
            RowNote::Nulls(count) => {
                let members = if count == 1 { "member" } else { "members" };
                Finding::new(
                    Code::NullsLeftOut,
                    "",
                    format!("{count} null {members} of structs were left out"),
                )
            }
            RowNote::Fields { found, expected } => {
                let what = format!("the row has {found} fields, and the header {expected}");
                Finding::new(Code::RowWrongWidth, "", what)
            }
            RowNote::NotUtf8 => Finding::new(Code::InvalidUtf8, "", "a field of the row is not UTF-8"),
        }
    }
}

impl Line<'_> {
    /// What making it has to say, as a finding, and whether that rejects the record unread.
    #[must_use]
    pub fn finding(&self) -> Option<(Finding, bool)> {
        let finding = self.note?.finding();
        let rejects = finding.severity == Severity::Error;
        Some((finding, rejects))
    }

    /// The record as one that is rejected for `findings`.
    #[must_use]
    pub fn rejected(&self, findings: Vec<Finding>) -> Rejected {
        Rejected {
            line: self.number,
            offset: self.offset,
            raw: Some(self.bytes.to_vec()),
            length: self.bytes.len() as u64,
            findings,
        }
    }
}

/// A record of a block: its line, or where a line stands that was too long to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    /// A line.
    Line(Line<'a>),
    /// A line that was too long.
    TooLong(&'a OversizedLine),
}

/// Where a record stands in a block whose records are not lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RecordSpan {
    pub(super) number: u64,
    pub(super) offset: u64,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) note: Option<RowNote>,
}

/// Consecutive whole lines of one shard. Where a block ends depends on the block size; its lines,
/// their numbers and their offsets do not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineBlock {
    /// Position of the shard in the run's list.
    pub shard: u32,
    /// Position of the block in its shard.
    pub block: u64,
    /// Number of its first line, 1 for the first of the shard.
    pub first_line: u64,
    /// Byte offset of its start in the shard's text.
    pub first_offset: u64,
    /// The lines with their endings; the last line of a shard may have none.
    pub bytes: Vec<u8>,
    /// Lines that were too long to keep, ascending. [`LineBlock::lines`] leaves them out.
    pub oversized: Vec<OversizedLine>,
    /// Its records, counted where it was cut: the lines that hold something, and those in `oversized`.
    pub records: u64,
    pub(super) spans: Option<Vec<RecordSpan>>,
    pub(super) longest: Option<u64>,
}

impl LineBlock {
    /// A block of whole lines, the first of which is line `first_line`.
    #[must_use]
    pub fn from_lines(shard: u32, block: u64, first_line: u64, first_offset: u64, bytes: Vec<u8>) -> Self {
        let records = count(&bytes, u64::MAX).records;
        LineBlock { shard, block, first_line, first_offset, bytes, records, ..LineBlock::default() }
    }

    /// A block of records that come from memory: each is the JSON text of one record and may span
    /// lines. The first gets the number `first_record`.
    pub fn from_records<'a>(
        shard: u32,
        block: u64,
        first_record: u64,
        records: impl IntoIterator<Item = &'a [u8]>,
    ) -> Self {
        let mut made = LineBlock { shard, block, first_line: first_record, ..LineBlock::default() };
        let mut spans = Vec::new();
        for (number, record) in (first_record..).zip(records) {
            let start = made.bytes.len();
            made.bytes.extend_from_slice(record);
            spans.push(RecordSpan { number, offset: 0, start, end: made.bytes.len(), note: None });
        }
        made.records = spans.len() as u64;
        made.spans = Some(spans);
        made
    }

    /// The same bytes with other records: the number, the offset in the shard, and the bytes of each. Those that are
    /// too long stay.
    #[must_use]
    pub fn with_records(self, records: Vec<(u64, u64, std::ops::Range<usize>)>) -> Self {
        let span = |(number, offset, range): (u64, u64, std::ops::Range<usize>)| RecordSpan {
            number,
            offset,
            start: range.start,
            end: range.end,
            note: None,
        };
        let spans: Vec<_> = records.into_iter().map(span).collect();
        Self { records: (spans.len() + self.oversized.len()) as u64, spans: Some(spans), ..self }
    }

    /// A block at the same place of its shard with other bytes, and lines that were too long. Its records are set by
    /// [`LineBlock::with_records`].
    #[must_use]
    pub fn with_bytes(self, bytes: Vec<u8>, oversized: Vec<OversizedLine>) -> Self {
        Self { bytes, oversized, spans: None, longest: None, ..self }
    }

    /// The lines that hold something and those that were too long, in their order.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        let mut oversized = self.oversized.iter().peekable();
        let mut lines = self.lines().peekable();
        std::iter::from_fn(move || {
            let next = lines.peek().map_or(u64::MAX, |line| line.number);
            if let Some(long) = oversized.next_if(|long| long.number < next) {
                return Some(Record::TooLong(long));
            }
            lines.next().map(Record::Line)
        })
    }

    /// The lines that hold something: blank ones and those in `oversized` are left out, but counted.
    #[must_use]
    pub fn lines(&self) -> Lines<'_> {
        match &self.spans {
            Some(spans) => Lines::Records { block: self, spans: spans.iter() },
            None => Lines::Lines { block: self, number: self.first_line, start: 0 },
        }
    }

    /// Number of the last line, for messages.
    #[must_use]
    pub fn last_line(&self) -> u64 {
        let kept = self.lines().last().map_or(self.first_line, |line| line.number);
        self.oversized.last().map_or(kept, |line| line.number.max(kept))
    }
}

/// Iterator over the lines of a block.
#[derive(Clone, Debug)]
pub enum Lines<'a> {
    /// Over lines.
    #[doc(hidden)]
    Lines { block: &'a LineBlock, number: u64, start: usize },
    /// Over records that stand anywhere.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    Records { block: &'a LineBlock, spans: std::slice::Iter<'a, RecordSpan> },
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        match self {
            Lines::Records { block, spans } => spans.next().map(|span| Line {
                number: span.number,
                offset: span.offset,
                bytes: &block.bytes[span.start..span.end],
                note: span.note,
            }),
            Lines::Lines { block, number, start } => loop {
                let rest = &block.bytes[*start..];
                if rest.is_empty() {
                    return None;
                }
                let end = memchr::memchr(b'\n', rest);
                let bytes = without_return(&rest[..end.unwrap_or(rest.len())]);
                let offset = block.first_offset + *start as u64;
                let line = Line { number: *number, offset, bytes, note: None };
                *start += end.map_or(rest.len(), |end| end + 1);
                *number += 1;
                let too_long = block.longest.is_some_and(|longest| bytes.len() as u64 > longest);
                if !is_blank(bytes) && !too_long {
                    return Some(line);
                }
            },
        }
    }
}

/// What a piece of text counts to.
pub(super) struct Counted {
    /// Line endings.
    pub(super) endings: u64,
    /// Lines that hold something, or are longer than the longest that is kept, whatever they hold.
    pub(super) records: u64,
}

/// Counts lines and records, lines of more than `longest` bytes being too long.
pub(super) fn count(bytes: &[u8], longest: u64) -> Counted {
    let mut counted = Counted { endings: 0, records: 0 };
    let mut start = 0;
    let is_record = |line: &[u8]| {
        let line = without_return(line);
        !is_blank(line) || line.len() as u64 > longest
    };
    for end in memchr::memchr_iter(b'\n', bytes) {
        counted.endings += 1;
        counted.records += u64::from(is_record(&bytes[start..end]));
        start = end + 1;
    }
    counted.records += u64::from(is_record(&bytes[start..]));
    counted
}

/// The line without the carriage return of a CRLF ending.
pub(super) fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Whether a line holds nothing but JSON's white space.
pub(super) fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}
