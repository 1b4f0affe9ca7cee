//! Whether a text begins or ends within a word, as the reference's `\\w` has it.

use std::sync::LazyLock;

use regex::Regex;

#[allow(clippy::unwrap_used, reason = "the patterns are constants, and a test compiles them")]
static BEGINS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\w").unwrap());
#[allow(clippy::unwrap_used, reason = "the patterns are constants, and a test compiles them")]
static ENDS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\w$").unwrap());

/// Whether the first character of `text` belongs to a word.
pub(super) fn starts_with_word(text: &str) -> bool {
    BEGINS.is_match(text)
}

/// Whether the last character of `text` belongs to a word.
pub(super) fn ends_in_word(text: &str) -> bool {
    let last = text.char_indices().next_back().map_or(0, |(at, _)| at);
    ENDS.is_match(&text[last..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_digits_marks_and_underscores_are_words() {
        for word in ["a", "7", "_", "é", "字", "\u{301}"] {
            assert!(starts_with_word(word) && ends_in_word(word), "{word:?}");
        }
        for other in ["", " ", "-", "<", "€"] {
            assert!(!starts_with_word(other) && !ends_in_word(other), "{other:?}");
        }
        assert!(ends_in_word("- a") && !ends_in_word("a -") && starts_with_word("a -"));
    }
}
