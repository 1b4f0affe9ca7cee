use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::tempdir;
use tooltrain_core::ErrorKind;
use tooltrain_core::options::IfExists;
use tooltrain_core::write::{Form, Output, OutputSettings, Target};

use super::common::{fails, write};
use super::made_rows::{Numbers, describe, publish, rows, seal, settings, trl};

fn overwrite() -> OutputSettings {
    OutputSettings { if_exists: IfExists::Overwrite, ..settings(trl()) }
}

fn entries(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn target(out: &Path) -> Target {
    Target::new(out.to_str().unwrap()).unwrap()
}

#[test]
fn the_name_tells_the_form() {
    let root = tempdir().unwrap();
    let existing = root.path().join("tok.v2");
    std::fs::create_dir(&existing).unwrap();
    let existing = existing.to_str().unwrap();
    for (out, form) in [
        ("a.parquet", Form::Parquet),
        ("a.PQ", Form::Parquet),
        ("a.arrow", Form::Arrow),
        ("folder", Form::Directory),
        ("folder.v2/", Form::Directory),
        (existing, Form::Directory),
    ] {
        assert_eq!(Target::new(out).unwrap().form(), form, "{out}");
    }
    for out in ["", "/", "a.jsonl", "a.csv"] {
        assert_eq!(fails(Target::new(out)).kind(), ErrorKind::Options, "{out}");
    }
    assert_eq!(Target::new("x/tok/").unwrap().report(), Path::new("x/tok.report.json"));
    assert_eq!(Target::new("x/a.parquet").unwrap().rejects(), Path::new("x/a.parquet.rejects.jsonl"));
}

#[test]
fn what_exists_is_found_before_anything_is_read() {
    let root = tempdir().unwrap();
    for name in ["a.parquet", "tok"] {
        let out = root.path().join(name);
        let target = target(&out);
        let check = |if_exists| target.check(if_exists, []);
        check(IfExists::Error).unwrap();
        for side in [target.report(), target.rejects()] {
            write(&side, b"old");
            let error = fails(check(IfExists::Error));
            assert_eq!(error.kind(), ErrorKind::OutputExists);
            assert!(error.to_string().contains(side.to_str().unwrap()), "{error}");
            check(IfExists::Overwrite).unwrap();
            std::fs::remove_file(side).unwrap();
        }
        publish(&out, settings(trl()), &rows(1, 2, 9, &[1.0])).unwrap();
        assert_eq!(fails(check(IfExists::Error)).kind(), ErrorKind::OutputExists);
        check(IfExists::Overwrite).unwrap();
    }
    let missing = target(&root.path().join("none/a.parquet"));
    assert_eq!(fails(missing.check(IfExists::Error, [])).kind(), ErrorKind::Write);
}

#[test]
fn an_output_never_replaces_an_input() {
    let root = tempdir().unwrap();
    let out = root.path().join("a.parquet");
    let rejects = write(&root.path().join("a.parquet.rejects.jsonl"), b"{}\n");
    let link = root.path().join("link.jsonl");
    std::os::unix::fs::symlink(&rejects, &link).unwrap();
    for input in [&rejects, &link] {
        let error = fails(target(&out).check(IfExists::Overwrite, [input.as_path()]));
        assert_eq!(error.kind(), ErrorKind::Options, "{}", input.display());
        assert!(error.to_string().contains("would replace the input"), "{error}");
    }
    let inside = write(&root.path().join("tok/a.jsonl"), b"{}\n");
    let error = fails(target(&root.path().join("tok")).check(IfExists::Overwrite, [inside.as_path()]));
    assert_eq!(error.kind(), ErrorKind::Options);
    target(&root.path().join("tok.parquet")).check(IfExists::Error, [inside.as_path()]).unwrap();
}

#[test]
fn a_folder_of_somebody_else_is_never_replaced() {
    let root = tempdir().unwrap();
    let out = root.path().join("data");
    write(&out.join("precious.txt"), b"1");
    let error = fails(target(&out).check(IfExists::Overwrite, []));
    assert_eq!(error.kind(), ErrorKind::OutputExists);
    let error = fails(publish(&out, overwrite(), &rows(1, 2, 9, &[1.0])));
    assert_eq!(error.kind(), ErrorKind::OutputExists);
    assert_eq!(entries(&out), ["precious.txt"]);

    let file_as_folder = target(&root.path().join("data.parquet"));
    std::fs::create_dir(file_as_folder.path()).unwrap();
}

#[test]
fn outputs_are_readable_like_any_file() {
    let root = tempdir().unwrap();
    let out = root.path().join("a.parquet");
    publish(&out, settings(trl()), &rows(1, 2, 9, &[1.0])).unwrap();
    let plain = write(&root.path().join("plain"), b"");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode();
    assert_eq!(mode(&out), mode(&plain));
    assert_eq!(entries(root.path()), ["a.parquet", "a.parquet.report.json", "plain"]);
}

#[test]
fn a_dropped_output_leaves_nothing_and_the_old_one_alone() {
    let root = tempdir().unwrap();
    for name in ["a.parquet", "a.arrow", "tok"] {
        let out = root.path().join(name);
        publish(&out, settings(trl()), &rows(1, 5, 9, &[1.0])).unwrap();
        let before = (entries(root.path()), content(&out));
        let rows = rows(2, 400, 2000, &[1.0]);
        let mut output = Output::create(&target(&out), overwrite(), Box::new(describe)).unwrap();
        for row in &rows {
            output.write(row).unwrap();
        }
        drop(output);
        drop(seal(&out, overwrite(), &rows).unwrap());
        assert_eq!((entries(root.path()), content(&out)), before, "{name}");
    }
}

/// The bytes of a file, or of all files of a directory.
fn content(out: &Path) -> Vec<Vec<u8>> {
    if out.is_dir() {
        entries(out).iter().map(|name| std::fs::read(out.join(name)).unwrap()).collect()
    } else {
        vec![std::fs::read(out).unwrap()]
    }
}

#[test]
fn overwriting_replaces_everything_at_once() {
    let root = tempdir().unwrap();
    for name in ["a.parquet", "a.arrow", "tok"] {
        let out = root.path().join(name);
        let new = root.path().join(format!("new.{name}"));
        let many = OutputSettings { row_group_bytes: 1 << 16, part_bytes: 1 << 18, ..overwrite() };
        publish(&out, many, &rows(1, 300, 2000, &[1.0])).unwrap();
        publish(&out, overwrite(), &rows(2, 5, 9, &[1.0])).unwrap();
        if name == "tok" {
            assert_eq!(entries(&out), ["manifest.json", "part-00000.parquet"]);
        } else {
            publish(&new, settings(trl()), &rows(2, 5, 9, &[1.0])).unwrap();
            assert_eq!(content(&out), content(&new), "{name}");
        }
    }
    assert!(entries(root.path()).iter().all(|name| !name.ends_with(".partial") && !name.starts_with('.')));
}

#[test]
fn exactly_one_of_racing_writers_wins() {
    let root = tempdir().unwrap();
    for name in ["a.parquet", "tok"] {
        for round in 0..15 {
            let out = root.path().join(format!("{round}-{name}"));
            let results: Vec<_> = std::thread::scope(|scope| {
                let writers: Vec<_> = (0..4_u64)
                    .map(|seed| {
                        let out = &out;
                        scope.spawn(move || publish(out, settings(trl()), &rows(seed, 3, 50, &[1.0])))
                    })
                    .collect();
                writers.into_iter().map(|writer| writer.join().unwrap()).collect()
            });
            let losers: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
            assert_eq!(losers.len(), 3, "{results:?}");
            assert!(losers.iter().all(|error| error.kind() == ErrorKind::OutputExists), "{losers:?}");
            assert!(out.exists() && target(&out).report().exists());
        }
        assert!(
            entries(root.path()).iter().all(|name| !name.ends_with(".partial") && !name.starts_with('.'))
        );
    }
}

/// Files in a folder that look as if an earlier run had left them, and are somebody's work.
#[test]
fn what_no_run_made_is_neither_removed_nor_in_the_way() {
    let root = tempdir().unwrap();
    let work = root.path().join("work");
    for name in ["part-00000.parquet", "manifest.json", "notes.txt"] {
        write(&work.join(name), b"weeks of work");
    }
    std::os::unix::fs::symlink(&work, root.path().join("tok.partial")).unwrap();
    write(&root.path().join("a.parquet.partial"), b"theirs");
    write(&root.path().join(".a.parquet.Ab12Cd.tmp"), b"theirs");
    write(&root.path().join(".tok.0123456789abcdef.partial/part-00000.parquet"), b"theirs");
    write(&root.path().join(".tok.0123456789abcdef.commit"), b"{}");
    let before = entries(root.path());
    for name in ["tok", "a.parquet"] {
        let out = root.path().join(name);
        for if_exists in [IfExists::Error, IfExists::Overwrite] {
            target(&out).check(if_exists, []).unwrap();
            publish(&out, OutputSettings { if_exists, ..settings(trl()) }, &rows(1, 5, 9, &[1.0])).unwrap();
        }
    }
    let after = entries(root.path());
    assert_eq!(entries(&work), ["manifest.json", "notes.txt", "part-00000.parquet"]);
    assert!(before.iter().all(|name| after.contains(name)), "{before:?} {after:?}");
    assert_eq!(after.len(), before.len() + 4, "{after:?}");
}

#[test]
fn a_finished_output_is_kept_whatever_its_name() {
    let root = tempdir().unwrap();
    let finished = root.path().join("train.partial/");
    publish(&finished, settings(trl()), &rows(1, 5, 9, &[1.0])).unwrap();
    let before = content(&finished);
    publish(&root.path().join("train"), settings(trl()), &rows(2, 5, 9, &[1.0])).unwrap();
    assert_eq!(content(&finished), before);
}

#[test]
fn a_directory_is_replaced_only_if_all_in_it_is_listed_in_its_manifest() {
    let root = tempdir().unwrap();
    let out = root.path().join("tok");
    for (name, content) in [("part-00001.parquet", "more"), ("manifest.json", "{}"), ("README.md", "read me")]
    {
        publish(&out, overwrite(), &rows(1, 5, 9, &[1.0])).unwrap();
        write(&out.join(name), content.as_bytes());
        let before = entries(&out);
        assert_eq!(
            fails(target(&out).check(IfExists::Overwrite, [])).kind(),
            ErrorKind::OutputExists,
            "{name}"
        );
        let error = fails(publish(&out, overwrite(), &rows(2, 5, 9, &[1.0])));
        assert_eq!(error.kind(), ErrorKind::OutputExists, "{name}");
        assert_eq!(
            (entries(&out), std::fs::read_to_string(out.join(name)).unwrap()),
            (before, content.into())
        );
        assert_eq!(entries(root.path()), ["tok", "tok.report.json"], "{name}");
        std::fs::remove_dir_all(&out).unwrap();
        std::fs::remove_file(root.path().join("tok.report.json")).unwrap();
    }
}

#[test]
fn a_link_to_a_directory_is_no_output() {
    let root = tempdir().unwrap();
    let real = root.path().join("real");
    publish(&real, settings(trl()), &rows(1, 5, 9, &[1.0])).unwrap();
    let link = root.path().join("tok");
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let error = fails(target(&link).check(IfExists::Overwrite, []));
    assert!(error.kind() == ErrorKind::OutputExists && error.to_string().contains("link"), "{error}");
}

#[test]
fn a_second_run_for_the_same_directory_is_refused_while_the_first_one_lives() {
    let root = tempdir().unwrap();
    let out = root.path().join("tok");
    let first = Output::create(&target(&out), overwrite(), Box::new(describe)).unwrap();
    let error = fails(Output::create(&target(&out), overwrite(), Box::new(describe)));
    assert_eq!(error.kind(), ErrorKind::OutputExists);
    assert!(error.to_string().contains("another run is writing it"), "{error}");
    drop(first);
    assert!(entries(root.path()).is_empty());
    Output::create(&target(&out), overwrite(), Box::new(describe)).unwrap();
}

const CHILD_OUT: &str = "TOOLTRAIN_TEST_CHILD_OUT";

/// Not a test of its own: what the two tests below run in a process of its own.
#[test]
#[ignore = "run by other tests"]
#[allow(clippy::print_stdout)]
fn child_that_overwrites() {
    let Ok(out) = std::env::var(CHILD_OUT) else { return };
    let rows = rows(2, 300, 6000, &[1.0]);
    let settings = OutputSettings { row_group_bytes: 1 << 18, part_bytes: 1 << 20, ..overwrite() };
    match publish(Path::new(&out), settings, &rows) {
        Ok(()) => println!("published"),
        Err(error) => println!("failed with {:?}: {error}", error.kind()),
    }
}

fn child(shell: &str, out: &Path) -> Command {
    let mut command = Command::new("sh");
    let test = std::env::current_exe().unwrap();
    command
        .arg("-c")
        .arg(format!(
            "{shell} exec \"$0\" --exact files::publishing::child_that_overwrites --ignored --nocapture"
        ))
        .arg(test)
        .env(CHILD_OUT, out)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

#[test]
fn a_killed_run_leaves_the_old_output_or_the_new_one() {
    let root = tempdir().unwrap();
    let mut numbers = Numbers::new(std::process::id().into());
    for name in ["a.parquet", "tok"] {
        let out = root.path().join(name);
        let old_rows = rows(1, 5, 9, &[1.0]);
        publish(&out, overwrite(), &old_rows).unwrap();
        let old = content(&out);
        let began = std::time::Instant::now();
        assert!(child("", &out).status().unwrap().success());
        let whole = began.elapsed();
        let new = content(&out);
        assert_ne!(old, new);
        let mut survived = 0;
        for _ in 0..25 {
            publish(&out, overwrite(), &old_rows).unwrap();
            let mut run = child("", &out).spawn().unwrap();
            std::thread::sleep(whole.mul_f64(numbers.below(1300) as f64 / 1000.0));
            run.kill().unwrap();
            run.wait().unwrap();
            let found = content(&out);
            assert!(found == old || found == new, "{name}: torn after a kill");
            survived += usize::from(found == old);
        }
        assert!(survived > 0, "{name}: no kill came early enough to mean anything");
        target(&out).check(IfExists::Overwrite, []).unwrap();
        let left = entries(root.path());
        assert!(left.iter().all(|entry| !entry.starts_with('.')), "{left:?}");
    }
}

#[test]
fn a_full_disk_is_a_typed_error_and_leaves_nothing() {
    let root = tempdir().unwrap();
    for name in ["a.parquet", "a.arrow", "tok"] {
        let out: PathBuf = root.path().join(name);
        publish(&out, settings(trl()), &rows(1, 5, 9, &[1.0])).unwrap();
        let before = (entries(root.path()), content(&out));
        for blocks in [0, 1, 100, 500] {
            let output = child(&format!("trap '' XFSZ; ulimit -f {blocks};"), &out).output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(said.contains("failed with Write") && said.contains(name), "{name}, {blocks}: {said}");
            assert_eq!((entries(root.path()), content(&out)), before, "{name}, {blocks}");
        }
    }
}
