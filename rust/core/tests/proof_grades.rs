//! How well turns are proved, over all templates and shapes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::BTreeMap;

use support::{conversation, template_paths, tokens_of};
use tooltrain_core::render::certificate::Certificate;
use tooltrain_core::render::jinja_template::JinjaTemplate;
use tooltrain_core::render::{ChatTemplate, Grade, RenderOptions};

#[test]
fn most_turns_are_exact() {
    let lines: Vec<&str> = include_str!("templates/shapes.jsonl").lines().collect();
    let options = RenderOptions { date: "2026-11-20".into(), ..RenderOptions::default() };
    let (mut turns, mut exact, mut strictly, mut proved) = (0, 0, 0, 0);
    for path in template_paths() {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let source = std::fs::read_to_string(&path).unwrap();
        let template = JinjaTemplate::from_source(&name, &source, &tokens_of(&name)).unwrap();
        let mut problems: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut of_template = (0, 0);
        for line in &lines {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            let shape = record["shape"].as_str().unwrap().to_owned();
            let graded = match template.grade(&conversation(line), &options) {
                Ok(graded) => graded,
                Err(finding) => {
                    let reason = finding.message.chars().take(90).collect();
                    problems.entry(reason).or_default().push(shape);
                    continue;
                }
            };
            for turn in graded {
                of_template.0 += 1;
                proved += usize::from(turn.grade.is_ok());
                of_template.1 += usize::from(turn.grade.as_ref().is_ok_and(|grade| grade.is_exact()));
                strictly += usize::from(turn.grade.as_ref().is_ok_and(|grade| grade.is_served()));
                if turn.grade != Ok(Grade::Exact) {
                    problems.entry(turn.in_words()).or_default().push(format!("{shape}#{}", turn.message));
                }
            }
        }
        turns += of_template.0;
        exact += of_template.1;
        println!("{name}: {} of {} exact", of_template.1, of_template.0);
        for (reason, places) in problems {
            println!("    {reason}: {}", places.join(", "));
        }
    }
    println!("{exact} exact ({strictly} for the serving mode) and {proved} proved of {turns}");
    assert!(strictly * 100 >= turns * 85, "{strictly} of {turns}");
}

#[test]
fn certificates_say_what_templates_can() {
    let Some(path) = template_paths().into_iter().find(|path| path.ends_with("llama-3.1.jinja")) else {
        return;
    };
    let source = std::fs::read_to_string(path).unwrap();
    let template = JinjaTemplate::from_source("llama", &source, &tokens_of("llama-3.1.jinja")).unwrap();
    let certificate = Certificate::of(&template, &RenderOptions::default());
    assert!(certificate.capabilities.calls && !certificate.capabilities.parallel_calls);
    assert!(!certificate.capabilities.text_beside_calls && !certificate.capabilities.reasoning);
    println!("{}", serde_json::to_string_pretty(&certificate).unwrap());
}
