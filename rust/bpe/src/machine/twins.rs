//! The vector code against its portable twin, step by step.

use super::avx2::Avx2;
use super::{Machine, POSITIONS, Portable};
use crate::split::masks::BLOCK;
use crate::word_table::{Bucket, Key};

/// Numbers without order, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        let mixed = (self.0 >> 32 ^ self.0).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        mixed ^ mixed >> 32
    }
}

fn machine() -> Option<Avx2> {
    let machine = Avx2::detect();
    if machine.is_none() {
        eprintln!("skipped: the processor has no AVX2");
    }
    machine
}

#[test]
fn masks_of_every_byte_at_every_place() {
    let Some(machine) = machine() else { return };
    for byte in 0..=255 {
        for place in 0..BLOCK {
            for around in [b' ', b'a', 0x80] {
                let mut block = [around; BLOCK];
                block[place] = byte;
                assert_eq!(machine.masks(&block), Portable.masks(&block), "{byte:#x} at {place}");
            }
        }
    }
}

#[test]
fn masks_of_mixed_blocks() {
    let Some(machine) = machine() else { return };
    let mut numbers = Numbers(1);
    for _ in 0..20_000 {
        let block: [u8; BLOCK] = std::array::from_fn(|_| numbers.next() as u8);
        assert_eq!(machine.masks(&block), Portable.masks(&block), "{block:?}");
    }
}

#[test]
fn positions_of_bits() {
    let Some(machine) = machine() else { return };
    let mut numbers = Numbers(2);
    let dense = (0..20_000).map(|_| numbers.next()).collect::<Vec<_>>();
    let sparse = dense.iter().map(|bits| bits & bits.rotate_left(17) & bits.rotate_left(41));
    let single = (0..64).map(|bit| 1 << bit);
    for bits in dense.iter().copied().chain(sparse).chain(single).chain([0, u64::MAX, 1 << 63 | 1]) {
        for base in [0, 1, 12_345, u32::MAX - 64] {
            let (mut ours, mut theirs) = ([0; POSITIONS], [0; POSITIONS]);
            let count = machine.positions(bits, base, &mut ours);
            assert_eq!(count, Portable.positions(bits, base, &mut theirs), "{bits:#x}");
            assert_eq!(ours[..count], theirs[..count], "{bits:#x} from {base}");
        }
    }
}

#[test]
fn keys_in_a_bucket() {
    let Some(machine) = machine() else { return };
    let words = ["a", "b", "ab", "abcdefg", "abcdefgh", "abcdefghi", "abcdefghijklmno", "abcdefghijklmnop"];
    let keys: Vec<Key> = words.iter().map(|word| Key::of(word.as_bytes())).collect();
    let entries = || keys.iter().copied().chain([Key::EMPTY]);
    for first in entries() {
        for second in entries().filter(|&second| second != first || second == Key::EMPTY) {
            let mut bucket = Bucket::EMPTY;
            bucket.keys = [first, second];
            for key in &keys {
                let found = machine.find(&bucket, key);
                assert_eq!(found, Portable.find(&bucket, key), "{key:?} among {:?}", bucket.keys);
                machine.prefetch(&bucket);
            }
        }
    }
}
