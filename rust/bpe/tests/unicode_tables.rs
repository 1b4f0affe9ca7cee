//! The Unicode tables of the crate against the reference, code point by code point.
//!
//! Run with `REWRITE_UNICODE_TABLES=1` to write the tables instead of comparing them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::path::PathBuf;

use tokenizers::normalizers::{NFC, NFD};
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::punctuation::Punctuation;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{
    NormalizedString, Normalizer, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer,
    SplitDelimiterBehavior,
};
use tooltrain_bpe::unicode::{CATEGORIES, SCRIPTS, class_of as class_of_ours};

const CHUNK: u32 = 0x4000;

fn rewriting() -> bool {
    std::env::var_os("REWRITE_UNICODE_TABLES").is_some()
}

fn source(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/unicode").join(name)
}

fn check_or_write(name: &str, table: &str) {
    if rewriting() {
        std::fs::write(source(name), table).unwrap();
        return;
    }
    let checked_in = std::fs::read_to_string(source(name)).unwrap();
    assert!(checked_in == table, "src/unicode/{name} is not what the reference says");
}

/// Which code points the reference's regular expressions let one-character pattern `regex` match.
fn matching(regex: &str) -> Vec<bool> {
    let split =
        Split::new(SplitPattern::Regex(regex.to_string()), SplitDelimiterBehavior::Isolated, false).unwrap();
    let inverse =
        Split::new(SplitPattern::Regex(regex.to_string()), SplitDelimiterBehavior::Removed, false).unwrap();
    let mut matches = vec![false; 0x11_0000];
    for first in (0..0x11_0000).step_by(CHUNK as usize) {
        let chars: Vec<char> = (first..first + CHUNK).filter_map(char::from_u32).collect();
        let text: String = chars.iter().collect();
        let mut kept = PreTokenizedString::from(text.as_str());
        inverse.pre_tokenize(&mut kept).unwrap();
        let mut all = PreTokenizedString::from(text.as_str());
        split.pre_tokenize(&mut all).unwrap();
        let mut unmatched = vec![false; text.len()];
        for (_, (start, end), _) in kept.get_splits(OffsetReferential::Original, OffsetType::Byte) {
            unmatched[start..end].fill(true);
        }
        let pieces = all.get_splits(OffsetReferential::Original, OffsetType::Byte);
        assert_eq!(pieces.iter().map(|(piece, _, _)| piece.len()).sum::<usize>(), text.len());
        let mut at = 0;
        for c in chars {
            matches[c as usize] = !unmatched[at];
            at += c.len_utf8();
        }
    }
    matches
}

#[test]
fn classes_are_those_of_the_reference() {
    let patterns = [
        r"\p{Lu}",
        r"\p{Lt}",
        r"\p{Ll}",
        r"\p{Lm}",
        r"\p{Lo}",
        r"\p{M}",
        r"\p{N}",
        r"\p{P}",
        r"\p{S}",
        r"[\s&&[^\r\n]]",
        r"[\r\n]",
    ];
    let mut class_of = vec![0u8; 0x11_0000];
    for (number, pattern) in (1u8..).zip(patterns) {
        for (class, matched) in class_of.iter_mut().zip(matching(pattern)) {
            if matched {
                assert_eq!(*class, 0, "two classes hold one code point");
                *class = number;
            }
        }
    }
    let letters = matching(r"\p{L}");
    let spaces = matching(r"\s");
    let others = matching(r"[^\s\p{L}\p{N}]");
    for (code_point, &class) in class_of.iter().enumerate() {
        if char::from_u32(code_point as u32).is_some() {
            assert_eq!(letters[code_point], (1..=5).contains(&class), "{code_point:#x}");
            assert_eq!(spaces[code_point], class >= 10, "{code_point:#x}");
            assert_eq!(others[code_point], matches!(class, 0 | 6 | 8 | 9), "{code_point:#x}");
        }
    }

    let mut table = String::from("//! Written by `tests/unicode_tables.rs`; do not edit.\n\n");
    write_ranges(
        &mut table,
        "First code point of each run of one class, and that class's number.",
        "pub(super) static CLASS_RANGES",
        &class_of,
    );
    check_or_write("class_table.rs", &table);

    if !rewriting() {
        for (code_point, &class) in class_of.iter().enumerate() {
            assert_eq!(class_of_ours(code_point as u32) as u8, class, "{code_point:#x}");
        }
    }
}

