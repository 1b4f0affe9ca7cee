//! parse: a line -> one conversation.

pub mod json;
pub(crate) mod json_print;
pub mod json_problem;
pub(crate) mod string_scan;

pub use json_print::{print_json, print_json_string};
