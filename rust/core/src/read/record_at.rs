//! One record of one shard, read as a run reads it: the same limits, the same damage, the same containers.

use std::sync::atomic::AtomicBool;

use super::block::Record;
use super::columns::Given;
use super::shard_files::ReadLimits;
use super::source::BlockSource;
use crate::error::{Error, ErrorKind, Result};

/// Which record is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The one on this line, counted from 1.
    Line(u64),
    /// The one with so many records before it.
    Record(u64),
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundRecord {
    /// The record.
    Record {
        /// Its line.
        line: u64,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// The shard has no such record.
    None {
        /// Records of the shard.
        records: u64,
        /// Line of the last of them.
        last_line: u64,
    },
}

/// The wanted record of the one shard that was given. A line that is longer than the limit is an error, as is a row of
/// columns that makes no record.
pub fn record_at(
    given: Given,
    wanted: Wanted,
    limits: ReadLimits,
    cancel: &AtomicBool,
) -> Result<FoundRecord> {
    let input = given.open()?;
    let [shard] = input.shards() else {
        return Err(Error::new(ErrorKind::Options, format!("{} shards were named", input.shards().len()))
            .hint("name one shard"));
    };
    let files = input.blocks(limits, cancel);
    let mut stream = files.open(0)?;
    let (mut records, mut last_line) = (0, 0);
    let mut buffer = Vec::new();
    while let Some(block) = stream.next_block(std::mem::take(&mut buffer))? {
        for record in block.records() {
            let line = match &record {
                Record::Line(line) => line.number,
                Record::TooLong(long) => long.number,
            };
            if wanted == Wanted::Line(line) || wanted == Wanted::Record(records) {
                let refused = match record {
                    Record::TooLong(long) => Some(long.rejected(limits.max_line_bytes)),
                    Record::Line(line) => match line.finding() {
                        Some((finding, true)) => Some(line.rejected(vec![finding])),
                        _ => None,
                    },
                };
                if let Some(refused) = refused {
                    return Err(refused.error(&shard.path.to_string_lossy()));
                }
                let Record::Line(line) = record else { continue };
                return Ok(FoundRecord::Record { line: line.number, bytes: line.bytes.to_vec() });
            }
            records += 1;
            last_line = line;
        }
        buffer = block.bytes;
    }
    Ok(FoundRecord::None { records, last_line })
}
