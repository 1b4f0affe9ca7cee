//! Exact spans for any chat template, proved for each conversation.
//!
//! The engine says for every byte which field it came from. From that follows where each assistant
//! turn lies: its own bytes, before them the generation prompt that serving would have given
//! ([`header`]), after them the first stop token ([`turns`]). What does not hold together is refused
//! ([`check`]); what a template can do is tried out once when it is loaded ([`certificate`]).

pub(crate) mod coverage;
pub(crate) mod ending;
pub(crate) mod extent;
pub mod header;
pub(crate) mod spans;
pub(crate) mod turns;
