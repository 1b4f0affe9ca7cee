//! The tokenizer that all workers share.

use std::sync::Arc;

use crate::compact;
use crate::encoder::{DEFAULT_MEMORY, Encoder};
use crate::hash;
use crate::json_form;
use crate::machine::Machine;
use crate::merges::MergeTable;
use crate::recognize::recognize;
use crate::sentence::{BLANK, Prefixes, Sentence};
use crate::split::{Pattern, Splitting};
use crate::unsupported::Unsupported;
use crate::vocabulary::{AddedToken, Kind, Model};

/// A BPE tokenizer, immutable and shared by all workers.
pub struct Bpe {
    model: Model,
    merge_table: MergeTable,
    /// Where text is merged as a whole.
    sentence: Option<Sentence>,
    /// One bit for each id: entries that text merges past even where it is spelled just like them.
    is_unreachable: Vec<u64>,
}

impl Bpe {
    /// Takes over the tokenizer of a `tokenizer.json`, if every part of it that bears on the ids of
    /// plain text is one this crate knows.
    ///
    /// Truncation, padding and post-processing are not looked at: they belong to a call, not to the
    /// vocabulary.
    ///
    /// # Errors
    ///
    /// [`Unsupported`] says which part has no counterpart here.
    pub fn from_tokenizer_json(json: &[u8]) -> Result<Bpe, Unsupported> {
        Bpe::from_model(recognize(json)?)
    }

    /// Reads what [`Bpe::to_compact`] wrote, in a fraction of the time that a `tokenizer.json` takes.
    ///
    /// # Errors
    ///
    /// [`Unsupported`] if the bytes are damaged or were written by another version.
    pub fn from_compact(bytes: &[u8]) -> Result<Bpe, Unsupported> {
        Bpe::from_model(compact::read(bytes)?)
    }

    /// The tokenizer in compact form, added tokens included. The bytes compress well.
    #[must_use]
    pub fn to_compact(&self) -> Vec<u8> {
        compact::write(&self.model)
    }

    /// The `tokenizer.json` that this tokenizer was read from, made again from its frame: the same file with
    /// an empty `vocab` and empty `merges`. Vocabularies in id order and merges as pairs, as they are saved
    /// today, come out byte for byte; compare a digest where that matters.
    ///
    /// # Errors
    ///
    /// [`Unsupported`] for a frame that is not one, and for entries that are not spelled in the byte alphabet.
    pub fn to_tokenizer_json(&self, frame: &str) -> Result<Vec<u8>, Unsupported> {
        json_form::write(&self.model, frame)
    }

    fn from_model(model: Model) -> Result<Bpe, Unsupported> {
        let sentence = match &model.splitting {
            Splitting::Sentence(rules) => {
                Some(Sentence::new(rules, &model.tokens, &model.index, &model.merges)?)
            }
            _ => None,
        };
        let byte_ids = match &sentence {
            Some(sentence) => sentence.byte_ids(),
            None => model.byte_ids()?,
        };
        let mut is_unreachable = vec![0u64; model.tokens.len().div_ceil(64)];
        for &id in &model.unreachable {
            if let Some(bits) = is_unreachable.get_mut(id as usize / 64) {
                *bits |= 1 << (id % 64);
            }
        }
        let merge_table = MergeTable::new(&model.merges, &byte_ids);
        Ok(Bpe { model, merge_table, sentence, is_unreachable })
    }

    /// An encoder for one worker.
    #[must_use]
    pub fn encoder(self: &Arc<Self>) -> Encoder {
        self.encoder_within(DEFAULT_MEMORY)
    }

    /// An encoder whose words take at most about `memory` bytes: three quarters for short ones, a quarter
    /// for long ones. What is full forgets, so the ids are the same with any memory.
    #[must_use]
    pub fn encoder_within(self: &Arc<Self>, memory: usize) -> Encoder {
        Encoder::new(Arc::clone(self), memory)
    }

    /// An encoder that gives the same ids without vector instructions, with word tables of about
    /// `memory` bytes: what [`Bpe::encoder`] is held against.
    #[must_use]
    pub fn portable_encoder(self: &Arc<Self>, memory: usize) -> Encoder {
        Encoder::portable(Arc::clone(self), memory)
    }

    /// The added tokens, in id order. Encoding never makes them: the caller cuts them out before.
    #[must_use]
    pub fn added_tokens(&self) -> &[AddedToken] {
        &self.model.added
    }

    /// The number of tokens: entries of the vocabulary, and added tokens beside it.
    #[must_use]
    pub fn vocab_size(&self) -> usize {
        self.model.tokens.ids().filter(|&id| self.model.tokens.kind(id) != Kind::Absent).count()
    }

