//! Every example in the table of codes is run: what fails has the code, what passes has not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use tooltrain_core::finding::{Code, Finding};
use tooltrain_core::options::{Columns, Options, VerdictPolicy};
use tooltrain_core::parse::{Job, Layout, ParseOptions, Scratch, parse};
use tooltrain_core::read::RowNote;
use tooltrain_core::run::recipe;
use tooltrain_core::sample::Source;
use tooltrain_core::validate::{ValidateOptions, validate};

/// Codes whose examples need more than a line: the table describes them, and they are produced by
/// hand below.
const DESCRIBED: &[Code] = &[
    Code::InvalidUtf8,
    Code::LineTooLong,
    Code::TooDeep,
    Code::OtherLayout,
    Code::UnknownTask,
    Code::ArgumentsNotChecked,
    Code::WeightWithoutColumn,
    Code::NullsLeftOut,
    Code::RowWrongWidth,
    Code::JudgedBad,
];

fn findings(line: &str) -> Vec<Finding> {
    match parse(line.as_bytes(), &mut Scratch::default(), &ParseOptions::default()) {
        Ok(mut parsed) => {
            validate(&mut parsed.conversation, &ValidateOptions::default(), &mut parsed.findings);
            parsed.findings
        }
        Err(findings) => findings,
    }
}

#[test]
fn examples_do_what_the_table_says() {
    for &code in Code::ALL {
        let info = code.info();
        // No record is known on which a law of the program fails.
        if code == Code::InternalFailure
            || DESCRIBED.contains(&code)
            || ["length", "template", "conversion"].contains(&info.family)
        {
            continue;
        }
        let failing = findings(info.fails);
        let found = failing.iter().find(|finding| finding.code == code);
        let found = found.unwrap_or_else(|| panic!("{}: {} gives {failing:?}", info.name, info.fails));
        assert_eq!(found.severity, info.severity, "{}", info.name);
        let passing = findings(info.passes);
        assert!(passing.iter().all(|finding| finding.code != code), "{}: {passing:?}", info.name);
        assert!(
            passing.iter().all(|finding| finding.severity != tooltrain_core::finding::Severity::Error),
            "{}: what passes passes: {passing:?}",
            info.name
        );
    }
}

#[test]
fn described_examples_are_real_too() {
    let good =
        r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    let codes = |line: &[u8], options: &ParseOptions| match parse(line, &mut Scratch::default(), options) {
        Ok(mut parsed) => {
            validate(&mut parsed.conversation, &ValidateOptions::default(), &mut parsed.findings);
            parsed.findings.into_iter().map(|finding| finding.code).collect()
        }
        Err(findings) => findings.into_iter().map(|finding| finding.code).collect::<Vec<_>>(),
    };
    let defaults = ParseOptions::default();
    let mut produced = Vec::new();
    produced.extend(codes(&good.replace("hi", "\u{e9}").into_bytes()[..50], &defaults));
    let mut bad = good.as_bytes().to_vec();
    bad[40] = 0xFF;
    produced.extend(codes(&bad, &defaults));
    produced.extend(codes(br#"{"code": "line_too_long", "offset": 0, "length": 70000000}"#, &defaults));
    produced.extend(codes("[".repeat(300).as_bytes(), &defaults));
    let forced = ParseOptions { layout: Layout::from_name("sharegpt"), ..ParseOptions::default() };
    produced.extend(codes(good.as_bytes(), &forced));
    produced.extend(Job::read("{}", Some("base:\n task: open-book")).unwrap_err().iter().map(|f| f.code));
    let deep = format!(r#"{{"n": {}1{}}}"#, "[".repeat(200), "]".repeat(200));
    let call = Code::ArgumentsAgainstSchema.info().passes.replace(r#"{"n": 2}"#, &deep);
    produced.extend(codes(call.as_bytes(), &defaults));
    produced.extend(weighted(&Options::default()));
    let names = ["input_ids", "labels", "loss_weights"].map(str::to_owned).to_vec();
    assert!(weighted(&Options { columns: Columns::Names(names), ..Options::default() }).is_empty());
    produced.push(RowNote::Nulls(2).finding().code);
    produced.push(RowNote::Fields { found: 3, expected: 2 }.finding().code);
    let judged = good.replacen('{', r#"{"label": false, "#, 1);
    let better = ParseOptions { verdict: VerdictPolicy::Better, ..ParseOptions::default() };
    produced.extend(codes(judged.as_bytes(), &better));
    for code in DESCRIBED {
        assert!(produced.contains(code), "{} is not among {produced:?}", code.name());
        assert!(!codes(good.as_bytes(), &defaults).contains(code));
    }
}

/// What a run finds in a record with a weight of a half.
fn weighted(options: &Options) -> Vec<Code> {
    let line = r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello", "weight": 0.5}]}"#;
    let recipe = recipe(options, &[]).unwrap();
    let prepared = recipe.worker().prepare(line.as_bytes(), Source::default()).unwrap();
    assert_eq!(prepared.samples.is_empty(), !prepared.findings.is_empty());
    prepared.findings.into_iter().map(|finding| finding.code).collect()
}

#[test]
fn a_pointer_leads_to_something_in_the_record() {
    for &code in Code::ALL {
        let info = code.info();
        let Ok(record) = serde_json::from_str::<serde_json::Value>(info.fails) else { continue };
        for finding in findings(info.fails) {
            let parent = finding.pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
            assert!(
                record.pointer(&finding.pointer).or(record.pointer(parent)).is_some(),
                "{}: {} in {}",
                info.name,
                finding.pointer,
                info.fails
            );
        }
    }
}

#[test]
fn names_are_the_variants_in_snake_case_and_appear_once() {
    for (position, &code) in Code::ALL.iter().enumerate() {
        let variant = format!("{code:?}");
        let mut snake = String::new();
        for character in variant.chars() {
            if character.is_uppercase() && !snake.is_empty() {
                snake.push('_');
            }
            snake.extend(character.to_lowercase());
        }
        assert_eq!(code.name(), snake);
        assert_eq!(Code::from_name(code.name()), Some(code));
        assert_eq!(Code::ALL.iter().position(|other| *other == code), Some(position));
        let families = ["record", "turns", "calls", "pairing", "tools", "length", "template", "conversion"];
        assert!(families.contains(&code.info().family), "{}", code.name());
    }
}
