//! Tool definitions as the gpt-oss template prints them: a TypeScript namespace.
//!
//! The macros of the template are followed branch by branch, their white space and their oddities
//! included. Where the template would raise, the tool is refused.

use std::borrow::Cow;

use tooltrain_jinja::python_text::is_true;
use tooltrain_json::{Json, Kind, Tape, print_json};

use super::writer::Writer;
use crate::conversation::Tool;
use crate::finding::{Code, Finding};
use crate::render::rendered::Field;

/// The template would raise, for this reason.
struct Raises(&'static str);

/// Deepest nesting of a schema. Records are cut off far above it when they are read.
const MAX_DEPTH: u32 = 1_000;

type Printed = Result<(), Raises>;

/// `## functions` with one type a tool.
pub(crate) fn namespace(writer: &mut Writer<'_>, tools: &[Tool<'_>]) -> Result<(), Finding> {
    writer.template("## functions\n\nnamespace functions {\n\n", Field::Header);
    let mut tape = Tape::default();
    for (order, tool) in tools.iter().enumerate() {
        let mut refused = None;
        writer
            .plain_with(Field::ToolDefinition, |out| refused = definition(&tool.json, &mut tape, out).err());
        if let Some(Raises(reason)) = refused {
            return Err(Finding::new(
                Code::CannotRender,
                format!("/tools/{order}"),
                format!("the gpt-oss template raises on the tool `{}`: {reason}", tool.name),
            ));
        }
    }
    writer.template("} // namespace functions", Field::Header);
    Ok(())
}

fn definition(source: &str, tape: &mut Tape, out: &mut String) -> Printed {
    let tool = tape.read(source, MAX_DEPTH).map_err(|_| Raises("its definition is no JSON"))?;
    let function = tool.get("function").ok_or(Raises("it has no `function`"))?;
    out.push_str("// ");
    out.push_str(&text(function.get("description"), "its description is no text")?);
    out.push_str("\ntype ");
    out.push_str(&text(function.get("name"), "its name is no text")?);
    out.push_str(" = ");
    let parameters = truthy(function.get("parameters"));
    let Some((parameters, properties)) = parameters
        .and_then(|parameters| Some((parameters, parameters.get("properties")?)))
        .filter(|(_, properties)| is_true(*properties))
    else {
        out.push_str("() => any;\n\n");
        return Ok(());
    };
    let required = Required(parameters.get("required"));
    out.push_str("(_: {\n");
    expect(properties, Kind::Object, "its properties are no object")?;
    for (name, spec) in properties.members() {
        if let Some(description) = truthy(spec.get("description")) {
            out.push_str("// ");
            out.push_str(&text(Some(description), "a description is no text")?);
            out.push('\n');
        }
        out.push_str(&name);
        if !required.has(&name)? {
            out.push('?');
        }
        out.push_str(": ");
        typescript(spec, out)?;
        if let Some(default) = spec.get("default") {
            if truthy(spec.get("enum")).is_some() {
                out.push_str(", // default: ");
                out.push_str(&text(Some(default), "the default of an enum is no text")?);
            } else if truthy(spec.get("oneOf")).is_some() {
                out.push_str("// default: ");
                out.push_str(&text(Some(default), "the default of a oneOf is no text")?);
            } else {
                out.push_str(", // default: ");
                print_json(default.source(), out);
            }
        }
        out.push_str(",\n");
    }
    out.push_str("}) => any;\n\n");
    Ok(())
}

fn typescript(spec: Json<'_, '_>, out: &mut String) -> Printed {
    let of_type = spec.get("type");
    let named = of_type.and_then(Json::text);
    if named.as_deref() == Some("array") {
        return array(spec, out);
    }
    let mut types = of_type.into_iter().flat_map(Json::elements);
    if let Some(first) = types.next() {
        str_of(first, out)?;
        for other in types {
            out.push_str(" | ");
            str_of(other, out)?;
        }
        return Ok(());
    }
    if let Some(one_of) = truthy(spec.get("oneOf")) {
        return one_of_types(one_of, out);
    }
    match named.as_deref() {
        Some("string") => {
            if let Some(choices) = truthy(spec.get("enum")) {
                return enumeration(choices, out);
            }
            out.push_str("string");
            nullable(spec, out);
            Ok(())
        }
        Some("number" | "integer") => {
            out.push_str("number");
            Ok(())
        }
        Some("boolean") => {
            out.push_str("boolean");
            Ok(())
        }
        Some("object") => object(spec, out),
        _ => {
            out.push_str("any");
            Ok(())
        }
    }
}

