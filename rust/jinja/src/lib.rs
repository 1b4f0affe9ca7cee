//! A Jinja engine for chat templates that prints what transformers' jinja2 prints, and knows for
//! every byte of it which field of the conversation it came from.
//!
//! `minijinja` reads the template (`parse`); the tree is run by an evaluator of its own
//! (`evaluate`, `expression`) whose strings carry their owners (`text`) and whose values behave
//! as Python's do. What Python would do and this engine does not know is refused, never guessed. A
//! template has no way to files, clocks or other templates, and its steps, memory and output are
//! bounded.
//!
//! [`compile`] makes a [`Program`] of a template. A [`Session`] runs it on what its caller defines: texts that belong to
//! an [`Owner`], lists, dicts, JSON. What the owners mean is the caller's affair; the engine carries them through
//! filters, slices, concatenation and JSON printing.
//!
//! ```
//! use tooltrain_jinja::{Input, Limits, Meter, Owner, Session, compile};
//!
//! let program = compile("{% for m in messages %}<|{{ m.role }}|>{{ m.content | trim }}<|end|>{% endfor %}")?;
//! let meter = Meter::new(1 << 20);
//! let limits = Limits { steps: 10_000, memory: 1 << 20, output: 1 << 20 };
//! let session = Session::new(&program, &meter, &[], None, limits);
//!
//! let content = Owner::new(1);
//! let printed = session.print(1, false, None, |inputs| {
//!     let message = inputs.dict(vec![
//!         (Input::text("role"), Input::text("user")),
//!         (Input::text("content"), Input::owned("  hello ", content)),
//!     ])?;
//!     let messages = inputs.list(vec![message])?;
//!     inputs.define("messages", messages);
//!     Ok(())
//! })?;
//!
//! assert_eq!(printed.text, "<|user|>hello<|end|>");
//! // Trimmed, the content still belongs to its owner; all other bytes are the template's.
//! let owners: Vec<_> = printed.spans().map(|(start, end, owner)| (start, end, owner.number())).collect();
//! assert_eq!(owners, [(0, 8, 0), (8, 13, 1), (13, 20, 0)]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A template ends with a [`TemplateError`] where it raises, where it does what this engine does not know, and where it
//! reaches a limit. All of them concern one rendering only; the session goes on.
//!
//! ```
//! use tooltrain_jinja::{Limits, Meter, Session, TemplateError, compile};
//!
//! let program = compile("{{ raise_exception('no messages') }}")?;
//! let meter = Meter::new(1 << 20);
//! let session = Session::new(&program, &meter, &[], None, Limits { steps: 100, memory: 1 << 20, output: 1 << 10 });
//! let error = session.print(0, false, None, |_| Ok(())).unwrap_err();
//! assert_eq!(error, TemplateError::Raised("no messages".into()));
//! # Ok::<(), String>(())
//! ```
//!
//! One input is printed many times where it is proved: [`Session::with_memo`] repeats what is the same in them
//! (`memo`, `replay`), and goes on from where the modes of a rendering part (`checkpoint`).
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod calls;
mod checkpoint;
mod clock;
mod error;
mod evaluate;
mod expression;
mod filters;
mod formatting;
mod from_json;
mod input;
mod lookup;
mod loop_reads;
mod memo;
mod mentions;
mod methods;
mod operators;
mod order;
mod parse;
mod parts;
mod program;
mod python_print;
pub mod python_text;
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
pub use error::{Result, TemplateError};
pub use evaluate::Limits;
pub use input::{Input, Inputs};
pub use parse::compile;
pub use program::Program;
pub use search::find;
pub use session::{Printed, Session};
pub use text::{Meter, Owner, Run};
pub use value::JsonSource;
