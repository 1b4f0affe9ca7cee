//! Finds the texts of control tokens.

use super::AddedToken;

/// Some added tokens of a tokenizer.
#[derive(Debug)]
pub(super) struct ControlTokens {
    /// Tokens by their third byte, longest first. One of fewer bytes is in all of them.
    by_third: Vec<Vec<AddedToken>>,
    /// Those of fewer than three bytes, longest first.
    short: Vec<AddedToken>,
    /// The distinct first bytes; nearly always one.
    first: Vec<u8>,
    is_first: [bool; 256],
    is_second: [bool; 256],
    longest: usize,
}

impl ControlTokens {
    /// Empty contents are left out.
    pub(super) fn new<'t>(tokens: impl Iterator<Item = &'t AddedToken>) -> Self {
        let mut tokens: Vec<&AddedToken> = tokens.filter(|token| !token.content.is_empty()).collect();
        tokens.sort_by_key(|token| std::cmp::Reverse(token.content.len()));
        let has = |token: &AddedToken, place: usize, byte: u8| {
            token.content.as_bytes().get(place).is_none_or(|&there| there == byte)
        };
        let with = |place: usize, byte: u8| tokens.iter().filter(move |token| has(token, place, byte));
        let table = |place| std::array::from_fn(|byte| with(place, byte as u8).next().is_some());
        let is_first: [bool; 256] = table(0);
        Self {
            by_third: (0..=255).map(|byte| with(2, byte).copied().cloned().collect()).collect(),
            short: tokens.iter().filter(|token| token.content.len() < 3).copied().cloned().collect(),
            first: (0..=255).filter(|&byte| is_first[usize::from(byte)]).collect(),
            is_first,
            is_second: table(1),
            longest: tokens.first().map_or(0, |token| token.content.len()),
        }
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.longest == 0
    }

    /// Bytes of the longest one.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// The first place from `from` on where one may begin, by its first two bytes.
    pub(super) fn next_beginning(&self, text: &[u8], mut from: usize) -> Option<usize> {
        loop {
            let at = from + self.next_first_byte(text.get(from..)?)?;
            let second = text.get(at + 1);
            if second.is_none_or(|&second| self.is_second[usize::from(second)]) {
                return Some(at);
            }
            from = at + 1;
        }
    }

    fn next_first_byte(&self, text: &[u8]) -> Option<usize> {
        match *self.first.as_slice() {
            [] => None,
            [one] => memchr::memchr(one, text),
            [one, two] => memchr::memchr2(one, two, text),
            [one, two, three] => memchr::memchr3(one, two, three, text),
            _ => text.iter().position(|&byte| self.is_first[usize::from(byte)]),
        }
    }

    /// The longest one that `text` begins with.
    pub(super) fn at_beginning(&self, text: &[u8]) -> Option<&AddedToken> {
        let candidates = text.get(2).map_or(&self.short, |&third| &self.by_third[usize::from(third)]);
        candidates.iter().find(|token| text.starts_with(token.content.as_bytes()))
    }
}
