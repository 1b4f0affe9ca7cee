//! The words of one worker: those it has met, and how it comes to the others.

use std::sync::Arc;

use crate::Bpe;
use crate::hash;
use crate::long_words::LongWords;
use crate::machine::Machine;
use crate::word_table::{Ids, Key, LONGEST_KEY, WordTable};

pub(crate) struct Words {
    bpe: Arc<Bpe>,
    table: WordTable,
    long: LongWords,
    ids: Vec<u32>,
    symbols: Vec<u32>,
}

impl Words {
    pub(crate) fn new(bpe: Arc<Bpe>, memory: usize) -> Self {
        let (short, long) = (memory / 4 * 3, memory / 4);
        Self {
            bpe,
            table: WordTable::new(short),
            long: LongWords::new(long),
            ids: Vec::new(),
            symbols: Vec::new(),
        }
    }

    /// The bytes that the words take.
    #[cfg(test)]
    pub(crate) fn memory(&self) -> usize {
        self.table.memory() + self.long.memory()
    }

    pub(crate) fn bpe(&self) -> &Arc<Bpe> {
        &self.bpe
    }

    /// The table of short words.
    #[inline(always)]
    pub(crate) fn table(&self) -> &WordTable {
        &self.table
    }

    /// Appends the ids of a word that stands alone.
    pub(crate) fn encode(&mut self, machine: impl Machine, word: &[u8], ids: &mut Vec<u32>) {
        let key = Key::of(word);
        match self.table.get(machine, &key, self.table.place(key.hash())) {
            Some(known) => ids.extend_from_slice(&known.places()[..known.count()]),
            None => {
                self.encode_unknown(machine, word, ids);
            }
        }
    }

    /// Appends the ids of a word that the table does not hold, and remembers them.
    /// Says whether places in the table have changed by that.
    #[cold]
    #[inline(never)]
    pub(crate) fn encode_unknown(&mut self, machine: impl Machine, word: &[u8], ids: &mut Vec<u32>) -> bool {
        let key = Key::of(word);
        let is_short = word.len() <= LONGEST_KEY;
        let hash = if is_short { key.hash() } else { hash::of_bytes(word) };
        self.bpe.prefetch(machine, word, hash);
        if is_short && let Some(known) = self.table.get_back(&key) {
            ids.extend_from_slice(&known.places()[..known.count()]);
            return false;
        }
        if let Some(known) = self.long.get(word, hash) {
            ids.extend_from_slice(known);
            return false;
        }
        self.ids.clear();
        match self.bpe.whole_word(word, hash) {
            Some(id) => self.ids.push(id),
            None => self.bpe.merge(machine, word, &mut self.symbols, &mut self.ids),
        }
        ids.extend_from_slice(&self.ids);
        if is_short && let Some(packed) = Ids::new(&self.ids) {
            return self.table.insert(key, packed);
        }
        self.long.insert(word, hash, &self.ids);
        false
    }
}
