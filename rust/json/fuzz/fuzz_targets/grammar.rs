//! The tape against serde on whatever text libFuzzer comes to: the same texts are JSON, their strings are the same,
//! and printing keeps the value. A tape that knows lists of earlier texts reads as a new one does.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;
use tooltrain_json::{Json, Kind, Tape, print_json, print_json_compact};

/// Deep enough for every text that serde reads.
const MAX_DEPTH: u32 = 1 << 20;

thread_local! {
    static TAPE: RefCell<Tape> = RefCell::new(Tape::with_repeated_lists(&["tools"]));
}

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let serde = serde_json::from_str::<&RawValue>(text);
    let mut fresh = Tape::default();
    let value = fresh.read(text, MAX_DEPTH).map_err(<[_]>::to_vec);
    TAPE.with_borrow_mut(|tape| {
        let again = tape.read(text, MAX_DEPTH).map_err(<[_]>::to_vec);
        assert_eq!(again.map(Json::source), value.clone().map(Json::source));
        if let Ok(value) = &value {
            assert_eq!(tape.deepest(), value.tape().deepest());
        }
    });
    match value {
        Ok(value) => {
            assert!(serde.is_ok(), "taken, and serde refuses: {:?}", serde.err());
            check_strings(value);
            assert_printed(value, print_json_compact);
            // Python prints a number beyond the range of floats as `Infinity`, which is no JSON.
            if is_finite(value) {
                assert_printed(value, print_json);
            }
        }
        Err(problems) => {
            let grammar = problems.iter().any(tooltrain_json::Problem::is_grammar);
            assert_eq!(grammar, serde.is_err(), "{problems:?}");
        }
    }
});

fn check_strings(value: Json<'_, '_>) {
    match value.kind() {
        Kind::String => {
            let expected: String = serde_json::from_str(value.source()).expect("a string");
            assert_eq!(value.text().as_deref(), Some(expected.as_str()));
        }
        Kind::Array => value.elements().for_each(check_strings),
        Kind::Object => value.members().for_each(|(_, value)| check_strings(value)),
        _ => {}
    }
}

fn is_finite(value: Json<'_, '_>) -> bool {
    value.number().is_none_or(f64::is_finite)
        && value.elements().all(is_finite)
        && value.members().all(|(_, value)| is_finite(value))
}

fn assert_printed(value: Json<'_, '_>, print: fn(&str, &mut String)) {
    let mut printed = String::new();
    print(value.source(), &mut printed);
    let mut tape = Tape::default();
    let read = tape.read(&printed, MAX_DEPTH).expect("printed JSON is JSON");
    assert_same(value, read);
}

/// Both have the same values in the same order.
fn assert_same(a: Json<'_, '_>, b: Json<'_, '_>) {
    assert_eq!(a.kind(), b.kind());
    match a.kind() {
        Kind::String => assert_eq!(a.text(), b.text()),
        Kind::Number => assert_eq!(a.number(), b.number()),
        Kind::Array => {
            assert_eq!(a.elements().count(), b.elements().count());
            a.elements().zip(b.elements()).for_each(|(a, b)| assert_same(a, b));
        }
        Kind::Object => {
            assert_eq!(a.members().count(), b.members().count());
            a.members().zip(b.members()).for_each(|((key, a), (other, b))| {
                assert_eq!(key, other);
                assert_same(a, b);
            });
        }
        _ => {}
    }
}
