//! Keys that are nearly one that means something.

use tooltrain_json::Json;

use crate::nearest::nearest;

/// Whether a key of `object` is nearly one of `wanted`, the keys that it lacks. Those that are `known` to mean something
/// else do not count.
#[cold]
pub(super) fn any(object: Json<'_, '_>, known: &[&str], wanted: &[&str]) -> bool {
    object.members().any(|(key, value)| {
        !known.contains(&&*key) && !value.is_null() && nearest(&key, wanted.iter().copied()).is_some()
    })
}

/// A word that a key may be meant for, with its letters, so that most other keys are told from it at once.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) word: &'static str,
    letters: u32,
}

impl Wanted {
    pub(super) const fn new(word: &'static str) -> Self {
        Self { word, letters: letters(word.as_bytes()) }
    }

    /// False where more than two letters would have to change. A change takes a letter away, or brings one,
    /// or both.
    pub(super) fn may_be_meant(&self, key: &Key) -> bool {
        self.word.len().abs_diff(key.length) <= 2 && (self.letters ^ key.letters).count_ones() <= 4
    }
}

/// A key that nobody knows.
pub(super) struct Key {
    length: usize,
    letters: u32,
}

impl Key {
    pub(super) fn of(key: &str) -> Self {
        Self { length: key.len(), letters: letters(key.as_bytes()) }
    }
}

/// The letters that a word has, a bit each; what is no letter shares bits with some.
const fn letters(word: &[u8]) -> u32 {
    let (mut letters, mut at) = (0, 0);
    while at < word.len() {
        letters |= 1 << (word[at] & 31);
        at += 1;
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_that_is_near_is_taken_for_another() {
        for (word, keys) in [
            ("content", &["contnet", "Content", "contents", "cotnent", "ontent", "kontemt"][..]),
            ("tool_calls", &["tool_call", "toolCalls", "tol_calls", "tool-calls", "TOOL_CALLS"]),
            ("weight", &["wieght", "weights", "Weight"]),
        ] {
            for key in keys {
                assert_eq!(nearest(key, [word]), Some(word), "{key}");
                assert!(Wanted::new(word).may_be_meant(&Key::of(key)), "{key}");
            }
        }
        for key in ["id", "timestamp", "metadata", "index"] {
            assert!(!Wanted::new("content").may_be_meant(&Key::of(key)), "{key}");
        }
    }
}
