//! Filters of numbers.

use crate::calls::int_argument;
use crate::error::{Result, TemplateError};
use crate::evaluate::{Call, Evaluator};
use crate::expression::undefined;
use crate::program::Operator;
use crate::value::Value;

impl<'r> Evaluator<'r> {
    pub(super) fn sum_filter(&mut self, value: &Value<'r>, call: &mut Call<'r>) -> Result<Value<'r>> {
        let attribute = call.take(0, "attribute");
        let mut total = call.take(1, "start").unwrap_or(Value::Int(0));
        for value in self.iterate(value)?.iter() {
            let value = match &attribute {
                Some(path) if !matches!(path, Value::None) => self.attribute_path(value, path)?,
                _ => value.clone(),
            };
            total = self.binary(Operator::Add, &total, &value)?;
        }
        Ok(total)
    }
}

fn truncated(number: f64) -> Option<i64> {
    (number.is_finite() && number.abs() < 9e18).then_some(number as i64)
}

pub(super) fn float_filter<'r>(value: &Value<'r>, call: &mut Call<'r>) -> Result<Value<'r>> {
    let fallback = call.take(0, "default").unwrap_or(Value::Float(0.0));
    match value {
        Value::Undefined(name) => Err(undefined(name)),
        Value::Str(text) if text.as_str().contains('_') => {
            Err(TemplateError::unsupported("the filter float on text with underscores"))
        }
        Value::Str(text) => {
            let number = crate::python_text::strip(text.as_str()).parse::<f64>();
            Ok(number.map_or(fallback, Value::Float))
        }
        value => Ok(value.as_float().map_or(fallback, Value::Float)),
    }
}

pub(super) fn int_filter<'r>(value: &Value<'r>, call: &mut Call<'r>) -> Result<Value<'r>> {
    let fallback = call.take(0, "default").unwrap_or(Value::Int(0));
    let base = call.take(1, "base").map_or(Ok(10), |base| int_argument(&base, "int"))?;
    if base != 10 {
        return Err(TemplateError::unsupported("the filter int with a base"));
    }
    match value {
        Value::Undefined(name) => Err(undefined(name)),
        value if value.is_int() => Ok(Value::Int(int_argument(value, "int")?)),
        Value::Str(text) => {
            let text = crate::python_text::strip(text.as_str());
            if text.contains('_') {
                return Err(TemplateError::unsupported("the filter int on text with underscores"));
            }
            let parsed = text.parse::<i64>().ok().or_else(|| truncated(text.parse::<f64>().ok()?));
            Ok(parsed.map_or(fallback, Value::Int))
        }
        value => match value.as_float() {
            Some(number) => Ok(truncated(number).map_or(fallback, Value::Int)),
            None => Ok(fallback),
        },
    }
}

pub(super) fn round<'r>(value: &Value<'r>, call: &mut Call<'r>) -> Result<Value<'r>> {
    let precision = call.take(0, "precision").map_or(Ok(0), |value| int_argument(&value, "round"))?;
    let method = call.take(1, "method").unwrap_or(Value::text("common"));
    let common = method.as_text().is_some_and(|text| text.as_str() == "common");
    if !common || !(0..=15).contains(&precision) {
        return Err(TemplateError::unsupported("this way of rounding"));
    }
    match value {
        value if value.is_int() => Ok(Value::Int(int_argument(value, "round")?)),
        value => match value.as_float() {
            Some(number) => {
                let rounded = format!("{number:.*}", precision as usize);
                Ok(Value::Float(rounded.parse().unwrap_or(number)))
            }
            None => Err(TemplateError::raised(format!("type {} cannot be rounded", value.type_name()))),
        },
    }
}
