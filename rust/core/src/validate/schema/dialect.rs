//! From the text of a parameters schema to a schema that the library takes: types that public sets
//! use and JSON Schema does not know are read as what they mean.

use serde_json::{Map, Value};
use tooltrain_json::{Json, Kind};

use super::instance::value_of;
use super::steps::STEP_KEYWORD;

/// A schema in standard words.
pub(super) struct Standard {
    pub(super) schema: Value,
    pub(super) words: Words,
    /// How many subschemas there are.
    pub(super) subschemas: u64,
    /// How many patterns there are, and their bytes.
    pub(super) patterns: (usize, usize),
    /// How many references there are.
    pub(super) references: usize,
    /// Whether it uses `unevaluatedProperties` or `unevaluatedItems`.
    pub(super) unevaluated: bool,
}

/// Reads a schema. Recursion is bounded: the tape was read with a limit of depth.
pub(super) fn standard(json: Json<'_, '_>) -> Standard {
    let mut reader = Reader::default();
    let mut schema = reader.schema(json);
    if reader.references > 0 {
        reader = Reader { count_visits: true, ..Reader::default() };
        schema = reader.schema(json);
    }
    Standard {
        schema,
        words: reader.words,
        subschemas: reader.subschemas,
        patterns: reader.patterns,
        references: reader.references,
        unevaluated: reader.unevaluated,
    }
}

#[derive(Default)]
struct Reader {
    /// References, which can use a schema from elsewhere any number of times.
    references: usize,
    unevaluated: bool,
    /// Whether every subschema gets the keyword that counts visits.
    count_visits: bool,
    words: Words,
    subschemas: u64,
    patterns: (usize, usize),
}

impl Reader {
    fn schema(&mut self, json: Json<'_, '_>) -> Value {
        self.subschemas += 1;
        let mut schema = Map::new();
        if self.count_visits {
            schema.insert(STEP_KEYWORD.to_owned(), Value::Bool(true));
        }
        if json.kind() != Kind::Object {
            return match json.boolean() {
                Some(true) if self.count_visits => Value::Object(schema),
                Some(false) if self.count_visits => {
                    Map::from_iter([("not".to_owned(), schema.into())]).into()
                }
                _ => value_of(json),
            };
        }
        let mut required = Vec::new();
        for (key, value) in json.members() {
            let value = match &*key {
                "const" | "default" | "example" => value_of(value),
                // Rows that went through a table have a null for every key that another row has.
                _ if value.is_null() => continue,
                "type" => match self.kind(value) {
                    Some(kind) => kind,
                    None => continue,
                },
                "properties" => self.properties(value, &mut required),
                "patternProperties" => {
                    for (pattern, _) in value.members() {
                        self.count_pattern(&pattern);
                    }
                    self.map(value)
                }
                "$defs" | "definitions" | "dependentSchemas" | "dependencies" => self.map(value),
                "allOf" | "anyOf" | "oneOf" | "prefixItems" => self.list(value),
                "items" if value.kind() == Kind::Array => self.list(value),
                "items"
                | "additionalItems"
                | "additionalProperties"
                | "contains"
                | "else"
                | "if"
                | "not"
                | "propertyNames"
                | "then" => self.schema(value),
                "unevaluatedItems" | "unevaluatedProperties" => {
                    self.unevaluated = true;
                    self.schema(value)
                }
                "enum" if self.count_visits && value.elements().next().is_none() => {
                    schema.insert("const".to_owned(), STEP_KEYWORD.into());
                    continue;
                }
                "$ref" | "$dynamicRef" | "$recursiveRef" => {
                    self.references += 1;
                    value_of(value)
                }
                // In a property of the third draft; `properties` reads it.
                "required" if value.boolean().is_some() => continue,
                "pattern" => {
                    self.count_pattern(value.text().as_deref().unwrap_or_default());
                    value_of(value)
                }
                _ => value_of(value),
            };
            schema.insert(key.into_owned(), value);
        }
        self.move_enum_to_items(&mut schema);
        if !required.is_empty() {
            let names = schema.entry("required").or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(names) = names {
                names.extend(required.into_iter().map(Value::String));
            }
        }
        Value::Object(schema)
    }

