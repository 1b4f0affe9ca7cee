//! The engine against jinja2 as transformers sets it up: the same text, or a refusal.
//!
//! Needs a Python with transformers (`TOOLTRAIN_PYTHON`, else `python3`) and skips without one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::BTreeMap;

use support::python::{self, Answer};
use support::{conversation, first_difference, template_paths};
use tooltrain_core::render::RenderOptions;
use tooltrain_core::render::jinja_template::{JinjaTemplate, TemplateTokens};

#[test]
fn texts_are_those_of_jinja2() {
    let shapes = include_str!("templates/shapes.jsonl");
    let lines: Vec<&str> = shapes.lines().collect();
    let templates = template_paths();
    if templates.is_empty() {
        return;
    }
    let Some(answers) = python::render(&templates, &lines, &python::kwargs()) else { return };
    let options = RenderOptions { date: "2026-11-20".into(), ..RenderOptions::default() };
    let (mut equal, mut refused) = (0, 0);
    let mut refusals: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut different = Vec::new();
    for (path, answers) in templates.iter().zip(answers) {
        let source = std::fs::read_to_string(path).unwrap();
        let template = JinjaTemplate::from_source("t", &source, &tokens());
        for (line, answer) in lines.iter().zip(answers) {
            let place = format!("{} on {}", path.file_name().unwrap().to_str().unwrap(), shape(line));
            let ours = match &template {
                Ok(template) => {
                    template.text(&conversation(line), &options).map_err(|finding| finding.to_string())
                }
                Err(error) => Err(error.to_string()),
            };
            match (ours, answer) {
                (Ok(ours), Answer::Text(theirs)) if ours == theirs => equal += 1,
                (Ok(ours), Answer::Text(theirs)) => {
                    different.push(format!("{place}: {}", first_difference(&ours, &theirs)));
                }
                (Err(reason), Answer::Text(_)) => {
                    refused += 1;
                    refusals.entry(reason).or_default().push(place);
                }
                // Text passed as empty where Python stumbles over missing content.
                (Ok(_), Answer::Error(_)) if shape(line) == "absent content" => {}
                (Ok(ours), Answer::Error(error)) => {
                    different.push(format!("{place}: printed {ours:?} where jinja2 raises {error}"));
                }
                (Err(_), Answer::Error(_)) => {}
            }
        }
    }
    for (reason, places) in &refusals {
        println!("refused: {reason}\n    {}", places.join("\n    "));
    }
    println!("{equal} equal, {refused} refused, {} different", different.len());
    assert!(different.is_empty(), "{}", different.join("\n"));
    assert!(equal * 100 >= (equal + refused) * 98, "too many refusals");
}

fn shape(line: &str) -> String {
    let record: serde_json::Value = serde_json::from_str(line).unwrap();
    record["shape"].as_str().unwrap().to_owned()
}

fn tokens() -> TemplateTokens {
    TemplateTokens { specials: python::specials(), stops: vec!["</s>".into()], added: Vec::new() }
}
