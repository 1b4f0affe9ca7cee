//! The vocabularies in the package: the compact form gives the published file and its ids, and those of the
//! official renderers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use support::{Golden, conversation, golden_inputs, goldens, shared};
use tooltrain_bpe::Bpe;
use tooltrain_core::conversation::Conversation;
use tooltrain_core::digest::sha256;
use tooltrain_core::options::{Backend, Boundary};
use tooltrain_core::render::native::gpt_oss::GptOss;
use tooltrain_core::render::native::harmony::Harmony;
use tooltrain_core::render::native::llama::Llama;
use tooltrain_core::render::{ChatTemplate, RenderOptions, Rendered, registry};
use tooltrain_core::tokenize::Place;
use tooltrain_core::tokenize::assets::{BUILTINS, Builtin};
use tooltrain_core::tokenize::builtin::{Loaded, load};
use tooltrain_core::tokenize::cut::Cutter;
use tooltrain_core::tokenize::masked;

/// One built-in tokenizer for each vocabulary.
const VOCABULARIES: [(&str, &str); 2] = [("qwen3", "qwen3"), ("gpt-oss", "gpt-oss")];

const TEXTS: &[&str] = &[
    "",
    "What's the weather in Zürich, 東京 and Reykjavík?\n\n\n  Thanks!!",
    "{\"city\": \"Paris\", \"days\": 12345, \"units\": null}\r\n\t\tdef f(x): return x**2  # café cafe\u{301}",
    "<|im_start|><|start|><think>\u{200d}👩‍👩‍👧 camelCaseHTTPServer 'LL we'Ve ſ",
];

fn named(name: &str) -> &'static Builtin {
    BUILTINS.iter().find(|builtin| builtin.name == name).unwrap()
}

/// The digests are those of the files as their makers publish them, so nothing in this repository could make
/// a wrong vocabulary pass. `REWRITE_BUILTIN_TOKENIZERS=1` writes the compact form anew when the form changes.
#[test]
fn the_published_file_is_made_from_the_compact_form_and_back() {
    for (name, folder) in VOCABULARIES {
        let vocabulary = named(name).vocabulary;
        let json = vocabulary.json().unwrap();
        assert_eq!(sha256(&json), vocabulary.digest, "{name}");
        let compact = Bpe::from_tokenizer_json(&json).unwrap().to_compact();
        if std::env::var_os("REWRITE_BUILTIN_TOKENIZERS").is_some() {
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("assets")
                .join(folder)
                .join("tokenizer.compact.zst");
            std::fs::write(path, zstd::encode_all(&compact[..], 22).unwrap()).unwrap();
            continue;
        }
        assert!(vocabulary.compact().unwrap() == compact, "{name}: run with REWRITE_BUILTIN_TOKENIZERS=1");
    }
}

#[test]
fn compact_json_and_reference_give_the_same_ids() {
    for (name, _) in VOCABULARIES {
        let json = named(name).vocabulary.json().unwrap();
        let mut from_json = Arc::new(Bpe::from_tokenizer_json(&json).unwrap()).encoder();
        let [fast, reference] = [Backend::Auto, Backend::Reference].map(|one| load(name, one).unwrap());
        assert_eq!([fast.tokenizer.backend(), reference.tokenizer.backend()], ["fast", "reference"]);
        assert_eq!(fast.tokenizer.digest(), reference.tokenizer.digest(), "{name}");
        assert_eq!(fast.tokenizer.added_tokens(), reference.tokenizer.added_tokens(), "{name}");
        let ids = |loaded: &Loaded, text: &str| {
            let mut ids = Vec::new();
            loaded.tokenizer.encoder().encode(text, Place::Input, &mut ids).unwrap();
            ids
        };
        for text in TEXTS {
            let mut ours = Vec::new();
            from_json.encode(text, true, &mut ours);
            assert_eq!(ids(&fast, text), ours, "{name} {text:?}");
            assert_eq!(ids(&reference, text), ours, "{name} {text:?}");
        }
    }
}

/// Ids of a rendered conversation, cut only where control tokens are.
fn ids_of(
    loaded: &Loaded,
    template: &dyn ChatTemplate,
    conversation: &Conversation<'_>,
    date: &str,
) -> Option<(String, Vec<i32>)> {
    let options = RenderOptions { date: date.into(), ..RenderOptions::default() };
    let mut rendered = Rendered::default();
    template.render(conversation, &options, &mut rendered, &mut Vec::new()).ok()?;
    let added = loaded.tokenizer.added_tokens();
    let cutter = Cutter::new(added, template.content_markers(), Boundary::Whole);
    let mut encoder = loaded.tokenizer.encoder();
    let mut scratch = masked::Scratch::default();
    let tokens = masked::tokenize(&rendered, &[], &cutter, encoder.as_mut(), &mut scratch, false).unwrap();
    Some((rendered.text, tokens.ids))
}

