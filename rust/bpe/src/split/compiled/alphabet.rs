//! The classes that the sets of all stages tell apart.

use super::set::CodeSet;

/// Classes are numbers below this.
const MOST_CLASSES: usize = 250;

const BLOCK: usize = 256;
const BLOCKS: usize = 0x11_0000 / BLOCK;

/// One class for all code points that no set tells apart.
pub(crate) struct Alphabet {
    block_of: Vec<u16>,
    blocks: Vec<[u8; BLOCK]>,
    /// A code point of each class.
    members: Vec<u32>,
}

/// Some classes of an [`Alphabet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Classes([u64; 4]);

impl Classes {
    pub(crate) fn contain(&self, class: u8) -> bool {
        self.0[usize::from(class) / 64] >> (class % 64) & 1 != 0
    }
}

impl Alphabet {
    /// None where there would be too many classes.
    pub(crate) fn new(sets: &[&CodeSet]) -> Option<Alphabet> {
        let mut borders: Vec<u32> = vec![0];
        for set in sets {
            borders.extend(set.ranges().iter().flat_map(|&(first, last)| [first, last + 1]));
        }
        borders.sort_unstable();
        borders.dedup();
        let mut known: Vec<Vec<bool>> = Vec::new();
        let mut members = Vec::new();
        let mut classes = vec![0u8; 0x11_0000];
        for (at, &first) in borders.iter().enumerate().filter(|&(_, &first)| first < 0x11_0000) {
            let end = borders.get(at + 1).copied().unwrap_or(0x11_0000) as usize;
            let inside: Vec<bool> = sets.iter().map(|set| set.contains(first)).collect();
            let class = known.iter().position(|one| *one == inside).unwrap_or_else(|| {
                known.push(inside);
                members.push(first);
                known.len() - 1
            });
            if class >= MOST_CLASSES {
                return None;
            }
            classes[first as usize..end].fill(class as u8);
        }
        let mut alphabet = Alphabet { block_of: Vec::with_capacity(BLOCKS), blocks: Vec::new(), members };
        let (all, _) = classes.as_chunks::<BLOCK>();
        for block in all {
            let place = alphabet.blocks.iter().position(|one| one == block).unwrap_or_else(|| {
                alphabet.blocks.push(*block);
                alphabet.blocks.len() - 1
            });
            alphabet.block_of.push(place as u16);
        }
        Some(alphabet)
    }

    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    #[inline(always)]
    pub(crate) fn class(&self, code_point: u32) -> u8 {
        let code_point = code_point as usize;
        self.blocks[usize::from(self.block_of[code_point / BLOCK])][code_point % BLOCK]
    }

    /// The classes of a set that the alphabet was made for.
    pub(crate) fn classes(&self, set: &CodeSet) -> Classes {
        let mut classes = Classes([0; 4]);
        for (class, &member) in self.members.iter().enumerate() {
            classes.0[class / 64] |= u64::from(set.contains(member)) << (class % 64);
        }
        classes
    }
}
