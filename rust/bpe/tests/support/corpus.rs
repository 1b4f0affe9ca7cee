//! Real text from a folder beside the checkout, where there is one.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use serde_json::Value;

use super::files::shared;

/// Lines that are also seeds as they stand, braces and escapes included: one in so many.
const WHOLE_LINES: usize = 16;

/// The different strings of the corpus of conversations, keys included, and some whole lines.
/// `step` takes every so-manieth line of each shard.
pub(crate) fn strings(step: usize) -> Option<Vec<String>> {
    let mut shards: Vec<_> =
        fs::read_dir(shared()?.join("corpus")).ok()?.map(|entry| entry.unwrap().path()).collect();
    shards.sort();
    let mut seen = HashSet::new();
    let mut strings = Vec::new();
    for line in shards.iter().flat_map(|shard| lines(shard).step_by(step)).enumerate() {
        let (number, line) = line;
        collect(&serde_json::from_str(&line).unwrap(), &mut |text| {
            if !text.is_empty() && seen.insert(text.to_string()) {
                strings.push(text.to_string());
            }
        });
        if number % WHOLE_LINES == 0 {
            strings.push(line);
        }
    }
    (!strings.is_empty()).then_some(strings)
}

/// Lines of the corpus, from all shards alike, of so many bytes in all.
pub(crate) fn lines_up_to(bytes: usize) -> Option<Vec<String>> {
    let mut shards: Vec<_> =
        fs::read_dir(shared()?.join("corpus")).ok()?.map(|entry| entry.unwrap().path()).collect();
    shards.sort();
    let share = bytes / shards.len().max(1);
    let mut chosen = Vec::new();
    for shard in &shards {
        let mut size = 0;
        chosen.extend(lines(shard).take_while(|line| {
            size += line.len();
            size <= share
        }));
    }
    Some(chosen)
}

/// The collected nasty strings with the ids that `tokenizers` gave for the tokenizer `name`.
pub(crate) fn naughty(name: &str) -> Vec<(String, Vec<u32>)> {
    let Some(file) = shared().map(|folder| folder.join("goldens/tokenizer_naughty.jsonl.gz")) else {
        return Vec::new();
    };
    if !file.is_file() {
        return Vec::new();
    }
    let records = lines(&file).map(|line| serde_json::from_str::<Value>(&line).unwrap());
    let of_name = records.filter(|record| record["tokenizer"] == name);
    let ids = |record: &Value| serde_json::from_value(record["ids"].clone()).unwrap();
    of_name.map(|record| (record["text"].as_str().unwrap().to_string(), ids(&record))).collect()
}

fn lines(path: &Path) -> impl Iterator<Item = String> {
    BufReader::new(MultiGzDecoder::new(File::open(path).unwrap())).lines().map(|line| line.unwrap())
}

fn collect(value: &Value, each: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => each(text),
        Value::Array(values) => values.iter().for_each(|value| collect(value, each)),
        Value::Object(members) => members.iter().for_each(|(key, value)| {
            each(key);
            collect(value, each);
        }),
        _ => {}
    }
}
