//! Reading declared tools: a list, or the JSON text of one.

use std::borrow::Cow;

use tooltrain_json::{Json, Kind, Tape, print_json};

use super::reading::Reading;
use crate::conversation::Tool;
use crate::finding::Code;

/// How definitions are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As the record spelled them, since templates print them so.
    AsSpelled,
    /// As `{"type": "function", "function": {..}}`: the layout has only the inner object, and
    /// templates expect the outer one.
    Wrapped,
}

/// Reads the value of a key such as `tools`: a list, the JSON text of a list, or null.
pub(super) fn read<'a>(
    value: Json<'_, 'a>,
    pointer: &str,
    form: Form,
    reading: &mut Reading<'_>,
) -> Vec<Tool<'a>> {
    let mut tools = Vec::new();
    match value.text() {
        Some(text) => tools = read_text(&text, pointer, form, reading),
        None => read_list(value, pointer, form, reading, &mut tools),
    }
    tools
}

/// Reads the JSON text of a list of definitions; of text that is blank, none.
pub(super) fn read_text(
    text: &str,
    pointer: &str,
    form: Form,
    reading: &mut Reading<'_>,
) -> Vec<Tool<'static>> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let inside = reading.nested(
        text,
        Code::ToolsNotJson,
        || pointer.to_owned(),
        |list, reading| {
            let mut tools = Vec::new();
            read_list(list, pointer, form, reading, &mut tools);
            tools.into_iter().map(Tool::into_owned).collect()
        },
    );
    inside.unwrap_or_default()
}

/// Reads a list of definitions, or null for none.
pub(super) fn read_list<'a>(
    list: Json<'_, 'a>,
    pointer: &str,
    form: Form,
    reading: &mut Reading<'_>,
    tools: &mut Vec<Tool<'a>>,
) {
    match list.kind() {
        Kind::Null => {}
        Kind::Array => {
            tools.reserve(list.elements().count());
            for (position, definition) in list.elements().enumerate() {
                match read_one(definition, form) {
                    Ok(tool) => {
                        if !tool.parameters.as_deref().map_or_else(|| has_no_other(definition), looks_plain) {
                            reading.doubt();
                        }
                        tools.push(tool);
                    }
                    Err(message) => {
                        let pointer = format!("{pointer}/{position}");
                        reading.note_at(definition, Code::ToolWrongShape, pointer, message);
                    }
                }
            }
        }
        other => {
            let message = format!("expected a list of tools, found {}", other.as_str());
            reading.note_at(list, Code::FieldWrongType, pointer, message);
        }
    }
}

/// Whether a schema begins as schemas do. One that does not may be wrapped, or be the JSON text of one.
fn looks_plain(schema: &str) -> bool {
    const WORDS: [&str; 14] = [
        "type",
        "properties",
        "required",
        "$schema",
        "title",
        "description",
        "additionalProperties",
        "$defs",
        "definitions",
        "anyOf",
        "oneOf",
        "allOf",
        "$ref",
        "enum",
    ];
    let Some(inside) = schema.strip_prefix('{') else { return schema == "true" || schema == "false" };
    let inside = inside.trim_start();
    let first = inside.strip_prefix('"').and_then(|key| key.split('"').next());
    first.map_or(inside.starts_with('}'), |key| WORDS.contains(&key))
}

/// Whether a definition without parameters has no other member that may be meant for them.
fn has_no_other(definition: Json<'_, '_>) -> bool {
    let function = definition.get("function").filter(|function| function.kind() == Kind::Object);
    let mut members = function.unwrap_or(definition).members();
    members.all(|(_, value)| value.kind() != Kind::Object)
}

/// Reads `{"type": "function", "function": {..}}`, or the inner object alone, as several public
/// sets and the Anthropic API have it.
fn read_one<'a>(definition: Json<'_, 'a>, form: Form) -> Result<Tool<'a>, String> {
    if definition.kind() != Kind::Object {
        return Err(format!("expected a tool definition, found {}", definition.kind().as_str()));
    }
    let function = match definition.get("function") {
        Some(function) if function.kind() == Kind::Object => Some(function),
        Some(other) if !other.is_null() => {
            return Err(format!("expected an object as function, found {}", other.kind().as_str()));
        }
        _ => None,
    };
    let mut name = None;
    let mut parameters = None;
    let mut input_schema = None;
    for (key, value) in function.unwrap_or(definition).members() {
        match &*key {
            "name" => name = Some(value),
            "parameters" => parameters = Some(value),
            "input_schema" => input_schema = Some(value),
            _ => {}
        }
    }
    let name = match name.map(|name| name.text().ok_or(name)) {
        Some(Ok(name)) if !name.is_empty() => name,
        Some(Err(other)) if !other.is_null() => {
            return Err(format!("expected a string as name of the tool, found {}", other.kind().as_str()));
        }
        _ => return Err("the tool has no name".to_owned()),
    };
    let json = match form {
        Form::Wrapped if function.is_none() => Cow::Owned(wrapped(definition)),
        _ => Cow::Borrowed(definition.source()),
    };
    let parameters = parameters.or(input_schema).filter(|schema| !schema.is_null());
    Ok(Tool { json, name, parameters: parameters.map(|schema| Cow::Borrowed(schema.source())) })
}

/// The definition as `{"type": "function", "function": {..}}`, spaced as `json.dumps` would: two that
/// mean the same and spell their numbers and keys alike are equal then.
#[must_use]
pub fn canonical_tool(json: &str) -> String {
    let mut tape = Tape::default();
    let mut text = String::with_capacity(json.len());
    match tape.read(json, u32::MAX) {
        Ok(definition) if definition.get("function").is_none_or(Json::is_null) => {
            print_json(&wrapped(definition), &mut text);
        }
        _ => print_json(json, &mut text),
    }
    text
}

/// The definition as chat templates expect it: `input_schema` is called `parameters`, and what only
/// concerns the API that it was written for is left out.
fn wrapped(definition: Json<'_, '_>) -> String {
    let mut inner = String::new();
    for (key, value) in definition.members() {
        let key = match &*key {
            "type" | "cache_control" => continue,
            "input_schema" => "parameters",
            key => key,
        };
        if !inner.is_empty() {
            inner.push_str(", ");
        }
        tooltrain_json::print_json_string(key, &mut inner);
        inner.push_str(": ");
        inner.push_str(value.source());
    }
    format!(r#"{{"type": "function", "function": {{{inner}}}}}"#)
}
