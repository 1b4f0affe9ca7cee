//! The tokenizer that all workers share.

use std::sync::Arc;

use crate::compact;
use crate::encoder::{DEFAULT_MEMORY, Encoder};
use crate::json_form;
use crate::machine::Machine;
use crate::merges::MergeTable;
use crate::recognize::recognize;
use crate::split::Pattern;
use crate::unsupported::Unsupported;
use crate::vocabulary::{AddedToken, Kind, Model};

/// A byte-level BPE tokenizer, immutable and shared by all workers.
pub struct Bpe {
    model: Model,
    merge_table: MergeTable,
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
        let byte_ids = model.byte_ids()?;
        let mut is_unreachable = vec![0u64; model.tokens.len().div_ceil(64)];
        for &id in &model.unreachable {
            if let Some(bits) = is_unreachable.get_mut(id as usize / 64) {
                *bits |= 1 << (id % 64);
            }
        }
        let merge_table = MergeTable::new(&model.merges, &byte_ids);
        Ok(Bpe { model, merge_table, is_unreachable })
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
        let bytes: Vec<u8> = ids.iter().flat_map(|&id| self.token_bytes(id)).copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The splitting pattern.
    #[must_use]
    pub fn pattern(&self) -> Pattern {
        self.model.pattern
    }

    /// Whether text is normalized (form C) before it is split.
    #[must_use]
    pub fn normalizes(&self) -> bool {
        self.model.nfc
    }

    pub(crate) fn merge_table(&self) -> &MergeTable {
        &self.merge_table
    }

    /// Asks for what looking up and merging a word will read first.
    pub(crate) fn prefetch(&self, machine: impl Machine, word: &[u8], hash: u64) {
        self.model.index.prefetch(machine, hash);
        self.merge_table.prefetch(machine, word);
    }

    /// The entry that a pretoken becomes as a whole, if there is one. Its hash is given.
    pub(crate) fn whole_word(&self, word: &[u8], hash: u64) -> Option<u32> {
        let id = self.model.index.get(&self.model.tokens, word, hash)?;
        let unreachable =
            self.is_unreachable.get(id as usize / 64).is_some_and(|bits| bits >> (id % 64) & 1 != 0);
        (!unreachable).then_some(id)
    }
}
