//! Messages in the OpenAI spelling, which several layouts share.

use std::borrow::Cow;
use std::fmt;

use tooltrain_json::{Json, Kind, excerpt};

use super::general::may_hold_call;
use super::misspelled::{self, Key, Wanted};
use super::reading::Reading;
use crate::conversation::{Arguments, ArgumentsForm, Content, Message, PartWeight, Role, ToolCall};
use crate::finding::{Code, Severity};
use crate::nearest::{nearest, suggestion};

/// JSON pointer of a list of messages.
#[derive(Clone, Copy)]
pub(super) struct ListPlace<'p>(pub(super) &'p str);

/// Where a message stands.
#[derive(Clone, Copy)]
pub(super) struct MessagePlace<'p> {
    pub(super) list: ListPlace<'p>,
    pub(super) index: u32,
}

impl fmt::Display for MessagePlace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.list.0, self.index)
    }
}

/// Reads a list of messages; an empty one is noted.
pub(super) fn read_list<'a>(
    list: Json<'_, 'a>,
    place: ListPlace<'_>,
    reading: &mut Reading<'_>,
    messages: &mut Vec<Message<'a>>,
) {
    if list.kind() != Kind::Array {
        let message = format!("expected a list of messages, found {}", list.kind().as_str());
        reading.note_at(list, Code::FieldWrongType, place.0, message);
        return;
    }
    let before = messages.len();
    messages.reserve(list.elements().count());
    for (index, message) in list.elements().enumerate() {
        let place = MessagePlace { list: place, index: index as u32 };
        read_message(message, place, reading, messages);
    }
    if messages.len() == before && !reading.failed() {
        reading.note_at(list, Code::NoMessages, place.0, "the list of messages is empty");
    }
}

/// The fields of a message that mean something; everything else is left alone.
#[derive(Default)]
struct Fields<'t, 'a> {
    role: Option<Json<'t, 'a>>,
    content: Option<Json<'t, 'a>>,
    reasoning: [Option<Json<'t, 'a>>; 3],
    refusal: Option<Json<'t, 'a>>,
    tool_calls: Option<Json<'t, 'a>>,
    function_call: Option<Json<'t, 'a>>,
    tool_call_id: Option<Json<'t, 'a>>,
    tool_call_ids: Option<Json<'t, 'a>>,
    name: Option<Json<'t, 'a>>,
    weight: [Option<Json<'t, 'a>>; 3],
    /// Whether there are keys beside these that may be meant for one of them.
    suspicious: bool,
    /// Whether there are keys beside these.
    unknown: bool,
}

/// Keys that another key of a message may be meant for. Short ones are not among them: too many words are
/// near.
const WANTED: [Wanted; 7] = [
    Wanted::new("content"),
    Wanted::new("tool_calls"),
    Wanted::new("tool_call_id"),
    Wanted::new("function_call"),
    Wanted::new("reasoning_content"),
    Wanted::new("reasoning"),
    Wanted::new("weight"),
];

/// Keys of messages that mean something here or elsewhere.
const KEYS: [&str; 16] = [
    "role",
    "content",
    "tool_calls",
    "function_call",
    "tool_call_id",
    "tool_call_ids",
    "name",
    "refusal",
    "weight",
    "train",
    "loss",
    "reasoning_content",
    "reasoning",
    "thinking",
    "tool_name",
    "reasoning_details",
];
const REASONING: [&str; 3] = ["reasoning_content", "reasoning", "thinking"];
const WEIGHT: [&str; 3] = ["weight", "train", "loss"];

impl<'t, 'a> Fields<'t, 'a> {
    fn of(message: Json<'t, 'a>, reading: &mut Reading<'_>) -> Self {
        let mut fields = Self::default();
        for (key, value) in message.members() {
            let field = match &*key {
                "role" => &mut fields.role,
                "content" => &mut fields.content,
                "tool_calls" => &mut fields.tool_calls,
                "function_call" => &mut fields.function_call,
                "tool_call_id" => &mut fields.tool_call_id,
                "tool_call_ids" => &mut fields.tool_call_ids,
                "name" => &mut fields.name,
                "refusal" => &mut fields.refusal,
                "weight" => &mut fields.weight[0],
                "train" => &mut fields.weight[1],
                "loss" => &mut fields.weight[2],
                "reasoning_content" => &mut fields.reasoning[0],
                "reasoning" => &mut fields.reasoning[1],
                "thinking" => &mut fields.reasoning[2],
                other => {
                    let letters = Key::of(other);
                    fields.suspicious |= WANTED.iter().any(|wanted| wanted.may_be_meant(&letters));
                    fields.unknown = true;
                    reading.passed_over.push("messages[].", other, value);
                    continue;
                }
            };
            *field = Some(value);
        }
        fields
    }

