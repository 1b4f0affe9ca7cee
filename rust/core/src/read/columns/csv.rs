//! CSV: comma or tab separated rows under a header, as RFC 4180 has them.

use std::borrow::Cow;

use tooltrain_json::print_json_string;

use super::super::block::{LineBlock, RowNote};
use super::super::decompress::ShardText;
use super::super::shard_files::ReadLimits;
use super::super::skip::is_tab_separated;
use super::filling::{Filling, Place, Rows, next_block};
use super::known_of;
use crate::error::{Error, ErrorKind, Result};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const STEP_BYTES: usize = 64 << 10;

/// Rows of one CSV shard, cut into blocks.
pub(in super::super) struct CsvRows<'a> {
    text: ShardText<'a>,
    place: Place,
    separator: u8,
    chunk: Vec<u8>,
    at: usize,
    ended: bool,
    header: Vec<String>,
    known: Vec<usize>,
    fields: Vec<Vec<u8>>,
}

/// A row that was read.
struct Row {
    /// How many fields it has.
    fields: usize,
    /// Bytes of its fields.
    length: u64,
}

impl<'a> CsvRows<'a> {
    pub(in super::super) fn open(mut text: ShardText<'a>, shard: u32, limits: ReadLimits) -> Result<Self> {
        if text.peek(BYTE_ORDER_MARK.len())? == BYTE_ORDER_MARK {
            text.append(&mut Vec::new(), BYTE_ORDER_MARK.len())?;
        }
        let name = text.shard().path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut rows = Self {
            text,
            place: Place::start(shard, limits),
            separator: if is_tab_separated(&name) { b'\t' } else { b',' },
            chunk: Vec::new(),
            at: 0,
            ended: false,
            header: Vec::new(),
            known: Vec::new(),
            fields: Vec::new(),
        };
        if let Some(row) = rows.read_row()? {
            let names = &rows.fields[..row.fields];
            rows.header = names.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
            let names: Vec<&str> = rows.header.iter().map(String::as_str).collect();
            rows.known = known_of(&rows.text.shard().name, &names)?;
        }
        Ok(rows)
    }

    pub(in super::super) fn text(&self) -> &ShardText<'a> {
        &self.text
    }

    pub(in super::super) fn next_block(&mut self, buffer: Vec<u8>) -> Result<Option<LineBlock>> {
        next_block(self, buffer)
    }

    /// Appends the row as a JSON object of its known columns; an empty field is left out. Returns
    /// whether the fields are UTF-8.
    fn print_row(&self, row: &Row, out: &mut String) -> bool {
        out.push('{');
        let mut is_text = true;
        let mut empty = true;
        for &position in self.known.iter().filter(|&&position| position < row.fields) {
            let (key, field) = (&self.header[position], &self.fields[position]);
            if field.is_empty() {
                continue;
            }
            if !std::mem::take(&mut empty) {
                out.push_str(", ");
            }
            print_json_string(key, out);
            out.push_str(": ");
            match (key.as_str(), &**field) {
                ("parallel_tool_calls", b"true" | b"True" | b"TRUE") => out.push_str("true"),
                ("parallel_tool_calls", b"false" | b"False" | b"FALSE") => out.push_str("false"),
                _ => {
                    let text = String::from_utf8_lossy(field);
                    is_text &= matches!(text, Cow::Borrowed(_));
                    print_json_string(&text, out);
                }
            }
        }
        out.push('}');
        is_text
    }

    fn next_byte(&mut self) -> Result<Option<u8>> {
        if self.at == self.chunk.len() {
            if self.ended {
                return Ok(None);
            }
            self.chunk.clear();
            self.at = 0;
            self.ended = self.text.append(&mut self.chunk, STEP_BYTES)? < STEP_BYTES;
        }
        let byte = self.chunk.get(self.at).copied();
        self.at += 1;
        Ok(byte)
    }

    /// Reads the fields of the next row that has any; of a row that is too long, only its length.
    fn read_row(&mut self) -> Result<Option<Row>> {
        let mut row = Row { fields: 0, length: 0 };
        let mut state = State::Start;
        self.begin_field(0);
        loop {
            let byte = self.next_byte()?;
            let ends_row = matches!(byte, None | Some(b'\n')) && state != State::Quoted;
            if byte.is_none() && state == State::Quoted {
                return Err(self.damaged("a quoted field does not end"));
            }
            if ends_row {
                if let Some(last) = self.fields.get_mut(row.fields).filter(|_| state != State::Closed) {
                    last.pop_if(|byte| *byte == b'\r');
                }
                let is_blank = row.fields == 0
                    && state != State::Closed
                    && self.fields.first().is_none_or(Vec::is_empty);
                if !is_blank {
                    row.fields += 1;
                    return Ok(Some(row));
                }
                if byte.is_none() {
                    return Ok(None);
                }
                self.begin_field(0);
                (state, row.length) = (State::Start, 0);
                continue;
            }
            let Some(byte) = byte else { return Ok(None) };
            row.length += 1;
            match (state, byte) {
                (State::Start, b'"') => state = State::Quoted,
                (State::Quoted, b'"') => state = State::Closed,
                // A quote inside a quoted field is written twice.
                (State::Closed, b'"') => {
                    self.keep(row.fields, byte, row.length);
                    state = State::Quoted;
                }
                (State::Start | State::Plain | State::Closed, byte) if byte == self.separator => {
                    row.fields += 1;
                    self.begin_field(row.fields);
                    state = State::Start;
                }
                (State::Closed, b'\r') => {}
                (State::Closed, _) => return Err(self.damaged("text follows a quoted field")),
                (State::Quoted, byte) => self.keep(row.fields, byte, row.length),
                (State::Start | State::Plain, byte) => {
                    self.keep(row.fields, byte, row.length);
                    state = State::Plain;
                }
            }
        }
    }

    fn begin_field(&mut self, field: usize) {
        if field == self.fields.len() {
            self.fields.push(Vec::new());
        }
        self.fields[field].clear();
    }

    fn keep(&mut self, field: usize, byte: u8, length: u64) {
        if length <= self.place.limits.max_line_bytes {
            self.fields[field].push(byte);
        }
    }

    fn damaged(&self, what: &str) -> Error {
        let what = format!("damaged CSV at row {}: {what}", self.place.next_record);
        Error::new(ErrorKind::DamagedShard, what)
            .file(self.text.shard().path.display())
            .hint("quote fields that hold quotes, separators or line ends, and write their quotes twice")
    }
}

impl Rows for CsvRows<'_> {
    fn place(&mut self) -> &mut Place {
        &mut self.place
    }

    fn add_row(&mut self, filling: &mut Filling) -> Result<bool> {
        let Some(row) = self.read_row()? else { return Ok(false) };
        let (number, longest) = (self.place.next_record, self.place.limits.max_line_bytes);
        if row.length > longest {
            filling.too_long(number, row.length);
            return Ok(true);
        }
        let is_text = self.print_row(&row, filling.begin());
        let expected = self.header.len();
        let note = if row.fields == expected {
            (!is_text).then_some(RowNote::NotUtf8)
        } else {
            Some(RowNote::Fields { found: row.fields, expected })
        };
        filling.end(number, note, longest);
        Ok(true)
    }
}

/// Where a reader stands in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At its first byte.
    Start,
    /// Inside one without quotes.
    Plain,
    /// Inside quotes.
    Quoted,
    /// After a quote that ends it, or is the first of two.
    Closed,
}
