//! A worker's encoder.

use std::ops::Range;
use std::sync::Arc;

use crate::Bpe;
use crate::batches::{self, Scratch};
use crate::machine::Portable;
#[cfg(target_arch = "x86_64")]
use crate::machine::avx2::Avx2;
use crate::normalize::{self, Normalized};
use crate::split::compiled::chain::Walker;
use crate::word_table::{Ids, Key, LONGEST_KEY, WordTable};
use crate::words::Words;

/// The memory that the words of an encoder take at most, unless it is made with another.
pub(crate) const DEFAULT_MEMORY: usize = 64 << 20;

/// Encodes text for one worker. It owns its caches, so encoders share nothing but the vocabulary.
pub struct Encoder {
    words: Words,
    /// Whole texts that are as short as a word: line ends, roles, plain answers come again and again.
    short_texts: WordTable,
    scratch: Box<Scratch>,
    machine: Detected,
}

impl Encoder {
    pub(crate) fn new(bpe: Arc<Bpe>, memory: usize) -> Self {
        Self::on(Detected::new(), bpe, memory)
    }

    /// The twin in portable code, whose tables take about `memory` bytes.
    pub(crate) fn portable(bpe: Arc<Bpe>, memory: usize) -> Self {
        Self::on(Detected::Portable, bpe, memory)
    }

    fn on(machine: Detected, bpe: Arc<Bpe>, memory: usize) -> Self {
        let (words, short_texts) = (Words::new(bpe, memory), WordTable::new(memory / 1024));
        Self { words, short_texts, scratch: Box::default(), machine }
    }

    /// The tokenizer that this encoder works for.
    #[must_use]
    pub fn bpe(&self) -> &Arc<Bpe> {
        self.words.bpe()
    }

    /// Appends the ids of `text` to `ids`. Added tokens are never made, whatever the text says.
    ///
    /// At the start of the input some tokenizers put a blank before a text; `at_start` says whether this
    /// is where `text` stands.
    pub fn encode(&mut self, text: &str, at_start: bool, ids: &mut Vec<u32>) {
        // The short texts that are remembered are those at the start.
        if text.len() > LONGEST_KEY || !at_start && self.bpe().prefixes().is_some() {
            return self.encode_stretch(text, 0..text.len(), at_start, ids);
        }
        let key = Key::of(text.as_bytes());
        if let Some(known) = self.short_texts.get(Portable, &key, self.short_texts.place(key.hash())) {
            ids.extend_from_slice(&known.places()[..known.count()]);
            return;
        }
        let from = ids.len();
        self.encode_stretch(text, 0..text.len(), at_start, ids);
        if let Some(packed) = Ids::new(&ids[from..]) {
            self.short_texts.insert(key, packed);
        }
    }

    /// Appends the ids of a stretch of `text`: those of `encode(&text[stretch], at_start, ids)`, somewhat
    /// faster, since vectors may be read across the end of the stretch.
    ///
    /// # Panics
    ///
    /// Where slicing `text` would.
    pub fn encode_stretch(&mut self, text: &str, stretch: Range<usize>, at_start: bool, ids: &mut Vec<u32>) {
        match self.normalized(&text[stretch.clone()]) {
            Some(normalized) => {
                self.encode_prefixed(&normalized.text, 0..normalized.text.len(), at_start, ids);
            }
            None => self.encode_prefixed(text, stretch, at_start, ids),
        }
    }

    /// Encodes a stretch of normalized text, with a blank before it where it gets one.
    fn encode_prefixed(&mut self, text: &str, mut stretch: Range<usize>, at_start: bool, ids: &mut Vec<u32>) {
        let bpe = Arc::clone(self.bpe());
        if let Some(sentence) = bpe.sentence() {
            let piece = &text[stretch.clone()];
            let has_prefix = at_start && bpe.has_prefix(piece);
            if let Some(id) = bpe.whole_text(piece, has_prefix) {
                ids.push(id);
                return;
            }
            if has_prefix {
                let end = sentence.end_of_prefixed(piece);
                let word = [b" ", &piece.as_bytes()[..end]].concat();
                self.words.encode(Portable, &word, ids);
                stretch.start += end;
            }
        }
        self.encode_normalized(text, stretch, ids);
    }

    /// Appends the ids of `text` to `ids` and, for each id, the byte of `text` where it ends.
    ///
    /// Ends never decrease and the last one is the length of `text`: a byte belongs to the first
    /// token that ends behind it. A token that ends inside a character is given the character's end,
    /// as the reference's offsets do. Where normalization drops or moves characters, they count to
    /// the token that holds the character they went into (the reference's offsets leave a gap there).
    ///
    /// A blank that the text gets before it ends where the text begins.
    pub fn encode_with_ends(&mut self, text: &str, at_start: bool, ids: &mut Vec<u32>, ends: &mut Vec<u32>) {
        let from = ids.len();
        if self.bpe().sentence().is_some() {
            self.encode_prefixed(text, 0..text.len(), at_start, ids);
            return self.character_ends(text, at_start && self.bpe().has_prefix(text), &ids[from..], ends);
        }
        let Some(normalized) = self.normalized(text) else {
            self.encode_normalized(text, 0..text.len(), ids);
            self.each_end(&ids[from..], |end| ends.push(text.ceil_char_boundary(end as usize) as u32));
            return;
        };
        self.encode_normalized(&normalized.text, 0..normalized.text.len(), ids);
        let mut characters = normalized.ends.iter();
        let mut character = (0, 0);
        self.each_end(&ids[from..], |end| {
            while character.0 < end {
                let Some(&next) = characters.next() else { break };
                character = next;
            }
            ends.push(character.1);
        });
    }