    /// Those of [`WANTED`] that the message lacks.
    fn lacking(&self) -> Vec<&'static str> {
        let lacks = [
            self.content.is_none(),
            self.tool_calls.is_none(),
            self.tool_call_id.is_none() && self.tool_call_ids.is_none(),
            self.function_call.is_none(),
            self.reasoning.iter().all(Option::is_none),
            self.reasoning.iter().all(Option::is_none),
            self.weight.iter().all(Option::is_none),
        ];
        WANTED.iter().zip(lacks).filter(|(_, lacks)| *lacks).map(|(wanted, _)| wanted.word).collect()
    }
}

/// Appends one message, unless it has no role that could be read.
pub(super) fn read_message<'a>(
    json: Json<'_, 'a>,
    place: MessagePlace<'_>,
    reading: &mut Reading<'_>,
    messages: &mut Vec<Message<'a>>,
) {
    if json.kind() != Kind::Object {
        let message = format!("expected a message, found {}", json.kind().as_str());
        return reading.note_at(json, Code::FieldWrongType, place.to_string(), message);
    }
    let fields = Fields::of(json, reading);
    if fields.suspicious && misspelled::any(json, &KEYS, &fields.lacking()) {
        reading.doubt();
    }
    let role = read_role(json, fields.role, place, reading);
    // Made where it stays: a message is too large to be moved for nothing.
    messages.extend(std::iter::once_with(|| Message::new(role.unwrap_or(Role::User), place.index)));
    if let Some(message) = messages.last_mut() {
        read_fields(&fields, place, reading, message);
        let is_bare = message.content.is_empty() && message.tool_calls.is_empty();
        if is_bare && fields.unknown {
            reading.doubt();
        }
        let is_text = message.role == Role::Assistant && message.tool_calls.is_empty();
        if is_text && !is_bare && may_hold_call(message.content.as_str()) {
            reading.may_hold_calls = true;
        }
    }
    if role.is_none() {
        messages.pop();
    }
}

fn read_fields<'a>(
    fields: &Fields<'_, 'a>,
    place: MessagePlace<'_>,
    reading: &mut Reading<'_>,
    message: &mut Message<'a>,
) {
    read_content(fields.content, place, reading, message);
    for (name, value) in REASONING.iter().zip(fields.reasoning) {
        if let Some(value) = value {
            let text = reading.content_text(value).or_else(|| optional_text(value, place, name, reading));
            message.reasoning = message.reasoning.take().or(text);
        }
    }
    if fields.weight.iter().any(Option::is_some) {
        message.weight = weight_of(fields.weight, &|| place.to_string(), reading);
    }
    if let Some(name) = fields.name {
        message.name = optional_text(name, place, "name", reading);
    }
    if let Some(id) = fields.tool_call_id {
        message.tool_call_id = optional_text(id, place, "tool_call_id", reading);
    }
    if let (None, Some(ids)) = (&message.tool_call_id, fields.tool_call_ids) {
        message.tool_call_id = read_call_ids(ids, place, reading);
    }
    if let Some(calls) = fields.tool_calls.filter(|calls| !calls.is_null()) {
        read_calls(calls, place, reading, message);
    }
    if let Some(call) = fields.function_call.filter(|call| !call.is_null()) {
        read_legacy_call(call, place, reading, message);
    }
    let refusal = fields.refusal.and_then(|refusal| optional_text(refusal, place, "refusal", reading));
    if let Some(refusal) = refusal {
        read_refusal(refusal, place, reading, message);
    }
}

fn read_role(
    message: Json<'_, '_>,
    role: Option<Json<'_, '_>>,
    place: MessagePlace<'_>,
    reading: &mut Reading<'_>,
) -> Option<Role> {
    let Some(role) = role.filter(|role| !role.is_null()) else {
        let near = message.members().find(|(key, _)| nearest(key, ["role"]).is_some());
        let suggestion =
            near.map_or(String::new(), |(key, _)| format!("; did you mean it by {}?", excerpt(&key, 0)));
        let what = format!("{}{suggestion}", without_role(message));
        reading.note_at(message, Code::RoleMissing, place.to_string(), what);
        return None;
    };
    let pointer = || format!("{place}/role");
    if let Some(known) = role.spelled_text().and_then(role_named) {
        return Some(known);
    }
    let Some(name) = role.text() else {
        let message = format!("expected a string as role, found {}", role.kind().as_str());
        reading.note_at(role, Code::FieldWrongType, pointer(), message);
        return None;
    };
    match &*name {
        "function" => {
            reading.legacy += 1;
            Some(Role::Tool)
        }
        "developer" => {
            reading.note_at(role, Code::DeveloperRole, pointer(), "the role developer was read as system");
            Some(Role::System)
        }
        other => role_named(other).or_else(|| {
            let message = unknown_role(other);
            reading.note_at(role, Code::UnknownRole, pointer(), message);
            None
        }),
    }
}

