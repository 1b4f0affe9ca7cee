//! The ledger: what adds up passes, and each way of not adding up is an error that says which.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::{Value, json};
use tooltrain_core::ErrorKind;
use tooltrain_core::finding::{Code, Finding, Severity};
use tooltrain_core::report::{
    BlockReport, Bucket, FindingCounts, Report, RowSummary, ShardReport, TokenLedger, WrittenFile,
};
use tooltrain_core::sample::{Row, Sample, TrainedRun};

const BUCKETS: [Bucket; 6] = [
    Bucket::Packed,
    Bucket::Rejected,
    Bucket::NothingToTrain,
    Bucket::Filtered,
    Bucket::Duplicate,
    Bucket::OverLength,
];

fn row(lengths: &[usize], trained: u32) -> Row {
    let sample = |&length: &usize| Sample {
        ids: vec![7; length],
        trained: vec![TrainedRun { start: 0, end: trained, weight: 1.0 }],
        ..Sample::default()
    };
    Row { samples: lengths.iter().map(sample).collect() }
}

fn shard(name: &str) -> ShardReport {
    ShardReport { name: name.into(), bytes: 10, ..ShardReport::default() }
}

/// Two shards, a record in every bucket, 40 tokens in, 6 repeated, 11 dropped, two rows.
fn honest() -> Report {
    let mut report =
        Report { max_length: 20, shards: vec![shard("a.jsonl"), shard("b.jsonl")], ..Report::default() };

    let mut first = BlockReport::default();
    for bucket in BUCKETS {
        first.records.read += 1;
        first.records.count(bucket);
    }
    first.tokens.r#in = 30;
    first.tokens.repeated = 6;
    first.tokens.drop("over_length_drop", 9);
    first.trained_tokens.r#in = 8;
    first.trained_tokens.drop("over_length_drop", 2);
    report.add_block(0, &first).unwrap();

    let mut second = BlockReport::default();
    second.records.read = 1;
    second.records.count(Bucket::Packed);
    second.tokens.r#in = 10;
    second.tokens.drop("over_length_drop", 1);
    second.tokens.drop("over_length_turn", 1);
    second.trained_tokens.r#in = 2;
    second.trained_tokens.drop("shorter_pieces", 2);
    report.add_block(1, &second).unwrap();

    let mut rows = RowSummary::default();
    rows.count(&row(&[12, 8], 2));
    rows.count(&row(&[15], 2));
    report.add_rows(&rows);
    report.files = vec![WrittenFile { rows: 2, ..WrittenFile::default() }];
    report
}

fn message_of(report: &Report) -> String {
    let error = report.check().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    error.message().to_owned()
}

#[test]
fn an_honest_report_passes() {
    let report = honest();
    report.check().unwrap();
    assert_eq!(report.records.read, 7);
    assert_eq!(report.records.packed, 2);
    assert_eq!(report.tokens.out, 35);
    assert_eq!(report.trained_tokens.out, 6);
    assert_eq!(report.tokens.dropped_in_all(), 11);
    assert!((report.fill - 35.0 / 40.0).abs() < 1e-12);
    Report::default().check().unwrap();
}

#[test]
fn a_lost_record_is_named_with_its_shard() {
    for bucket in BUCKETS {
        let mut report = honest();
        report.shards[1].records.count(bucket);
        report.records.count(bucket);
        let message = message_of(&report);
        assert!(message.starts_with("b.jsonl: 1 records were read, but 2 are accounted for"), "{message}");
    }
    let mut report = honest();
    report.shards[0].records.read += 1;
    assert!(message_of(&report).starts_with("a.jsonl: 7 records were read, but 6"));
}

#[test]
fn shards_that_do_not_add_up_to_the_total_are_an_error() {
    let mut report = honest();
    report.records.read += 1;
    assert!(message_of(&report).starts_with("all shards together: 8 records were read, but 7"));
    report.records.count(Bucket::Filtered);
    assert!(message_of(&report).starts_with("the shards add up to"));
}

#[test]
fn a_lost_token_is_an_error() {
    let mut report = honest();
    report.tokens.r#in += 1;
    assert_eq!(
        message_of(&report),
        "tokens: 41 in + 0 added + 6 repeated - 11 dropped is 36, but 35 are in the rows"
    );
    let mut report = honest();
    report.trained_tokens.drop("over_length_turn", 1);
    assert!(
        message_of(&report)
            .starts_with("trained tokens: 10 in + 0 added + 0 repeated - 5 dropped is 5, but 6")
    );
    let mut report = honest();
    report.tokens.out += 1;
    report.tokens.repeated += 1;
    assert!(message_of(&report).starts_with("the rows hold 35 tokens"));
}

