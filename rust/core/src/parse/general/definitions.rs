//! Declared tools in any spelling.

use std::borrow::Cow;

use super::names::{self, Folded};
use super::{General, path, python_text, shapes};
use crate::conversation::Tool;
use crate::finding::Code;
use crate::nearest::nearest;
use tooltrain_json::print_json_string;
use tooltrain_json::{Json, Kind as Type, Tape};

impl<'t, 'a> General<'_, 't, 'a, '_> {
    /// Reads the tools of the record: those that the layout names, else those under a name of tools.
    pub(super) fn read_tools(&mut self) {
        if !self.spec.tools.is_empty() {
            let spec = self.spec;
            let record = self.record;
            for value in spec.tools.iter().flat_map(|path| path.all(record)) {
                self.read_definitions(value);
            }
            return;
        }
        let mut found = Vec::new();
        for (key, value) in self.record.members() {
            if matches!(&*key, "tools" | "functions") {
                self.read_definitions(value);
            } else if names::of_key(&key, names::names_tools) && !self.marks.reaches(value) {
                self.collect_tools(value, 1, &mut found);
            } else if !self.marks.is_set(value) {
                self.collect_tools(value, 3, &mut found);
            }
        }
        if !self.tools.is_empty() {
            return;
        }
        let mut named = found.iter().filter(|(key, _)| names::of_key(key, names::names_tools));
        match (named.next(), named.next()) {
            (Some((key, value)), None) => {
                let nests = path::pointer_to(self.record, *value).matches('/').count() > 1;
                if !matches!(&**key, "tools" | "functions") || !nests {
                    let what = format!("`{}` was read as the tools of the record", key.escape_debug());
                    self.repair(Code::OtherKeyRead, &what, *value);
                }
                let value = *value;
                self.read_definitions(value);
            }
            (Some((_, first)), Some(_)) => {
                let named: Vec<_> = found
                    .iter()
                    .filter(|(key, _)| names::of_key(key, names::names_tools))
                    .map(|(_, value)| format!("`{}`", path::pointer_to(self.record, *value)))
                    .collect();
                let what = format!("{} all look like the tools of the record", named.join(", "));
                let hint = "name the one to read, as in layout={\"tools\": \"tools\"}";
                let first = *first;
                self.note_with_hint(Code::ToolsUnread, first, what, hint);
            }
            (None, _) => {
                let declares = ["tools", "functions"].iter().any(|key| self.record.get(key).is_some());
                let near = self.record.members().find(|(key, value)| {
                    !declares && nearest(key, ["tools", "functions"]).is_some() && value.kind() == Type::Array
                });
                if let Some((key, value)) = near {
                    let what = format!("the key `{}` was read as `tools`", key.escape_debug());
                    self.repair(Code::MisspelledKey, &what, value);
                    self.read_definitions(value);
                }
            }
        }
    }

