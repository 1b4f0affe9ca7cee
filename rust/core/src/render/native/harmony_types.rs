//! Tool definitions as OpenAI's renderer prints them: a TypeScript namespace whose comments carry
//! titles, descriptions, examples and defaults.

use std::borrow::Cow;

use tooltrain_json::{Json, Kind, Tape, print_json_compact};

use super::writer::Writer;
use crate::conversation::Tool;
use crate::finding::{Code, Finding};
use crate::render::rendered::Field;

/// Deepest nesting of a schema. Records are cut off far above it when they are read.
const MAX_DEPTH: u32 = 1_000;

/// `## functions` with one type a tool.
pub(crate) fn typescript_namespace(writer: &mut Writer<'_>, tools: &[Tool<'_>]) -> Result<(), Finding> {
    writer.template("## functions\n\nnamespace functions {\n\n", Field::Header);
    let mut tape = Tape::default();
    for (order, tool) in tools.iter().enumerate() {
        let Ok(definition) = tape.read(&tool.json, MAX_DEPTH) else {
            return Err(Finding::new(Code::CannotRender, format!("/tools/{order}"), "the tool is no JSON"));
        };
        writer.plain_with(Field::ToolDefinition, |out| {
            function(definition.get("function").unwrap_or(definition), tool, out);
        });
    }
    writer.template("} // namespace functions", Field::Header);
    Ok(())
}

fn function(function: Json<'_, '_>, tool: &Tool<'_>, out: &mut String) {
    for line in text(function, "description").unwrap_or_default().lines() {
        out.push_str("// ");
        out.push_str(line);
        out.push('\n');
    }
    out.push_str("type ");
    out.push_str(&tool.name);
    match function.get("parameters").filter(|parameters| !parameters.is_null()) {
        Some(parameters) => {
            out.push_str(" = (_: ");
            typescript(parameters, 0, out);
            out.push_str(") => any;\n\n");
        }
        None => out.push_str(" = () => any;\n\n"),
    }
}

/// Appends the type of `schema`, whose further lines are indented by `indent` blanks.
fn typescript(schema: Json<'_, '_>, indent: usize, out: &mut String) {
    if let Some(variants) = array(schema, "oneOf") {
        for variant in variants {
            out.push('\n');
            blanks(indent, out);
            out.push_str(" | ");
            nullable_typescript(variant, indent + 3, out);
            let default = variant.get("default").map(|default| {
                let bare = default.text().filter(|_| !is_enum(variant));
                bare.map_or_else(|| compact(default), |text| format!("\"{text}\""))
            });
            trailing_comment(text(variant, "description").as_deref(), default.as_deref(), out);
        }
        return;
    }
    if let Some(types) = array(schema, "type") {
        let names = types.filter_map(Json::text);
        let names: Vec<_> =
            names.map(|name| if name == "integer" { "number".into() } else { name }).collect();
        if !names.is_empty() {
            out.push_str(&names.join(" | "));
            return;
        }
    }
    match text(schema, "type").as_deref() {
        Some("object") => object(schema, indent, out),
        Some("string") => {
            let choices = array(schema, "enum").into_iter().flatten().filter_map(Json::text);
            let choices: Vec<String> = choices.map(|choice| format!("\"{choice}\"")).collect();
            out.push_str(if choices.is_empty() { "string" } else { "" });
            out.push_str(&choices.join(" | "));
        }
        Some("number" | "integer") => out.push_str("number"),
        Some("boolean") => out.push_str("boolean"),
        Some("array") => match schema.get("items") {
            Some(values) => {
                typescript(values, indent, out);
                out.push_str("[]");
            }
            None => out.push_str("Array<any>"),
        },
        _ => out.push_str("any"),
    }
}

