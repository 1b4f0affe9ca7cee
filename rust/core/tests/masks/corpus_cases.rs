//! Exactly the text that the corpus names is trained, for every family, native or run by the engine.

use std::sync::Arc;

use serde_json::{Map, Value};
use tooltrain_core::layout_spec::LayoutChoice;
use tooltrain_core::options::{Backend, Boundary, Options};
use tooltrain_core::parse::{Layout, ParseOptions};
use tooltrain_core::prepare::{Recipe, Shown};
use tooltrain_core::render::native::chatml::ChatMl;
use tooltrain_core::render::native::hermes::Hermes;
use tooltrain_core::render::native::llama::Llama;
use tooltrain_core::render::{ChatTemplate, Rendered};
use tooltrain_core::run::recipe;
use tooltrain_core::tokenize::builtin;
use tooltrain_core::tokenize::cut::Cutter;
use tooltrain_core::tokenize::masked::{self, Tokens};

use super::corpus::{Case, CorpusFamily, Expected, Facts, families, write_model};

/// A family whose tokenizer is at hand.
pub(crate) struct Ready {
    pub(crate) family: CorpusFamily,
    folder: tempfile::TempDir,
}

impl Ready {
    pub(crate) fn all() -> Vec<Self> {
        families().into_iter().map(Self::new).collect()
    }

    fn new(family: CorpusFamily) -> Self {
        let folder = tempfile::tempdir().unwrap();
        if family.facts.model.is_none() {
            write_model(folder.path(), &family.facts, family.template.as_deref());
        }
        Self { family, folder }
    }

    /// The recipe of a run with a case's options.
    pub(crate) fn recipe(&self, case: &Case) -> Recipe {
        let facts = &self.family.facts;
        let mut chosen: Map<String, Value> = case.options.clone();
        let model = facts.model.clone().unwrap_or_else(|| self.folder.path().display().to_string());
        chosen.insert("tokenizer".into(), model.clone().into());
        chosen.insert("date".into(), "2026-11-20".into());
        chosen.insert("dialect".into(), facts.dialect.clone().into());
        let options: Options = serde_json::from_value(chosen.into()).unwrap();
        let Some(template) = native(facts) else { return recipe(&options, &[]).unwrap() };
        let parse = ParseOptions {
            layout: options.layout.as_ref().map(|layout| match layout {
                LayoutChoice::Named(name) => Layout::from_name(name).unwrap(),
                LayoutChoice::Spec(_) => panic!("a case names its layout"),
            }),
            ..ParseOptions::default()
        };
        let loaded = builtin::load(&model, Backend::Auto).unwrap();
        Recipe::new(&options, loaded, template, parse, false).unwrap()
    }
}

/// The renderer that a family is named after, where its template is not in the repository.
fn native(facts: &Facts) -> Option<Arc<dyn ChatTemplate>> {
    Some(match facts.native.as_deref()? {
        "llama-3.1" => Arc::new(Llama::Llama31),
        "llama-3.2" => Arc::new(Llama::Llama32),
        "hermes-3" => Arc::new(Hermes { bos: "<|begin_of_text|>" }),
        "chatml" => Arc::new(ChatMl),
        other => panic!("no native renderer {other}"),
    })
}

/// What a case makes: the conversation as text and tokens, or the codes of its findings.
pub(crate) fn show(recipe: &Recipe, case: &Case) -> Result<Shown, Vec<String>> {
    let shown = recipe.worker().show(case.record.as_bytes()).unwrap();
    shown.map_err(|findings| findings.iter().map(|finding| finding.code.name().to_owned()).collect())
}

/// The text of each run of trained tokens.
pub(crate) fn trained_text(text: &str, tokens: &Tokens) -> Vec<String> {
    let mut runs: Vec<std::ops::Range<u32>> = Vec::new();
    for run in &tokens.trained {
        match runs.last_mut() {
            Some(last) if last.end == run.start => last.end = run.end,
            _ => runs.push(run.start..run.end),
        }
    }
    let byte = |token: u32| token.checked_sub(1).map_or(0, |last| tokens.ends[last as usize] as usize);
    runs.iter()
        .map(|run| String::from_utf8_lossy(&text.as_bytes()[byte(run.start)..byte(run.end)]).into_owned())
        .collect()
}

/// The text of each run of trained bytes. A token weighs what the least of its bytes weighs, so that it may hide a
/// border which is a byte off.
fn trained_bytes(rendered: &Rendered) -> Vec<String> {
    let mut runs: Vec<std::ops::Range<u32>> = Vec::new();
    for span in rendered.spans.iter().filter(|span| span.weight != 0.0 && span.start < span.end) {
        match runs.last_mut() {
            Some(last) if last.end == span.start => last.end = span.end,
            _ => runs.push(span.start..span.end),
        }
    }
    let text = |run: &std::ops::Range<u32>| &rendered.text.as_bytes()[run.start as usize..run.end as usize];
    runs.iter().map(|run| String::from_utf8_lossy(text(run)).into_owned()).collect()
}

/// Why a text with its tokens is not what the case demands; the guard that every planted fault has to meet.
pub(crate) fn objection(case: &Case, rendered: &Rendered, tokens: &Tokens) -> Option<String> {
    for (what, trained) in
        [("bytes", trained_bytes(rendered)), ("tokens", trained_text(&rendered.text, tokens))]
    {
        if case.expected != Expected::Trained(trained.clone()) {
            return Some(format!("trained {what} {trained:#?}\n where {:#?} is expected", case.expected));
        }
    }
    let other_text = case.text.as_ref().filter(|text| **text != rendered.text);
    other_text.map(|text| format!("text {:?}\n where {text:?} is expected", rendered.text))
}

/// The tokens of a rendered text whose weights were changed.
pub(crate) fn tokens_of(recipe: &Recipe, rendered: &Rendered) -> Tokens {
    let tokenizer = &recipe.loaded.tokenizer;
    let markers = recipe.template.content_markers();
    let cutter = Cutter::new(tokenizer.added_tokens(), markers, Boundary::Prompt);
    let mut encoder = tokenizer.encoder();
    masked::tokenize(rendered, &[], &cutter, encoder.as_mut(), &mut masked::Scratch::default(), true).unwrap()
}

#[test]
fn exactly_this_text_is_trained() {
    let (mut cases, mut wrong) = (0, Vec::new());
    for ready in Ready::all() {
        for case in &ready.family.cases {
            let found = match (show(&ready.recipe(case), case), &case.expected) {
                (Ok(shown), _) => objection(case, &shown.rendered, &shown.tokens),
                (Err(codes), Expected::Refused(code)) if codes.contains(code) => None,
                (Err(codes), expected) => Some(format!("refused {codes:?} where {expected:?} is expected")),
            };
            wrong.extend(found.map(|found| format!("{}/{}: {found}", ready.family.name, case.name)));
            cases += 1;
        }
    }
    assert!(wrong.is_empty(), "{} of {cases} differ:\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(cases >= 200, "{cases} cases");
}
