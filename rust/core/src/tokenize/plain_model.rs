//! Loads the reference for plain text: the `tokenizers` crate without added tokens.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::{NormalizerWrapper, PreTokenizerWrapper, Tokenizer};

use super::prefix::Start;
use super::reference::unusable;
use crate::error::Result;

/// The parts of a `tokenizer.json` that bear on the ids of plain text.
#[derive(Deserialize)]
struct Parts<'j> {
    #[serde(borrow)]
    model: &'j RawValue,
    #[serde(default)]
    normalizer: Value,
    #[serde(default)]
    pre_tokenizer: Value,
}

/// A BPE model in today's form. The crate's own reader tries every form of merges on a copy of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bpe {
    #[serde(rename = "type")]
    _kind: Kind,
    dropout: Option<f32>,
    unk_token: Option<String>,
    continuing_subword_prefix: Option<String>,
    end_of_word_suffix: Option<String>,
    fuse_unk: bool,
    byte_fallback: bool,
    ignore_merges: bool,
    vocab: Vocab,
    merges: Vec<(String, String)>,
}

#[derive(Deserialize)]
enum Kind {
    #[serde(rename = "BPE")]
    Bpe,
}

/// The tokenizer of a `tokenizer.json` for the middle of a text.
pub(super) struct Plain {
    /// It has no added tokens, truncation, padding, post-processing, and adds nothing at the beginning of text.
    pub(super) tokenizer: Tokenizer,
    /// What the file adds at the beginning of text.
    pub(super) start: Start,
}

/// Reads the part of a `tokenizer.json` that encodes plain text.
pub(super) fn plain(json: &[u8], name: &str) -> Result<Plain> {
    let mut parts: Parts<'_> = serde_json::from_slice(json).map_err(|source| unusable(name, source))?;
    let start = Start::take(&mut parts.normalizer, &mut parts.pre_tokenizer);
    let Ok(model) = serde_json::from_str::<Bpe>(parts.model.get()) else {
        let tokenizer = plain_of_any(json, parts.normalizer, parts.pre_tokenizer, name)?;
        return Ok(Plain { tokenizer, start });
    };
    if let Some((token, id)) = model.vocab.iter().find(|(_, id)| **id > i32::MAX as u32) {
        return Err(unusable(name, format!("the id of {token:?} is {id}, and ids are at most {}", i32::MAX)));
    }
    let normalizer: Option<NormalizerWrapper> =
        serde_json::from_value(parts.normalizer).map_err(|source| unusable(name, source))?;
    let pre_tokenizer: Option<PreTokenizerWrapper> =
        serde_json::from_value(parts.pre_tokenizer).map_err(|source| unusable(name, source))?;
    let mut tokenizer = Tokenizer::new(model.build().map_err(|source| unusable(name, source))?);
    tokenizer.with_normalizer(normalizer).map_err(|source| unusable(name, source))?;
    tokenizer.with_pre_tokenizer(pre_tokenizer);
    Ok(Plain { tokenizer, start })
}

impl Bpe {
    fn build(self) -> tokenizers::Result<BPE> {
        let mut builder = BPE::builder()
            .fuse_unk(self.fuse_unk)
            .byte_fallback(self.byte_fallback)
            .ignore_merges(self.ignore_merges)
            .vocab_and_merges(self.vocab, self.merges);
        if let Some(rate) = self.dropout {
            builder = builder.dropout(rate);
        }
        if let Some(token) = self.unk_token {
            builder = builder.unk_token(token);
        }
        if let Some(prefix) = self.continuing_subword_prefix {
            builder = builder.continuing_subword_prefix(prefix);
        }
        if let Some(suffix) = self.end_of_word_suffix {
            builder = builder.end_of_word_suffix(suffix);
        }
        builder.build()
    }
}

/// The same for a model of any kind and form, in some three times the time.
fn plain_of_any(json: &[u8], normalizer: Value, pre_tokenizer: Value, name: &str) -> Result<Tokenizer> {
    let mut tree: Value = serde_json::from_slice(json).map_err(|source| unusable(name, source))?;
    if let Some(object) = tree.as_object_mut() {
        object.insert("added_tokens".into(), Value::Array(Vec::new()));
        object.insert("normalizer".into(), normalizer);
        object.insert("pre_tokenizer".into(), pre_tokenizer);
        for part in ["post_processor", "truncation", "padding"] {
            object.insert(part.into(), Value::Null);
        }
    }
    let stripped = serde_json::to_vec(&tree).map_err(|source| unusable(name, source))?;
    drop(tree);
    Tokenizer::from_bytes(stripped).map_err(|source| unusable(name, source))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokenize::builtin::builtin_json;

    /// As [`plain_of_any`] reads it, whatever the model.
    fn slow(json: &[u8], name: &str) -> Tokenizer {
        let mut parts: Parts<'_> = serde_json::from_slice(json).unwrap();
        Start::take(&mut parts.normalizer, &mut parts.pre_tokenizer);
        plain_of_any(json, parts.normalizer, parts.pre_tokenizer, name).unwrap()
    }

    fn written(tokenizer: &Tokenizer) -> Value {
        let mut tree = serde_json::to_value(tokenizer).unwrap();
        // Neither decodes here, and only one was told how.
        tree["decoder"] = Value::Null;
        tree
    }

    #[test]
    fn a_bpe_model_is_the_same_however_it_is_read() {
        for name in ["qwen3", "gpt-oss"] {
            let json = builtin_json(name).unwrap();
            let (quick, slow) = (plain(&json, name).unwrap().tokenizer, slow(&json, name));
            assert!(written(&quick) == written(&slow), "{name}");
        }
    }

    #[test]
    fn every_setting_of_a_bpe_model_is_taken_over() {
        let json = br###"{"version": "1.0", "model": {"type": "BPE", "dropout": 0.5, "unk_token": "?",
            "continuing_subword_prefix": "##", "end_of_word_suffix": "_", "fuse_unk": true, "byte_fallback": true,
            "ignore_merges": true, "vocab": {"?": 0, "a": 1, "##b": 2, "ab": 3}, "merges": [["a", "##b"]]}}"###;
        let (quick, slow) = (plain(json, "made").unwrap().tokenizer, slow(json, "made"));
        assert_eq!(written(&quick), written(&slow));
        assert_eq!(written(&quick)["model"]["dropout"], 0.5);
    }

    #[test]
    fn ids_that_no_column_can_hold_are_refused() {
        let json = br#"{"version": "1.0", "model": {"type": "BPE", "dropout": null, "unk_token": null,
            "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
            "ignore_merges": false, "vocab": {"a": 2147483648}, "merges": []}}"#;
        let error = plain(json, "made").err().unwrap();
        assert!(error.message().contains("2147483648"), "{error}");
    }

    #[test]
    fn merges_in_the_old_form_and_other_models_are_read_too() {
        let old = br#"{"version": "1.0", "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2},
            "merges": ["a b"]}}"#;
        let words = br#"{"version": "1.0", "model": {"type": "WordLevel", "vocab": {"ab": 2, "?": 0},
            "unk_token": "?"}}"#;
        for json in [&old[..], words] {
            let ids = plain(json, "made").unwrap().tokenizer.encode("ab", false).unwrap().get_ids().to_vec();
            assert_eq!(ids, [2]);
        }
    }
}
