//! The bytes of a field are those that the record gives it: no byte of the template among them, and none
//! of them taken for the template's.

use serde_json::Value;
use tooltrain_jinja::python_text::strip;
use tooltrain_json::print_json_string;

use super::{Law, Outcome, breaks};
use crate::conversation::{Conversation, Message, Role};
use crate::render::{Field, NO_MESSAGE, Origin, Rendered, Serving, Span};

/// Characters that templates escape, each in its own way.
const ESCAPED: [char; 8] = ['\\', '"', '\'', '\n', '\t', '<', '>', '&'];

pub(super) fn owners(conversation: &Conversation<'_>, rendered: &Rendered) -> Outcome {
    for span in rendered.spans.iter().filter(|span| span.message != NO_MESSAGE) {
        let message = conversation.messages.get(span.message as usize);
        if !message.is_some_and(|message| can_have(message, span)) {
            let what = format!("message {} has no {}", span.message, span.field.as_str());
            return Err(breaks(Law::Owner, span.start, what));
        }
    }
    let named = names_of(conversation);
    let header = |span: &&Span| span.field == Field::Header && span.origin == Origin::Plain;
    for span in rendered.spans.iter().filter(header) {
        let text = &rendered.text[span.range()];
        if !named.iter().any(|name| *name == text || escaped(name) == text) {
            return Err(breaks(
                Law::Owner,
                span.start,
                format!("a header names {text:?}, as nobody is called"),
            ));
        }
    }
    for (position, message) in conversation.messages.iter().enumerate() {
        for field in fields(message.role) {
            says_the_field(rendered, position as u32, message, *field)?;
        }
    }
    Ok(())
}

/// What headers may print: names and ids of calls, and names of participants.
fn names_of<'c>(conversation: &'c Conversation<'_>) -> Vec<&'c str> {
    let of_calls = conversation
        .messages
        .iter()
        .flat_map(|message| &message.tool_calls)
        .flat_map(|call| [Some(call.name.as_ref()), call.id.as_deref()]);
    let of_messages = conversation
        .messages
        .iter()
        .flat_map(|message| [message.name.as_deref(), message.tool_call_id.as_deref()]);
    of_calls.chain(of_messages).flatten().collect()
}

fn can_have(message: &Message<'_>, span: &Span) -> bool {
    match span.field {
        Field::System => message.role == Role::System,
        Field::User => message.role == Role::User,
        Field::ToolResult => message.role == Role::Tool,
        Field::ToolDefinition => message.role != Role::Assistant,
        Field::Header => true,
        Field::CallName | Field::CallArguments | Field::CallSyntax => !message.tool_calls.is_empty(),
        Field::Reasoning | Field::Text | Field::Stop => message.role == Role::Assistant,
    }
}

fn fields(role: Role) -> &'static [Field] {
    match role {
        Role::System => &[Field::System],
        Role::User => &[Field::User],
        Role::Tool => &[Field::ToolResult],
        Role::Assistant => &[Field::Text, Field::Reasoning, Field::CallName, Field::CallArguments],
    }
}

fn says_the_field(rendered: &Rendered, position: u32, message: &Message<'_>, field: Field) -> Outcome {
    let own: Vec<&Span> = rendered
        .spans
        .iter()
        .filter(|span| span.message == position && span.field == field && span.origin != Origin::Template)
        .collect();
    let Some(first) = own.first() else {
        return Ok(()); // what is not printed is named in a finding
    };
    let pieces: Vec<&str> = own.iter().map(|span| &rendered.text[span.range()]).collect();
    let said = pieces.concat();
    let dropped =
        rendered.turns.iter().any(|turn| turn.message == position && turn.serving == Serving::FieldDropped);
    let holds = match field {
        Field::CallName => names(message, &pieces),
        Field::CallArguments => arguments(message, &said, &pieces),
        // A think block in the text is reasoning, or dropped with the text before it.
        Field::Text | Field::Reasoning if has_think_tags(message) => {
            pieces.iter().all(|piece| is_part(message, strip(piece)))
        }
        Field::Reasoning => same(message.reasoning.as_deref().unwrap_or(""), &said) || dropped,
        _ => same(message.content.as_str(), &said) || quoted(message.content.as_str(), &said),
    };
    if holds {
        return Ok(());
    }
    Err(breaks(Law::Owner, first.start, format!("the {} printed is not that of the record", field.as_str())))
}

