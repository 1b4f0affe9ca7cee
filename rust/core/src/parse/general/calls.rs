//! Calls in any spelling, and every repair of their arguments.

use std::borrow::Cow;

use super::names::{self, CallField};
use super::turns::{Turn, Turns};
use super::{General, path, python_text, results};
use crate::conversation::{Arguments, ArgumentsForm, Message, Role, ToolCall};
use crate::finding::{Code, Severity};
use crate::nearest::nearest;
use tooltrain_json::excerpt;
use tooltrain_json::{Json, Kind as Type};

/// The keys of a call by their meaning.
#[derive(Default)]
struct CallFields<'t, 'a> {
    id: Option<Json<'t, 'a>>,
    kind: Option<Json<'t, 'a>>,
    name: Option<(u8, Json<'t, 'a>)>,
    arguments: Option<(u8, Json<'t, 'a>)>,
    output: Option<Json<'t, 'a>>,
    inner: Option<Json<'t, 'a>>,
    unknown: Vec<(Cow<'a, str>, Json<'t, 'a>)>,
}

impl Turns<'_> {
    /// Whether a call with this id was made.
    pub(super) fn has_call(&self, id: &str) -> bool {
        let is_it = |call: &ToolCall<'_>| call.id.as_deref() == Some(id);
        self.messages.iter().any(|message| message.tool_calls.iter().any(is_it))
            || self.open_calls().any(is_it)
    }
}

impl<'t, 'a> General<'_, 't, 'a, '_> {
    /// Reads one call or a list of calls, in a list of its own perhaps.
    pub(super) fn read_calls(&mut self, calls: Json<'t, 'a>, turn: &mut Turn<'a>) {
        match calls.kind() {
            Type::Null => self.marks.set(calls),
            Type::Array => {
                if calls.elements().next().is_none() {
                    self.marks.set(calls);
                    self.repair(Code::EmptyCalls, "an empty list of calls", calls);
                }
                for call in calls.elements() {
                    if call.kind() == Type::Array {
                        self.read_calls(call, turn);
                    } else {
                        self.read_call(call, turn);
                    }
                }
            }
            Type::String if calls.text().is_some_and(|text| is_blank(&text)) => self.marks.set(calls),
            Type::Object => {
                let key = path::pointer_to(self.record, calls);
                if key.ends_with("/function_call") {
                    self.reading.legacy += 1;
                }
                self.read_call(calls, turn);
            }
            other => {
                let what = format!("expected a list of calls, found {}", other.as_str());
                self.note(Code::FieldWrongType, calls, what);
            }
        }
    }

    /// Reads one call, and the result that may stand in it. What was noted as wrong counts as read.
    pub(super) fn read_call(&mut self, call: Json<'t, 'a>, turn: &mut Turn<'a>) {
        let calls = turn.calls.len();
        self.read_one_call(call, turn);
        if turn.calls.len() == calls {
            self.marks.set(call);
        }
    }

    fn read_one_call(&mut self, call: Json<'t, 'a>, turn: &mut Turn<'a>) {
        if call.kind() != Type::Object {
            let what = format!("expected a call, found {}", call.kind().as_str());
            return self.note(Code::FieldWrongType, call, what);
        }
        let mut fields = CallFields::default();
        self.collect(call, &mut fields);
        if let Some(inner) = fields.inner {
            self.collect(inner, &mut fields);
        }
        let kind = fields.kind.and_then(Json::text);
        if let Some(kind) = fields.kind {
            self.marks.set(kind);
        }
        let name = self.name_of_call(call, &mut fields, kind.as_deref());
        let is_known = |kind: &str| {
            matches!(kind, "function" | "tool_call" | "custom")
                || names::kind(kind) == Some(names::Kind::Call)
                || kind.starts_with("tool-")
        };
        if let Some(kind) = kind.as_deref().filter(|kind| !is_known(kind) && name.is_none()) {
            let what = format!("the call is of type {}, not function", excerpt(kind, 0));
            return self.note(Code::CallTypeUnknown, fields.kind.unwrap_or(call), what);
        }
        let id = fields.id.filter(|id| !id.is_null()).and_then(|id| {
            self.marks.set(id);
            if id.kind() == Type::Number {
                return Some(Cow::Borrowed(id.source()));
            }
            if id.kind() != Type::String {
                let what = format!("expected a string as id, found {}", id.kind().as_str());
                self.note(Code::FieldWrongType, id, what);
            }
            id.text().filter(|id| !id.is_empty())
        });
        let Some(name) = name else {
            let keys = super::keys_of(fields.inner.unwrap_or(call));
            let what = format!("the call does not name its tool; its keys are {keys}");
            return self.note(Code::CallNameMissing, fields.inner.unwrap_or(call), what);
        };
        let Some(arguments) = self.arguments_of(call, &fields) else { return };
        turn.calls.push(ToolCall { id: id.clone(), name: name.clone(), arguments });
        if std::mem::take(&mut self.wrong_call) {
            turn.masked = Some(Code::DuplicateKey);
        }
        if let Some(output) = fields.output {
            let mut result = Message::new(Role::Tool, 0);
            self.marks.set(output);
            if !output.is_null() {
                result.content = results::content_of(output);
                result.tool_call_id = id;
                result.name = Some(name);
                turn.results.push(result);
            }
        }
    }