    /// Appends the ends of ids that stand for characters, or for bytes of them.
    fn character_ends(&self, text: &str, mut has_prefix: bool, ids: &[u32], ends: &mut Vec<u32>) {
        let mut at = 0;
        let behind = |at: usize| text.ceil_char_boundary(at + 1).min(text.len());
        for &id in ids {
            let Some(characters) = self.bpe().characters(id) else {
                at += 1;
                ends.push(text.ceil_char_boundary(at) as u32);
                continue;
            };
            let mut end = at;
            for _ in 0..characters {
                if !std::mem::take(&mut has_prefix) {
                    end = behind(at);
                    at = end;
                }
            }
            ends.push(end as u32);
        }
    }

    /// Appends to `ends` where each pretoken ends in the text after normalization.
    pub fn split(&mut self, text: &str, ends: &mut Vec<u32>) {
        match self.normalized(text) {
            Some(normalized) => self.split_normalized(&normalized.text, ends),
            None => self.split_normalized(text, ends),
        }
    }

    fn split_normalized(&self, text: &str, ends: &mut Vec<u32>) {
        let (splitting, walker) = (self.words.bpe().splitting(), &mut Walker::default());
        match self.machine {
            #[cfg(target_arch = "x86_64")]
            Detected::Avx2(machine) => machine.run(
                #[inline(always)]
                |machine| batches::split(machine, splitting, walker, text, ends),
            ),
            Detected::Portable => batches::split(Portable, splitting, walker, text, ends),
        }
    }

    fn normalized(&self, text: &str) -> Option<Normalized> {
        if self.words.bpe().normalizes() { normalize::nfc(text) } else { None }
    }

    fn each_end(&self, ids: &[u32], mut each: impl FnMut(u32)) {
        let mut end = 0;
        for &id in ids {
            end += self.words.bpe().token_bytes(id).len() as u32;
            each(end);
        }
    }

    fn encode_normalized(&mut self, text: &str, stretch: Range<usize>, ids: &mut Vec<u32>) {
        let Self { words, scratch, machine, .. } = self;
        match *machine {
            #[cfg(target_arch = "x86_64")]
            Detected::Avx2(machine) => machine.run(
                #[inline(always)]
                |machine| batches::encode(machine, words, scratch, text, stretch, ids),
            ),
            Detected::Portable => batches::encode(Portable, words, scratch, text, stretch, ids),
        }
    }
}

/// The fastest machine that the processor can be.
#[derive(Clone, Copy)]
enum Detected {
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    Portable,
}

impl Detected {
    fn new() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(machine) = Avx2::detect() {
            return Detected::Avx2(machine);
        }
        Detected::Portable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words that crowd a small table: short, long, of many ids, again and again in another order.
    fn text(round: usize) -> String {
        let words = (0..300).map(|at| {
            let number = (at * 7919 + round * 31) % 4001;
            format!("{}{number}", ["hello", "{\"a\":", "héé", "abcdefghijklmnopqrstuvw"][number % 4])
        });
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn short_texts_have_the_same_ids_each_time() {
        let bpe = Arc::new(Bpe::from_tokenizer_json(include_bytes!("../tests/data/tiny.json")).unwrap());
        let (mut encoder, mut without) = (bpe.encoder(), bpe.encoder());
        let all = text(0);
        let short =
            (0..=LONGEST_KEY + 1).flat_map(|length| (0..200).map(move |start| (start, start + length)));
        for (start, end) in short.clone().chain(short) {
            let Some(text) = all.get(start..end) else { continue };
            let [mut expected, mut ids] = [vec![], vec![]];
            without.encode_stretch(text, 0..text.len(), true, &mut expected);
            encoder.encode(text, true, &mut ids);
            assert_eq!(ids, expected, "{text:?}");
        }
    }

    #[test]
    fn ids_do_not_depend_on_memory() {
        let bpe = Arc::new(Bpe::from_tokenizer_json(include_bytes!("../tests/data/tiny.json")).unwrap());
        let mut usual = bpe.encoder();
        for memory in [0, 1, 100, 1 << 10, 1 << 13, 1 << 16] {
            let mut small = bpe.encoder_within(memory);
            for round in 0..60 {
                let text = text(round);
                let [mut expected, mut ids] = [vec![], vec![]];
                usual.encode(&text, true, &mut expected);
                small.encode(&text, true, &mut ids);
                assert_eq!(ids, expected, "{memory} bytes, round {round}");
            }
            let least = Words::new(Arc::clone(&bpe), 0).memory();
            assert!(small.words.memory() <= memory + least, "{} of {memory}", small.words.memory());
        }
    }
}
