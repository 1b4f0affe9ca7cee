//! Normalization form C as the reference applies it, with the way back to the text as given.
//!
//! The tables were extracted from the reference, whose Unicode version for normalization is older
//! than the one of its regular expressions. A property byte holds the rank of the combining class
//! (0 for starters) and whether the character can change a text at all.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use crate::unicode::code_points::CodePointTable;
use crate::unicode::normalization_table::{COMPOSITIONS, DECOMPOSITIONS};

/// Set where a character is never found in normalized text, or may combine with one before it.
const SUSPECT: u8 = 0x80;

const HANGUL_SYLLABLE: u32 = 0xAC00;
const HANGUL_LEAD: u32 = 0x1100;
const HANGUL_VOWEL: u32 = 0x1161;
const HANGUL_TRAIL: u32 = 0x11A7;
const LEADS: u32 = 19;
const VOWELS: u32 = 21;
const TRAILS: u32 = 28;
const SYLLABLES: u32 = LEADS * VOWELS * TRAILS;

/// A normalized text and, for each of its characters, where the bytes it stands for end in the text
/// as given.
pub(crate) struct Normalized {
    pub(crate) text: String,
    /// (end in the normalized text, end in the text as given), one per character.
    pub(crate) ends: Vec<(u32, u32)>,
}

struct Tables {
    property: &'static CodePointTable,
    decompositions: FxHashMap<char, &'static str>,
    compositions: FxHashMap<(char, char), char>,
}

impl Tables {
    fn get() -> &'static Tables {
        static TABLES: OnceLock<Tables> = OnceLock::new();
        TABLES.get_or_init(|| Tables {
            property: CodePointTable::normalization(),
            decompositions: DECOMPOSITIONS.iter().copied().collect(),
            compositions: COMPOSITIONS
                .iter()
                .map(|&(first, second, whole)| ((first, second), whole))
                .collect(),
        })
    }

    fn class(&self, c: char) -> u8 {
        self.property.of(c as u32) & !SUSPECT
    }

    fn decompose(&self, c: char, mut each: impl FnMut(char)) {
        let syllable = (c as u32).wrapping_sub(HANGUL_SYLLABLE);
        if syllable < SYLLABLES {
            let trail = syllable % TRAILS;
            let jamo = [
                HANGUL_LEAD + syllable / (VOWELS * TRAILS),
                HANGUL_VOWEL + syllable % (VOWELS * TRAILS) / TRAILS,
                HANGUL_TRAIL + trail,
            ];
            jamo[..if trail == 0 { 2 } else { 3 }]
                .iter()
                .filter_map(|&code| char::from_u32(code))
                .for_each(each);
        } else if let Some(parts) = self.decompositions.get(&c) {
            parts.chars().for_each(each);
        } else {
            each(c);
        }
    }

    fn compose(&self, first: char, second: char) -> Option<char> {
        let (left, right) = (first as u32, second as u32);
        let (lead, vowel) = (left.wrapping_sub(HANGUL_LEAD), right.wrapping_sub(HANGUL_VOWEL));
        if lead < LEADS && vowel < VOWELS {
            return char::from_u32(HANGUL_SYLLABLE + (lead * VOWELS + vowel) * TRAILS);
        }
        let (syllable, trail) = (left.wrapping_sub(HANGUL_SYLLABLE), right.wrapping_sub(HANGUL_TRAIL));
        if syllable < SYLLABLES && syllable % TRAILS == 0 && (1..TRAILS).contains(&trail) {
            return char::from_u32(left + trail);
        }
        self.compositions.get(&(first, second)).copied()
    }
}

/// The normalized text, or none where normalization leaves the text as it is.
pub(crate) fn nfc(text: &str) -> Option<Normalized> {
    if text.is_ascii() {
        return None;
    }
    let tables = Tables::get();
    if is_surely_normalized(tables, text) {
        return None;
    }
    let normalized = normalize(tables, text);
    (normalized.text != text).then_some(normalized)
}

