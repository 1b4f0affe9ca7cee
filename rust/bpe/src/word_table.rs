//! The words a worker has met, with their ids.
//!
//! A word of up to 15 bytes is its own key: its bytes and its length fill 16 bytes, so that comparing
//! keys compares words and nothing has to be looked up elsewhere. A bucket of two entries is one
//! cache line. A full bucket moves its older entry to the bucket beside it, and that one forgets: words
//! can always be merged again, so the table is free to forget and never grows past its bound.

use crate::hash::fold;
use crate::machine::Machine;

/// The longest word that is its own key.
pub(crate) const LONGEST_KEY: usize = 15;

/// The most ids that an entry holds.
pub(crate) const MOST_IDS: usize = 4;

/// The first id of an entry carries the number of its ids above this bit.
const COUNT_SHIFT: u32 = 24;

const ID_BITS: u32 = (1 << COUNT_SHIFT) - 1;

/// A word of up to 15 bytes: its bytes, zeros, and in the highest byte its length. Longer words have
/// keys that no entry has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Key {
    low: u64,
    high: u64,
}

impl Key {
    /// The key of no word.
    pub(crate) const EMPTY: Key = Key { low: 0, high: 0 };

    /// The key of the first `length` bytes of `bytes`.
    #[inline(always)]
    pub(crate) fn new(bytes: &[u8; 16], length: usize) -> Key {
        let [low_mask, high_mask, length_bits] = KEY_MASKS[length.min(LONGEST_KEY + 1)];
        let bytes = u128::from_le_bytes(*bytes);
        Key { low: bytes as u64 & low_mask, high: (bytes >> 64) as u64 & high_mask | length_bits }
    }

    /// The key of a whole word.
    pub(crate) fn of(word: &[u8]) -> Key {
        let mut bytes = [0; 16];
        let length = word.len().min(16);
        bytes[..length].copy_from_slice(&word[..length]);
        Key::new(&bytes, word.len())
    }

    #[inline(always)]
    pub(crate) fn hash(self) -> u64 {
        fold(self.low, self.high)
    }
}

const KEY_MASKS: [[u64; 3]; LONGEST_KEY + 2] = {
    let mut masks = [[0; 3]; LONGEST_KEY + 2];
    let mut length = 0;
    while length <= LONGEST_KEY {
        let low_bytes = if length < 8 { length } else { 8 };
        let high_bytes = length - low_bytes;
        masks[length] = [
            if low_bytes == 8 { u64::MAX } else { (1 << (8 * low_bytes)) - 1 },
            (1 << (8 * high_bytes)) - 1,
            (length as u64) << 56,
        ];
        length += 1;
    }
    masks[LONGEST_KEY + 1] = [0, 0, u64::MAX];
    masks
};

/// The ids of a word, ready to be copied as they are.
#[derive(Clone, Copy, Debug)]
#[repr(align(16))]
pub(crate) struct Ids([u32; MOST_IDS]);

impl Ids {
    /// None if the ids do not fit.
    pub(crate) fn new(ids: &[u32]) -> Option<Ids> {
        let mut packed = [0; MOST_IDS];
        packed.get_mut(..ids.len())?.copy_from_slice(ids);
        packed[0] |= (ids.len() as u32) << COUNT_SHIFT;
        Some(Ids(packed))
    }

    #[inline(always)]
    pub(crate) fn count(self) -> usize {
        (self.0[0] >> COUNT_SHIFT) as usize
    }

    /// All four places; those behind the count hold nothing.
    #[inline(always)]
    pub(crate) fn places(self) -> [u32; MOST_IDS] {
        self.0.map(|id| id & ID_BITS)
    }
}

/// Two words in one cache line.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Bucket {
    pub(crate) keys: [Key; 2],
    ids: [Ids; 2],
}

impl Bucket {
    /// Set above the second id of the first entry once a word of this bucket had to give way.
    const SPILLED: u32 = 1 << 31;

    pub(crate) const EMPTY: Bucket = Bucket { keys: [Key::EMPTY; 2], ids: [Ids([0; MOST_IDS]); 2] };