    /// An enum of an array that lists no array can only mean the items: nothing else would ever pass.
    fn move_enum_to_items(&mut self, schema: &mut Map<String, Value>) {
        let is_array = schema.get("type").and_then(Value::as_str) == Some("array");
        let means_items = |listed: &Vec<Value>| !listed.is_empty() && !listed.iter().any(Value::is_array);
        let of_items = schema.get("enum").and_then(Value::as_array).is_some_and(means_items);
        if !is_array || !of_items || schema.get("items").is_some_and(Value::is_array) {
            return;
        }
        self.note("enum of an array");
        self.subschemas += 1;
        let mut listed = Map::new();
        if self.count_visits {
            listed.insert(STEP_KEYWORD.to_owned(), Value::Bool(true));
        }
        listed.extend(schema.remove("enum").map(|listed| ("enum".to_owned(), listed)));
        let items = match schema.remove("items") {
            None => Value::Object(listed),
            Some(items) => Value::Object(Map::from_iter([(
                "allOf".to_owned(),
                Value::Array(vec![items, Value::Object(listed)]),
            )])),
        };
        schema.insert("items".to_owned(), items);
    }

    fn properties(&mut self, json: Json<'_, '_>, required: &mut Vec<String>) -> Value {
        if json.kind() == Kind::Array && json.elements().next().is_none() {
            self.note("properties: []");
            return Value::Object(Map::new());
        }
        for (name, property) in json.members() {
            if let Some(wanted) = property.get("required").and_then(Json::boolean) {
                self.note(if wanted { "required: true" } else { "required: false" });
                if wanted {
                    required.push(name.into_owned());
                }
            }
        }
        self.map(json)
    }

    /// A map of schemas; lists of names, as `dependencies` may have them, are left alone.
    fn map(&mut self, json: Json<'_, '_>) -> Value {
        if json.kind() != Kind::Object {
            return value_of(json);
        }
        let members = json.members().map(|(key, value)| {
            let value = if value.kind() == Kind::Array { value_of(value) } else { self.schema(value) };
            (key.into_owned(), value)
        });
        Value::Object(members.collect())
    }

    fn list(&mut self, json: Json<'_, '_>) -> Value {
        if json.kind() != Kind::Array {
            return value_of(json);
        }
        Value::Array(json.elements().map(|element| self.schema(element)).collect())
    }

    /// The value of `type` in standard words; `None` where it says nothing.
    fn kind(&mut self, json: Json<'_, '_>) -> Option<Value> {
        match types_of(json, &mut self.words) {
            Types::NoWords => Some(value_of(json)),
            Types::Any => None,
            Types::These(names) => Some(match &names[..] {
                [one] => Value::from(*one),
                several => several.iter().map(|name| Value::from(*name)).collect(),
            }),
        }
    }

    fn note(&mut self, word: &str) {
        note(&mut self.words.foreign, word);
    }

    fn count_pattern(&mut self, pattern: &str) {
        self.patterns = (self.patterns.0 + 1, self.patterns.1 + pattern.len());
    }
}

/// Words for types that are not standard, in the order they were met, each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    /// Those that are understood.
    pub(super) foreign: Vec<String>,
    /// Those that are not; such a type says nothing.
    pub(super) unknown: Vec<String>,
}

