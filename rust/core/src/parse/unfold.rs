//! Records whose messages are JSON text inside a string, as columns of text have them.

use tooltrain_json::{Json, Kind, Tape};

use super::ParseOptions;

/// Keys whose value may be the JSON text of a list.
const LISTS: [&str; 2] = ["messages", "conversations"];

/// The record with its lists in the place of their text, so that every layout reads them as its own;
/// `None` where there is nothing to unfold. Text that is no JSON list stays as it is, to be reported.
pub(super) fn unfold(
    record: Json<'_, '_>,
    text: &str,
    tapes: &mut Vec<Tape>,
    options: &ParseOptions,
) -> Option<String> {
    let mut unfolded = String::new();
    let mut copied = 0;
    for (key, value) in record.members() {
        if value.kind() != Kind::String || !LISTS.contains(&&*key) {
            continue;
        }
        let list = value.text().unwrap_or_default();
        let mut tape = tapes.pop().unwrap_or_default();
        let is_list = tape.read(&list, options.max_depth).is_ok_and(|list| list.kind() == Kind::Array);
        tapes.push(tape);
        if !is_list {
            continue;
        }
        unfolded.push_str(&text[copied..value.offset()]);
        unfolded.push_str(&list);
        copied = value.offset() + value.source().len();
    }
    if copied == 0 {
        return None;
    }
    unfolded.push_str(&text[copied..]);
    Some(unfolded)
}
