//! Strict JSON on a flat tape that keeps the source text of every value.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod layout;
mod print;
mod problem;
mod repeated;
mod strings;
mod tape;

pub use layout::{print_json_compact, print_json_indented};
pub use print::{print_json, print_json_string};
pub use problem::{Problem, ProblemKind, escape_for_display, excerpt};
pub use strings::next_special;
pub use tape::{Elements, Json, Kind, Members, Tape, push_segment};
