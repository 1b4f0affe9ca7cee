use proptest::prelude::*;
use tempfile::tempdir;
use tooltrain_core::ErrorKind;
use tooltrain_core::read::{LineBlock, OversizedLine, ReadLimits};

use super::common::{LIMITS, fails, gzip, read, texts, write, zstd_checked};

fn limits(block_bytes: usize, max_line_bytes: u64) -> ReadLimits {
    ReadLimits { block_bytes, max_line_bytes }
}

fn lines() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(
        prop_oneof![6 => "[a-z{}\":, ]{0,40}[a-z{}]", 1 => "[ \t]{0,3}", 1 => "[x]{80,200}"],
        0..60,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn rewriting_a_shard_changes_no_line(
        lines in lines(), block_bytes in 1_usize..400, packaging in 0_usize..4, last_newline: bool,
    ) {
        let root = tempdir().unwrap();
        let plain = lines.iter().flat_map(|line| [line, "\n"]).collect::<String>();
        let expected: Vec<_> = lines.iter().enumerate().filter(|(_, line)| !line.trim().is_empty())
            .map(|(index, line)| (index as u64 + 1, line.as_bytes().to_vec())).collect();
        for ending in ["\n", "\r\n"] {
            for mark in ["", "\u{feff}"] {
                let mut text = format!("{mark}{}", plain.replace('\n', ending));
                if !last_newline && text.ends_with(ending) {
                    text.truncate(text.len() - ending.len());
                }
                let text = text.into_bytes();
                let bytes = match packaging {
                    0 => text.clone(),
                    1 => gzip(&text),
                    2 => zstd_checked(&text),
                    _ => {
                        let (head, tail) = text.split_at(text.len() / 3);
                        [gzip(head), gzip(b""), gzip(tail)].concat()
                    }
                };
                let path = write(&root.path().join("a.jsonl"), &bytes);
                let read = read(&path, limits(block_bytes, 1 << 20)).unwrap();
                let got: Vec<_> = read.lines.iter().map(|(number, _, bytes)| (*number, bytes.clone())).collect();
                prop_assert_eq!(&got, &expected);
                for (_, offset, bytes) in &read.lines {
                    let start = *offset as usize;
                    prop_assert_eq!(&text[start..start + bytes.len()], &bytes[..]);
                }
            }
        }
    }

    #[test]
    fn long_lines_are_reported_whatever_the_block_size(
        lines in lines(), block_bytes in 1_usize..300, longest in 0_u64..120, ending in prop_oneof!["\n", "\r\n"],
    ) {
        let root = tempdir().unwrap();
        let text = lines.join(&ending);
        let path = write(&root.path().join("a.jsonl"), text.as_bytes());
        let read = read(&path, limits(block_bytes, longest)).unwrap();
        let mut offset = 0;
        let (mut kept, mut oversized) = (Vec::new(), Vec::new());
        for (number, line) in (1..).zip(&lines) {
            let length = line.len() as u64;
            if length > longest {
                oversized.push(OversizedLine { number, offset, length });
            } else if !line.trim().is_empty() {
                kept.push((number, offset, line.as_bytes().to_vec()));
            }
            offset += length + ending.len() as u64;
        }
        prop_assert_eq!(read.lines, kept);
        prop_assert_eq!(read.oversized, oversized);
    }
}

#[test]
fn a_line_far_over_the_limit_is_never_held() {
    let root = tempdir().unwrap();
    let mut text = b"{\"a\": 1}\n".to_vec();
    text.extend(std::iter::repeat_n(b'x', 40 << 20));
    text.extend(b"\r\n{\"b\": 2}\n");
    let path = write(&root.path().join("bomb.jsonl.gz"), &gzip(&text));
    let read = read(&path, limits(64 << 10, 1 << 20)).unwrap();
    assert_eq!(texts(&read), [b"{\"a\": 1}".to_vec(), b"{\"b\": 2}".to_vec()]);
    assert_eq!(read.lines[1].0, 3);
    assert_eq!(read.oversized, [OversizedLine { number: 2, offset: 9, length: 40 << 20 }]);
    assert!(read.largest_block < 2 << 20, "{}", read.largest_block);
}

#[test]
fn a_line_of_exactly_the_limit_fits_with_either_ending() {
    let root = tempdir().unwrap();
    for ending in ["\n", "\r\n", ""] {
        let text = format!("{}\n{}{ending}", "a".repeat(100_001), "b".repeat(100_000));
        let path = write(&root.path().join("a.jsonl"), text.as_bytes());
        let read = read(&path, limits(1000, 100_000)).unwrap();
        assert_eq!(read.oversized, [OversizedLine { number: 1, offset: 0, length: 100_001 }]);
        assert_eq!(read.lines.len(), 1);
        assert_eq!(read.lines[0].2.len(), 100_000);
    }
}