fn object(schema: Json<'_, '_>, indent: usize, out: &mut String) {
    if let Some(description) = text(schema, "description") {
        comment(&description, indent, out);
    }
    out.push_str("{\n");
    for (key, property) in schema.get("properties").into_iter().flat_map(Json::members) {
        let mut required = array(schema, "required").into_iter().flatten();
        let optional = !required.any(|name| name.text().as_ref() == Some(&key));
        let one_of = property.get("oneOf");
        if let Some(title) = text(property, "title") {
            comment(&title, indent, out);
            blanks(indent, out);
            out.push_str("//\n");
        }
        if one_of.is_none()
            && let Some(description) = text(property, "description")
        {
            comment(&description, indent, out);
        }
        examples(property, indent, out);
        if array(property, "oneOf").is_some() {
            one_of_property(&key, optional, property, indent, out);
            continue;
        }
        blanks(indent, out);
        out.push_str(&key);
        out.push_str(if optional { "?: " } else { ": " });
        nullable_typescript(property, indent + 4, out);
        out.push(',');
        if one_of.is_none()
            && let Some(default) = default_text(property)
        {
            out.push_str(" // default: ");
            out.push_str(&default);
        }
        out.push('\n');
    }
    blanks(indent, out);
    out.push('}');
}

/// A property of several types: one line a variant, the property's own description above.
fn one_of_property(key: &str, optional: bool, property: Json<'_, '_>, indent: usize, out: &mut String) {
    let variants = array(property, "oneOf").into_iter().flatten();
    let description = text(property, "description");
    let repeated = variants.clone().next().and_then(|variant| text(variant, "description"));
    let above = description.as_ref().filter(|_| repeated != description);
    if let Some(description) = above {
        comment(description, indent, out);
    }
    if let Some(default) = default_text(property) {
        comment(&format!("default: {default}"), indent, out);
    }
    blanks(indent, out);
    out.push_str(key);
    out.push_str(if optional { "?:\n" } else { ":\n" });
    for (order, variant) in variants.enumerate() {
        blanks(indent, out);
        out.push_str(" | ");
        nullable_typescript(variant, indent + 3, out);
        let own = text(variant, "description").filter(|own| Some(own) != description.as_ref());
        let own = own.filter(|_| order > 0 || above.is_none());
        trailing_comment(own.as_deref(), default_text(variant).as_deref(), out);
        out.push('\n');
    }
    blanks(indent, out);
    out.push_str(",\n");
}

fn nullable_typescript(schema: Json<'_, '_>, indent: usize, out: &mut String) {
    let start = out.len();
    typescript(schema, indent, out);
    if schema.get("nullable").and_then(Json::boolean) == Some(true) && !out[start..].contains("null") {
        out.push_str(" | null");
    }
}

fn examples(property: Json<'_, '_>, indent: usize, out: &mut String) {
    let mut examples = array(property, "examples").into_iter().flatten().peekable();
    if examples.peek().is_some() {
        comment("Examples:", indent, out);
    }
    for example in examples {
        if let Some(example) = example.text() {
            comment(&format!("- \"{example}\""), indent, out);
        }
    }
}

fn trailing_comment(description: Option<&str>, default: Option<&str>, out: &mut String) {
    let default = default.map(|default| format!("default: {default}"));
    let comments: Vec<&str> = description.into_iter().chain(default.as_deref()).collect();
    if !comments.is_empty() {
        out.push_str(" // ");
        out.push_str(&comments.join(" "));
    }
}

/// The default of a schema: text in quotes unless it is one of an enum's, other values as JSON.
fn default_text(schema: Json<'_, '_>) -> Option<String> {
    let default = schema.get("default")?;
    Some(match default.text() {
        Some(text) if is_enum(schema) => text.into_owned(),
        Some(text) => format!("\"{text}\""),
        None => compact(default),
    })
}

fn compact(json: Json<'_, '_>) -> String {
    let mut out = String::new();
    print_json_compact(json.source(), &mut out);
    out
}

fn is_enum(schema: Json<'_, '_>) -> bool {
    array(schema, "enum").is_some_and(|mut choices| choices.next().is_some())
}

fn text<'a>(json: Json<'_, 'a>, key: &str) -> Option<Cow<'a, str>> {
    json.get(key).and_then(Json::text)
}

fn array<'t, 'a>(json: Json<'t, 'a>, key: &str) -> Option<impl Iterator<Item = Json<'t, 'a>> + Clone> {
    json.get(key).filter(|found| found.kind() == Kind::Array).map(Json::elements)
}

fn comment(text: &str, indent: usize, out: &mut String) {
    blanks(indent, out);
    out.push_str("// ");
    out.push_str(text);
    out.push('\n');
}

fn blanks(count: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', count));
}
