//! Random texts from seeds that failures can name.

use super::pieces::PIECES;

/// A small generator of random numbers with a seed that failures can name.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// The generator of one text of many.
    pub(crate) fn numbered(seed: u64, number: u64) -> Random {
        Random(Random(seed).next() ^ Random(!number).next())
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }

    /// Pieces that meet each other at the places where patterns decide, with runs of some of them.
    pub(crate) fn text(&mut self, pieces: usize) -> String {
        let mut text = String::new();
        for _ in 0..self.below(pieces + 1) {
            let repeat = if self.below(12) == 0 { 1 + self.below(20) } else { 1 };
            let piece = match self.below(16) {
                0..=12 => self.pick(PIECES).to_string(),
                13 => char::from_u32(self.below(0x11_0000) as u32).unwrap_or('x').to_string(),
                14 => char::from_u32(self.below(0x3000) as u32).unwrap_or('x').to_string(),
                _ => char::from(self.below(128) as u8).to_string(),
            };
            for _ in 0..repeat {
                text.push_str(&piece);
            }
        }
        text
    }
}
