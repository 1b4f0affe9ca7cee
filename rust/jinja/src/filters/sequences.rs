//! Filters that go through values.

use super::Filter;
use crate::calls::{int_argument, text_argument};
use crate::error::{Result, TemplateError};
use crate::evaluate::{Call, Evaluator};
use crate::tests::Test;
use crate::text::Woven;
use crate::value::{LazyKind, Value};

impl<'r> Evaluator<'r> {
    pub(crate) fn pairs(&mut self, value: &Value<'r>) -> Result<Vec<Value<'r>>> {
        if !value.is_mapping() {
            return Err(TemplateError::raised("Can only get item pairs from a mapping."));
        }
        let members = self.members(value)?;
        members.into_iter().map(|(key, value)| self.tuple(vec![key, value])).collect()
    }

    pub(super) fn reverse(&mut self, value: &Value<'r>) -> Result<Value<'r>> {
        if let Value::Str(text) = value {
            self.room(text.len() * 2)?;
            let mut woven = Woven::default();
            for (at, character) in text.as_str().char_indices().rev() {
                woven.push_text(&text.slice(at..at + character.len_utf8()));
            }
            return self.text(woven);
        }
        let mut values = self.iterate(value)?.to_vec();
        values.reverse();
        if matches!(value, Value::Iterator(lazy) if lazy.kind == LazyKind::Generator) {
            return self.list(values);
        }
        self.lazy(values, LazyKind::Generator)
    }

    pub(super) fn batch(&mut self, value: &Value<'r>, call: &mut Call<'r>) -> Result<Value<'r>> {
        let size = call.take(0, "linecount").unwrap_or(Value::None);
        let size = usize::try_from(int_argument(&size, "batch")?).ok().filter(|size| *size > 0);
        let size = size.ok_or_else(|| TemplateError::unsupported("batches without a size"))?;
        let fill = call.take(1, "fill_with");
        let mut batches = Vec::new();
        for chunk in self.iterate(value)?.chunks(size) {
            let mut chunk = chunk.to_vec();
            if let Some(fill) = &fill
                && !matches!(fill, Value::None)
            {
                self.meter.room(size.saturating_mul(size_of::<Value<'_>>()))?;
                chunk.resize(size, fill.clone());
            }
            batches.push(self.list(chunk)?);
        }
        self.lazy(batches, LazyKind::Generator)
    }

    pub(super) fn map(&mut self, value: &Value<'r>, mut call: Call<'r>) -> Result<Value<'r>> {
        let values = self.iterate(value)?;
        let mut mapped = Vec::with_capacity(values.len());
        if call.positional.is_empty() {
            let Some(at) = call.named.iter().position(|(name, _)| name == "attribute") else {
                return Err(TemplateError::raised("map requires a filter argument"));
            };
            let (_, path) = call.named.swap_remove(at);
            let fallback = call.take(usize::MAX, "default");
            call.finish("map")?;
            for value in values.iter() {
                let found = self.attribute_path(value, &path)?;
                mapped.push(match (&fallback, found.is_undefined()) {
                    (Some(fallback), true) => fallback.clone(),
                    _ => found,
                });
            }
        } else {
            let name = call.positional.remove(0);
            let name = text_argument(&name, "map")?;
            let filter = Filter::named(name.as_str());
            let filter = filter
                .ok_or_else(|| TemplateError::raised(format!("no filter named '{}'", name.as_str())))?;
            for value in values.iter() {
                mapped.push(self.filter(filter, value.clone(), call.clone())?);
            }
        }
        self.lazy(mapped, LazyKind::Generator)
    }

    pub(super) fn select(
        &mut self,
        value: &Value<'r>,
        mut call: Call<'r>,
        by_attribute: bool,
        keep: bool,
    ) -> Result<Value<'r>> {
        let path = if by_attribute {
            if call.positional.is_empty() {
                return Err(TemplateError::raised("Missing parameter for attribute name"));
            }
            Some(call.positional.remove(0))
        } else {
            None
        };
        let test = if call.positional.is_empty() {
            None
        } else {
            let name = call.positional.remove(0);
            let name = text_argument(&name, "select")?;
            let test = Test::named(name.as_str());
            Some(test.ok_or_else(|| TemplateError::raised(format!("no test named '{}'", name.as_str())))?)
        };
        let mut kept = Vec::new();
        for value in self.iterate(value)?.iter() {
            let tested = match &path {
                Some(path) => self.attribute_path(value, path)?,
                None => value.clone(),
            };
            let holds = match test {
                Some(test) => self.test(test, &tested, &call)?,
                None => self.is_true(&tested),
            };
            if holds == keep {
                kept.push(value.clone());
            }
        }
        self.lazy(kept, LazyKind::Generator)
    }

    /// What Jinja's attribute getters find: a path of names and numbers, each looked up as a subscript.
    pub(super) fn attribute_path(&mut self, value: &Value<'r>, path: &Value<'r>) -> Result<Value<'r>> {
        if path.is_int() {
            return self.subscript(value, path);
        }
        let path = text_argument(path, "an attribute")?;
        let mut found = value.clone();
        let whole = path.as_str();
        for name in whole.split('.') {
            let key = match name.parse::<i64>() {
                Ok(number) if name.bytes().all(|byte| byte.is_ascii_digit()) => Value::Int(number),
                _ => Value::Str(path.part(name)),
            };
            found = self.subscript(&found, &key)?;
        }
        Ok(found)
    }
}
