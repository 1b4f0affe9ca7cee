//! The known word that a misspelled one most probably means: one rule for the core, the binding and Python.

use strsim::osa_distance;

/// Letters of a word beyond which no distance is measured.
const LONGEST: usize = 64;
/// Letters from which on the beginning of a word stands for it.
const SHORTEST: usize = 3;

/// The word of `known` that is nearest to `given`, where it is near enough to be meant.
///
/// Case does not count. Of three letters one, and never more than two in all, may be wrong, missing, too
/// many, or swapped with its neighbor. The first of several that are equally near is taken; a word that is
/// known itself is near to none.
pub fn nearest<'k>(given: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let (letters, length) = lower_case(given)?;
    let mut found: Option<(usize, &'k str)> = None;
    for word in known {
        let Some((other, other_length)) = lower_case(word).filter(|_| word != given) else { continue };
        let allowed = (length.max(other_length) / 3).min(2);
        if length.abs_diff(other_length) > allowed {
            continue;
        }
        let distance = osa_distance(&letters, &other);
        if distance <= allowed && found.is_none_or(|(best, _)| distance < best) {
            found = Some((distance, word));
        }
    }
    found.map(|(_, word)| word)
}

/// `; did you mean ..?` for the end of a message; empty where no known word is near.
#[must_use]
pub(crate) fn suggestion<'k>(given: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    nearest(given, known).map_or(String::new(), |word| format!("; did you mean `{word}`?"))
}

/// The option or value that `given` is meant for: the nearest word, else the only one that begins with it. Keys of
/// data are no choice out of a list, so for them the nearest word alone counts.
#[must_use]
pub fn meant<'k>(given: &str, known: &[&'k str]) -> Option<&'k str> {
    nearest(given, known.iter().copied()).or_else(|| {
        let mut longer =
            known.iter().filter(|word| given.len() >= SHORTEST && **word != given && word.starts_with(given));
        longer.next().filter(|_| longer.next().is_none()).copied()
    })
}

/// A hint for an option that takes one of the `known` words: the one that is meant, else all of them.
pub(crate) fn choice_hint(given: &str, known: &[&str]) -> String {
    match meant(given, known) {
        Some(word) => format!("did you mean {word:?}?"),
        None => format!("choose from {}", known.join(", ")),
    }
}

/// The word in lower case and how many letters it has; `None` where it is too long to be measured.
fn lower_case(word: &str) -> Option<(String, usize)> {
    if word.len() > LONGEST * 4 {
        return None;
    }
    let lower = word.to_lowercase();
    let length = lower.chars().count();
    (length <= LONGEST).then_some((lower, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_nearly_known_is_found() {
        let roles = ["system", "developer", "user", "assistant", "tool"];
        for (given, meant) in [
            ("assitant", "assistant"),
            ("Assistant", "assistant"),
            ("asisstant", "assistant"),
            ("usr", "user"),
            ("users", "user"),
            ("tools", "tool"),
            ("sytsem", "system"),
        ] {
            assert_eq!(nearest(given, roles), Some(meant), "{given}");
        }
        for far in ["critic", "human", "gpt", "", "function", "model", &"user".repeat(40)] {
            assert_eq!(nearest(far, roles), None, "{far}");
        }
        assert_eq!(nearest("user", ["user"]), None);
        assert_eq!(nearest("toolCalls", ["tool_call_id", "tool_calls"]), Some("tool_calls"));
        assert_eq!(suggestion("usr", roles), "; did you mean `user`?");
        assert_eq!(suggestion("critic", roles), "");
        assert_eq!(choice_hint("asistant", &roles), "did you mean \"assistant\"?");
        assert_eq!(meant("max_len", &["max_length", "loss"]), Some("max_length"));
        assert_eq!(meant("max", &["max_length", "max_depth"]), None);
        assert_eq!(meant("loss", &["loss"]), None);
        assert_eq!(choice_hint("x", &roles[..2]), "choose from system, developer");
    }
}
