//! `'%s' % values` and `'{}'.format(values)`, for the plain directives.

use crate::calls::int_argument;
use crate::error::{Result, TemplateError};
use crate::evaluate::{Call, Evaluator};
use crate::text::{Owner, Text, Woven};
use crate::value::Value;

/// Width, precision and alignment of one directive.
#[derive(Clone, Copy, Debug, Default)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    zero: bool,
    thousands: bool,
    width: usize,
    precision: Option<usize>,
    kind: Option<char>,
}

impl<'r> Evaluator<'r> {
    /// `format % values`
    pub(crate) fn percent_format(&mut self, format: &Text<'r>, values: &Value<'r>) -> Result<Value<'r>> {
        let by_name = values.is_mapping();
        let arguments = match values {
            Value::Tuple(values) => values.to_vec(),
            other => vec![other.clone()],
        };
        let mut next = 0;
        let mut woven = Woven::default();
        let whole = format.as_str();
        let mut rest = whole;
        while let Some(at) = rest.find('%') {
            woven.push_text(&format.part(&rest[..at]));
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('%') {
                woven.push("%", Owner::TEMPLATE);
                rest = after;
                continue;
            }
            let named = match rest.strip_prefix('(').and_then(|inside| inside.split_once(')')) {
                Some((name, after)) => {
                    rest = after;
                    let key = Value::Str(format.part(name));
                    if !by_name {
                        return Err(TemplateError::raised("format requires a mapping"));
                    }
                    Some(
                        self.member(values, &key)?
                            .ok_or_else(|| TemplateError::raised(format!("KeyError: '{name}'")))?,
                    )
                }
                None => None,
            };
            let (spec, after) = percent_spec(rest)?;
            rest = after;
            let value = if let Some(value) = named {
                value
            } else {
                next += 1;
                let missing = || TemplateError::raised("not enough arguments for format string");
                arguments.get(next - 1).cloned().ok_or_else(missing)?
            };
            self.formatted(&value, spec, true, &mut woven)?;
        }
        woven.push_text(&format.part(rest));
        if next < arguments.len() && !by_name {
            return Err(TemplateError::raised("not all arguments converted during string formatting"));
        }
        self.text(woven)
    }

    /// `format.format(...)`
    pub(crate) fn str_format(&mut self, format: &Text<'r>, call: &Call<'r>) -> Result<Value<'r>> {
        let whole = format.as_str();
        let mut woven = Woven::default();
        let mut rest = whole;
        let mut next = 0;
        while let Some(at) = rest.find(['{', '}']) {
            woven.push_text(&format.part(&rest[..at]));
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if rest.starts_with(brace) {
                woven.push(brace, Owner::TEMPLATE);
                rest = &rest[1..];
                continue;
            }
            let field = if brace == "{" { rest.split_once('}') } else { None };
            let (field, after) =
                field.ok_or_else(|| TemplateError::raised("Single brace in format string"))?;
            rest = after;
            let (name, spec) = field.split_once(':').unwrap_or((field, ""));
            let value = if name.is_empty() {
                next += 1;
                call.positional.get(next - 1)
            } else if let Ok(place) = name.parse::<usize>() {
                call.positional.get(place)
            } else if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                call.named.iter().find(|(known, _)| known == name).map(|(_, value)| value)
            } else {
                return Err(TemplateError::unsupported("attributes and conversions in format strings"));
            };
            let value = value.ok_or_else(|| TemplateError::raised("Replacement index out of range"))?.clone();
            let spec = brace_spec(spec)?;
            self.formatted(&value, spec, false, &mut woven)?;
        }
        woven.push_text(&format.part(rest));
        self.text(woven)
    }

    fn formatted(&mut self, value: &Value<'r>, spec: Spec, percent: bool, out: &mut Woven<'r>) -> Result<()> {
        if matches!(value, Value::Safe(_)) {
            return Err(TemplateError::unsupported("formatting text marked safe"));
        }
        self.room(out.text.len().saturating_add(spec.width).saturating_add(spec.precision.unwrap_or(0)))?;
        let text = match spec.kind {
            Some('d' | 'i' | 'u') => {
                let number = if percent && value.is_float() {
                    value.as_float().map(|number| number.trunc() as i64)
                } else {
                    value.as_int()
                };
                let number = number.ok_or_else(|| TemplateError::raised("a number is required"))?;
                self.number_text(grouped(number.to_string(), spec.thousands))?
            }
            Some('f' | 'F') => {
                let number = value.as_float().ok_or_else(|| TemplateError::raised("a number is required"))?;
                let precision = spec.precision.unwrap_or(6);
                self.number_text(grouped(format!("{number:.precision$}"), spec.thousands))?
            }
            None | Some('s') => {
                if spec.kind.is_none() && !percent && spec.precision.is_some() {
                    return Err(TemplateError::unsupported("a precision without a kind"));
                }
                if spec.thousands && value.is_int() {
                    let number = int_argument(value, "format")?;
                    self.number_text(grouped(number.to_string(), true))?
                } else {
                    if spec.kind == Some('s') && !percent && value.as_text().is_none() {
                        return Err(TemplateError::raised("unknown format code 's'"));
                    }
                    let text = self.soft_text(value)?;
                    match spec.precision {
                        Some(most) => {
                            let end = super::parts::char_offset(text.as_str(), most);
                            text.slice(0..end)
                        }
                        None => text,
                    }
                }
            }
            Some(_) => return Err(TemplateError::unsupported("this format directive")),
        };
        let length = super::parts::count_chars(text.as_str());
        let missing = spec.width.saturating_sub(length);
        let numeric = value.is_int() || value.is_float();
        let (fill, align) = match (spec.fill, spec.align, spec.zero && numeric) {
            (_, None, true) => {
                if text.as_str().starts_with('-') {
                    return Err(TemplateError::unsupported("zeros before a negative number"));
                }
                ('0', '>')
            }
            (fill, align, _) => {
                let right = if percent { true } else { numeric };
                (fill.unwrap_or(' '), align.unwrap_or(if right { '>' } else { '<' }))
            }
        };
        let left = match align {
            '<' => 0,
            '>' => missing,
            _ => missing / 2,
        };
        let filling = |count: usize| std::iter::repeat_n(fill, count).collect::<String>();
        out.push(&filling(left), Owner::TEMPLATE);
        out.push_text(&text);
        out.push(&filling(missing - left), Owner::TEMPLATE);
        Ok(())
    }

    fn number_text(&mut self, digits: String) -> Result<Text<'r>> {
        let value = self.owned_text(digits, Owner::TEMPLATE)?;
        self.soft_text(&value)
    }
}

