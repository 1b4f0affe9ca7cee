//! What a turn of a loop asks of outside, where the answer says less than what it looked at.
//!
//! A turn that asks whether it comes after the last question is the same turn wherever that question
//! stands before it, and one that looks at its neighbour is the same whatever else is in the list.

use super::evaluate::Evaluator;
use super::memo::Read;
use super::program::{Comparison, Expr, Name};
use super::raised::Result;
use super::value::Value;

/// A whole number that stands outside of the turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outer<'r> {
    Literal(i64),
    /// An attribute of the outermost loop.
    Loop(&'r str),
    /// An attribute of a namespace.
    Attribute(u32, &'r str),
}

impl<'r> Evaluator<'r> {
    /// A comparison of two numbers from outside, noted by what comes out; none if it is another one.
    pub(crate) fn compare_outer(
        &mut self,
        left: &'r Expr,
        comparison: Comparison,
        right: &'r Expr,
    ) -> Option<bool> {
        let boundary = self.recording.as_ref()?.boundary();
        let left = self.outer(left, boundary)?;
        let right = self.outer(right, boundary)?;
        let holds = self.holds(left, comparison, right)?;
        self.note(Read::Comparison(left, comparison, right, holds));
        Some(holds)
    }

    /// Whether a comparison of numbers from outside holds; none where one is no whole number.
    pub(crate) fn holds(&self, left: Outer<'r>, comparison: Comparison, right: Outer<'r>) -> Option<bool> {
        let (left, right) = (self.outer_number(left)?, self.outer_number(right)?);
        Some(match comparison {
            Comparison::Equal => left == right,
            Comparison::NotEqual => left != right,
            Comparison::Less => left < right,
            Comparison::LessOrEqual => left <= right,
            Comparison::Greater => left > right,
            Comparison::GreaterOrEqual => left >= right,
            Comparison::In | Comparison::NotIn => return None,
        })
    }

    fn outer(&mut self, expr: &'r Expr, boundary: usize) -> Option<Outer<'r>> {
        if let Expr::Int(number) = expr {
            return Some(Outer::Literal(*number));
        }
        let Expr::Attribute(value, name) = expr else { return None };
        let Expr::Var(variable) = &**value else { return None };
        let at = self.find(*variable)?;
        match self.variables[at].1 {
            Value::Loop(0, _) => Some(Outer::Loop(name)),
            Value::Namespace(id) if at < boundary && self.recording.as_ref()?.leaves(id, name) => {
                self.read(*variable);
                Some(Outer::Attribute(id, name))
            }
            _ => None,
        }
    }

    fn outer_number(&self, outer: Outer<'r>) -> Option<i64> {
        let value = match outer {
            Outer::Literal(number) => return Some(number),
            Outer::Loop(name) => self.loops.first()?.number(name)?,
            Outer::Attribute(id, name) => {
                let members = self.namespaces.get(id as usize)?;
                let (_, value) = members.iter().find(|(known, _)| known == name)?;
                match value {
                    Value::Int(number) => *number,
                    _ => return None,
                }
            }
        };
        Some(value)
    }

    /// An element of a list from outside, noted without the rest of the list; none if it is something
    /// else that is looked into.
    pub(crate) fn element_outside(&mut self, list: &'r Expr, key: &'r Expr) -> Result<Option<Value<'r>>> {
        let (Some(recording), Expr::Var(name)) = (&self.recording, list) else { return Ok(None) };
        let boundary = recording.boundary();
        let Some(at) = self.find(*name).filter(|&at| at < boundary) else { return Ok(None) };
        let Value::List(values) = &self.variables[at].1 else { return Ok(None) };
        let values = values.clone();
        let key = self.expr(key)?;
        let place = match key {
            Value::Int(index) => usize::try_from(index).ok(),
            _ => None,
        };
        match place {
            Some(place) => self.note(Read::Element(*name, place, values.get(place).cloned())),
            None => _ = self.read(*name),
        }
        self.subscript(&Value::List(values), &key).map(Some)
    }

    /// The list that a variable is.
    pub(crate) fn list_named(&self, name: Name) -> Option<&[Value<'r>]> {
        match &self.variables[self.find(name)?].1 {
            Value::List(values) => Some(values),
            _ => None,
        }
    }
}