fn same(given: &str, printed: &str) -> bool {
    given == printed || strip(given) == strip(printed)
}

/// Printed as a JSON string, its quotes counted as own bytes or not.
fn quoted(given: &str, printed: &str) -> bool {
    printed == json_string(given) || printed == escaped(given)
}

fn has_think_tags(message: &Message<'_>) -> bool {
    message.content.as_str().contains("think>")
}

/// Whether `printed` is a part of what the message says that begins and ends at its edges or at think tags.
fn is_part(message: &Message<'_>, printed: &str) -> bool {
    let reasoning = message.reasoning.as_deref().unwrap_or("");
    [message.content.as_str(), reasoning].iter().any(|given| {
        given.match_indices(printed).any(|(at, _)| {
            let (before, after) = (strip(&given[..at]), strip(&given[at + printed.len()..]));
            let begins = before.is_empty() || before.ends_with("think>") || begins_with_tag(printed);
            begins && (after.is_empty() || begins_with_tag(after) || printed.ends_with("think>"))
        })
    })
}

fn begins_with_tag(text: &str) -> bool {
    text.starts_with("<think>") || text.starts_with("</think>")
}

/// Each name is the name of a call, plain, escaped, or as a JSON string. Templates print names twice.
fn names(message: &Message<'_>, pieces: &[&str]) -> bool {
    let is_name = |piece: &&str| {
        let mut names = message.tool_calls.iter().map(|call| call.name.as_ref());
        names.any(|name| name == *piece || escaped(name) == *piece || json_string(name) == *piece)
    };
    pieces.iter().all(is_name)
}

/// Arguments as the record spells them, as JSON that means the same, or value by value.
fn arguments(message: &Message<'_>, printed: &str, pieces: &[&str]) -> bool {
    let given: String = message.tool_calls.iter().map(|call| call.arguments.json.as_ref()).collect();
    if printed == given {
        return true;
    }
    let values = |text: &str| -> Option<Vec<Value>> {
        serde_json::Deserializer::from_str(text).into_iter().collect::<Result<_, _>>().ok()
    };
    let given_values = values(&given).unwrap_or_default();
    match values(printed) {
        Some(printed) if printed == given_values => return true,
        Some(printed) if !printed.is_empty() && printed.iter().all(Value::is_string) => {
            let texts: String = printed.iter().filter_map(Value::as_str).collect();
            if texts == given {
                return true;
            }
        }
        _ => {}
    }
    let mut leaves = Vec::new();
    for value in &given_values {
        collect_leaves(value, &mut leaves);
    }
    pieces.iter().all(|piece| {
        leaves.iter().any(|leaf| leaf == piece || escaped(leaf) == *piece)
            // What a template escapes in its own way can be told from the source in pieces only.
            || leaves.iter().any(|leaf| {
                leaf.contains(ESCAPED) && (leaf.contains(piece) || escaped(leaf).contains(piece))
            })
            || values(piece).is_some_and(|printed| printed.iter().all(|value| holds(&given_values, value)))
    })
}

/// Whether `wanted` is one of `values` or stands inside one.
fn holds(values: &[Value], wanted: &Value) -> bool {
    values.iter().any(|value| match value {
        _ if value == wanted => true,
        Value::Array(members) => holds(members, wanted),
        Value::Object(members) => members.values().any(|member| holds(std::slice::from_ref(member), wanted)),
        _ => false,
    })
}

/// Keys and values as a template that prints them one by one may print them.
fn collect_leaves(value: &Value, leaves: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                leaves.push(key.clone());
                collect_leaves(member, leaves);
            }
        }
        Value::Array(members) => members.iter().for_each(|member| collect_leaves(member, leaves)),
        Value::String(text) => leaves.push(text.clone()),
        Value::Null => leaves.extend(["null".to_owned(), "None".to_owned()]),
        Value::Bool(truth) => {
            leaves.extend([truth.to_string(), if *truth { "True" } else { "False" }.to_owned()]);
        }
        Value::Number(number) => leaves.push(number.to_string()),
    }
}

/// The text inside the quotes of its JSON string.
fn escaped(text: &str) -> String {
    let json = json_string(text);
    json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or(&json).to_owned()
}

fn json_string(text: &str) -> String {
    let mut json = String::new();
    print_json_string(text, &mut json);
    json
}
