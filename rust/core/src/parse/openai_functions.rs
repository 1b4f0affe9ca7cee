//! Layout `openai_functions`: the OpenAI format before tools, `{"messages": [..], "functions": [..]}`
//! with `function_call` in assistant messages and results under the role `function`.
//!
//! It has no ids: a turn makes one call and the next message answers it. The messages are read as
//! those of `openai`, which takes both spellings, so this file only recognizes the layout.

use tooltrain_json::{Json, Kind};

use crate::conversation::{Place, Places};

pub(super) fn recognizes(record: Json<'_, '_>) -> bool {
    let Some(messages) = record.get("messages") else { return false };
    if record.get("functions").is_some_and(|functions| !functions.is_null()) {
        return true;
    }
    record.get("tools").is_none_or(Json::is_null) && messages.elements().any(is_legacy)
}

fn is_legacy(message: Json<'_, '_>) -> bool {
    message.members().any(|(key, value)| match &*key {
        "function_call" => value.kind() == Kind::Object,
        "role" => value.text().as_deref() == Some("function"),
        _ => false,
    })
}

pub(super) const PLACES: Places = Places::new(|place| match place {
    Place::Call(message, _) => format!("/messages/{message}/function_call"),
    Place::Arguments(message, _) => format!("/messages/{message}/function_call/arguments"),
    Place::Tools => "/functions".to_owned(),
    Place::Tool(tool) => format!("/functions/{tool}"),
    other => Places::default().pointer(other),
});
