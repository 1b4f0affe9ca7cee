//! The engine against jinja2 as transformers sets it up: the same text, or a refusal.
//!
//! Over the templates written for these tests it compares with stored answers of jinja2. Over the
//! templates in use it needs a Python with transformers (`TOOLTRAIN_PYTHON`, else `python3`) and skips
//! without one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use support::documents::is_updating;
use support::python::{self, Answer, Case};
use support::{
    conversation, file_name, first_difference, own_templates, own_tokens, shape, shapes, template_paths,
};
use tooltrain_core::conversation::Role;
use tooltrain_core::finding::Finding;
use tooltrain_core::render::RenderOptions;
use tooltrain_core::render::engine::jinja_template::JinjaTemplate;

/// What the engine made of many cases.
#[derive(Default)]
struct Tally {
    equal: usize,
    refused: BTreeMap<String, Vec<String>>,
    different: Vec<String>,
}

impl Tally {
    fn add(&mut self, place: String, case: &Case, ours: Result<String, String>, theirs: &Answer) {
        match (ours, theirs) {
            (Ok(ours), Answer::Text(theirs)) if ours == *theirs => self.equal += 1,
            (Ok(ours), Answer::Text(theirs)) => {
                self.different.push(format!("{place}: {}", first_difference(&ours, theirs)));
            }
            (Err(reason), Answer::Text(_)) => self.refused.entry(reason).or_default().push(place),
            // Text passed as empty where Python stumbles over missing content.
            (Ok(_), Answer::Error(_)) if shape(case.line) == "absent content" => {}
            // Arguments passed as text where Python cannot add an object to text.
            (Ok(_), Answer::Error(error)) if error.contains("(not \"dict\") to str") => {}
            (Ok(ours), Answer::Error(error)) => {
                self.different.push(format!("{place}: printed {ours:?} where jinja2 raises {error}"));
            }
            (Err(_), Answer::Error(_)) => {}
        }
    }

    fn refusals(&self) -> usize {
        self.refused.values().map(Vec::len).sum()
    }

    fn show(&self) {
        for (reason, places) in &self.refused {
            println!("refused: {reason}\n    {}", places.join("\n    "));
        }
        println!("{} equal, {} refused, {} different", self.equal, self.refusals(), self.different.len());
        assert!(self.different.is_empty(), "{}", self.different.join("\n"));
    }
}

/// The text of a case, as [`python::render`] understands it.
fn print(template: &JinjaTemplate, case: &Case) -> Result<String, Finding> {
    let options =
        RenderOptions { date: "2026-11-20".into(), thinking: case.thinking, ..RenderOptions::default() };
    let mut conversation = conversation(case.line);
    if !case.prompt {
        return template.text(&conversation, &options);
    }
    let last = conversation.messages.iter().rposition(|message| message.role == Role::Assistant);
    conversation.messages.truncate(last.unwrap());
    template.prompt(&conversation, &options)
}

fn tally(templates: &[PathBuf], cases: &[Case], answers: &[Vec<Answer>]) -> Tally {
    let mut tally = Tally::default();
    for (path, answers) in templates.iter().zip(answers) {
        let source = std::fs::read_to_string(path).unwrap();
        let template = JinjaTemplate::from_source("t", &source, &own_tokens());
        for (case, answer) in cases.iter().zip(answers) {
            let place = format!(
                "{} on {}{}{}",
                file_name(path),
                shape(case.line),
                if case.prompt { ", prompt" } else { "" },
                case.thinking.map_or(String::new(), |thinking| format!(", thinking {thinking}")),
            );
            let ours = match &template {
                Ok(template) => print(template, case).map_err(|finding| finding.to_string()),
                Err(error) => Err(error.to_string()),
            };
            tally.add(place, case, ours, answer);
        }
    }
    tally
}

/// Every shape, whole and as the prompt of its last turn, in each thinking mode.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for line in shapes() {
        for thinking in [None, Some(false), Some(true)] {
            for prompt in [false, true] {
                cases.push(Case { line, thinking, prompt });
            }
        }
    }
    cases
}

#[test]
fn templates_in_use_print_what_jinja2_prints() {
    let templates = template_paths();
    if templates.is_empty() {
        return;
    }
    let cases = cases();
    let Some(answers) = python::render(&templates, &cases) else { return };
    let tally = tally(&templates, &cases, &answers);
    tally.show();
    assert!(tally.equal * 100 >= (tally.equal + tally.refusals()) * 98, "too many refusals");
}

/// What jinja2 prints for one shape, kept so that no Python is needed.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Stored {
    template: String,
    shape: String,
    answer: Answer,
}

const STORED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/templates/own_answers.jsonl");

fn whole_cases() -> Vec<Case> {
    shapes().into_iter().map(|line| Case { line, thinking: None, prompt: false }).collect()
}

#[test]
fn small_templates_print_what_jinja2_printed() {
    let stored = std::fs::read_to_string(STORED).unwrap();
    let mut stored = stored.lines().map(|line| serde_json::from_str::<Stored>(line).unwrap());
    let (templates, cases) = (own_templates(), whole_cases());
    let answers: Vec<Vec<Answer>> = templates
        .iter()
        .map(|path| {
            let answer = |case: &Case| {
                let stored = stored.next().unwrap();
                assert_eq!((stored.template, stored.shape), (file_name(path), shape(case.line)));
                stored.answer
            };
            cases.iter().map(answer).collect()
        })
        .collect();
    let tally = tally(&templates, &cases, &answers);
    tally.show();
    assert_eq!(tally.refusals(), 0);
    assert!(tally.equal > 170, "{}", tally.equal);
}

#[test]
fn stored_answers_are_those_of_jinja2() {
    let (templates, cases) = (own_templates(), whole_cases());
    let Some(answers) = python::render(&templates, &cases) else { return };
    let mut lines = String::new();
    for (path, answers) in templates.iter().zip(answers) {
        for (case, answer) in cases.iter().zip(answers) {
            let stored = Stored { template: file_name(path), shape: shape(case.line), answer };
            lines.push_str(&serde_json::to_string(&stored).unwrap());
            lines.push('\n');
        }
    }
    if is_updating() {
        std::fs::write(STORED, lines).unwrap();
    } else {
        assert!(lines == std::fs::read_to_string(STORED).unwrap(), "write them anew with TOOLTRAIN_UPDATE=1");
    }
}