/// What is said of a message without a speaker.
pub(super) fn without_role(message: Json<'_, '_>) -> String {
    let keys: Vec<_> = message.members().take(6).map(|(key, _)| excerpt(&key, 0)).collect();
    let keys = if keys.is_empty() { "none".to_owned() } else { keys.join(", ") };
    format!("the message has no role: neither `role` nor `from` names its speaker; its keys are {keys}")
}

fn role_named(name: &str) -> Option<Role> {
    match name {
        "assistant" => Some(Role::Assistant),
        "user" => Some(Role::User),
        "tool" => Some(Role::Tool),
        "system" => Some(Role::System),
        _ => None,
    }
}

/// What is said about a role that nobody knows.
pub(super) fn unknown_role(role: &str) -> String {
    const ROLES: [&str; 6] = ["system", "developer", "user", "assistant", "tool", "function"];
    format!("the role {} is not known{}", excerpt(role, 0), suggestion(role, ROLES))
}

fn read_content<'a>(
    content: Option<Json<'_, 'a>>,
    place: MessagePlace<'_>,
    reading: &mut Reading<'_>,
    message: &mut Message<'a>,
) {
    let Some(content) = content else { return };
    message.content = match content.kind() {
        Kind::Null => Content::Null,
        Kind::String => Content::Text(reading.content_text(content).unwrap_or_default()),
        Kind::Array => Content::Text(read_parts(content, place, reading, message)),
        other => {
            let text = format!("expected text, null or a list of parts, found {}", other.as_str());
            reading.note_at(content, Code::ContentWrongType, format!("{place}/content"), text);
            Content::Absent
        }
    };
}

/// Joins the text parts of a content list, and keeps the weights they carry.
fn read_parts<'a>(
    parts: Json<'_, 'a>,
    place: MessagePlace<'_>,
    reading: &mut Reading<'_>,
    message: &mut Message<'a>,
) -> Cow<'a, str> {
    let mut joined = Cow::Borrowed("");
    let mut weights = Vec::new();
    for (position, part) in parts.elements().enumerate() {
        let pointer = || format!("{place}/content/{position}");
        let (text, weight) = read_part(part, &pointer, reading).unwrap_or_default();
        if joined.is_empty() {
            joined = text;
        } else {
            joined.to_mut().push_str(&text);
        }
        weights.push(PartWeight { end: joined.len() as u32, weight });
    }
    if weights.len() > 1 {
        let what = format!("{} content parts were joined", weights.len());
        reading.note_at(parts, Code::PartsJoined, format!("{place}/content"), what);
    }
    if weights.iter().any(|part| part.weight.is_some()) {
        message.part_weights = weights;
    }
    joined
}

/// Text and weight of one content part.
fn read_part<'a>(
    part: Json<'_, 'a>,
    pointer: &impl Fn() -> String,
    reading: &mut Reading<'_>,
) -> Option<(Cow<'a, str>, Option<f32>)> {
    if let Some(text) = part.text() {
        return Some((text, None));
    }
    let mut kind = None;
    let mut text = None;
    let mut weights = [None; 3];
    for (key, value) in part.members() {
        match &*key {
            "type" => kind = value.text(),
            "text" | "refusal" => text = text.or(value.text()),
            "weight" => weights[0] = Some(value),
            "train" => weights[1] = Some(value),
            "loss" => weights[2] = Some(value),
            key => reading.passed_over.push("messages[].content[].", key, value),
        }
    }
    let readable = matches!(kind.as_deref(), None | Some("text" | "refusal"));
    let (Some(text), true) = (text, readable) else {
        let what = match kind {
            Some(kind) if !readable => format!("a content part of type {} cannot be read", excerpt(&kind, 0)),
            _ => "the content part has no text".to_owned(),
        };
        reading.note_at(part, Code::UnknownContentPart, pointer(), what);
        return None;
    };
    let weight = weight_of(weights, pointer, reading);
    Some((text, weight))
}

