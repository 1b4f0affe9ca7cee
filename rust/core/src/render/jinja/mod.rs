//! A Jinja engine for chat templates that prints what transformers' jinja2 prints, and knows for
//! every byte of it which field of the conversation it came from.
//!
//! `minijinja` reads the template ([`parse`]); the tree is run by an evaluator of its own
//! ([`evaluate`], [`expression`]) whose strings carry their owners ([`text`]) and whose values behave
//! as Python's do. What Python would do and this engine does not know is refused, never guessed. A
//! template has no way to files, clocks or other templates, and its steps, memory and output are
//! bounded.

pub(crate) mod calls;
pub(crate) mod checkpoint;
pub(crate) mod context;
pub(crate) mod evaluate;
pub(crate) mod expression;
pub(crate) mod filters;
pub(crate) mod formatting;
pub(crate) mod look;
pub(crate) mod memo;
pub(crate) mod mentions;
pub(crate) mod methods;
pub(crate) mod operators;
pub(crate) mod order;
pub(crate) mod outer;
pub(crate) mod parse;
pub(crate) mod parts;
pub(crate) mod program;
pub(crate) mod python_print;
pub(crate) mod raised;
pub(crate) mod record;
pub(crate) mod replay;
pub(crate) mod session;
pub(crate) mod source;
pub(crate) mod tests;
pub(crate) mod text;
pub(crate) mod to_json;
pub(crate) mod value;
