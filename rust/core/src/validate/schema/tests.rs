use super::*;
use hostile_schemas::{Ends, Hostile};
use std::time::{Duration, Instant};

#[path = "../../../tests/support/hostile_schemas.rs"]
#[allow(unreachable_pub, missing_docs, reason = "an example uses it too")]
mod hostile_schemas;

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

#[test]
fn schemas_are_those_of_the_texts_whatever_was_kept() {
    let mut schemas = Schemas::default();
    let [a, b, c] = [r#"{"type": "object"}"#, r#"{"type": "array"}"#, r#"{"minProperties": 1}"#];
    for texts in [
        vec![Some(a), None, Some(b)],
        vec![Some(a), None, Some(b)],
        vec![Some(b)],
        vec![None, Some(a), Some(c), Some(c)],
        vec![],
        vec![Some(c), Some(a)],
    ] {
        let read = schemas.of(texts.iter().copied());
        let spelled: Vec<_> = read.iter().map(|schema| schema.as_ref().map(|schema| &*schema.text)).collect();
        assert_eq!(spelled, texts);
        schemas.keep(read);
    }
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

#[test]
fn hostile_schemas_end_soon() {
    for Hostile { name, schema, arguments, ends } in hostile_schemas::cases() {
        let (broken, outcome) = within_patience(&name, schema, arguments);
        match ends {
            Ends::Somehow => {}
            Ends::Broken => assert!(broken.is_some(), "{name}"),
            Ends::Valid => assert!(matches!(outcome, Some(Outcome::Valid)), "{name}"),
            Ends::Unchecked => assert!(matches!(outcome, Some(Outcome::Unchecked(_))), "{name}"),
        }
    }
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

fn suite() -> Option<std::path::PathBuf> {
    let shared = std::env::var_os("TOOLTRAIN_SHARED").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        std::path::PathBuf::from,
    );
    Some(shared.join("suites/JSON-Schema-Test-Suite")).filter(|suite| suite.is_dir())
}

/// The cases of a draft as the suite has them: file, description, schema and tests.
fn cases_of(draft: &str) -> Vec<(String, Value)> {
    let Some(suite) = suite() else { return Vec::new() };
    let files = std::fs::read_dir(suite.join("tests").join(draft)).unwrap().map(|file| file.unwrap().path());
    let mut cases = Vec::new();
    for path in files.filter(|path| path.extension().is_some_and(|extension| extension == "json")) {
        let of_file: Vec<Value> = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        cases.extend(of_file.into_iter().map(|case| (path.display().to_string(), case)));
    }
    cases
}

/// Schemas of a draft that name none, with their values and whether they are valid.
pub(super) fn suite_cases(draft: &str) -> Vec<(String, Vec<(String, bool)>)> {
    let read = |(_, mut case): (String, Value)| {
        if let Some(members) = case["schema"].as_object_mut() {
            members.shift_remove("$schema");
        }
        let tests = case["tests"].as_array().unwrap().iter();
        let tests = tests.map(|test| (test["data"].to_string(), test["valid"].as_bool().unwrap()));
        (case["schema"].to_string(), tests.collect())
    };
    cases_of(draft).into_iter().map(read).collect()
}

#[test]
fn the_required_tests_of_the_suite_pass() {
    let Some(suite) = suite() else { return };
    for (folder, draft, least) in [
        ("draft7", "http://json-schema.org/draft-07/schema#", 800),
        ("draft2020-12", "https://json-schema.org/draft/2020-12/schema", 1100),
    ] {
        let mut run = 0;
        let mut failed = Vec::new();
        for (path, case) in cases_of(folder) {
            let mut schema = case["schema"].clone();
            if let Some(members) = schema.as_object_mut() {
                members.entry("$schema").or_insert_with(|| draft.into());
            }
            let mut schemas = Schemas::default();
            let compiled = compile(&schema.to_string(), &mut schemas.tape, &Remotes(suite.join("remotes")));
            let compiled = Schema { text: "".into(), plain: None, compiled: OnceLock::from(compiled) };
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
                    failed.push(format!("{path}: {} / {}: {why}", case["description"], test["description"]));
                }
            }
        }
        assert!(failed.is_empty(), "{} of {run} failed:\n{}", failed.len(), failed.join("\n"));
        assert!(run >= least, "{run} tests in {folder}");
    }
}
