//! The reference engine: the Hugging Face `tokenizers` crate, which defines the ids. This file
//! and `plain_model.rs`, which loads it for plain text, are the only ones that touch that crate.

use std::sync::Arc;

use serde::Deserialize;
use tokenizers::Tokenizer as HuggingFace;

use super::plain_model::plain;
use super::segments::Segments;
use super::{AddedToken, CacheMemory, Encoder, Tokenizer};
use crate::digest::sha256;
use crate::error::{Error, ErrorKind, Result};

/// Version of the crate that defines the ids.
pub const REFERENCE_VERSION: &str = "0.23.2";

/// A `tokenizer.json` as the `tokenizers` crate understands it.
pub struct Reference {
    /// Encodes plain text: it has no added tokens at all, so that text never becomes a control token.
    plain: Arc<HuggingFace>,
    /// Knows the added tokens; decodes.
    whole: HuggingFace,
    added: Vec<AddedToken>,
    digest: String,
}

impl std::fmt::Debug for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reference").field("digest", &self.digest).finish_non_exhaustive()
    }
}

impl Reference {
    /// Reads the bytes of a `tokenizer.json`; `name` stands in messages.
    pub fn from_json(json: &[u8], name: &str) -> Result<Self> {
        let whole = HuggingFace::from_bytes(json).map_err(|source| unusable(name, source))?;
        let added = added_tokens(json, &whole, name)?;
        Ok(Self { plain: Arc::new(plain(json, name)?), whole, added, digest: sha256(json) })
    }
}

/// An encoder of plain text alone, which loads in a fraction of the time that all of [`Reference`] takes.
pub(super) struct PlainReference(Arc<HuggingFace>);

impl PlainReference {
    pub(super) fn from_json(json: &[u8], name: &str) -> Result<Self> {
        Ok(Self(Arc::new(plain(json, name)?)))
    }

    /// An encoder without a cache: it works out everything anew.
    pub(super) fn encoder(&self) -> Box<dyn Encoder> {
        Box::new(ReferenceEncoder { plain: Arc::clone(&self.0), segments: Segments::new(0) })
    }
}

/// The error for a `tokenizer.json` that the crate refuses.
pub(super) fn unusable(name: &str, source: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Tokenizer, format!("not a usable tokenizer.json: {source}"))
        .file(name)
        .hint("save the tokenizer again with `save_pretrained` of a recent transformers")
}

/// An added token as the file declares it.
#[derive(Deserialize)]
struct DeclaredToken {
    #[serde(default)]
    content: String,
    #[serde(default)]
    special: bool,
    #[serde(default)]
    lstrip: bool,
    #[serde(default)]
    rstrip: bool,
    #[serde(default)]
    single_word: bool,
}

#[derive(Deserialize)]
struct DeclaredTokens {
    #[serde(default)]
    added_tokens: Vec<DeclaredToken>,
}

/// The added tokens by id. Tokens that swallow neighboring white space or stand only as whole words
/// are refused: where they match depends on bytes of another provenance.
fn added_tokens(json: &[u8], whole: &HuggingFace, name: &str) -> Result<Vec<AddedToken>> {
    let declared: DeclaredTokens = serde_json::from_slice(json).map_err(|source| unusable(name, source))?;
    let mut added = Vec::new();
    for DeclaredToken { content, special, lstrip, rstrip, single_word } in declared.added_tokens {
        if lstrip || rstrip || single_word {
            return Err(Error::new(
                ErrorKind::Tokenizer,
                format!("the added token {content:?} strips its neighbors or matches whole words only"),
            )
            .file(name)
            .hint("clear lstrip, rstrip and single_word of the added tokens"));
        }
        let Some(id) = whole.token_to_id(&content) else { continue };
        added.push(AddedToken { content, id, special });
    }
    added.sort_by_key(|token| token.id);
    Ok(added)
}

impl Tokenizer for Reference {
    fn digest(&self) -> &str {
        &self.digest
    }

    fn added_tokens(&self) -> &[AddedToken] {
        &self.added
    }

    fn encoder_within(&self, memory: CacheMemory) -> Box<dyn Encoder> {
        let segments = Segments::new(memory.segments);
        Box::new(ReferenceEncoder { plain: Arc::clone(&self.plain), segments })
    }

    fn decode(&self, ids: &[u32]) -> Result<String> {
        self.whole
            .decode(ids, false)
            .map_err(|error| Error::new(ErrorKind::Tokenizer, format!("the ids cannot be decoded: {error}")))
    }

    fn vocab_size(&self) -> usize {
        let base = self.whole.get_vocab_size(true);
        self.added.iter().map(|token| token.id as usize + 1).max().unwrap_or(0).max(base)
    }

    fn backend(&self) -> &'static str {
        "reference"
    }
}

struct ReferenceEncoder {
    plain: Arc<HuggingFace>,
    segments: Segments,
}

fn encoding_failed(source: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Tokenizer, format!("the tokenizer cannot encode this text: {source}"))
}

impl Encoder for ReferenceEncoder {
    fn encode(&mut self, text: &str, ids: &mut Vec<u32>) -> Result<()> {
        self.segments.encode(text, ids, |ids| {
            let encoding = self.plain.encode_fast(text, false).map_err(|error| encoding_failed(&error))?;
            ids.extend_from_slice(encoding.get_ids());
            Ok(())
        })?;
        Ok(())
    }

    fn encode_with_ends(&mut self, text: &str, ids: &mut Vec<u32>, ends: &mut Vec<u32>) -> Result<()> {
        let encoding = self.plain.encode(text, false).map_err(|error| encoding_failed(&error))?;
        ids.extend_from_slice(encoding.get_ids());
        ends.extend(encoding.get_offsets().iter().map(|&(_, end)| end as u32));
        Ok(())
    }

    fn reused_bytes(&self) -> u64 {
        self.segments.reused_bytes()
    }
}