    fn collect(&self, call: Json<'t, 'a>, fields: &mut CallFields<'t, 'a>) {
        let spec = self.spec;
        let named = |names: &[String], key: &str| names.iter().any(|name| name == key);
        for (key, value) in call.members() {
            let field = if named(&spec.call_name, &key) {
                Some(CallField::Name(0))
            } else if named(&spec.call_arguments, &key) {
                Some(CallField::Arguments(0))
            } else if named(&spec.call_result, &key) {
                Some(CallField::Output)
            } else {
                names::call_field(&key)
            };
            match field {
                Some(CallField::Id) => {
                    // The id that results name goes before the id of the item.
                    if fields.id.is_none_or(Json::is_null) || key != "id" {
                        fields.id = Some(value);
                    }
                }
                Some(CallField::Kind) => fields.kind = fields.kind.or(Some(value)),
                Some(CallField::Function | CallField::Name(_)) if value.kind() == Type::Object => {
                    fields.inner = Some(value);
                }
                Some(CallField::Function) => fields.name = fields.name.or(Some((1, value))),
                Some(CallField::Name(rank)) => {
                    if fields.name.is_none_or(|(best, _)| rank < best) && !value.is_null() {
                        fields.name = Some((rank, value));
                    }
                }
                Some(CallField::Arguments(rank)) => {
                    if fields.arguments.is_none_or(|(best, _)| rank < best) {
                        fields.arguments = Some((rank, value));
                    }
                }
                Some(CallField::Output) => fields.output = Some(value),
                Some(CallField::Requestor) => {}
                None => fields.unknown.push((key, value)),
            }
        }
    }

