//! x86-64 processors with AVX2 and the bit instructions that came with it.
//!
//! # Safety
//!
//! Two things need `unsafe` here. Functions that are compiled for these instructions may only be
//! called where the processor has them: an [`Avx2`] is only made where it said so, and every method
//! has one in hand. And loads and stores of vectors take pointers: each comes from a reference to an
//! array that is at least as large as the vector, and none asks for alignment.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m256i, _MM_HINT_T0, _mm_loadl_epi64, _mm_loadu_si128, _mm_prefetch, _mm256_add_epi32,
    _mm256_broadcastsi128_si256, _mm256_castsi256_pd, _mm256_cmpeq_epi8, _mm256_cmpeq_epi64,
    _mm256_cvtepu8_epi32, _mm256_loadu_si256, _mm256_min_epu8, _mm256_movemask_epi8, _mm256_movemask_pd,
    _mm256_or_si256, _mm256_set1_epi8, _mm256_set1_epi32, _mm256_storeu_si256, _mm256_sub_epi8,
};

use super::{Machine, POSITIONS};
use crate::split::masks::{BLOCK, Masks};
use crate::word_table::{Bucket, Key};

/// Proof that the processor has AVX2, BMI1, BMI2, LZCNT and POPCNT.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2(());

impl Avx2 {
    /// The proof, where the processor gives it.
    pub(crate) fn detect() -> Option<Avx2> {
        let is_there = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt");
        is_there.then_some(Avx2(()))
    }

    /// Runs `work` compiled for these instructions, with all that is inlined into it.
    pub(crate) fn run<R>(self, work: impl FnOnce(Avx2) -> R) -> R {
        #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
        fn compiled<R>(machine: Avx2, work: impl FnOnce(Avx2) -> R) -> R {
            work(machine)
        }
        // SAFETY: `self` proves that the processor has the features.
        unsafe { compiled(self, work) }
    }
}

impl Machine for Avx2 {
    #[inline(always)]
    fn masks(self, block: &[u8; BLOCK]) -> Masks {
        // SAFETY: `self` proves that the processor has the features.
        unsafe { masks(block) }
    }

    #[inline(always)]
    fn positions(self, bits: u64, base: u32, out: &mut [u32; POSITIONS]) -> usize {
        // SAFETY: `self` proves that the processor has the features.
        unsafe { positions(bits, base, out) }
    }

    #[inline(always)]
    fn find(self, bucket: &Bucket, key: &Key) -> Option<usize> {
        // SAFETY: `self` proves that the processor has the features.
        unsafe { find(bucket, key) }
    }

    #[inline(always)]
    fn prefetch<T>(self, value: &T) {
        // SAFETY: a prefetch changes no memory and never faults, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(value).cast()) }
    }
}

#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn masks(block: &[u8; BLOCK]) -> Masks {
    let [low, high] = halves(block);
    let both = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
    let letter = both(letters(low), letters(high));
    let number = both(range(low, b'0', 9), range(high, b'0', 9));
    let white = both(range(low, b'\t', 4), range(high, b'\t', 4));
    let space = both(is(low, b' '), is(high, b' '));
    let newline = both(newlines(low), newlines(high));
    let beyond_ascii = both(bits(low), bits(high));
    Masks {
        letter,
        upper: both(range(low, b'A', 25), range(high, b'A', 25)),
        caseless: 0,
        number,
        blank: white & !newline | space,
        space,
        newline,
        sign: !(letter | number | white | space | beyond_ascii),
        apostrophe: both(is(low, b'\''), is(high, b'\'')),
        slash: both(is(low, b'/'), is(high, b'/')),
        beyond_ascii,
        continuation: 0,
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn halves(block: &[u8; BLOCK]) -> [__m256i; 2] {
    let start = block.as_ptr();
    // SAFETY: the block holds 64 bytes, from which bytes 0 to 31 and 32 to 63 are read.
    unsafe { [_mm256_loadu_si256(start.cast()), _mm256_loadu_si256(start.add(32).cast())] }
}

#[inline]
#[target_feature(enable = "avx2")]
fn splat(byte: u8) -> __m256i {
    _mm256_set1_epi8(byte.cast_signed())
}

#[inline]
#[target_feature(enable = "avx2")]
fn bits(mask: __m256i) -> u32 {
    _mm256_movemask_epi8(mask).cast_unsigned()
}

#[inline]
#[target_feature(enable = "avx2")]
fn is(bytes: __m256i, byte: u8) -> u32 {
    bits(_mm256_cmpeq_epi8(bytes, splat(byte)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn at_most(bytes: __m256i, most: u8) -> u32 {
    bits(_mm256_cmpeq_epi8(_mm256_min_epu8(bytes, splat(most)), bytes))
}

/// Bytes from `first` to `first + more`.
#[inline]
#[target_feature(enable = "avx2")]
fn range(bytes: __m256i, first: u8, more: u8) -> u32 {
    at_most(_mm256_sub_epi8(bytes, splat(first)), more)
}

#[inline]
#[target_feature(enable = "avx2")]
fn letters(bytes: __m256i) -> u32 {
    range(_mm256_or_si256(bytes, splat(0x20)), b'a', 25)
}

#[inline]
#[target_feature(enable = "avx2")]
fn newlines(bytes: __m256i) -> u32 {
    let feed = _mm256_cmpeq_epi8(bytes, splat(b'\n'));
    bits(_mm256_or_si256(feed, _mm256_cmpeq_epi8(bytes, splat(b'\r'))))
}

/// For each byte the numbers of its set bits, in order.
static BIT_NUMBERS: [[u8; 8]; 256] = {
    let mut table = [[0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut bit, mut count) = (0, 0);
        while bit < 8 {
            if byte >> bit & 1 != 0 {
                table[byte][count] = bit;
                count += 1;
            }
            bit += 1;
        }
        byte += 1;
    }
    table
};

/// Eight bits a step, each step writing eight places and moving on by as many as it has bits.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn positions(bits: u64, base: u32, out: &mut [u32; POSITIONS]) -> usize {
    let mut count = 0;
    for step in 0..8 {
        let byte = (bits >> (8 * step)) as u8;
        let numbers = &BIT_NUMBERS[usize::from(byte)];
        let offset = _mm256_set1_epi32((base + 8 * step).cast_signed());
        // SAFETY: eight bytes are read from an array of eight, and eight places are written from
        // `count` on, which is at most 56 here, into an array of 72.
        unsafe {
            let numbers = _mm256_cvtepu8_epi32(_mm_loadl_epi64(numbers.as_ptr().cast()));
            _mm256_storeu_si256(out.as_mut_ptr().add(count).cast(), _mm256_add_epi32(numbers, offset));
        }
        count += byte.count_ones() as usize;
    }
    count
}

/// Both keys of the bucket at once.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn find(bucket: &Bucket, key: &Key) -> Option<usize> {
    const { assert!(size_of_val(&[Key::EMPTY; 2]) == 32) };
    // SAFETY: a key is 16 bytes without padding, and a bucket has two of them side by side.
    let (known, key) = unsafe {
        let known = _mm256_loadu_si256(bucket.keys.as_ptr().cast());
        (known, _mm256_broadcastsi128_si256(_mm_loadu_si128(std::ptr::from_ref(key).cast())))
    };
    let equal = _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(known, key))).cast_unsigned();
    let found = equal & equal >> 1 & 0b101;
    (found != 0).then_some((found >> 2) as usize)
}
