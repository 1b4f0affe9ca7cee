//! The tape against JSONTestSuite, where its files are there; `grammar.rs` has texts of the same kinds.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../core/tests/shared_data/mod.rs"]
mod shared_data;

use tooltrain_json::{ProblemKind, Tape};

/// What a reader of lines makes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Taken,
    NotUtf8,
    Refused(ProblemKind),
}

use Outcome::{NotUtf8, Refused, Taken};

fn suite() -> Vec<(String, Vec<u8>)> {
    let files = shared_data::files("suites/JSONTestSuite/test_parsing");
    files
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect()
}

fn outcomes(tape: &mut Tape, bytes: &[u8]) -> Vec<Outcome> {
    let Ok(text) = std::str::from_utf8(bytes) else { return vec![NotUtf8] };
    match tape.read(text, 256) {
        Ok(_) => vec![Taken],
        Err(problems) => problems.iter().map(|problem| Refused(problem.kind)).collect(),
    }
}

/// What happens to the files that the suite leaves open, and to the two `y_` files whose keys stand twice, which
/// is JSON but ambiguous.
fn documented(name: &str) -> Option<Outcome> {
    Some(match name {
        "y_object_duplicated_key.json" | "y_object_duplicated_key_and_value.json" => {
            Refused(ProblemKind::DuplicateKey)
        }
        "i_structure_500_nested_arrays.json" => Refused(ProblemKind::TooDeep),
        "i_structure_UTF-8_BOM_empty_object.json" => Refused(ProblemKind::ExpectedValue),
        name if name.starts_with("i_number_") => Taken,
        name if name.starts_with("i_object_key_lone") || SURROGATES.contains(&name) => {
            Refused(ProblemKind::LoneSurrogate)
        }
        name if name.starts_with("i_string_") => NotUtf8,
        _ => return None,
    })
}

const SURROGATES: &[&str] = &[
    "i_string_1st_surrogate_but_2nd_missing.json",
    "i_string_1st_valid_surrogate_2nd_invalid.json",
    "i_string_incomplete_surrogate_and_escape_valid.json",
    "i_string_incomplete_surrogate_pair.json",
    "i_string_incomplete_surrogates_escape_valid.json",
    "i_string_invalid_lonely_surrogate.json",
    "i_string_invalid_surrogate.json",
    "i_string_inverted_surrogates_U+1D11E.json",
    "i_string_lone_second_surrogate.json",
];

#[test]
fn every_file_is_taken_or_refused_as_the_suite_says() {
    let files = suite();
    let mut tape = Tape::default();
    let mut seen = [0; 3];
    for (name, bytes) in &files {
        let outcomes = outcomes(&mut tape, bytes);
        match &name[..2] {
            "y_" => {
                seen[0] += 1;
                assert_eq!(outcomes, [documented(name).unwrap_or(Taken)], "{name}");
            }
            "n_" => {
                seen[1] += 1;
                assert!(!outcomes.contains(&Taken), "{name} was taken");
            }
            _ => {
                seen[2] += 1;
                let expected =
                    documented(name).unwrap_or_else(|| panic!("{name} is not documented: {outcomes:?}"));
                assert!(outcomes.iter().all(|outcome| *outcome == expected), "{name}: {outcomes:?}");
            }
        }
    }
    assert!(files.is_empty() || seen == [95, 188, 35], "{seen:?}");
}
