//! The scanners, one character at a time: the plain statement of what each pattern does.
//!
//! Every function takes a position where a pretoken starts and gives the position where it ends,
//! trying the alternatives of the expression in their order, with the backtracking that the
//! expression would do worked out by hand.

use super::Pattern;
use crate::unicode::Class;
use crate::unicode::code_points::CodePointTable;

const LETTER: u16 = Class::Upper.bit()
    | Class::Title.bit()
    | Class::Lower.bit()
    | Class::ModifierLetter.bit()
    | Class::OtherLetter.bit();
const NUMBER: u16 = Class::Number.bit();
const NEWLINE: u16 = Class::Newline.bit();
const SPACE: u16 = Class::Space.bit() | NEWLINE;
/// `[^\s\p{L}\p{N}]`
const SIGN: u16 = !(SPACE | LETTER | NUMBER);
/// `[\p{P}\p{S}]`
const PUNCTUATION: u16 = Class::Punctuation.bit() | Class::Symbol.bit();
/// `[\p{L}\p{M}]`
const LETTER_OR_MARK: u16 = LETTER | Class::Mark.bit();
/// What may stand in the first part of an o200k word.
const UPPER_PART: u16 = Class::Upper.bit()
    | Class::Title.bit()
    | Class::ModifierLetter.bit()
    | Class::OtherLetter.bit()
    | Class::Mark.bit();
/// What may stand in the second part of an o200k word.
const LOWER_PART: u16 =
    Class::Lower.bit() | Class::ModifierLetter.bit() | Class::OtherLetter.bit() | Class::Mark.bit();

/// Walks over a text, pretoken by pretoken.
pub(crate) struct Scanner<'t> {
    text: &'t str,
    classes: &'static CodePointTable,
    pattern: Pattern,
    /// Where the piece between digits and CJK runs ends (`DeepSeek` only).
    section_end: usize,
}

impl<'t> Scanner<'t> {
    pub(crate) fn new(text: &'t str, pattern: Pattern) -> Self {
        Self { text, classes: CodePointTable::classes(), pattern, section_end: 0 }
    }

    /// The end of the pretoken that starts at `start`, which must be the end of the one before it.
    pub(crate) fn end_after(&mut self, start: usize) -> usize {
        match self.pattern {
            Pattern::Gpt2 => self.gpt2(start),
            Pattern::Cl100k => self.cl100k(start, 3),
            Pattern::Qwen2 => self.cl100k(start, 1),
            Pattern::O200k => self.o200k(start, 3, true),
            Pattern::Tekken => self.o200k(start, 1, false),
            Pattern::DeepSeekV3 => self.deepseek_v3(start),
        }
    }

    fn at(&self, at: usize, end: usize) -> Option<(Class, usize)> {
        if at >= end {
            return None;
        }
        let c = self.text.get(at..)?.chars().next()?;
        Some((self.class_of(c), c.len_utf8()))
    }

