//! Arguments against the JSON Schema of their tool. The one door to the `jsonschema` crate.
//!
//! Schemas come from data, so nothing here trusts them: references are never fetched, patterns run
//! in linear time, and compiling and checking are bounded in steps. What cannot be checked within
//! the bounds is said to be unchecked; it is never waited for.

mod dialect;
mod instance;
mod plain;
mod steps;

use std::sync::{Arc, OnceLock};

use jsonschema::{Draft, PatternOptions, Retrieve, Uri, ValidationOptions, Validator, options_for};
use rustc_hash::FxHashMap;
use serde_json::Value;
use tooltrain_json::{Json, Kind, Tape, excerpt};

pub(super) use dialect::STANDARD;
use dialect::Words;
use instance::{Instance, TapeJson};
use plain::Plain;
use steps::{CountVisits, STEP_KEYWORD, Unfinished, bounded};

/// Longest schema text that is compiled.
const MOST_SCHEMA_BYTES: usize = 256 << 10;
/// Deepest nesting of a schema, and of arguments that are checked.
const MOST_DEPTH: u32 = 128;
/// Most patterns of a schema, and their bytes.
const MOST_PATTERNS: (usize, usize) = (32, 8 << 10);
/// Most references of a schema with `unevaluatedProperties` or `unevaluatedItems`, and most
/// subschemas: compiling those keywords follows every reference again.
const MOST_UNEVALUATED: (usize, u64) = (12, 1000);
/// Bytes that a compiled pattern may take.
const PATTERN_SIZE: usize = 128 << 10;
/// Steps that checking one call may take.
const STEPS: u64 = 2_000_000;
/// Steps that listing what is wrong with it may take; a violation costs far more than a look.
const LISTING_STEPS: u64 = 50_000;
/// Nested looks that any stack has room for: one subschema inside another, at one level of the
/// arguments. Without references a schema is no deeper than its text.
const FRAMES_ON_ANY_STACK: u64 = 4_096;
/// Nested looks that are tried at all, on a stack made for them.
const MOST_FRAMES: u64 = 131_072;
/// Bytes of that stack.
const LARGE_STACK: usize = 256 << 20;
/// Findings of one call that are reported one by one.
const MOST_VIOLATIONS: usize = 5;
/// Bytes of schema texts that a worker keeps compiled.
const MOST_CACHED_BYTES: usize = 32 << 20;

/// A schema, read once. A plain one is compiled when arguments come that do not plainly fit it.
pub(super) struct Schema {
    text: Arc<str>,
    plain: Option<Plain>,
    compiled: OnceLock<Compiled>,
}

/// A schema as the library takes it.
struct Compiled {
    validator: Result<Option<Validator<TapeJson>>, String>,
    subschemas: u64,
    recursive: bool,
    words: Words,
}

/// What checking one call found.
pub(super) enum Outcome {
    /// The arguments are what the schema asks for.
    Valid,
    /// They are not.
    Invalid(Vec<Violation>),
    /// They could not be checked, for this reason.
    Unchecked(String),
}

/// One way in which arguments are not what the schema asks for.
pub(super) struct Violation {
    /// JSON pointer into the arguments.
    pub(super) pointer: String,
    /// What is wrong, with the offending value and the place in the schema.
    pub(super) message: String,
    /// What to do, where that is plain.
    pub(super) hint: Option<String>,
}

impl Schema {
    fn read(text: Arc<str>, tape: &mut Tape) -> Self {
        let short = text.len() <= MOST_SCHEMA_BYTES;
        let plain = short.then(|| tape.read(&text, MOST_DEPTH).ok().and_then(Plain::read)).flatten();
        let schema = Self { text, plain, compiled: OnceLock::new() };
        if schema.plain.is_none() {
            schema.compiled(tape);
        }
        schema
    }

    fn compiled(&self, tape: &mut Tape) -> &Compiled {
        self.compiled.get_or_init(|| compile(&self.text, tape, &Nothing))
    }

    /// Why calls cannot be checked against it, if they cannot.
    pub(super) fn broken(&self) -> Option<&str> {
        match &self.plain {
            Some(_) => None,
            None => self.compiled.get()?.validator.as_ref().err().map(String::as_str),
        }
    }

    /// Words of other type systems that it uses.
    pub(super) fn foreign(&self) -> &[String] {
        self.words().map_or(&[], |words| &words.foreign)
    }

    /// Words for types that nobody knows; they are ignored.
    pub(super) fn unknown(&self) -> &[String] {
        self.words().map_or(&[], |words| &words.unknown)
    }

    fn words(&self) -> Option<&Words> {
        match &self.plain {
            Some(plain) => Some(&plain.words),
            None => self.compiled.get().map(|compiled| &compiled.words),
        }
    }
}

