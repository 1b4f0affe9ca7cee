//! Writes files until the write stage is there.

pub mod columns;
pub mod parquet_file;
pub mod publish;
pub mod rejects;
