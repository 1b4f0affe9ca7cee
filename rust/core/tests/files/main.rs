//! Reading shards and writing outputs, on real files in temporary folders.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
mod expand;
mod line_blocks;
mod sequencer;
mod shard_damage;
