//! Exact spans for any chat template, proved for each conversation.
//!
//! The engine says for every byte which field it came from. From that follows where each assistant
//! turn lies: its own bytes, before them the generation prompt that serving would have given
//! ([`header`]), after them the first stop token ([`turns`]). What does not hold together is refused
//! ([`check`]); what a template can do is tried out once when it is loaded ([`certificate`]).
//!
//! The invariant: a located turn begins where the text of a prompt that the template itself prints ends. It holds all
//! bytes that its message owns and none that another message owns. It ends with the first stop token after them, or
//! before the text that the template has in its place. Each of these is compared in rendered bytes, never taken from the
//! source of the template. What cannot be shown that way is `Unproved`, and no span is made of it.

pub(crate) mod coverage;
pub(crate) mod ending;
pub(crate) mod extent;
pub mod header;
pub(crate) mod spans;
pub(crate) mod turns;
