//! Reading shards and writing outputs, on real files in temporary folders.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod columns_read_back;
mod common;
mod expand;
mod line_blocks;
mod made_rows;
mod packed_arrow;
mod publishing;
mod record_at;
mod rejects;
mod sequencer;
mod shard_damage;
mod standard_input;
