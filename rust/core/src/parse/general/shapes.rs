//! What a value looks like, from its keys: a message, a list of messages, a call, a declared tool.

use super::names::{self, CallField, Field, Folded};
use tooltrain_json::{Json, Kind};

/// Elements of a list that are looked at.
const LOOKED_AT: usize = 8;

/// Whether an object looks like a message, or like a piece of one.
pub(super) fn is_message(value: Json<'_, '_>) -> bool {
    is_message_within(value, 2)
}

fn is_message_within(value: Json<'_, '_>, wrappers: u8) -> bool {
    let (mut speaks, mut says, mut is_piece, mut typed, mut wraps) = (false, false, false, false, false);
    for (key, value) in value.members() {
        match names::message_field(&key) {
            Some(Field::Role(_)) => {
                let named = value.get("role").unwrap_or(value);
                let word = named.text();
                speaks |= word.is_some_and(|word| key == "role" || names::speaker(&word).is_some());
            }
            Some(Field::Kind) => {
                let word = value.text().unwrap_or_default();
                typed |= names::speaker(&word).is_some();
                is_piece |= matches!(
                    names::kind(&word),
                    Some(names::Kind::Call | names::Kind::Result | names::Kind::Thought)
                );
            }
            Some(Field::Wrapper | Field::Content(3)) if wrappers > 0 && value.kind() == Kind::Object => {
                if is_message_within(value, wrappers - 1) {
                    return true;
                }
                wraps |=
                    value.members().any(|(key, _)| names::message_field(&key) == Some(Field::Content(0)));
            }
            Some(
                Field::Content(_)
                | Field::Parts
                | Field::Calls
                | Field::Reasoning
                | Field::Output
                | Field::Refusal,
            ) => says = true,
            Some(Field::Summary | Field::Arguments) => says |= is_piece,
            _ => {}
        }
    }
    (speaks || typed) && says || is_piece || typed && wraps
}

/// Whether a list looks like the messages of one conversation.
pub(super) fn is_conversation(list: Json<'_, '_>) -> bool {
    let (mut seen, mut messages) = (0, 0);
    for element in list.elements().take(LOOKED_AT) {
        seen += 1;
        messages += usize::from(element.kind() == Kind::Object && is_message(element));
    }
    messages > 0 && messages * 2 >= seen
}

/// Whether an object looks like one exchange: what the person says and what the model says, each under a key.
pub(super) fn is_pair(value: Json<'_, '_>) -> bool {
    pair(value).is_some_and(|(asked, answered)| {
        asked.kind() == Kind::String && matches!(answered.kind(), Kind::String | Kind::Array)
    })
}

/// The two sides of an exchange.
pub(super) fn pair<'t, 'a>(value: Json<'t, 'a>) -> Option<(Json<'t, 'a>, Json<'t, 'a>)> {
    Some((first_of(value, &names::ASKED)?, first_of(value, &names::ANSWERED)?))
}

/// The member under the first of these folded names that the object has.
pub(super) fn first_of<'t, 'a>(value: Json<'t, 'a>, wanted: &[&str]) -> Option<Json<'t, 'a>> {
    let mut found: Option<(usize, Json<'t, 'a>)> = None;
    for (key, value) in value.members().filter(|(_, value)| !value.is_null()) {
        let folded = Folded::of(&key);
        let Some(rank) = wanted.iter().position(|name| *name == folded.as_str()) else { continue };
        if found.is_none_or(|(best, _)| rank < best) {
            found = Some((rank, value));
        }
    }
    found.map(|(_, value)| value)
}

/// Whether an object looks like a call: a name beside arguments.
pub(super) fn is_call(value: Json<'_, '_>) -> bool {
    let (mut named, mut called, mut declared) = (false, false, false);
    for (key, value) in value.members() {
        match names::call_field(&key) {
            Some(CallField::Function) if value.kind() == Kind::Object => return is_call(value),
            Some(CallField::Function | CallField::Name(_)) => named |= value.kind() == Kind::String,
            Some(CallField::Arguments(_)) => {
                called |= matches!(value.kind(), Kind::Object | Kind::String);
                declared |= is_schema(value);
            }
            _ => declared |= key == "description",
        }
    }
    named && called && !declared
}

/// Whether a value looks like a call, or like a list of them.
pub(super) fn is_calls(value: Json<'_, '_>) -> bool {
    match value.kind() {
        Kind::Array => {
            let mut elements = value.elements().take(LOOKED_AT).peekable();
            elements.peek().is_some()
                && elements.all(|element| element.kind() == Kind::Object && is_call(element))
        }
        Kind::Object => is_call(value),
        _ => false,
    }
}

pub(super) fn is_schema(value: Json<'_, '_>) -> bool {
    value.get("properties").is_some_and(|properties| properties.kind() == Kind::Object)
        || value.get("type").and_then(Json::text).as_deref() == Some("object")
}

/// Whether an object looks like the declaration of a tool, or holds such declarations in one of the known spellings.
pub(super) fn is_tool(value: Json<'_, '_>) -> bool {
    let (mut named, mut described) = (false, false);
    for (key, value) in value.members() {
        let folded = Folded::of(&key);
        match folded.as_str() {
            "function" | "toolspec" if value.kind() == Kind::Object => return is_tool(value),
            "functiondeclarations" => return is_tools(value),
            "name" => named = value.kind() == Kind::String,
            "description" | "inputschema" | "jsonschema" => described = true,
            "parameters" | "schema" => {
                described |= value.kind() == Kind::String && value.source().contains("type")
                    || is_schema(value)
                    || value.kind() == Kind::Object
                        && value.members().all(|(_, value)| value.get("type").is_some())
                        && value.members().next().is_some();
            }
            _ => {}
        }
    }
    named && described
}

/// Whether a list looks like declared tools.
pub(super) fn is_tools(value: Json<'_, '_>) -> bool {
    let mut elements = value.elements().take(LOOKED_AT).peekable();
    elements.peek().is_some() && elements.all(|element| element.kind() == Kind::Object && is_tool(element))
}
