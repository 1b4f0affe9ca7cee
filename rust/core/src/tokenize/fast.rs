//! The fast engine: the ids of the reference for tokenizers whose parts it recognises.

use std::sync::Arc;

use tooltrain_bpe::Bpe;

use super::{AddedToken, Encoder, Tokenizer};
use crate::error::Result;

/// A byte-level BPE tokenizer of our own making. See [`tooltrain_bpe`].
pub struct Fast {
    bpe: Arc<Bpe>,
    added: Vec<AddedToken>,
    digest: String,
}

impl std::fmt::Debug for Fast {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fast").field("digest", &self.digest).finish_non_exhaustive()
    }
}

impl Fast {
    /// Takes a recognised tokenizer; `digest` is that of its `tokenizer.json`.
    #[must_use]
    pub fn new(bpe: Bpe, digest: String) -> Self {
        let mut added: Vec<AddedToken> = bpe
            .added_tokens()
            .iter()
            .map(|token| AddedToken { content: token.content.clone(), id: token.id, special: token.special })
            .collect();
        added.sort_by_key(|token| token.id);
        Self { bpe: Arc::new(bpe), added, digest }
    }
}

impl Tokenizer for Fast {
    fn digest(&self) -> &str {
        &self.digest
    }

    fn added_tokens(&self) -> &[AddedToken] {
        &self.added
    }

    fn encoder(&self) -> Box<dyn Encoder> {
        Box::new(FastEncoder(self.bpe.encoder()))
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
}

struct FastEncoder(tooltrain_bpe::Encoder);

impl Encoder for FastEncoder {
    fn encode(&mut self, text: &str, ids: &mut Vec<u32>) -> Result<()> {
        self.0.encode(text, ids);
        Ok(())
    }

    fn encode_with_ends(&mut self, text: &str, ids: &mut Vec<u32>, ends: &mut Vec<u32>) -> Result<()> {
        self.0.encode_with_ends(text, ids, ends);
        Ok(())
    }
}
