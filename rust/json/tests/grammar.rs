//! What is JSON and what is not, on texts of every kind that RFC 8259 speaks of; serde's parser is asked as well.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use tooltrain_json::ProblemKind::{
    BadEscape, BadNumber, ControlCharacter, DuplicateKey, ExpectedColon, ExpectedComma, ExpectedKey,
    ExpectedValue, LoneSurrogate, OpenString, TooDeep, Trailing,
};
use tooltrain_json::{ProblemKind, Tape, print_json_compact};

const MAX_DEPTH: u32 = 64;

const TAKEN: &[&str] = &[
    // Values that stand alone, and white space around them.
    "null",
    "true",
    "false",
    "0",
    "\"\"",
    "[]",
    "{}",
    " \t\r\n[ \t\r\n] \t\r\n",
    "{ \"a\" : [ 1 , 2 ] , \"b\" : { } }",
    // Numbers in every spelling, also beyond what a float holds.
    "[-0, 0.0, -0.10, 1e5, 1E+05, 1e-05, 12.5e3, 1e400, 123456789012345678901234567890]",
    // Strings: what needs no escape, each escape, pairs of surrogates, what Unicode has no character for.
    "\"é 漢 😀 \u{7f} \u{2028} \u{feff}\"",
    r#""\" \\ \/ \b \f \n \r \t \u0000 \u00E9 \ud83d\uDE00 \uffff""#,
    r#""a\\\\\\\"b\\""#,
    // Keys: empty, escaped, alike but not equal.
    r#"{"": 1, "a": 2, "A": 3, "a ": 4, "\u0062": 5, "\\u0062": 6}"#,
    r#"[{"a": 1}, {"a": 1}]"#,
    "[[[[[[[[]]]]]]], {\"a\": {\"b\": {\"c\": {}}}}]",
];

