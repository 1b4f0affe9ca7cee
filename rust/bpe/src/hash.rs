//! Hashing words. Collisions cost time only: every table compares what it finds.

use crate::word_table::{Key, LONGEST_KEY};

const FIRST: u64 = 0x9E37_79B9_7F4A_7C15;
const SECOND: u64 = 0xD6E8_FEB8_6659_FD93;

/// Both halves of a 128-bit product, laid over each other.
#[inline(always)]
pub(crate) fn fold(low: u64, high: u64) -> u64 {
    let product = u128::from(low ^ FIRST).wrapping_mul(u128::from(high ^ SECOND));
    product as u64 ^ (product >> 64) as u64
}

/// The hash of a word of any length; that of a short word is the hash of its key.
pub(crate) fn of_word(word: &[u8]) -> u64 {
    if word.len() <= LONGEST_KEY { Key::of(word).hash() } else { of_bytes(word) }
}

/// The hash of at least 16 bytes.
pub(crate) fn of_bytes(bytes: &[u8]) -> u64 {
    let mut hash = bytes.len() as u64;
    let (chunks, _) = bytes.as_chunks::<16>();
    for chunk in chunks {
        let (low, high) = halves(chunk);
        hash = fold(hash ^ low, high);
    }
    let (low, high) = bytes.last_chunk().map(halves).unwrap_or_default();
    fold(hash ^ low, high)
}

fn halves(chunk: &[u8; 16]) -> (u64, u64) {
    let chunk = u128::from_le_bytes(*chunk);
    (chunk as u64, (chunk >> 64) as u64)
}
