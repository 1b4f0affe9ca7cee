//! The operators between values.

use crate::error::{Result, TemplateError};
use crate::evaluate::Evaluator;
use crate::expression::undefined;
use crate::order::is_number;
use crate::program::Operator;
use crate::text::{Text, Woven};
use crate::value::Value;

impl<'r> Evaluator<'r> {
    pub(crate) fn binary(
        &mut self,
        operator: Operator,
        left: &Value<'r>,
        right: &Value<'r>,
    ) -> Result<Value<'r>> {
        if operator == Operator::Concat {
            return self.concat(left, right);
        }
        for operand in [left, right] {
            if let Value::Undefined(name) = operand {
                return Err(undefined(name));
            }
        }
        match (operator, left, right) {
            (Operator::Add, Value::Safe(a), Value::Safe(b)) => self.safe_sum(a, false, b, false),
            (Operator::Add, Value::Safe(a), Value::Str(b)) => self.safe_sum(a, false, b, true),
            (Operator::Add, Value::Str(a), Value::Safe(b)) => self.safe_sum(a, true, b, false),
            (_, Value::Safe(_), _) | (_, _, Value::Safe(_)) => {
                Err(TemplateError::unsupported("operations on text marked safe"))
            }
            (Operator::Add, Value::Str(a), Value::Str(b)) => {
                self.room(a.len() + b.len())?;
                let mut woven = Woven::default();
                woven.push_text(a);
                woven.push_text(b);
                self.text(woven)
            }
            (Operator::Remainder, Value::Str(format), _) => self.percent_format(format, right),
            (Operator::Multiply, Value::Str(text), count) | (Operator::Multiply, count, Value::Str(text))
                if count.is_int() =>
            {
                let count = usize::try_from(count.as_int().unwrap_or(0).max(0)).unwrap_or(usize::MAX);
                self.room(text.len().saturating_mul(count))?;
                let mut woven = Woven::default();
                match text.single_owner() {
                    Some(owner) => woven.push(&text.as_str().repeat(count), owner),
                    None => (0..count).for_each(|_| woven.push_text(text)),
                }
                self.text(woven)
            }
            (Operator::Add, Value::Tuple(a), Value::Tuple(b)) => {
                let values: Vec<_> = a.iter().chain(b.iter()).cloned().collect();
                self.tuple(values)
            }
            (Operator::Add, a, b) if a.is_list() && b.is_list() => {
                let (a, b) = (self.iterate(a)?, self.iterate(b)?);
                self.meter.room((a.len() + b.len()) * size_of::<Value<'_>>())?;
                let values: Vec<_> = a.iter().chain(b.iter()).cloned().collect();
                self.list(values)
            }
            (Operator::Multiply, list, count) | (Operator::Multiply, count, list)
                if (list.is_list() || matches!(list, Value::Tuple(_))) && count.is_int() =>
            {
                let values = self.iterate(list)?;
                let count = usize::try_from(count.as_int().unwrap_or(0).max(0)).unwrap_or(usize::MAX);
                let length = values.len().saturating_mul(count);
                self.meter.room(length.saturating_mul(size_of::<Value<'_>>()))?;
                let repeated: Vec<_> = values.iter().cycle().take(length).cloned().collect();
                if matches!(list, Value::Tuple(_)) { self.tuple(repeated) } else { self.list(repeated) }
            }
            (_, a, b) if is_number(a) && is_number(b) => arithmetic(operator, a, b),
            (_, a, b) => Err(TemplateError::raised(format!(
                "unsupported operand types: '{}' and '{}'",
                a.type_name(),
                b.type_name()
            ))),
        }
    }

    /// The sum of texts of which one is marked safe: the other one is escaped.
    fn safe_sum(&mut self, a: &Text<'r>, escape_a: bool, b: &Text<'r>, escape_b: bool) -> Result<Value<'r>> {
        self.room((a.len() + b.len()) * 6)?;
        let mut woven = Woven::default();
        for (text, escape) in [(a, escape_a), (b, escape_b)] {
            if escape {
                text.for_each_piece(|piece, owner| woven.push(&html_escaped(piece), owner));
            } else {
                woven.push_text(text);
            }
        }
        Ok(self.text(woven)?.marked_safe())
    }

    fn concat(&mut self, left: &Value<'r>, right: &Value<'r>) -> Result<Value<'r>> {
        let mut woven = Woven::default();
        for operand in [left, right] {
            if let Value::Str(text) = self.python_str(operand)? {
                self.room(woven.text.len() + text.len())?;
                woven.push_text(&text);
            }
        }
        self.text(woven)
    }
}

