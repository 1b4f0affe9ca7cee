//! The reference engine: the Hugging Face `tokenizers` crate, which defines the ids. This file
//! and `plain_model.rs`, which loads it for plain text, are the only ones that touch that crate.

use std::borrow::Cow;
use std::sync::Arc;

use tokenizers::{NormalizedString, Normalizer, Tokenizer as HuggingFace};

use super::added::DeclaredTokens;
use super::guard::guarded;
use super::plain_model::{Plain, plain};
use super::post_processor::around;
use super::segments::Segments;
use super::{AddedToken, CacheMemory, Encoder, Place, Tokenizer};
use crate::digest::sha256;
use crate::error::{Error, ErrorKind, Result};

/// A `tokenizer.json` as the `tokenizers` crate understands it.
pub struct Reference {
    /// Encodes plain text: it has no added tokens at all, so that text never becomes a control token.
    plain: Arc<Plain>,
    /// Knows the added tokens; decodes.
    whole: HuggingFace,
    added: Vec<AddedToken>,
    digest: String,
    around: (Vec<u32>, Vec<u32>),
}

impl std::fmt::Debug for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reference").field("digest", &self.digest).finish_non_exhaustive()
    }
}

impl Reference {
    /// Reads the bytes of a `tokenizer.json`; `name` stands in messages.
    pub fn from_json(json: &[u8], name: &str) -> Result<Self> {
        guarded(name, || {
            let whole = HuggingFace::from_bytes(json).map_err(|source| unusable(name, source))?;
            let plain = plain(json, name)?;
            let added = added_tokens(json, &whole, &plain, name)?;
            let around = around(json, name)?;
            Ok(Self { plain: Arc::new(plain), whole, added, digest: sha256(json), around })
        })
    }
}

/// An encoder of plain text alone, which loads in a fraction of the time that all of [`Reference`] takes.
pub(super) struct PlainReference(Arc<Plain>);

impl PlainReference {
    pub(super) fn from_json(json: &[u8], name: &str) -> Result<Self> {
        guarded(name, || Ok(Self(Arc::new(plain(json, name)?))))
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

/// The added tokens by id. One that the reference finds only where text is changed by normalization is refused.
fn added_tokens(json: &[u8], whole: &HuggingFace, plain: &Plain, name: &str) -> Result<Vec<AddedToken>> {
    let declared: DeclaredTokens = serde_json::from_slice(json).map_err(|source| unusable(name, source))?;
    let normalize = |content: &str| {
        let mut text = NormalizedString::from(content);
        plain.tokenizer.get_normalizer()?.normalize(&mut text).ok()?;
        Some(text.get().to_owned())
    };
    let mut added = Vec::new();
    for token in declared.added_tokens {
        let Some(id) = whole.token_to_id(&token.content) else { continue };
        let content = token.content.clone();
        added.push(token.with_id(id, plain.start.prefix.as_ref(), normalize).map_err(|other| {
            Error::new(
                ErrorKind::Tokenizer,
                format!("the added token {content:?} is looked for as {other:?} in normalized text"),
            )
            .file(name)
            .hint("use the tokenizer.json of the model itself, or set \"normalized\": false for this token")
        })?);
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
        let failed = |error| Error::new(ErrorKind::Tokenizer, format!("the ids cannot be decoded: {error}"));
        guarded("decoding", || self.whole.decode(ids, false).map_err(failed))
    }

    fn vocab_size(&self) -> usize {
        let base = self.whole.get_vocab_size(true);
        self.added.iter().map(|token| token.id as usize + 1).max().unwrap_or(0).max(base)
    }

    fn backend(&self) -> &'static str {
        "reference"
    }

    fn around(&self) -> Result<(Vec<u32>, Vec<u32>)> {
        Ok(self.around.clone())
    }

    fn uncuttable(&self) -> Option<&str> {
        self.plain.start.uncuttable.as_deref()
    }
}

struct ReferenceEncoder {
    plain: Arc<Plain>,
    segments: Segments,
}

impl ReferenceEncoder {
    /// `text` as the tokenizer sees it at `place`, and the bytes of the prefix in it.
    fn begun<'t>(&self, text: &'t str, place: Place) -> (Cow<'t, str>, usize) {
        match self.plain.start.prefix.as_ref().map_or("", |prefix| prefix.of(text, place)) {
            "" => (Cow::Borrowed(text), 0),
            prefix => (Cow::Owned(format!("{prefix}{text}")), prefix.len()),
        }
    }
}

fn encoding_failed(source: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Tokenizer, format!("the tokenizer cannot encode this text: {source}"))
}

impl Encoder for ReferenceEncoder {
    fn encode(&mut self, text: &str, place: Place, ids: &mut Vec<u32>) -> Result<()> {
        let (text, _) = self.begun(text, place);
        let tokenizer = &self.plain.tokenizer;
        self.segments.encode(&text, ids, |ids| {
            let encode = || tokenizer.encode_fast(&*text, false).map_err(|error| encoding_failed(&error));
            ids.extend_from_slice(guarded("encoding", encode)?.get_ids());
            Ok(())
        })?;
        Ok(())
    }

    fn encode_with_ends(
        &mut self,
        text: &str,
        place: Place,
        ids: &mut Vec<u32>,
        ends: &mut Vec<u32>,
    ) -> Result<()> {
        let (text, prefix) = self.begun(text, place);
        let encode = || self.plain.tokenizer.encode(&*text, false).map_err(|error| encoding_failed(&error));
        let encoding = guarded("encoding", encode)?;
        ids.extend_from_slice(encoding.get_ids());
        ends.extend(encoding.get_offsets().iter().map(|&(_, end)| end.saturating_sub(prefix) as u32));
        Ok(())
    }

    fn reused_bytes(&self) -> u64 {
        self.segments.reused_bytes()
    }
}
