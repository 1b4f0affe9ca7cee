//! A small slice of each part of the proof of equality; `make prove` compares the whole.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use support::corpus;
use support::files::{REAL, REAL_OF_CHARACTERS, real, tiny};
use support::pair::Pair;
use support::parts::{self, Part};
use support::patterns;

/// About this many texts are taken of each part, evenly.
const TEXTS: u64 = 500;

/// The same for each of the compiled patterns, of which there are many.
const COMPILED_TEXTS: u64 = 150;

/// Texts that are slow in the reference: taken by the program, not by the slices.
const LONGEST: usize = 5000;

fn compare(pair: &mut Pair, part: &Part) {
    compare_some(pair, part, TEXTS);
}

fn compare_some(pair: &mut Pair, part: &Part, texts: u64) {
    // One more than a multiple of the contexts that alternate, so that every context comes up.
    let step = part.count / texts / 12 * 12 + 1;
    for number in (0..part.count).step_by(step as usize) {
        let text = (part.text)(number);
        if text.len() <= LONGEST
            && let Some(difference) = pair.difference(&text)
        {
            panic!("{}, number {number}: {difference}", part.name);
        }
    }
}

fn everywhere() -> Vec<Part> {
    let mut parts = vec![parts::class_strings(), parts::across_blocks(), parts::code_points()];
    parts.extend(parts::chosen());
    parts.push(parts::random(TEXTS, 5));
    parts
}

#[test]
fn slices_of_every_pattern() {
    let parts = everywhere();
    for spelled in patterns::with_scanner() {
        for ignore_merges in [false, true] {
            let mut pair = Pair::through_compact(&tiny(&spelled.pre_tokenizer, true, ignore_merges));
            for part in &parts {
                compare(&mut pair, part);
            }
            let entries = parts::entries(&pair.bpe);
            compare(&mut pair, &entries);
        }
    }
}

#[test]
fn slices_of_every_compiled_pattern() {
    let mut parts = vec![parts::class_strings(), parts::across_blocks(), parts::code_points()];
    parts.push(parts::random(COMPILED_TEXTS, 5));
    for spelled in patterns::compiled() {
        let mut pair = Pair::through_compact(&tiny(&spelled.pre_tokenizer, true, false));
        for part in &parts {
            compare_some(&mut pair, part, COMPILED_TEXTS);
        }
    }
}

#[test]
fn slices_of_real_vocabularies() {
    let mut parts = everywhere();
    parts.extend(corpus::strings(400).map(|seeds| parts::mutations(seeds, TEXTS, 5)));
    for name in REAL.iter().chain(&REAL_OF_CHARACTERS) {
        let Some(json) = real(name) else { continue };
        let mut pair = Pair::through_compact(&json);
        for part in &parts {
            compare(&mut pair, part);
        }
        let entries = parts::entries(&pair.bpe);
        compare(&mut pair, &entries);
    }
}

#[test]
fn nasty_strings_have_the_recorded_ids() {
    for name in REAL {
        let Some(json) = real(name) else { continue };
        let mut pair = Pair::through_compact(&json);
        for (text, recorded) in corpus::naughty(name) {
            pair.assert_same(&text);
            if !pair.bpe.added_tokens().iter().any(|token| text.contains(&token.content)) {
                assert_eq!(pair.ours(&text).ids, recorded, "{name}: {text:?}");
            }
        }
    }
}
