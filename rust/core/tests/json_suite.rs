//! The JSON layer against JSONTestSuite.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod shared_data;

use tooltrain_core::finding::{Code, Finding};
use tooltrain_core::parse::{ParseOptions, Scratch, parse};
use tooltrain_json::Tape;

const GOOD: &str =
    r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;

fn suite() -> Vec<(String, Vec<u8>)> {
    let files = shared_data::files("suites/JSONTestSuite/test_parsing");
    files
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect()
}

/// The codes that the JSON layer gives a text: those before a layout is looked for.
fn json_codes(text: &[u8], max_depth: u32) -> Vec<Code> {
    let options = ParseOptions { max_depth, ..ParseOptions::default() };
    let of_json = |finding: &Finding| {
        matches!(
            finding.code,
            Code::InvalidJson | Code::InvalidUtf8 | Code::LoneSurrogate | Code::DuplicateKey | Code::TooDeep
        )
    };
    match parse(text, &mut Scratch::default(), &options) {
        Ok(_) => Vec::new(),
        Err(findings) => {
            findings.iter().filter(|finding| of_json(finding)).map(|finding| finding.code).collect()
        }
    }
}

/// What this reader makes of the files that the suite leaves open, and of the two `y_` files whose
/// keys stand twice, which is JSON but ambiguous.
fn documented(name: &str) -> Option<Vec<Code>> {
    let codes = match name {
        "y_object_duplicated_key.json" | "y_object_duplicated_key_and_value.json" => vec![Code::DuplicateKey],
        "i_structure_500_nested_arrays.json" => vec![Code::TooDeep],
        "i_structure_UTF-8_BOM_empty_object.json" => vec![Code::InvalidJson],
        name if name.starts_with("i_number_") => vec![],
        name if name.starts_with("i_object_key_lone") || SURROGATES.contains(&name) => {
            vec![Code::LoneSurrogate]
        }
        name if TWO_SURROGATES.contains(&name) => vec![Code::LoneSurrogate, Code::LoneSurrogate],
        name if name.starts_with("i_string_") => vec![Code::InvalidUtf8],
        _ => return None,
    };
    Some(codes)
}

const SURROGATES: &[&str] = &[
    "i_string_1st_surrogate_but_2nd_missing.json",
    "i_string_1st_valid_surrogate_2nd_invalid.json",
    "i_string_incomplete_surrogate_and_escape_valid.json",
    "i_string_incomplete_surrogate_pair.json",
    "i_string_invalid_lonely_surrogate.json",
    "i_string_invalid_surrogate.json",
    "i_string_lone_second_surrogate.json",
    "i_string_inverted_surrogates_U+1D11E.json",
];

const TWO_SURROGATES: &[&str] = &["i_string_incomplete_surrogates_escape_valid.json"];

#[test]
fn every_file_is_taken_or_refused_as_the_suite_says() {
    let files = suite();
    let mut seen = [0; 3];
    for (name, text) in &files {
        let codes = json_codes(text, 256);
        match &name[..2] {
            "y_" => {
                seen[0] += 1;
                assert_eq!(codes, documented(name).unwrap_or_default(), "{name}");
                assert!(std::str::from_utf8(text).is_ok());
            }
            "n_" => {
                seen[1] += 1;
                assert!(!codes.is_empty(), "{name} was taken");
            }
            _ => {
                seen[2] += 1;
                let expected =
                    documented(name).unwrap_or_else(|| panic!("{name} is not documented: {codes:?}"));
                assert_eq!(dedup(codes), dedup(expected), "{name}");
            }
        }
    }
    assert!(files.is_empty() || seen == [95, 188, 35], "{seen:?}");
}

fn dedup(mut codes: Vec<Code>) -> Vec<Code> {
    codes.dedup();
    codes
}

#[test]
fn no_neighbor_is_lost_and_no_depth_ends_the_process() {
    let mut scratch = Scratch::default();
    for (name, text) in suite() {
        let one_line: Vec<u8> = text.into_iter().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
        for line in [GOOD.as_bytes(), &one_line, GOOD.as_bytes()] {
            let taken = parse(line, &mut scratch, &ParseOptions::default()).is_ok();
            assert_eq!(taken, line == GOOD.as_bytes(), "beside {name}");
        }
    }
}

#[test]
fn the_two_files_with_a_key_twice_are_json_all_the_same() {
    for (name, text) in suite().iter().filter(|(name, _)| name.starts_with("y_object_duplicated")) {
        let mut tape = Tape::default();
        let problems = tape.read(std::str::from_utf8(text).unwrap(), 256).unwrap_err().to_vec();
        assert!(problems.iter().all(|problem| !problem.is_grammar()), "{name}");
    }
}
