//! Ids, ends and split borders against the reference: the fast part.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use support::files::{REAL, real, tiny};
use support::pair::Pair;
use support::random::Random;
use tooltrain_bpe::Pattern;

const TEXTS: &[&str] = &[
    "",
    " ",
    "Hello, world!",
    "I'M we'LL he'd 'ſ x'ſt it's 'S don't",
    "a  b   c    ",
    "\n\n  \n x\r\n\r\n\ty \n",
    "1234567 12 1 ٣٤٥٦",
    "naïve nai\u{308}ve e\u{301}\u{327} \u{1100}\u{1161}\u{11A8} \u{212B}ngstrom \u{F900}",
    "中文,日本語のテスト。カタカナー 한국어",
    "👨‍👩‍👧‍👦 🏳️‍🌈",
    "camelCase HTTPServer iPHONEs ǅungla",
    "//\n/\n!!\u{301}a \u{301}A",
    "\u{0}\u{1}abc\u{1}\u{7f}",
    "\u{85}\u{a0}\u{3000} x\u{3000}y",
];

fn every_tiny() -> impl Iterator<Item = (String, Pair)> {
    Pattern::ALL.into_iter().flat_map(|pattern| {
        [(false, false), (true, false), (false, true), (true, true)].into_iter().map(move |(nfc, ignore)| {
            (
                format!("{pattern:?} nfc={nfc} ignore_merges={ignore}"),
                Pair::through_compact(&tiny(pattern, nfc, ignore)),
            )
        })
    })
}

#[test]
fn chosen_texts_of_every_pattern() {
    for (_, mut pair) in every_tiny() {
        for text in TEXTS {
            pair.assert_same(text);
        }
    }
}

#[test]
fn chosen_texts_of_real_vocabularies() {
    for json in REAL.iter().filter_map(|name| real(name)) {
        let mut pair = Pair::through_compact(&json);
        for text in TEXTS {
            pair.assert_same(text);
        }
    }
}

#[test]
fn random_texts_of_every_pattern() {
    for (name, mut pair) in every_tiny() {
        let mut random = Random(17);
        for round in 0..4000 {
            let text = random.text(if round % 10 == 0 { 60 } else { 8 });
            pair.assert_same(&text);
        }
        assert!(!name.is_empty());
    }
}

#[test]
fn random_texts_of_real_vocabularies() {
    for json in REAL.iter().filter_map(|name| real(name)) {
        let mut pair = Pair::through_compact(&json);
        let mut random = Random(23);
        for round in 0..30000 {
            pair.assert_same(&random.text(if round % 10 == 0 { 60 } else { 8 }));
        }
    }
}
