//! The whole proof of equality with the reference, as a program: `make prove`.
//!
//! It compares ids, ends and split borders with the `tokenizers` crate, vector code with portable
//! code, and a text with the same text inside another, on every text of every part: for the real
//! vocabularies, and for every other pattern put on one of them. A difference is printed with its part
//! and number, and the program ends with 1. Of parts larger than `--in-full` only ids are compared.
//!
//!     prove [--strings N] [--seed S] [--threads T] [--in-full N] [--only NAME]... [--part NAME]...
//!
//! `TOOLTRAIN_SHARED` names the folder of tokenizers, corpus and nasty strings.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use support::corpus;
use support::files::{REAL, REAL_OF_CHARACTERS, real, tiny, with_pre_tokenizer};
use support::pair::Pair;
use support::parts::{self, Part};
use support::patterns;

/// Of parts that are not compared in full, one text in so many is.
const IN_FULL: u64 = 16;

/// Differences that are printed of each part; all are counted.
const SHOWN: u64 = 5;

struct Arguments {
    strings: u64,
    seed: u64,
    threads: u64,
    /// Of parts of more texts than this, only ids are compared, and the rest of one text in sixteen.
    in_full: u64,
    only: Vec<String>,
    parts: Vec<String>,
}

fn main() {
    let arguments = arguments();
    let started = Instant::now();
    let seeds = corpus::strings(1);
    let known = seeds.as_ref().map_or(0, Vec::len);
    println!("seed {}, {known} different strings of the corpus as seeds\n", arguments.seed);
    println!("| vocabulary | texts | compared | MB | differences | s |");
    println!("| --- | --- | --- | --- | --- | --- |");
    let mut total = Counts::default();
    for (name, json) in vocabularies().filter(|(name, _)| arguments.is_wanted(name)) {
        let Some(json) = json else {
            println!("| {name} | not there | | | | |");
            continue;
        };
        let pair = Pair::through_compact(&json);
        compare_goldens(&name, &pair);
        let naughty = corpus::naughty("qwen3").into_iter().map(|(text, _)| text).collect();
        let mut parts = vec![parts::class_strings(), parts::across_blocks(), parts::code_points()];
        parts.extend(parts::chosen());
        parts.extend([parts::entries(&pair.bpe), parts::given("nasty strings", naughty)]);
        parts.push(parts::random(arguments.strings / 10, arguments.seed));
        if let Some(seeds) = &seeds {
            parts.push(parts::mutations(seeds.clone(), arguments.strings, arguments.seed));
        }
        for part in parts.iter().filter(|part| arguments.is_part_wanted(part.name)) {
            total.add(compare(&name, &pair, part, &arguments));
        }
    }
    let megabytes = total.bytes / 1_000_000;
    let seconds = started.elapsed().as_secs();
    println!("| all | | {} | {megabytes} | {} | {seconds} |", total.texts, total.differences);
    std::process::exit(i32::from(total.differences != 0 || total.texts == 0));
}

/// The real vocabularies, one of them with every pattern that it does not have, and the small one with
/// the patterns that have a scanner.
fn vocabularies() -> impl Iterator<Item = (String, Option<Vec<u8>>)> {
    let on_real = patterns::compiled().into_iter().map(|spelled| {
        let json = real("qwen3").map(|json| with_pre_tokenizer(&json, &spelled.pre_tokenizer));
        (spelled.name.to_owned(), json)
    });
    let on_tiny = patterns::with_scanner()
        .into_iter()
        .map(|spelled| (format!("tiny {}", spelled.name), Some(tiny(&spelled.pre_tokenizer, true, false))));
    REAL_OF_CHARACTERS
        .iter()
        .chain(&REAL)
        .map(|name| ((*name).to_owned(), real(name)))
        .chain(on_real)
        .chain(on_tiny)
}

/// What was compared, and how often it differed.
#[derive(Clone, Copy, Default)]
struct Counts {
    texts: u64,
    bytes: u64,
    differences: u64,
}

impl Counts {
    fn add(&mut self, other: Counts) {
        self.texts += other.texts;
        self.bytes += other.bytes;
        self.differences += other.differences;
    }
}

/// Every text of a part; each thread has caches of its own.
fn compare(vocabulary: &str, pair: &Pair, part: &Part, arguments: &Arguments) -> Counts {
    let threads = arguments.threads;
    let started = Instant::now();
    let shown = AtomicU64::new(0);
    let work = |first: u64| {
        let mut pair = pair.fresh();
        let mut counts = Counts::default();
        for number in (first..part.count).step_by(threads as usize) {
            let text = (part.text)(number);
            counts.texts += 1;
            counts.bytes += text.len() as u64;
            let in_full = part.count <= arguments.in_full || number % IN_FULL == 0;
            let difference = if in_full { pair.difference(&text) } else { pair.difference_in_ids(&text) };
            if let Some(difference) = difference {
                counts.differences += 1;
                if shown.fetch_add(1, Ordering::Relaxed) < SHOWN {
                    println!("{vocabulary}, {}, number {number}: {difference}", part.name);
                }
            }
        }
        counts
    };
    let mut total = Counts::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|first| scope.spawn(move || work(first))).collect();
        for worker in workers {
            total.add(worker.join().unwrap());
        }
    });
    let (megabytes, seconds) = (total.bytes as f64 / 1e6, started.elapsed().as_secs_f64());
    println!(
        "| {vocabulary} | {} | {} | {megabytes:.1} | {} | {seconds:.0} |",
        part.name, total.texts, total.differences
    );
    std::io::stdout().flush().unwrap();
    total
}

/// The crate beside the ids that Python's `tokenizers` gave, where a text holds no added token.
fn compare_goldens(name: &str, pair: &Pair) {
    let mut encoder = pair.bpe.encoder();
    for (text, expected) in corpus::naughty(name) {
        if !pair.bpe.added_tokens().iter().any(|token| text.contains(&token.content)) {
            let mut ids = vec![];
            encoder.encode(&text, true, &mut ids);
            assert_eq!(ids, expected, "{name}: recorded ids of {text:?}");
        }
    }
}

impl Arguments {
    fn is_wanted(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }

    fn is_part_wanted(&self, name: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|part| part == name)
    }
}

fn arguments() -> Arguments {
    let mut found = Arguments {
        strings: 10_000_000,
        seed: 1,
        threads: 1,
        in_full: u64::MAX,
        only: vec![],
        parts: vec![],
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().unwrap_or_else(|| panic!("{word} takes a value"));
        match word.as_str() {
            "--strings" => found.strings = value.parse().unwrap(),
            "--seed" => found.seed = value.parse().unwrap(),
            "--threads" => found.threads = value.parse().unwrap(),
            "--in-full" => found.in_full = value.parse().unwrap(),
            "--only" => found.only.push(value),
            "--part" => found.parts.push(value),
            _ => panic!(
                "no option {word}; there are --strings, --seed, --threads, --in-full, --only and --part"
            ),
        }
    }
    found
}
