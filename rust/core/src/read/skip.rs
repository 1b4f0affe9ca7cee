//! Which files a directory or a pattern leaves out unless it names them.

use std::path::Path;

/// Endings of files that hold records, compressed or not.
const SHARD_SUFFIXES: [&str; 9] =
    [".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".arrow", ".feather", ".ipc"];
const COMPRESSED_SUFFIXES: [&str; 3] = [".gz", ".zst", ".zstd"];

/// Files that this library writes beside its outputs, or that an input layout keeps beside its shards.
const SIDE_FILES: [&str; 11] = [
    ".rejects.jsonl",
    ".losses.jsonl",
    ".report.json",
    ".partial",
    ".tmp",
    "job_description.json",
    "config.yaml",
    "manifest.json",
    "dataset_info.json",
    "dataset_dict.json",
    "state.json",
];

const HELD_OUT: [&str; 3] = ["test", "valid", "validation"];

/// The name without a compression suffix.
pub(super) fn uncompressed_name(name: &str) -> &str {
    let suffix = COMPRESSED_SUFFIXES.iter().find(|suffix| has_suffix(name, suffix));
    &name[..name.len() - suffix.map_or(0, |suffix| suffix.len())]
}

/// Whether the name says that the file may be a JSON list, compressed or not.
pub(super) fn is_json(name: &str) -> bool {
    has_suffix(uncompressed_name(name), ".json")
}

/// Whether the name says that the file holds rows of CSV, compressed or not.
pub(super) fn is_csv(name: &str) -> bool {
    has_suffix(uncompressed_name(name), ".csv") || is_tab_separated(name)
}

/// Whether the name says that its fields are separated by tabs.
pub(super) fn is_tab_separated(name: &str) -> bool {
    has_suffix(uncompressed_name(name), ".tsv")
}

/// Whether the file is one that this library wrote: it has its report or its manifest beside it.
pub(super) fn is_own_output(path: &Path) -> bool {
    let mut report = path.as_os_str().to_owned();
    report.push(".report.json");
    let columns = path.extension().is_some_and(|extension| {
        ["parquet", "arrow", "feather", "ipc"].iter().any(|known| extension.eq_ignore_ascii_case(known))
    });
    let is_part = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("part-"));
    columns && (Path::new(&report).is_file() || is_part && path.with_file_name("manifest.json").is_file())
}

fn has_suffix(name: &str, suffix: &str) -> bool {
    let start = name.len().checked_sub(suffix.len());
    start.and_then(|start| name.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(suffix))
}

/// Whether a directory's file of this name is a shard.
pub(super) fn has_shard_suffix(name: &str) -> bool {
    let name = uncompressed_name(name);
    SHARD_SUFFIXES.iter().any(|suffix| has_suffix(name, suffix))
}

/// Whether the name is of a side file that `pattern`, where there is one, does not name.
pub(super) fn is_side_file(name: &str, pattern: Option<&str>) -> bool {
    let unnamed = |word: &str| !pattern.is_some_and(|pattern| last_component(pattern).contains(word));
    let name = uncompressed_name(name);
    SIDE_FILES.iter().any(|side| {
        let matches = if side.starts_with('.') { has_suffix(name, side) } else { name == *side };
        matches && unnamed(side)
    })
}

/// Whether the name begins with a dot although the pattern's own component does not.
pub(super) fn is_hidden(name: &str, pattern: Option<&str>) -> bool {
    name.starts_with('.')
        && !pattern.is_some_and(|pattern| pattern.split('/').any(|part| part.starts_with('.')))
}

/// Whether the shard holds evaluation data by its name: `test.jsonl`, `valid-00000-of-00002.jsonl.gz`.
pub(super) fn is_held_out(name: &str, pattern: Option<&str>) -> bool {
    HELD_OUT.iter().any(|word| {
        is_split(name, word) && !pattern.is_some_and(|pattern| last_component(pattern).contains(word))
    })
}

/// Whether the shard holds training data by its name.
pub(super) fn is_train(name: &str) -> bool {
    is_split(name, "train")
}

/// Whether the name is the split's own, alone or followed by a shard number.
fn is_split(name: &str, split: &str) -> bool {
    let Some(rest) = name.strip_prefix(split) else { return false };
    let stem = rest.split('.').next().unwrap_or_default();
    rest.starts_with(['.', '-', '_'])
        && stem
            .trim_start_matches(['-', '_'])
            .split(['-', '_'])
            .all(|part| part.is_empty() || part == "of" || part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn last_component(pattern: &str) -> &str {
    pattern.rsplit('/').next().unwrap_or(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_are_recognized_by_their_whole_name() {
        for name in ["test.jsonl", "valid.jsonl.gz", "validation-00000-of-00002.jsonl", "test_3.json"] {
            assert!(is_held_out(name, None), "{name}");
        }
        for name in
            ["sgd_test.jsonl", "testing.jsonl", "test-drive.jsonl", "train.jsonl", "latest.jsonl", "test"]
        {
            assert!(!is_held_out(name, None), "{name}");
        }
        assert!(!is_held_out("test.jsonl", Some("data/test*.jsonl")));
        assert!(is_train("train-00000-of-00004.jsonl.zst") && !is_train("train_me.jsonl"));
    }

    #[test]
    fn side_files_are_skipped_unless_the_pattern_names_them() {
        for name in
            ["a.parquet.rejects.jsonl", "a.report.json", "config.yaml", "job_description.json", "x.partial"]
        {
            assert!(is_side_file(name, None), "{name}");
            assert!(is_side_file(name, Some("shards/*")), "{name}");
            assert!(!is_side_file(name, Some(&format!("shards/*{name}"))), "{name}");
        }
        assert!(!is_side_file("rejects.jsonl", None));
        assert!(!is_side_file("a.rejects.jsonl", Some("out/*.rejects.jsonl")));
        assert!(is_hidden(".a.jsonl", Some("*.jsonl")) && !is_hidden(".a.jsonl", Some(".*.jsonl")));
    }

    #[test]
    fn shards_are_known_by_their_suffix_with_or_without_compression() {
        for name in
            ["a.jsonl", "a.ndjson.gz", "a.json.zst", "a.b.jsonl.zstd", "A.JSONL.GZ", "a.parquet", "a.csv.gz"]
        {
            assert!(has_shard_suffix(name), "{name}");
        }
        for name in ["README.md", "a.parquet.crc", "jsonl", "a.jsonl.bak", "a.gz"] {
            assert!(!has_shard_suffix(name), "{name}");
        }
    }
}