/// What the value of `type` says.
pub(super) enum Types {
    /// These standard types, each once.
    These(Vec<&'static str>),
    /// Any type: one of its words is `any`, or not known.
    Any,
    /// It is neither a word nor a list of words.
    NoWords,
}

/// Reads the value of `type`, and notes its words that are not standard.
pub(super) fn types_of(json: Json<'_, '_>, words: &mut Words) -> Types {
    let names: Vec<_> = match json.kind() {
        Kind::String => json.text().into_iter().collect(),
        Kind::Array if json.elements().all(|element| element.kind() == Kind::String) => {
            json.elements().filter_map(Json::text).collect()
        }
        _ => return Types::NoWords,
    };
    let mut types: Vec<&'static str> = Vec::new();
    for name in &names {
        let meant = if let Some(standard) = STANDARD.iter().find(|standard| *standard == name) {
            vec![*standard]
        } else {
            let Some(meant) = meaning(name) else {
                note(&mut words.unknown, name);
                return Types::Any;
            };
            note(&mut words.foreign, name);
            meant
        };
        if meant.is_empty() {
            return Types::Any;
        }
        for one in meant {
            if !types.contains(&one) {
                types.push(one);
            }
        }
    }
    Types::These(types)
}

fn note(words: &mut Vec<String>, word: &str) {
    if !words.iter().any(|known| known == word) {
        words.push(word.to_owned());
    }
}

/// The types of JSON Schema.
pub(in crate::validate) const STANDARD: [&str; 7] =
    ["string", "object", "integer", "number", "boolean", "array", "null"];

/// The standard types that a foreign word means: an empty list where it is `any`, nothing where the word
/// is not known.
fn meaning(word: &str) -> Option<Vec<&'static str>> {
    let word = word.trim();
    let (outer, inner) = match word.split_once(['[', '<', '(']) {
        Some((outer, inner)) => (outer, inner.trim_end_matches([']', '>', ')'])),
        None => (word, ""),
    };
    let outer = outer.trim().rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    if outer == "optional" || outer == "nullable" {
        let mut kinds = union(inner)?;
        if !kinds.is_empty() {
            kinds.push("null");
        }
        return Some(kinds);
    }
    if outer == "union" {
        return union(inner);
    }
    if inner.is_empty() && word.contains(['|', ',']) {
        return union(word);
    }
    let kind = match &*outer {
        "str" | "string" | "text" | "char" | "character" | "date" | "time" | "datetime" | "date-time"
        | "timestamp" | "uuid" | "uri" | "url" | "email" | "path" | "enum" | "literal" | "bytes" => "string",
        "int" | "integer" | "long" | "short" | "byte" | "bigint" | "biginteger" | "int32" | "int64"
        | "uint" | "uint32" | "uint64" => "integer",
        "float" | "double" | "number" | "decimal" | "bigdecimal" | "real" | "numeric" | "float32"
        | "float64" => "number",
        "bool" | "boolean" => "boolean",
        "list" | "tuple" | "array" | "arraylist" | "set" | "frozenset" | "sequence" | "iterable"
        | "vector" | "queue" | "stack" => "array",
        "dict" | "dictionary" | "map" | "mapping" | "hashmap" | "hashtable" | "object" | "json"
        | "struct" | "record" => "object",
        "none" | "nonetype" | "null" | "nil" | "void" => "null",
        "any" => return Some(Vec::new()),
        _ => return None,
    };
    Some(vec![kind])
}

