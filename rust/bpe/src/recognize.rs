//! Reading a `tokenizer.json` and refusing whatever is not understood to the last field.

use std::fmt;

use rustc_hash::{FxBuildHasher, FxHashMap};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use crate::byte_alphabet;
use crate::split::Pattern;
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
    #[serde(default, rename = "byte_fallback")]
    _byte_fallback: IgnoredAny,
    #[serde(default)]
    ignore_merges: Option<bool>,
    vocab: Vocabulary,
    merges: Merges,
}

struct Vocabulary(FxHashMap<String, u32>);

impl<'de> Deserialize<'de> for Vocabulary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Vocabulary;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map from token to id")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Vocabulary, A::Error> {
                let mut vocabulary = FxHashMap::with_capacity_and_hasher(1 << 18, FxBuildHasher);
                while let Some((token, id)) = entries.next_entry()? {
                    vocabulary.insert(token, id);
                }
                Ok(Vocabulary(vocabulary))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Merges {
    Pairs(Vec<(String, String)>),
    Lines(Vec<String>),
}

pub(crate) fn recognize(json: &[u8]) -> Recognized<Model> {
    let file: File = serde_json::from_slice(json)
        .map_err(|error| Unsupported::new(format!("tokenizer.json is not of the known form: {error}")))?;
    if file.version != "1.0" {
        return Err(Unsupported::new(format!("tokenizer.json has version {:?}", file.version)));
    }
    let nfc = is_nfc(&file.normalizer)?;
    let pattern = splitting_pattern(&file.pre_tokenizer)?;
    if file.decoder.get("type").and_then(Value::as_str) != Some("ByteLevel") {
        return Err(Unsupported::new(format!("decoder is not ByteLevel: {}", excerpt(&file.decoder))));
    }
    let ModelEntry {
        kind,
        dropout,
        continuing_subword_prefix,
        end_of_word_suffix,
        ignore_merges,
        vocab: Vocabulary(vocabulary),
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
    let merges = merge_ids(merges, &vocabulary)?;
    let added = added_tokens(file.added_tokens, &vocabulary)?;
    let vocabulary: Vec<(String, u32)> = vocabulary.into_iter().collect();
    Model::new(pattern, nfc, ignore_merges.unwrap_or(false), vocabulary, merges, added)
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

fn splitting_pattern(pre_tokenizer: &Value) -> Recognized<Pattern> {
    let unknown =
        || Unsupported::new(format!("pre-tokenizer is none of the known ones: {}", excerpt(pre_tokenizer)));
    let single = std::slice::from_ref(pre_tokenizer);
    let chain = match pre_tokenizer.get("type").and_then(Value::as_str) {
        Some("Sequence") if has_only(pre_tokenizer, &["pretokenizers"]) => {
            pre_tokenizer.get("pretokenizers").and_then(Value::as_array).ok_or_else(unknown)?.as_slice()
        }
        _ => single,
    };
    let (byte_level, splits) = chain.split_last().ok_or_else(unknown)?;
    let known_fields = ["add_prefix_space", "trim_offsets", "use_regex"];
    if byte_level.get("type").and_then(Value::as_str) != Some("ByteLevel")
        || !has_only(byte_level, &known_fields)
        || byte_level.get("add_prefix_space").and_then(Value::as_bool) != Some(false)
    {
        return Err(unknown());
    }
    let mut expressions: Vec<&str> =
        splits.iter().map(isolating_split).collect::<Option<_>>().ok_or_else(unknown)?;
    if byte_level.get("use_regex").is_none_or(|value| value.as_bool() == Some(true)) {
        expressions.extend(Pattern::Gpt2.expressions());
    }
    Pattern::from_expressions(&expressions).ok_or_else(unknown)
}

fn isolating_split(split: &Value) -> Option<&str> {
    let known = split.get("type")?.as_str()? == "Split"
        && has_only(split, &["pattern", "behavior", "invert"])
        && split.get("behavior")?.as_str()? == "Isolated"
        && split.get("invert")?.as_bool() == Some(false);
    let pattern = split.get("pattern")?.as_object()?;
    if known && pattern.len() == 1 { pattern.get("Regex")?.as_str() } else { None }
}

/// The merge list as ids, in the order of the file.
fn merge_ids(merges: Merges, vocabulary: &FxHashMap<String, u32>) -> Recognized<Vec<Merge>> {
    let mut joined = String::new();
    let mut resolve = |left: &str, right: &str| {
        let id = |token: &str| {
            vocabulary.get(token).copied().ok_or_else(|| {
                Unsupported::new(format!("merge names {token:?}, which is not in the vocabulary"))
            })
        };
        joined.clear();
        joined.push_str(left);
        joined.push_str(right);
        Ok(Merge { left: id(left)?, right: id(right)?, product: id(&joined)? })
    };
    match merges {
        Merges::Pairs(pairs) => pairs.iter().map(|(left, right)| resolve(left, right)).collect(),
        Merges::Lines(lines) => lines
            .iter()
            .filter(|line| !line.starts_with("#version"))
            .map(|line| {
                let mut parts = line.split(' ');
                match (parts.next(), parts.next(), parts.next()) {
                    (Some(left), Some(right), None) => resolve(left, right),
                    _ => Err(Unsupported::new(format!("merge {line:?} is not two tokens"))),
                }
            })
            .collect(),
    }
}

/// The added tokens, if the reference would give them the ids that the file declares.
///
/// It takes the declared id only for contents that the model knows; others are numbered one after
/// another behind the model's vocabulary, whatever the file says.
fn added_tokens(
    entries: Vec<AddedTokenEntry>,
    vocabulary: &FxHashMap<String, u32>,
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
        let given = vocabulary.get(&content).copied().unwrap_or_else(|| {
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