fn html_escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\'' => out.push_str("&#39;"),
            '"' => out.push_str("&#34;"),
            other => out.push(other),
        }
    }
    out
}

pub(super) fn negative<'r>(value: &Value<'r>) -> Result<Value<'r>> {
    match value {
        Value::Undefined(name) => Err(undefined(name)),
        value if value.is_int() => Ok(Value::Int(whole(value)?.checked_neg().ok_or_else(too_large)?)),
        value => match value.as_float() {
            Some(number) => Ok(Value::Float(-number)),
            None => {
                Err(TemplateError::raised(format!("bad operand type for unary -: '{}'", value.type_name())))
            }
        },
    }
}

fn whole(value: &Value<'_>) -> Result<i64> {
    value.as_int().ok_or_else(too_large)
}

fn too_large() -> TemplateError {
    TemplateError::unsupported("an integer beyond 64 bits")
}

fn arithmetic<'r>(operator: Operator, left: &Value<'_>, right: &Value<'_>) -> Result<Value<'r>> {
    if left.is_int() && right.is_int() && operator != Operator::Divide {
        let (a, b) = (whole(left)?, whole(right)?);
        let by_zero = || TemplateError::raised("integer division or modulo by zero");
        return Ok(Value::Int(match operator {
            Operator::Add => a.checked_add(b).ok_or_else(too_large)?,
            Operator::Subtract => a.checked_sub(b).ok_or_else(too_large)?,
            Operator::Multiply => a.checked_mul(b).ok_or_else(too_large)?,
            Operator::FloorDivide => {
                if b == 0 {
                    return Err(by_zero());
                }
                floor_divide(a, b).ok_or_else(too_large)?
            }
            Operator::Remainder => {
                if b == 0 {
                    return Err(by_zero());
                }
                let quotient = floor_divide(a, b).ok_or_else(too_large)?;
                a - quotient * b
            }
            Operator::Power if b >= 0 => {
                let exponent = u32::try_from(b).map_err(|_| too_large())?;
                a.checked_pow(exponent).ok_or_else(too_large)?
            }
            _ => return float_arithmetic(operator, a as f64, b as f64),
        }));
    }
    let (Some(a), Some(b)) = (left.as_float(), right.as_float()) else { return Err(too_large()) };
    float_arithmetic(operator, a, b)
}

fn floor_divide(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    Some(if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient })
}

fn float_arithmetic<'r>(operator: Operator, a: f64, b: f64) -> Result<Value<'r>> {
    let needs_divisor = matches!(operator, Operator::Divide | Operator::FloorDivide | Operator::Remainder);
    if needs_divisor && b == 0.0 {
        return Err(TemplateError::raised("float division by zero"));
    }
    Ok(Value::Float(match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide => a / b,
        Operator::FloorDivide => ((a - float_remainder(a, b)) / b).round(),
        Operator::Remainder => float_remainder(a, b),
        Operator::Power | Operator::Concat => a.powf(b),
    }))
}

/// The remainder with the sign of the divisor.
fn float_remainder(a: f64, b: f64) -> f64 {
    let remainder = a % b;
    if remainder != 0.0 && (remainder < 0.0) != (b < 0.0) { remainder + b } else { remainder }
}
