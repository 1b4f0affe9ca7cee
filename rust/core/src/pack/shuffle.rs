//! Seeded shuffle of finished rows inside a bounded window.

use crate::error::Result;
use crate::sample::Row;

/// `SplitMix64`: a counter and a mixing function, the same on every machine.
#[derive(Clone, Debug)]
pub(super) struct SplitMix {
    state: u64,
}

impl SplitMix {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`. The bias of the multiplication is below `bound` in 2^64.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }
}

/// Rows that wait for their turn. Each row that comes in sends a random one out, so a row leaves
/// late by any distance, and early by less than the window.
#[derive(Debug)]
pub(super) struct RowShuffle {
    window: usize,
    random: SplitMix,
    waiting: Vec<Row>,
}

impl RowShuffle {
    /// A shuffle inside `window` rows; below two it lets every row through.
    pub(super) fn new(window: usize, seed: u64) -> Self {
        Self { window, random: SplitMix::new(seed), waiting: Vec::new() }
    }

    pub(super) fn push(&mut self, row: Row, sink: &mut impl FnMut(Row) -> Result<()>) -> Result<()> {
        if self.window < 2 {
            return sink(row);
        }
        if self.waiting.len() < self.window {
            self.waiting.push(row);
            return Ok(());
        }
        let place = self.random.below(self.waiting.len());
        sink(std::mem::replace(&mut self.waiting[place], row))
    }

    pub(super) fn finish(mut self, sink: &mut impl FnMut(Row) -> Result<()>) -> Result<()> {
        for end in (1..self.waiting.len()).rev() {
            let place = self.random.below(end + 1);
            self.waiting.swap(end, place);
        }
        self.waiting.into_iter().try_for_each(sink)
    }
}

#[cfg(test)]
mod tests {
    use super::SplitMix;

    #[test]
    fn numbers_are_those_of_the_published_generator() {
        let mut random = SplitMix::new(1_234_567);
        let numbers: Vec<u64> = (0..5).map(|_| random.next()).collect();
        assert_eq!(
            numbers,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423,
                4_593_380_528_125_082_431,
                16_408_922_859_458_223_821
            ]
        );
    }

    #[test]
    fn numbers_below_a_bound_reach_all_of_it() {
        let mut random = SplitMix::new(0);
        let mut counts = [0_u32; 7];
        for _ in 0..70_000 {
            counts[random.below(7)] += 1;
        }
        assert!(counts.iter().all(|&count| (9_500..10_500).contains(&count)), "{counts:?}");
    }
}
