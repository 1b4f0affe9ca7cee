//! Truth, length, equality and order, as Python has them.

use std::cmp::Ordering;

use tooltrain_json::Kind;

use crate::error::{Result, TemplateError};
use crate::evaluate::Evaluator;
use crate::parts::count_chars;
use crate::program::Comparison;
use crate::search::find;
use crate::value::{LazyKind, MAX_NESTING, Value};

impl<'r> Evaluator<'r> {
    pub(crate) fn is_true(&self, value: &Value<'r>) -> bool {
        match value {
            Value::Undefined(_) | Value::None => false,
            Value::Bool(yes) => *yes,
            Value::Int(number) => *number != 0,
            Value::Float(number) => *number != 0.0,
            Value::Number(text) => text.as_str().parse::<f64>().is_ok_and(|number| number != 0.0),
            Value::Str(text) | Value::Safe(text) => !text.is_empty(),
            Value::Iterator(lazy) if lazy.kind == LazyKind::Generator => true,
            other => self.len(other).is_none_or(|length| length > 0),
        }
    }

    /// What Python's `len` gives; `None` for values without a length.
    pub(crate) fn len(&self, value: &Value<'r>) -> Option<usize> {
        Some(match value {
            Value::Undefined(_) => 0,
            Value::Str(text) | Value::Safe(text) => count_chars(text.as_str()),
            Value::Source(source) => json_len(source.json().ok()?),
            Value::Json(json, _) => json_len(*json),
            Value::List(values) | Value::Tuple(values) => values.len(),
            Value::Dict(dict) => dict.members.len(),
            Value::Iterator(lazy) if lazy.kind == LazyKind::Generator => return None,
            Value::Iterator(lazy) => lazy.peek().map_or(0, |values| values.len()),
            Value::Loop(place, _) => self.loops.get(*place as usize)?.values.len(),
            _ => return None,
        })
    }

    pub(crate) fn equal(&mut self, left: &Value<'r>, right: &Value<'r>) -> Result<bool> {
        self.equal_at(left, right, 0)
    }

    fn equal_at(&mut self, left: &Value<'r>, right: &Value<'r>, depth: u32) -> Result<bool> {
        if depth > MAX_NESTING {
            return Err(TemplateError::Limit("nesting"));
        }
        self.step()?;
        if let (Some(left), Some(right)) = (left.as_text(), right.as_text()) {
            self.steps(left.len().min(right.len()) / 64)?;
            return Ok(left.as_str() == right.as_str());
        }
        if is_number(left) && is_number(right) {
            return Ok(compare_numbers(left, right) == Some(Ordering::Equal));
        }
        match (left, right) {
            (Value::Undefined(_), Value::Undefined(_)) | (Value::None, Value::None) => Ok(true),
            (Value::Namespace(a), Value::Namespace(b)) | (Value::Macro(a), Value::Macro(b)) => Ok(a == b),
            _ if left.is_mapping() && right.is_mapping() => {
                let ours = self.members(left)?;
                let theirs = self.members(right)?;
                if ours.len() != theirs.len() {
                    return Ok(false);
                }
                for (key, value) in ours {
                    let mut found = None;
                    for (other, candidate) in &theirs {
                        if self.equal_at(&key, other, depth + 1)? {
                            found = Some(candidate.clone());
                            break;
                        }
                    }
                    match found {
                        Some(candidate) if self.equal_at(&value, &candidate, depth + 1)? => {}
                        _ => return Ok(false),
                    }
                }
                Ok(true)
            }
            _ if (left.is_list() && right.is_list())
                || matches!((left, right), (Value::Tuple(_), Value::Tuple(_))) =>
            {
                let (ours, theirs) = (self.iterate(left)?, self.iterate(right)?);
                if ours.len() != theirs.len() {
                    return Ok(false);
                }
                for (a, b) in ours.iter().zip(theirs.iter()) {
                    if !self.equal_at(a, b, depth + 1)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Value::Iterator(_), Value::Iterator(_)) => {
                Err(TemplateError::unsupported("comparison of iterators"))
            }
            _ => Ok(false),
        }
    }

    /// The order of two values, where Python has one.
    pub(crate) fn order(&mut self, left: &Value<'r>, right: &Value<'r>) -> Result<Ordering> {
        if let (Some(left), Some(right)) = (left.as_text(), right.as_text()) {
            return Ok(left.as_str().chars().cmp(right.as_str().chars()));
        }
        if is_number(left) && is_number(right) {
            return compare_numbers(left, right)
                .ok_or_else(|| TemplateError::unsupported("comparison with nan"));
        }
        if (left.is_list() && right.is_list()) || matches!((left, right), (Value::Tuple(_), Value::Tuple(_)))
        {
            self.deeper()?;
            let (ours, theirs) = (self.iterate(left)?, self.iterate(right)?);
            for (a, b) in ours.iter().zip(theirs.iter()) {
                if !self.equal(a, b)? {
                    let order = self.order(a, b)?;
                    self.shallower();
                    return Ok(order);
                }
            }
            self.shallower();
            return Ok(ours.len().cmp(&theirs.len()));
        }
        Err(TemplateError::raised(format!(
            "'{}' and '{}' have no order",
            left.type_name(),
            right.type_name()
        )))
    }

    pub(crate) fn compare(
        &mut self,
        comparison: Comparison,
        left: &Value<'r>,
        right: &Value<'r>,
    ) -> Result<bool> {
        Ok(match comparison {
            Comparison::Equal => self.equal(left, right)?,
            Comparison::NotEqual => !self.equal(left, right)?,
            Comparison::In => self.contains(right, left)?,
            Comparison::NotIn => !self.contains(right, left)?,
            Comparison::Less => self.order(left, right)? == Ordering::Less,
            Comparison::LessOrEqual => self.order(left, right)? != Ordering::Greater,
            Comparison::Greater => self.order(left, right)? == Ordering::Greater,
            Comparison::GreaterOrEqual => self.order(left, right)? != Ordering::Less,
        })
    }

    pub(crate) fn contains(&mut self, container: &Value<'r>, wanted: &Value<'r>) -> Result<bool> {
        if let Some(text) = container.as_text() {
            let Some(wanted) = wanted.as_text() else {
                return Err(TemplateError::raised(format!(
                    "'in <string>' requires string as left operand, not {}",
                    wanted.type_name()
                )));
            };
            self.steps(text.len() / 64)?;
            return Ok(find(text.as_str(), wanted.as_str()).is_some());
        }
        if container.is_mapping() {
            return Ok(self.member(container, wanted)?.is_some());
        }
        let values = self.iterate(container)?;
        for value in values.iter() {
            if self.equal(value, wanted)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn json_len(json: tooltrain_json::Json<'_, '_>) -> usize {
    if json.kind() == Kind::Array { json.elements().count() } else { json.members().count() }
}

pub(super) fn is_number(value: &Value<'_>) -> bool {
    matches!(value, Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Number(_))
}

fn compare_numbers(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    if let (Some(left), Some(right)) = (left.as_int(), right.as_int()) {
        return Some(left.cmp(&right));
    }
    if let (Value::Number(left), Value::Number(right)) = (left, right)
        && left.as_str() == right.as_str()
    {
        return Some(Ordering::Equal);
    }
    left.as_float()?.partial_cmp(&right.as_float()?)
}
