//! `from_json`: the value that a JSON text means, as serving engines add it to jinja2.

use std::borrow::Cow;

use tooltrain_json::{Json, Kind, Tape};

use crate::error::{Result, TemplateError};
use crate::evaluate::Evaluator;
use crate::text::{Owner, Text, Woven};
use crate::value::{MAX_NESTING, Value};

impl<'r> Evaluator<'r> {
    /// What a JSON text means. Its bytes keep their owners; a value that is no text comes back as it is, for
    /// serving engines read arguments before a template sees them.
    pub(crate) fn value_of_json(&mut self, value: Value<'r>) -> Result<Value<'r>> {
        let Some(text) = value.as_text().cloned() else { return Ok(value) };
        self.steps(text.len() / 16)?;
        let mut tape = Tape::default();
        let not_json = || TemplateError::raised("from_json: the text is not JSON");
        let json = tape.read(text.as_str(), MAX_NESTING).map_err(|_| not_json())?;
        self.meaning(json, &text)
    }

    fn meaning(&mut self, json: Json<'_, '_>, text: &Text<'r>) -> Result<Value<'r>> {
        self.step()?;
        let (start, end) = (json.offset(), json.offset() + json.source().len());
        match json.kind() {
            Kind::Null => Ok(Value::None),
            Kind::True => Ok(Value::Bool(true)),
            Kind::False => Ok(Value::Bool(false)),
            Kind::Number => Ok(Value::Number(text.slice(start..end))),
            Kind::String => match json.text() {
                Some(Cow::Borrowed(_)) => Ok(Value::Str(text.slice(start + 1..end - 1))),
                Some(Cow::Owned(read)) => {
                    let owner = text.slice(start..end).single_owner().unwrap_or(Owner::TEMPLATE);
                    let mut woven = Woven::default();
                    woven.push(&read, owner);
                    woven.finish(self.meter).map(Value::Str)
                }
                None => Err(TemplateError::raised("from_json: a string cannot be read")),
            },
            Kind::Array => {
                let values: Result<Vec<_>> =
                    json.elements().map(|element| self.meaning(element, text)).collect();
                self.list(values?)
            }
            Kind::Object => {
                let mut members = Vec::new();
                for (key, value) in json.members() {
                    let mut name = Woven::default();
                    name.push(&key, Owner::TEMPLATE);
                    let name = name.finish(self.meter).map(Value::Str)?;
                    members.push((name, self.meaning(value, text)?));
                }
                self.dict(members)
            }
        }
    }
}
