//! Keys that stand twice in one object.
//!
//! Each key leaves a signature while it is read. Two equal keys have equal signatures, so an object without equal
//! signatures has no key twice and nothing else is compared; only of others the keys themselves are.

use std::borrow::Cow;

use super::pointer::push_segment;
use super::unescape::unescape_bytes;
use super::{MOST_PROBLEMS, Tape};
use crate::problem::{Problem, ProblemKind};

/// Objects up to this many members have their keys compared pair by pair.
const FEW_KEYS: usize = 12;

impl Tape {
    /// Looks at the keys themselves, since signatures only say that two may be equal.
    #[cold]
    pub(super) fn note_repeated_keys(&mut self, bytes: &[u8], object: u32) {
        let mut keys = Vec::new();
        let end = self.nodes[object as usize].next;
        let mut node = object + 1;
        while node < end {
            let key = self.nodes[node as usize];
            let raw = &bytes[key.start as usize + 1..key.end as usize - 1];
            let text = if key.escaped { unescape_bytes(raw) } else { Cow::Borrowed(raw) };
            keys.push((text, key.start));
            node = self.nodes[node as usize + 1].next;
        }
        keys.sort_unstable();
        let mut repeated: Vec<_> =
            keys.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].clone()).collect();
        if repeated.is_empty() {
            return;
        }
        repeated.sort_unstable_by_key(|&(_, start)| start);
        let base = self.pointer_of_containers(bytes, self.open.len());
        for (key, start) in repeated {
            if self.problems.len() >= MOST_PROBLEMS {
                return;
            }
            let mut pointer = base.clone();
            push_segment(&mut pointer, &String::from_utf8_lossy(&key));
            self.problems.push(Problem::new(ProblemKind::DuplicateKey, start as usize, pointer));
        }
    }
}

/// A number that differs for almost all keys that differ, from the length and the ends of the key that stands at
/// `start..end`. Of a short key it is the key itself.
#[inline]
pub(super) fn signature(bytes: &[u8], start: usize, end: usize) -> u64 {
    let length = (end - start) as u64;
    let key = &bytes[start..end];
    if let (Some(head), Some(tail)) = (key.first_chunk::<8>(), key.last_chunk::<8>()) {
        let mixed = u64::from_le_bytes(*head) ^ u64::from_le_bytes(*tail).rotate_left(29);
        return mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(length);
    }
    let word = match bytes[start..].first_chunk::<8>() {
        Some(word) => u64::from_le_bytes(*word) & ((1 << (8 * length)) - 1),
        None => key.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    };
    word | length << 56
}

/// Whether two of the signatures are equal.
#[inline]
pub(super) fn may_repeat(signatures: &[u64]) -> bool {
    if signatures.len() <= FEW_KEYS {
        return signatures
            .iter()
            .enumerate()
            .any(|(position, signature)| signatures[position + 1..].contains(signature));
    }
    let mut sorted = signatures.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).any(|pair| pair[0] == pair[1])
}