/// Compares texts and ids; says how many were equal, and how many ids those were.
fn compare(loaded: &Loaded, template: &dyn ChatTemplate, golden: &str) -> Option<(usize, usize)> {
    let inputs = golden_inputs()?;
    let (mut conversations, mut tokens) = (0, 0);
    for Golden { k, text, ids, .. } in goldens(golden)? {
        let (Some(text), Some(theirs)) = (text, ids) else { continue };
        let Some((our_text, ours)) = ids_of(loaded, template, &inputs[k], "2026-11-20") else { continue };
        assert!(our_text == text, "{golden} {k}: the text");
        let theirs: Vec<i32> = theirs.iter().map(|&id| id as i32).collect();
        let at = ours.iter().zip(&theirs).take_while(|(one, other)| one == other).count();
        assert!(ours == theirs, "{golden} {k}: from token {at}: {:?} / {:?}", ours.get(at), theirs.get(at));
        conversations += 1;
        tokens += ours.len();
    }
    Some((conversations, tokens))
}

#[test]
fn goldens_of_gpt_oss_are_met() {
    let loaded = load("gpt-oss", Backend::Auto).unwrap();
    let Some(counts) = compare(&loaded, &GptOss, "gpt-oss__gpt-oss") else { return };
    assert_eq!(counts, (128, 320_193));
}

#[test]
fn goldens_of_harmony_are_met() {
    let loaded = load("gpt-oss", Backend::Auto).unwrap();
    let Some(counts) = compare(&loaded, &Harmony, "harmony_training_render") else { return };
    assert_eq!(counts, (138, 326_679));
}

#[test]
fn goldens_of_llama_3_1_are_met() {
    let Some(folder) = shared() else { return };
    let folder = folder.join("tokenizers/llama-3.1");
    let loaded = load(folder.to_str().unwrap(), Backend::Auto).unwrap();
    assert_eq!(loaded.tokenizer.backend(), "fast");
    let Some(counts) = compare(&loaded, &Llama::Llama31, "llama-3.1__llama-3.1") else { return };
    assert_eq!(counts, (128, 368_247));
}

/// A conversation of this project with what transformers made of it.
#[derive(Deserialize)]
struct Weather {
    date: String,
    record: Box<RawValue>,
    text: String,
    ids: Vec<i32>,
}

#[test]
fn gpt_oss_by_name_prints_and_encodes_as_transformers_does() {
    let weather: Weather = serde_json::from_str(include_str!("gpt_oss/weather.json")).unwrap();
    let loaded = load("gpt-oss", Backend::Auto).unwrap();
    let source = loaded.chat_template.clone().unwrap();
    let conversation = conversation(weather.record.get());
    let template = |dialect| registry::from_source(&source, dialect, &loaded.template_tokens(), &[]).unwrap();
    let (text, ids) = ids_of(&loaded, template(None).as_ref(), &conversation, &weather.date).unwrap();
    assert_eq!((template(None).name(), text.as_str()), ("gpt-oss", weather.text.as_str()));
    assert_eq!(ids, weather.ids);
    assert_eq!(loaded.tokenizer.decode(&ids.iter().map(|&id| id as u32).collect::<Vec<_>>()).unwrap(), text);
    assert_eq!(template(Some("harmony")).name(), "gpt-oss (harmony)");
}

#[test]
fn the_engine_that_was_loaded_last_is_kept_and_others_are_not_mixed_up_with_it() {
    let texts = ["qwen3", "gpt-oss", "gpt-oss", "qwen2.5"].map(|name| {
        let loaded = load(name, Backend::Auto).unwrap();
        let mut ids = Vec::new();
        loaded.tokenizer.encoder().encode("Reykjavík 2026", Place::Input, &mut ids).unwrap();
        (loaded.tokenizer.vocab_size(), ids)
    });
    assert_eq!(texts[0], texts[3]);
    assert_eq!(texts[1], texts[2]);
    assert_ne!(texts[0], texts[1]);
    assert_eq!((texts[0].0, texts[1].0), (151_669, 200_019));
}
