//! What Python means by white space and by truth, where chat templates rely on it.

use tooltrain_json::{Json, Kind};

/// Whether Python's `str.isspace` holds for `character`: four separator control characters are
/// space there that Rust's own notion leaves alone.
#[must_use]
pub fn is_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{1c}'..='\u{1f}')
}

/// `text` as Python's `str.strip()` leaves it.
#[must_use]
pub fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Whether Python would take the JSON value for true.
#[must_use]
pub fn is_true(json: Json<'_, '_>) -> bool {
    match json.kind() {
        Kind::Null | Kind::False => false,
        Kind::True => true,
        Kind::Number => json.number().is_some_and(|number| number != 0.0),
        Kind::String => json.source() != "\"\"",
        Kind::Array => json.elements().next().is_some(),
        Kind::Object => json.members().next().is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tooltrain_json::Tape;

    #[test]
    fn strip_takes_what_python_takes() {
        assert_eq!(strip(" \u{1c}\u{85}\u{3000}a\u{1f} b\n\u{2028}"), "a\u{1f} b");
        assert_eq!(strip("\u{200b}a\u{feff}"), "\u{200b}a\u{feff}");
        assert_eq!(strip(" \t"), "");
    }

    #[test]
    fn truth_is_that_of_python() {
        let mut tape = Tape::default();
        for source in ["true", "1", "-0.5", "\" \"", "[0]", "{\"a\": null}"] {
            assert!(is_true(tape.read(source, 9).unwrap()), "{source}");
        }
        for source in ["false", "null", "0", "-0.0", "0e5", "\"\"", "[ ]", "{ }"] {
            assert!(!is_true(tape.read(source, 9).unwrap()), "{source}");
        }
    }
}
