//! Every integration test, in one program: it is linked once, and what the tests share is compiled once.
//!
//! A new file is declared here; the test at the end fails for one that is not.
#![allow(missing_docs, unreachable_pub, reason = "a program of tests has no interface")]
#![allow(dead_code, reason = "each file uses a part of what the tests share")]
#![allow(clippy::duplicate_mod, reason = "files that share a module each have it under their own name")]

#[path = "builtin_tokenizers.rs"]
mod builtin_tokenizers;
#[path = "corpus_refusals.rs"]
mod corpus_refusals;
#[path = "corpus_validation.rs"]
mod corpus_validation;
#[path = "each_turn_once.rs"]
mod each_turn_once;
#[path = "files/main.rs"]
mod files;
#[path = "finding_examples.rs"]
mod finding_examples;
#[path = "hostile_templates.rs"]
mod hostile_templates;
#[path = "inline.rs"]
mod inline;
#[path = "jinja_equality.rs"]
mod jinja_equality;
#[path = "layouts.rs"]
mod layouts;
#[path = "masks/main.rs"]
mod masks;
#[path = "mutations.rs"]
mod mutations;
#[path = "native_against_engine.rs"]
mod native_against_engine;
#[path = "native_goldens.rs"]
mod native_goldens;
#[path = "packing.rs"]
mod packing;
#[path = "packing_fill.rs"]
mod packing_fill;
#[path = "proof_grades.rs"]
mod proof_grades;
#[path = "provenance.rs"]
mod provenance;
#[path = "qwen_goldens.rs"]
mod qwen_goldens;
#[path = "reasoning_goldens.rs"]
mod reasoning_goldens;
#[path = "report.rs"]
mod report;
#[path = "round_trips.rs"]
mod round_trips;
#[path = "splitting.rs"]
mod splitting;

/// Files of tests that are not declared above, which would never run.
#[test]
#[allow(clippy::unwrap_used, reason = "a test")]
fn every_file_of_tests_is_declared() {
    let declared = include_str!("main.rs");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let file = if path.join("main.rs").is_file() {
            format!("{name}/main.rs")
        } else if path.is_file() && path.extension().is_some_and(|ending| ending == "rs") && name != "main.rs"
        {
            name.to_owned()
        } else {
            continue;
        };
        assert!(
            declared.contains(&format!("#[path = \"{file}\"]")),
            "tests/{file} is not declared in tests/main.rs"
        );
        files += 1;
    }
    assert!(files > 20, "{files} files of tests were found");
}
