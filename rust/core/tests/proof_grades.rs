//! How well turns are proved, over all templates and shapes; `docs/masks_grades.md` shows the result.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use support::{
    conversation, documents, file_name, own_templates, own_tokens, shape, shapes, template_paths, tokens_of,
};
use tooltrain_core::render::certify::certificate::Certificate;
use tooltrain_core::render::engine::jinja_template::{JinjaTemplate, TemplateTokens};
use tooltrain_core::render::{ChatTemplate, Grade, RenderOptions, Serving};

/// What became of the turns of one template.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Grades {
    /// By grade, in the order of [`GRADES`]; the last are those without proof.
    turns: [usize; 6],
    /// Turns that are not exact in the mode served, by their grade or the reason against them.
    others: BTreeMap<String, Vec<String>>,
    /// Shapes that are refused as a whole, by reason.
    refused: BTreeMap<String, Vec<String>>,
}

const GRADES: [Grade; 5] =
    [Grade::Exact, Grade::WithoutThinking, Grade::OtherMode, Grade::PromptText, Grade::History];

impl Grades {
    fn of(path: &Path, tokens: &TemplateTokens) -> Self {
        let source = std::fs::read_to_string(path).unwrap();
        let template = JinjaTemplate::from_source("this", &source, tokens).unwrap();
        let options = RenderOptions { date: "2026-11-20".into(), ..RenderOptions::default() };
        let mut grades = Self::default();
        for line in shapes() {
            let turns = match template.grade(&conversation(line), &options) {
                Ok(turns) => turns,
                Err(finding) => {
                    grades.refused.entry(finding.message).or_default().push(shape(line));
                    continue;
                }
            };
            for turn in turns {
                let column = match &turn.grade {
                    Ok(grade) => GRADES.iter().position(|known| known == grade).unwrap(),
                    Err(_) => GRADES.len(),
                };
                grades.turns[column] += 1;
                if !turn.grade.as_ref().is_ok_and(|grade| grade.is_served()) {
                    let reason = turn.grade.map_or_else(|reason| reason, |grade| grade.as_str().to_owned());
                    grades.others.entry(reason).or_default().push(format!(
                        "{} {}",
                        shape(line),
                        turn.message
                    ));
                }
            }
        }
        grades
    }

    fn all(&self) -> usize {
        self.turns.iter().sum()
    }

    fn served(&self) -> usize {
        self.turns[0] + self.turns[1]
    }
}

/// What a template does that makes its turns less than exact.
fn cause(reason: &str) -> &'static str {
    match reason {
        "exact for the other thinking mode" => "the turn follows the prompt of a mode that was not asked for",
        "prompt text" => "what stands before the prompt differs between history and serving",
        "history form" => "history does not show what the generation prompt ends with",
        "no stop token ends it" => "no stop token is written after the turn",
        "no generation prompt stands before it" => "no role header is written before the turn",
        "its text begins with a role header" => "the prompt lacks a role header that history prints",
        "bytes of another message lie inside its span" => "text beside a call is written after its results",
        other => panic!("a reason without an explanation: {other}"),
    }
}

fn name_of(path: &Path) -> String {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let ours = path.parent().unwrap().file_name().is_some_and(|folder| folder == "chat_templates");
    if ours { format!("trl/{name}") } else { name.to_owned() }
}

/// Templates that came to the same, under one row.
fn grouped<K: Ord>(of: impl Iterator<Item = (String, K)>) -> Vec<(String, K)> {
    let mut groups: BTreeMap<K, Vec<String>> = BTreeMap::new();
    for (name, key) in of {
        groups.entry(key).or_default().push(name);
    }
    let mut rows: Vec<_> = groups.into_iter().map(|(key, names)| (names.join(", "), key)).collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows
}