const REFUSED: &[(&str, ProblemKind)] = &[
    // Nothing, or not all of a value.
    ("", ExpectedValue),
    (" \n", ExpectedValue),
    ("[", ExpectedValue),
    ("{", ExpectedKey),
    ("[1,", ExpectedValue),
    ("[1", ExpectedComma { object: false }),
    ("{\"a\":1", ExpectedComma { object: true }),
    ("{\"a\"", ExpectedColon),
    ("{\"a\":", ExpectedValue),
    ("\"a", OpenString),
    (r#""a\"#, OpenString),
    // Too much of one.
    ("1 2", Trailing),
    ("{}{}", Trailing),
    ("[]]", Trailing),
    ("null,", Trailing),
    ("{} // no", Trailing),
    // Commas and colons.
    ("[1,]", ExpectedValue),
    ("[,1]", ExpectedValue),
    ("[1 2]", ExpectedComma { object: false }),
    ("[1;2]", ExpectedComma { object: false }),
    ("[1}", ExpectedComma { object: false }),
    ("{\"a\":1,}", ExpectedKey),
    ("{,}", ExpectedKey),
    ("{\"a\":1]", ExpectedComma { object: true }),
    ("{\"a\":1 \"b\":2}", ExpectedComma { object: true }),
    ("{\"a\" 1}", ExpectedColon),
    ("{\"a\"::1}", ExpectedValue),
    ("{\"a\"}", ExpectedColon),
    // Keys that are no strings.
    ("{a: 1}", ExpectedKey),
    ("{1: 1}", ExpectedKey),
    ("{'a': 1}", ExpectedKey),
    ("{null: 1}", ExpectedKey),
    // Words that other languages have.
    ("nul", ExpectedValue),
    ("True", ExpectedValue),
    ("None", ExpectedValue),
    ("NaN", ExpectedValue),
    ("Infinity", ExpectedValue),
    ("undefined", ExpectedValue),
    ("'a'", ExpectedValue),
    ("/* a */ 1", ExpectedValue),
    ("\u{feff}[]", ExpectedValue),
    ("\u{a0}[]", ExpectedValue),
    // Numbers.
    ("-", BadNumber),
    ("-a", BadNumber),
    ("-Infinity", BadNumber),
    ("1.", BadNumber),
    ("1.e5", BadNumber),
    ("1e", BadNumber),
    ("1e+", BadNumber),
    ("01", Trailing),
    ("-01", Trailing),
    ("0x1f", Trailing),
    ("1_000", Trailing),
    ("+1", ExpectedValue),
    (".5", ExpectedValue),
    // Strings.
    (r#""\a""#, BadEscape),
    (r#""\x41""#, BadEscape),
    (r#""\'""#, BadEscape),
    (r#""\u12""#, BadEscape),
    (r#""\u12g4""#, BadEscape),
    (r#""\U0041""#, BadEscape),
    ("\"a\nb\"", ControlCharacter),
    ("\"\t\"", ControlCharacter),
    ("\"\0\"", ControlCharacter),
    ("\"\u{1f}\"", ControlCharacter),
];

/// JSON by its grammar, but read in different ways by different readers.
const AMBIGUOUS: &[(&str, ProblemKind)] = &[
    (r#"{"a": 1, "a": 1}"#, DuplicateKey),
    (r#"{"a": 1, "\u0061": 2}"#, DuplicateKey),
    (r#"[{"b": {"": 1, "": 2}}]"#, DuplicateKey),
    (r#""\ud800""#, LoneSurrogate),
    (r#""\udc00\ud800""#, LoneSurrogate),
    (r#"{"\ud83dx": 1}"#, LoneSurrogate),
];

fn problem(text: &str) -> Option<ProblemKind> {
    Tape::default().read(text, MAX_DEPTH).err().map(|problems| problems[0].kind)
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok()
}

#[test]
fn json_is_taken_and_keeps_its_text() {
    for text in TAKEN {
        assert!(is_json(text), "{text}");
        let mut tape = Tape::default();
        let value = tape.read(text, MAX_DEPTH).unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
        assert_eq!(value.source(), text.trim_matches([' ', '\t', '\r', '\n']));
        let mut compact = String::new();
        print_json_compact(value.source(), &mut compact);
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
        assert_eq!(read(&compact), read(text), "{text}");
    }
}

#[test]
fn what_is_no_json_is_refused_with_its_reason() {
    for (text, kind) in REFUSED {
        assert!(!is_json(text), "{text}");
        assert_eq!(problem(text), Some(*kind), "{text}");
    }
}

#[test]
fn json_that_readers_disagree_about_is_refused() {
    for (text, kind) in AMBIGUOUS {
        let mut tape = Tape::default();
        let problems = tape.read(text, MAX_DEPTH).unwrap_err();
        assert!(problems.iter().all(|problem| problem.kind == *kind && !problem.is_grammar()), "{text}");
    }
}

#[test]
fn depth_is_a_limit_and_not_grammar() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(problem(&nested(MAX_DEPTH as usize)), None);
    assert_eq!(problem(&nested(MAX_DEPTH as usize + 1)), Some(TooDeep));
}

/// No text leaves anything on a tape that the next one would see.
#[test]
fn a_tape_reads_after_any_text_as_a_new_one_does() {
    let mut tape = Tape::with_repeated_lists(&["tools"]);
    let good = r#"{"tools": [{"name": "f"}], "messages": [1, "a\n"]}"#;
    let texts = REFUSED.iter().chain(AMBIGUOUS).map(|(text, _)| *text).chain(TAKEN.iter().copied());
    for text in texts {
        let _ = tape.read(text, MAX_DEPTH);
        let value =
            tape.read(good, MAX_DEPTH).unwrap_or_else(|problems| panic!("after {text}: {problems:?}"));
        assert_eq!(
            value.at("/tools/0/name").and_then(tooltrain_json::Json::text).as_deref(),
            Some("f"),
            "after {text}"
        );
        assert_eq!(
            value.at("/messages/1").and_then(tooltrain_json::Json::text).as_deref(),
            Some("a\n"),
            "after {text}"
        );
        assert_eq!(tape.deepest(), 3);
    }
}
