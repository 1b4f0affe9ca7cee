//! Real, dirty conversations through parse and validate with the defaults.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod shared_data;

use std::collections::BTreeMap;

use tooltrain_core::finding::{Code, Finding, Severity};
use tooltrain_core::parse::{ParseOptions, Scratch, parse};
use tooltrain_core::validate::{ValidateOptions, Validator, Verdict};

/// Code, severity, and how often.
type CodeCount = (&'static str, &'static str, usize);

/// Every finding there is in the real files, with the defaults: file, then code, severity and count.
/// A change here is a change of what users see; docs/validation.md has the same figures.
#[rustfmt::skip]
const BASELINE: &[(&str, &[CodeCount])] = &[
    ("bfcl_multi_turn", &[("arguments_against_schema", "masked", 4), ("call_unanswered", "warning", 788), ("consecutive_user", "warning", 208), ("nonstandard_schema_type", "warning", 800), ("trailing_turns", "fixed", 4)]),
    ("bfcl_single_turn", &[("arguments_against_schema", "masked", 198), ("consecutive_user", "warning", 10), ("nonstandard_schema_type", "warning", 3637), ("nothing_to_train", "warning", 1132), ("only_wrong_calls", "warning", 80), ("trailing_turns", "fixed", 8)]),
    ("glaive_en_llamafactory", &[("arguments_against_schema", "masked", 1)]),
    ("glaive_zh_llamafactory", &[("arguments_against_schema", "masked", 17), ("result_without_call", "error", 2)]),
    ("livemcpbench_claude_sonnet4", &[("no_tools_declared", "warning", 95)]),
    ("sgd_dev", &[]),
    ("sgd_test", &[("duplicate_tool", "warning", 42), ("empty_assistant", "warning", 2)]),
    ("sgd_train-00000-of-00004", &[]),
    ("sgd_train-00001-of-00004", &[("arguments_against_schema", "masked", 18)]),
    ("sgd_train-00002-of-00004", &[("duplicate_tool", "warning", 117)]),
    ("sgd_train-00003-of-00004", &[]),
    ("swe_agent_demonstrations", &[("call_id_reused", "fixed", 14), ("consecutive_user", "warning", 2), ("no_tools_declared", "warning", 5), ("trailing_turns", "fixed", 5)]),
    ("tau_bench_airline_gpt4o", &[("call_id_reused", "fixed", 73), ("trailing_turns", "fixed", 200)]),
    ("toolalpaca_eval", &[("arguments_not_json", "error", 36), ("only_wrong_calls", "warning", 9), ("undeclared_tool", "masked", 9)]),
    ("toolbench_legacy_function_call", &[("consecutive_user", "warning", 4), ("legacy_functions", "fixed", 52), ("undeclared_tool", "masked", 3)]),
    ("toolrl_rlla_sft", &[("text_looks_like_call", "warning", 346)]),
];

#[derive(Default)]
struct Counts {
    records: usize,
    accepted: usize,
    rejected: usize,
    nothing_to_train: usize,
    /// Of those, records whose every turn lost its training to a wrong call.
    only_wrong_calls: usize,
    codes: BTreeMap<(&'static str, &'static str), usize>,
    rejected_for: BTreeMap<&'static str, usize>,
}

