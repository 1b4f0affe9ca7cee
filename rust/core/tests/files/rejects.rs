use std::os::unix::fs::PermissionsExt;

use tempfile::tempdir;
use tooltrain_core::finding::{Code, Finding, Severity};
use tooltrain_core::options::IfExists;
use tooltrain_core::write::{OutputSettings, Reject, RejectsFile, Target};

use super::made_rows::{publish, rows, seal, settings, trl};

fn findings() -> Vec<Finding> {
    vec![
        Finding::new(Code::FieldNotPrinted, "/messages/1", "text beside a call"),
        Finding::new(Code::InvalidJson, "", "expected `:`").at(12).hint("mend it"),
    ]
}

#[test]
fn each_reject_keeps_its_bytes_and_all_its_findings() {
    let root = tempdir().unwrap();
    let out = root.path().join("rows.parquet");
    let target = Target::new(out.to_str().unwrap()).unwrap();
    let mut rejects = RejectsFile::new(&target);
    let raws =
        [Ok("{\"a\" \"\\u001b[31m é\n".as_bytes()), Ok(b"{\"a\": \"\xff\"}".as_slice()), Err(70_000_000)];
    for (line, raw) in (7..).zip(raws) {
        let findings = findings();
        rejects
            .write(&Reject { file: "a.jsonl", line, offset: 1000 + line, raw, findings: &findings })
            .unwrap();
    }
    assert_eq!(rejects.written(), 3);
    let sealed_rejects = rejects.seal().unwrap().unwrap();
    assert_eq!(sealed_rejects.records, 3);
    seal(&out, settings(trl()), &rows(1, 3, 9, &[1.0]))
        .unwrap()
        .publish(Some(sealed_rejects), b"{}\n")
        .unwrap();

    let path = root.path().join("rows.parquet.rejects.jsonl");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&path).unwrap();
    let entries: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(entries.len(), 3);
    for (line, entry) in (7..).zip(&entries) {
        assert_eq!(entry["file"], "a.jsonl");
        assert_eq!((entry["line"].as_i64(), entry["offset"].as_i64()), (Some(line), Some(1000 + line)));
        assert_eq!(entry["code"], "invalid_json");
        assert_eq!(entry["severity"], Severity::Error.as_str());
        assert_eq!(entry["hint"], "mend it");
        assert_eq!(entry["findings"].as_array().unwrap().len(), 2);
        assert_eq!(entry["findings"][0]["pointer"], "/messages/1");
    }
    assert_eq!(entries[0]["raw"], "{\"a\" \"\\u001b[31m é\n");
    assert_eq!(entries[1]["raw_base64"], "eyJhIjogIv8ifQ==");
    assert_eq!(entries[2]["length"], 70_000_000);
    assert!(entries[2].get("raw").is_none() && entries[2].get("raw_base64").is_none());
    assert!(!text.contains('\u{1b}'), "control characters stay escaped");
}

#[test]
fn without_rejects_there_is_no_file_and_a_stale_one_goes() {
    let root = tempdir().unwrap();
    let out = root.path().join("rows.parquet");
    let target = Target::new(out.to_str().unwrap()).unwrap();
    assert!(RejectsFile::new(&target).seal().unwrap().is_none());
    std::fs::write(target.rejects(), "{}\n").unwrap();
    let settings = OutputSettings { if_exists: IfExists::Overwrite, ..settings(trl()) };
    publish(&out, settings, &rows(1, 3, 9, &[1.0])).unwrap();
    assert!(!target.rejects().exists());
    assert!(target.report().exists() && out.exists());
}
