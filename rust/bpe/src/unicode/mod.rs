//! What the reference says about code points.
//!
//! The tables beside this file were not made from a Unicode database but by asking the reference
//! tokenizer about every code point (`tests/unicode_tables.rs` does it again and compares), so they
//! carry its Unicode versions: one for its regular expressions and an older one for normalization.

mod class_table;
mod classes;
pub(crate) mod code_points;
pub(crate) mod normalization_table;
pub(crate) mod properties;
#[allow(clippy::unreadable_literal, reason = "code points as they are written everywhere")]
mod property_table;

pub use classes::{Class, class_of};
pub use properties::{CATEGORIES, SCRIPTS};