    /// Lists of declared tools inside a value that was not read.
    fn collect_tools(&self, value: Json<'t, 'a>, deep: u8, found: &mut Vec<(Cow<'a, str>, Json<'t, 'a>)>) {
        let pointer = path::pointer_to(self.record, value);
        let key = pointer.rsplit('/').next().unwrap_or_default().to_owned();
        match value.kind() {
            Type::Array if shapes::is_tools(value) => found.push((Cow::Owned(key), value)),
            Type::Object if deep > 0 => {
                for (_, inner) in value.members().filter(|(_, inner)| !self.marks.is_set(*inner)) {
                    self.collect_tools(inner, deep - 1, found);
                }
            }
            _ => {}
        }
    }

    /// Reads a list of definitions, an object that holds one, or the text of one.
    pub(super) fn read_definitions(&mut self, value: Json<'t, 'a>) {
        self.marks.set(value);
        if self.tools.is_empty() {
            self.places.tools = path::pointer_to(self.record, value);
        }
        match value.kind() {
            Type::Null => {}
            Type::String => {
                let text = value.text().unwrap_or_default();
                self.read_definitions_text(value, &text);
            }
            _ => {
                let mut tools = Vec::new();
                let mut wrong = Vec::new();
                let mut repairs = Repairs::default();
                definitions(value, &mut repairs, &mut tools, &mut |at, what| wrong.push((at, what)));
                for (at, what) in wrong {
                    self.note(Code::ToolWrongShape, at, what);
                }
                self.note_definition_repairs(repairs, value);
                self.tools.extend(tools);
            }
        }
    }

    fn note_definition_repairs(&mut self, repairs: Repairs, at: Json<'t, 'a>) {
        if repairs.decoded > 0 {
            self.repair(Code::TextDecoded, "JSON text in a tool definition was decoded", at);
        }
        if repairs.python > 0 {
            self.repair(Code::PythonLiteral, "a Python literal was read as JSON", at);
        }
        for what in repairs.renamed {
            self.repair(Code::OtherKeyRead, &what, at);
        }
    }

    fn read_definitions_text(&mut self, at: Json<'t, 'a>, text: &str) {
        if super::calls::is_blank(text) {
            return;
        }
        let mut was_python = false;
        let mut tape = Tape::default();
        let json = if tape.read(text, self.reading.options.max_depth).is_ok() {
            Cow::Borrowed(text)
        } else if let Some(json) = python_text::to_json(text) {
            was_python = true;
            Cow::Owned(json)
        } else if let Some(list) = listed_by_line(text) {
            Cow::Owned(list)
        } else {
            Cow::Borrowed(text)
        };
        if was_python {
            self.repair(Code::PythonLiteral, "a Python literal was read as JSON", at);
        }
        let pointer = path::pointer_to(self.record, at);
        let mut repairs = Repairs::default();
        let inside = self.reading.nested(
            &json,
            Code::ToolsNotJson,
            || pointer.clone(),
            |value, reading| {
                let mut tools = Vec::new();
                definitions(value, &mut repairs, &mut tools, &mut |_, what| {
                    reading.note(Code::ToolWrongShape, pointer.clone(), what);
                });
                tools.into_iter().map(Tool::into_owned).collect::<Vec<_>>()
            },
        );
        self.note_definition_repairs(repairs, at);
        self.tools.extend(inside.unwrap_or_default());
    }
}

/// One JSON object a line, as a list.
fn listed_by_line(text: &str) -> Option<String> {
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let all = lines.len() > 1 && lines.iter().all(|line| line.starts_with('{') && line.ends_with('}'));
    all.then(|| format!("[{}]", lines.join(",")))
}

/// What was repaired in definitions.
#[derive(Clone, Debug, Default)]
pub(super) struct Repairs {
    decoded: usize,
    python: usize,
    /// What was read as something else.
    renamed: Vec<String>,
}

/// Reads definitions; what is wrong goes to `wrong`.
pub(super) fn definitions<'t, 'a>(
    value: Json<'t, 'a>,
    repairs: &mut Repairs,
    tools: &mut Vec<Tool<'a>>,
    wrong: &mut dyn FnMut(Json<'t, 'a>, String),
) {
    match value.kind() {
        Type::Null => {}
        Type::Array => {
            for element in value.elements() {
                match element.kind() {
                    Type::String => {
                        let text = element.text().unwrap_or_default();
                        if let Some(inside) = in_text(&text, repairs) {
                            tools.extend(inside);
                        } else {
                            let what = "expected a tool definition, found a string that holds none";
                            wrong(element, what.to_owned());
                        }
                    }
                    Type::Array => definitions(element, repairs, tools, wrong),
                    _ => one(element, repairs, tools, wrong),
                }
            }
        }
        Type::Object => one(value, repairs, tools, wrong),
        other => wrong(value, format!("expected a list of tools, found {}", other.as_str())),
    }
}

/// The definitions that a text holds; `None` where it holds none, or wrong ones.
fn in_text(text: &str, repairs: &mut Repairs) -> Option<Vec<Tool<'static>>> {
    let json = decoded(text, repairs)?;
    let mut tape = Tape::default();
    let value = tape.read(&json, u32::MAX).ok().filter(|value| value.kind() == Type::Object)?;
    let mut inside = Vec::new();
    let mut failed = false;
    definitions(value, repairs, &mut inside, &mut |_, _| failed = true);
    (!failed).then(|| inside.into_iter().map(Tool::into_owned).collect())
}

/// The JSON in a text, or the JSON of the Python literal that it is.
fn decoded<'p>(text: &'p str, repairs: &mut Repairs) -> Option<Cow<'p, str>> {
    if Tape::default().read(text, u32::MAX).is_ok() {
        repairs.decoded += 1;
        return Some(Cow::Borrowed(text));
    }
    let json = python_text::to_json(text)?;
    repairs.python += 1;
    Some(Cow::Owned(json))
}

