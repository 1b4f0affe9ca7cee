//! Strict JSON on a flat tape that keeps the source text of every value.
//!
//! A [`Tape`] reads one text at a time into a vector of nodes. A node knows what a value is and which bytes it covers;
//! nothing is converted and nothing is copied. A [`Json`] is a view of one node: it has the source text of the value,
//! its elements or members, and the content of a string.
//!
//! ```
//! use tooltrain_json::Tape;
//!
//! let text = r#"{"messages": [{"role": "user", "content": "caf\u00e9"}], "price": 2.50}"#;
//! let mut tape = Tape::default();
//! let record = tape.read(text, 64).map_err(|problems| problems[0].message(text, 64))?;
//!
//! assert_eq!(record.at("/messages/0/content").and_then(|content| content.text()).as_deref(), Some("café"));
//! // Numbers keep their spelling: `2.50` does not become `2.5`.
//! assert_eq!(record.get("price").map(|price| price.source()), Some("2.50"));
//! # Ok::<(), String>(())
//! ```
//!
//! A text that is no JSON is refused with every [`Problem`] that was found, each with its byte and the JSON pointer of
//! the value that was being read. A key that stands twice in one object and half of a surrogate pair are problems as
//! well: readers disagree about what they mean.
//!
//! ```
//! use tooltrain_json::{ProblemKind, Tape};
//!
//! let mut tape = Tape::default();
//! let problems = tape.read(r#"{"a": {"b": 1, "\u0062": 2}}"#, 64).map(|_| ()).unwrap_err();
//! assert_eq!((problems[0].kind, problems[0].offset), (ProblemKind::DuplicateKey, 15));
//! assert_eq!(problems[0].pointer, "/a/b");
//! ```
//!
//! [`print_json`] prints what Python's `json.dumps` prints, but numbers keep their spelling;
//! [`print_json_indented`] and [`print_json_compact`] print its
//! other layouts.
//!
//! ```
//! let mut printed = String::new();
//! tooltrain_json::print_json(r#"{"a":[1E5,"\u00e9\/"]}"#, &mut printed);
//! assert_eq!(printed, r#"{"a": [1E5, "é/"]}"#);
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod layout;
mod print;
mod problem;
mod repeated;
mod strings;
mod tape;

pub use layout::{print_json_compact, print_json_indented};
pub use print::{print_json, print_json_string};
pub use problem::{Problem, ProblemKind, escape_for_display, excerpt};
pub use strings::next_special;
pub use tape::{Elements, Json, Kind, Members, Tape, push_segment};
