//! Any processor.

use super::{Machine, POSITIONS};
use crate::split::masks::{self, BLOCK, Masks};
use crate::word_table::{Bucket, Key};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Portable;

impl Machine for Portable {
    fn masks(self, block: &[u8; BLOCK]) -> Masks {
        masks::of_ascii(block)
    }

    fn positions(self, mut bits: u64, base: u32, positions: &mut [u32; POSITIONS]) -> usize {
        let mut count = 0;
        while bits != 0 {
            positions[count] = base + bits.trailing_zeros();
            count += 1;
            bits &= bits - 1;
        }
        count
    }

    fn find(self, bucket: &Bucket, key: &Key) -> Option<usize> {
        bucket.keys.iter().position(|known| known == key)
    }

    fn prefetch<T>(self, _value: &T) {}
}