    fn class_of(&self, c: char) -> Class {
        Class::ALL[usize::from(self.classes.of(c as u32))]
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// The end of the longest run of characters of a set.
    fn run(&self, mut at: usize, end: usize, set: u16) -> usize {
        while let Some((class, length)) = self.at(at, end)
            && class.is_in(set)
        {
            at += length;
        }
        at
    }

    fn run_of_bytes(&self, at: usize, end: usize, bytes: &[u8]) -> usize {
        at + self.text.as_bytes()[at..end].iter().take_while(|&byte| bytes.contains(byte)).count()
    }

    /// The end of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll`, `'d` in either case. Folding case also makes
    /// the long s (U+017F) an s.
    fn contraction(&self, at: usize) -> Option<usize> {
        let rest = &self.text.as_bytes()[at..];
        let [b'\'', first, ..] = rest else { return None };
        match (first.to_ascii_lowercase(), rest.get(2).map(u8::to_ascii_lowercase)) {
            (b's' | b't' | b'm' | b'd', _) => Some(at + 2),
            (b'r' | b'v', Some(b'e')) | (b'l', Some(b'l')) | (0xC5, Some(0xBF)) => Some(at + 3),
            _ => None,
        }
    }

    /// `\s*[\r\n]+|\s+(?!\S)|\s+` over a run of white space that starts at `start`.
    fn white_space(&self, start: usize, end: usize, newlines_apart: bool) -> usize {
        let mut at = start;
        let mut last_length = 0;
        let mut after_newline = None;
        while let Some((class, length)) = self.at(at, end)
            && class.is_in(SPACE)
        {
            at += length;
            last_length = length;
            if class == Class::Newline {
                after_newline = Some(at);
            }
        }
        match after_newline {
            Some(after) if newlines_apart => after,
            _ if at == end || at - start == last_length => at,
            _ => at - last_length,
        }
    }

    fn gpt2(&self, start: usize) -> usize {
        let end = self.text.len();
        let rest = &self.text.as_bytes()[start..];
        match rest {
            [b'\'', b's' | b't' | b'm' | b'd', ..] => return start + 2,
            [b'\'', b'r' | b'v', b'e', ..] | [b'\'', b'l', b'l', ..] => return start + 3,
            _ => {}
        }
        let body = start + usize::from(rest.first() == Some(&b' '));
        let Some((class, _)) = self.at(body, end) else { return end };
        for set in [LETTER, NUMBER, SIGN] {
            if class.is_in(set) {
                return self.run(body, end, set);
            }
        }
        self.white_space(start, end, false)
    }

    fn cl100k(&self, start: usize, max_digits: usize) -> usize {
        let end = self.text.len();
        if let Some(after) = self.contraction(start) {
            return after;
        }
        let Some((class, length)) = self.at(start, end) else { return end };
        let word = if class.is_in(LETTER | NUMBER | NEWLINE) { start } else { start + length };
        let after_word = self.run(word, end, LETTER);
        if after_word > word {
            return after_word;
        }
        if class == Class::Number {
            return self.digits(start, end, max_digits);
        }
        if let Some(after_signs) = self.signs(start, end, SIGN) {
            return self.run_of_bytes(after_signs, end, b"\r\n");
        }
        self.white_space(start, end, true)
    }

    fn digits(&self, start: usize, end: usize, max_digits: usize) -> usize {
        let mut at = start;
        for _ in 0..max_digits {
            match self.at(at, end) {
                Some((Class::Number, length)) => at += length,
                _ => break,
            }
        }
        at
    }

    /// One space that may be missing, then at least one character of a set.
    fn signs(&self, start: usize, end: usize, set: u16) -> Option<usize> {
        let body = start + usize::from(self.byte(start) == Some(b' '));
        let after = self.run(body, end, set);
        (after > body).then_some(after)
    }

    fn o200k(&self, start: usize, max_digits: usize, contractions: bool) -> usize {
        let end = self.text.len();
        let Some((class, length)) = self.at(start, end) else { return end };
        let after_prefix = (!class.is_in(LETTER | NUMBER | NEWLINE)).then_some(start + length);
        let word = after_prefix
            .and_then(|at| self.word_ending_low(at, end))
            .or_else(|| self.word_ending_low(start, end))
            .or_else(|| after_prefix.and_then(|at| self.word_starting_high(at, end)))
            .or_else(|| self.word_starting_high(start, end));
        if let Some(after) = word {
            return if contractions { self.contraction(after).unwrap_or(after) } else { after };
        }
        if class == Class::Number {
            return self.digits(start, end, max_digits);
        }
        if let Some(after_signs) = self.signs(start, end, SIGN) {
            return self.run_of_bytes(after_signs, end, b"\r\n/");
        }
        self.white_space(start, end, true)
    }

    /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+`
    fn word_ending_low(&self, start: usize, end: usize) -> Option<usize> {
        let mut at = start;
        let mut after_last_shared = None;
        while let Some((class, length)) = self.at(at, end)
            && class.is_in(UPPER_PART)
        {
            at += length;
            if class.is_in(LOWER_PART) {
                after_last_shared = Some(at);
            }
        }
        let after_low = self.run(at, end, LOWER_PART);
        if after_low > at { Some(after_low) } else { after_last_shared }
    }

    /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*`
    fn word_starting_high(&self, start: usize, end: usize) -> Option<usize> {
        let after_high = self.run(start, end, UPPER_PART);
        (after_high > start).then(|| self.run(after_high, end, LOWER_PART))
    }

    fn deepseek_v3(&mut self, start: usize) -> usize {
        let end = self.text.len();
        if start >= self.section_end {
            match self.at(start, end) {
                None => return end,
                Some((Class::Number, _)) => return self.digits(start, end, 3),
                Some(_) => self.section_end = self.end_of_section(start),
            }
        }
        let end = self.section_end;
        match self.deepseek_match(start, end) {
            Some(after) => after,
            None => self.deepseek_gap(start, end),
        }
    }

    /// The end of the run of Chinese and Japanese characters, or of neither them nor digits.
    fn end_of_section(&self, start: usize) -> usize {
        let mut cjk_section = None;
        for (at, c) in self.text[start..].char_indices() {
            let cjk = matches!(c, '\u{4E00}'..='\u{9FA5}' | '\u{3040}'..='\u{30FF}');
            let number = self.class_of(c) == Class::Number;
            if number || cjk != *cjk_section.get_or_insert(cjk) {
                return start + at;
            }
        }
        self.text.len()
    }

    fn deepseek_match(&self, start: usize, end: usize) -> Option<usize> {
        let bytes = &self.text.as_bytes()[start..end];
        if let [sign, letter, ..] = bytes
            && sign.is_ascii_punctuation()
            && letter.is_ascii_alphabetic()
        {
            let letters = bytes[1..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            return Some(start + 1 + letters);
        }
        let (class, length) = self.at(start, end)?;
        if !class.is_in(LETTER | PUNCTUATION | NEWLINE) {
            let after = self.run(start + length, end, LETTER_OR_MARK);
            if after > start + length {
                return Some(after);
            }
        }
        let after = self.run(start, end, LETTER_OR_MARK);
        if after > start {
            return Some(after);
        }
        if let Some(after_signs) = self.signs(start, end, PUNCTUATION) {
            return Some(self.run_of_bytes(after_signs, end, b"\r\n"));
        }
        class.is_in(SPACE).then(|| self.white_space(start, end, true))
    }

    /// Characters at which nothing matches make a piece of their own, up to the next match.
    fn deepseek_gap(&self, start: usize, end: usize) -> usize {
        let mut at = start;
        while let Some((_, length)) = self.at(at, end) {
            at += length;
            if self.deepseek_match(at, end).is_some() {
                return at;
            }
        }
        end
    }
}
