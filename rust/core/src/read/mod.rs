//! read: paths and streams -> blocks of whole lines.
//!
//! [`expand`] turns what the caller named into a list of shards and finds out, before anything is
//! read, which of them cannot be read at all. [`open_shard`] decompresses one and cuts it into
//! [`LineBlock`]s. [`sequencer::run`] does that for all of them on a few threads, hands each block to
//! a worker, and gives the outcomes back in (shard, line) order within a budget of bytes.

pub mod block;
mod columns;
mod damage;
mod decompress;
mod expand;
mod json_values;
mod lines;
mod natural;
mod packed_arrow;
mod piped;
mod record_at;
pub mod sequencer;
mod shard;
mod shard_files;
mod skip;
pub mod source;
mod standard_input;

pub use crate::compression::Compression;
pub use block::{Line, LineBlock, Lines, OversizedLine, Record, RowNote};
pub use columns::{Given, Input};
pub use expand::expand;
pub use packed_arrow::PackedArrow;
pub use record_at::{FoundRecord, Wanted, record_at};
pub use sequencer::{Event, Plan, ShardEnd};
pub use shard::{Container, Identity, STANDARD_INPUT, Shard};
pub use shard_files::{ReadLimits, ShardFiles};
pub use source::{BlockSource, BlockStream, MemoryShard};
