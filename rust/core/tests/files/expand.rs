use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use tempfile::tempdir;
use tooltrain_core::ErrorKind;
use tooltrain_core::read::{Compression, Container, Shard, expand};

use super::common::{fails, gzip, write, zstd_checked};

fn names(shards: &[Shard]) -> Vec<&str> {
    shards.iter().map(|shard| shard.name.as_str()).collect()
}

fn source(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

fn sources(root: &Path, parts: &[&str]) -> Vec<String> {
    parts.iter().map(|part| format!("{}/{part}", root.display())).collect()
}

#[test]
fn directories_and_patterns_come_in_natural_order_with_relative_names() {
    let root = tempdir().unwrap();
    for name in ["a10.jsonl", "a2.jsonl", "sub/x.jsonl", "sub/deep/y.jsonl.gz", "README.md", "notes.txt"] {
        write(&root.path().join(name), b"{}\n");
    }
    let all = expand(&[source(root.path())]).unwrap();
    assert_eq!(names(&all), ["a2.jsonl", "a10.jsonl", "sub/deep/y.jsonl.gz", "sub/x.jsonl"]);
    assert_eq!(names(&expand(&sources(root.path(), &["*.jsonl"])).unwrap()), ["a2.jsonl", "a10.jsonl"]);
    assert_eq!(names(&expand(&sources(root.path(), &["**/*.jsonl"])).unwrap()).len(), 3);
    assert_eq!(names(&expand(&sources(root.path(), &["sub/**"])).unwrap()), ["deep/y.jsonl.gz", "x.jsonl"]);
    assert_eq!(
        names(&expand(&sources(root.path(), &["{a2,a10}.jsonl"])).unwrap()),
        ["a2.jsonl", "a10.jsonl"]
    );
    assert_eq!(names(&expand(&sources(root.path(), &["a[0-9].jsonl"])).unwrap()), ["a2.jsonl"]);
    assert_eq!(names(&expand(&sources(root.path(), &["notes.txt"])).unwrap()), ["notes.txt"]);
}

#[test]
fn names_do_not_depend_on_where_the_folder_lies() {
    let name = |root: &Path| {
        write(&root.join("data/a/x.jsonl"), b"{}\n");
        write(&root.join("data/b/x.jsonl"), b"{}\n");
        let listed = expand(&sources(root, &["data/a/x.jsonl", "data/b/x.jsonl"])).unwrap();
        let globbed = expand(&sources(root, &["data/*/x.jsonl"])).unwrap();
        [names(&listed).join(" "), names(&globbed).join(" ")]
    };
    let (here, there) = (tempdir().unwrap(), tempdir().unwrap());
    assert_eq!(name(here.path()), ["a/x.jsonl b/x.jsonl", "a/x.jsonl b/x.jsonl"]);
    assert_eq!(name(here.path()), name(&there.path().join("much/deeper")));
}

#[test]
fn side_files_are_left_out_unless_named() {
    let root = tempdir().unwrap();
    for name in [
        "train.jsonl",
        "test.jsonl",
        "valid.jsonl.gz",
        "a_test.jsonl",
        "job_description.json",
        "config.yaml",
        "out.parquet.rejects.jsonl",
        "out.parquet.report.json",
        ".hidden.jsonl",
        ".cache/x.jsonl",
        "out.partial/part.jsonl",
        ".a.jsonl.tmp",
        "manifest.json",
    ] {
        write(&root.path().join(name), b"{}\n");
    }
    assert_eq!(names(&expand(&[source(root.path())]).unwrap()), ["a_test.jsonl", "train.jsonl"]);
    let pattern = sources(root.path(), &["*"]);
    assert_eq!(names(&expand(&pattern).unwrap()), ["a_test.jsonl", "train.jsonl"]);
    for named in ["test.jsonl", "out.parquet.rejects.jsonl", ".hidden.jsonl", "job_description.json"] {
        assert_eq!(names(&expand(&sources(root.path(), &[named])).unwrap()), [named]);
    }
    assert_eq!(
        names(&expand(&sources(root.path(), &["*.rejects.jsonl"])).unwrap()),
        ["out.parquet.rejects.jsonl"]
    );
    assert_eq!(
        names(&expand(&sources(root.path(), &["{train,test}.jsonl"])).unwrap()),
        ["test.jsonl", "train.jsonl"]
    );
    std::fs::remove_file(root.path().join("train.jsonl")).unwrap();
    assert_eq!(names(&expand(&pattern).unwrap()), ["a_test.jsonl", "test.jsonl", "valid.jsonl.gz"]);
}

#[test]
fn odd_names_are_paths_first_and_patterns_second() {
    let root = tempdir().unwrap();
    for name in ["a[1].jsonl", "a1.jsonl", "new\nline.jsonl", "sp ace.jsonl", "star*.jsonl"] {
        write(&root.path().join(name), b"{}\n");
    }
    write(&root.path().join(OsStr::from_bytes(b"lat\xe9n.jsonl")), b"{}\n");
    assert_eq!(names(&expand(&sources(root.path(), &["a[1].jsonl"])).unwrap()), ["a[1].jsonl"]);
    assert_eq!(names(&expand(&sources(root.path(), &["star*.jsonl"])).unwrap()), ["star*.jsonl"]);
    assert_eq!(names(&expand(&sources(root.path(), &["a\\[1\\].jsonl"])).unwrap()), ["a[1].jsonl"]);
    let all = expand(&[source(root.path())]).unwrap();
    assert_eq!(
        names(&all),
        ["a1.jsonl", "a[1].jsonl", "lat\\xe9n.jsonl", "new\\x0aline.jsonl", "sp ace.jsonl", "star*.jsonl"]
    );
}

#[test]
fn overlapping_sources_read_a_file_once_but_a_repeated_path_twice() {
    let root = tempdir().unwrap();
    for name in ["a.jsonl", "b.jsonl"] {
        write(&root.path().join(name), b"{}\n");
    }
    let overlapping = expand(&sources(root.path(), &["b.jsonl", "*.jsonl", "./"])).unwrap();
    assert_eq!(names(&overlapping), ["b.jsonl", "a.jsonl"]);
    assert_eq!(
        names(&expand(&sources(root.path(), &["a.jsonl", "a.jsonl"])).unwrap()),
        ["a.jsonl", "a.jsonl"]
    );
}

#[test]
fn links_are_followed_and_loops_end() {
    let root = tempdir().unwrap();
    let blobs = tempdir().unwrap();
    write(&blobs.path().join("7f3a"), &gzip(b"{}\n"));
    std::os::unix::fs::symlink(blobs.path().join("7f3a"), root.path().join("train.jsonl")).unwrap();
    std::os::unix::fs::symlink(root.path(), root.path().join("again")).unwrap();
    let shards = expand(&[source(root.path())]).unwrap();
    assert_eq!(names(&shards), ["train.jsonl"]);
    assert_eq!(shards[0].compression, Compression::Gzip);
}

#[test]
fn compression_and_container_are_recognized() {
    let root = tempdir().unwrap();
    let kinds = [
        ("a.jsonl", gzip(b"{}\n"), Compression::Gzip, Container::Lines),
        ("b.jsonl.gz", zstd_checked(b"{}\n"), Compression::Zstd, Container::Lines),
        ("c.json.zst", zstd_checked(b"[]"), Compression::Zstd, Container::Json),
        ("d.jsonl.gz", b"{}\n".to_vec(), Compression::None, Container::Lines),
        ("e.json", b"[]".to_vec(), Compression::None, Container::Json),
    ];
    for (name, bytes, _, _) in &kinds {
        write(&root.path().join(name), bytes);
    }
    let shards = expand(&[source(root.path())]).unwrap();
    for (shard, (name, bytes, compression, container)) in shards.iter().zip(kinds) {
        assert_eq!(shard.name, name);
        assert_eq!((shard.compression, shard.container), (compression, container), "{name}");
        assert_eq!(shard.size, bytes.len() as u64);
    }
}

#[test]
fn everything_unreadable_is_reported_at_once() {
    let root = tempdir().unwrap();
    write(&root.path().join("good.jsonl"), b"{}\n");
    write(&root.path().join("zip.jsonl"), b"PK\x03\x04....");
    write(&root.path().join("utf16.jsonl"), b"\xff\xfe{\0}\0");
    std::os::unix::fs::symlink("nowhere", root.path().join("dangling.jsonl")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(root.path().join("fifo.jsonl")).status().unwrap();
    assert!(made.success());
    let error = fails(expand(&[source(root.path()), "/dev/null".into(), "missing.jsonl".into()]));
    assert_eq!(error.kind(), ErrorKind::Read);
    let message = error.to_string();
    assert!(message.starts_with("6 inputs cannot be read"), "{message}");
    for part in [
        "zip.jsonl: is a zip archive",
        "utf16.jsonl: is UTF-16",
        "dangling.jsonl: is a link to a file that does not",
        "fifo.jsonl: is a FIFO",
        "/dev/null: is a device",
        "missing.jsonl: does not exist",
    ] {
        assert!(message.contains(part), "{part} in {message}");
    }
    assert!(!message.contains("good.jsonl"));
}

#[test]
fn nothing_found_is_an_error_with_a_hint() {
    let root = tempdir().unwrap();
    write(&root.path().join("a.rejects.jsonl"), b"{}\n");
    for part in ["*.jsonl", "nothing/*.jsonl", "*.gz", ""] {
        let error = fails(expand(&sources(root.path(), &[part])));
        assert_eq!(error.kind(), ErrorKind::NotFound, "{part}");
        assert!(error.to_string().contains("hint: "), "{error}");
    }
    assert_eq!(fails(expand(&["a["])).kind(), ErrorKind::NotFound);
    assert_eq!(fails(expand::<&str>(&[])).kind(), ErrorKind::NotFound);
    assert_eq!(fails(expand(&["gone.jsonl"])).kind(), ErrorKind::NotFound);
}

#[test]
fn standard_input_is_a_shard_of_its_own() {
    let shards = expand(&["-"]).unwrap();
    assert_eq!((names(&shards), shards[0].identity), (vec!["-"], None));
    assert_eq!(fails(expand(&["-", "-"])).kind(), ErrorKind::Options);
}

#[test]
fn a_file_is_read_once_whatever_leads_to_it() {
    let root = tempdir().unwrap();
    let place = |name: &str| root.path().join(name);
    write(&place("real/a.jsonl"), b"{}\n");
    write(&place("real/b.jsonl"), b"{}\n");
    std::fs::hard_link(place("real/a.jsonl"), place("real/c.jsonl")).unwrap();
    for (target, link) in
        [("real", "also"), ("real/b.jsonl", "z.jsonl"), (".", "real/up"), ("../real", "real/again")]
    {
        std::os::unix::fs::symlink(target, place(link)).unwrap();
    }
    assert_eq!(names(&expand(&[source(root.path())]).unwrap()), ["real/a.jsonl", "real/b.jsonl"]);
    assert_eq!(names(&expand(&sources(root.path(), &["**/*.jsonl"])).unwrap()).len(), 2);
    assert_eq!(names(&expand(&sources(root.path(), &["also/*.jsonl"])).unwrap()), ["a.jsonl", "b.jsonl"]);
    assert_eq!(expand(&sources(root.path(), &["also", "real", "*.jsonl"])).unwrap().len(), 2);
    // Whoever names a file gets it.
    assert_eq!(expand(&sources(root.path(), &["real/a.jsonl", "real/c.jsonl"])).unwrap().len(), 2);
}

#[test]
fn folders_that_link_to_each_other_are_gone_through_once() {
    let root = tempdir().unwrap();
    let folders: Vec<String> = (0..12).map(|number| format!("f{number}")).collect();
    for folder in &folders {
        write(&root.path().join(folder).join("a.jsonl"), b"{}\n");
        for other in &folders {
            std::os::unix::fs::symlink(format!("../{other}"), root.path().join(folder).join(other)).unwrap();
        }
    }
    assert_eq!(expand(&[source(root.path())]).unwrap().len(), folders.len());
}

#[test]
fn names_that_are_not_utf8_are_read_and_told_apart() {
    let root = tempdir().unwrap();
    for name in [&b"a\xff.jsonl"[..], b"a\xfe.jsonl", b"a\x1b\n.jsonl"] {
        write(&root.path().join(OsStr::from_bytes(name)), b"{}\n");
    }
    let all = expand(&[root.path()]).unwrap();
    assert_eq!(names(&all), [r"a\x1b\x0a.jsonl", r"a\xfe.jsonl", r"a\xff.jsonl"]);
    assert_eq!(expand(&[root.path().join(OsStr::from_bytes(b"a\xff.jsonl"))]).unwrap().len(), 1);
}