fn one<'t, 'a>(
    definition: Json<'t, 'a>,
    repairs: &mut Repairs,
    tools: &mut Vec<Tool<'a>>,
    wrong: &mut dyn FnMut(Json<'t, 'a>, String),
) {
    if definition.kind() != Type::Object {
        return wrong(
            definition,
            format!("expected a tool definition, found {}", definition.kind().as_str()),
        );
    }
    let mut inner = None;
    for (key, value) in definition.members() {
        let folded = Folded::of(&key);
        match folded.as_str() {
            "function" | "toolspec" | "customtool" if value.kind() == Type::Object => {
                inner = Some((key, value));
            }
            "functiondeclarations" => return definitions(value, repairs, tools, wrong),
            "tools" | "functions" if definition.get("name").is_none() => {
                return definitions(value, repairs, tools, wrong);
            }
            "function" if value.kind() != Type::String && !value.is_null() => {
                return wrong(
                    definition,
                    format!("expected an object as function, found {}", value.kind().as_str()),
                );
            }
            _ => {}
        }
    }
    if inner.is_none() && definition.get("name").is_none_or(|name| name.kind() != Type::String) {
        inner = definition.members().find(|(_, value)| shapes::is_tool(*value));
        if let Some((key, _)) = &inner {
            repairs.renamed.push(format!("`{}` was read as the function of a tool", key.escape_debug()));
        }
    }
    let function = inner.as_ref().map_or(definition, |(_, function)| *function);
    let is_plain_wrapper = inner.as_ref().is_some_and(|(key, _)| key == "function");
    let Some(name) = function.get("name").and_then(Json::text).filter(|name| !name.is_empty()) else {
        // `{"get_weather": {"description": "..", "parameters": {..}}}`
        let by_name = |value: Json<'_, '_>| value.kind() == Type::Object && value.get("parameters").is_some();
        if inner.is_none()
            && definition.members().next().is_some()
            && definition.members().all(|(_, value)| by_name(value))
        {
            for (name, value) in definition.members() {
                push(name, value, repairs, tools);
            }
            return;
        }
        let found = function.get("name").filter(|name| !name.is_null() && name.kind() != Type::String);
        return wrong(
            definition,
            match found {
                Some(other) => {
                    format!("expected a string as name of the tool, found {}", other.kind().as_str())
                }
                None => format!("the tool has no name; its keys are {}", super::keys_of(function)),
            },
        );
    };
    let parameters = function.get("parameters");
    let is_object = parameters.is_none_or(|parameters| parameters.kind() != Type::String);
    let has_other_schema =
        schema_of(function, &mut Vec::new()).map(Json::index) != parameters.map(Json::index);
    if is_plain_wrapper && is_object && (!has_other_schema || parameters.is_some_and(Json::is_null)) {
        let schema =
            parameters.filter(|schema| !schema.is_null()).map(|schema| Cow::Borrowed(schema.source()));
        return tools.push(Tool { json: Cow::Borrowed(definition.source()), name, parameters: schema });
    }
    push(name, function, repairs, tools);
}

/// Whether a key of a definition names its schema.
fn is_schema_key(key: &str) -> bool {
    let folded = Folded::of(key);
    matches!(
        folded.as_str(),
        "parameters"
            | "inputschema"
            | "schema"
            | "jsonschema"
            | "arguments"
            | "args"
            | "parametersjsonschema"
    )
}

/// The schema of a definition, by whatever name it goes.
fn schema_of<'t, 'a>(function: Json<'t, 'a>, renamed: &mut Vec<String>) -> Option<Json<'t, 'a>> {
    let found = function.members().find(|(key, value)| is_schema_key(key) && !value.is_null());
    let (key, schema) = found.or_else(|| function.members().find(|(_, value)| shapes::is_schema(*value)))?;
    if names::call_field(&key).is_none() && !is_schema_key(&key) {
        renamed.push(format!("`{}` was read as the parameters of a tool", key.escape_debug()));
    }
    let mut elements = schema.elements();
    if let (Some(inner), None) = (elements.next(), elements.next())
        && shapes::is_schema(inner)
    {
        renamed.push(format!("the list under `{}` was read as the schema in it", key.escape_debug()));
        return Some(inner);
    }
    // Bedrock wraps the schema once more, and so do others.
    let mut members = schema.members();
    match (members.next(), members.next()) {
        (Some((key, inner)), None) if key == "json" => Some(inner),
        (Some((key, inner)), None)
            if shapes::is_schema(inner) && !shapes::is_schema(schema) && key != "properties" =>
        {
            renamed.push(format!("`{}` was read as the parameters of a tool", key.escape_debug()));
            Some(inner)
        }
        _ => Some(schema),
    }
}

/// A definition as chat templates expect it: `{"type": "function", "function": {..}}` with `parameters`.
fn push<'a>(name: Cow<'a, str>, function: Json<'_, 'a>, repairs: &mut Repairs, tools: &mut Vec<Tool<'a>>) {
    let mut renamed = Vec::new();
    let schema = schema_of(function, &mut renamed);
    repairs.renamed.append(&mut renamed);
    let schema_index = schema.map(Json::index);
    let mut parameters: Option<Cow<'a, str>> = None;
    if let Some(schema) = schema {
        parameters = match schema.text() {
            None => Some(Cow::Borrowed(schema.source())),
            Some(text) if super::calls::is_blank(&text) => None,
            Some(text) => Some(match decoded(&text, repairs) {
                Some(json) => Cow::Owned(json.trim().to_owned()),
                None => Cow::Borrowed(schema.source()),
            }),
        };
    }
    let mut inner = String::new();
    let mut member = |key: &str, json: &str| {
        if !inner.is_empty() {
            inner.push_str(", ");
        }
        print_json_string(key, &mut inner);
        inner.push_str(": ");
        inner.push_str(json);
    };
    let mut printed = String::new();
    print_json_string(&name, &mut printed);
    member("name", &printed);
    for (key, value) in function.members() {
        let holds_schema =
            schema_index.is_some_and(|index| value.index() <= index && index < value.end_index());
        if holds_schema {
            if let Some(parameters) = &parameters {
                member("parameters", parameters);
            }
        } else if !matches!(&*key, "name" | "type" | "cache_control") {
            member(&key, value.source());
        }
    }
    let json = format!(r#"{{"type": "function", "function": {{{inner}}}}}"#);
    tools.push(Tool { json: Cow::Owned(json), name, parameters });
}