fn count(content: &[u8]) -> Counts {
    let options = ParseOptions::default();
    let mut scratch = Scratch::default();
    let mut validator = Validator::new(ValidateOptions::default());
    let mut counts = Counts::default();
    for line in content.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        counts.records += 1;
        let (verdict, findings) = match parse(line, &mut scratch, &options) {
            Ok(mut parsed) => {
                let verdict = validator.validate(&mut parsed.conversation, &mut parsed.findings);
                (verdict, parsed.findings)
            }
            Err(findings) => (Verdict::Reject, findings),
        };
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
        let mut reasons: Vec<_> = errors.map(|finding| finding.code.name()).collect();
        reasons.dedup();
        match verdict {
            Verdict::Accept => counts.accepted += 1,
            Verdict::NothingToTrain => {
                counts.nothing_to_train += 1;
                let only = findings.iter().any(|finding| finding.code == Code::OnlyWrongCalls);
                counts.only_wrong_calls += usize::from(only);
            }
            Verdict::Reject => {
                counts.rejected += 1;
                *counts.rejected_for.entry(reasons[0]).or_default() += 1;
            }
        }
        assert_eq!(verdict == Verdict::Reject, !reasons.is_empty(), "a verdict follows its findings");
        for Finding { code, severity, .. } in findings {
            *counts.codes.entry((code.name(), severity.as_str())).or_default() += 1;
        }
    }
    counts
}

#[test]
fn the_page_has_the_same_figures() {
    let page = include_str!("../../../docs/validation.md");
    for (name, codes) in BASELINE {
        let codes: Vec<_> =
            codes.iter().map(|(code, severity, count)| format!("`{code}` {count} ({severity})")).collect();
        let found = if codes.is_empty() { "none".to_owned() } else { codes.join(", ") };
        let row = format!("| {name} | {found} |\n");
        assert!(page.contains(&row), "docs/validation.md lacks {row}");
    }
}

#[test]
fn real_records_are_accepted_as_the_manifest_counts_their_dirt() {
    let files = shared_data::files("corpus");
    let mut total = Counts::default();
    let mut by_file = BTreeMap::new();
    for path in &files {
        let counts = count(&shared_data::gunzip(path));
        eprintln!(
            "{}: {} records, {} accepted, {} rejected {:?}, {} nothing to train, {:?}",
            shared_data::stem(path),
            counts.records,
            counts.accepted,
            counts.rejected,
            counts.rejected_for,
            counts.nothing_to_train,
            counts.codes
        );
        assert_eq!(counts.records, counts.accepted + counts.rejected + counts.nothing_to_train);
        total.records += counts.records;
        total.rejected += counts.rejected;
        by_file.insert(shared_data::stem(path), counts);
    }
    if shared_data::folder().is_none() {
        return;
    }
    let found: Vec<_> = by_file
        .iter()
        .map(|(name, counts)| {
            let codes = counts.codes.iter().map(|((code, severity), count)| (*code, *severity, *count));
            (name.as_str(), codes.collect::<Vec<_>>())
        })
        .collect();
    let expected: Vec<_> = BASELINE.iter().map(|(name, codes)| (*name, codes.to_vec())).collect();
    assert_eq!(found, expected);
    assert_eq!(total.records, 23_217);
    assert!(total.rejected * 100 <= total.records, "{} of {}", total.rejected, total.records);
    for (name, counts) in by_file.iter().filter(|(name, _)| name.starts_with("sgd_")) {
        assert!(counts.accepted * 1000 >= counts.records * 999, "{name}: {}", counts.accepted);
    }
    let accepted = |name: &str| by_file[name].accepted;
    assert_eq!(accepted("tau_bench_airline_gpt4o"), 200);
    assert_eq!(accepted("livemcpbench_claude_sonnet4"), 95);
    assert!(accepted("bfcl_multi_turn") >= 796);
    assert!(accepted("glaive_en_llamafactory") + accepted("glaive_zh_llamafactory") >= 590);
    assert!(accepted("swe_agent_demonstrations") >= 17);
    let single_turn = &by_file["bfcl_single_turn"];
    assert_eq!(single_turn.nothing_to_train - single_turn.only_wrong_calls, 1_132);
    assert_eq!(single_turn.only_wrong_calls, 80);
    let toolalpaca = &by_file["toolalpaca_eval"];
    assert_eq!(toolalpaca.rejected, 34);
    assert_eq!(toolalpaca.codes[&(Code::ArgumentsNotJson.name(), "error")], 36);
}
