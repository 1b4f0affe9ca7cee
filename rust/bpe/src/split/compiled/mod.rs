//! Any splitting pattern, compiled.
//!
//! Expressions become tables over classes of characters ([`automaton`]); a pre-tokenizer of several
//! parts is a [`chain`] of them, which says plainly how it splits; and a chain is [`fused`] into one
//! table that says for each character whether a pretoken ends before it.

mod alphabet;
mod automaton;
pub(crate) mod chain;
mod expression;
mod fused;
pub(crate) mod reading;
mod set;
mod stage;
mod stream;
