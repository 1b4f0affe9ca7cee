//! What a turn of a loop asks of outside, where the answer says less than what it looked at.
//!
//! A turn that asks whether it comes after the last question is the same turn wherever that question
//! stands before it, and one that looks at its neighbor is the same whatever else is in the list. One
//! that counts from the end of the list gets the same number for the same message.

use crate::error::Result;
use crate::evaluate::Evaluator;
use crate::filters::Filter;
use crate::memo::Read;
use crate::program::{Comparison, Expr, Name, Operator};
use crate::value::Value;

impl<'r> Evaluator<'r> {
    /// A comparison of two numbers from outside, noted by what comes out; none if it is another one.
    pub(crate) fn compare_outer(
        &mut self,
        left: &'r Expr,
        comparison: Comparison,
        right: &'r Expr,
    ) -> Option<bool> {
        self.recording.as_ref()?;
        if !(self.is_outer(left) && self.is_outer(right)) {
            return None;
        }
        let holds = self.holds(left, comparison, right)?;
        self.note_names(left);
        self.note_names(right);
        self.note(Read::Comparison(left, comparison, right, holds));
        Some(holds)
    }

    /// A sum or difference of numbers from outside, noted by what comes out; none if it is another one.
    pub(crate) fn sum_outer(&mut self, sum: &'r Expr) -> Option<i64> {
        self.recording.as_ref()?;
        if !self.is_outer(sum) {
            return None;
        }
        let number = self.outer_number(sum)?;
        self.note_names(sum);
        self.note(Read::Number(sum, number));
        Some(number)
    }

    /// Whether a comparison of numbers from outside holds; none where one is no whole number.
    pub(crate) fn holds(&self, left: &Expr, comparison: Comparison, right: &Expr) -> Option<bool> {
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

    /// Whether all that the expression looks at stands outside of the turn: attributes of the outermost
    /// loop, attributes of namespaces that the turn has not set, lengths of lists.
    fn is_outer(&self, expr: &Expr) -> bool {
        let Some(recording) = &self.recording else { return false };
        let outside = |name: Name| self.find(name).filter(|&at| at < recording.boundary());
        match expr {
            Expr::Int(_) => true,
            Expr::Attribute(value, name) => match &**value {
                Expr::Var(variable) if *variable == self.program.loop_name => {
                    let found = self.find(*variable).map(|at| &self.variables[at].1);
                    matches!(found, Some(Value::Loop(0, _)))
                }
                Expr::Var(variable) => outside(*variable).is_some_and(|at| match self.variables[at].1 {
                    Value::Namespace(id) => self.is_from_before(id, name),
                    _ => false,
                }),
                _ => false,
            },
            Expr::Filter(Filter::Length, Some(value), arguments) if arguments.is_empty() => match &**value {
                Expr::Var(variable) => {
                    outside(*variable).is_some_and(|at| matches!(self.variables[at].1, Value::List(_)))
                }
                _ => false,
            },
            Expr::Binary(Operator::Add | Operator::Subtract, left, right) => {
                self.is_outer(left) && self.is_outer(right)
            }
            _ => false,
        }
    }

    /// Notes the namespaces whose attributes an outer number takes: another one may stand in the variable
    /// next time.
    fn note_names(&mut self, expr: &'r Expr) {
        match expr {
            Expr::Attribute(value, _) => {
                if let Expr::Var(variable) = &**value
                    && *variable != self.program.loop_name
                {
                    let found = self.find(*variable);
                    self.note_variable(*variable, found);
                }
            }
            Expr::Binary(_, left, right) => {
                self.note_names(left);
                self.note_names(right);
            }
            _ => {}
        }
    }

    /// An outer number as it is now; none where something in it is no whole number.
    pub(super) fn outer_number(&self, expr: &Expr) -> Option<i64> {
        match expr {
            Expr::Int(number) => Some(*number),
            Expr::Attribute(value, name) => {
                let Expr::Var(variable) = &**value else { return None };
                if *variable == self.program.loop_name {
                    return self.loops.first()?.number(name);
                }
                let Value::Namespace(id) = self.variables[self.find(*variable)?].1 else { return None };
                let (_, value) =
                    self.namespaces.get(id as usize)?.iter().find(|(known, _)| **known == **name)?;
                match value {
                    Value::Int(number) => Some(*number),
                    _ => None,
                }
            }
            Expr::Filter(_, Some(value), _) => match &**value {
                Expr::Var(variable) => i64::try_from(self.list_named(*variable)?.len()).ok(),
                _ => None,
            },
            Expr::Binary(operator, left, right) => {
                let (left, right) = (self.outer_number(left)?, self.outer_number(right)?);
                if *operator == Operator::Add { left.checked_add(right) } else { left.checked_sub(right) }
            }
            _ => None,
        }
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
            None => self.note_variable(*name, Some(at)),
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
