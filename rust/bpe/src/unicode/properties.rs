//! Named sets of code points, as the reference's regular expressions and pre-tokenizers see them.

use super::class_table::CLASS_RANGES;
use super::classes::Class;
use super::property_table::{CATEGORY_RANGES, DIGIT_RANGES, PUNCTUATION_RANGES, SCRIPT_RANGES, WORD_RANGES};

/// The general categories that tell code points apart.
pub const CATEGORIES: &[&str] = &[
    "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf",
    "Po", "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Co", "Cn",
];

/// The scripts that splitting patterns may name.
pub const SCRIPTS: &[&str] = &[
    "Han",
    "Hiragana",
    "Katakana",
    "Hangul",
    "Bopomofo",
    "Latin",
    "Greek",
    "Cyrillic",
    "Armenian",
    "Hebrew",
    "Arabic",
    "Syriac",
    "Thaana",
    "Devanagari",
    "Bengali",
    "Gurmukhi",
    "Gujarati",
    "Oriya",
    "Tamil",
    "Telugu",
    "Kannada",
    "Malayalam",
    "Sinhala",
    "Thai",
    "Lao",
    "Tibetan",
    "Myanmar",
    "Georgian",
    "Ethiopic",
    "Cherokee",
    "Khmer",
    "Mongolian",
    "Common",
    "Inherited",
];

/// Ranges of code points, first and last, in order and apart from each other.
pub(crate) type Ranges = Vec<(u32, u32)>;

const LAST: u32 = 0x10_FFFF;

/// The code points of a property as expressions name it, without `\p{}`.
pub(crate) fn named(name: &str) -> Option<Ranges> {
    if let Some(script) = position(SCRIPTS, name) {
        return Some(with_value(SCRIPT_RANGES, |value| value == script));
    }
    let wanted: Vec<u8> = match name {
        "Any" => return Some(vec![(0, LAST)]),
        "C" => ["Cc", "Cf", "Co", "Cn"].iter().filter_map(|name| position(CATEGORIES, name)).collect(),
        _ if name.len() == 1 => {
            (1..).zip(CATEGORIES).filter(|(_, known)| known.starts_with(name)).map(|(at, _)| at).collect()
        }
        _ => position(CATEGORIES, name).into_iter().collect(),
    };
    (!wanted.is_empty()).then(|| with_value(CATEGORY_RANGES, |value| wanted.contains(&value)))
}

fn position(names: &[&str], name: &str) -> Option<u8> {
    (1..).zip(names).find(|&(_, &known)| known == name).map(|(at, _)| at)
}

/// `\s`
pub(crate) fn space() -> Ranges {
    with_value(CLASS_RANGES, |value| value == Class::Space as u8 || value == Class::Newline as u8)
}

/// `\w`
pub(crate) fn word() -> Ranges {
    with_value(WORD_RANGES, |value| value != 0)
}

/// What the pre-tokenizer `Digits` cuts out.
pub(crate) fn digit() -> Ranges {
    with_value(DIGIT_RANGES, |value| value != 0)
}

/// What the pre-tokenizer `Punctuation` cuts out.
pub(crate) fn punctuation() -> Ranges {
    with_value(PUNCTUATION_RANGES, |value| value != 0)
}

/// The code points whose value is wanted; `starts` holds the first code point of each run of one value.
fn with_value(starts: &[(u32, u8)], is_wanted: impl Fn(u8) -> bool) -> Ranges {
    let mut ranges: Ranges = Vec::new();
    for (at, &(first, value)) in starts.iter().enumerate() {
        let last = starts.get(at + 1).map_or(LAST, |&(next, _)| next - 1);
        if is_wanted(value) {
            match ranges.last_mut() {
                Some((_, end)) if *end + 1 == first => *end = last,
                _ => ranges.push((first, last)),
            }
        }
    }
    ranges
}