/// The schemas that a worker met, by their text.
#[derive(Default)]
pub(super) struct Schemas {
    by_text: FxHashMap<Arc<str>, Arc<Schema>>,
    bytes: usize,
    /// Those of the tools of the record that was checked last, by position.
    latest: Vec<Option<Arc<Schema>>>,
    tape: Tape,
}

impl Schemas {
    /// The schemas with these texts. Records mostly declare what the one before declared, so what was kept of that is
    /// tried first.
    pub(super) fn of<'a>(
        &mut self,
        texts: impl Iterator<Item = Option<&'a str>>,
    ) -> Vec<Option<Arc<Schema>>> {
        let mut schemas = std::mem::take(&mut self.latest);
        let mut count = 0;
        for (position, text) in texts.enumerate() {
            count += 1;
            let latest = schemas.get(position).map(|latest| latest.as_ref().map(|schema| &*schema.text));
            if latest == Some(text) {
                continue;
            }
            let schema = text.map(|text| self.get(text));
            match schemas.get_mut(position) {
                Some(latest) => *latest = schema,
                None => schemas.push(schema),
            }
        }
        schemas.truncate(count);
        schemas
    }

    /// Keeps the schemas of a record for the next one.
    pub(super) fn keep(&mut self, schemas: Vec<Option<Arc<Schema>>>) {
        self.latest = schemas;
    }

    /// The schema with this text.
    pub(super) fn get(&mut self, text: &str) -> Arc<Schema> {
        if let Some(schema) = self.by_text.get(text) {
            return Arc::clone(schema);
        }
        if self.bytes + text.len() > MOST_CACHED_BYTES {
            self.by_text.clear();
            self.bytes = 0;
        }
        let text: Arc<str> = text.into();
        let schema = Arc::new(Schema::read(Arc::clone(&text), &mut self.tape));
        self.bytes += text.len();
        self.by_text.insert(text, Arc::clone(&schema));
        schema
    }

    /// Checks arguments, the text of a JSON object, against a schema.
    pub(super) fn check(&mut self, schema: &Schema, arguments: &str) -> Outcome {
        if let Some(plain) = schema.plain.as_ref().filter(|_| Plain::looks_at(arguments.len()))
            && self.tape.read(arguments, MOST_DEPTH).is_ok_and(|json| plain.accepts(json))
        {
            return Outcome::Valid;
        }
        let compiled = schema.compiled(&mut self.tape);
        let validator = match &compiled.validator {
            Ok(Some(validator)) => validator,
            Err(why) if schema.plain.is_some() => return Outcome::Unchecked(why.clone()),
            Ok(None) | Err(_) => return Outcome::Valid,
        };
        let Ok(json) = self.tape.read(arguments, MOST_DEPTH) else {
            return Outcome::Unchecked(format!("the arguments are nested deeper than {MOST_DEPTH}"));
        };
        let levels = json.tape().deepest() as u64;
        let frames = if compiled.recursive { levels * compiled.subschemas } else { 0 };
        if frames > MOST_FRAMES {
            return Outcome::Unchecked(
                "the schema refers to itself too often for nesting this deep".to_owned(),
            );
        }
        if frames > FRAMES_ON_ANY_STACK {
            let check = || check_value(validator, compiled.subschemas, json);
            return std::thread::scope(|scope| {
                let large = std::thread::Builder::new().stack_size(LARGE_STACK).spawn_scoped(scope, check);
                large.ok().and_then(|large| large.join().ok())
            })
            .unwrap_or_else(|| {
                Outcome::Unchecked("there is no memory for a stack that is deep enough".to_owned())
            });
        }
        check_value(validator, compiled.subschemas, json)
    }
}

fn check_value(validator: &Validator<TapeJson>, subschemas: u64, json: Json<'_, '_>) -> Outcome {
    let instance = Instance::Value(json);
    let per_child = subschemas / 8;
    match bounded(STEPS, per_child, || validator.is_valid(instance)) {
        Ok(true) => return Outcome::Valid,
        Ok(false) => {}
        Err(Unfinished::StepsSpent) => {
            return Outcome::Unchecked(format!("checking them takes more than {STEPS} steps"));
        }
        Err(Unfinished::Failed) => {
            return Outcome::Unchecked("the schema library failed on them".to_owned());
        }
    }
    let listed = bounded(LISTING_STEPS, per_child, || {
        let errors = validator.iter_errors(instance).take(MOST_VIOLATIONS);
        errors.map(|error| violation(&error, json)).collect()
    });
    Outcome::Invalid(listed.unwrap_or_else(|_| {
        let message = "they are not valid, and listing why takes too many steps".to_owned();
        vec![Violation { pointer: String::new(), message, hint: None }]
    }))
}

