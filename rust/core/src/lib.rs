//! Streams tool-calling conversations into packed, masked token rows.
//!
//! The flow goes one way: read -> parse -> validate -> render -> tokenize -> pack -> write. A stage
//! knows the output type of the stage before it and nothing of the later ones; only
//! [`run`] sees them all.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod audit;
pub mod compression;
pub mod conversation;
pub mod convert;
pub mod cpu_time;
pub mod digest;
pub mod error;
pub mod field;
pub mod finding;
pub mod finding_counts;
pub mod layout_spec;
pub mod ledger;
pub mod loss;
pub mod mask;
pub mod metadata;
pub mod nearest;
pub mod options;
pub mod pack;
pub mod parse;
pub mod pieces;
pub mod prepare;
pub mod progress;
pub mod read;
pub mod rejected;
pub mod render;
pub mod report;
pub mod run;
pub mod sample;
pub mod self_check;
pub mod tokenize;
pub mod unread;
pub mod validate;
pub mod visible;
pub mod whole_file;
pub mod write;

pub use error::{Error, ErrorCode, ErrorKind, Result};

/// Version of the engine, as written into every footer.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
