//! What templates refuse of real records: below one in a hundred, in every family that has a place for
//! calls. `cargo run --release --example corpus_refusals` goes through all of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod shared_data;
mod support;

use std::collections::BTreeSet;
use std::path::Path;

use support::refusals::Refusals;
use support::{file_name, own_templates, own_tokens, template_paths, tokens_of};
use tooltrain_core::render::ChatTemplate;
use tooltrain_core::render::engine::jinja_template::JinjaTemplate;
use tooltrain_core::render::registry;

/// Templates whose own text leaves turns without proof, and why.
const DEFECTS: &[(&str, &str)] = &[
    // It writes the role header before the first call of a conversation only.
    ("deepseekv3", "no generation prompt stands before it"),
    ("deepseek-v3_trl", "no generation prompt stands before it"),
];

/// The shards that the package brings along, through the small templates.
#[test]
fn the_example_shards() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/shards");
    for path in own_templates().into_iter().filter(|path| !path.ends_with("python_habits.jinja")) {
        let source = std::fs::read_to_string(&path).unwrap();
        let template = JinjaTemplate::from_source(&file_name(&path), &source, &own_tokens()).unwrap();
        let mut refusals = Refusals::default();
        for shard in ["calendar", "files", "weather"] {
            let content = std::fs::read(folder.join(shard).with_extension("jsonl")).unwrap();
            refusals.add(&template, shard, &content, 1);
        }
        assert!(refusals.records >= 15, "{refusals:?}");
        let splits = !template.capabilities().parallel_calls;
        assert_eq!(refusals.split > 0, splits, "{}: {refusals:?}", template.name());
        assert_eq!(refusals.refused + refusals.unsayable, 0, "{}: {refusals:?}", template.name());
    }
}

/// One real record in 150, through the templates in use that are no copies made for training.
#[test]
fn real_records() {
    let corpus: Vec<_> = shared_data::files("corpus")
        .iter()
        .map(|file| (shared_data::stem(file), shared_data::gunzip(file)))
        .collect();
    let (mut seen, mut failed) = (BTreeSet::new(), Vec::new());
    for path in template_paths() {
        let name = file_name(&path);
        if corpus.is_empty() || name.ends_with("_training.jinja") {
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        if !seen.insert(source.clone()) {
            continue;
        }
        let template = registry::from_source(&source, None, &tokens_of(&name), &[]).unwrap();
        if !template.capabilities().calls {
            continue;
        }
        let mut refusals = Refusals::default();
        for (file, content) in &corpus {
            refusals.add(template.as_ref(), file, content, 150);
        }
        let defect = DEFECTS.iter().find(|(known, _)| name.starts_with(known));
        let only_the_defect =
            |(_, cause)| refusals.causes.keys().all(|(_, message)| message.ends_with(cause));
        if refusals.share() >= 0.01 && !defect.copied().is_some_and(only_the_defect) {
            failed.push(format!("{name}: {refusals:#?}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