    /// Puts a word first; what stood last gives way and is returned.
    fn push(&mut self, key: Key, ids: Ids) -> (Key, Ids) {
        let last = (self.keys[1], self.ids[1]);
        let spilled = self.ids[0].0[1] & Self::SPILLED;
        self.keys = [key, self.keys[0]];
        self.ids = [ids, self.ids[0]];
        self.ids[1].0[1] &= !Self::SPILLED;
        self.ids[0].0[1] |= spilled;
        last
    }

    fn has_spilled(&self) -> bool {
        self.ids[0].0[1] & Self::SPILLED != 0
    }
}

/// A bounded table from short words to ids.
pub(crate) struct WordTable {
    buckets: Vec<Bucket>,
    words: usize,
    most_buckets: usize,
}

impl WordTable {
    /// `bytes` bounds the memory; a power of two is used to the full.
    pub(crate) fn new(bytes: usize) -> WordTable {
        let most_buckets = (bytes / size_of::<Bucket>()).max(2);
        let most_buckets = 1 << most_buckets.ilog2();
        let buckets = vec![Bucket::EMPTY; FIRST_BUCKETS.min(most_buckets)];
        WordTable { buckets, words: 0, most_buckets }
    }

    #[cfg(test)]
    pub(crate) fn memory(&self) -> usize {
        self.buckets.capacity() * size_of::<Bucket>()
    }

    /// The bucket of words with this hash, until the next insertion.
    #[inline(always)]
    pub(crate) fn place(&self, hash: u64) -> u32 {
        hash as u32 & (self.buckets.len() as u32 - 1)
    }

    /// Asks for the memory that [`WordTable::get`] will look at.
    #[inline(always)]
    pub(crate) fn prefetch(&self, machine: impl Machine, place: u32) {
        machine.prefetch(&self.buckets[place as usize]);
    }

    /// The ids of a word.
    #[inline(always)]
    pub(crate) fn get(&self, machine: impl Machine, key: &Key, place: u32) -> Option<Ids> {
        let bucket = &self.buckets[place as usize];
        machine.find(bucket, key).map(|at| bucket.ids[at & 1])
    }

    /// The ids of a word that had to give way to others in its bucket; it takes its place again.
    pub(crate) fn get_back(&mut self, key: &Key) -> Option<Ids> {
        let place = self.place(key.hash()) as usize;
        if !self.buckets[place].has_spilled() {
            return None;
        }
        let beside = &mut self.buckets[place ^ 1];
        let at = beside.keys.iter().position(|known| known == key)?;
        let mut ids = beside.ids[at];
        ids.0[1] &= ID_BITS;
        beside.keys[at] = Key::EMPTY;
        let last = self.buckets[place].push(*key, ids);
        let beside = &mut self.buckets[place ^ 1];
        let spilled = beside.ids[at].0[1] & !ID_BITS;
        (beside.keys[at], beside.ids[at]) = last;
        beside.ids[at].0[1] |= spilled;
        Some(ids)
    }

    /// Adds a word that is not there. Says whether the places of all words have changed.
    pub(crate) fn insert(&mut self, key: Key, ids: Ids) -> bool {
        let grows = self.words * 2 >= self.buckets.len() && self.buckets.len() < self.most_buckets;
        if grows {
            let larger = vec![Bucket::EMPTY; self.buckets.len() * 2];
            let smaller = std::mem::replace(&mut self.buckets, larger);
            self.words = 0;
            for bucket in &smaller {
                for at in [1, 0] {
                    if bucket.keys[at] != Key::EMPTY {
                        self.put(bucket.keys[at], bucket.ids[at]);
                    }
                }
            }
        }
        self.put(key, ids);
        grows
    }

    /// What gives way moves to the bucket beside, where what stood last is forgotten.
    fn put(&mut self, key: Key, ids: Ids) {
        let place = self.place(key.hash()) as usize;
        self.words += 1;
        let (key, ids) = self.buckets[place].push(key, ids);
        if key != Key::EMPTY {
            self.buckets[place].ids[0].0[1] |= Bucket::SPILLED;
            let (forgotten, _) = self.buckets[place ^ 1].push(key, ids);
            self.words -= usize::from(forgotten != Key::EMPTY);
        }
    }
}

const FIRST_BUCKETS: usize = 1 << 13;
