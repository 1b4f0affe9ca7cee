//! The fast engine: the ids of the reference for tokenizers whose parts it recognizes.

use std::sync::Arc;

use tooltrain_bpe::{Bpe, Prefixes};

use super::canary::{Canary, Sampler};
use super::post_processor::around;
use super::segments::Segments;
use super::{AddedToken, CacheMemory, Encoder, Matching, Place, Tokenizer};
use crate::error::Result;

/// A BPE tokenizer of our own making. See [`tooltrain_bpe`].
pub struct Fast {
    bpe: Arc<Bpe>,
    added: Vec<AddedToken>,
    digest: String,
    canary: Arc<Canary>,
}

impl std::fmt::Debug for Fast {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fast").field("digest", &self.digest).finish_non_exhaustive()
    }
}

impl Fast {
    /// Takes a recognized tokenizer; `digest` is that of its `tokenizer.json`, and `canary` knows the
    /// reference.
    #[must_use]
    pub fn new(bpe: Arc<Bpe>, digest: String, canary: Arc<Canary>) -> Self {
        let mut added: Vec<AddedToken> = bpe
            .added_tokens()
            .iter()
            .map(|token| AddedToken {
                content: token.content.clone(),
                id: token.id,
                special: token.special,
                matching: Matching { normalized: token.normalized, ..Matching::default() },
            })
            .collect();
        added.sort_by_key(|token| token.id);
        Self { bpe, added, digest, canary }
    }
}

impl Tokenizer for Fast {
    fn digest(&self) -> &str {
        &self.digest
    }

    fn added_tokens(&self) -> &[AddedToken] {
        &self.added
    }

    fn encoder_within(&self, memory: CacheMemory) -> Box<dyn Encoder> {
        Box::new(FastEncoder {
            bpe: self.bpe.encoder_within(memory.words),
            segments: Segments::new(memory.segments),
            sampler: self.canary.sampler(),
        })
    }

    fn decode(&self, ids: &[u32]) -> Result<String> {
        Ok(self.bpe.decode(ids))
    }

    fn vocab_size(&self) -> usize {
        self.bpe.vocab_size()
    }

    fn backend(&self) -> &'static str {
        "fast"
    }

    fn around(&self) -> Result<(Vec<u32>, Vec<u32>)> {
        around(&self.canary.json()?, self.canary.name())
    }

    fn uncuttable(&self) -> Option<&str> {
        None
    }
}

struct FastEncoder {
    bpe: tooltrain_bpe::Encoder,
    segments: Segments,
    sampler: Sampler,
}

impl FastEncoder {
    /// Whether a piece of text is where the tokenizer puts a blank before it.
    fn is_start(&self, place: Place) -> bool {
        match self.bpe.bpe().prefixes() {
            None => false,
            Some(Prefixes::Input) => place == Place::Input,
            Some(Prefixes::Stretches) => place != Place::Inside,
            Some(Prefixes::NormalizedStretches) => matches!(place, Place::Input | Place::Stretch),
        }
    }
}

impl Encoder for FastEncoder {
    fn encode(&mut self, text: &str, place: Place, ids: &mut Vec<u32>) -> Result<()> {
        let before = ids.len();
        let is_start = self.is_start(place);
        // Pieces are kept by their text, so only those are that have or lack a prefix alike: at starts, unless
        // the input has a single one.
        let is_kept = match self.bpe.bpe().prefixes() {
            None => true,
            Some(Prefixes::Input) => !is_start,
            Some(_) => is_start,
        };
        if !is_kept {
            self.bpe.encode(text, is_start, ids);
            return self.sampler.see(text, place, &ids[before..]);
        }
        let is_reused = self.segments.encode(text, ids, |ids| {
            self.bpe.encode(text, is_start, ids);
            Ok(())
        })?;
        if is_reused {
            self.sampler.see_reused(text, place, &ids[before..])
        } else {
            self.sampler.see(text, place, &ids[before..])
        }
    }

    fn encode_with_ends(
        &mut self,
        text: &str,
        place: Place,
        ids: &mut Vec<u32>,
        ends: &mut Vec<u32>,
    ) -> Result<()> {
        let before = ids.len();
        self.bpe.encode_with_ends(text, self.is_start(place), ids, ends);
        self.sampler.see(text, place, &ids[before..])
    }

    fn reused_bytes(&self) -> u64 {
        self.segments.reused_bytes()
    }
}