/// Digits with a comma before each group of three.
fn grouped(digits: String, thousands: bool) -> String {
    if !thousands {
        return digits;
    }
    let start = usize::from(digits.starts_with('-'));
    let end = digits.find('.').unwrap_or(digits.len());
    let mut out = String::with_capacity(digits.len() * 2);
    for (place, digit) in digits.char_indices() {
        if place > start && place < end && (end - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The directive after a percent sign, and what follows it.
fn percent_spec(text: &str) -> Result<(Spec, &str)> {
    let mut spec = Spec::default();
    let flags = text.len() - text.trim_start_matches(['-', '0', '+', ' ', '#']).len();
    for flag in text[..flags].chars() {
        match flag {
            '-' => spec.align = Some('<'),
            '0' => spec.zero = true,
            _ => return Err(TemplateError::unsupported("this format directive")),
        }
    }
    let mut rest = &text[flags..];
    (spec.width, rest) = number(rest)?;
    if let Some(after) = rest.strip_prefix('.') {
        let (precision, after) = number(after)?;
        spec.precision = Some(precision);
        rest = after;
    }
    let kind = rest.chars().next().ok_or_else(|| TemplateError::raised("incomplete format"))?;
    spec.kind = Some(kind);
    Ok((spec, &rest[kind.len_utf8()..]))
}

/// The part of a replacement field after its colon.
fn brace_spec(text: &str) -> Result<Spec> {
    let mut spec = Spec::default();
    let mut rest = text;
    let mut chars = rest.chars();
    let is_align = |c: Option<char>| c.is_some_and(|c| "<>^".contains(c));
    match (chars.next(), chars.next()) {
        (Some(fill), align) if is_align(align) => {
            (spec.fill, spec.align) = (Some(fill), align);
            rest = chars.as_str();
        }
        (align, _) if is_align(align) => {
            spec.align = align;
            rest = &rest[1..];
        }
        _ => {}
    }
    if let Some(after) = rest.strip_prefix('0') {
        spec.zero = true;
        rest = after;
    }
    (spec.width, rest) = number(rest)?;
    if let Some(after) = rest.strip_prefix(',') {
        spec.thousands = true;
        rest = after;
    }
    if let Some(after) = rest.strip_prefix('.') {
        let (precision, after) = number(after)?;
        spec.precision = Some(precision);
        rest = after;
    }
    let mut chars = rest.chars();
    spec.kind = chars.next();
    if chars.next().is_some() {
        return Err(TemplateError::unsupported("this format directive"));
    }
    Ok(spec)
}

/// The digits at the start of `text` as a number, 0 without any.
fn number(text: &str) -> Result<(usize, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return Ok((0, text));
    }
    let number = text[..digits].parse().map_err(|_| TemplateError::Limit("memory"))?;
    Ok((number, &text[digits..]))
}
