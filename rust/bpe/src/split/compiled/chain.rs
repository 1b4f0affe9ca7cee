//! The stages of a pre-tokenizer one inside the other: the plain statement of how it splits.

use std::ops::Range;

use super::alphabet::Alphabet;
use super::fused::Fused;
use super::stage::{Memory, Rule, Stage, Symbols};
use crate::byte_alphabet;
use crate::split::blocks::Splits;
use crate::split::masks::decode;

/// Stages are applied in their order, each to every piece of the one before.
pub(crate) struct Chain {
    /// How the file spells it.
    source: String,
    pub(crate) stages: Vec<Stage>,
    /// So many stages see characters; those behind them see one symbol for each byte, as the
    /// pre-tokenizer `ByteLevel` leaves them.
    pub(crate) of_characters: usize,
    pub(crate) alphabet: Alphabet,
    /// The class of the symbol that stands for each byte.
    pub(crate) of_byte: [u8; 256],
    fused: Option<Fused>,
}

impl Chain {
    /// Compiles rules, of which the first `of_characters` see characters.
    pub(crate) fn new(source: String, rules: &[Rule], of_characters: usize) -> Result<Chain, String> {
        let mut sets = Vec::new();
        for rule in rules {
            rule.sets(&mut sets);
        }
        let alphabet = Alphabet::new(&sets).ok_or("expressions that tell too many characters apart")?;
        let stages = rules.iter().map(|rule| rule.compile(&alphabet)).collect::<Result<Vec<_>, _>>()?;
        let mut of_byte = [0; 256];
        for c in (0..0x200).filter_map(char::from_u32) {
            if let Some(byte) = byte_alphabet::byte_of_char(c) {
                of_byte[usize::from(byte)] = alphabet.class(c as u32);
            }
        }
        let mut chain = Chain { source, stages, of_characters, alphabet, of_byte, fused: None };
        chain.fused = Fused::new(&chain);
        Ok(chain)
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Splits a stretch of text; the walker may have any text behind it.
    pub(crate) fn splitter<'t>(
        &'t self,
        walker: &'t mut Walker,
        text: &'t str,
        stretch: Range<usize>,
    ) -> ChainSplitter<'t> {
        walker.reset();
        ChainSplitter { chain: self, walker, text, at: stretch.start, end: stretch.end }
    }

    /// Writes the ends of the next pretokens of `text[at..end]` to `ends`, at least one, and returns how
    /// many there are. `at` must be where splitting began or where it came to.
    fn fill(&self, walker: &mut Walker, text: &str, at: &mut usize, end: usize, ends: &mut [u32]) -> usize {
        let mut count = 0;
        while *at < end && count < ends.len() {
            if let Some(fused) = &self.fused
                && walker.may_begin_anew(*at)
            {
                let (more, from, slow) = fused.fill(self, text, *at, end, &mut ends[count..]);
                count += more;
                *at = from;
                let Some(slow) = slow else { return count };
                walker.begin(self.stages.len(), *at);
                walker.until = slow;
                if count == ends.len() {
                    return count;
                }
            } else if walker.ends.is_empty() {
                walker.begin(self.stages.len(), *at);
            }
            *at = walker.next(self, text, *at, end);
            ends[count] = *at as u32;
            count += 1;
        }
        count
    }
}

/// Splits by a chain.
pub(crate) struct ChainSplitter<'t> {
    chain: &'t Chain,
    walker: &'t mut Walker,
    text: &'t str,
    at: usize,
    end: usize,
}

impl Splits for ChainSplitter<'_> {
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
        self.chain.fill(self.walker, self.text, &mut self.at, self.end, ends)
    }
}

/// Walks over a text, pretoken by pretoken.
#[derive(Default)]
pub(crate) struct Walker {
    /// Where the piece of each stage ends, and whether splitting may begin anew inside it.
    ends: Vec<(usize, bool)>,
    memories: Vec<Memory>,
    /// Up to here the pretokens are found one by one.
    until: usize,
}

impl Walker {
    /// Forgets the text before.
    pub(crate) fn reset(&mut self) {
        self.ends.clear();
        self.memories.clear();
        self.until = 0;
    }

    fn begin(&mut self, stages: usize, at: usize) {
        self.ends.clear();
        self.ends.resize(stages, (at, true));
        self.memories.resize_with(stages, Memory::default);
    }

    /// Whether the same pretokens follow if splitting begins at `at`.
    fn may_begin_anew(&self, at: usize) -> bool {
        at >= self.until && self.ends.iter().all(|&(end, anew)| end <= at || anew)
    }

    fn next(&mut self, chain: &Chain, text: &str, at: usize, end: usize) -> usize {
        let mut limit = end;
        for (number, stage) in chain.stages.iter().enumerate() {
            let piece = &mut self.ends[number];
            if piece.0 <= at {
                let memory = &mut self.memories[number];
                *piece = if number < chain.of_characters {
                    stage.end_of_piece(&Characters { text, alphabet: &chain.alphabet }, at, limit, memory)
                } else {
                    let symbols = Bytes { text: text.as_bytes(), of_byte: &chain.of_byte };
                    stage.end_of_piece(&symbols, at, limit, memory)
                };
            }
            limit = piece.0;
        }
        limit
    }
}

struct Characters<'t> {
    text: &'t str,
    alphabet: &'t Alphabet,
}

impl Symbols for Characters<'_> {
    fn at(&self, at: usize) -> (u8, usize) {
        let bytes = &self.text.as_bytes()[at..];
        let (code_point, length) = match bytes {
            [byte @ ..0x80, ..] => (u32::from(*byte), 1),
            _ => decode(bytes).unwrap_or((0, 1)),
        };
        (self.alphabet.class(code_point), length)
    }
}

struct Bytes<'t> {
    text: &'t [u8],
    of_byte: &'t [u8; 256],
}

impl Symbols for Bytes<'_> {
    fn at(&self, at: usize) -> (u8, usize) {
        (self.of_byte[usize::from(self.text[at])], 1)
    }
}