    fn name_of_call(
        &mut self,
        call: Json<'t, 'a>,
        fields: &mut CallFields<'t, 'a>,
        kind: Option<&str>,
    ) -> Option<Cow<'a, str>> {
        if let Some((_, name)) = fields.name {
            let text = name.text().filter(|name| !name.is_empty());
            if text.is_some() {
                self.marks.set(name);
            }
            return text;
        }
        if let Some(name) = kind.and_then(|kind| kind.strip_prefix("tool-")) {
            return Some(Cow::Owned(name.to_owned()));
        }
        let near = fields
            .unknown
            .iter()
            .find(|(key, value)| nearest(key, ["name"]).is_some() && value.kind() == Type::String)
            .cloned();
        if let Some((key, value)) = near {
            self.repair(
                Code::MisspelledKey,
                &format!("the key `{}` was read as `name`", key.escape_debug()),
                value,
            );
            self.marks.set(value);
            return value.text();
        }
        // `{"get_weather": {"city": "Bern"}}`
        let mut members = call.members();
        match (members.next(), members.next()) {
            (Some((key, value)), None)
                if value.kind() == Type::Object && names::call_field(&key).is_none() =>
            {
                self.repair(Code::OtherKeyRead, "the key of a call was read as the name of its tool", value);
                fields.arguments = Some((0, value));
                Some(key)
            }
            _ => None,
        }
    }

    fn arguments_of(&mut self, call: Json<'t, 'a>, fields: &CallFields<'t, 'a>) -> Option<Arguments<'a>> {
        let mut given = fields.arguments.map(|(_, value)| value);
        if given.is_none() {
            let near =
                fields.unknown.iter().find(|(key, _)| nearest(key, ["arguments", "parameters"]).is_some());
            if let Some((key, value)) = near {
                let what = format!("the key `{}` was read as `arguments`", key.escape_debug());
                self.repair(Code::MisspelledKey, &what, *value);
                given = Some(*value);
            }
        }
        let empty = || Arguments { json: Cow::Borrowed("{}"), form: ArgumentsForm::Object };
        let Some(given) = given else {
            let holds = |value: &Json<'t, 'a>| {
                value.kind() == Type::Object
                    || value.text().is_some_and(|text| text.trim_start().starts_with('{'))
            };
            if let Some((key, value)) = fields.unknown.iter().find(|(_, value)| holds(value)) {
                let what = format!("the call has no arguments; its key {} may hold them", excerpt(key, 0));
                let hint =
                    format!("rename the key, or map it: layout={{\"call\": {{\"arguments\": \"{key}\"}}}}");
                self.note_with_hint(Code::ArgumentsNotObject, *value, what, hint);
                return None;
            }
            self.repair(Code::ArgumentsEmpty, "a call without arguments was read as one with {}", call);
            return Some(empty());
        };
        self.marks.set(given);
        match given.kind() {
            Type::Object => {
                Some(Arguments { json: Cow::Borrowed(given.source()), form: ArgumentsForm::Object })
            }
            Type::Null => {
                self.repair(Code::ArgumentsEmpty, "a call without arguments was read as one with {}", given);
                Some(empty())
            }
            Type::String => self.arguments_in_text(given, given.text().unwrap_or_default()),
            other => {
                let what = format!("expected an object or its JSON text, found {}", other.as_str());
                self.note(Code::ArgumentsNotObject, given, what);
                None
            }
        }
    }

    /// Arguments that stand in a text: JSON, JSON encoded once more, a Python literal, or nothing.
    fn arguments_in_text(&mut self, at: Json<'t, 'a>, text: Cow<'a, str>) -> Option<Arguments<'a>> {
        if is_blank(&text) {
            self.repair(Code::ArgumentsEmpty, "a call without arguments was read as one with {}", at);
            return Some(Arguments { json: Cow::Borrowed("{}"), form: ArgumentsForm::Object });
        }
        match self.inside(&text) {
            Inside::Object => return Some(Arguments { json: text, form: ArgumentsForm::Text }),
            Inside::Text(inner) => {
                if matches!(self.inside(&inner), Inside::Object) {
                    self.repair(
                        Code::ArgumentsEncodedTwice,
                        "arguments that were encoded twice were decoded once more",
                        at,
                    );
                    return Some(Arguments { json: Cow::Owned(inner), form: ArgumentsForm::Text });
                }
            }
            Inside::Nothing => {
                let json = python_text::to_json(&text).filter(|json| json.starts_with('{'));
                if let Some(json) = json {
                    self.repair(Code::PythonLiteral, "a Python literal was read as JSON", at);
                    return Some(Arguments { json: Cow::Owned(json), form: ArgumentsForm::Text });
                }
            }
            Inside::Other => {}
        }
        let pointer = path::pointer_to(self.record, at);
        let pointer = || pointer.clone();
        let findings = self.reading.findings.len();
        let kind = self.reading.nested(&text, Code::ArgumentsNotJson, pointer, |value, _| value.kind());
        if let Some(kind) = kind {
            let what = format!(
                "expected the JSON text of an object, found {}: {}",
                kind.as_str(),
                excerpt(&text, 0)
            );
            self.note(Code::ArgumentsNotObject, at, what);
        } else if self.reading.findings[findings..].iter().all(|finding| finding.code == Code::DuplicateKey) {
            // The template prints such text as it is; that the call is wrong costs its turn, not the record.
            self.reading.findings.truncate(findings);
            self.wrong_call = true;
            let what = "a key stands twice in the arguments, with two values";
            self.note_as(Severity::Masked, Code::DuplicateKey, at, what.to_owned());
            return Some(Arguments { json: text, form: ArgumentsForm::Text });
        }
        None
    }

    /// What the JSON in a text is.
    fn inside(&mut self, text: &str) -> Inside {
        let findings = self.reading.findings.len();
        let found =
            self.reading.nested(text, Code::ArgumentsNotJson, String::new, |value, _| match value.kind() {
                Type::Object => Inside::Object,
                Type::String => Inside::Text(value.text().unwrap_or_default().into_owned()),
                _ => Inside::Other,
            });
        let is_grammar =
            self.reading.findings[findings..].iter().any(|finding| finding.code == Code::ArgumentsNotJson);
        self.reading.findings.truncate(findings);
        found.unwrap_or(if is_grammar { Inside::Nothing } else { Inside::Other })
    }

    /// A call whose name is known and whose arguments are a text of the record.
    pub(super) fn named_call(&mut self, name: Cow<'a, str>, arguments: Json<'t, 'a>) -> Option<ToolCall<'a>> {
        let arguments = self.arguments_in_text(arguments, arguments.text().unwrap_or_default())?;
        Some(ToolCall { id: None, name, arguments })
    }

    /// Reads the JSON text of a call, or of a list of calls.
    pub(super) fn read_call_text(&mut self, at: Json<'t, 'a>, turn: &mut Turn<'a>) {
        let text = at.text().unwrap_or_default();
        if let Some((calls, was_python)) = super::text_calls::calls_in_json(&text) {
            if was_python {
                self.repair(Code::PythonLiteral, "a Python literal was read as JSON", at);
            }
            turn.calls.extend(calls);
        } else {
            let pointer = path::pointer_to(self.record, at);
            let calls = super::super::sharegpt::read_call_text(&text, &|| pointer.clone(), self.reading);
            turn.calls.extend(calls.unwrap_or_default());
        }
    }
}

enum Inside {
    Object,
    Text(String),
    /// Another value, or JSON that is not taken.
    Other,
    /// No JSON.
    Nothing,
}

/// Whether a text stands for nothing.
pub(super) fn is_blank(text: &str) -> bool {
    matches!(text.trim(), "" | "null" | "None" | "nan" | "NaN" | "[]")
}
