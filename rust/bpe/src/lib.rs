//! BPE with the ids of the reference tokenizer, many times faster: over bytes, and over characters with
//! bytes to fall back to.
//!
//! The crate takes over a `tokenizer.json` whose parts it recognizes ([`Bpe::from_tokenizer_json`]),
//! refuses every other ([`Unsupported`]), and then gives exactly the ids that the `tokenizers` crate
//! gives for plain text: text in which no added token is looked for. Cutting at control tokens is the
//! caller's work, since only the caller knows which bytes may become one.
//!
//! No regular expression is interpreted at run time. The most common splitting patterns have scanners
//! written by hand, others are compiled into a table; character classes and normalization tables were
//! taken from the reference itself, and merges follow the merge list of the file, never an assumption
//! about it.
// What runs on a machine's instructions is only compiled for them where it is inlined into that
// machine's loop, so inlining is not left to the compiler's taste.
#![allow(clippy::inline_always)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod batches;
mod bpe;
mod byte_alphabet;
mod compact;
mod encoder;
mod hash;
mod json_form;
mod long_words;
mod machine;
mod merges;
mod names;
mod normalize;
mod recognize;
mod sentence;
pub mod split;
pub mod unicode;
mod unsupported;
mod vocabulary;
mod vocabulary_index;
mod word_table;
mod words;

pub use bpe::Bpe;
pub use encoder::Encoder;
pub use sentence::Prefixes;
pub use split::Pattern;
pub use unsupported::Unsupported;
pub use vocabulary::AddedToken;
