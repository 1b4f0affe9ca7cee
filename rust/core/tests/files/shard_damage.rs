use std::io::Write as _;
use std::time::Duration;

use tempfile::tempdir;
use tooltrain_core::ErrorKind;
use tooltrain_core::read::{BlockSource, ShardFiles};

use super::common::{LIMITS, fails, gzip, read, read_shard, shard, texts, write, zstd_checked};

/// Text that does not compress to nothing, so that cuts fall into every part of the format.
fn sample_text() -> Vec<u8> {
    let mut state = 1_u32;
    let mut text = Vec::new();
    for line in 0..25 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        writeln!(text, "{{\"line\": {line}, \"noise\": \"{state:x}\"}}").unwrap();
    }
    text
}

#[test]
fn every_truncation_is_noticed() {
    let root = tempdir().unwrap();
    let text = sample_text();
    for (name, bytes) in [("a.jsonl.gz", gzip(&text)), ("a.jsonl.zst", zstd_checked(&text))] {
        let path = root.path().join(name);
        for cut in 0..bytes.len() {
            write(&path, &bytes[..cut]);
            let error = fails(read(&path, LIMITS));
            assert_eq!(error.kind(), ErrorKind::DamagedShard, "{name} cut at {cut}: {error}");
            assert!(error.to_string().contains(name) && error.to_string().contains("byte"), "{error}");
        }
    }
}

#[test]
fn a_truncated_second_member_is_noticed() {
    let root = tempdir().unwrap();
    let text = sample_text();
    for (name, one) in [("a.jsonl.gz", gzip(&text)), ("a.jsonl.zst", zstd_checked(&text))] {
        let path = root.path().join(name);
        for cut in 1..one.len() {
            write(&path, &[&one[..], &one[..cut]].concat());
            assert_eq!(fails(read(&path, LIMITS)).kind(), ErrorKind::DamagedShard, "{name} cut at {cut}");
        }
        write(&path, &[&one[..], &one[..]].concat());
        assert_eq!(read(&path, LIMITS).unwrap().lines.len(), 50);
    }
}

#[test]
fn bit_flips_never_change_the_text_silently() {
    let root = tempdir().unwrap();
    let text = sample_text();
    for (name, bytes) in [("a.jsonl.gz", gzip(&text)), ("a.jsonl.zst", zstd_checked(&text))] {
        let path = root.path().join(name);
        let expected = texts(&read(&write(&path, &bytes), LIMITS).unwrap());
        let mut noticed = 0;
        for position in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[position / 8] ^= 1 << (position % 8);
            match read(&write(&path, &flipped), LIMITS) {
                Ok(read) => assert_eq!(texts(&read), expected, "{name} bit {position}"),
                Err(error) => {
                    assert!(
                        matches!(error.kind(), ErrorKind::DamagedShard | ErrorKind::Read),
                        "{name} bit {position}: {error}"
                    );
                    noticed += 1;
                }
            }
        }
        // Only time stamp, file system and the like in the header may change unnoticed.
        assert!(noticed > bytes.len() * 8 - 8 * 10, "{name}: {noticed} of {}", bytes.len() * 8);
    }
}

#[test]
fn garbage_after_the_end_is_damage() {
    let root = tempdir().unwrap();
    let text = sample_text();
    for (name, bytes) in [("a.jsonl.gz", gzip(&text)), ("a.jsonl.zst", zstd_checked(&text))] {
        for garbage in [&b"\0"[..], b"\0\0\0\0\0\0\0\0", b"\n", b"{\"a\": 1}\n", b"\x1f", b"\x28\xb5"] {
            let path = write(&root.path().join(name), &[&bytes[..], garbage].concat());
            let error = fails(read(&path, LIMITS));
            assert_eq!(error.kind(), ErrorKind::DamagedShard, "{name} + {garbage:?}");
        }
    }
}

#[test]
fn skippable_zstd_frames_are_skipped() {
    let root = tempdir().unwrap();
    let skippable = b"\x51\x2a\x4d\x18\x03\0\0\0abc";
    let bytes = [&skippable[..], &zstd_checked(b"{\"a\": 1}\n"), skippable, &zstd_checked(b"{}\n")].concat();
    let path = write(&root.path().join("a.jsonl"), &bytes);
    assert_eq!(texts(&read(&path, LIMITS).unwrap()), [b"{\"a\": 1}".to_vec(), b"{}".to_vec()]);
}

#[test]
fn a_zstd_window_beyond_the_limit_is_refused_by_name() {
    let root = tempdir().unwrap();
    // Magic, a descriptor without content size, window descriptor of 2^31 bytes, one empty last block.
    let path = write(&root.path().join("a.jsonl.zst"), b"\x28\xb5\x2f\xfd\x00\xa8\x01\0\0");
    let error = fails(read(&path, LIMITS));
    assert_eq!(error.kind(), ErrorKind::Read);
    assert!(error.to_string().contains("window"), "{error}");
}

#[test]
fn a_changed_input_is_noticed() {
    let root = tempdir().unwrap();
    let path = root.path().join("a.jsonl");
    let changes: [(&str, &dyn Fn()); 5] = [
        ("truncated", &|| std::fs::write(&path, b"{}\n").unwrap()),
        ("appended", &|| {
            std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{}\n").unwrap();
        }),
        ("replaced", &|| {
            std::fs::write(root.path().join("b"), b"{\"a\": 1}\n{\"b\": 2}\n").unwrap();
            std::fs::rename(root.path().join("b"), &path).unwrap();
        }),
        ("touched", &|| {
            std::fs::File::open(&path).unwrap().set_modified(std::time::SystemTime::now()).unwrap();
        }),
        ("removed", &|| std::fs::remove_file(&path).unwrap()),
    ];
    for (what, change) in changes {
        write(&path, b"{\"a\": 1}\n{\"b\": 2}\n");
        let before = shard(&path).unwrap();
        std::thread::sleep(Duration::from_millis(20));
        change();
        let error = fails(read_shard(&before, LIMITS));
        assert_eq!(error.kind(), ErrorKind::InputChanged, "{what} before it was opened: {error}");

        write(&path, b"{\"a\": 1}\n{\"b\": 2}\n");
        let before = [shard(&path).unwrap()];
        let cancel = false.into();
        let files = ShardFiles::new(&before, LIMITS, &cancel);
        let mut stream = files.open(0).unwrap();
        stream.next_block(Vec::new()).unwrap();
        std::thread::sleep(Duration::from_millis(20));
        change();
        let error = fails(stream.next_block(Vec::new()));
        assert_eq!(error.kind(), ErrorKind::InputChanged, "{what} while it was read: {error}");
    }
}