/// The quick check of the standard: no suspects, and marks in order. Stretches of ASCII end a row of
/// marks and are passed over.
fn is_surely_normalized(tables: &Tables, text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = first_beyond_ascii(rest.as_bytes()) {
        let mut last_class = 0;
        let mut characters = rest[at..].chars();
        loop {
            let before = characters.as_str();
            let Some(c) = characters.next().filter(|c| !c.is_ascii()) else {
                rest = before;
                break;
            };
            let property = tables.property.of(c as u32);
            if property != 0 && (property & SUSPECT != 0 || property < last_class) {
                return false;
            }
            last_class = property;
        }
    }
    true
}

fn first_beyond_ascii(bytes: &[u8]) -> Option<usize> {
    let (chunks, rest) = bytes.as_chunks::<16>();
    let high_bits = |chunk: &[u8; 16]| u128::from_le_bytes(*chunk) & u128::from_le_bytes([0x80; 16]);
    match chunks.iter().position(|chunk| high_bits(chunk) != 0) {
        Some(chunk) => Some(chunk * 16 + high_bits(&chunks[chunk]).trailing_zeros() as usize / 8),
        None => rest.iter().position(|byte| !byte.is_ascii()).map(|at| chunks.len() * 16 + at),
    }
}

/// A character of the new text with the number of characters of the old one that it replaces, less
/// one: zero for itself, one for an additional character, negative where some vanish.
type Change = (char, isize);

fn normalize(tables: &Tables, text: &str) -> Normalized {
    let changes = recompose(tables, &decompose(tables, text));
    let mut normalized = String::with_capacity(text.len());
    let mut ends: Vec<(u32, u32)> = Vec::with_capacity(changes.len());
    let mut given = text.char_indices();
    let mut last_consumed = 0;
    for (c, change) in changes {
        let start = if change > 0 { last_consumed } else { given.offset() };
        for _ in change..=0 {
            last_consumed = given.next().map_or(last_consumed, |(at, _)| at);
        }
        normalized.push(c);
        ends.push((normalized.len() as u32, start as u32));
    }
    starts_to_ends(&mut ends, text.len() as u32);
    Normalized { text: normalized, ends }
}

/// Puts in the place of each start the next greater one, so that no byte falls between two tokens.
fn starts_to_ends(characters: &mut [(u32, u32)], length: u32) {
    let (mut next_start, mut end) = (length, length);
    for (_, start) in characters.iter_mut().rev() {
        if *start < next_start {
            end = next_start;
            next_start = *start;
        }
        *start = end;
    }
}

/// Full canonical decomposition in canonical order, with combining classes.
fn decompose(tables: &Tables, text: &str) -> Vec<(u8, Change)> {
    let mut decomposed: Vec<(u8, Change)> = Vec::with_capacity(text.len());
    let mut marks_from = 0;
    for c in text.chars() {
        let mut change = 0;
        tables.decompose(c, |part| {
            let class = tables.class(part);
            if class == 0 {
                decomposed[marks_from..].sort_by_key(|&(class, _)| class);
                marks_from = decomposed.len() + 1;
            }
            decomposed.push((class, (part, change)));
            change = 1;
        });
    }
    let marks_from = marks_from.min(decomposed.len());
    decomposed[marks_from..].sort_by_key(|&(class, _)| class);
    decomposed
}

fn recompose(tables: &Tables, decomposed: &[(u8, Change)]) -> Vec<Change> {
    let mut composed: Vec<Change> = Vec::with_capacity(decomposed.len());
    let mut starter: Option<usize> = None;
    let mut last_class = None;
    for &(class, (c, change)) in decomposed {
        if let Some(at) = starter
            && last_class.is_none_or(|last| last < class)
            && let Some(whole) = tables.compose(composed[at].0, c)
        {
            composed[at] = (whole, composed[at].1 + change - 1);
            continue;
        }
        if class == 0 {
            starter = Some(composed.len());
            last_class = None;
        } else if starter.is_some() {
            last_class = Some(class);
        }
        composed.push((c, change));
    }
    composed
}
