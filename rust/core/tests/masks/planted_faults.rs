//! Faults planted into masks: each one, in every family, is met by the corpus.

use std::collections::BTreeMap;

use tooltrain_core::render::{Field, Rendered, Turn};

use super::corpus::Expected;
use super::corpus_cases::{Ready, objection, show, tokens_of};

/// Spoils a rendered conversation; false where there is nothing to spoil.
type Fault = (&'static str, fn(&mut Rendered) -> bool);

const FAULTS: &[Fault] = &[
    ("the stop token is not trained", |row| weigh(row, 0.0, |field| field == Field::Stop)),
    ("the header of a turn is trained", |row| {
        let Some(turn) = trained_turn(row) else { return false };
        let Some(header) = row.spans.iter_mut().find(|span| span.end == turn.sampled.start) else {
            return false;
        };
        header.weight = 1.0;
        true
    }),
    ("a turn begins a byte late", |row| {
        let Some(turn) = trained_turn(row) else { return false };
        shift(row, turn.sampled.start, 1)
    }),
    ("a turn begins a byte early", |row| {
        let Some(turn) = trained_turn(row) else { return false };
        shift(row, turn.sampled.start, -1)
    }),
    ("a turn ends a byte early", |row| {
        let Some(turn) = trained_turn(row) else { return false };
        shift(row, turn.sampled.end, -1)
    }),
    ("a turn of the user is trained", |row| weigh(row, 1.0, |field| field == Field::User)),
    ("a result of a tool is trained", |row| weigh(row, 1.0, |field| field == Field::ToolResult)),
    ("a turn is dropped", |row| {
        let Some(turn) = trained_turn(row) else { return false };
        let inside = |start: u32, end: u32| turn.sampled.start <= start && end <= turn.sampled.end;
        row.spans.iter_mut().filter(|span| inside(span.start, span.end)).for_each(|span| span.weight = 0.0);
        true
    }),
    ("arguments of a call are not trained", |row| weigh(row, 0.0, |field| field == Field::CallArguments)),
];

/// The last turn of which something is trained.
fn trained_turn(row: &Rendered) -> Option<Turn> {
    let trained = |turn: &&Turn| {
        let mut inside = row.spans.iter().filter(|span| turn.sampled.contains(&span.start));
        inside.any(|span| span.weight != 0.0)
    };
    row.turns.iter().rfind(trained).cloned()
}

/// Gives spans of some fields another weight.
fn weigh(row: &mut Rendered, weight: f32, fits: fn(Field) -> bool) -> bool {
    let mut changed = false;
    for span in row.spans.iter_mut().filter(|span| fits(span.field) && span.start < span.end) {
        changed |= span.weight.total_cmp(&weight).is_ne();
        span.weight = weight;
    }
    changed
}

/// Moves the border between two spans by a byte, or to the edge of its character.
fn shift(row: &mut Rendered, border: u32, by: i32) -> bool {
    let Some(before) = row.spans.iter().position(|span| span.end == border && span.start < border) else {
        return false;
    };
    let Some(after) = row.spans.iter().position(|span| span.start == border && span.end > border) else {
        // The text ends here: the last byte is cut off its span.
        return by < 0 && before + 1 == row.spans.len() && split_off_the_last_byte(row);
    };
    if row.spans[before].weight.total_cmp(&row.spans[after].weight).is_eq() {
        return false; // nothing is trained on one side alone
    }
    let mut to = border.checked_add_signed(by).unwrap();
    while !row.text.is_char_boundary(to as usize) {
        to = to.checked_add_signed(by).unwrap();
    }
    (row.spans[before].end, row.spans[after].start) = (to, to);
    true
}

fn split_off_the_last_byte(row: &mut Rendered) -> bool {
    let last = *row.spans.last().unwrap();
    let cut = last.end - 1;
    if !row.text.is_char_boundary(cut as usize) || cut <= last.start {
        return false;
    }
    row.spans.last_mut().unwrap().end = cut;
    row.spans.push(tooltrain_core::render::Span { start: cut, weight: 0.0, ..last });
    true
}

#[test]
fn every_planted_fault_is_met_in_every_family() {
    let mut table: BTreeMap<String, BTreeMap<&str, (usize, usize)>> = BTreeMap::new();
    let mut missed = Vec::new();
    for ready in Ready::all() {
        for case in ready.family.cases.iter().filter(|case| matches!(&case.expected, Expected::Trained(_))) {
            let recipe = ready.recipe(case);
            let Ok(shown) = show(&recipe, case) else { continue };
            assert_eq!(tokens_of(&recipe, &shown.rendered), shown.tokens, "nothing planted, nothing changed");
            for (name, plant) in FAULTS {
                let mut row = shown.rendered.clone();
                if !plant(&mut row) {
                    continue;
                }
                let met = objection(case, &row, &tokens_of(&recipe, &row)).is_some();
                let counts = table.entry(ready.family.name.clone()).or_default().entry(name).or_default();
                counts.0 += 1;
                counts.1 += usize::from(met);
                if !met {
                    missed.push(format!("{}/{}: {name}", ready.family.name, case.name));
                }
            }
        }
    }
    assert!(missed.is_empty(), "{} faults are not met:\n{}", missed.len(), missed.join("\n"));
    for (family, faults) in &table {
        let calls = family != "chatml";
        let planted = faults.values().filter(|(planted, _)| *planted > 0).count();
        assert!(planted >= if calls { 8 } else { 7 }, "{family}: {faults:?}");
    }
    let all: usize = table.values().flat_map(BTreeMap::values).map(|(planted, _)| planted).sum();
    assert!(all > 1000, "{all} faults planted");
}
