//! The text of a result, whatever it is wrapped in.

use std::borrow::Cow;

use super::names::{self, Kind};
use super::parts::text_in;
use super::turns::join;
use crate::conversation::Content;
use tooltrain_json::{Json, Kind as Type};

/// What a template prints for a result: text as it is, and anything else as its JSON text.
pub(super) fn content_of<'a>(value: Json<'_, 'a>) -> Content<'a> {
    match value.kind() {
        Type::Null => Content::Null,
        Type::String => Content::Text(value.text().unwrap_or_default()),
        _ => Content::Text(text_of(value)),
    }
}

fn text_of<'a>(value: Json<'_, 'a>) -> Cow<'a, str> {
    match value.kind() {
        Type::String => value.text().unwrap_or_default(),
        Type::Null => Cow::Borrowed(""),
        Type::Array => {
            let texts: Option<Vec<_>> = value.elements().map(part_text).collect();
            match texts {
                Some(texts) => join(texts, "").unwrap_or_default(),
                None => Cow::Borrowed(value.source()),
            }
        }
        Type::Object => part_text(value).unwrap_or(Cow::Borrowed(value.source())),
        _ => Cow::Borrowed(value.source()),
    }
}

/// The text of a part of a result; of an object that is no part, none.
fn part_text<'a>(part: Json<'_, 'a>) -> Option<Cow<'a, str>> {
    if part.kind() != Type::Object {
        return part.text().filter(|_| part.kind() == Type::String);
    }
    let kind = part.get("type").and_then(Json::text);
    let members = part.members().filter(|(_, value)| !value.is_null()).count();
    match kind.as_deref() {
        Some("text" | "error-text") => return part.get("value").or(text_in(part)).map(text_of),
        Some("json" | "error-json" | "content") => {
            return part.get("value").or(part.get("json")).map(text_of);
        }
        Some(kind) if names::kind(kind) == Some(Kind::Text) => return text_in(part).map(text_of),
        Some(_) => return None,
        None => {}
    }
    if members != 1 {
        return None;
    }
    part.get("text").filter(|text| text.kind() == Type::String).or(part.get("json")).map(text_of)
}

/// An image or a sound among the parts of a result, with its name.
pub(super) fn media_in<'t, 'a>(value: Json<'t, 'a>) -> Option<(Cow<'a, str>, Json<'t, 'a>)> {
    value.elements().find_map(|part| {
        let kind = part.get("type").and_then(Json::text)?;
        (names::kind(&kind) == Some(Kind::Media)).then_some((kind, part))
    })
}
