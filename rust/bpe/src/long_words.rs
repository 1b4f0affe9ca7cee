//! Words that the word table has no room for: longer than a key, or of many ids.

/// Words beyond this length are merged each time they are met.
const LONGEST: usize = 4096;

const FILTER_WORDS: usize = 1 << 10;

fn filter_place(hash: u64) -> (usize, u64) {
    ((hash >> 54) as usize % FILTER_WORDS, 1 << (hash >> 48 & 63))
}

#[derive(Clone, Copy, Default)]
struct Slot {
    hash: u64,
    /// Where the word starts in `bytes`.
    start: u32,
    /// Its length; zero where the slot is empty.
    length: u32,
    /// Where its ids start in `ids`.
    ids_start: u32,
    ids_count: u32,
}

/// A bounded map from bytes to ids. When it is full it forgets everything.
pub(crate) struct LongWords {
    slots: Vec<Slot>,
    words: usize,
    bytes: Vec<u8>,
    ids: Vec<u32>,
    most_memory: usize,
    /// One bit for each of some parts of the hash: no word has the hash where it is not set. Most
    /// words that are asked for are new, and this is all that they touch.
    may_be_there: Box<[u64; FILTER_WORDS]>,
}

impl LongWords {
    pub(crate) fn new(most_memory: usize) -> Self {
        Self {
            slots: vec![Slot::default(); 1 << 8],
            words: 0,
            bytes: Vec::new(),
            ids: Vec::new(),
            most_memory,
            may_be_there: Box::new([0; FILTER_WORDS]),
        }
    }

    pub(crate) fn memory(&self) -> usize {
        self.slots.len() * size_of::<Slot>() + self.bytes.len() + self.ids.len() * size_of::<u32>()
    }

    pub(crate) fn get(&self, word: &[u8], hash: u64) -> Option<&[u32]> {
        let (filter_word, bit) = filter_place(hash);
        if self.may_be_there[filter_word] & bit == 0 {
            return None;
        }
        let slot = self.slots[self.find(word, hash)];
        let start = slot.ids_start as usize;
        (slot.length != 0).then(|| &self.ids[start..start + slot.ids_count as usize])
    }

    /// The slot of the word, or the empty one where it would be.
    fn find(&self, word: &[u8], hash: u64) -> usize {
        let mut place = hash as usize & (self.slots.len() - 1);
        loop {
            let slot = &self.slots[place];
            let start = slot.start as usize;
            let is_word = slot.hash == hash && self.bytes[start..start + slot.length as usize] == *word;
            if slot.length == 0 || is_word {
                return place;
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
    }

    /// Remembers a word that is not there yet.
    pub(crate) fn insert(&mut self, word: &[u8], hash: u64, ids: &[u32]) {
        let needed = word.len() + size_of_val(ids);
        let slots = self.slots.len() * size_of::<Slot>();
        if word.len() > LONGEST || slots + needed > self.most_memory {
            return;
        }
        let is_crowded = self.words * 2 >= self.slots.len();
        let added = needed + if is_crowded { slots } else { 0 };
        let must_not_grow = is_crowded && 4 * slots > self.most_memory;
        if self.memory() + added > self.most_memory || must_not_grow {
            self.forget();
        } else if is_crowded {
            self.grow();
        }
        let place = self.find(word, hash);
        self.slots[place] = Slot {
            hash,
            start: self.bytes.len() as u32,
            length: word.len() as u32,
            ids_start: self.ids.len() as u32,
            ids_count: ids.len() as u32,
        };
        let (filter_word, bit) = filter_place(hash);
        self.may_be_there[filter_word] |= bit;
        self.words += 1;
        self.bytes.extend_from_slice(word);
        self.ids.extend_from_slice(ids);
    }

    fn forget(&mut self) {
        self.slots.fill(Slot::default());
        self.bytes.clear();
        self.ids.clear();
        self.words = 0;
        self.may_be_there.fill(0);
    }

    fn grow(&mut self) {
        let larger = vec![Slot::default(); self.slots.len() * 2];
        for slot in std::mem::replace(&mut self.slots, larger) {
            if slot.length != 0 {
                let mut place = slot.hash as usize & (self.slots.len() - 1);
                while self.slots[place].length != 0 {
                    place = (place + 1) & (self.slots.len() - 1);
                }
                self.slots[place] = slot;
            }
        }
    }
}
