//! What the first records of a run say about the rest, told while it goes on.

use std::fmt::Write;

use crate::finding::Severity;
use crate::report::Report;

/// Records after which the first look is taken.
pub(super) const RECORDS: u64 = 1_000;

/// One record in so many has to have a finding for it to be told.
const ONE_IN: u64 = 100;

/// Findings that are told, at the most.
const MOST: usize = 4;

/// What is lost of the first records: how many are rejected, and what turns and fields go for, where that is
/// one record in a hundred or more. None where nothing is worth telling.
pub(super) fn first_look(report: &Report) -> Option<String> {
    let records = &report.records;
    let is_many = |count: u64| count > 0 && count * ONE_IN >= records.read;
    let mut kinds: Vec<_> = report
        .findings
        .iter()
        .filter(|kind| is_many(kind.count))
        .filter(|kind| {
            matches!(kind.severity, Severity::Error | Severity::Masked)
                || kind.code.info().family == "template"
        })
        .collect();
    if kinds.is_empty() && !is_many(records.rejected) {
        return None;
    }
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.count));
    let mut text = format!("of the first {} records {} are rejected", records.read, records.rejected);
    for kind in kinds.iter().take(MOST) {
        let first = &kind.first;
        let _ = write!(
            text,
            "\n  {} {} ({}), first at {}:{} {}: {}",
            kind.count,
            kind.code.name(),
            kind.severity.as_str(),
            first.file,
            first.line,
            first.pointer,
            first.message,
        );
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Code, Finding};
    use crate::report::Report;

    fn report(read: u64, rejected: u64, findings: &[(Code, u64)]) -> Report {
        let mut report = Report::default();
        report.records.read = read;
        report.records.rejected = rejected;
        for &(code, count) in findings {
            let finding = Finding::new(code, "/messages/2", "two calls");
            (0..count).for_each(|line| report.findings.count(&finding, "a.jsonl", line + 7));
        }
        report
    }

    #[test]
    fn nothing_is_told_of_what_is_rare_or_harmless() {
        assert_eq!(first_look(&report(1_000, 9, &[(Code::ParallelCalls, 9)])), None);
        assert_eq!(first_look(&report(1_000, 0, &[(Code::ConsecutiveUser, 900)])), None);
    }

    #[test]
    fn what_a_family_cannot_say_is_told_with_its_first_place() {
        let told = first_look(&report(1_000, 60, &[(Code::ParallelCalls, 60), (Code::FieldNotPrinted, 80)]));
        assert_eq!(
            told.unwrap(),
            "of the first 1000 records 60 are rejected\n  \
             80 field_not_printed (warning), first at a.jsonl:7 /messages/2: two calls\n  \
             60 parallel_calls (error), first at a.jsonl:7 /messages/2: two calls"
        );
    }
}
