use super::*;
use std::time::{Duration, Instant};

fn check(schema: &str, arguments: &str) -> Outcome {
    let mut schemas = Schemas::default();
    let schema = schemas.get(schema);
    assert_eq!(schema.broken(), None);
    schemas.check(&schema, arguments)
}

fn violations(schema: &str, arguments: &str) -> Vec<(String, String)> {
    match check(schema, arguments) {
        Outcome::Valid => Vec::new(),
        Outcome::Invalid(violations) => {
            violations.into_iter().map(|violation| (violation.pointer, violation.message)).collect()
        }
        Outcome::Unchecked(why) => panic!("{why}"),
    }
}

fn broken(schema: &str) -> Option<String> {
    Schemas::default().get(schema).broken().map(str::to_owned)
}

#[test]
fn a_violation_says_what_where_and_why() {
    let schema = r#"{"type": "object", "properties": {"a": {"type": "array", "items": {"type": "integer"}}, "b": {"enum": ["x", "y"]}}, "required": ["c"], "additionalProperties": false}"#;
    assert_eq!(
        violations(schema, r#"{"a": [1, "2"], "b": "z", "d": 1}"#),
        [
            ("/a/1", r#"`"2"` is not of type "integer" at /a/1 (schema: /properties/a/items/type)"#),
            ("/b", r#"`"z"` is not one of "x" or "y" at /b (schema: /properties/b/enum)"#),
            (
                "",
                r"Additional properties are not allowed ('d' was unexpected) (schema: /additionalProperties)"
            ),
            ("", r#""c" is a required property (schema: /required)"#),
        ]
        .map(|(pointer, message)| (pointer.to_owned(), message.to_owned()))
    );
    assert_eq!(violations(schema, r#"{"a": [1, 2.0]}"#).len(), 1);
}

#[test]
fn text_is_not_converted_and_the_hint_says_so() {
    let Outcome::Invalid(found) = check(r#"{"properties": {"n": {"type": "integer"}}}"#, r#"{"n": "2"}"#)
    else {
        panic!("\"2\" is not 2");
    };
    assert_eq!(found[0].hint.as_deref(), Some("text is not converted: write `2` without the quotes"));
    let Outcome::Invalid(found) = check(r#"{"properties": {"n": {"type": "integer"}}}"#, r#"{"n": "two"}"#)
    else {
        panic!("text is no integer");
    };
    assert_eq!(found[0].hint, None);
}

#[test]
fn values_are_compared_by_what_they_say() {
    let schema = r#"{"properties": {"v": {"enum": [1, "a\"é", [1.0, {"x": null, "y": true}], 123456789012345678901234567890]}}}"#;
    for valid in ["1", "1.0", "10e-1", r#""a\"é""#, r#""\u0061\"\u00e9""#, r#"[1, {"y": true, "x": null}]"#]
    {
        assert_eq!(violations(schema, &format!(r#"{{"v": {valid}}}"#)), [], "{valid}");
    }
    for invalid in [
        "2",
        "\"1\"",
        "true",
        "[1]",
        r#"[1, {"x": null}]"#,
        r#"[1, {"x": null, "y": false}]"#,
        "null",
        "\"a\"",
    ] {
        assert_eq!(violations(schema, &format!(r#"{{"v": {invalid}}}"#)).len(), 1, "{invalid}");
    }
    let unique = r#"{"properties": {"v": {"uniqueItems": true, "minLength": 3, "multipleOf": 0.1}}}"#;
    assert_eq!(violations(unique, r#"{"v": [1, "1", [1], {"a": 1}, {"a": 2}]}"#), []);
    assert_eq!(violations(unique, r#"{"v": [1, 2, 1.0]}"#).len(), 1);
    assert_eq!(violations(unique, r#"{"v": "äöü"}"#), []);
    assert_eq!(violations(unique, r#"{"v": "äö"}"#).len(), 1);
    assert_eq!(violations(unique, r#"{"v": 0.3}"#), []);
    let names = r#"{"propertyNames": {"pattern": "^[a-z]+$", "maxLength": 3, "enum": ["ab", "abcd", "AB"]}}"#;
    assert_eq!(violations(names, r#"{"ab": 1}"#), []);
    assert_eq!(violations(names, r#"{"AB": 1}"#).len(), 1);
    assert_eq!(violations(names, r#"{"abcd": 1}"#).len(), 1);
    assert_eq!(violations(names, r#"{"cd": 1}"#).len(), 1);
}

#[test]
fn big_numbers_are_judged() {
    let schema = r#"{"properties": {"n": {"type": "integer", "maximum": 100}}}"#;
    for (number, valid) in [
        ("99", true),
        ("1e400", false),
        ("123456789012345678901234567890", false),
        ("-1e400", true),
        ("1e-1", false),
    ] {
        assert_eq!(violations(schema, &format!(r#"{{"n": {number}}}"#)).is_empty(), valid, "{number}");
    }
}

#[test]
fn older_drafts_are_found_by_what_only_they_allow() {
    let tuple =
        r#"{"properties": {"a": {"type": "array", "items": [{"type": "integer"}]}}, "definitions": {}}"#;
    assert_eq!(violations(tuple, r#"{"a": ["x"]}"#).len(), 1);
    let exclusive = r#"{"properties": {"a": {"minimum": 3, "exclusiveMinimum": true}}}"#;
    assert_eq!(violations(exclusive, r#"{"a": 3}"#).len(), 1);
    let named = r##"{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"$ref": "#/definitions/x"}}, "definitions": {"x": {"type": "integer"}}}"##;
    assert_eq!(violations(named, r#"{"a": "x"}"#).len(), 1);
}

#[test]
fn schemas_that_cannot_be_used_say_why() {
    assert!(broken(r#"{"type": "object", "properties": {"n": 5}}"#).unwrap().contains("/properties/n"));
    assert!(broken("[]").is_some());
    assert!(broken(r#"{"properties": {"a": {"pattern": "("}}}"#).is_some());
    assert_eq!(broken("{}"), None);
    assert_eq!(broken("true"), None);
    assert!(
        broken(&format!(r#"{{"description": "{}"}}"#, "x".repeat(MOST_SCHEMA_BYTES)))
            .unwrap()
            .contains("KiB")
    );
    let deep = format!("{}{{}}{}", r#"{"not": "#.repeat(200), "}".repeat(200));
    assert!(broken(&deep).unwrap().contains("deeper"));
}

#[test]
fn a_schema_is_compiled_once_and_the_memory_is_bounded() {
    let mut schemas = Schemas::default();
    let first = schemas.get(r#"{"type": "object"}"#);
    assert!(Arc::ptr_eq(&first, &schemas.get(r#"{"type": "object"}"#)));
    for n in 0..300 {
        schemas.get(&format!(r#"{{"title": "{n} {}"}}"#, "x".repeat(200 << 10)));
        assert!(schemas.bytes <= MOST_CACHED_BYTES);
    }
    assert!(!Arc::ptr_eq(&first, &schemas.get(r#"{"type": "object"}"#)));
}

/// Nothing may take longer than this, in a build without optimization and beside other tests.
const PATIENCE: Duration = Duration::from_millis(if cfg!(debug_assertions) { 2000 } else { 250 });

/// Compiles and checks on a thread with the stack that threads have by default.
fn within_patience(name: &str, schema: String, arguments: String) -> (Option<String>, Option<Outcome>) {
    let name = name.to_owned();
    let run = move || {
        let start = Instant::now();
        let mut schemas = Schemas::default();
        let schema = schemas.get(&schema);
        let compiled = start.elapsed();
        let broken = schema.broken().map(str::to_owned);
        let outcome = broken.is_none().then(|| schemas.check(&schema, &arguments));
        let took = start.elapsed();
        eprintln!(
            "{name}: compiled in {compiled:?}, {took:?} in all: {}",
            match &outcome {
                None => broken.clone().unwrap_or_default(),
                Some(Outcome::Valid) => "valid".to_owned(),
                Some(Outcome::Invalid(found)) => format!("{} violations", found.len()),
                Some(Outcome::Unchecked(why)) => why.clone(),
            }
        );
        assert!(took < PATIENCE, "{name} took {took:?}");
        (broken, outcome)
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap()
}

/// `$defs` in which each of `levels` definitions uses the next one twice, by `spell`.
fn doubling(levels: usize, leaf: &str, spell: impl Fn(usize) -> String) -> String {
    let mut definitions: Vec<_> =
        (0..levels).map(|level| format!(r#""d{level}": {}"#, spell(level + 1))).collect();
    definitions.push(format!(r#""d{levels}": {leaf}"#));
    format!(
        r##"{{"$defs": {{{}}}, "properties": {{"x": {{"$ref": "#/$defs/d0"}}}}}}"##,
        definitions.join(", ")
    )
}

fn both(keyword: &str) -> impl Fn(usize) -> String + '_ {
    move |level| {
        format!(r##"{{"{keyword}": [{{"$ref": "#/$defs/d{level}"}}, {{"$ref": "#/$defs/d{level}"}}]}}"##)
    }
}

#[test]
fn hostile_schemas_end_soon() {
    let text = |length: usize| format!(r#"{{"x": "{}!"}}"#, "a".repeat(length));
    let pattern = |pattern: &str| format!(r#"{{"properties": {{"x": {{"pattern": "{pattern}"}}}}}}"#);
    for (name, hostile) in [
        ("nested plus", "^(a+)+$"),
        ("overlapping choice", "^(a|aa)+$"),
        ("three stars", "^(a*)*(a*)*(a*)*$"),
        ("exponential states", "(a|b)*a(a|b){12}!"),
        ("wide repeat", "^(a{1,30}){1,30}$"),
    ] {
        for length in [30, 50_000, 5_000_000] {
            within_patience(name, pattern(hostile), text(length));
        }
    }
    let (broken, _) = within_patience("huge repeat", pattern("((a{1,100}){1,100}){1,100}"), text(10));
    assert!(broken.is_some());
    let (broken, _) = within_patience("look-around is not linear", pattern("^(?=.*a)(?!b)a+$"), text(10));
    assert!(broken.is_some());
    let (broken, _) = within_patience("back-reference is not linear", pattern(r"^(a+)\\1$"), text(10));
    assert!(broken.is_some());
    let many: Vec<_> =
        (0..32).map(|n| format!(r#""p{n}": {{"pattern": "^([a-z]{{1,40}}){{1,40}}{n}$"}}"#)).collect();
    within_patience("many patterns", format!(r#"{{"properties": {{{}}}}}"#, many.join(", ")), text(10));

    for keyword in ["allOf", "anyOf", "oneOf"] {
        for leaf in ["{}", r#"{"type": "integer"}"#, r#"{"type": "string"}"#, r#"{"not": {}}"#] {
            for value in [r#""a""#, "1", "{}", r#"{"y": [1]}"#] {
                let schema = doubling(24, leaf, both(keyword));
                within_patience(
                    &format!("2^24 {keyword} of {leaf} on {value}"),
                    schema,
                    format!(r#"{{"x": {value}}}"#),
                );
            }
        }
    }
    let nested = |level: usize| {
        format!(
            r##"{{"properties": {{"a": {{"$ref": "#/$defs/d{level}"}}}}, "allOf": [{{"properties": {{"a": {{"$ref": "#/$defs/d{level}"}}}}}}]}}"##
        )
    };
    let deep = format!("{}1{}", r#"{"a": "#.repeat(24), "}".repeat(24));
    for leaf in ["{}", r#"{"type": "string"}"#] {
        within_patience("2^24 through properties", doubling(24, leaf, nested), format!(r#"{{"x": {deep}}}"#));
    }
    let unevaluated = |level: usize| {
        format!(
            r##"{{"allOf": [{{"$ref": "#/$defs/d{level}"}}, {{"$ref": "#/$defs/d{level}"}}], "unevaluatedProperties": false}}"##
        )
    };
    within_patience(
        "2^24 unevaluated",
        doubling(24, r#"{"properties": {"y": true}}"#, unevaluated),
        r#"{"x": {"y": 1, "z": 2}}"#.into(),
    );

    let few = |level: usize| {
        let three = format!(r##"{{"$ref": "#/$defs/d{level}"}}, "##).repeat(3);
        format!(r#"{{"allOf": [{three}{{}}], "unevaluatedProperties": false}}"#)
    };
    within_patience(
        "3^3 unevaluated",
        doubling(3, r#"{"properties": {"y": true}}"#, few),
        r#"{"x": {"y": 1, "z": 2}}"#.into(),
    );

    within_patience("reference to itself", r##"{"$ref": "#"}"##.into(), "{}".into());
    within_patience("references in a ring", r##"{"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "properties": {"x": {"$ref": "#/$defs/a"}}}"##.into(), text(1));
    let recursive = r##"{"$defs": {"t": {"anyOf": [{"type": "integer"}, {"type": "object", "additionalProperties": {"$ref": "#/$defs/t"}}, {"type": "array", "items": {"$ref": "#/$defs/t"}}]}}, "additionalProperties": {"$ref": "#/$defs/t"}}"##;
    let deep = format!(r#"{{"x": {}1{}}}"#, "[".repeat(120), "]".repeat(120));
    let (_, outcome) = within_patience("recursive on 120 levels", recursive.into(), deep);
    assert!(matches!(outcome, Some(Outcome::Valid)));
    let deep = format!(r#"{{"x": {}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let (_, outcome) = within_patience("recursive on 100,000 levels", recursive.into(), deep);
    assert!(matches!(outcome, Some(Outcome::Unchecked(_))));
    let wide = format!(r#"{{"x": [{}]}}"#, "1,".repeat(300_000) + "1");
    within_patience("recursive on 300,000 elements", recursive.into(), wide);
    let unique = r#"{"properties": {"x": {"uniqueItems": true}}}"#;
    let objects = format!(r#"{{"x": [{}{{}}]}}"#, r#"{"a": [1, 2], "b": {"c": 1}},"#.repeat(50_000));
    within_patience("unique objects", unique.into(), objects);
    let numbers: Vec<_> = (0..100_000).map(|n| format!("{n}.5")).collect();
    within_patience("unique numbers", unique.into(), format!(r#"{{"x": [{}]}}"#, numbers.join(",")));
    let chain: Vec<_> = (0..3000).map(|n| format!(r##""d{n}": {{"$ref": "#/$defs/d{}"}}"##, n + 1)).collect();
    let chain = format!(
        r##"{{"$defs": {{{}, "d3000": {{}}}}, "properties": {{"x": {{"$ref": "#/$defs/d0"}}}}}}"##,
        chain.join(", ")
    );
    within_patience("a chain of 3,000 references", chain, text(1));
    let ring: Vec<_> =
        (0..1000).map(|n| format!(r##""d{n}": {{"anyOf": [{{"$ref": "#/$defs/d{}"}}]}}"##, n + 1)).collect();
    for (name, leaf) in [("valid", r#"{"type": "object"}"#), ("not valid", r#"{"type": "integer"}"#)] {
        let ring = format!(
            r##"{{"$defs": {{{}, "d1000": {{"properties": {{"a": {{"$ref": "#/$defs/d0"}}, "b": {leaf}}}}}}}, "properties": {{"a": {{"$ref": "#/$defs/d0"}}}}}}"##,
            ring.join(", ")
        );
        for levels in [1, 5, 60, 120] {
            let arguments = format!("{}{{\"b\": {{}}}}{}", r#"{"a": "#.repeat(levels), "}".repeat(levels));
            let name = format!("1,000 references a level, {levels} levels, {name}");
            within_patience(&name, ring.clone(), arguments);
        }
    }
    let branches =
        format!(r#"{{"additionalProperties": {{"allOf": [{}{{}}]}}}}"#, r#"{"minimum": 0},"#.repeat(12_000));
    let members: Vec<_> = (0..20_000).map(|n| format!(r#""k{n}": 1"#)).collect();
    within_patience("12,000 branches on 20,000 members", branches, format!("{{{}}}", members.join(",")));
    let listed: Vec<_> = (0..20_000).map(|n| format!(r#"{{"k": {n}}}"#)).collect();
    let listed = format!(r#"{{"additionalProperties": {{"enum": [{}]}}}}"#, listed.join(","));
    let members: Vec<_> = (0..20_000).map(|n| format!(r#""k{n}": {{"k": -1}}"#)).collect();
    within_patience("20,000 choices for 20,000 members", listed, format!("{{{}}}", members.join(",")));
}

#[test]
fn no_reference_is_fetched() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("schema.json");
    std::fs::write(&file, r#"{"type": "string"}"#).unwrap();
    for reference in [
        format!("http://{address}/schema.json"),
        format!("https://{address}/schema.json"),
        format!("file://{}", file.display()),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "schema.json".to_owned(),
        "json-schema:///x".to_owned(),
    ] {
        for keyword in ["$ref", "$dynamicRef", "$schema"] {
            let schema = format!(r#"{{"properties": {{"x": {{"{keyword}": "{reference}"}}}}}}"#);
            let (broken, outcome) = within_patience(&reference, schema, r#"{"x": 1}"#.into());
            assert!(broken.is_some() || matches!(outcome, Some(Outcome::Valid)), "{keyword} {reference}");
        }
        let root = format!(r#"{{"$schema": "{reference}", "$id": "{reference}"}}"#);
        within_patience(&reference, root, "{}".into());
    }
    assert!(listener.accept().is_err(), "somebody connected");
}

/// Serves the remote schemas of the suite; only the test does so.
#[derive(Clone)]
struct Remotes(std::path::PathBuf);

impl Retrieve for Remotes {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let path = uri.as_str().strip_prefix("http://localhost:1234/").ok_or("not a remote of the suite")?;
        Ok(serde_json::from_slice(&std::fs::read(self.0.join(path))?)?)
    }
}

#[test]
fn the_required_tests_of_the_suite_pass() {
    let shared = std::env::var_os("TOOLTRAIN_SHARED").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        std::path::PathBuf::from,
    );
    let suite = shared.join("suites/JSON-Schema-Test-Suite");
    if !suite.is_dir() {
        return;
    }
    for (folder, draft, least) in [
        ("draft7", "http://json-schema.org/draft-07/schema#", 800),
        ("draft2020-12", "https://json-schema.org/draft/2020-12/schema", 1100),
    ] {
        let mut run = 0;
        let mut failed = Vec::new();
        for file in std::fs::read_dir(suite.join("tests").join(folder)).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            for case in cases {
                let mut schema = case["schema"].clone();
                if let Some(members) = schema.as_object_mut() {
                    members.entry("$schema").or_insert_with(|| draft.into());
                }
                let mut schemas = Schemas::default();
                let compiled =
                    compile(&schema.to_string(), &mut schemas.tape, &Remotes(suite.join("remotes")));
                for test in case["tests"].as_array().unwrap() {
                    run += 1;
                    let outcome = schemas.check(&compiled, &test["data"].to_string());
                    let valid = match outcome {
                        _ if compiled.broken().is_some() => None,
                        Outcome::Valid => Some(true),
                        Outcome::Invalid(_) => Some(false),
                        Outcome::Unchecked(_) => None,
                    };
                    if valid != test["valid"].as_bool() {
                        let why = compiled.broken().unwrap_or("wrong verdict");
                        failed.push(format!(
                            "{}: {} / {}: {why}",
                            path.display(),
                            case["description"],
                            test["description"]
                        ));
                    }
                }
            }
        }
        assert!(failed.is_empty(), "{} of {run} failed:\n{}", failed.len(), failed.join("\n"));
        assert!(run >= least, "{run} tests in {folder}");
    }
}