    /// The bytes that an id stands for; none for an id that stands for nothing.
    #[must_use]
    pub fn token_bytes(&self, id: u32) -> &[u8] {
        self.model.tokens.bytes(id)
    }

    /// The text of the ids, added tokens included. Ids that stand for nothing are passed over, and
    /// bytes that are not UTF-8 become U+FFFD, as the reference does it.
    #[must_use]
    pub fn decode(&self, ids: &[u32]) -> String {
        let Splitting::Sentence(rules) = &self.model.splitting else {
            let bytes: Vec<u8> = ids.iter().flat_map(|&id| self.token_bytes(id)).copied().collect();
            return String::from_utf8_lossy(&bytes).into_owned();
        };
        let mut text = String::new();
        for row in ids.chunk_by(|&one, &other| self.is_fallback(one) == self.is_fallback(other)) {
            let bytes: Vec<u8> = row.iter().flat_map(|&id| self.token_bytes(id)).copied().collect();
            match std::str::from_utf8(&bytes) {
                Ok(row) => text.push_str(row),
                Err(_) if self.is_fallback(row[0]) => text.extend(bytes.iter().map(|_| '\u{FFFD}')),
                Err(_) => text.push_str(&String::from_utf8_lossy(&bytes)),
            }
        }
        if rules.strips && text.starts_with(' ') {
            text.remove(0);
        }
        text
    }

    fn is_fallback(&self, id: u32) -> bool {
        self.model.tokens.kind(id) == Kind::Fallback
    }

    /// The splitting pattern, if it is one that has a scanner written by hand.
    #[must_use]
    pub fn pattern(&self) -> Option<Pattern> {
        match self.model.splitting {
            Splitting::Known(pattern) => Some(pattern),
            _ => None,
        }
    }

    pub(crate) fn splitting(&self) -> &Splitting {
        &self.model.splitting
    }

    /// Whether text is normalized (form C) before it is split.
    #[must_use]
    pub fn normalizes(&self) -> bool {
        self.model.nfc
    }

    /// Appends what a word merges to. `symbols` is room to work in.
    pub(crate) fn merge(
        &self,
        machine: impl Machine,
        word: &[u8],
        symbols: &mut Vec<u32>,
        ids: &mut Vec<u32>,
    ) {
        match &self.sentence {
            None => self.merge_table.encode(machine, word, ids),
            Some(sentence) => {
                symbols.clear();
                sentence.symbols(&self.model.tokens, &self.model.index, word, symbols);
                self.merge_table.merge(symbols, ids);
            }
        }
    }

    pub(crate) fn sentence(&self) -> Option<&Sentence> {
        self.sentence.as_ref()
    }

    /// Whether a text, at the beginning of the input, gets a blank before it.
    #[must_use]
    pub fn has_prefix(&self, text: &str) -> bool {
        match &self.model.splitting {
            Splitting::Sentence(rules) => rules.has_prefix(text),
            _ => false,
        }
    }

    /// Where text gets a blank before it, if it does anywhere. It is for the caller to say where that is.
    #[must_use]
    pub fn prefixes(&self) -> Option<Prefixes> {
        match &self.model.splitting {
            Splitting::Sentence(rules) => rules.prefixes,
            _ => None,
        }
    }

    /// The entry that a whole text becomes without merging, where the model says so.
    pub(crate) fn whole_text(&self, text: &str, with_prefix: bool) -> Option<u32> {
        if !self.model.ignore_merges || self.sentence.is_none() {
            return None;
        }
        let mut spelled = if with_prefix { " ".to_owned() } else { String::new() };
        spelled.push_str(text);
        let spelled = spelled.replace(BLANK, " ").into_bytes();
        self.model.index.get(&self.model.tokens, &spelled, hash::of_word(&spelled))
    }

    /// The characters that an id stands for; none for a byte of a character that has no entry.
    pub(crate) fn characters(&self, id: u32) -> Option<usize> {
        let is_byte = self.model.tokens.kind(id) == Kind::Fallback;
        (!is_byte).then(|| String::from_utf8_lossy(self.token_bytes(id)).chars().count())
    }

    /// Asks for what looking up and merging a word will read first.
    pub(crate) fn prefetch(&self, machine: impl Machine, word: &[u8], hash: u64) {
        self.model.index.prefetch(machine, hash);
        self.merge_table.prefetch(machine, word);
    }

    /// The entry that a pretoken becomes as a whole, if there is one. Its hash is given.
    pub(crate) fn whole_word(&self, word: &[u8], hash: u64) -> Option<u32> {
        if self.sentence.is_some() {
            return None;
        }
        let id = self.model.index.get(&self.model.tokens, word, hash)?;
        let unreachable =
            self.is_unreachable.get(id as usize / 64).is_some_and(|bits| bits >> (id % 64) & 1 != 0);
        (!unreachable).then_some(id)
    }
}
