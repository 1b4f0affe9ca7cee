//! Finding the id of an entry by its bytes.

use crate::hash;
use crate::machine::Machine;
use crate::vocabulary::{BYTES_LIMIT, ID_LIMIT, Kind, Tokens};

/// Open addressing over the entries that text can be spelled with. A slot knows where the bytes of
/// its entry are, so that one look at a slot and one at the bytes decide.
pub(crate) struct VocabularyIndex {
    slots: Vec<Slot>,
    shift: u32,
}

/// From the lowest bit: id, start of the bytes, their number, a part of the hash; all ones where empty.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Slot(u64);

impl Slot {
    const EMPTY: Slot = Slot(u64::MAX);
    const ID_BITS: u32 = ID_LIMIT.ilog2();
    const START_BITS: u32 = BYTES_LIMIT.ilog2();
    const LENGTH_BITS: u32 = 6;
    /// In the place of the length: this long or longer.
    const LONG: u64 = (1 << Self::LENGTH_BITS) - 1;
    const TAG_SHIFT: u32 = Self::ID_BITS + Self::START_BITS + Self::LENGTH_BITS;

    fn new(id: u32, start: usize, length: usize, hash: u64) -> Slot {
        let length = (length as u64).min(Self::LONG);
        let tag = hash << Self::TAG_SHIFT;
        Slot(
            tag | length << (Self::ID_BITS + Self::START_BITS)
                | (start as u64) << Self::ID_BITS
                | u64::from(id),
        )
    }

    fn id(self) -> u32 {
        self.0 as u32 & (ID_LIMIT - 1)
    }

    fn bytes(self, tokens: &Tokens) -> &[u8] {
        let start = (self.0 >> Self::ID_BITS) as usize & (BYTES_LIMIT - 1);
        let length = self.0 >> (Self::ID_BITS + Self::START_BITS) & Self::LONG;
        if length == Self::LONG { tokens.bytes(self.id()) } else { tokens.bytes_at(start, length as usize) }
    }

    fn may_have(self, hash: u64) -> bool {
        (self.0 >> Self::TAG_SHIFT ^ hash) << Self::TAG_SHIFT == 0
    }
}

impl VocabularyIndex {
    /// None if two entries have the same bytes.
    pub(crate) fn new(tokens: &Tokens) -> Option<Self> {
        let slot_bits = (tokens.len() * 3 / 2 + 2).next_power_of_two().ilog2();
        let mut index = Self { slots: vec![Slot::EMPTY; 1 << slot_bits], shift: 64 - slot_bits };
        for id in tokens.ids().filter(|&id| tokens.kind(id) == Kind::Word) {
            let bytes = tokens.bytes(id);
            let hash = hash::of_word(bytes);
            let place = index.find(tokens, bytes, hash).err()?;
            index.slots[place] = Slot::new(id, tokens.start(id), bytes.len(), hash);
        }
        Some(index)
    }

    /// Asks for what [`VocabularyIndex::get`] reads first.
    pub(crate) fn prefetch(&self, machine: impl Machine, hash: u64) {
        machine.prefetch(&self.slots[(hash >> self.shift) as usize]);
    }

    /// The id of `bytes`, whose hash is given.
    pub(crate) fn get(&self, tokens: &Tokens, bytes: &[u8], hash: u64) -> Option<u32> {
        self.find(tokens, bytes, hash).ok()
    }

    /// The id, or the place where it would be.
    fn find(&self, tokens: &Tokens, bytes: &[u8], hash: u64) -> Result<u32, usize> {
        let mut place = (hash >> self.shift) as usize;
        loop {
            let slot = self.slots[place];
            if slot == Slot::EMPTY {
                return Err(place);
            }
            if slot.may_have(hash) && slot.bytes(tokens) == bytes {
                return Ok(slot.id());
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
    }
}
