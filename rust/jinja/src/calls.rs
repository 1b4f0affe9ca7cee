//! Arguments of calls, and the functions of the language itself.

use std::borrow::Cow;

use crate::error::{Result, TemplateError};
use crate::evaluate::{Attributes, Call, Evaluator, cow_value};
use crate::expression::MAX_RANGE;
use crate::text::{Owner, Text};
use crate::value::{Function, LazyKind, Members, Value};

impl<'r> Call<'r> {
    /// The argument at `place` or called `name`, taken out.
    pub(crate) fn take(&mut self, place: usize, name: &str) -> Option<Value<'r>> {
        if let Some(value) = self.positional.get_mut(place) {
            // A place that was taken holds a value that no argument can be.
            return match std::mem::replace(value, Value::Method("")) {
                Value::Method("") => None,
                value => Some(value),
            };
        }
        let at = self.named.iter().position(|(known, _)| known == name)?;
        Some(self.named.swap_remove(at).1)
    }

    /// Refuses arguments that nobody took.
    pub(crate) fn finish(&self, callee: &str) -> Result<()> {
        if let Some((name, _)) = self.named.first() {
            return Err(TemplateError::raised(format!("{callee} takes no argument `{name}`")));
        }
        if self.positional.iter().any(|value| !matches!(value, Value::Method(""))) {
            return Err(TemplateError::raised(format!("{callee} got more arguments than it takes")));
        }
        Ok(())
    }
}

impl<'r> Evaluator<'r> {
    pub(crate) fn call_function(&mut self, function: Function, mut call: Call<'r>) -> Result<Value<'r>> {
        match function {
            Function::Range => self.range(&call),
            Function::Dict => {
                let members = self.dict_members(call)?;
                self.dict(members)
            }
            Function::Namespace => {
                let attributes = self.attributes(call)?;
                if attributes.iter().any(|(name, _)| name.starts_with('_')) {
                    return Err(TemplateError::raised("underscore-prefixed attributes cannot be stored"));
                }
                self.namespace(attributes)
            }
            Function::Cycler => {
                let values = std::mem::take(&mut call.positional);
                call.finish("cycler")?;
                if values.is_empty() {
                    return Err(TemplateError::raised("at least one item has to be provided"));
                }
                self.meter.keep(values.len() * size_of::<Value<'_>>())?;
                self.cyclers.push((values, 0));
                Ok(Value::Cycler(self.cyclers.len() as u32 - 1))
            }
            Function::Joiner => {
                let between = call.take(0, "sep").unwrap_or(Value::text(", "));
                call.finish("joiner")?;
                self.meter.keep(size_of::<Value<'_>>())?;
                self.joiners.push((between, false));
                Ok(Value::Joiner(self.joiners.len() as u32 - 1))
            }
            Function::RaiseException => {
                let message = call.take(0, "message").unwrap_or(Value::text(""));
                let message = self.soft_text(&message)?;
                Err(TemplateError::raised(message.as_str().chars().take(500).collect::<String>()))
            }
            Function::StrftimeNow => {
                let format = call.take(0, "format").unwrap_or(Value::None);
                let format = text_argument(&format, "strftime_now")?;
                call.finish("strftime_now")?;
                let day = self
                    .day
                    .ok_or_else(|| TemplateError::unsupported("the clock, when the run has no date"))?;
                self.room(format.len() * 8)?;
                let printed = day.format(format.as_str()).ok_or_else(|| {
                    TemplateError::unsupported(format!("the date format `{}`", format.as_str()))
                })?;
                self.owned_text(printed, Owner::TEMPLATE)
            }
        }
    }

    fn range(&mut self, call: &Call<'r>) -> Result<Value<'r>> {
        let bounds = call.positional.iter().map(|value| int_argument(value, "range"));
        let bounds = bounds.collect::<Result<Vec<_>>>()?;
        if !call.named.is_empty() {
            return Err(TemplateError::raised("range takes no keyword arguments"));
        }
        let (start, stop, step) = match bounds[..] {
            [stop] => (0, stop, 1),
            [start, stop] => (start, stop, 1),
            [start, stop, step] => (start, stop, step),
            _ => return Err(TemplateError::raised("range takes one to three arguments")),
        };
        if step == 0 {
            return Err(TemplateError::raised("range step cannot be zero"));
        }
        let span = if step > 0 {
            i128::from(stop) - i128::from(start)
        } else {
            i128::from(start) - i128::from(stop)
        };
        let count = (span.max(0) + i128::from(step.unsigned_abs()) - 1) / i128::from(step.unsigned_abs());
        if count > i128::from(MAX_RANGE) {
            return Err(TemplateError::raised(format!("range is longer than {MAX_RANGE}")));
        }
        self.steps(count as usize)?;
        let numbers: Vec<_> = (0..count as i64).map(|place| Value::Int(start + place * step)).collect();
        self.lazy(numbers, LazyKind::Range)
    }

    /// The attributes that a namespace begins with.
    fn attributes(&mut self, call: Call<'r>) -> Result<Attributes<'r>> {
        let twice = |at: usize| call.named[..at].iter().any(|(name, _)| *name == call.named[at].0);
        if call.positional.is_empty() && !(0..call.named.len()).any(twice) {
            return Ok(call.named);
        }
        let members = self.dict_members(call)?.into_iter().map(|(key, value)| match key {
            Value::Str(Text::Piece(name, _)) => Ok((Cow::Borrowed(name), value)),
            _ => Err(TemplateError::unsupported("a namespace with built names")),
        });
        members.collect()
    }

    /// The members that `dict` and `namespace` are made of: a mapping or pairs, then keywords.
    fn dict_members(&mut self, call: Call<'r>) -> Result<Members<'r>> {
        let mut members = Members::new();
        if call.positional.len() > 1 {
            return Err(TemplateError::raised("dict takes one positional argument"));
        }
        for source in &call.positional {
            if source.is_mapping() {
                members = self.members(source)?;
                continue;
            }
            for pair in self.iterate(source)?.iter() {
                match &self.iterate(pair)?[..] {
                    [key, value] => self.insert(&mut members, key.clone(), value.clone())?,
                    _ => return Err(TemplateError::raised("dict takes pairs")),
                }
            }
        }
        for (name, value) in call.named {
            self.insert(&mut members, cow_value(&name)?, value)?;
        }
        Ok(members)
    }
}

/// The text of an argument, which has to be a string.
pub(crate) fn text_argument<'r>(value: &Value<'r>, callee: &str) -> Result<Text<'r>> {
    match value {
        Value::Str(text) => Ok(text.clone()),
        other => Err(TemplateError::raised(format!("{callee} takes a string, not {}", other.type_name()))),
    }
}

/// The integer of an argument.
pub(crate) fn int_argument(value: &Value<'_>, callee: &str) -> Result<i64> {
    let integer = value.as_int().filter(|_| value.is_int());
    integer
        .ok_or_else(|| TemplateError::raised(format!("{callee} takes an integer, not {}", value.type_name())))
}
