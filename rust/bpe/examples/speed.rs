//! How fast each pattern and each vocabulary of characters is encoded, beside Qwen3's own pattern.
//!
//! Lines of the corpus are encoded on one thread, each round beginning with empty tables, all patterns in
//! turn in every round. Printed is the best round: megabytes for each second of processor time, then the
//! share of Qwen3's. The reference gets one line in forty.
//!
//!     speed [--rounds N] [--megabytes N] [--only NAME]... [--reference yes]
//!
//! `TOOLTRAIN_SHARED` names the folder of tokenizers and corpus. Only Linux counts what is measured here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::sync::Arc;

use support::corpus;
use support::files::{REAL_OF_CHARACTERS, real, with_pre_tokenizer};
use support::patterns;
use tokenizers::Tokenizer;
use tooltrain_bpe::Bpe;

const REFERENCE_LINES: usize = 40;

struct Subject {
    name: String,
    json: Vec<u8>,
    bpe: Arc<Bpe>,
    /// Processor seconds of loading.
    loaded: f64,
    best: f64,
    reference: Option<f64>,
}

fn main() {
    let (mut rounds, mut megabytes, mut only, mut with_reference) = (3, 8, vec![], false);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().unwrap_or_else(|| panic!("{word} takes a value"));
        match word.as_str() {
            "--rounds" => rounds = value.parse().unwrap(),
            "--megabytes" => megabytes = value.parse().unwrap(),
            "--only" => only.push(value),
            "--reference" => with_reference = value == "yes",
            _ => panic!("no option {word}"),
        }
    }
    let lines = corpus::lines_up_to(megabytes * 1_000_000).expect("the folder of tokenizers and corpus");
    let size = lines.iter().map(String::len).sum::<usize>() as f64 / 1e6;
    let qwen3 = real("qwen3").expect("the vocabulary of Qwen3");
    let on_qwen3 = patterns::with_scanner()
        .into_iter()
        .chain(patterns::compiled())
        .map(|spelled| (spelled.name.to_owned(), with_pre_tokenizer(&qwen3, &spelled.pre_tokenizer)));
    let of_characters = REAL_OF_CHARACTERS.iter().filter_map(|name| Some(((*name).to_owned(), real(name)?)));
    let mut subjects: Vec<Subject> = on_qwen3
        .chain(of_characters)
        .filter(|(name, _)| only.is_empty() || name == "qwen-2" || only.contains(name))
        .map(|(name, json)| {
            let before = processor_seconds();
            let bpe = Arc::new(Bpe::from_tokenizer_json(&json).unwrap());
            let loaded = processor_seconds() - before;
            Subject { name, json, bpe, loaded, best: 0.0, reference: None }
        })
        .collect();
    for _ in 0..rounds {
        for subject in &mut subjects {
            let mut encoder = subject.bpe.encoder();
            let mut ids = Vec::with_capacity(1 << 16);
            let before = processor_seconds();
            for line in &lines {
                ids.clear();
                encoder.encode(line, true, &mut ids);
            }
            subject.best = subject.best.max(size / (processor_seconds() - before));
        }
    }
    if with_reference {
        for subject in &mut subjects {
            let reference = Tokenizer::from_bytes(&subject.json).unwrap();
            let some: Vec<&String> = lines.iter().step_by(REFERENCE_LINES).collect();
            let size = some.iter().map(|line| line.len()).sum::<usize>() as f64 / 1e6;
            let before = processor_seconds();
            for line in some {
                reference.encode_fast(line.as_str(), false).unwrap();
            }
            subject.reference = Some(size / (processor_seconds() - before));
        }
    }
    let qwen3 = subjects.iter().find(|subject| subject.name == "qwen-2").unwrap().best;
    println!("{size:.1} MB, best of {rounds}\n");
    println!("| pattern or vocabulary | MB/s | of Qwen3's | loading, s | reference, MB/s |");
    println!("| --- | --- | --- | --- | --- |");
    for Subject { name, best, loaded, reference, .. } in &subjects {
        let reference = reference.map_or(String::new(), |speed| format!("{speed:.1}"));
        println!("| {name} | {best:.0} | {:.2} | {loaded:.2} | {reference} |", best / qwen3);
    }
}

/// Of this thread.
fn processor_seconds() -> f64 {
    let counts = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    counts.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}
