//! The tokenizer files to compare on.

use std::path::PathBuf;

use serde_json::{Value, json};

/// A `tokenizer.json` of this project, a small vocabulary with unreachable entries, several merges
/// for one token and a merge listed twice; with the given pre-tokenizer and settings.
pub(crate) fn tiny(pre_tokenizer: &Value, nfc: bool, ignore_merges: bool) -> Vec<u8> {
    let mut file: Value = serde_json::from_slice(include_bytes!("../data/tiny.json")).unwrap();
    file["normalizer"] = if nfc { json!({"type": "NFC"}) } else { Value::Null };
    file["model"]["ignore_merges"] = json!(ignore_merges);
    file["pre_tokenizer"] = pre_tokenizer.clone();
    serde_json::to_vec(&file).unwrap()
}

/// What may stand around a model of characters: normalizer and pre-tokenizer.
pub(crate) fn around_characters() -> Vec<(&'static str, Value, Value)> {
    let replace = json!({"type": "Replace", "pattern": {"String": " "}, "content": "▁"});
    let prepend = json!({"type": "Prepend", "prepend": "▁"});
    let metaspace = |scheme: &str, split: bool| json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": split});
    let gemma = json!({"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": false});
    vec![
        ("gemma", replace.clone(), gemma),
        ("llama-2", json!({"type": "Sequence", "normalizers": [prepend, replace]}), Value::Null),
        ("always", Value::Null, metaspace("always", false)),
        ("first", Value::Null, metaspace("first", false)),
        ("never", Value::Null, metaspace("never", false)),
        ("split", Value::Null, metaspace("always", true)),
        ("first split", Value::Null, metaspace("first", true)),
        (
            "add_prefix_space",
            Value::Null,
            json!({"type": "Metaspace", "replacement": "▁", "add_prefix_space": true, "prepend_scheme": "always", "split": false}),
        ),
    ]
}

/// The small vocabulary of characters: pairs of some characters and merges between them, others fall back
/// to bytes.
pub(crate) fn tiny_of_characters(normalizer: &Value, pre_tokenizer: &Value, ignore_merges: bool) -> Vec<u8> {
    let mut entries: Vec<String> = vec!["<unk>".into(), "<s>".into(), "</s>".into()];
    entries.extend((0..=255).map(|byte| format!("<0x{byte:02X}>")));
    let single = "▁abcdehiklmnorstuvABHTEsſé中文\u{301}ーı0123456789.,'\"{}:/\n\t!-";
    for c in single.chars() {
        if !entries.contains(&c.to_string()) {
            entries.push(c.to_string());
        }
    }
    let merges = [
        "▁ ▁",
        "▁▁ ▁▁",
        "h e",
        "▁t he",
        "t he",
        "▁ t",
        "e r",
        "he r",
        "i n",
        "a n",
        "o n",
        "' s",
        "\n \n",
        ", ▁",
        "1 2",
        "12 3",
        "é \u{301}",
        "中 文",
        "▁ a",
        "r e",
        "b e",
        "▁ be",
        "▁▁ t",
        "l l",
        "' ll",
        "e \u{301}",
        "a a",
        "aa aa",
        "\" :",
        "\": ▁",
        "{ \"",
        "▁ {\"",
        "B B",
        "0 0",
        "t h",
        "th e",
        "s s",
        "▁t h",
    ];
    let mut pairs = Vec::new();
    for merge in merges {
        let (left, right) = merge.split_once(' ').unwrap();
        let product = format!("{left}{right}");
        if !entries.contains(&product) {
            entries.push(product);
        }
        pairs.push(json!([left, right]));
    }
    let vocabulary: serde_json::Map<String, Value> =
        entries.into_iter().enumerate().map(|(id, entry)| (entry, json!(id))).collect();
    let decoders = json!([
        {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Fuse"},
        {"type": "Strip", "content": " ", "start": 1, "stop": 0},
    ]);
    let file = json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [{"id": 1, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true}],
        "normalizer": normalizer, "pre_tokenizer": pre_tokenizer, "post_processor": null,
        "decoder": {"type": "Sequence", "decoders": decoders},
        "model": {"type": "BPE", "dropout": null, "unk_token": "<unk>", "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": true, "byte_fallback": true, "ignore_merges": ignore_merges,
            "vocab": vocabulary, "merges": pairs},
    });
    serde_json::to_vec(&file).unwrap()
}

/// The same file with another pre-tokenizer.
pub(crate) fn with_pre_tokenizer(json: &[u8], pre_tokenizer: &Value) -> Vec<u8> {
    let mut file: Value = serde_json::from_slice(json).unwrap();
    file["pre_tokenizer"] = pre_tokenizer.clone();
    serde_json::to_vec(&file).unwrap()
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

/// Of bytes.
pub(crate) const REAL: [&str; 3] = ["qwen3", "llama-3.1", "gpt-oss"];

/// Of characters, in all spellings of what stands around the model.
pub(crate) const REAL_OF_CHARACTERS: [&str; 6] = [
    "gemma3",
    "mistral-7b-v0.1-prepend",
    "mistral-7b-v0.1-metaspace-always",
    "mistral-7b-v0.1-metaspace-first",
    "mistral-7b-v0.3-metaspace-always",
    "mistral-7b-v0.3-metaspace-first",
];