fn document(all: &[(String, Grades)]) -> String {
    let mut text = String::new();
    let total = |column: usize| all.iter().map(|(_, grades)| grades.turns[column]).sum::<usize>();
    let turns: usize = (0..6).map(total).sum();
    let served = total(0) + total(1);
    writeln!(
        text,
        "{} templates, {} shapes, {turns} assistant turns: {served} ({:.1} %) follow a prompt of the mode \
         served, {} of them exactly its default prompt; {} more follow the whole prompt of the other mode; \
         {} are proved.\n",
        all.len(),
        shapes().len(),
        100.0 * served as f64 / turns as f64,
        total(0),
        total(2),
        turns - total(5),
    )
    .unwrap();
    text.push_str("| templates | turns | exact | exact without thinking | exact for the other mode | prompt text | history form | unproved |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    let (whole, part): (Vec<_>, Vec<_>) =
        all.iter().partition(|(_, grades)| grades.served() == grades.all() && grades.all() > 0);
    for (names, turns) in grouped(part.iter().map(|(name, grades)| (name.clone(), grades.turns))) {
        let all: usize = turns.iter().sum();
        writeln!(text, "| {names} | {all} | {} |", turns.map(|count| count.to_string()).join(" | ")).unwrap();
    }
    let names: Vec<&str> = whole.iter().map(|(name, _)| name.as_str()).collect();
    writeln!(text, "\nEvery turn that these {} print is exact: {}.\n", names.len(), names.join(", "))
        .unwrap();

    text.push_str("What is not exact, and what the template does:\n\n| templates | turns | what the template does | shapes and messages |\n| --- | --- | --- | --- |\n");
    let reasons = all.iter().flat_map(|(name, grades)| {
        let row = |(reason, places): (&String, &Vec<String>)| (name.clone(), (cause(reason), places.clone()));
        grades.others.iter().map(row)
    });
    for (names, (cause, places)) in grouped(reasons) {
        writeln!(text, "| {names} | {} | {cause} | {} |", places.len(), places.join(", ")).unwrap();
    }
    text.push_str("\nShapes that are refused as a whole, which jinja2 refuses too, or which lose calls:\n\n| templates | why | shapes |\n| --- | --- | --- |\n");
    let refusals = all.iter().flat_map(|(name, grades)| {
        let row =
            |(reason, shapes): (&String, &Vec<String>)| (name.clone(), (reason.clone(), shapes.clone()));
        grades.refused.iter().map(row)
    });
    for (names, (reason, shapes)) in grouped(refusals) {
        let reason = reason.trim_start_matches("the chat template raises: ").replace("the this ", "the ");
        writeln!(text, "| {names} | {reason} | {} |", shapes.join(", ")).unwrap();
    }
    text
}

#[test]
fn most_turns_are_exact_in_the_mode_served() {
    let paths = template_paths();
    let graded: Vec<(String, Grades)> =
        paths.iter().map(|path| (name_of(path), Grades::of(path, &tokens_of(&file_name(path))))).collect();
    if graded.is_empty() {
        return;
    }
    let all: usize = graded.iter().map(|(_, grades)| grades.all()).sum();
    let served: usize = graded.iter().map(|(_, grades)| grades.served()).sum();
    println!("{served} of {all} are exact in the mode served");
    assert!(served * 100 >= all * 85, "{served} of {all}");
    let from_trl = |path: &PathBuf| name_of(path).starts_with("trl/");
    if paths.iter().any(from_trl) && !paths.iter().all(from_trl) {
        documents::compare("masks_grades.md", "turns", &document(&graded));
    }
}

/// The templates written for these tests, each with a habit that costs proofs in others.
#[test]
fn turns_of_small_templates() {
    for (name, [exact, without_thinking, unproved]) in [
        ("grouped_results.jinja", [43, 0, 0]),
        ("opened_think.jinja", [4, 39, 0]),
        ("one_call.jinja", [41, 0, 0]),
        // An empty last turn of which neither text nor stop token is printed.
        ("next_role.jinja", [42, 0, 1]),
        ("brackets.jinja", [43, 0, 0]),
        ("generation_tags.jinja", [43, 0, 0]),
    ] {
        let path = own_templates().into_iter().find(|path| path.ends_with(name)).unwrap();
        let grades = Grades::of(&path, &own_tokens());
        assert_eq!(grades.turns, [exact, without_thinking, 0, 0, 0, unproved], "{name}: {grades:?}");
    }
}

/// GLM's way: the next role is the stop, so the last turn has none; others write theirs.
#[test]
fn a_last_turn_may_lack_its_stop() {
    for path in own_templates() {
        let source = std::fs::read_to_string(&path).unwrap();
        let name = file_name(&path);
        let template = JinjaTemplate::from_source(&name, &source, &own_tokens()).unwrap();
        assert_eq!(template.last_turn_lacks_stop(), name == "next_role.jinja", "{name}");
    }
}

/// With `thinking=True` said, an empty block is not what serving shows.
#[test]
fn a_turn_without_reasoning_is_not_exact_when_thinking_is_asked_for() {
    let path = own_templates().into_iter().find(|path| path.ends_with("opened_think.jinja")).unwrap();
    let source = std::fs::read_to_string(path).unwrap();
    let template = JinjaTemplate::from_source("opened_think", &source, &own_tokens()).unwrap();
    let grade = |shape: usize, thinking| {
        let options = RenderOptions { thinking, ..RenderOptions::default() };
        let turn = template.grade(&conversation(shapes()[shape]), &options).unwrap().remove(0);
        (turn.grade.unwrap(), turn.serving)
    };
    let text = shapes().iter().position(|line| shape(line) == "text").unwrap();
    let reasoning = shapes().iter().position(|line| shape(line) == "reasoning").unwrap();
    assert_eq!(grade(text, None), (Grade::WithoutThinking, Serving::Consistent));
    assert_eq!(grade(text, Some(false)), (Grade::Exact, Serving::Consistent));
    assert_eq!(grade(text, Some(true)), (Grade::OtherMode, Serving::PromptDiffers));
    assert_eq!(grade(reasoning, None), (Grade::Exact, Serving::Consistent));
    assert_eq!(grade(reasoning, Some(true)), (Grade::Exact, Serving::Consistent));
    assert_eq!(grade(reasoning, Some(false)), (Grade::OtherMode, Serving::PromptDiffers));
}

#[test]
fn certificates_say_what_templates_can() {
    let path = own_templates().into_iter().find(|path| path.ends_with("one_call.jinja")).unwrap();
    let source = std::fs::read_to_string(path).unwrap();
    let template = JinjaTemplate::from_source("one call", &source, &own_tokens()).unwrap();
    let options = RenderOptions { date: "2026-11-20".into(), ..RenderOptions::default() };
    let certificate = Certificate::of(&template, &options);
    assert!(certificate.capabilities.calls && !certificate.capabilities.parallel_calls);
    assert!(!certificate.capabilities.text_beside_calls && !certificate.capabilities.reasoning);
    let parallel = certificate.shapes.iter().find(|shape| shape.shape == "parallel calls").unwrap();
    assert!(parallel.notes.iter().any(|note| note.contains("one call and result")), "{parallel:?}");
}
