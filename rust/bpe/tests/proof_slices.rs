//! A small slice of each part of the proof of equality; `make prove` compares the whole.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use support::corpus;
use support::files::{REAL, real, tiny};
use support::pair::Pair;
use support::parts::{self, Part};
use tooltrain_bpe::Pattern;

/// About this many texts are taken of each part, evenly.
const TEXTS: u64 = 500;

/// Texts that are slow in the reference: taken by the program, not by the slices.
const LONGEST: usize = 5000;

fn compare(pair: &mut Pair, part: &Part) {
    // One more than a multiple of the contexts that alternate, so that every context comes up.
    let step = part.count / TEXTS / 12 * 12 + 1;
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
    for pattern in Pattern::ALL {
        for ignore_merges in [false, true] {
            let mut pair = Pair::through_compact(&tiny(pattern, true, ignore_merges));
            for part in &parts {
                compare(&mut pair, part);
            }
            let entries = parts::entries(&pair.bpe);
            compare(&mut pair, &entries);
        }
    }
}

#[test]
fn slices_of_real_vocabularies() {
    let mut parts = everywhere();
    parts.extend(corpus::strings(400).map(|seeds| parts::mutations(seeds, TEXTS, 5)));
    for name in REAL {
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