fn write_ranges(table: &mut String, doc: &str, name: &str, values: &[u8]) {
    write!(table, "/// {doc}\n#[rustfmt::skip]\n{name}: &[(u32, u8)] = &[").unwrap();
    let mut last = None;
    let mut count = 0;
    for (code_point, &value) in values.iter().enumerate() {
        if last != Some(value) {
            table.push_str(if count % 6 == 0 { "\n    " } else { " " });
            write!(table, "({code_point:#07x}, {value}),").unwrap();
            last = Some(value);
            count += 1;
        }
    }
    table.push_str("\n];\n");
}

/// Which code points a pre-tokenizer of single characters, which drops them, takes.
fn dropped_by(split: &impl PreTokenizer) -> Vec<bool> {
    let mut dropped = vec![false; 0x11_0000];
    for first in (0..0x11_0000).step_by(CHUNK as usize) {
        let chars: Vec<char> = (first..first + CHUNK).filter_map(char::from_u32).collect();
        let text: String = chars.iter().collect();
        let mut rest = PreTokenizedString::from(text.as_str());
        split.pre_tokenize(&mut rest).unwrap();
        let mut kept = vec![false; text.len()];
        for (_, (start, end), _) in rest.get_splits(OffsetReferential::Original, OffsetType::Byte) {
            kept[start..end].fill(true);
        }
        let mut at = 0;
        for c in chars {
            dropped[c as usize] = !kept[at];
            at += c.len_utf8();
        }
    }
    dropped
}

fn dropped_by_regex(regex: &str) -> Vec<bool> {
    let pattern = SplitPattern::Regex(regex.to_string());
    dropped_by(&Split::new(pattern, SplitDelimiterBehavior::Removed, false).unwrap())
}

/// The code points that a pre-tokenizer isolates.
fn isolated_by(split: &impl PreTokenizer) -> Vec<bool> {
    let mut isolated = vec![false; 0x11_0000];
    for first in (0..0x11_0000).step_by(CHUNK as usize) {
        let chars: Vec<char> = (first..first + CHUNK).filter_map(char::from_u32).collect();
        let text: String = chars.iter().flat_map(|&c| ['a', c]).collect();
        let mut pieces = PreTokenizedString::from(text.as_str());
        split.pre_tokenize(&mut pieces).unwrap();
        let mut starts = vec![false; text.len() + 1];
        for (_, (start, _), _) in pieces.get_splits(OffsetReferential::Original, OffsetType::Byte) {
            starts[start] = true;
        }
        let mut at = 1;
        for c in chars {
            isolated[c as usize] = starts[at];
            at += c.len_utf8() + 1;
        }
    }
    isolated
}

/// The numbers of disjoint sets, counted from one, by code point.
fn numbered(patterns: &[String]) -> Vec<u8> {
    let mut numbers = vec![0; 0x11_0000];
    for (number, pattern) in (1u8..).zip(patterns) {
        for (known, matched) in numbers.iter_mut().zip(dropped_by_regex(pattern)) {
            if matched {
                assert_eq!(*known, 0, "two of the sets hold one code point");
                *known = number;
            }
        }
    }
    numbers
}

#[test]
fn properties_are_those_of_the_reference() {
    let named =
        |names: &[&str]| -> Vec<String> { names.iter().map(|name| format!(r"\p{{{name}}}")).collect() };
    let categories = numbered(&named(CATEGORIES));
    for (code_point, &category) in categories.iter().enumerate() {
        assert!(char::from_u32(code_point as u32).is_none() || category != 0, "{code_point:#x}");
    }
    let flags = |set: Vec<bool>| -> Vec<u8> { set.into_iter().map(u8::from).collect() };
    let mut table = String::from("//! Written by `tests/unicode_tables.rs`; do not edit.\n\n");
    let mut write = |doc: &str, name: &str, values: &[u8]| {
        write_ranges(&mut table, doc, &format!("pub(super) static {name}"), values);
        table.push('\n');
    };
    write("The place of the general category in `CATEGORIES`, from one.", "CATEGORY_RANGES", &categories);
    write("The place of the script in `SCRIPTS`, from one.", "SCRIPT_RANGES", &numbered(&named(SCRIPTS)));
    write("One where `\\w` matches.", "WORD_RANGES", &flags(dropped_by_regex(r"\w")));
    write(
        "One for what the pre-tokenizer `Digits` cuts out.",
        "DIGIT_RANGES",
        &flags(isolated_by(&Digits::new(true))),
    );
    write(
        "One for what the pre-tokenizer `Punctuation` cuts out.",
        "PUNCTUATION_RANGES",
        &flags(isolated_by(&Punctuation::new(SplitDelimiterBehavior::Isolated))),
    );
    table.pop();
    check_or_write("property_table.rs", &table);
}

