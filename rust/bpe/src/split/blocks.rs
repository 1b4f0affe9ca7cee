//! Splitting by blocks: most pretokens come from masks of 64 bytes, the others one by one.

use std::ops::Range;

use super::Pattern;
use super::borders::{self, Digits, Starts};
use super::masks::{BLOCK, Kind, Masks};
use super::scalar::Scanner;
use crate::machine::{Machine, POSITIONS};
use crate::unicode::Class;
use crate::unicode::code_points::CodePointTable;

/// Splits a stretch of text, a batch of pretokens at a time.
pub(crate) trait Splits {
    /// Where the next pretoken starts.
    fn at(&self) -> usize;

    /// Whether all of the stretch is split.
    fn is_done(&self) -> bool;

    /// Writes the ends of the next pretokens to `ends` and returns how many there are; it stops when
    /// fewer than [`POSITIONS`] places are left, or the stretch is used up.
    fn fill(&mut self, ends: &mut [u32]) -> usize;
}

/// Splits by a pattern that has a scanner.
pub(crate) struct Splitter<'t, M> {
    machine: M,
    pattern: Pattern,
    /// All of the text, of which blocks may be read behind the stretch.
    text: &'t str,
    at: usize,
    end: usize,
    scanner: Scanner<'t>,
}

impl<'t, M: Machine> Splitter<'t, M> {
    #[inline(always)]
    pub(crate) fn new(machine: M, pattern: Pattern, text: &'t str, stretch: Range<usize>) -> Self {
        let scanner = Scanner::new(&text[..stretch.end], pattern);
        Self { machine, pattern, text, at: stretch.start, end: stretch.end, scanner }
    }

    /// The pretoken starts of the next block that are certain, and whether the stretch ends with it.
    #[inline(always)]
    fn block(&self) -> (u64, bool) {
        let rest = self.end - self.at;
        let mut padded = [0; BLOCK];
        let bytes = self.text.as_bytes()[self.at..].first_chunk().unwrap_or_else(|| {
            let last = &self.text.as_bytes()[self.at..];
            padded[..last.len()].copy_from_slice(last);
            &padded
        });
        let mut masks = self.machine.masks(bytes);
        let mut length = rest.min(BLOCK);
        if masks.beyond_ascii != 0 {
            length = length.min(add_beyond_ascii(&mut masks, bytes, self.pattern));
        }
        masks.cut(length);
        let Starts { bits, certain_below } = self.starts(&masks, bytes, length as u32);
        if length == rest {
            return (bits, true);
        }
        let certain = if certain_below < 64 { (1 << certain_below) - 1 } else { u64::MAX };
        (bits & certain, false)
    }

    #[inline(always)]
    fn starts(&self, masks: &Masks, bytes: &[u8; BLOCK], length: u32) -> Starts {
        match self.pattern {
            Pattern::Qwen2 => borders::cl100k(masks, bytes, length, Digits::Alone),
            Pattern::Cl100k => borders::cl100k(masks, bytes, length, Digits::Triples),
            Pattern::O200k => borders::o200k(masks, bytes, length, Digits::Triples, true),
            Pattern::Tekken => borders::o200k(masks, bytes, length, Digits::Alone, false),
            Pattern::Gpt2 => borders::gpt2(masks, bytes, length),
            Pattern::DeepSeekV3 => Starts { bits: 0, certain_below: 0 },
        }
    }

    /// Takes over the starts of a block: each ends the pretoken before it.
    #[inline(always)]
    fn accept(&mut self, bits: u64, at_end: bool, ends: &mut [u32; POSITIONS]) -> usize {
        let behind_first = bits & !1;
        let count = self.machine.positions(behind_first, self.at as u32, ends);
        if at_end {
            self.at = self.end;
        } else if behind_first == 0 {
            self.at = self.scanner.end_after(self.at);
        } else {
            // Not read back from `ends`: the next block waits for this number.
            self.at += 63 - behind_first.leading_zeros() as usize;
            return count;
        }
        ends[count] = self.at as u32;
        count + 1
    }
}

impl<M: Machine> Splits for Splitter<'_, M> {
    #[inline(always)]
    fn at(&self) -> usize {
        self.at
    }

    #[inline(always)]
    fn is_done(&self) -> bool {
        self.at == self.end
    }

    #[inline(always)]
    fn fill(&mut self, ends: &mut [u32]) -> usize {
        let mut count = 0;
        while self.at < self.end
            && let Some(places) = ends[count..].first_chunk_mut()
        {
            if self.pattern == Pattern::DeepSeekV3 {
                self.at = self.scanner.end_after(self.at);
                places[0] = self.at as u32;
                count += 1;
            } else {
                let (bits, at_end) = self.block();
                count += self.accept(bits, at_end, places);
            }
        }
        count
    }
}

#[cold]
#[inline(never)]
fn add_beyond_ascii(masks: &mut Masks, bytes: &[u8; BLOCK], pattern: Pattern) -> usize {
    let classes = CodePointTable::classes();
    let numbers = match pattern {
        Pattern::Cl100k | Pattern::O200k => Kind::Odd,
        _ => Kind::Number,
    };
    match pattern {
        Pattern::O200k | Pattern::Tekken => {
            let length = masks.add_beyond_ascii(bytes, classes, |class| match class {
                Class::Upper | Class::Title => Kind::Upper,
                Class::Lower => Kind::Lower,
                Class::ModifierLetter | Class::OtherLetter => Kind::Caseless,
                Class::Number => numbers,
                Class::Mark | Class::Space | Class::Newline => Kind::Odd,
                Class::Other | Class::Punctuation | Class::Symbol => Kind::Sign,
            });
            before_mixed_letters(masks, length)
        }
        _ => masks.add_beyond_ascii(bytes, classes, |class| match class {
            Class::Upper | Class::Title | Class::Lower | Class::ModifierLetter | Class::OtherLetter => {
                Kind::Lower
            }
            Class::Number => numbers,
            Class::Space | Class::Newline => Kind::Odd,
            Class::Mark | Class::Other | Class::Punctuation | Class::Symbol => Kind::Sign,
        }),
    }
}

/// Where the first run of letters starts that holds both caseless letters and ones that only start
/// words: where those meet, o200k needs to look back.
fn before_mixed_letters(masks: &Masks, length: usize) -> usize {
    if masks.caseless == 0 || masks.upper == 0 {
        return length;
    }
    let mut letters = masks.letter;
    while letters != 0 {
        let start = letters.trailing_zeros();
        let run = letters & !letters.wrapping_add(1 << start);
        if run & masks.caseless != 0 && run & masks.upper != 0 {
            return length.min(start as usize);
        }
        letters &= !run;
    }
    length
}
