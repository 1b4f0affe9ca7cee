//! What certificates say, held against the engine that runs the official templates.

use tooltrain_core::render::certify::certificate::Certificate;
use tooltrain_core::render::engine::jinja_template::JinjaTemplate;
use tooltrain_core::render::native::gpt_oss::GptOss;
use tooltrain_core::render::native::harmony::Harmony;
use tooltrain_core::render::native::hermes::Hermes;
use tooltrain_core::render::native::llama::Llama;
use tooltrain_core::render::native::qwen::Qwen;
use tooltrain_core::render::{ChatTemplate, RenderOptions};

use super::support::{shared, tokens_of};

fn options() -> RenderOptions {
    RenderOptions { date: "2026-11-20".into(), ..RenderOptions::default() }
}

fn engine(file: &str) -> Option<JinjaTemplate> {
    let source = std::fs::read_to_string(shared()?.join("templates").join(file)).unwrap();
    Some(JinjaTemplate::from_source(file, &source, &tokens_of(file)).unwrap())
}

fn prompts(certificate: &Certificate) -> Vec<(&'static str, Option<&str>)> {
    certificate.generation_prompts.iter().map(|prompt| (prompt.mode, prompt.text.as_deref())).collect()
}

#[test]
fn native_renderers_know_the_generation_prompts_of_their_templates() {
    let hermes = Hermes { bos: "<|begin_of_text|>" };
    let natives: [(&dyn ChatTemplate, &str); 7] = [
        (&Qwen::Qwen3, "qwen3.jinja"),
        (&Qwen::Instruct2507, "qwen3-instruct-2507.jinja"),
        (&Qwen::Qwen25, "qwen2.5.jinja"),
        (&Llama::Llama31, "llama-3.1.jinja"),
        (&Llama::Llama32, "llama-3.2.jinja"),
        (&GptOss, "gpt-oss.jinja"),
        (&hermes, "hermes-3-tool_use.jinja"),
    ];
    for (native, file) in natives {
        let Some(engine) = engine(file) else { return };
        let (ours, theirs) = (Certificate::of(native, &options()), Certificate::of(&engine, &options()));
        assert!(ours.native && !theirs.native);
        assert_eq!(prompts(&ours), prompts(&theirs), "{file}");
        assert_eq!(ours.turns, theirs.turns, "{file}");
    }
}

#[test]
fn a_certificate_of_a_native_renderer_has_every_turn_exact() {
    let hermes = Hermes { bos: "" };
    let natives: [&dyn ChatTemplate; 8] = [
        &Qwen::Qwen3,
        &Qwen::Instruct2507,
        &Qwen::Qwen25,
        &Llama::Llama31,
        &Llama::Llama32,
        &GptOss,
        &Harmony,
        &hermes,
    ];
    for native in natives {
        let certificate = Certificate::of(native, &options());
        assert_eq!(certificate.exact, certificate.turns, "{}", native.name());
        assert!(certificate.turns > 10 && certificate.consistent > 0, "{}", native.name());
        assert!(
            certificate.generation_prompts.iter().all(|prompt| prompt.text.is_some()),
            "{}",
            native.name()
        );
        let calls = certificate.shapes.iter().find(|shape| shape.shape == "parallel calls").unwrap();
        assert_eq!(calls.refused, None, "{}", native.name());
        let split = calls.notes.iter().any(|note| note.contains("parallel_calls_split"));
        assert_eq!(split, !certificate.capabilities.parallel_calls, "{}", native.name());
    }
}

#[test]
fn the_summary_names_what_is_not_plainly_exact() {
    let certificate = Certificate::of(&Qwen::Qwen3, &options());
    let summary = certificate.summary();
    assert_eq!(summary.inexact.keys().copied().collect::<Vec<_>>(), ["reasoning in rounds"]);
    assert!(summary.refused.is_empty());
    assert_eq!(summary, Certificate::of(&Qwen::Qwen3, &options()).summary(), "the same again");
    let quick = RenderOptions { thinking: Some(false), ..options() };
    assert_ne!(summary.sha256, Certificate::of(&Qwen::Qwen3, &quick).summary().sha256);
}
