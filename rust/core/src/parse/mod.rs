//! parse: a line -> one conversation.

mod json_print;
mod string_scan;

pub use json_print::{print_json, print_json_string};
