//! How Python prints values: `str` and `repr`.

use crate::error::{Result, TemplateError};
use crate::evaluate::Evaluator;
use crate::text::{Owner, Text, Woven};
use crate::value::{MAX_NESTING, Value};

impl<'r> Evaluator<'r> {
    /// `str(value)`, as a string value.
    pub(crate) fn python_str(&mut self, value: &Value<'r>) -> Result<Value<'r>> {
        match value {
            Value::Str(text) | Value::Safe(text) | Value::Number(text) => Ok(Value::Str(text.clone())),
            Value::Undefined(_) => Ok(Value::text("")),
            Value::None => Ok(Value::text("None")),
            Value::Bool(true) => Ok(Value::text("True")),
            Value::Bool(false) => Ok(Value::text("False")),
            other => {
                let mut woven = Woven::default();
                self.repr_into(other, &mut woven, 0)?;
                self.text(woven)
            }
        }
    }

    /// Text of `soft_str(value)`, for filters that work on strings.
    pub(crate) fn soft_text(&mut self, value: &Value<'r>) -> Result<Text<'r>> {
        match self.python_str(value)? {
            Value::Str(text) => Ok(text),
            other => Err(TemplateError::unsupported(format!("text of a {}", other.type_name()))),
        }
    }

    /// Appends `repr(value)`.
    fn repr_into(&mut self, value: &Value<'r>, out: &mut Woven<'r>, depth: u32) -> Result<()> {
        if depth > MAX_NESTING {
            return Err(TemplateError::Limit("nesting"));
        }
        self.step()?;
        let mut push = |text: &str| out.push(text, Owner::TEMPLATE);
        match value {
            Value::Str(text) => {
                self.room(out.text.len() + text.len())?;
                repr_text(text, out);
            }
            Value::Number(text) => out.push_text(text),
            Value::Int(number) => push(&number.to_string()),
            Value::Float(number) => push(&float(*number)),
            Value::None => push("None"),
            Value::Bool(true) => push("True"),
            Value::Bool(false) => push("False"),
            Value::Undefined(_) if depth > 0 => push("Undefined"),
            _ if value.is_mapping() => {
                push("{");
                for (order, (key, value)) in self.members(value)?.iter().enumerate() {
                    out.push(if order > 0 { ", " } else { "" }, Owner::TEMPLATE);
                    self.repr_into(key, out, depth + 1)?;
                    out.push(": ", Owner::TEMPLATE);
                    self.repr_into(value, out, depth + 1)?;
                }
                out.push("}", Owner::TEMPLATE);
            }
            _ if value.is_list() || matches!(value, Value::Tuple(_)) => {
                let (open, close) = if value.is_list() { ("[", "]") } else { ("(", ")") };
                push(open);
                let values = self.iterate(value)?;
                for (order, value) in values.iter().enumerate() {
                    out.push(if order > 0 { ", " } else { "" }, Owner::TEMPLATE);
                    self.repr_into(value, out, depth + 1)?;
                }
                let lone = values.len() == 1 && !value.is_list();
                out.push(if lone { "," } else { "" }, Owner::TEMPLATE);
                out.push(close, Owner::TEMPLATE);
            }
            other => return Err(TemplateError::unsupported(format!("printing a {}", other.type_name()))),
        }
        Ok(())
    }
}

/// Appends a string as Python's `repr` prints it: single quotes unless only they stand inside.
fn repr_text(text: &Text<'_>, out: &mut Woven<'_>) {
    let whole = text.as_str();
    let quote = if whole.contains('\'') && !whole.contains('"') { '"' } else { '\'' };
    let mut piece_text = String::new();
    out.push(quote.encode_utf8(&mut [0; 4]), Owner::TEMPLATE);
    text.for_each_piece(|piece, owner| {
        piece_text.clear();
        for character in piece.chars() {
            match character {
                '\\' => piece_text.push_str("\\\\"),
                '\n' => piece_text.push_str("\\n"),
                '\r' => piece_text.push_str("\\r"),
                '\t' => piece_text.push_str("\\t"),
                character if character == quote => {
                    piece_text.push('\\');
                    piece_text.push(character);
                }
                ' '..='~' => piece_text.push(character),
                character if is_printable(character) => piece_text.push(character),
                character => piece_text.push_str(&escaped(character)),
            }
        }
        out.push(&piece_text, owner);
    });
    out.push(quote.encode_utf8(&mut [0; 4]), Owner::TEMPLATE);
}

fn escaped(character: char) -> String {
    match u32::from(character) {
        code @ 0..=0xff => format!("\\x{code:02x}"),
        code @ 0x100..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    }
}

/// Python's `str.isprintable` for a character beyond ASCII. The standard library asks the same
/// tables when it escapes the second character of a text.
fn is_printable(character: char) -> bool {
    let mut after_a_letter = String::from("a");
    after_a_letter.push(character);
    after_a_letter.escape_debug().eq(after_a_letter.chars())
}

/// Python's `repr` of a float.
pub(crate) fn float(number: f64) -> String {
    if number.is_nan() {
        return "nan".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.into();
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = format!("{number}");
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_python_prints_them() {
        for (number, printed) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1e-7, "1e-07"),
            (1.5e-5, "1.5e-05"),
            (0.0001, "0.0001"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.25e20, "1.25e+20"),
            (1e100, "1e+100"),
            (-2.5, "-2.5"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(float(number), printed);
        }
    }

    #[test]
    fn strings_print_as_python_prints_them() {
        for (text, printed) in [
            ("it's", "\"it's\""),
            ("say \"it's\"", "'say \"it\\'s\"'"),
            ("a\\b\n\t\r\u{1}\u{7f}", "'a\\\\b\\n\\t\\r\\x01\\x7f'"),
            ("é\u{301}中🙂", "'é\u{301}中🙂'"),
            ("\u{80}\u{a0}\u{ad}\u{2028}\u{200c}\u{e000}", "'\\x80\\xa0\\xad\\u2028\\u200c\\ue000'"),
        ] {
            let mut out = Woven::default();
            repr_text(&Text::template(text), &mut out);
            assert_eq!(out.text, printed);
        }
    }
}
