use std::sync::atomic::AtomicBool;

use tempfile::tempdir;
use tooltrain_core::read::{FoundRecord, Given, ReadLimits, Wanted, record_at};
use tooltrain_core::{ErrorKind, Result};

use super::common::{LIMITS, fails, gzip, write};

fn find(path: &std::path::Path, wanted: Wanted, limits: ReadLimits) -> Result<FoundRecord> {
    record_at(Given::Paths(vec![path.to_path_buf()]), wanted, limits, &AtomicBool::new(false))
}

#[test]
fn one_record_is_found_as_a_run_counts_it() {
    let root = tempdir().unwrap();
    let text = b"\xef\xbb\xbf{\"a\":1}\n\n{\"b\":2}\r\n{\"c\":3}";
    let list = b"[{\"a\":1},\n {\"b\":2}, {\"c\":3}]";
    for (name, bytes, lines) in [
        ("a.jsonl", text.to_vec(), [1, 3, 4]),
        ("a.jsonl.gz", gzip(text), [1, 3, 4]),
        ("a.json", list.to_vec(), [1, 2, 3]),
    ] {
        let path = write(&root.path().join(name), &bytes);
        for limits in [LIMITS, ReadLimits { block_bytes: 1, ..LIMITS }] {
            for (number, expected) in [&b"{\"a\":1}"[..], b"{\"b\":2}", b"{\"c\":3}"].into_iter().enumerate()
            {
                let found = FoundRecord::Record { line: lines[number], bytes: expected.to_vec() };
                assert_eq!(find(&path, Wanted::Record(number as u64), limits).unwrap(), found, "{name}");
                assert_eq!(find(&path, Wanted::Line(lines[number]), limits).unwrap(), found, "{name}");
            }
            let none = FoundRecord::None { records: 3, last_line: lines[2] };
            assert_eq!(find(&path, Wanted::Record(3), limits).unwrap(), none, "{name}");
            assert_eq!(find(&path, Wanted::Line(9), limits).unwrap(), none, "{name}");
        }
    }
}

#[test]
fn a_long_line_is_refused_without_being_kept() {
    let root = tempdir().unwrap();
    let text = [vec![b'a'; 5000], b"\n{}\n".to_vec()].concat();
    let path = write(&root.path().join("a.jsonl.gz"), &gzip(&text));
    let limits = ReadLimits { block_bytes: 64, max_line_bytes: 1000 };
    let error = fails(find(&path, Wanted::Line(1), limits));
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(error.to_string().contains("max_line_bytes"), "{error}");
    assert!(matches!(find(&path, Wanted::Line(2), limits).unwrap(), FoundRecord::Record { line: 2, .. }));
}