fn array(spec: Json<'_, '_>, out: &mut String) -> Printed {
    let Some(values) = truthy(spec.get("items")) else {
        out.push_str("any[]");
        nullable(spec, out);
        return Ok(());
    };
    match values.get("type").and_then(Json::text).as_deref() {
        Some("string") => out.push_str("string[]"),
        Some("number" | "integer") => out.push_str("number[]"),
        Some("boolean") => out.push_str("boolean[]"),
        _ => {
            let start = out.len();
            typescript(values, out)?;
            if &out[start..] == "object | object" || out[start..].chars().count() > 50 {
                out.truncate(start);
                out.push_str("any");
            }
            out.push_str("[]");
        }
    }
    nullable(spec, out);
    Ok(())
}

fn one_of_types(one_of: Json<'_, '_>, out: &mut String) -> Printed {
    expect(one_of, Kind::Array, "a oneOf is no list")?;
    let mut variants = one_of.elements().peekable();
    while let Some(variant) = variants.next() {
        typescript(variant, out)?;
        if let Some(description) = truthy(variant.get("description")) {
            out.push_str("// ");
            out.push_str(&text(Some(description), "a description is no text")?);
        }
        if let Some(default) = variant.get("default") {
            out.push_str("                    // default: ");
            print_json(default.source(), out);
        }
        if variants.peek().is_some() {
            out.push_str(" | \n");
        }
    }
    Ok(())
}

fn enumeration(choices: Json<'_, '_>, out: &mut String) -> Printed {
    expect(choices, Kind::Array, "an enum is no list")?;
    out.push('"');
    for (order, choice) in choices.elements().enumerate() {
        if order > 0 {
            out.push_str("\" | \"");
        }
        str_of(choice, out)?;
    }
    out.push('"');
    Ok(())
}

fn object(spec: Json<'_, '_>, out: &mut String) -> Printed {
    let Some(properties) = truthy(spec.get("properties")) else {
        out.push_str("object");
        return Ok(());
    };
    let required = Required(spec.get("required"));
    expect(properties, Kind::Object, "properties are no object")?;
    out.push_str("{\n");
    let mut members = properties.members().peekable();
    while let Some((name, property)) = members.next() {
        out.push_str(&name);
        if !required.has(&name)? {
            out.push('?');
        }
        out.push_str(": \n                ");
        typescript(property, out)?;
        if members.peek().is_some() {
            out.push_str(", ");
        }
    }
    out.push('}');
    Ok(())
}

fn nullable(spec: Json<'_, '_>, out: &mut String) {
    if truthy(spec.get("nullable")).is_some() {
        out.push_str(" | null");
    }
}

/// The `required` of a schema, searched as Python's `in` searches it.
struct Required<'t, 'a>(Option<Json<'t, 'a>>);

impl Required<'_, '_> {
    fn has(&self, name: &str) -> Result<bool, Raises> {
        let Some(required) = truthy(self.0) else { return Ok(false) };
        match required.kind() {
            Kind::Array => Ok(required.elements().any(|known| known.text().as_deref() == Some(name))),
            Kind::String => Ok(required.text().is_some_and(|text| text.contains(name))),
            Kind::Object => Ok(required.get(name).is_some()),
            _ => Err(Raises("`required` is neither list nor text")),
        }
    }
}

fn truthy<'t, 'a>(json: Option<Json<'t, 'a>>) -> Option<Json<'t, 'a>> {
    json.filter(|json| is_true(*json))
}

fn expect(json: Json<'_, '_>, kind: Kind, reason: &'static str) -> Printed {
    if json.kind() == kind { Ok(()) } else { Err(Raises(reason)) }
}

fn text<'a>(json: Option<Json<'_, 'a>>, reason: &'static str) -> Result<Cow<'a, str>, Raises> {
    json.and_then(Json::text).ok_or(Raises(reason))
}

/// Appends what Python's `str` makes of a plain value.
fn str_of(json: Json<'_, '_>, out: &mut String) -> Printed {
    match json.kind() {
        Kind::Null => out.push_str("None"),
        Kind::True => out.push_str("True"),
        Kind::False => out.push_str("False"),
        Kind::Number => out.push_str(json.source()),
        Kind::String => out.push_str(&json.text().unwrap_or_default()),
        Kind::Array | Kind::Object => return Err(Raises("a type or choice is no plain value")),
    }
    Ok(())
}
