//! Making values, whose memory counts and whose nesting is bounded.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use tooltrain_json::{Json, Kind};

use super::{Attributes, BYTES_A_STEP, Evaluator};
use crate::error::{Result, TemplateError};
use crate::text::{Owner, Text, Woven};
use crate::value::{Dict, JsonSource, Lazy, LazyKind, MAX_NESTING, Members, Sequence, Value};

impl<'r> Evaluator<'r> {
    /// The finished text as a value.
    pub(crate) fn text(&mut self, woven: Woven<'r>) -> Result<Value<'r>> {
        self.steps(woven.text.len() / BYTES_A_STEP)?;
        Ok(Value::Str(woven.finish(self.meter)?))
    }

    /// A text of one owner that was built outside.
    pub(crate) fn owned_text(&mut self, text: String, owner: Owner) -> Result<Value<'r>> {
        let mut woven = Woven::default();
        woven.text = text;
        woven.cover(owner);
        self.text(woven)
    }

    /// `text` with each of its pieces changed, owners kept.
    pub(crate) fn map_text(
        &mut self,
        text: &Text<'r>,
        mut change: impl FnMut(&str) -> String,
    ) -> Result<Value<'r>> {
        self.room(text.len())?;
        let mut woven = Woven::default();
        text.for_each_piece(|piece, owner| woven.push(&change(piece), owner));
        self.text(woven)
    }

    /// Values in a row, whose memory counts and whose nesting is bounded.
    pub(crate) fn sequence(&mut self, values: Vec<Value<'r>>) -> Result<Rc<Sequence<'r>>> {
        self.steps(values.len() / 8)?;
        let height = height_above(values.iter().map(Value::height))?;
        let held = self.meter.hold((values.capacity() + 2) * size_of::<Value<'_>>())?;
        Ok(Rc::new(Sequence { values, height, _held: held }))
    }

    pub(crate) fn list(&mut self, values: Vec<Value<'r>>) -> Result<Value<'r>> {
        Ok(Value::List(self.sequence(values)?))
    }

    pub(crate) fn tuple(&mut self, values: Vec<Value<'r>>) -> Result<Value<'r>> {
        Ok(Value::Tuple(self.sequence(values)?))
    }

    pub(crate) fn dict(&mut self, members: Members<'r>) -> Result<Value<'r>> {
        self.dict_of(members, None)
    }

    /// The dict that a message of the conversation is, or any other.
    pub(crate) fn dict_of(&mut self, members: Members<'r>, message: Option<u32>) -> Result<Value<'r>> {
        self.steps(members.len() / 4)?;
        let height = height_above(members.iter().map(|(_, value)| value.height()))?;
        let held = self.meter.hold((members.capacity() + 1) * 2 * size_of::<Value<'_>>())?;
        Ok(Value::Dict(Rc::new(Dict { members, height, message, _held: held })))
    }

    pub(crate) fn lazy(&mut self, values: Vec<Value<'r>>, kind: LazyKind) -> Result<Value<'r>> {
        let values = self.sequence(values)?;
        Ok(Value::Iterator(Rc::new(Lazy { values: RefCell::new(Some(values)), kind })))
    }

    pub(crate) fn namespace(&mut self, members: Attributes<'r>) -> Result<Value<'r>> {
        self.meter.keep((members.len() + 1) * 2 * size_of::<Value<'_>>())?;
        self.namespaces.push(members);
        Ok(Value::Namespace(self.namespaces.len() as u32 - 1))
    }

    /// The values of an iterator; those of a generator are gone afterwards.
    pub(crate) fn take_lazy(&mut self, lazy: &Lazy<'r>) -> Result<Rc<Sequence<'r>>> {
        let left = match lazy.kind {
            LazyKind::Generator => lazy.values.borrow_mut().take(),
            LazyKind::View | LazyKind::Range => lazy.peek(),
        };
        left.map_or_else(|| self.sequence(Vec::new()), Ok)
    }

    /// A node of the conversation's JSON as a value.
    pub(crate) fn json_value(&mut self, json: Json<'r, 'r>, owner: Owner) -> Result<Value<'r>> {
        Ok(match json.kind() {
            Kind::Null => Value::None,
            Kind::True => Value::Bool(true),
            Kind::False => Value::Bool(false),
            Kind::Number => Value::Number(Text::Piece(json.source(), owner)),
            Kind::String => match json.text().unwrap_or_default() {
                Cow::Borrowed(text) => Value::Str(Text::Piece(text, owner)),
                Cow::Owned(text) => self.owned_text(text, owner)?,
            },
            Kind::Array | Kind::Object => Value::Json(json, owner),
        })
    }

    /// JSON text of the conversation as a value; containers stay unread.
    pub(crate) fn source_value(&mut self, source: &'r JsonSource<'r>) -> Result<Value<'r>> {
        if source.is_container() {
            return Ok(Value::Source(source));
        }
        self.json_value(source.json()?, source.owner)
    }
}

/// The height of a container of values of these heights.
fn height_above(heights: impl Iterator<Item = u32>) -> Result<u32> {
    let height = 1 + heights.max().unwrap_or(0);
    if height > MAX_NESTING { Err(TemplateError::Limit("nesting")) } else { Ok(height) }
}
