//! A worker's encoder.

use std::sync::Arc;

use crate::Bpe;
use crate::normalize::{self, Normalized};
use crate::split::scalar::Scanner;

/// Encodes text for one worker. It owns its caches, so encoders share nothing but the vocabulary.
pub struct Encoder {
    bpe: Arc<Bpe>,
    symbols: Vec<u32>,
}

impl Encoder {
    pub(crate) fn new(bpe: Arc<Bpe>) -> Self {
        Self { bpe, symbols: Vec::new() }
    }

    /// The tokenizer that this encoder works for.
    #[must_use]
    pub fn bpe(&self) -> &Arc<Bpe> {
        &self.bpe
    }

    /// Appends the ids of `text` to `ids`. Added tokens are never made, whatever the text says.
    pub fn encode(&mut self, text: &str, ids: &mut Vec<u32>) {
        match self.normalized(text) {
            Some(normalized) => self.encode_normalized(&normalized.text, ids),
            None => self.encode_normalized(text, ids),
        }
    }

    /// Appends the ids of `text` to `ids` and, for each id, the byte of `text` where it ends.
    ///
    /// Ends never decrease and the last one is the length of `text`: a byte belongs to the first
    /// token that ends behind it. A token that ends inside a character is given the character's end,
    /// as the reference's offsets do. Where normalization drops or moves characters, they count to
    /// the token that holds the character they went into (the reference's offsets leave a gap there).
    pub fn encode_with_ends(&mut self, text: &str, ids: &mut Vec<u32>, ends: &mut Vec<u32>) {
        let from = ids.len();
        let Some(normalized) = self.normalized(text) else {
            self.encode_normalized(text, ids);
            self.each_end(&ids[from..], |end| ends.push(text.ceil_char_boundary(end as usize) as u32));
            return;
        };
        self.encode_normalized(&normalized.text, ids);
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

    /// Appends to `ends` where each pretoken ends in the text after normalization.
    pub fn split(&mut self, text: &str, ends: &mut Vec<u32>) {
        match self.normalized(text) {
            Some(normalized) => self.split_normalized(&normalized.text, ends),
            None => self.split_normalized(text, ends),
        }
    }

    fn split_normalized(&self, text: &str, ends: &mut Vec<u32>) {
        let mut scanner = Scanner::new(text, self.bpe.pattern());
        let mut at = 0;
        while at < text.len() {
            at = scanner.end_after(at);
            ends.push(at as u32);
        }
    }

    fn normalized(&self, text: &str) -> Option<Normalized> {
        if self.bpe.normalizes() { normalize::nfc(text) } else { None }
    }

    fn each_end(&self, ids: &[u32], mut each: impl FnMut(u32)) {
        let mut end = 0;
        for &id in ids {
            end += self.bpe.token_bytes(id).len() as u32;
            each(end);
        }
    }

    fn encode_normalized(&mut self, text: &str, ids: &mut Vec<u32>) {
        let mut scanner = Scanner::new(text, self.bpe.pattern());
        let mut start = 0;
        while start < text.len() {
            let end = scanner.end_after(start);
            let word = &text.as_bytes()[start..end];
            if let Some(id) = self.bpe.whole_word(word) {
                ids.push(id);
            } else {
                self.symbols.clear();
                self.symbols.extend(word.iter().map(|&byte| self.bpe.id_of_byte(byte)));
                self.bpe.merge_table().merge(&mut self.symbols);
                ids.extend_from_slice(&self.symbols);
            }
            start = end;
        }
    }
}
