//! Reading a `tokenizer.json` and refusing whatever is not understood to the last field.

use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::byte_alphabet;
use crate::names::{Names, Pairs};
use crate::sentence::SentenceRules;
use crate::split::compiled::reading;
use crate::split::{Pattern, Splitting};
use crate::unsupported::Unsupported;
use crate::vocabulary::{AddedToken, Merge, Model};

type Recognized<T> = Result<T, Unsupported>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: String,
    #[serde(default, rename = "truncation")]
    _truncation: IgnoredAny,
    #[serde(default, rename = "padding")]
    _padding: IgnoredAny,
    #[serde(default)]
    added_tokens: Vec<AddedTokenEntry>,
    #[serde(default)]
    normalizer: Value,
    #[serde(default)]
    pre_tokenizer: Value,
    #[serde(default, rename = "post_processor")]
    _post_processor: IgnoredAny,
    #[serde(default)]
    decoder: Value,
    model: ModelEntry,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddedTokenEntry {
    id: u32,
    content: String,
    single_word: bool,
    lstrip: bool,
    rstrip: bool,
    normalized: bool,
    special: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelEntry {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    dropout: Option<f32>,
    #[serde(default, rename = "unk_token")]
    _unk_token: IgnoredAny,
    #[serde(default)]
    continuing_subword_prefix: Option<String>,
    #[serde(default)]
    end_of_word_suffix: Option<String>,
    #[serde(default, rename = "fuse_unk")]
    _fuse_unk: IgnoredAny,
    #[serde(default)]
    byte_fallback: Option<bool>,
    #[serde(default)]
    ignore_merges: Option<bool>,
    vocab: Names,
    merges: Pairs,
}

pub(crate) fn recognize(json: &[u8]) -> Recognized<Model> {
    let file: File = serde_json::from_slice(json)
        .map_err(|error| Unsupported::new(format!("tokenizer.json is not of the known form: {error}")))?;
    if file.version != "1.0" {
        return Err(Unsupported::new(format!("tokenizer.json has version {:?}", file.version)));
    }
    let (nfc, splitting) = around_the_model(&file)?;
    let ModelEntry {
        kind,
        dropout,
        continuing_subword_prefix,
        end_of_word_suffix,
        byte_fallback,
        ignore_merges,
        vocab,
        merges,
        ..
    } = file.model;
    if kind != "BPE" {
        return Err(Unsupported::new(format!("model is {kind}, not BPE")));
    }
    if dropout.is_some_and(|rate| rate != 0.0) {
        return Err(Unsupported::new("model drops merges at random"));
    }
    for (name, affix) in
        [("continuing_subword_prefix", continuing_subword_prefix), ("end_of_word_suffix", end_of_word_suffix)]
    {
        if affix.is_some_and(|affix| !affix.is_empty()) {
            return Err(Unsupported::new(format!("model has a {name}")));
        }
    }
    let ignore_merges = ignore_merges.unwrap_or(false);
    if let Splitting::Sentence(rules) = &splitting {
        if byte_fallback != Some(true) {
            return Err(Unsupported::new("characters without an entry do not fall back to bytes"));
        }
        if ignore_merges && rules.splits() {
            return Err(Unsupported::new("words between blanks that are entries are not merged"));
        }
    }
    let vocabulary = vocab.ids();
    let merges = merge_ids(&merges, &vocabulary)?;
    let added = added_tokens(file.added_tokens, &vocabulary)?;
    if let Splitting::Sentence(rules) = &splitting
        && let Some(token) = added.iter().find(|token| token.normalized && rules.changes(&token.content))
    {
        return Err(Unsupported::new(format!(
            "added token {:?} is looked for in normalized text",
            token.content
        )));
    }
    Model::new(splitting, nfc, ignore_merges, vocabulary.into_iter().collect(), merges, added)
}

/// What happens to text before and after the model: whether it is normalized, and how it is split.
fn around_the_model(file: &File) -> Recognized<(bool, Splitting)> {
    let File { normalizer, pre_tokenizer, decoder, .. } = file;
    if decoder.get("type").and_then(Value::as_str) == Some("ByteLevel") {
        return Ok((is_nfc(normalizer)?, splitting(pre_tokenizer)?));
    }
    let parts = json!({"normalizer": normalizer, "pre_tokenizer": pre_tokenizer, "decoder": decoder});
    match SentenceRules::read(&parts)? {
        Some(rules) => Ok((false, Splitting::Sentence(rules))),
        None => Err(Unsupported::new(format!("the decoder is unknown: {}", excerpt(decoder)))),
    }
}

fn excerpt(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(200) {
        Some((cut, _)) => format!("{}...", &text[..cut]),
        None => text,
    }
}

fn has_only(value: &Value, names: &[&str]) -> bool {
    value
        .as_object()
        .is_some_and(|fields| fields.keys().all(|name| name == "type" || names.contains(&name.as_str())))
}

fn is_nfc(normalizer: &Value) -> Recognized<bool> {
    let unknown = || Unsupported::new(format!("normalizer is not NFC: {}", excerpt(normalizer)));
    if normalizer.is_null() {
        return Ok(false);
    }
    match normalizer.get("type").and_then(Value::as_str) {
        Some("NFC") if has_only(normalizer, &[]) => Ok(true),
        Some("Sequence") if has_only(normalizer, &["normalizers"]) => {
            let parts = normalizer.get("normalizers").and_then(Value::as_array).ok_or_else(unknown)?;
            let parts: Vec<bool> = parts.iter().map(is_nfc).collect::<Recognized<_>>()?;
            Ok(parts.contains(&true))
        }
        _ => Err(unknown()),
    }
}

/// How a `pre_tokenizer` splits.
pub(crate) fn splitting(pre_tokenizer: &Value) -> Recognized<Splitting> {
    let known = reading::expressions(pre_tokenizer);
    if let Some(pattern) = known.and_then(|expressions| Pattern::from_expressions(&expressions)) {
        return Ok(Splitting::Known(pattern));
    }
    match reading::compile(pre_tokenizer) {
        Ok(chain) => Ok(Splitting::Compiled(Box::new(chain))),
        Err(refusal) => {
            Err(Unsupported::new(format!("the pre-tokenizer has {refusal}: {}", excerpt(pre_tokenizer))))
        }
    }
}

/// The merge list as ids, in the order of the file.
fn merge_ids(merges: &Pairs, vocabulary: &FxHashMap<&str, u32>) -> Recognized<Vec<Merge>> {
    let id = |token: &str| {
        vocabulary
            .get(token)
            .copied()
            .ok_or_else(|| Unsupported::new(format!("merge names {token:?}, which is not in the vocabulary")))
    };
    let merge =
        |(left, right, product)| Ok(Merge { left: id(left)?, right: id(right)?, product: id(product)? });
    merges.iter().map(merge).collect()
}

/// The added tokens, if the reference would give them the ids that the file declares.
///
/// It takes the declared id only for contents that the model knows; others are numbered one after
/// another behind the model's vocabulary, whatever the file says.
fn added_tokens(
    entries: Vec<AddedTokenEntry>,
    vocabulary: &FxHashMap<&str, u32>,
) -> Recognized<Vec<AddedToken>> {
    let mut next_id = vocabulary.len() as u32;
    let mut contents = FxHashMap::default();
    let mut added = Vec::with_capacity(entries.len());
    for entry in entries {
        let AddedTokenEntry { id, content, single_word, lstrip, rstrip, normalized, special } = entry;
        if content.is_empty() {
            return Err(Unsupported::new("an added token is empty"));
        }
        if single_word || lstrip || rstrip {
            return Err(Unsupported::new(format!("added token {content:?} matches by context")));
        }
        let given = vocabulary.get(content.as_str()).copied().unwrap_or_else(|| {
            next_id += 1;
            next_id - 1
        });
        if given != id {
            return Err(Unsupported::new(format!(
                "added token {content:?} is declared as {id}, but the reference numbers it {given}"
            )));
        }
        if contents.insert(content.clone(), id).is_some() {
            return Err(Unsupported::new(format!("added token {content:?} is declared twice")));
        }
        added.push(AddedToken { content, id, special, normalized });
    }
    added.sort_unstable_by_key(|token| token.id);
    Ok(added)
}

/// The bytes of a token as the reference decodes it: through the byte alphabet if every character
/// has a place in it, else as it stands.
pub(crate) fn decoded(token: &str) -> Vec<u8> {
    byte_alphabet::bytes_of(token).unwrap_or_else(|| token.as_bytes().to_vec())
}
