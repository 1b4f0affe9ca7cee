//! What a caller gives a template: values under the names that the template knows.

use crate::error::Result;
use crate::evaluate::Evaluator;
use crate::text::{Owner, Text};
use crate::value::{JsonSource, Value};

/// A value that a template is given.
#[derive(Clone, Debug)]
pub struct Input<'r>(Value<'r>);

impl<'r> Input<'r> {
    /// Text of the template's own: keys, roles and the like.
    #[inline]
    #[must_use]
    pub fn text(text: &'r str) -> Self {
        Self(Value::text(text))
    }

    /// Text whose bytes belong to `owner`.
    #[inline]
    #[must_use]
    pub fn owned(text: &'r str, owner: Owner) -> Self {
        Self(Value::Str(Text::Piece(text, owner)))
    }

    /// `none`.
    #[must_use]
    pub fn none() -> Self {
        Self(Value::None)
    }
}

/// Makes the values of one rendering and gives them to the template by name.
#[derive(Debug)]
pub struct Inputs<'e, 'r>(pub(crate) &'e mut Evaluator<'r>);

impl<'r> Inputs<'_, 'r> {
    /// Defines a variable; without effect where the template never mentions the name.
    pub fn define(&mut self, name: &str, value: Input<'r>) {
        self.0.define(name, value.0);
    }

    /// A list.
    pub fn list(&mut self, values: Vec<Input<'r>>) -> Result<Input<'r>> {
        self.0.list(values.into_iter().map(|value| value.0).collect()).map(Input)
    }

    /// A dict, its members in their order.
    pub fn dict(&mut self, members: Vec<(Input<'r>, Input<'r>)>) -> Result<Input<'r>> {
        self.dict_of(members, None)
    }

    /// The dict with this number. Turns of a loop over numbered dicts are kept by their number, so a dict has to be the
    /// same value in all renderings of a session.
    pub fn numbered_dict(&mut self, members: Vec<(Input<'r>, Input<'r>)>, number: u32) -> Result<Input<'r>> {
        self.dict_of(members, Some(number))
    }

    fn dict_of(&mut self, members: Vec<(Input<'r>, Input<'r>)>, number: Option<u32>) -> Result<Input<'r>> {
        let members = members.into_iter().map(|(key, value)| (key.0, value.0)).collect();
        self.0.dict_of(members, number).map(Input)
    }

    /// A JSON text, read where the template looks inside.
    pub fn json(&mut self, source: &'r JsonSource<'r>) -> Result<Input<'r>> {
        self.0.source_value(source).map(Input)
    }
}
