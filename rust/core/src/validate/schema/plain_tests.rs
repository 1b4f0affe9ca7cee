use tooltrain_json::Tape;

use super::super::tests::suite_cases;
use super::super::{Nothing, Outcome, Schemas, compile};
use super::*;

/// Whether the schema is plain; what it says of itself is what the library says of it.
fn is_plain(schema: &str) -> bool {
    let mut tape = Tape::default();
    let Some(plain) = tape.read(schema, 128).ok().and_then(Plain::read) else { return false };
    let compiled = compile(schema, &mut Tape::default(), &Nothing);
    assert_eq!(compiled.validator.as_ref().err(), None, "{schema}");
    assert_eq!(plain.words, compiled.words, "{schema}");
    true
}

/// Whether the arguments plainly fit; then the library takes them too.
fn accepts(schema: &str, arguments: &str) -> bool {
    let mut tape = Tape::default();
    let plain = tape.read(schema, 128).ok().and_then(Plain::read).unwrap();
    let accepted = plain.accepts(Tape::default().read(arguments, 128).unwrap());
    let mut schemas = Schemas::default();
    let mut read = super::super::Schema::read(schema.into(), &mut tape);
    read.plain = None;
    read.compiled(&mut tape);
    let valid = matches!(schemas.check(&read, arguments), Outcome::Valid);
    assert!(valid || !accepted, "{schema} does not take {arguments}");
    accepted
}

#[test]
fn the_words_of_most_tools_are_plain() {
    for schema in [
        "{}",
        r#"{"type": "object", "properties": {}}"#,
        r#"{"type": "dict", "properties": {"a": {"type": "float", "description": "x", "default": 1.5}}, "required": ["a"]}"#,
        r#"{"properties": {"a": {"type": ["str", "null"], "enum": ["x", "y"]}}, "required": [], "additionalProperties": false}"#,
        r#"{"properties": {"a": {"type": "array", "items": {"type": "any"}}, "b": {"type": "Optional[int]"}}}"#,
        r#"{"properties": {"a": {"type": "Widget"}, "b": {"type": ["strng", "null"]}}}"#,
        r#"{"title": "t", "properties": {"a": {"default": null, "enum": null}}, "required": null, "additionalProperties": true}"#,
    ] {
        assert!(is_plain(schema), "{schema}");
    }
}

