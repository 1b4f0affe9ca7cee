//! Real, dirty conversations through parse and validate with the defaults.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod shared_data;

use std::collections::BTreeMap;

use tooltrain_core::finding::{Code, Finding, Severity};
use tooltrain_core::parse::{ParseOptions, Scratch, parse};
use tooltrain_core::validate::{ValidateOptions, Validator, Verdict};

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
                let masked = findings.iter().any(|finding| finding.severity == Severity::Masked);
                counts.only_wrong_calls += usize::from(masked);
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
    let Some(folder) = shared_data::folder() else { return };
    assert!(folder.join("corpus").is_dir());
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
    assert_eq!(single_turn.only_wrong_calls, 82);
    let toolalpaca = &by_file["toolalpaca_eval"];
    assert_eq!(toolalpaca.rejected, 34);
    assert_eq!(toolalpaca.codes[&(Code::ArgumentsNotJson.name(), "error")], 36);
}