fn nfd(text: &str) -> String {
    let mut normalized = NormalizedString::from(text);
    NFD.normalize(&mut normalized).unwrap();
    normalized.get().to_string()
}

fn nfc(text: &str) -> String {
    let mut normalized = NormalizedString::from(text);
    NFC.normalize(&mut normalized).unwrap();
    normalized.get().to_string()
}

/// Whether canonical order puts `second` before `first`.
fn swaps(first: char, second: char) -> bool {
    let parts: Vec<char> = nfd(&format!("{first}{second}")).chars().collect();
    parts == [second, first]
}

fn is_hangul_syllable(c: char) -> bool {
    ('\u{AC00}'..='\u{D7A3}').contains(&c)
}

/// The ranks of combining classes, by asking which marks change places with which.
fn combining_ranks(characters: &[char]) -> Vec<u8> {
    const LOWEST: char = '\u{0334}';
    const HIGHEST: char = '\u{0345}';
    let mut representatives: Vec<char> = Vec::new();
    let mut members: Vec<(char, char)> = Vec::new();
    for &c in characters {
        if nfd(&c.to_string()) != c.to_string() || !(swaps(c, LOWEST) || swaps(HIGHEST, c)) {
            continue;
        }
        let place = representatives.partition_point(|&known| swaps(c, known));
        if place == representatives.len() || swaps(representatives[place], c) {
            representatives.insert(place, c);
        }
        members.push((c, representatives[place]));
    }
    assert_eq!((representatives[0], *representatives.last().unwrap()), (LOWEST, HIGHEST));
    let mut ranks = vec![0; 0x11_0000];
    for (c, representative) in members {
        let place = representatives.iter().position(|&known| known == representative).unwrap();
        ranks[c as usize] = u8::try_from(place + 1).unwrap();
    }
    ranks
}

#[test]
fn normalization_is_that_of_the_reference() {
    let characters: Vec<char> = (0..0x11_0000).filter_map(char::from_u32).collect();
    let mut properties = combining_ranks(&characters);
    assert!(properties.iter().all(|&rank| rank < 0x80));
    let mut decompositions = Vec::new();
    let mut compositions = Vec::new();
    for &c in &characters {
        let whole = c.to_string();
        let parts = nfd(&whole);
        let composed = nfc(&whole);
        let jamo = matches!(c, '\u{1161}'..='\u{1175}' | '\u{11A8}'..='\u{11C2}');
        if composed != whole || jamo {
            properties[c as usize] |= 0x80;
        }
        if parts == whole || is_hangul_syllable(c) {
            continue;
        }
        if composed == whole {
            let mut head = parts.clone();
            let last = head.pop().unwrap();
            let mut head = nfc(&head).chars().collect::<Vec<_>>().into_iter();
            let (first, none) = (head.next().unwrap(), head.next());
            assert_eq!((nfc(&format!("{first}{last}")), none), (whole, None), "{c:?}");
            compositions.push((first, last, c));
        }
        decompositions.push((c, parts));
    }
    for &(_, second, _) in &compositions {
        properties[second as usize] |= 0x80;
    }

    let mut table = String::from("//! Written by `tests/unicode_tables.rs`; do not edit.\n\n");
    write_ranges(
        &mut table,
        "First code point of each run of one property: the rank of the combining class, with 0x80\n\
         /// added where the character can change a text.",
        "pub(super) static PROPERTY_RANGES",
        &properties,
    );
    table.push_str(
        "\n/// Full canonical decompositions, Hangul syllables left out.\n\
         #[rustfmt::skip]\n\
         pub(crate) static DECOMPOSITIONS: &[(char, &str)] = &[",
    );
    for (count, (c, parts)) in decompositions.iter().enumerate() {
        table.push_str(if count % 3 == 0 { "\n    " } else { " " });
        write!(table, "({}, \"{}\"),", escaped(*c), parts.escape_unicode()).unwrap();
    }
    table.push_str(
        "\n];\n\n/// Two characters and the one they become, Hangul syllables left out.\n\
         #[rustfmt::skip]\n\
         pub(crate) static COMPOSITIONS: &[(char, char, char)] = &[",
    );
    for (count, (first, last, whole)) in compositions.iter().enumerate() {
        table.push_str(if count % 3 == 0 { "\n    " } else { " " });
        write!(table, "({}, {}, {}),", escaped(*first), escaped(*last), escaped(*whole)).unwrap();
    }
    table.push_str("\n];\n");
    check_or_write("normalization_table.rs", &table);
}

fn escaped(c: char) -> String {
    format!("'{}'", c.escape_unicode())
}
