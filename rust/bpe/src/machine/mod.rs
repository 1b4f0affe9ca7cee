//! The few steps that processors have instructions for.
//!
//! [`Portable`] says in plain code what each step does; the others do the same faster, and the tests
//! hold them against it. Everything built on a machine is generic over it, so that the loop of each
//! processor is compiled as a whole.

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
mod portable;
#[cfg(all(test, target_arch = "x86_64"))]
mod twins;

pub(crate) use portable::Portable;

use crate::split::masks::{BLOCK, Masks};
use crate::word_table::{Bucket, Key};

/// Room behind the positions of a block, for machines that write in steps of eight.
pub(crate) const POSITIONS: usize = BLOCK + 8;

/// A processor, as far as the encoder is concerned.
pub(crate) trait Machine: Copy {
    /// The masks of the ASCII characters of a block.
    fn masks(self, block: &[u8; BLOCK]) -> Masks;

    /// Writes `base` plus the number of each set bit, in order, and returns how many there are. What
    /// stands behind them afterwards means nothing.
    fn positions(self, bits: u64, base: u32, positions: &mut [u32; POSITIONS]) -> usize;

    /// Which entry of a bucket has the key. No word stands in a bucket twice, and the key of no word is
    /// never asked for.
    fn find(self, bucket: &Bucket, key: &Key) -> Option<usize>;

    /// Asks for the cache line where `value` starts, ahead of its use.
    fn prefetch<T>(self, value: &T);
}
