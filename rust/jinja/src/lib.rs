//! A Jinja engine for chat templates that prints what transformers' jinja2 prints, and knows for
//! every byte of it which field of the conversation it came from.
//!
//! `minijinja` reads the template (`parse`); the tree is run by an evaluator of its own
//! (`evaluate`, `expression`) whose strings carry their owners (`text`) and whose values behave
//! as Python's do. What Python would do and this engine does not know is refused, never guessed. A
//! template has no way to files, clocks or other templates, and its steps, memory and output are
//! bounded.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod calls;
mod checkpoint;
mod clock;
mod evaluate;
mod expression;
mod filters;
mod formatting;
mod input;
mod look;
mod memo;
mod mentions;
mod methods;
mod operators;
mod order;
mod outer;
mod parse;
mod parts;
mod program;
mod python_print;
pub mod python_text;
mod raised;
mod record;
mod replay;
mod search;
mod session;
mod source;
mod tests;
mod text;
mod to_json;
mod value;

pub use clock::Day;
pub use evaluate::Limits;
pub use input::{Input, Inputs};
pub use parse::compile;
pub use program::Program;
pub use raised::{Raised, Result};
pub use search::find;
pub use session::{Printed, Session};
pub use text::{Meter, Owner, Run};
pub use value::JsonSource;