/// The first of the weights under their several names.
fn weight_of(
    given: [Option<Json<'_, '_>>; 3],
    pointer: &impl Fn() -> String,
    reading: &mut Reading<'_>,
) -> Option<f32> {
    let mut weight = None;
    for (name, value) in WEIGHT.iter().zip(given) {
        let read = value.and_then(|value| read_weight(value, || format!("{}/{name}", pointer()), reading));
        weight = weight.or(read);
    }
    weight
}

/// The weight of a message in another layout, which spells it as this one does.
pub(super) fn message_weight(
    message: Json<'_, '_>,
    place: MessagePlace<'_>,
    reading: &mut Reading<'_>,
) -> Option<f32> {
    weight_of(WEIGHT.map(|name| message.get(name)), &|| place.to_string(), reading)
}

/// A loss weight: a boolean, or a number of at least 0. Null is none.
pub(super) fn read_weight(
    value: Json<'_, '_>,
    pointer: impl Fn() -> String,
    reading: &mut Reading<'_>,
) -> Option<f32> {
    let weight = match value.kind() {
        Kind::Null => return None,
        Kind::True => Some(1.0),
        Kind::False => Some(0.0),
        Kind::Number => value.number().map(|number| number as f32),
        _ => None,
    };
    let weight = weight.filter(|weight| weight.is_finite() && *weight >= 0.0);
    if weight.is_none() {
        let message = format!("expected a weight of at least 0, found {}", excerpt(value.source(), 0));
        reading.note_at(value, Code::WeightInvalid, pointer(), message);
    }
    weight.map(|weight| weight + 0.0)
}

/// A field that holds text, or null for none.
pub(super) fn optional_text<'a>(
    value: Json<'_, 'a>,
    place: MessagePlace<'_>,
    name: &str,
    reading: &mut Reading<'_>,
) -> Option<Cow<'a, str>> {
    let text = value.text();
    if text.is_none() && !value.is_null() {
        let message = format!("expected a string as {name}, found {}", value.kind().as_str());
        reading.note_at(value, Code::FieldWrongType, format!("{place}/{name}"), message);
    }
    text
}

/// `tool_call_ids`, as some agents write it: a list with the one id that the result answers.
fn read_call_ids<'a>(
    ids: Json<'_, 'a>,
    place: MessagePlace<'_>,
    reading: &mut Reading<'_>,
) -> Option<Cow<'a, str>> {
    let mut elements = ids.elements();
    match (elements.next(), elements.next()) {
        (None, _) if ids.is_null() || ids.kind() == Kind::Array => return None,
        (Some(id), None) if id.is_null() => return None,
        (Some(id), None) if id.kind() == Kind::String => return id.text(),
        _ => {}
    }
    let message = format!("expected a list with one id, found {}", excerpt(ids.source(), 0));
    reading.note_at(ids, Code::FieldWrongType, format!("{place}/tool_call_ids"), message);
    None
}

fn read_refusal<'a>(
    refusal: Cow<'a, str>,
    place: MessagePlace<'_>,
    reading: &mut Reading<'_>,
    message: &mut Message<'a>,
) {
    if refusal.is_empty() {
        return;
    }
    let pointer = format!("{place}/refusal");
    if message.content.is_empty() {
        message.content = Content::Text(refusal);
        reading.note(Code::RefusalRead, pointer, "the refusal was read as the content of the turn");
    } else {
        reading.note(Code::RefusalRead, pointer, "a refusal beside content is left out");
        if let Some(finding) = reading.findings.last_mut() {
            finding.severity = Severity::Warning;
        }
    }
}

fn read_calls<'a>(
    calls: Json<'_, 'a>,
    place: MessagePlace<'_>,
    reading: &mut Reading<'_>,
    message: &mut Message<'a>,
) {
    let pointer = || format!("{place}/tool_calls");
    if calls.kind() != Kind::Array {
        let what = format!("expected a list of calls, found {}", calls.kind().as_str());
        return reading.note_at(calls, Code::FieldWrongType, pointer(), what);
    }
    if calls.elements().next().is_none() {
        return reading.note_at(calls, Code::EmptyCalls, pointer(), "an empty list of calls");
    }
    if message.role != Role::Assistant {
        let what = format!("a message of role {} makes tool calls", message.role.as_str());
        return reading.note_at(calls, Code::CallsMisplaced, pointer(), what);
    }
    message.tool_calls.reserve_exact(calls.elements().count());
    for (position, call) in calls.elements().enumerate() {
        let pointer = || format!("{place}/tool_calls/{position}");
        message.tool_calls.extend(read_call(call, &pointer, reading));
    }
}

