//! Ids, ends and split borders against the reference: the fast part.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use support::files::{REAL, REAL_OF_CHARACTERS, around_characters, real, tiny, tiny_of_characters};
use support::pair::Pair;
use support::patterns;
use support::random::Random;

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
    patterns::with_scanner().into_iter().flat_map(|spelled| {
        [(false, false), (true, false), (false, true), (true, true)].into_iter().map(move |(nfc, ignore)| {
            (
                format!("{} nfc={nfc} ignore_merges={ignore}", spelled.name),
                Pair::through_compact(&tiny(&spelled.pre_tokenizer, nfc, ignore)),
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
fn texts_of_every_compiled_pattern() {
    let mut differing = Vec::new();
    for spelled in patterns::compiled() {
        let mut pair = Pair::through_compact(&tiny(&spelled.pre_tokenizer, false, false));
        assert!(pair.bpe.pattern().is_none(), "{}", spelled.name);
        let mut random = Random(29);
        let random = (0..1000).map(|round| random.text(if round % 10 == 0 { 60 } else { 8 }));
        let texts = TEXTS.iter().map(|text| (*text).to_string()).chain(random);
        let differences: Vec<String> = texts.filter_map(|text| pair.difference(&text)).collect();
        if let Some(shortest) = differences.iter().min_by_key(|difference| difference.len()) {
            differing.push(format!("{}, {} texts: {shortest}", spelled.name, differences.len()));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

fn every_tiny_of_characters() -> impl Iterator<Item = (&'static str, Pair)> {
    around_characters().into_iter().flat_map(|(name, normalizer, pre_tokenizer)| {
        let is_split = pre_tokenizer["split"] == true;
        let settings: &[bool] = if is_split { &[false] } else { &[false, true] };
        settings.iter().map(move |&ignore| {
            (name, Pair::through_compact(&tiny_of_characters(&normalizer, &pre_tokenizer, ignore)))
        })
    })
}

#[test]
fn texts_of_a_vocabulary_of_characters() {
    let mut differing = Vec::new();
    for (name, mut pair) in every_tiny_of_characters() {
        let mut random = Random(31);
        let pieces = [
            "▁", " ", "  ", "the", "her", "\u{301}", "中文", "é", "aaaa", "aaa", "12", "123", "x", "\n",
            "'ll", "\": ", "{\"",
        ];
        let made = (0..1000).map(|round| {
            if round % 2 == 0 {
                return random.text(if round % 10 == 0 { 60 } else { 8 });
            }
            (0..random.below(9)).map(|_| random.pick(&pieces)).collect()
        });
        let texts = TEXTS.iter().map(|text| (*text).to_string()).chain(made);
        let differences: Vec<String> = texts.filter_map(|text| pair.difference(&text)).collect();
        if let Some(shortest) = differences.iter().min_by_key(|difference| difference.len()) {
            differing.push(format!("{name}, {} texts: {shortest}", differences.len()));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// What stands behind the beginning of the input has no blank put before it.
#[test]
fn a_prefix_is_put_before_the_start_alone() {
    for (name, mut pair) in every_tiny_of_characters() {
        assert_eq!(pair.bpe.has_prefix("x"), !matches!(name, "gemma" | "never"));
        assert_eq!(pair.bpe.has_prefix(" x"), name == "llama-2");
        for text in ["the her", " the", "\u{e9}", "x", "\n\n"] {
            let [mut at_start, mut further, mut spelled] = [vec![], vec![], vec![]];
            pair.encoder.encode(text, true, &mut at_start);
            pair.encoder.encode(text, false, &mut further);
            let is_prefixed = pair.bpe.has_prefix(text);
            pair.encoder.encode(&format!(" {text}"), false, &mut spelled);
            assert_eq!(at_start, if is_prefixed { spelled } else { further }, "{name}: {text:?}");
        }
    }
}

#[test]
fn ids_are_decoded_as_the_reference_does_it() {
    for (name, mut pair) in every_tiny_of_characters() {
        let mut random = Random(37);
        for _ in 0..300 {
            let ids: Vec<u32> = (0..random.below(12)).map(|_| random.below(300) as u32).collect();
            let text = pair.reference.decode(&ids, false).unwrap();
            assert_eq!(pair.bpe.decode(&ids), text, "{name}: {ids:?}");
            pair.assert_same(&text);
        }
    }
}

#[test]
fn chosen_texts_of_real_vocabularies() {
    for json in REAL.iter().chain(&REAL_OF_CHARACTERS).filter_map(|name| real(name)) {
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
    for json in REAL.iter().chain(&REAL_OF_CHARACTERS).filter_map(|name| real(name)) {
        let mut pair = Pair::through_compact(&json);
        let mut random = Random(23);
        for round in 0..1500 {
            pair.assert_same(&random.text(if round % 10 == 0 { 60 } else { 8 }));
        }
    }
}
