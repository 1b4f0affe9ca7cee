//! Splitting text into pretokens, the pieces inside which merges happen.
//!
//! The reference does this with a regular expression of the tokenizer file. Six expressions cover
//! nearly all byte-level vocabularies in use; each has a scanner written by hand that finds the same
//! borders.

pub(crate) mod blocks;
pub(crate) mod borders;
pub(crate) mod masks;
pub(crate) mod pattern;
pub(crate) mod scalar;

pub use pattern::Pattern;
