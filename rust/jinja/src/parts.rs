//! Parts of values: elements, members, attributes, slices.

use std::borrow::Cow;
use std::rc::Rc;

use tooltrain_json::Kind;

use crate::error::{Result, TemplateError};
use crate::evaluate::Evaluator;
use crate::expression::{like, undefined};
use crate::program::{Expr, SliceNode};
use crate::text::{Text, Woven};
use crate::value::{LazyKind, Members, Sequence, Value};

impl<'r> Evaluator<'r> {
    /// The values that a `for` runs over.
    pub(crate) fn iterate(&mut self, value: &Value<'r>) -> Result<Rc<Sequence<'r>>> {
        let values = match value {
            Value::List(values) | Value::Tuple(values) => return Ok(values.clone()),
            Value::Iterator(lazy) => return self.take_lazy(lazy),
            Value::Undefined(_) => Vec::new(),
            Value::Str(text) | Value::Safe(text) => {
                self.room(text.len() * size_of::<Value<'_>>())?;
                let whole = text.as_str();
                whole
                    .char_indices()
                    .map(|(at, character)| Value::Str(text.slice(at..at + character.len_utf8())))
                    .collect()
            }
            Value::Dict(dict) => dict.members.iter().map(|(key, _)| key.clone()).collect(),
            Value::Source(source) => {
                let json = Value::Json(source.json()?, source.owner);
                return self.iterate(&json);
            }
            Value::Json(json, owner) => {
                self.steps(json.source().len() / 64)?;
                if json.kind() == Kind::Array {
                    json.elements().map(|element| self.json_value(element, *owner)).collect::<Result<_>>()?
                } else {
                    let members = self.members(value)?;
                    members.into_iter().map(|(key, _)| key).collect()
                }
            }
            other => {
                return Err(TemplateError::raised(format!("'{}' object is not iterable", other.type_name())));
            }
        };
        self.sequence(values)
    }

    /// The members of a mapping.
    pub(crate) fn members(&mut self, value: &Value<'r>) -> Result<Members<'r>> {
        match value {
            Value::Dict(dict) => Ok(dict.members.clone()),
            Value::Source(source) => {
                let json = Value::Json(source.json()?, source.owner);
                self.members(&json)
            }
            Value::Json(json, owner) if json.kind() == Kind::Object => {
                self.steps(json.source().len() / 64)?;
                let mut members = Vec::new();
                for (key, value) in json.members() {
                    let key = match key {
                        Cow::Borrowed(key) => Value::Str(Text::Piece(key, *owner)),
                        Cow::Owned(key) => self.owned_text(key, *owner)?,
                    };
                    members.push((key, self.json_value(value, *owner)?));
                }
                Ok(members)
            }
            other => Err(TemplateError::raised(format!("'{}' object is no mapping", other.type_name()))),
        }
    }

    /// The value of a mapping under `key`.
    pub(crate) fn member(&mut self, value: &Value<'r>, key: &Value<'r>) -> Result<Option<Value<'r>>> {
        match (value, key.as_text()) {
            (Value::Dict(dict), Some(name)) => Ok(dict.get(name.as_str()).cloned()),
            (Value::Source(source), _) => {
                let json = Value::Json(source.json()?, source.owner);
                self.member(&json, key)
            }
            (Value::Json(json, owner), Some(name)) => {
                self.steps(json.source().len() / 256)?;
                json.get(name.as_str()).map(|found| self.json_value(found, *owner)).transpose()
            }
            (Value::Dict(dict), None) => {
                if !is_hashable(key) {
                    return Err(TemplateError::raised(format!("unhashable type: '{}'", key.type_name())));
                }
                for (known, value) in &dict.members {
                    if self.equal(known, key)? {
                        return Ok(Some(value.clone()));
                    }
                }
                Ok(None)
            }
            (_, None) if !is_hashable(key) => {
                Err(TemplateError::raised(format!("unhashable type: '{}'", key.type_name())))
            }
            _ => Ok(None),
        }
    }

    pub(crate) fn insert(
        &mut self,
        members: &mut Members<'r>,
        key: Value<'r>,
        value: Value<'r>,
    ) -> Result<()> {
        if !is_hashable(&key) {
            return Err(TemplateError::raised(format!("unhashable type: '{}'", key.type_name())));
        }
        for (known, old) in members.iter_mut() {
            if self.equal(known, &key)? {
                *old = value;
                return Ok(());
            }
        }
        members.push((key, value));
        Ok(())
    }

    /// `value.name`, without a call.
    pub(crate) fn attribute(&mut self, value: &Value<'r>, name: &'r str) -> Result<Value<'r>> {
        match value {
            Value::Undefined(missing) => Err(undefined(missing)),
            Value::Namespace(id) => Ok(self.namespace_attribute(*id, name)),
            Value::Loop(place, serial) => {
                let value = self.loop_attribute(*place, *serial, name)?;
                self.note_loop(*place, name, &value);
                Ok(value)
            }
            _ if super::methods::is_method(value, name) => Ok(Value::Method(name)),
            Value::Dict(_) | Value::Source(_) | Value::Json(..) if value.is_mapping() => {
                Ok(self.member(value, &Value::text(name))?.unwrap_or(Value::Undefined(name)))
            }
            Value::Macro(_) | Value::Cycler(_) | Value::Joiner(_) | Value::Function(_) => {
                Err(TemplateError::unsupported(format!("the attribute `{name}` of a {}", value.type_name())))
            }
            _ => Ok(Value::Undefined(name)),
        }
    }

    pub(crate) fn loop_attribute(&mut self, place: u32, serial: u64, name: &'r str) -> Result<Value<'r>> {
        let state = self.loop_state(place, serial)?;
        if let Some(number) = state.number(name) {
            return Ok(Value::Int(number));
        }
        let (index, length) = (state.index, state.values.len());
        Ok(match name {
            "first" => Value::Bool(index == 0),
            "last" => Value::Bool(index + 1 == length),
            "previtem" => match index.checked_sub(1) {
                Some(before) => state.values[before].clone(),
                None => Value::Undefined("there is no previous item"),
            },
            "nextitem" => {
                state.values.get(index + 1).cloned().unwrap_or(Value::Undefined("there is no next item"))
            }
            "cycle" | "changed" => Value::Method(name),
            _ => Value::Undefined(name),
        })
    }

    /// `value[key]`
    pub(crate) fn subscript(&mut self, value: &Value<'r>, key: &Value<'r>) -> Result<Value<'r>> {
        if let Value::Undefined(missing) = value {
            return Err(undefined(missing));
        }
        if key.is_undefined() && !value.is_mapping() {
            return Ok(Value::Undefined("undefined"));
        }
        if value.is_mapping() {
            if !is_hashable(key) {
                return Ok(Value::Undefined("value"));
            }
            if let Some(found) = self.member(value, key)? {
                return Ok(found);
            }
        } else if key.is_int() {
            let Some(index) = key.as_int() else { return Ok(Value::Undefined("index")) };
            return self.at(value, index);
        }
        let Some(name) = key.as_text() else { return Ok(Value::Undefined("value")) };
        match value {
            Value::Namespace(_) | Value::Loop(..) => match name {
                Text::Piece(name, _) => self.attribute(value, name),
                Text::Woven(..) => Err(TemplateError::unsupported("a built attribute name")),
            },
            _ => match super::methods::method_name(value, name.as_str()) {
                Some(method) => Ok(Value::Method(method)),
                None => Ok(Value::Undefined(if let Text::Piece(name, _) = name { name } else { "key" })),
            },
        }
    }

    /// `value[index]` of a sequence.
    pub(crate) fn at(&mut self, value: &Value<'r>, index: i64) -> Result<Value<'r>> {
        let missing = Value::Undefined("element");
        if let Some(text) = value.as_text() {
            let text_str = text.as_str();
            let length = count_chars(text_str) as i64;
            let place = if index < 0 { index + length } else { index };
            if place < 0 || place >= length {
                return Ok(missing);
            }
            let start = char_offset(text_str, place as usize);
            let width = text_str[start..].chars().next().map_or(0, char::len_utf8);
            return Ok(like(value, Value::Str(text.slice(start..start + width))));
        }
        let values = match value {
            Value::List(_) | Value::Tuple(_) => self.iterate(value)?,
            Value::Iterator(lazy) if lazy.kind == LazyKind::Range => self.iterate(value)?,
            _ if value.is_list() => self.iterate(value)?,
            _ => return Ok(missing),
        };
        let place = if index < 0 { index + values.len() as i64 } else { index };
        Ok(usize::try_from(place).ok().and_then(|place| values.get(place).cloned()).unwrap_or(missing))
    }

    pub(super) fn slice(&mut self, node: &'r SliceNode) -> Result<Value<'r>> {
        let value = self.expr(&node.value)?;
        let mut bound = |expr: &'r Option<Expr>| -> Result<Option<i64>> {
            let Some(expr) = expr else { return Ok(None) };
            match self.expr(expr)? {
                Value::None => Ok(None),
                bound => bound
                    .as_int()
                    .filter(|_| bound.is_int())
                    .map(Some)
                    .ok_or_else(|| TemplateError::raised("slice indices must be integers or None")),
            }
        };
        let (start, stop, step) = (bound(&node.start)?, bound(&node.stop)?, bound(&node.step)?.unwrap_or(1));
        if step == 0 {
            return Err(TemplateError::raised("slice step cannot be zero"));
        }
        if let Value::Undefined(name) = value {
            return Err(undefined(name));
        }
        if let Some(text) = value.as_text() {
            let sliced = self.slice_text(text, start, stop, step)?;
            return Ok(like(&value, sliced));
        }
        let values = match &value {
            Value::Tuple(values) => values.clone(),
            _ if value.is_list() => self.iterate(&value)?,
            _ => {
                return Err(TemplateError::raised(format!(
                    "'{}' object cannot be sliced",
                    value.type_name()
                )));
            }
        };
        let picked: Vec<_> =
            places(start, stop, step, values.len()).map(|place| values[place].clone()).collect();
        if matches!(value, Value::Tuple(_)) { self.tuple(picked) } else { self.list(picked) }
    }

    fn slice_text(
        &mut self,
        text: &Text<'r>,
        start: Option<i64>,
        stop: Option<i64>,
        step: i64,
    ) -> Result<Value<'r>> {
        let whole = text.as_str();
        self.steps(whole.len() / 64)?;
        let length = count_chars(whole);
        if step == 1 {
            let mut range = places(start, stop, 1, length);
            let Some(first) = range.next() else { return Ok(Value::Str(text.slice(0..0))) };
            let last = range.last().unwrap_or(first);
            let from = char_offset(whole, first);
            let to = from + char_offset(&whole[from..], last - first + 1);
            return Ok(Value::Str(text.slice(from..to)));
        }
        self.room(whole.len() * 16)?;
        let offsets: Vec<_> = whole.char_indices().collect();
        let mut woven = Woven::default();
        for place in places(start, stop, step, length) {
            let (at, character) = offsets[place];
            woven.push_text(&text.slice(at..at + character.len_utf8()));
        }
        self.text(woven)
    }
}

fn is_hashable(value: &Value<'_>) -> bool {
    !(value.is_mapping() || value.is_list())
}

pub(crate) fn count_chars(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// The byte where the character at `place` begins.
pub(crate) fn char_offset(text: &str, place: usize) -> usize {
    text.char_indices().nth(place).map_or(text.len(), |(at, _)| at)
}

/// The places that Python's `[start:stop:step]` picks from `length` values.
fn places(start: Option<i64>, stop: Option<i64>, step: i64, length: usize) -> impl Iterator<Item = usize> {
    let length = length as i64;
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let clamp = |bound: i64| if bound < 0 { (bound + length).max(low) } else { bound.min(high) };
    let first = start.map_or(if step > 0 { 0 } else { length - 1 }, clamp);
    let last = stop.map_or(if step > 0 { length } else { -1 }, clamp);
    let mut next = Some(first);
    std::iter::from_fn(move || {
        let place = next.filter(|place| if step > 0 { *place < last } else { *place > last })?;
        next = place.checked_add(step);
        Some(place as usize)
    })
}
