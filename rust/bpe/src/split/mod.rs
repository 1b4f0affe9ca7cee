//! Splitting text into pretokens, the pieces inside which merges happen.
//!
//! The reference does this with regular expressions of the tokenizer file. The most common ones have
//! scanners written by hand that find the same borders; any other is compiled.

pub(crate) mod blocks;
pub(crate) mod borders;
pub(crate) mod compiled;
pub(crate) mod masks;
pub(crate) mod pattern;
pub(crate) mod scalar;

pub use pattern::Pattern;

use compiled::chain::Chain;

use crate::sentence::SentenceRules;

/// How a tokenizer splits.
pub(crate) enum Splitting {
    /// By a scanner written by hand.
    Known(Pattern),
    /// By a compiled pre-tokenizer.
    Compiled(Box<Chain>),
    /// Not at all: text is merged as a whole.
    Sentence(SentenceRules),
}
