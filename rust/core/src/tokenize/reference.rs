//! The reference engine: the Hugging Face `tokenizers` crate, which defines the ids. The only file
//! that touches that crate.

use std::sync::Arc;

use tokenizers::Tokenizer as HuggingFace;

use super::{AddedToken, Encoder, Tokenizer};
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
        let unusable = |source: Box<dyn std::error::Error + Send + Sync>| {
            Error::new(ErrorKind::Tokenizer, format!("{name}: not a usable tokenizer.json: {source}"))
                .hint("save the tokenizer again with `save_pretrained` of a recent transformers")
        };
        let whole = HuggingFace::from_bytes(json).map_err(unusable)?;
        let mut tree: serde_json::Value =
            serde_json::from_slice(json).map_err(|error| unusable(error.into()))?;
        let added = added_tokens(&tree, &whole, name)?;
        if let Some(object) = tree.as_object_mut() {
            object.insert("added_tokens".into(), serde_json::Value::Array(Vec::new()));
            object.insert("post_processor".into(), serde_json::Value::Null);
            object.insert("truncation".into(), serde_json::Value::Null);
            object.insert("padding".into(), serde_json::Value::Null);
        }
        let stripped = serde_json::to_vec(&tree).map_err(|error| unusable(error.into()))?;
        drop(tree);
        let plain = HuggingFace::from_bytes(stripped).map_err(unusable)?;
        Ok(Self { plain: Arc::new(plain), whole, added, digest: sha256(json) })
    }
}

/// The added tokens by id. Tokens that swallow neighbouring white space or stand only as whole words
/// are refused: where they match depends on bytes of another provenance.
fn added_tokens(tree: &serde_json::Value, whole: &HuggingFace, name: &str) -> Result<Vec<AddedToken>> {
    let mut added = Vec::new();
    for entry in tree.get("added_tokens").and_then(|list| list.as_array()).into_iter().flatten() {
        let flag = |key: &str| entry.get(key).and_then(serde_json::Value::as_bool).unwrap_or(false);
        let content = entry.get("content").and_then(|content| content.as_str()).unwrap_or_default();
        if flag("lstrip") || flag("rstrip") || flag("single_word") {
            return Err(Error::new(
                ErrorKind::Tokenizer,
                format!(
                    "{name}: the added token {content:?} strips its neighbours or matches whole words only"
                ),
            )
            .hint("clear lstrip, rstrip and single_word of the added tokens"));
        }
        let Some(id) = whole.token_to_id(content) else { continue };
        added.push(AddedToken { content: content.to_owned(), id, special: flag("special") });
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

    fn encoder(&self) -> Box<dyn Encoder> {
        Box::new(ReferenceEncoder { plain: Arc::clone(&self.plain) })
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
}

fn encoding_failed(source: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Tokenizer, format!("the tokenizer cannot encode this text: {source}"))
}

impl Encoder for ReferenceEncoder {
    fn encode(&mut self, text: &str, ids: &mut Vec<u32>) -> Result<()> {
        let encoding = self.plain.encode_fast(text, false).map_err(|error| encoding_failed(&error))?;
        ids.extend_from_slice(encoding.get_ids());
        Ok(())
    }

    fn encode_with_ends(&mut self, text: &str, ids: &mut Vec<u32>, ends: &mut Vec<u32>) -> Result<()> {
        let encoding = self.plain.encode(text, false).map_err(|error| encoding_failed(&error))?;
        ids.extend_from_slice(encoding.get_ids());
        ends.extend(encoding.get_offsets().iter().map(|&(_, end)| end as u32));
        Ok(())
    }
}
