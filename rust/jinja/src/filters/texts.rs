//! Filters of texts.

use std::borrow::Cow;

use crate::calls::int_argument;
use crate::error::{Result, TemplateError};
use crate::evaluate::{Call, Evaluator};
use crate::methods::{ends_with_line_break, split_lines};
use crate::text::{Owner, Text, Woven};
use crate::value::{Members, Value};

impl<'r> Evaluator<'r> {
    pub(super) fn replace_filter(&mut self, value: &Value<'r>, call: &mut Call<'r>) -> Result<Value<'r>> {
        let text = self.soft_text(value)?;
        let (Some(old), Some(new)) = (call.take(0, "old"), call.take(1, "new")) else {
            return Err(TemplateError::raised("replace takes what to replace and what by"));
        };
        let (old, new) = (self.soft_text(&old)?, self.soft_text(&new)?);
        let count = match call.take(2, "count") {
            None | Some(Value::None) => -1,
            Some(count) => int_argument(&count, "replace")?,
        };
        self.replace(&text, &old, &new, count)
    }

    pub(super) fn join_filter(&mut self, value: &Value<'r>, call: &mut Call<'r>) -> Result<Value<'r>> {
        let between = call.take(0, "d").unwrap_or(Value::text(""));
        let between = self.soft_text(&between)?;
        let attribute = call.take(1, "attribute");
        let mut texts = Vec::new();
        for value in self.iterate(value)?.iter() {
            let value = match &attribute {
                Some(path) if !matches!(path, Value::None) => self.attribute_path(value, path)?,
                _ => value.clone(),
            };
            texts.push(self.soft_text(&value)?);
        }
        self.join(&between, &texts)
    }

    pub(super) fn indent(&mut self, value: &Value<'r>, call: &mut Call<'r>) -> Result<Value<'r>> {
        let text = self.soft_text(value)?;
        let indention = match call.take(0, "width").unwrap_or(Value::Int(4)) {
            Value::Str(indention) => indention.as_str().to_owned(),
            width => {
                let width = usize::try_from(int_argument(&width, "indent")?.max(0)).unwrap_or(usize::MAX);
                self.room(width)?;
                " ".repeat(width)
            }
        };
        let first = call.take(1, "first").is_some_and(|value| self.is_true(&value));
        let blank = call.take(2, "blank").is_some_and(|value| self.is_true(&value));
        let mut lines = split_lines(text.as_str(), false);
        if lines.is_empty() || ends_with_line_break(text.as_str()) {
            lines.push(&text.as_str()[text.len()..]);
        }
        self.room(text.len().saturating_add(lines.len().saturating_mul(indention.len())))?;
        let mut woven = Woven::default();
        for (order, line) in lines.iter().enumerate() {
            if order > 0 {
                woven.push("\n", Owner::TEMPLATE);
            }
            if (order == 0 && first) || (order > 0 && (blank || !line.is_empty())) {
                woven.push(&indention, Owner::TEMPLATE);
            }
            woven.push_text(&text.part(line));
        }
        self.text(woven)
    }

    /// Each word with its first letter raised and the others lowered. Words begin at a blank, a
    /// hyphen or an opening bracket.
    pub(super) fn title_filter(&mut self, text: &Text<'r>) -> Result<Value<'r>> {
        let whole = text.as_str();
        let opens = |c: char| crate::python_text::is_space(c) || "-({[<".contains(c);
        let mut woven = Woven::default();
        let mut at = 0;
        self.room(whole.len() * 2)?;
        while at < whole.len() {
            let rest = &whole[at..];
            let first = rest.chars().next().unwrap_or_default();
            let is_break = opens(first);
            let length = rest.find(|c| opens(c) != is_break).unwrap_or(rest.len());
            let head = first.len_utf8();
            text.slice(at..at + head).for_each_piece(|piece, owner| woven.push(&piece.to_uppercase(), owner));
            text.slice(at + head..at + length).for_each_piece(|piece, owner| {
                woven.push(&piece.to_lowercase(), owner);
            });
            at += length;
        }
        self.text(woven)
    }

    pub(super) fn format_filter(&mut self, format: &Text<'r>, call: Call<'r>) -> Result<Value<'r>> {
        if !call.named.is_empty() {
            if !call.positional.is_empty() {
                return Err(TemplateError::raised(
                    "can't handle positional and keyword arguments at the same time",
                ));
            }
            let mut members = Members::new();
            for (name, value) in call.named {
                let Cow::Borrowed(name) = name else { return Err(TemplateError::unsupported("built names")) };
                members.push((Value::text(name), value));
            }
            let dict = self.dict(members)?;
            return self.percent_format(format, &dict);
        }
        let arguments = self.tuple(call.positional)?;
        self.percent_format(format, &arguments)
    }
}
