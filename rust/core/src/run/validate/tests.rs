use super::*;
use crate::audit::{BySeverity, ToolUse, Verdicts, schema};
use crate::error::ErrorKind;
use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;

const GOOD: &str =
    r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]}"#;
const CALL: &str = r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "x"}, {"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "g", "arguments": {}}}]}], "tools": [{"name": "f"}]}"#;

fn shards(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let write = |name: &str, lines: &[&str]| {
        let path = folder.join(name);
        std::fs::write(&path, lines.join("\n") + "\n").unwrap();
        path
    };
    vec![
        write("a.jsonl", &[GOOD, "{", CALL, &format!("{{\"x\": \"{}\"}}", "y".repeat(3000)), GOOD]),
        write("b.jsonl", &[r#"{"messages": [{"role": "user", "content": "hi"}]}"#, CALL, GOOD]),
    ]
}

type Row = (String, i64, i64, String, String, String);

fn rows(batch: &RecordBatch) -> Vec<Row> {
    let text = |column: &str| batch.column_by_name(column).unwrap().as_string::<i32>().clone();
    let number = |column: &str| batch.column_by_name(column).unwrap().as_primitive::<Int64Type>().clone();
    let row = |row: usize| {
        let (text, number) = (|name| text(name).value(row).to_owned(), |name| number(name).value(row));
        assert!(!text("message").is_empty() && !text("hint").is_empty());
        (text("file"), number("line"), number("offset"), text("pointer"), text("code"), text("severity"))
    };
    assert_eq!(batch.schema(), schema());
    (0..batch.num_rows()).map(row).collect()
}

fn audit(options: &Options, limits: Limits) -> (Audit, Vec<Row>) {
    let folder = tempfile::tempdir().unwrap();
    let sources = shards(folder.path());
    let (audit, kept) =
        validate(Given::Paths(sources.clone()), options, limits, None, &Progress::default()).unwrap();
    let rows: Vec<Row> = kept.batches().iter().flat_map(rows).collect();
    assert_eq!(audit.kept, rows.len() as u64);
    (audit, rows)
}

fn row(file: &str, line: i64, offset: usize, pointer: &str, code: &str, severity: &str) -> Row {
    (file.into(), line, offset as i64, pointer.into(), code.into(), severity.into())
}

fn expected() -> [Row; 5] {
    let second = GOOD.len() + 1;
    let third = second + 2;
    let fourth = third + CALL.len() + 1;
    [
        row("a.jsonl", 2, second + 1, "", "invalid_json", "error"),
        row("a.jsonl", 3, third, "/messages/3/tool_calls/0", "undeclared_tool", "masked"),
        row("a.jsonl", 4, fourth, "", "line_too_long", "error"),
        row("b.jsonl", 1, 0, "/messages", "nothing_to_train", "warning"),
        row("b.jsonl", 2, 50, "/messages/3/tool_calls/0", "undeclared_tool", "masked"),
    ]
}

#[test]
fn findings_come_in_order_whatever_the_threads_and_blocks() {
    for (threads, block_bytes) in [(1, 1 << 20), (2, 100), (5, 1)] {
        let options =
            Options { threads: Some(threads), block_bytes, max_line_bytes: 1000, ..Options::default() };
        let (audit, rows) = audit(&options, Limits::default());
        assert_eq!(rows, expected(), "{threads} threads");
        assert_eq!(
            audit.records,
            Verdicts {
                read: 8,
                accepted: 5,
                rejected: 2,
                nothing_to_train: 1,
                with_masked_turns: 2,
                ..Verdicts::default()
            }
        );
        assert_eq!(audit.shards[0].findings, BySeverity { error: 2, masked: 1, ..BySeverity::default() });
        assert_eq!(audit.shards[1].findings, BySeverity { masked: 1, warning: 1, ..BySeverity::default() });
        assert_eq!(audit.shards[1].records.read, 3);
        assert_eq!(audit.tool_use.conversations, 6);
        assert_eq!(audit.tool_use.tools["g"], ToolUse { declared: 0, calls: 2, wrong_calls: 2 });
        assert_eq!(audit.tool_use.never_called(), ["f"]);
        assert!(serde_json::to_value(&audit).unwrap()["tool_use"]["tools"]["f"]["declared"] == 2);
    }
}

#[test]
fn what_is_kept_is_bounded_and_what_is_counted_is_not() {
    for block_bytes in [1, 100, 1 << 20] {
        let options = Options { max_line_bytes: 1000, block_bytes, ..Options::default() };
        let (audit, rows) = audit(&options, Limits { findings: 1, examples: 1 });
        assert_eq!(rows, expected()[..4]);
        let counted: u64 = audit.findings.iter().map(|kind| kind.count).sum();
        assert_eq!(counted, 5);
        let examples: Vec<_> =
            audit.examples.iter().map(|one| (one.line, one.code, &*one.excerpt.text)).collect();
        assert_eq!(
            examples,
            [
                (2, "invalid_json", "{"),
                (
                    3,
                    "undeclared_tool",
                    "…istant\", \"tool_calls\": [{\"id\": \"a\", \"function\": {\"name\": \"g\", \"arguments\": {}}}]}], \"tools\": [{\"name\": …"
                ),
                (4, "line_too_long", ""),
                (1, "nothing_to_train", "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}"),
            ]
        );
    }
}

#[test]
fn a_record_with_nothing_but_wrong_calls_is_told_from_one_without_turns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    let only_wrong =
        CALL.replace(r#"{"role": "assistant", "content": "x"}, {"role": "user", "content": "hi"}, "#, "");
    std::fs::write(
        &path,
        format!("{only_wrong}\n{}\n", r#"{"messages": [{"role": "user", "content": "hi"}]}"#),
    )
    .unwrap();
    let source = [path];
    let (audit, _) = validate(
        Given::Paths(source.to_vec()),
        &Options::default(),
        Limits::default(),
        None,
        &Progress::default(),
    )
    .unwrap();
    assert_eq!((audit.records.nothing_to_train, audit.records.only_wrong_calls), (2, 1));
}

#[test]
fn a_canceled_run_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let progress = Progress::default();
    progress.cancel();
    let ended = validate(
        Given::Paths(shards(folder.path())),
        &Options::default(),
        Limits::default(),
        None,
        &progress,
    );
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::Interrupted);
}

#[test]
fn what_is_written_has_every_record_once_whatever_the_threads_and_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let sources = shards(folder.path());
    let mut texts = Vec::new();
    for (number, (threads, block_bytes)) in [(1, 1 << 20), (3, 1)].into_iter().enumerate() {
        let out = folder.path().join(format!("out-{number}.jsonl"));
        let options =
            Options { threads: Some(threads), block_bytes, max_line_bytes: 1000, ..Options::default() };
        let fix = Some(out.to_str().unwrap());
        let (audit, _) =
            validate(Given::Paths(sources.clone()), &options, Limits::default(), fix, &Progress::default())
                .unwrap();
        let fixed = audit.fixed.unwrap();
        assert_eq!((fixed.written, fixed.mended, fixed.left), (6, 0, 0));
        let rejects = std::fs::read_to_string(fixed.rejects.unwrap()).unwrap();
        assert_eq!(rejects.lines().count(), 2);
        texts.push((std::fs::read_to_string(&out).unwrap(), rejects));
    }
    assert_eq!(texts[0], texts[1]);
    let lines: Vec<&str> = texts[0].0.lines().collect();
    assert_eq!(lines[..3], [GOOD, CALL, GOOD]);
}
