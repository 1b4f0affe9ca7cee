//! Qwen renderers against transformers' own output: text, ids, and the masks of the tagged templates.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::io::Read;
use std::path::PathBuf;

use serde_json::Value;
use tooltrain_core::mask::{LossPolicy, pin_weights};
use tooltrain_core::options::{Backend, Boundary, History};
use tooltrain_core::parse::{ParseOptions, Scratch, parse};
use tooltrain_core::render::qwen::Qwen;
use tooltrain_core::render::{ChatTemplate, RenderOptions, Rendered};
use tooltrain_core::tokenize::cut::Cutter;
use tooltrain_core::tokenize::{builtin, masked};

fn shared() -> Option<PathBuf> {
    let root = std::env::var_os("TOOLTRAIN_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    root.is_dir().then_some(root)
}

fn lines(path: PathBuf) -> Vec<Vec<u8>> {
    let mut text = Vec::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut text).unwrap();
    text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
}

/// Conversations whose content begins with a newline: serving cuts between prompt and answer there,
/// transformers does not.
const CUT_DIFFERS: &[u64] = &[99, 106];

/// Conversations whose user text holds the text of control tokens: plain text here, control tokens there.
const CONTROL_TEXT: &[u64] = &[134, 137];

#[test]
fn goldens_of_transformers_are_met() {
    compare(Backend::Reference);
}

#[test]
fn goldens_of_transformers_are_met_by_the_fast_engine() {
    compare(Backend::Auto);
}

fn compare(backend: Backend) {
    let Some(root) = shared() else { return };
    let inputs = lines(root.join("goldens/inputs.jsonl.gz"));
    let loaded = builtin::load("qwen3", backend).unwrap();
    for (family, golden) in [
        (Qwen::Qwen3, "qwen3__qwen3"),
        (Qwen::Instruct2507, "qwen3-instruct-2507_training__qwen3"),
        (Qwen::Qwen25, "qwen2.5_training__qwen3"),
    ] {
        let cutter = |boundary| {
            Cutter::new(loaded.tokenizer.added_tokens(), family.content_markers(), boundary).unwrap()
        };
        let (whole, prompt) = (cutter(Boundary::Whole), cutter(Boundary::Prompt));
        let mut encoder = loaded.tokenizer.encoder();
        let mut different = Vec::new();
        let goldens = lines(root.join(format!("goldens/{golden}.jsonl.gz")));
        assert_eq!(goldens.len(), inputs.len());
        for (input, golden) in inputs.iter().zip(&goldens) {
            let golden: Value = serde_json::from_slice(golden).unwrap();
            let k = golden["k"].as_u64().unwrap();
            let parsed = parse(input, &mut Scratch::default(), &ParseOptions::default());
            let mut conversation = parsed.unwrap_or_else(|findings| panic!("{k}: {findings:?}")).conversation;
            pin_weights(&mut conversation, None);
            let mut rendered = Rendered::default();
            family.render(&conversation, &RenderOptions::default(), &mut rendered, &mut Vec::new()).unwrap();
            assert!(rendered.is_well_formed(), "{golden:?} {k}");
            assert_eq!(rendered.text, golden["text"].as_str().unwrap(), "{family:?} {k}");
            let policy = LossPolicy { loss: None, history: History::Keep, thinking: false };
            policy.weigh(&conversation, &mut rendered);
            let ids = |cutter: &Cutter, encoder: &mut dyn tooltrain_core::tokenize::Encoder| {
                masked::tokenize(&rendered, cutter, encoder, &mut masked::Scratch::default(), false)
                    .unwrap()
                    .ids
            };
            let expected: Vec<i32> =
                golden["ids"].as_array().unwrap().iter().map(|id| id.as_i64().unwrap() as i32).collect();
            let same = ids(&whole, encoder.as_mut()) == expected;
            assert_eq!(same, !CONTROL_TEXT.contains(&k), "{family:?} {k}: ids without a cut at the prompt");
            if same && ids(&prompt, encoder.as_mut()) != expected {
                different.push(k);
            }
        }
        assert_eq!(different, CUT_DIFFERS, "{family:?}");
    }
}