#[test]
fn rows_that_cannot_be_are_an_error() {
    let mut report = honest();
    report.max_length = 19;
    assert_eq!(message_of(&report), "a row has 20 tokens; max_length is 19");
    let mut report = honest();
    report.files.push(WrittenFile { rows: 1, ..WrittenFile::default() });
    assert_eq!(message_of(&report), "2 rows were packed, but the files hold 3");
    let mut report = honest();
    report.rows.rows = 4;
    assert!(message_of(&report).contains("cannot be true together"));
}

#[test]
fn a_block_of_an_unknown_shard_is_an_error() {
    let error = honest().add_block(2, &BlockReport::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
}

#[test]
fn ledgers_and_row_counts_merge_as_if_counted_once() {
    let mut one = TokenLedger { r#in: 3, repeated: 1, out: 2, ..TokenLedger::default() };
    one.drop("a", 2);
    one.drop("b", 0);
    let mut other = TokenLedger { r#in: 5, repeated: 2, out: 2, ..TokenLedger::default() };
    other.drop("a", 1);
    other.drop("c", 4);
    one.merge(&other);
    assert_eq!((one.r#in, one.repeated, one.out), (8, 3, 4));
    assert_eq!(one.dropped.into_iter().collect::<Vec<_>>(), [("a".to_owned(), 3), ("c".to_owned(), 4)]);

    let rows = [row(&[5], 1), row(&[2, 2, 2], 2), row(&[9, 1], 1)];
    let mut whole = RowSummary::default();
    for row in &rows {
        whole.count(row);
    }
    let mut merged = RowSummary::default();
    merged.merge(&RowSummary::default());
    for row in &rows {
        let mut alone = RowSummary::default();
        alone.count(row);
        merged.merge(&alone);
        merged.merge(&RowSummary::default());
    }
    assert_eq!(merged, whole);
    assert_eq!((whole.rows, whole.samples, whole.shortest_row, whole.longest_row), (3, 6, 5, 10));
    assert_eq!((whole.tokens, whole.trained_tokens), (21, 9));
}

#[test]
fn findings_are_counted_by_code_and_severity_with_the_first_example() {
    let warning = Finding::new(Code::FieldNotPrinted, "/messages/1", "reasoning_content is not printed");
    let masked = warning.clone().severity(Severity::Masked);
    let error = Finding::new(Code::InvalidJson, "", "expected a value").hint("close the list");
    let mut first = FindingCounts::default();
    first.count(&warning, "a.jsonl", 3);
    first.count(&error, "a.jsonl", 4);
    let mut second = FindingCounts::default();
    second.count(&error, "a.jsonl", 9);
    second.count(&masked, "b.jsonl", 1);
    second.count(&masked, "b.jsonl", 2);
    first.merge(&second);

    let listed = serde_json::to_value(&first).unwrap();
    let hint = Code::FieldNotPrinted.info().hint;
    let message = "reasoning_content is not printed";
    let example = |file: &str, line: u64, pointer: &str, message: &str, hint: &str| json!({"file": file, "line": line, "pointer": pointer, "message": message, "hint": hint});
    assert_eq!(
        listed,
        json!([
            {"code": "invalid_json", "severity": "error", "count": 2,
             "first": example("a.jsonl", 4, "", "expected a value", "close the list")},
            {"code": "field_not_printed", "severity": "masked", "count": 2,
             "first": example("b.jsonl", 1, "/messages/1", message, hint)},
            {"code": "field_not_printed", "severity": "warning", "count": 1,
             "first": example("a.jsonl", 3, "/messages/1", message, hint)},
        ])
    );
    assert_eq!(
        first.by_code().into_iter().collect::<Vec<_>>(),
        [("field_not_printed", 3), ("invalid_json", 2)]
    );
}

#[test]
fn the_report_file_has_the_documented_keys() {
    let report = serde_json::to_value(honest()).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        keys(&report),
        [
            "version",
            "verb",
            "out",
            "report",
            "rejects",
            "files",
            "tokenizer",
            "template",
            "serving",
            "records",
            "shards",
            "tokens",
            "trained_tokens",
            "rows",
            "samples",
            "shortest_row",
            "longest_row",
            "fill",
            "max_length",
            "turns",
            "findings",
            "left_unread",
            "seconds",
            "stage_seconds",
            "bytes_in",
            "text_bytes",
            "reused_bytes",
            "threads",
            "options"
        ]
    );
    assert_eq!(keys(&report["tokens"]), ["in", "added", "repeated", "dropped", "out"]);
    assert_eq!(keys(&report["shards"][0]), ["name", "bytes", "records"]);
    assert_eq!(
        keys(&report["records"]),
        [
            "read",
            "packed",
            "rejected",
            "nothing_to_train",
            "only_wrong_calls",
            "filtered",
            "duplicate",
            "over_length"
        ]
    );
    assert_eq!(report["rows"], json!(2));
    assert_eq!(report["options"]["packing"], json!("best_fit"));
}