#[test]
fn everything_else_is_left_to_the_library() {
    for schema in [
        "true",
        "[]",
        r#"{"$ref": "a"}"#,
        r#"{"type": 5}"#,
        r#"{"type": []}"#,
        r#"{"description": 5}"#,
        r#"{"const": null}"#,
        r#"{"enum": []}"#,
        r#"{"enum": [1]}"#,
        r#"{"type": "array", "enum": ["a"]}"#,
        r#"{"type": "list", "enum": ["a"]}"#,
        r#"{"properties": []}"#,
        r#"{"properties": {"a": true}}"#,
        r#"{"properties": {"a": {"required": true}}}"#,
        r#"{"properties": {"$ref": {}}}"#,
        r#"{"properties": {"a": {}}, "required": ["a", "a"]}"#,
        r#"{"properties": {"a": {}}, "required": ["b"]}"#,
        r#"{"properties": {"a": {}}, "required": [1]}"#,
        r#"{"items": [{}]}"#,
        r#"{"additionalProperties": {}}"#,
        r#"{"minimum": 3}"#,
    ] {
        assert!(!is_plain(schema), "{schema}");
    }
    let many = |count: usize| {
        let properties: Vec<_> = (0..count).map(|n| format!(r#""p{n}": {{}}"#)).collect();
        let listed: Vec<_> = (0..count).map(|n| format!(r#""v{n}""#)).collect();
        [
            format!(r#"{{"properties": {{{}}}}}"#, properties.join(", ")),
            format!(r#"{{"enum": [{}]}}"#, listed.join(", ")),
        ]
    };
    assert!(many(MOST).iter().all(|schema| is_plain(schema)));
    assert!(!many(MOST + 1).iter().any(|schema| is_plain(schema)));
}

#[test]
fn what_plainly_fits_is_accepted_and_nothing_else() {
    let schema = r#"{"type": "object", "properties": {"n": {"type": "integer"}, "x": {"type": "number"},
        "s": {"type": "string", "enum": ["a", "é"]}, "l": {"type": "array", "items": {"type": "boolean"}},
        "o": {"type": "object", "properties": {"i": {"type": ["null", "string"]}}, "required": ["i"]}},
        "required": ["n", "s"], "additionalProperties": false}"#;
    for fits in [
        r#"{"n": 1, "s": "a"}"#,
        r#"{"s": "\u00e9", "n": -12, "x": 1.5, "l": [true, false], "o": {"i": null}}"#,
        r#"{"o": {"i": "", "more": 1}, "l": [], "x": 1e400, "s": "a", "n": 123456789012345678901234567890}"#,
    ] {
        assert!(accepts(schema, fits), "{fits}");
    }
    for refused in [
        "[]",
        "{}",
        r#"{"n": 1}"#,
        r#"{"n": "1", "s": "a"}"#,
        r#"{"n": 1.5, "s": "a"}"#,
        r#"{"n": 1.0, "s": "a"}"#,
        r#"{"n": null, "s": "a"}"#,
        r#"{"n": 1, "s": "b"}"#,
        r#"{"n": 1, "s": ["a"]}"#,
        r#"{"n": 1, "s": "a", "l": [true, 1]}"#,
        r#"{"n": 1, "s": "a", "l": {}}"#,
        r#"{"n": 1, "s": "a", "o": {}}"#,
        r#"{"n": 1, "s": "a", "o": {"i": 1}}"#,
        r#"{"n": 1, "s": "a", "z": 1}"#,
    ] {
        assert!(!accepts(schema, refused), "{refused}");
    }
    assert!(accepts("{}", "[1]"));
    assert!(accepts(r#"{"required": []}"#, r#"{"a": 1}"#));
}

#[test]
fn arguments_that_do_not_plainly_fit_are_judged_by_the_library() {
    let mut schemas = Schemas::default();
    let schema = schemas.get(r#"{"properties": {"n": {"type": "integer"}}}"#);
    assert!(matches!(schemas.check(&schema, r#"{"n": 1}"#), Outcome::Valid));
    assert!(schema.compiled.get().is_none());
    assert!(matches!(schemas.check(&schema, r#"{"n": 1.0}"#), Outcome::Valid));
    assert!(schema.compiled.get().is_some());
    assert!(matches!(schemas.check(&schema, r#"{"n": 1.5}"#), Outcome::Invalid(_)));
}

#[test]
fn what_is_accepted_passes_the_tests_of_the_suite() {
    let mut accepted = 0;
    for (schema, tests) in suite_cases("draft2020-12") {
        if !is_plain(&schema) {
            continue;
        }
        accepted += tests.iter().filter(|(data, _)| accepts(&schema, data)).count();
        for (data, valid) in tests {
            assert!(valid || !accepts(&schema, &data), "{schema} {data}");
        }
    }
    assert!(accepted >= 50 || suite_cases("draft2020-12").is_empty(), "{accepted} accepted");
}

fn any_schema() -> impl proptest::strategy::Strategy<Value = serde_json::Value> {
    use proptest::prelude::*;
    use serde_json::json;
    let kind = prop_oneof![
        proptest::sample::select(
            &["string", "integer", "number", "boolean", "null", "array", "object", "dict", "any"][..]
        )
        .prop_map(|kind| json!({"type": kind})),
        Just(json!({"type": ["integer", "null"]})),
        Just(json!({"enum": ["a", "b"]})),
        Just(json!({"type": "array", "enum": ["a"]})),
        Just(json!({})),
    ];
    kind.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|items| json!({"type": "array", "items": items})),
            (proptest::collection::btree_map("[abc]", inner, 0..3), proptest::collection::btree_set("[abc]", 0..2), any::<bool>())
                .prop_map(|(properties, required, additional)| {
                    json!({"properties": properties, "required": required, "additionalProperties": additional})
                }),
        ]
    })
}

fn any_value() -> impl proptest::strategy::Strategy<Value = serde_json::Value> {
    use proptest::prelude::*;
    use serde_json::json;
    let leaf = proptest::sample::select(vec![
        json!(null),
        json!(true),
        json!(1),
        json!(2.5),
        json!("a"),
        json!("x"),
    ]);
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(serde_json::Value::from),
            proptest::collection::btree_map("[abcd]", inner, 0..3).prop_map(|members| json!(members)),
        ]
    })
}

proptest::proptest! {
    #[test]
    fn nothing_is_accepted_that_the_library_refuses(schema in any_schema(), value in any_value()) {
        let schema = schema.to_string();
        if is_plain(&schema) {
            accepts(&schema, &value.to_string());
        }
    }
}
