use std::cell::Cell;

use proptest::prelude::*;

use super::*;

/// An encoder whose ids tell every text apart.
fn ids_of(text: &str) -> Vec<u32> {
    text.bytes().map(|byte| u32::from(byte) + 7).collect()
}

/// Encodes with the cache; says whether the encoder was asked.
fn encode(segments: &mut Segments, text: &str) -> bool {
    let asked = Cell::new(false);
    let mut ids = vec![1, 2, 3];
    let outcome = segments.encode(text, &mut ids, |ids| {
        asked.set(true);
        ids.extend(ids_of(text));
        Ok(())
    });
    assert_eq!(outcome.unwrap(), !asked.get());
    assert_eq!(ids[..3], [1, 2, 3]);
    assert_eq!(ids[3..], ids_of(text)[..], "{text:?}");
    asked.get()
}

fn long(word: &str) -> String {
    word.repeat(SHORTEST.div_ceil(word.len()))
}

fn memory(segments: &Segments) -> usize {
    segments.text.capacity()
        + segments.ids.capacity() * size_of::<u32>()
        + segments.lines.capacity() * size_of::<Line>()
}

#[test]
fn a_piece_is_kept_when_it_is_met_again() {
    let mut segments = Segments::new(1 << 20);
    let text = long("system prompt ");
    assert!(encode(&mut segments, &text), "new");
    assert!(encode(&mut segments, &text), "met once");
    assert!(!encode(&mut segments, &text), "kept");
    assert!(encode(&mut segments, &long("another prompt")), "never met");
    assert_eq!(segments.reused_bytes(), text.len() as u64);
}

#[test]
fn short_pieces_are_left_alone() {
    let mut segments = Segments::new(1 << 20);
    assert!((0..5).all(|_| encode(&mut segments, &"x".repeat(SHORTEST - 1))));
    assert_eq!(segments.kept, 0);
}

#[test]
fn pieces_with_the_same_hash_are_told_apart_by_their_bytes() {
    let mut segments = Segments::new(1 << 20);
    let (one, other) = (long("one"), long("two"));
    for _ in 0..2 {
        encode(&mut segments, &one);
    }
    let line = segments.line(hash(&one));
    let mut forged = segments.lines[line].kept[0];
    forged.hash = hash(&other);
    segments.put(forged);
    assert!(encode(&mut segments, &other), "the bytes differ");
    assert!(!encode(&mut segments, &one));
}

#[test]
fn a_failing_encoder_leaves_nothing_behind() {
    let mut segments = Segments::new(1 << 20);
    let text = long("unlucky ");
    for _ in 0..3 {
        let failed = segments.encode(&text, &mut Vec::new(), |_| {
            Err(crate::error::Error::new(crate::error::ErrorKind::Internal, "no".to_owned()))
        });
        assert!(failed.is_err());
    }
    assert!(encode(&mut segments, &text));
}

#[test]
fn memory_stays_within_the_budget() {
    for most_bytes in [0, 100, 1 << 12, 1 << 16, 1 << 20] {
        let mut segments = Segments::new(most_bytes);
        for round in 0..2000 {
            let text = long(&format!("piece {} ", round % 700)).repeat(1 + round % 3);
            (0..3).for_each(|_| _ = encode(&mut segments, &text));
            assert!(memory(&segments) <= most_bytes.max(size_of::<Line>()), "{most_bytes}");
        }
        assert_eq!(segments.reused_bytes() > 0, most_bytes >= 1 << 12, "{most_bytes}");
    }
}

proptest! {
    #[test]
    fn the_same_ids_as_without_a_cache(
        pieces in proptest::collection::vec((0usize..12, 1usize..8), 1..200),
        most_bytes in prop_oneof![Just(0usize), 1usize..6000, Just(1 << 20)],
    ) {
        let mut segments = Segments::new(most_bytes);
        for (name, times) in pieces {
            encode(&mut segments, &format!("<{name}> ").repeat(times * 8));
        }
    }
}
