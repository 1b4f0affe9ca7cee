//! Qwen renderers against transformers' own output: text, ids, and the masks of the tagged templates.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod shared_data;

use std::io::Read;
use std::path::PathBuf;

use serde_json::Value;
use tooltrain_core::loss::decide;
use tooltrain_core::mask::LossPolicy;
use tooltrain_core::options::{Backend, Boundary, History};
use tooltrain_core::parse::{ParseOptions, Scratch, parse};
use tooltrain_core::render::native::qwen::Qwen;
use tooltrain_core::render::{ChatTemplate, RenderOptions, Rendered};
use tooltrain_core::tokenize::cut::Cutter;
use tooltrain_core::tokenize::{builtin, masked};

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
    let Some(root) = shared_data::folder() else { return };
    let inputs = lines(root.join("goldens/inputs.jsonl.gz"));
    let loaded = builtin::load("qwen3", backend).unwrap();
    for (family, golden) in [
        (Qwen::Qwen3, "qwen3__qwen3"),
        (Qwen::Instruct2507, "qwen3-instruct-2507_training__qwen3"),
        (Qwen::Qwen25, "qwen2.5_training__qwen3"),
    ] {
        let cutter =
            |boundary| Cutter::new(loaded.tokenizer.added_tokens(), family.content_markers(), boundary);
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
            decide(&mut conversation, None);
            let mut rendered = Rendered::default();
            family.render(&conversation, &RenderOptions::default(), &mut rendered, &mut Vec::new()).unwrap();
            assert!(rendered.is_well_formed(), "{golden:?} {k}");
            assert_eq!(rendered.text, golden["text"].as_str().unwrap(), "{family:?} {k}");
            let policy = LossPolicy { loss: None, history: History::Keep, thinking: false };
            policy.weigh(&conversation, &mut rendered);
            let ids = |cutter: &Cutter, encoder: &mut dyn tooltrain_core::tokenize::Encoder| {
                masked::tokenize(&rendered, &[], cutter, encoder, &mut masked::Scratch::default(), false)
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

/// Why a token is trained by the tagged template of TRL and not here, or the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rule {
    /// The newline after the stop token: the model never samples it.
    NewlineAfterStop,
    /// The newline after `assistant`: the generation prompt supplies it.
    NewlineAfterHeader,
    /// A token that holds both that newline and the first one of the answer: half of it is prompt.
    HeaderAndContentInOneToken,
}

/// Every difference between the masks has a rule of this list, and each rule its count.
#[test]
fn masks_differ_from_tagged_templates_by_the_listed_rules_only() {
    let Some(root) = shared_data::folder() else { return };
    let inputs = lines(root.join("goldens/inputs.jsonl.gz"));
    let loaded = builtin::load("qwen3", Backend::Auto).unwrap();
    let mut encoder = loaded.tokenizer.encoder();
    for (family, golden, expected) in [
        (Qwen::Instruct2507, "qwen3-instruct-2507_training__qwen3", &EXPECTED_2507[..]),
        (Qwen::Qwen25, "qwen2.5_training__qwen3", &EXPECTED_25[..]),
    ] {
        let cutter = Cutter::new(loaded.tokenizer.added_tokens(), family.content_markers(), Boundary::Whole);
        let mut rules = std::collections::BTreeMap::new();
        for (input, golden) in inputs.iter().zip(lines(root.join(format!("goldens/{golden}.jsonl.gz")))) {
            let golden: Value = serde_json::from_slice(&golden).unwrap();
            let k = golden["k"].as_u64().unwrap();
            if CONTROL_TEXT.contains(&k) {
                continue;
            }
            let mut conversation =
                parse(input, &mut Scratch::default(), &ParseOptions::default()).unwrap().conversation;
            decide(&mut conversation, None);
            let mut rendered = Rendered::default();
            family.render(&conversation, &RenderOptions::default(), &mut rendered, &mut Vec::new()).unwrap();
            LossPolicy { loss: None, history: History::Keep, thinking: false }
                .weigh(&conversation, &mut rendered);
            let tokens = masked::tokenize(
                &rendered,
                &[],
                &cutter,
                encoder.as_mut(),
                &mut masked::Scratch::default(),
                true,
            )
            .unwrap();
            let mut theirs = vec![false; tokens.ids.len()];
            for span in golden["mask_spans"].as_array().unwrap() {
                let at = |index: usize| span[index].as_u64().unwrap() as usize;
                theirs[at(0)..at(1)].fill(true);
            }
            let mut ours = vec![false; tokens.ids.len()];
            for run in &tokens.trained {
                ours[run.start as usize..run.end as usize].fill(true);
            }
            for at in (0..ours.len()).filter(|&at| ours[at] != theirs[at]) {
                let text = &rendered.text[tokens.ends[at - 1] as usize..tokens.ends[at] as usize];
                let before = &rendered.text[..tokens.ends[at - 1] as usize];
                let rule = if theirs[at] && text == "\n" && before.ends_with("<|im_end|>") {
                    Rule::NewlineAfterStop
                } else if theirs[at] && text == "\n" && before.ends_with("<|im_start|>assistant") {
                    Rule::NewlineAfterHeader
                } else if theirs[at] && text.starts_with("\n\n") && before.ends_with("<|im_start|>assistant")
                {
                    Rule::HeaderAndContentInOneToken
                } else {
                    panic!(
                        "{family:?} {k}: no rule for {text:?} at token {at}, trained there: {}",
                        theirs[at]
                    );
                };
                *rules.entry(rule).or_insert(0) += 1;
            }
        }
        assert_eq!(rules.into_iter().collect::<Vec<_>>(), expected, "{family:?}");
    }
}

const EXPECTED_2507: [(Rule, u32); 2] =
    [(Rule::NewlineAfterStop, 859), (Rule::HeaderAndContentInOneToken, 6)];
const EXPECTED_25: [(Rule, u32); 3] =
    [(Rule::NewlineAfterStop, 859), (Rule::NewlineAfterHeader, 853), (Rule::HeaderAndContentInOneToken, 6)];
