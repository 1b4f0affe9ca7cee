//! Writing JSON objects member by member, on one line.

use tooltrain_json::print_json_string;

/// A JSON object, or list, under construction at the end of a text.
pub(super) struct Object<'o> {
    out: &'o mut String,
    empty: bool,
    close: char,
}

impl<'o> Object<'o> {
    pub(super) fn open(out: &'o mut String) -> Self {
        out.push('{');
        Self { out, empty: true, close: '}' }
    }

    pub(super) fn open_list(out: &'o mut String) -> Self {
        out.push('[');
        Self { out, empty: true, close: ']' }
    }

    /// The place where the next value goes.
    pub(super) fn next(&mut self) -> &mut String {
        if !std::mem::take(&mut self.empty) {
            self.out.push_str(", ");
        }
        self.out
    }

    /// The place where the value of `key` goes.
    pub(super) fn key(&mut self, key: &str) -> &mut String {
        let out = self.next();
        print_json_string(key, out);
        out.push_str(": ");
        out
    }

    pub(super) fn text(&mut self, key: &str, value: &str) {
        print_json_string(value, self.key(key));
    }

    /// JSON text as it is spelled.
    pub(super) fn json(&mut self, key: &str, source: &str) {
        push_json(source, self.key(key));
    }

    pub(super) fn weight(&mut self, weight: Option<f32>) {
        if let Some(weight) = weight {
            let spelled = weight.to_string();
            self.key("weight").push_str(&spelled);
        }
    }

    pub(super) fn close(self) {
        self.out.push(self.close);
    }
}

/// Appends JSON text as it is spelled, on one line: line ends inside JSON only stand between its
/// parts, where they mean what a space means.
pub(super) fn push_json(source: &str, out: &mut String) {
    let source = source.trim();
    if source.contains(['\n', '\r']) {
        out.extend(
            source.chars().map(|character| if matches!(character, '\n' | '\r') { ' ' } else { character }),
        );
    } else {
        out.push_str(source);
    }
}
