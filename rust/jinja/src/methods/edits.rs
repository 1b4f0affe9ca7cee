//! Texts made of texts: trimmed, split, replaced, joined, filled up. All of them keep the owners of their bytes.

use super::lines::split_blank;
use crate::calls::{int_argument, text_argument};
use crate::error::{Result, TemplateError};
use crate::evaluate::{Call, Evaluator};
use crate::parts::count_chars;
use crate::python_text::is_space;
use crate::text::{Owner, Text, Woven};
use crate::value::Value;

impl<'r> Evaluator<'r> {
    pub(crate) fn strip(
        &mut self,
        text: &Text<'r>,
        chars: &Value<'r>,
        left: bool,
        right: bool,
    ) -> Result<Value<'r>> {
        let chars = match chars {
            Value::None => None,
            chars => Some(text_argument(chars, "strip")?),
        };
        let goes = |character: char| match &chars {
            None => is_space(character),
            Some(chars) => chars.as_str().contains(character),
        };
        self.steps(text.len() / 64)?;
        let mut rest = text.as_str();
        if left {
            rest = rest.trim_start_matches(goes);
        }
        if right {
            rest = rest.trim_end_matches(goes);
        }
        Ok(Value::Str(text.part(rest)))
    }

    pub(super) fn split(
        &mut self,
        text: &Text<'r>,
        call: &mut Call<'r>,
        from_right: bool,
    ) -> Result<Value<'r>> {
        let between = call.take(0, "sep").unwrap_or(Value::None);
        let most = call.take(1, "maxsplit").map_or(Ok(-1), |most| int_argument(&most, "split"))?;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let whole = text.as_str();
        let parts: Vec<&str> = match &between {
            Value::None => {
                self.room_for_parts(whole.chars().filter(|c| is_space(*c)).count().min(most))?;
                split_blank(whole, most, from_right)
            }
            between => {
                let between = text_argument(between, "split")?;
                let between = between.as_str();
                if between.is_empty() {
                    return Err(TemplateError::raised("empty separator"));
                }
                self.room_for_parts(whole.matches(between).count().min(most))?;
                let pieces = most.saturating_add(1);
                if from_right {
                    let mut parts: Vec<_> = whole.rsplitn(pieces, between).collect();
                    parts.reverse();
                    parts
                } else {
                    whole.splitn(pieces, between).collect()
                }
            }
        };
        let parts: Vec<_> = parts.into_iter().map(|part| Value::Str(text.part(part))).collect();
        self.list(parts)
    }

    /// Asks for room for a list of this many parts of a text before they are gathered.
    pub(super) fn room_for_parts(&mut self, parts: usize) -> Result<()> {
        self.room(parts.saturating_mul(size_of::<Value<'_>>() + size_of::<&str>()))
    }

    pub(crate) fn replace(
        &mut self,
        text: &Text<'r>,
        old: &Text<'r>,
        new: &Text<'r>,
        count: i64,
    ) -> Result<Value<'r>> {
        if old.is_empty() {
            return Err(TemplateError::unsupported("replacing nothing by something"));
        }
        let most = usize::try_from(count).unwrap_or(usize::MAX);
        let whole = text.as_str();
        let places: Vec<usize> = whole.match_indices(old.as_str()).take(most).map(|(at, _)| at).collect();
        if places.is_empty() {
            return Ok(Value::Str(text.clone()));
        }
        self.room(whole.len().saturating_add(places.len().saturating_mul(new.len())))?;
        let mut woven = Woven::default();
        let mut at = 0;
        for place in places {
            woven.push_text(&text.slice(at..place));
            woven.push_text(new);
            at = place + old.len();
        }
        woven.push_text(&text.slice(at..whole.len()));
        self.text(woven)
    }

    pub(crate) fn join(&mut self, between: &Text<'r>, texts: &[Text<'r>]) -> Result<Value<'r>> {
        let length: usize = texts.iter().map(Text::len).sum();
        self.room(length.saturating_add(between.len().saturating_mul(texts.len())))?;
        let mut woven = Woven::default();
        for (order, text) in texts.iter().enumerate() {
            if order > 0 {
                woven.push_text(between);
            }
            woven.push_text(text);
        }
        self.text(woven)
    }

    pub(crate) fn capitalize(&mut self, text: &Text<'r>) -> Result<Value<'r>> {
        let mut first = true;
        self.map_text(text, |piece| {
            let mut chars = piece.chars();
            match chars.next() {
                Some(head) if first => {
                    first = false;
                    head.to_uppercase().chain(chars.as_str().to_lowercase().chars()).collect()
                }
                _ => piece.to_lowercase(),
            }
        })
    }

    pub(super) fn title(&mut self, text: &Text<'r>) -> Result<Value<'r>> {
        let mut inside = false;
        self.map_text(text, |piece| {
            let mut out = String::with_capacity(piece.len());
            for character in piece.chars() {
                if inside {
                    out.extend(character.to_lowercase());
                } else {
                    out.extend(character.to_uppercase());
                }
                inside = character.is_lowercase() || character.is_uppercase();
            }
            out
        })
    }

    /// Python's `str.center`, which puts the odd blank of an odd width on the left.
    pub(crate) fn center(&mut self, text: &Text<'r>, width: i64, fill: char) -> Result<Value<'r>> {
        let length = count_chars(text.as_str()) as i64;
        let margin = (width - length).max(0);
        let left = margin / 2 + (margin & width & 1);
        self.pad(text, left + length, width, fill)
    }

    /// Fills up on the left to `to_left` characters, then on the right to `to_right`.
    pub(super) fn pad(
        &mut self,
        text: &Text<'r>,
        to_left: i64,
        to_right: i64,
        fill: char,
    ) -> Result<Value<'r>> {
        let length = count_chars(text.as_str()) as i64;
        let left = usize::try_from((to_left - length).max(0)).unwrap_or(usize::MAX);
        let right = usize::try_from((to_right - length - left as i64).max(0)).unwrap_or(usize::MAX);
        let fills = left.saturating_add(right).saturating_mul(fill.len_utf8());
        self.room(text.len().saturating_add(fills))?;
        let mut woven = Woven::default();
        let filling = |count: usize| std::iter::repeat_n(fill, count).collect::<String>();
        woven.push(&filling(left), Owner::TEMPLATE);
        woven.push_text(text);
        woven.push(&filling(right), Owner::TEMPLATE);
        self.text(woven)
    }
}
