use std::borrow::Cow;

use super::keys::signature;
use super::*;
use proptest::prelude::*;

fn problems(text: &str) -> Vec<(ProblemKind, usize, String)> {
    let mut tape = Tape::default();
    match tape.read(text, 256) {
        Ok(_) => Vec::new(),
        Err(found) => found.iter().map(|p| (p.kind, p.offset, p.pointer.clone())).collect(),
    }
}

#[test]
fn source_text_is_kept_as_it_was_spelled() {
    let text =
        r#" {"n": [1E5, 2.50, 1e400, -0.0, 123456789012345678901234567890], "k\u0061": {"x" : null} } "#;
    let mut tape = Tape::default();
    let record = tape.read(text, 8).unwrap();
    assert_eq!(record.source(), text.trim());
    let numbers: Vec<_> = record.get("n").unwrap().elements().map(Json::source).collect();
    assert_eq!(numbers, ["1E5", "2.50", "1e400", "-0.0", "123456789012345678901234567890"]);
    assert_eq!(record.get("ka").unwrap().source(), r#"{"x" : null}"#);
    assert_eq!(record.get("absent").map(Json::kind), None);
    assert!(record.get("ka").unwrap().get("x").unwrap().is_null());
}

#[test]
fn strings_are_borrowed_unless_they_hold_an_escape() {
    let text = r#"["plain é", "a\nb\u00e9\ud83d\ude00\/\"\\", ""]"#;
    let mut tape = Tape::default();
    let texts: Vec<_> = tape.read(text, 8).unwrap().elements().map(|value| value.text().unwrap()).collect();
    assert!(matches!(texts[0], Cow::Borrowed("plain é")));
    assert_eq!(texts[1], "a\nb\u{e9}\u{1f600}/\"\\");
    assert!(matches!(texts[2], Cow::Borrowed("")));
}

#[test]
fn elements_and_members_jump_over_what_is_inside() {
    let text = r#"[{"a": {"b": [1, [2], {}]}, "c": []}, [], 3]"#;
    let mut tape = Tape::default();
    let list = tape.read(text, 8).unwrap();
    let kinds: Vec<_> = list.elements().map(Json::kind).collect();
    assert_eq!(kinds, [Kind::Object, Kind::Array, Kind::Number]);
    let keys: Vec<_> = list.elements().next().unwrap().members().map(|(key, _)| key.into_owned()).collect();
    assert_eq!(keys, ["a", "c"]);
    assert_eq!(list.members().count(), 0);
    assert_eq!(list.elements().nth(1).unwrap().elements().count(), 0);
}

#[test]
fn a_problem_of_grammar_has_a_place_and_a_pointer() {
    assert_eq!(problems(""), [(ProblemKind::ExpectedValue, 0, String::new())]);
    assert_eq!(problems("{} x"), [(ProblemKind::Trailing, 3, String::new())]);
    assert_eq!(problems(r#"{"messages": [1, }"#), [(ProblemKind::ExpectedValue, 17, "/messages/1".into())]);
    assert_eq!(problems(r#"{"a": {"b/~c": tru}}"#), [(ProblemKind::ExpectedValue, 15, "/a/b~1~0c".into())]);
    assert_eq!(
        problems(r#"{"a" 1}"#),
        [(ProblemKind::ExpectedColon, 5, "/a".into())],
        "the key is known already"
    );
    assert_eq!(problems(r#"{"a": 1,}"#), [(ProblemKind::ExpectedKey, 8, String::new())]);
    assert_eq!(problems(r"{a: 1}"), [(ProblemKind::ExpectedKey, 1, String::new())]);
    assert_eq!(problems(r#"{"a": 1 "b"}"#)[0].0, ProblemKind::ExpectedComma { object: true });
    assert_eq!(problems("[1 2]")[0].0, ProblemKind::ExpectedComma { object: false });
    assert_eq!(problems("[1}")[0].0, ProblemKind::ExpectedComma { object: false });
    assert_eq!(problems("[\"\t\"]"), [(ProblemKind::ControlCharacter, 2, "/0".into())]);
    assert_eq!(problems(r#"["\x"]"#), [(ProblemKind::BadEscape, 2, "/0".into())]);
    assert_eq!(problems(r#"["\u12g4"]"#), [(ProblemKind::BadEscape, 2, "/0".into())]);
    assert_eq!(problems("[\"abc"), [(ProblemKind::OpenString, 5, "/0".into())]);
    assert_eq!(problems("[\"abc\\"), [(ProblemKind::OpenString, 6, "/0".into())]);
    for text in ["[-]", "[1.]", "[1e]", "[1e+]", "[-a]"] {
        assert_eq!(problems(text)[0].0, ProblemKind::BadNumber, "{text}");
    }
    for text in ["[01]", "[+1]", "[.5]", "[NaN]", "[Infinity]", "['a']", "[tru e]", "\u{feff}{}", "[1]\0"] {
        assert!(!problems(text).is_empty(), "{text}");
    }
}

#[test]
fn messages_show_the_piece_and_no_raw_control_character() {
    let text = "{\"messages\": [\"a\u{1b}[31m\u{202e}\"]}";
    let mut tape = Tape::default();
    let message = tape.read(text, 8).unwrap_err()[0].message(text, 8);
    assert!(message.contains("at byte 16") && message.contains("a\\u{1b}[31m"), "{message}");
    assert!(!message.contains('\u{1b}') && !message.contains('\u{202e}'), "{message}");
}

#[test]
fn every_repeated_key_is_found_at_every_level() {
    let found = problems(r#"{"a": 1, "b": {"x": 1, "y": 2, "x": 3}, "a": [{"": 0, "": 1}]}"#);
    let places: Vec<_> = found.iter().map(|(_, offset, pointer)| (*offset, pointer.as_str())).collect();
    assert!(found.iter().all(|(kind, ..)| *kind == ProblemKind::DuplicateKey));
    assert_eq!(places, [(31, "/b/x"), (54, "/a/0/"), (40, "/a")]);
}

#[test]
fn keys_are_equal_by_what_they_say() {
    assert_eq!(problems(r#"{"a": 1, "\u0061": 2}"#), [(ProblemKind::DuplicateKey, 9, "/a".into())]);
    assert_eq!(problems(r#"{"a\/b": 1, "a/b": 2}"#).len(), 1);
    assert_eq!(problems(r#"{"\u0061": 1, "b": 2}"#), []);
    assert_eq!(problems(r#"[{"a": 1}, {"a": 1}]"#), []);
}

#[test]
fn keys_that_only_look_alike_to_the_signature_are_kept_apart() {
    let text = format!(r#"{{"12345678{}abcdefgh": 1, "12345678{}abcdefgh": 2}}"#, "x", "y");
    assert_eq!(problems(&text), []);
    let many: Vec<_> = (0..3000).map(|n| format!(r#""prefix__{n:06}__suffix": 0"#)).collect();
    assert_eq!(problems(&format!("{{{}}}", many.join(","))), []);
    let repeated = format!(r#"{{{},"prefix__001234__suffix": 1}}"#, many.join(","));
    assert_eq!(problems(&repeated).len(), 1);
}

#[test]
fn the_signature_of_a_key_is_that_of_its_bytes_wherever_it_stands() {
    let text = b"abcdefghijklmnop";
    for (start, end) in (0..16).flat_map(|start| (start..16).map(move |end| (start, end))) {
        let alone = signature(&text[start..end], 0, end - start);
        assert_eq!(signature(text, start, end), alone);
        let mut followed = text[start..end].to_vec();
        followed.extend_from_slice(b"\": \xff\xff\xff\xff\xff\xff");
        assert_eq!(signature(&followed, 0, end - start), alone);
    }
    let short: Vec<_> = ["", "\0", "\0\0", "a", "a\0", "\0a", "b", "ab", "ba", "abcdefg", "abcdefh"]
        .map(|key| signature(key.as_bytes(), 0, key.len()))
        .into();
    assert!((1..short.len()).all(|at| !short[..at].contains(&short[at])));
}

#[test]
fn surrogates_pair_up_or_are_reported() {
    assert_eq!(problems(r#"["\ud83d\ude00"]"#), []);
    for unit in 0xD800..0xE000 {
        let found = problems(&format!(r#"["a", "b\u{unit:04x}"]"#));
        assert_eq!(found, [(ProblemKind::LoneSurrogate, 8, "/1".into())], "{unit:x}");
    }
    assert_eq!(problems(r#"["\ude00\ud83d"]"#).len(), 2);
    assert_eq!(problems(r#"["\ud83d\ud83d\ude00"]"#).len(), 1);
    assert_eq!(problems(r#"{"\ud800": 1, "\ud800": 2}"#).len(), 3);
}

#[test]
fn problems_that_are_not_of_grammar_are_all_reported_and_bounded() {
    let found = problems(r#"{"a": "\ud800", "a": "\udc00", "b": }"#);
    let kinds: Vec<_> = found.iter().map(|(kind, ..)| *kind).collect();
    assert_eq!(kinds, [ProblemKind::LoneSurrogate, ProblemKind::LoneSurrogate, ProblemKind::ExpectedValue]);
    assert!(problems(&format!("[{}0]", r#""\ud800","#.repeat(1000))).len() <= MOST_PROBLEMS + 1);
    assert!(problems(&format!("{{{}\"a\":0}}", r#""a":0,"#.repeat(1000))).len() <= MOST_PROBLEMS);
}

#[test]
fn depth_is_bounded_by_the_option_and_not_by_the_stack() {
    let mut tape = Tape::default();
    assert!(tape.read("[[[]]]", 3).is_ok());
    assert_eq!(tape.deepest(), 3);
    assert!(tape.read(r#"{"a": 1, "b": [2], "c": {}}"#, 3).is_ok());
    assert_eq!(tape.deepest(), 2);
    let found = tape.read("[[[{}]]]", 3).unwrap_err();
    assert_eq!((found[0].kind, found[0].offset), (ProblemKind::TooDeep, 3));
    let deep = "[".repeat(1_000_000);
    assert_eq!(tape.read(&deep, 256).unwrap_err()[0].kind, ProblemKind::TooDeep);
    assert_eq!(tape.read(&deep, u32::MAX).unwrap_err()[0].kind, ProblemKind::ExpectedValue);
    let closed = deep.clone() + &"]".repeat(1_000_000);
    assert!(tape.read(&closed, u32::MAX).is_ok());
    let objects = "{\"\":".repeat(100_000);
    assert_eq!(tape.read(&objects, u32::MAX).unwrap_err()[0].kind, ProblemKind::ExpectedValue);
}

#[test]
fn a_tape_forgets_the_text_before() {
    let mut tape = Tape::default();
    assert!(tape.read(r#"{"a": [1, {"a": "#, 8).is_err());
    assert_eq!(tape.read(r#"{"a": 1}"#, 8).unwrap().get("a").unwrap().source(), "1");
}

/// Builds a `serde_json` value by walking the tape.
/// Everything that a tape says of a text.
fn read_out(tape: &mut Tape, text: &str, max_depth: u32) -> String {
    match tape.read(text, max_depth) {
        Ok(json) => format!("{:?} {}", json.tape().nodes, json.tape().deepest()),
        Err(problems) => format!("{problems:?}"),
    }
}

#[test]
fn lists_that_come_again_are_read_the_same() {
    let tools = r#"[{"name": "f\u00e9", "parameters": {"a": [[1]], "b": {}}}, {"name": "g"}]"#;
    let longer = tools.replace(']', ", 3]");
    let records = [
        format!(r#"{{"id": 1, "tools": {tools}, "messages": []}}"#),
        format!(r#"{{"messages": [[2]], "tools": {tools}}}"#),
        format!(r#"{{"messages": [[2]], "tools":{tools}"#),
        format!(r#"{{"messages": [{{"tools": {tools}}}], "tools": {longer}, "a": {tools}}}"#),
        format!(r#"{{"tools": {tools}, "tools": {tools}}}"#),
        format!(r#"{{"tools": {tools}, "functions": {longer}, "x": tru}}"#),
        format!(r#"{{"tools": {}, "x": {{"y": 1, "y": 2}}}}"#, &tools[..tools.len() - 1]),
        format!(r#"{{"tools": {tools} {tools}}}"#),
        format!(r#"[{{"tools": {tools}}}, {tools}]"#),
        r#"{"tools": [], "x": []}"#.to_owned(),
        r#"{"tools": [{"name": "f", "name": "f"}]}"#.to_owned(),
        format!(r#"{{"tools": {}{}}}"#, "[".repeat(20), "]".repeat(20)),
    ];
    let mut tape = Tape::with_repeated_lists(&["tools", "functions"]);
    for max_depth in [256, 5, 6, 21, 20, 256] {
        for _ in 0..2 {
            for record in &records {
                let fresh = read_out(&mut Tape::default(), record, max_depth);
                assert_eq!(read_out(&mut tape, record, max_depth), fresh, "{record}");
            }
        }
    }
}

#[test]
fn known_lists_are_copied_and_bounded() {
    let mut tape = Tape::with_repeated_lists(&["tools"]);
    for number in 0..20 {
        tape.read(&format!(r#"{{"tools": [{number}]}}"#), 8).unwrap();
    }
    let mut known = |number: u32| {
        let text = format!("[{number}]");
        tape.repeated.copy(text.as_bytes(), 0, 8, &mut Vec::new()).is_some()
    };
    assert_eq!((0..20).filter(|&number| known(number)).collect::<Vec<_>>(), (12..20).collect::<Vec<_>>());
    let long = format!(r#"{{"tools": ["{}"]}}"#, "x".repeat(64 << 10));
    tape.read(&long, 8).unwrap();
    assert!(tape.repeated.copy(&long.as_bytes()[10..], 0, 8, &mut Vec::new()).is_none());
}

fn value_of(json: Json<'_, '_>) -> serde_json::Value {
    match json.kind() {
        Kind::Null => serde_json::Value::Null,
        Kind::True | Kind::False => json.boolean().unwrap().into(),
        Kind::Number => match json.source().parse::<i64>() {
            Ok(number) => number.into(),
            Err(_) => json.number().unwrap().into(),
        },
        Kind::String => json.text().unwrap().into_owned().into(),
        Kind::Array => json.elements().map(value_of).collect::<Vec<_>>().into(),
        Kind::Object => serde_json::Value::Object(
            json.members().map(|(key, value)| (key.into_owned(), value_of(value))).collect(),
        ),
    }
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        any::<String>().prop_map(serde_json::Value::from),
        "[ -~]{0,40}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            proptest::collection::vec(("[a-e]{0,2}|\\PC{0,12}", inner), 0..20)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

/// What this scanner says beyond the grammar, so that the rest can be compared.
fn only_extra(text: &str) -> bool {
    problems(text).iter().all(|(kind, ..)| {
        matches!(kind, ProblemKind::DuplicateKey | ProblemKind::LoneSurrogate | ProblemKind::TooDeep)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn reads_generated_values_as_serde_does(value in any_json(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let mut tape = Tape::default();
        let read = tape.read(&text, 256).map_err(<[_]>::to_vec);
        prop_assert!(read.is_ok(), "{:?}", read.err());
        prop_assert_eq!(value_of(read.unwrap()), value);
    }

    #[test]
    fn takes_and_refuses_damaged_text_as_serde_does(
        value in any_json(),
        edits in proptest::collection::vec((any::<proptest::sample::Index>(), "[\\[\\]{}\",:0-9eE+.\\\\untfalsr \n-]|\\PC|[\0-\x1f]", 0..3u8), 1..4),
    ) {
        let mut text: Vec<char> = serde_json::to_string(&value).unwrap().chars().collect();
        for (place, with, how) in edits {
            let at = place.index(text.len() + 1);
            let with = with.chars().next().unwrap();
            match how {
                0 => text.insert(at, with),
                1 if at < text.len() => text[at] = with,
                _ if at < text.len() => { text.remove(at); }
                _ => {}
            }
        }
        let text: String = text.into_iter().collect();
        let serde: Result<&serde_json::value::RawValue, _> = serde_json::from_str(&text);
        prop_assert_eq!(only_extra(&text), serde.is_ok(), "{:?} {:?}", text, serde.err());
    }

    #[test]
    fn generated_lists_that_come_again_are_read_the_same(
        lists in proptest::collection::vec(any_json(), 1..4),
        order in proptest::collection::vec((0..4_usize, any::<bool>()), 1..12),
    ) {
        let mut tape = Tape::with_repeated_lists(&["tools"]);
        for (number, first) in order {
            let tools = serde_json::json!([lists[number % lists.len()]]);
            let record = if first { format!(r#"{{"tools": {tools}, "x": 1}}"#) } else { format!(r#"{{"x": [], "tools": {tools}}}"#) };
            prop_assert_eq!(read_out(&mut tape, &record, 256), read_out(&mut Tape::default(), &record, 256));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[\\[\\]{}\",:0-9eE+.\\\\untfalsrd89 -]{0,60}|\\PC{0,40}") {
        let serde: Result<&serde_json::value::RawValue, _> = serde_json::from_str(&text);
        prop_assert_eq!(only_extra(&text), serde.is_ok(), "{:?} {:?}", text, serde.err());
    }
}