fn violation(error: &jsonschema::ValidationError<'_>, arguments: Json<'_, '_>) -> Violation {
    let pointer = error.instance_path().to_string();
    let value = arguments.at(&pointer);
    let shown = value.map_or_else(|| "the value".to_owned(), |value| excerpt(value.source(), 0));
    let mut message = error.masked_with(shown.as_str()).to_string();
    if message.contains(STEP_KEYWORD) {
        message = format!("{shown} is not allowed");
    }
    if message.len() > 300 {
        message.truncate(message.floor_char_boundary(300));
        message.push('…');
    }
    let quoted = value.filter(|value| value.kind() == Kind::String).and_then(Json::text);
    let wants_other = matches!(error.kind(), jsonschema::error::ValidationErrorKind::Type { .. });
    let is_json = |text: &str| serde_json::from_str::<Value>(text).is_ok_and(|value| !value.is_string());
    let hint = quoted
        .filter(|text| wants_other && is_json(text))
        .map(|text| format!("text is not converted: write {} without the quotes", excerpt(&text, 0)));
    let place = if pointer.is_empty() { String::new() } else { format!(" at {pointer}") };
    Violation { message: format!("{message}{place} (schema: {})", error.schema_path()), pointer, hint }
}

/// Answers no reference: what a schema needs has to stand in it.
#[derive(Clone)]
struct Nothing;

impl Retrieve for Nothing {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        Err(format!("{uri} is not fetched: schemas have to be complete").into())
    }
}

fn compile(text: &str, tape: &mut Tape, references: &(impl Retrieve + Clone + 'static)) -> Compiled {
    let broken = |reason: String| Compiled {
        validator: Err(reason),
        subschemas: 0,
        recursive: false,
        words: Words::default(),
    };
    if text.len() > MOST_SCHEMA_BYTES {
        return broken(format!("its text is longer than {} KiB", MOST_SCHEMA_BYTES >> 10));
    }
    let Ok(json) = tape.read(text, MOST_DEPTH) else {
        return broken(format!("it is nested deeper than {MOST_DEPTH}"));
    };
    let standard = dialect::standard(json);
    if standard.patterns.0 > MOST_PATTERNS.0 || standard.patterns.1 > MOST_PATTERNS.1 {
        return broken(format!(
            "it has more than {} patterns or {} bytes of them",
            MOST_PATTERNS.0, MOST_PATTERNS.1
        ));
    }
    if standard.unevaluated
        && standard.references > 0
        && (standard.references > MOST_UNEVALUATED.0 || standard.subschemas > MOST_UNEVALUATED.1)
    {
        return broken("it has too many references beside unevaluatedProperties or unevaluatedItems".into());
    }
    let validator = bounded(u64::MAX, 0, || build(&standard.schema, references))
        .unwrap_or_else(|_| Err("the schema library failed on it".to_owned()));
    Compiled {
        validator,
        subschemas: standard.subschemas,
        recursive: standard.references > 0,
        words: standard.words,
    }
}

/// Compiles a schema in the draft it names. One that names none is of the newest, unless it only
/// makes sense in an older one.
fn build(
    schema: &Value,
    references: &(impl Retrieve + Clone + 'static),
) -> Result<Option<Validator<TapeJson>>, String> {
    if schema.as_object().is_some_and(serde_json::Map::is_empty) || schema == &Value::Bool(true) {
        return Ok(None);
    }
    let options = || -> ValidationOptions<'_, _, TapeJson> {
        options_for::<TapeJson>()
            .should_validate_formats(false)
            .with_pattern_options(
                PatternOptions::regex().size_limit(PATTERN_SIZE).dfa_size_limit(4 * PATTERN_SIZE),
            )
            .with_keyword(STEP_KEYWORD, |_, _, _| Ok(Box::new(CountVisits)))
            .with_retriever(references.clone())
    };
    let first = match options().build(schema) {
        Ok(validator) => return Ok(Some(validator)),
        Err(error) => error,
    };
    if schema.get("$schema").is_none() {
        for draft in [Draft::Draft7, Draft::Draft4] {
            if let Ok(validator) = options().with_draft(draft).build(schema) {
                return Ok(Some(validator));
            }
        }
    }
    let mut reason = first.to_string();
    if reason.ends_with("is not a \"regex\"") {
        reason.push_str(" that can be matched in linear time");
    }
    reason.truncate(reason.floor_char_boundary(300));
    let place = first.instance_path().to_string();
    Err(if place.is_empty() { reason } else { format!("{reason} at {place}") })
}

#[cfg(test)]
mod tests;