fn union(words: &str) -> Option<Vec<&'static str>> {
    let meant: Option<Vec<_>> = words.split(['|', ',']).map(meaning).collect();
    let meant = meant?;
    Some(if meant.iter().any(Vec::is_empty) { Vec::new() } else { meant.concat() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tooltrain_json::Tape;

    fn read(schema: &Value) -> (Value, Vec<String>) {
        let text = schema.to_string();
        let mut tape = Tape::default();
        let standard = standard(tape.read(&text, 100).unwrap());
        (standard.schema, standard.words.foreign)
    }

    fn unknown(schema: &Value) -> Vec<String> {
        let text = schema.to_string();
        standard(Tape::default().read(&text, 100).unwrap()).words.unknown
    }

    #[test]
    fn foreign_types_are_read_as_what_they_mean() {
        for (word, meant) in [
            ("dict", json!("object")),
            ("float", json!("number")),
            ("tuple", json!("array")),
            ("String", json!("string")),
            ("ArrayList", json!("array")),
            ("HashMap", json!("object")),
            ("long", json!("integer")),
            ("double", json!("number")),
            ("char", json!("string")),
            ("Boolean", json!("boolean")),
            ("List[int]", json!("array")),
            ("Dict[str, Any]", json!("object")),
            ("Map<String, Integer>", json!("object")),
            ("Optional[str]", json!(["string", "null"])),
            ("Union[int, str]", json!(["integer", "string"])),
            ("int | None", json!(["integer", "null"])),
            ("typing.List", json!("array")),
        ] {
            let (schema, foreign) = read(&json!({"type": word}));
            assert_eq!(schema, json!({"type": meant}), "{word}");
            assert_eq!(foreign, [word]);
        }
        for word in ["any", "Optional[Any]", "int | any"] {
            assert_eq!(read(&json!({"type": word})), (json!({}), vec![word.to_owned()]), "{word}");
        }
        for word in ["", "Widget", "strng", "int | Widget", "Optional[Widget]"] {
            assert_eq!(read(&json!({"type": word})), (json!({}), vec![]), "{word}");
            assert_eq!(unknown(&json!({"type": word})), [word], "{word}");
        }
        for kind in STANDARD {
            assert_eq!(read(&json!({"type": kind})), (json!({"type": kind}), vec![]));
        }
        assert_eq!(read(&json!({"type": ["str", "string", "null"]})).0, json!({"type": ["string", "null"]}));
        assert_eq!(read(&json!({"type": 5})).0, json!({"type": 5}));
    }

    #[test]
    fn only_schemas_are_read_as_schemas() {
        let schema = json!({
            "type": "dict",
            "properties": {"type": {"type": "float", "enum": ["dict"], "default": {"type": "dict"}}},
            "items": [{"type": "any"}],
            "additionalProperties": {"type": "tuple", "items": {"type": "str"}},
            "anyOf": [{"type": "dict"}, {"not": {"type": "dict"}}],
            "dependencies": {"a": ["b"], "c": {"type": "dict"}},
            "const": {"type": "dict"}, "description": "dict", "minItems": null
        });
        let expected = json!({
            "type": "object",
            "properties": {"type": {"type": "number", "enum": ["dict"], "default": {"type": "dict"}}},
            "items": [{}],
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
            "anyOf": [{"type": "object"}, {"not": {"type": "object"}}],
            "dependencies": {"a": ["b"], "c": {"type": "object"}},
            "const": {"type": "dict"}, "description": "dict"
        });
        assert_eq!(
            read(&schema),
            (expected, vec!["dict".into(), "float".into(), "any".into(), "tuple".into(), "str".into()])
        );
    }

    #[test]
    fn an_enum_of_an_array_is_about_its_items() {
        let schema = json!({"type": "array", "items": {"type": "str"}, "enum": ["a", "b"]});
        let expected =
            json!({"type": "array", "items": {"allOf": [{"type": "string"}, {"enum": ["a", "b"]}]}});
        assert_eq!(read(&schema), (expected, vec!["str".into(), "enum of an array".into()]));
        let expected = json!({"type": "array", "items": {"enum": [1]}});
        assert_eq!(read(&json!({"type": "list", "enum": [1]})).0, expected);
        for kept in [
            json!({"type": "array", "enum": [["a"], "b"]}),
            json!({"type": "array", "enum": []}),
            json!({"type": "string", "enum": ["a"]}),
            json!({"type": "array", "items": [{}], "enum": ["a"]}),
        ] {
            assert_eq!(read(&kept), (kept, vec![]));
        }
    }

    #[test]
    fn required_of_a_property_belongs_to_its_object() {
        let schema = json!({"properties": {"a": {"required": true}, "b": {"required": false}, "c": {"required": ["d"]}}});
        let expected = json!({"properties": {"a": {}, "b": {}, "c": {"required": ["d"]}}, "required": ["a"]});
        assert_eq!(read(&schema), (expected, vec!["required: true".into(), "required: false".into()]));
        assert_eq!(read(&json!({"properties": []})).0, json!({"properties": {}}));
    }
}