#[test]
fn an_empty_shard_has_no_line() {
    let root = tempdir().unwrap();
    for (name, bytes) in [
        ("a.jsonl", Vec::new()),
        ("b.jsonl", b"\xef\xbb\xbf".to_vec()),
        ("a.jsonl.gz", gzip(b"")),
        ("a.json", b" \n".to_vec()),
    ] {
        let path = write(&root.path().join(name), &bytes);
        assert_eq!(read(&path, LIMITS).unwrap().lines, [], "{name}");
    }
}

#[test]
fn json_lists_and_printed_objects_are_records() {
    let root = tempdir().unwrap();
    let record = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let list = r#"[{"a": "]}\"\\", "b": [1, {"c": null}]}, 12, "x,]", null,{"z":{}}]"#;
    let pretty = serde_json::to_string_pretty(&record(list)).unwrap();
    let alone = serde_json::to_string_pretty(&record(r#"{"messages": [{"role": "user"}]}"#)).unwrap();
    for (text, count) in [
        (list.to_owned(), 5),
        (format!("\u{feff} \n{pretty}\n\n"), 5),
        (alone.clone(), 1),
        (format!("{alone}\n{alone}\n"), 2),
        ("[]".into(), 0),
    ] {
        let path = write(&root.path().join("a.json"), text.as_bytes());
        let whole = read(&path, LIMITS).unwrap();
        assert_eq!(whole.lines.len(), count, "{text}");
        for ((number, offset, bytes), expected) in whole.lines.iter().zip(1..) {
            assert_eq!(*number, expected);
            let start = *offset as usize;
            assert_eq!(&text.as_bytes()[start..start + bytes.len()], &bytes[..]);
            serde_json::from_slice::<serde_json::Value>(bytes).unwrap();
        }
        for block_bytes in 1..60 {
            assert_eq!(read(&path, limits(block_bytes, 1 << 20)).unwrap().lines, whole.lines);
        }
    }
}

#[test]
fn json_lines_under_the_name_json_are_still_lines() {
    let root = tempdir().unwrap();
    let path = write(&root.path().join("a.json"), b"{\"a\": 1}\n{\"b\": \n{\"c\": 3}\n");
    assert_eq!(texts(&read(&path, LIMITS).unwrap()).len(), 3);
    let long = format!("{{\"a\": \"{}\"}}\n{{}}\n", "x".repeat(300_000));
    let path = write(&root.path().join("b.json"), long.as_bytes());
    assert_eq!(texts(&read(&path, LIMITS).unwrap()).len(), 2);
}

#[test]
fn a_record_of_a_list_that_is_too_long_costs_only_itself() {
    let root = tempdir().unwrap();
    let long = format!("{{\"x\": \"{}\"}}", "\\\"]".repeat(70_000));
    let text = format!("[{{\"a\": 1}}, {long} , {{\"b\": 2}},\n3]");
    let path = write(&root.path().join("a.json"), text.as_bytes());
    for block_bytes in [1, 20, 1 << 20] {
        for longest in [10, 1000, 100_000] {
            let read = read(&path, limits(block_bytes, longest)).unwrap();
            let length = long.len() as u64;
            assert_eq!(read.oversized, [OversizedLine { number: 2, offset: 11, length }]);
            let numbers: Vec<_> = read.lines.iter().map(|line| line.0).collect();
            assert_eq!(numbers, [1, 3, 4]);
            for (_, offset, bytes) in &read.lines {
                assert!(text.as_bytes()[*offset as usize..].starts_with(bytes));
            }
        }
    }
}

#[test]
fn a_damaged_list_is_an_error_with_its_place() {
    let root = tempdir().unwrap();
    for (text, place) in [
        ("[{\"a\": 1}", "byte 0"),
        ("[{\"a\": 1}, {\"b\": ", "byte 11"),
        ("[1 2]", "byte 3"),
        ("[1,,2]", "byte 3"),
        ("[1,]", "byte 3"),
        ("[1]]", "byte 3"),
        ("{\n\"a\": 1", "byte 0"),
    ] {
        let path = write(&root.path().join("a.json"), text.as_bytes());
        let error = fails(read(&path, LIMITS));
        assert_eq!(error.kind(), ErrorKind::DamagedShard, "{text}");
        assert!(error.to_string().contains("a.json") && error.to_string().contains(place), "{text}: {error}");
    }
}

#[test]
fn records_of_memory_may_span_lines() {
    let block = LineBlock::from_records(0, 0, 41, [b"{\n}".as_slice(), b"[]"]);
    let lines: Vec<_> = block.lines().map(|line| (line.number, line.bytes)).collect();
    assert_eq!(lines, [(41, b"{\n}".as_slice()), (42, b"[]")]);
}
