//! The tests of templates: what stands after `is`.

use crate::calls::int_argument;
use crate::error::{Result, TemplateError};
use crate::evaluate::{Call, Evaluator};
use crate::filters::Filter;
use crate::program::Comparison;
use crate::value::{LazyKind, Value};

macro_rules! tests {
    ($($variant:ident = $($name:literal)|+,)*) => {
        /// A test, by what it asks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Test { $($variant,)* }

        impl Test {
            /// The test with this name.
            pub(crate) fn named(name: &str) -> Option<Self> {
                match name { $($($name)|+ => Some(Test::$variant),)* _ => None }
            }
        }
    };
}

tests! {
    Boolean = "boolean",
    Callable = "callable",
    Defined = "defined",
    DivisibleBy = "divisibleby",
    Equal = "equalto" | "eq" | "==",
    Escaped = "escaped",
    Even = "even",
    False = "false",
    Filter = "filter",
    Float = "float",
    Greater = "gt" | "greaterthan" | ">",
    GreaterOrEqual = "ge" | ">=",
    In = "in",
    Integer = "integer",
    Iterable = "iterable",
    Less = "lt" | "lessthan" | "<",
    LessOrEqual = "le" | "<=",
    Lower = "lower",
    Mapping = "mapping",
    None = "none",
    NotEqual = "ne" | "!=",
    Number = "number",
    Odd = "odd",
    SameAs = "sameas",
    Sequence = "sequence",
    String = "string",
    Known = "test",
    True = "true",
    Undefined = "undefined",
    Upper = "upper",
}

impl<'r> Evaluator<'r> {
    pub(crate) fn test(&mut self, test: Test, value: &Value<'r>, call: &Call<'r>) -> Result<bool> {
        let expected = usize::from(matches!(
            test,
            Test::DivisibleBy
                | Test::Equal
                | Test::Greater
                | Test::GreaterOrEqual
                | Test::In
                | Test::Less
                | Test::LessOrEqual
                | Test::NotEqual
                | Test::SameAs
        ));
        if call.positional.len() != expected || !call.named.is_empty() {
            return Err(TemplateError::raised(format!("a test takes {expected} arguments")));
        }
        let other = call.positional.first().unwrap_or(&Value::None);
        Ok(match test {
            Test::Boolean => matches!(value, Value::Bool(_)),
            Test::Callable => matches!(
                value,
                Value::Macro(_)
                    | Value::Function(_)
                    | Value::Method(_)
                    | Value::Joiner(_)
                    | Value::Undefined(_)
                    | Value::Loop(..)
            ),
            Test::Defined => !value.is_undefined(),
            Test::Undefined => value.is_undefined(),
            Test::DivisibleBy => {
                let (number, by) = (int_argument(value, "divisibleby")?, int_argument(other, "divisibleby")?);
                number.checked_rem(by).ok_or_else(|| TemplateError::raised("modulo by zero"))? == 0
            }
            Test::Even => int_argument(value, "even")? % 2 == 0,
            Test::Odd => int_argument(value, "odd")? % 2 != 0,
            Test::Equal => self.equal(value, other)?,
            Test::NotEqual => !self.equal(value, other)?,
            Test::In => self.contains(other, value)?,
            Test::Less => self.compare(Comparison::Less, value, other)?,
            Test::LessOrEqual => self.compare(Comparison::LessOrEqual, value, other)?,
            Test::Greater => self.compare(Comparison::Greater, value, other)?,
            Test::GreaterOrEqual => self.compare(Comparison::GreaterOrEqual, value, other)?,
            Test::Escaped => matches!(value, Value::Safe(_)),
            Test::True => matches!(value, Value::Bool(true)),
            Test::False => matches!(value, Value::Bool(false)),
            Test::None => matches!(value, Value::None),
            Test::Integer => value.is_int() && !matches!(value, Value::Bool(_)),
            Test::Float => value.is_float(),
            Test::Number => value.is_int() || value.is_float(),
            Test::String => value.as_text().is_some(),
            Test::Mapping => value.is_mapping(),
            Test::Sequence => is_sequence(value),
            Test::Iterable => is_sequence(value) || matches!(value, Value::Iterator(_) | Value::Loop(..)),
            Test::Lower => {
                let text = self.soft_text(value)?;
                super::methods::is_lower(text.as_str())
            }
            Test::Upper => {
                let text = self.soft_text(value)?;
                super::methods::is_upper(text.as_str())
            }
            Test::Filter => value.as_text().is_some_and(|name| Filter::named(name.as_str()).is_some()),
            Test::Known => value.as_text().is_some_and(|name| Test::named(name.as_str()).is_some()),
            Test::SameAs => same(value, other)?,
        })
    }
}

/// Whether Python can count it and look things up in it.
fn is_sequence(value: &Value<'_>) -> bool {
    match value {
        Value::Undefined(_) | Value::Tuple(_) => true,
        Value::Iterator(lazy) => lazy.kind == LazyKind::Range,
        other => other.as_text().is_some() || other.is_list() || other.is_mapping(),
    }
}

/// Python's `is`, for the values where it does not depend on how Python shares objects.
fn same(value: &Value<'_>, other: &Value<'_>) -> Result<bool> {
    match (value, other) {
        (Value::None, Value::None) => Ok(true),
        (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
        (Value::Namespace(a), Value::Namespace(b)) | (Value::Macro(a), Value::Macro(b)) => Ok(a == b),
        (Value::Function(a), Value::Function(b)) => Ok(a == b),
        (Value::None | Value::Bool(_), _) | (_, Value::None | Value::Bool(_)) => Ok(false),
        _ => Err(TemplateError::unsupported("the identity of values")),
    }
}