/// Reads the one call that an assistant message made before there were lists of calls.
fn read_legacy_call<'a>(
    call: Json<'_, 'a>,
    place: MessagePlace<'_>,
    reading: &mut Reading<'_>,
    message: &mut Message<'a>,
) {
    let pointer = || format!("{place}/function_call");
    if message.role != Role::Assistant {
        let what = format!("a message of role {} makes a function call", message.role.as_str());
        return reading.note_at(call, Code::CallsMisplaced, pointer(), what);
    }
    reading.legacy += 1;
    message.tool_calls.extend(read_call(call, &pointer, reading));
}

/// Reads `{"id": .., "type": "function", "function": {"name": .., "arguments": ..}}`, or the inner
/// object alone, where arguments may also be called parameters.
pub(super) fn read_call<'a>(
    call: Json<'_, 'a>,
    pointer: &impl Fn() -> String,
    reading: &mut Reading<'_>,
) -> Option<ToolCall<'a>> {
    if call.kind() != Kind::Object {
        let what = format!("expected a call, found {}", call.kind().as_str());
        reading.note_at(call, Code::FieldWrongType, pointer(), what);
        return None;
    }
    let mut id = None;
    let mut kind = None;
    let mut function = None;
    let mut flat = (None, None);
    for (key, value) in call.members() {
        match &*key {
            "id" => id = Some(value),
            "type" => kind = Some(value),
            "function" => function = Some(value),
            "name" => flat.0 = Some(value),
            "arguments" => flat.1 = Some(value),
            "parameters" => flat.1 = flat.1.or(Some(value)),
            key => reading.passed_over.push("messages[].tool_calls[].", key, value),
        }
    }
    if let Some(kind) = kind.filter(|kind| !kind.is_null() && kind.text().as_deref() != Some("function")) {
        let what = format!("the call is of type {}, not function", excerpt(kind.source(), 0));
        reading.note_at(kind, Code::CallTypeUnknown, format!("{}/type", pointer()), what);
        return None;
    }
    let id = match id.filter(|id| !id.is_null()) {
        Some(id) if id.kind() != Kind::String => {
            let what = format!("expected a string as id, found {}", id.kind().as_str());
            reading.note_at(id, Code::FieldWrongType, format!("{}/id", pointer()), what);
            None
        }
        id => id.and_then(Json::text).filter(|id| !id.is_empty()),
    };
    let (inner, (name, arguments)) = match function.filter(|function| function.kind() == Kind::Object) {
        Some(function) => {
            let mut inner = (None, None);
            for (key, value) in function.members() {
                match &*key {
                    "name" => inner.0 = Some(value),
                    "arguments" => inner.1 = Some(value),
                    key => reading.passed_over.push("messages[].tool_calls[].function.", key, value),
                }
            }
            ("/function", inner)
        }
        None => ("", flat),
    };
    let name = name.and_then(Json::text).filter(|name| !name.is_empty());
    if name.is_none() {
        reading.note_at(call, Code::CallNameMissing, pointer() + inner, "the call does not name its tool");
    }
    let arguments = read_arguments(arguments, call, &|| format!("{}{inner}/arguments", pointer()), reading);
    Some(ToolCall { id, name: name?, arguments: arguments? })
}

/// Reads the arguments of a call: an object, or a string that holds one.
fn read_arguments<'a>(
    arguments: Option<Json<'_, 'a>>,
    call: Json<'_, 'a>,
    pointer: &impl Fn() -> String,
    reading: &mut Reading<'_>,
) -> Option<Arguments<'a>> {
    let Some(arguments) = arguments else {
        let what = "the call has no arguments; a call without any has {}";
        reading.note_at(call, Code::ArgumentsNotObject, pointer(), what);
        return None;
    };
    if arguments.kind() == Kind::Object {
        return Some(Arguments { json: Cow::Borrowed(arguments.source()), form: ArgumentsForm::Object });
    }
    let Some(text) = arguments.text() else {
        let what = format!("expected an object or its JSON text, found {}", arguments.kind().as_str());
        reading.note_at(arguments, Code::ArgumentsNotObject, pointer(), what);
        return None;
    };
    let kind = reading.nested(&text, Code::ArgumentsNotJson, pointer, |value, _| value.kind())?;
    if kind != Kind::Object {
        let what =
            format!("expected the JSON text of an object, found {}: {}", kind.as_str(), excerpt(&text, 0));
        reading.note_at(arguments, Code::ArgumentsNotObject, pointer(), what);
        return None;
    }
    Some(Arguments { json: text, form: ArgumentsForm::Text })
}
