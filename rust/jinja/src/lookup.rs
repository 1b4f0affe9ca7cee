//! Looking at values where they stand, without making new ones: conditions of templates are mostly about
//! fields of messages, and only their truth is asked for.

use crate::error::Result;
use crate::evaluate::Evaluator;
use crate::methods::DICT_METHODS;
use crate::program::{Comparison, Expr};
use crate::tests::Test;
use crate::value::Value;

/// What stands where an expression looks.
pub(super) enum Seen<'e, 'r> {
    Value(&'e Value<'r>),
    /// A mapping without this key.
    Missing(&'r str),
}

impl<'r> Evaluator<'r> {
    /// The value of a variable or of a field of one; none where more than looking is needed.
    pub(super) fn lookup(&mut self, expr: &'r Expr) -> Option<Seen<'_, 'r>> {
        let (mapping, key) = match expr {
            Expr::Var(name) => {
                let at = self.find(*name)?;
                if matches!(self.variables[at].1, Value::Loop(..)) {
                    return None;
                }
                self.note_variable(*name, Some(at));
                return Some(Seen::Value(&self.variables[at].1));
            }
            Expr::Attribute(mapping, key) => (mapping, key),
            Expr::Subscript(mapping, key) => match &**key {
                Expr::Text(key) => (mapping, key),
                _ => return None,
            },
            _ => return None,
        };
        if DICT_METHODS.contains(&&**key) {
            return None;
        }
        match self.lookup(mapping)? {
            Seen::Value(Value::Dict(dict)) => Some(match dict.get(key) {
                Some(value) => Seen::Value(value),
                None => Seen::Missing(key),
            }),
            _ => None,
        }
    }

    /// Whether an expression is true, as `if` and `not` ask.
    pub(crate) fn truth(&mut self, expr: &'r Expr) -> Result<bool> {
        match expr {
            Expr::Not(_) | Expr::And(..) | Expr::Or(..) => {
                self.step()?;
                self.deeper()?;
                let truth = match expr {
                    Expr::Not(operand) => !self.truth(operand)?,
                    Expr::And(left, right) => self.truth(left)? && self.truth(right)?,
                    Expr::Or(left, right) => self.truth(left)? || self.truth(right)?,
                    _ => false,
                };
                self.shallower();
                Ok(truth)
            }
            Expr::Compare(first, links) => {
                self.step()?;
                self.deeper()?;
                let truth = self.comparison(first, links)?;
                self.shallower();
                Ok(truth)
            }
            Expr::Test(test, value, arguments) if arguments.is_empty() => {
                self.step()?;
                match self.lookup(value).and_then(|seen| at_sight(*test, &seen)) {
                    Some(truth) => Ok(truth),
                    None => self.truth_of_value(expr),
                }
            }
            Expr::Var(_) | Expr::Attribute(..) | Expr::Subscript(..) => {
                self.step()?;
                let seen = match self.lookup(expr) {
                    Some(Seen::Value(Value::Str(text))) => Some(!text.is_empty()),
                    Some(Seen::Value(Value::Bool(yes))) => Some(*yes),
                    Some(Seen::Missing(_) | Seen::Value(Value::None | Value::Undefined(_))) => Some(false),
                    _ => None,
                };
                seen.map_or_else(|| self.truth_of_value(expr), Ok)
            }
            _ => self.truth_of_value(expr),
        }
    }

    fn truth_of_value(&mut self, expr: &'r Expr) -> Result<bool> {
        let value = self.expr(expr)?;
        Ok(self.is_true(&value))
    }

    /// A comparison, or several in a chain.
    pub(crate) fn comparison(&mut self, first: &'r Expr, links: &'r [(Comparison, Expr)]) -> Result<bool> {
        if let [(comparison, right)] = links {
            if let Some(holds) = self.equals_text(first, *comparison, right) {
                return Ok(holds);
            }
            if let Some(holds) = self.compare_outer(first, *comparison, right) {
                return Ok(holds);
            }
        }
        let mut left = self.expr(first)?;
        for (comparison, right) in links {
            let right = self.expr(right)?;
            if !self.compare(*comparison, &left, &right)? {
                return Ok(false);
            }
            left = right;
        }
        Ok(true)
    }

    /// Whether a field is, or is not, a text of the template; none for other comparisons.
    fn equals_text(&mut self, field: &'r Expr, comparison: Comparison, text: &'r Expr) -> Option<bool> {
        let Expr::Text(text) = text else { return None };
        let wanted = match comparison {
            Comparison::Equal => true,
            Comparison::NotEqual => false,
            _ => return None,
        };
        match self.lookup(field)? {
            Seen::Value(Value::Str(value)) => Some((value.as_str() == &**text) == wanted),
            _ => None,
        }
    }
}

/// What a test says of a value that it only has to look at; none for others.
fn at_sight(test: Test, seen: &Seen<'_, '_>) -> Option<bool> {
    let Seen::Value(value) = seen else {
        return match test {
            Test::Defined | Test::String | Test::Mapping | Test::None => Some(false),
            Test::Undefined => Some(true),
            _ => None,
        };
    };
    Some(match test {
        Test::Defined => !value.is_undefined(),
        Test::Undefined => value.is_undefined(),
        Test::String => value.as_text().is_some(),
        Test::Mapping => value.is_mapping(),
        Test::None => matches!(value, Value::None),
        Test::True => matches!(value, Value::Bool(true)),
        Test::False => matches!(value, Value::Bool(false)),
        _ => return None,
    })
}
