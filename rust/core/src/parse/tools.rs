//! Reading declared tools: a list, or the JSON text of one.

use std::borrow::Cow;

use super::json::{Json, Kind};
use super::reading::Reading;
use crate::conversation::Tool;
use crate::finding::Code;

/// Reads the value of a key such as `tools`: a list, the JSON text of a list, or null.
pub(super) fn read<'a>(value: Json<'_, 'a>, pointer: &str, reading: &mut Reading<'_>) -> Vec<Tool<'a>> {
    let mut tools = Vec::new();
    match value.text() {
        Some(text) if text.trim().is_empty() => {}
        Some(text) => {
            let inside = reading.nested(
                &text,
                Code::ToolsNotJson,
                || pointer.to_owned(),
                |list, reading| {
                    let mut tools = Vec::new();
                    read_list(list, pointer, reading, &mut tools);
                    tools.into_iter().map(into_owned).collect()
                },
            );
            tools = inside.unwrap_or_default();
        }
        None => read_list(value, pointer, reading, &mut tools),
    }
    tools
}

/// Reads a list of definitions, or null for none.
pub(super) fn read_list<'a>(
    list: Json<'_, 'a>,
    pointer: &str,
    reading: &mut Reading<'_>,
    tools: &mut Vec<Tool<'a>>,
) {
    match list.kind() {
        Kind::Null => {}
        Kind::Array => {
            for (position, definition) in list.elements().enumerate() {
                match read_one(definition) {
                    Ok(tool) => tools.push(tool),
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

/// Reads `{"type": "function", "function": {..}}`, or the inner object alone, as several public
/// sets and the Anthropic API have it.
fn read_one<'a>(definition: Json<'_, 'a>) -> Result<Tool<'a>, String> {
    if definition.kind() != Kind::Object {
        return Err(format!("expected a tool definition, found {}", definition.kind().as_str()));
    }
    let function = match definition.get("function") {
        Some(function) if function.kind() == Kind::Object => function,
        Some(other) if !other.is_null() => {
            return Err(format!("expected an object as function, found {}", other.kind().as_str()));
        }
        _ => definition,
    };
    let mut name = None;
    let mut parameters = None;
    let mut input_schema = None;
    for (key, value) in function.members() {
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
    let parameters = parameters.or(input_schema).filter(|schema| !schema.is_null());
    Ok(Tool {
        json: Cow::Borrowed(definition.source()),
        name,
        parameters: parameters.map(|schema| Cow::Borrowed(schema.source())),
    })
}

/// The same tool, borrowing nothing.
pub(super) fn into_owned(tool: Tool<'_>) -> Tool<'static> {
    Tool {
        json: Cow::Owned(tool.json.into_owned()),
        name: Cow::Owned(tool.name.into_owned()),
        parameters: tool.parameters.map(|schema| Cow::Owned(schema.into_owned())),
    }
}
