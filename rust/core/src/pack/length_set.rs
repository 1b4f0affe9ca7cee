//! A set of small integers that answers "the largest not above" and "the smallest not below".

/// A set of lengths as a bitset with summaries: a bit of a level says whether the 64 bits below it
/// hold anything. A query touches two words a level, so it costs the same in an empty set as in a
/// full one.
#[derive(Clone, Debug)]
pub struct LengthSet {
    levels: Vec<Vec<u64>>,
}

impl LengthSet {
    /// An empty set for lengths from 0 to `largest`.
    #[must_use]
    pub fn new(largest: u32) -> Self {
        let mut levels = Vec::new();
        // One position more than there are lengths, so that "below the end" always has a place to ask.
        let mut bits = largest as usize + 2;
        loop {
            let words = bits.div_ceil(64);
            levels.push(vec![0; words]);
            if words == 1 {
                return Self { levels };
            }
            bits = words;
        }
    }

    /// Whether `length` is in the set.
    #[must_use]
    pub fn contains(&self, length: u32) -> bool {
        let (word, bit) = place(length as usize);
        self.levels[0][word] & bit != 0
    }

    /// Adds `length`.
    pub fn insert(&mut self, length: u32) {
        let mut position = length as usize;
        for level in &mut self.levels {
            let (word, bit) = place(position);
            let before = level[word];
            level[word] = before | bit;
            if before != 0 {
                return;
            }
            position = word;
        }
    }

    /// Takes `length` out.
    pub fn remove(&mut self, length: u32) {
        let mut position = length as usize;
        for level in &mut self.levels {
            let (word, bit) = place(position);
            level[word] &= !bit;
            if level[word] != 0 {
                return;
            }
            position = word;
        }
    }

    /// The largest length of the set that is not above `bound`.
    #[must_use]
    pub fn at_most(&self, bound: u32) -> Option<u32> {
        let mut end = bound as usize + 1;
        for (height, level) in self.levels.iter().enumerate() {
            let (word, bit) = place(end);
            let below = level.get(word).map_or(0, |bits| bits & (bit - 1));
            if below != 0 {
                return Some(self.descend(height, word, below, highest));
            }
            end = word;
        }
        None
    }

    /// The smallest length of the set that is not below `bound`.
    #[must_use]
    pub fn at_least(&self, bound: u32) -> Option<u32> {
        let mut start = bound as usize;
        for (height, level) in self.levels.iter().enumerate() {
            let (word, bit) = place(start);
            let above = level.get(word).map_or(0, |bits| bits & !(bit - 1));
            if above != 0 {
                return Some(self.descend(height, word, above, lowest));
            }
            start = word + 1;
        }
        None
    }

    /// The words of the set itself, lowest lengths first.
    #[must_use]
    pub fn words(&self) -> &[u64] {
        &self.levels[0]
    }

    fn descend(&self, height: usize, word: usize, bits: u64, pick: fn(u64) -> usize) -> u32 {
        let mut position = word * 64 + pick(bits);
        for level in self.levels[..height].iter().rev() {
            position = position * 64 + pick(level[position]);
        }
        position as u32
    }
}

/// Word and bit of a position.
pub(super) fn place(position: usize) -> (usize, u64) {
    (position / 64, 1 << (position % 64))
}

fn highest(bits: u64) -> usize {
    63 - bits.leading_zeros() as usize
}

fn lowest(bits: u64) -> usize {
    bits.trailing_zeros() as usize
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::LengthSet;

    proptest! {
        #[test]
        fn answers_like_an_ordered_set(
            largest in 0_u32..9000,
            steps in prop::collection::vec((any::<u32>(), any::<bool>()), 0..200),
            bounds in prop::collection::vec(any::<u32>(), 1..50),
        ) {
            let mut set = LengthSet::new(largest);
            let mut expected = BTreeSet::new();
            for (number, add) in steps {
                let length = number % (largest + 1);
                if add {
                    set.insert(length);
                    expected.insert(length);
                } else {
                    set.remove(length);
                    expected.remove(&length);
                }
            }
            for bound in bounds.into_iter().map(|bound| bound % (largest + 1)).chain([0, largest]) {
                prop_assert_eq!(set.contains(bound), expected.contains(&bound));
                prop_assert_eq!(set.at_most(bound), expected.range(..=bound).next_back().copied());
                prop_assert_eq!(set.at_least(bound), expected.range(bound..).next().copied());
            }
        }
    }
}
