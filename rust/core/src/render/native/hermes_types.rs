//! Tool definitions as the Hermes `tool_use` template prints them: a JSON object whose description is
//! a Python signature with its docstring.
//!
//! The template knows four type names; others it takes for a sequence of names and recurses without
//! end, so such tools are refused, as Python's recursion limit refuses them.

use tooltrain_jinja::python_text::strip;
use tooltrain_json::{Json, Kind, Tape, print_json};

/// Deepest nesting of a schema. Records are cut off far above it when they are read.
const MAX_DEPTH: u32 = 1_000;

type Printed = Result<(), &'static str>;

/// Appends one tool, or says why the template raises.
pub(crate) fn definition(source: &str, tape: &mut Tape, out: &mut String) -> Printed {
    let tree = tape.read(source, MAX_DEPTH).map_err(|_| "its definition is no JSON")?;
    let tool = tree.get("function").unwrap_or(tree);
    let name = tool.get("name").and_then(Json::text).ok_or("its name is no text")?;
    let parameters = tool.get("parameters").ok_or("it has no parameters")?;
    let properties = parameters.get("properties");
    if properties.is_some_and(|properties| properties.kind() != Kind::Object) {
        return Err("its properties are no object");
    }
    let members = properties.into_iter().flat_map(Json::members);

    out.push_str("{\"type\": \"function\", \"function\": {\"name\": \"");
    out.push_str(&name);
    out.push_str("\", \"description\": \"");
    out.push_str(&name);
    out.push('(');
    for (order, (parameter, spec)) in members.clone().enumerate() {
        if order > 0 {
            out.push_str(", ");
        }
        out.push_str(&parameter);
        out.push_str(": ");
        python_type(Some(spec), out)?;
    }
    out.push(')');
    let returned = tool.get("return");
    if let Some(returned) = returned {
        out.push_str(" -> ");
        python_type(Some(returned), out)?;
    }
    out.push_str(" - ");
    out.push_str(&tool.get("description").and_then(Json::text).ok_or("its description is no text")?);
    out.push_str("\n\n");
    for (order, (parameter, spec)) in members.clone().enumerate() {
        out.push_str(if order == 0 { "    Args:\n        " } else { "        " });
        out.push_str(&parameter);
        out.push('(');
        python_type(Some(spec), out)?;
        out.push_str("): ");
        described(spec.get("description"), out)?;
    }
    if let Some(description) = returned.and_then(|returned| returned.get("description")) {
        out.push_str("\n    Returns:\n        ");
        out.push_str(&description.text().ok_or("the description of its result is no text")?);
    }
    out.push_str("\", \"parameters\": ");
    if members.clone().next().is_none() {
        out.push_str("{}");
    } else {
        print_json(parameters.source(), out);
    }
    out.push('}');
    Ok(())
}

/// The Python type of a schema; an absent one is what the template makes of an undefined value.
fn python_type(spec: Option<Json<'_, '_>>, out: &mut String) -> Printed {
    let Some(of_type) = spec.and_then(|spec| spec.get("type")) else {
        out.push_str("Union[]");
        return Ok(());
    };
    match of_type.kind() {
        Kind::String => named_type(&of_type.text().unwrap_or_default(), spec, out),
        Kind::Array => {
            out.push_str("Union[");
            for (order, one) in of_type.elements().enumerate() {
                if order > 0 {
                    out.push(',');
                }
                match one.kind() {
                    Kind::String => named_type(&one.text().unwrap_or_default(), None, out)?,
                    Kind::Array | Kind::Object => return Err("a type is no name"),
                    _ => out.push_str("Any"),
                }
            }
            out.push(']');
            Ok(())
        }
        Kind::Object => Err("a type is no name"),
        Kind::Null | Kind::True | Kind::False | Kind::Number => {
            out.push_str("Any");
            Ok(())
        }
    }
}

fn named_type(name: &str, spec: Option<Json<'_, '_>>, out: &mut String) -> Printed {
    match name {
        "string" => out.push_str("str"),
        "number" => out.push_str("float"),
        "integer" => out.push_str("int"),
        "boolean" => out.push_str("bool"),
        "array" => out.push_str("list[Union[]]"),
        "object" => match spec.and_then(|spec| spec.get("additionalProperties")) {
            Some(values) => {
                out.push_str("dict[str, ");
                python_type(Some(values), out)?;
                out.push(']');
            }
            None => out.push_str("dict"),
        },
        "" => out.push_str("Union[]"),
        _ => return Err("it knows the types string, number, integer, boolean, array and object only"),
    }
    Ok(())
}

/// A parameter's description as Python's `str` prints it, trimmed.
fn described(description: Option<Json<'_, '_>>, out: &mut String) -> Printed {
    let Some(description) = description else { return Ok(()) };
    match description.kind() {
        Kind::String => out.push_str(strip(&description.text().unwrap_or_default())),
        Kind::Null => out.push_str("None"),
        Kind::True => out.push_str("True"),
        Kind::False => out.push_str("False"),
        Kind::Number => out.push_str(description.source()),
        Kind::Array | Kind::Object => return Err("a description is no text"),
    }
    Ok(())
}
