//! The known word that a misspelled one most probably means.

/// Letters of a word beyond which no distance is measured.
const LONGEST: usize = 64;

/// The word of `known` that is nearest to `given`, where it is near enough to be meant.
///
/// Case does not count. Of three letters one, and never more than two in all, may be wrong, missing, too
/// many, or swapped with its neighbor. The first of several that are equally near is taken; a word that is
/// known itself is near to none.
pub(crate) fn nearest<'k>(given: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let letters = lower_case(given)?;
    let mut found: Option<(usize, &'k str)> = None;
    for word in known {
        let Some(other) = lower_case(word).filter(|_| word != given) else { continue };
        let allowed = (letters.len().max(other.len()) / 3).min(2);
        if letters.len().abs_diff(other.len()) > allowed {
            continue;
        }
        let distance = distance(&letters, &other);
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

/// A hint for an option that takes one of the `known` words: the nearest, else all of them.
pub(crate) fn choice_hint(given: &str, known: &[&str]) -> String {
    match nearest(given, known.iter().copied()) {
        Some(word) => format!("did you mean {word:?}?"),
        None => format!("choose from {}", known.join(", ")),
    }
}

fn lower_case(word: &str) -> Option<Vec<char>> {
    let letters: Vec<char> = word.chars().take(LONGEST + 1).flat_map(char::to_lowercase).collect();
    (letters.len() <= LONGEST).then_some(letters)
}

/// Letters to change, add, leave out or swap with their neighbor until one word is the other.
fn distance(one: &[char], other: &[char]) -> usize {
    let mut before_last = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, wanted) in other.iter().enumerate() {
            let mut least = (last[column] + usize::from(letter != wanted))
                .min(last[column + 1] + 1)
                .min(current[column] + 1);
            let swapped = row > 0 && column > 0 && *letter == other[column - 1] && one[row - 1] == *wanted;
            if swapped {
                let before: &Vec<usize> = &before_last;
                least = least.min(before[column - 1] + 1);
            }
            current.push(least);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last[other.len()]
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
        assert_eq!(choice_hint("x", &roles[..2]), "choose from system, developer");
    }

    #[test]
    fn swapping_neighbors_is_one_change() {
        let letters = |word: &str| word.chars().collect::<Vec<_>>();
        for (one, other, changes) in
            [("", "ab", 2), ("ab", "ba", 1), ("abc", "abc", 0), ("abc", "adc", 1), ("ca", "abc", 3)]
        {
            assert_eq!(distance(&letters(one), &letters(other)), changes, "{one} {other}");
        }
    }
}
