//! The tokenizer files to compare on.

use std::path::PathBuf;

use serde_json::{Value, json};
use tooltrain_bpe::Pattern;

/// A `tokenizer.json` of this project, a small vocabulary with unreachable entries, several merges
/// for one token and a merge listed twice; with the given splitting pattern and settings.
pub(crate) fn tiny(pattern: Pattern, nfc: bool, ignore_merges: bool) -> Vec<u8> {
    let mut file: Value = serde_json::from_slice(include_bytes!("../data/tiny.json")).unwrap();
    file["normalizer"] = if nfc { json!({"type": "NFC"}) } else { Value::Null };
    file["model"]["ignore_merges"] = json!(ignore_merges);
    file["pre_tokenizer"] = pre_tokenizer(pattern);
    serde_json::to_vec(&file).unwrap()
}

pub(crate) fn pre_tokenizer(pattern: Pattern) -> Value {
    if pattern == Pattern::Gpt2 {
        return json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true});
    }
    let mut chain: Vec<Value> = pattern
        .expressions()
        .iter()
        .map(|regex| json!({"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": false}))
        .collect();
    chain.push(
        json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}),
    );
    json!({"type": "Sequence", "pretokenizers": chain})
}

/// A folder of real tokenizers and corpora, if there is one.
pub(crate) fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("TOOLTRAIN_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    folder.join("tokenizers").is_dir().then_some(folder)
}

/// The file of a real tokenizer, if it is there.
pub(crate) fn real(name: &str) -> Option<Vec<u8>> {
    std::fs::read(shared()?.join("tokenizers").join(name).join("tokenizer.json")).ok()
}

pub(crate) const REAL: [&str; 3] = ["qwen3", "llama-3.1", "gpt-oss"];
