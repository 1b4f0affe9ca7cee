//! The `tojson` filter of transformers: Python's `json.dumps` with its keywords.

use tooltrain_json::{print_json, print_json_indented, print_json_string};

use crate::calls::int_argument;
use crate::error::{Result, TemplateError};
use crate::evaluate::{Call, Evaluator};
use crate::python_print::float;
use crate::text::{Owner, Text, Woven};
use crate::value::{MAX_NESTING, Value};

/// The keywords of `json.dumps`.
#[derive(Debug)]
struct Layout {
    ensure_ascii: bool,
    sort_keys: bool,
    /// What a level is indented by; without it all stands on one line.
    indent: Option<String>,
    between: String,
    after_key: String,
}

impl Layout {
    fn is_plain(&self) -> bool {
        !self.ensure_ascii
            && !self.sort_keys
            && self.indent.is_none()
            && self.between == ", "
            && self.after_key == ": "
    }

    /// Blanks a level, if it is the indented layout that source text can be printed in.
    fn plain_indent(&self) -> Option<usize> {
        let indent = self.indent.as_ref()?;
        let plain = !self.ensure_ascii && !self.sort_keys && self.between == "," && self.after_key == ": ";
        (plain && indent.bytes().all(|byte| byte == b' ')).then_some(indent.len())
    }
}

impl<'r> Evaluator<'r> {
    pub(crate) fn json_text(&mut self, value: &Value<'r>, mut call: Call<'r>) -> Result<Value<'r>> {
        let layout = self.layout(&mut call)?;
        if let Value::Source(source) = value
            && layout.is_plain()
        {
            self.room(source.text.len())?;
            return Ok(Value::Str(Text::Piece(source.printed(), source.owner)));
        }
        let mut woven = Woven::default();
        self.json_into(value, &layout, 0, &mut woven)?;
        self.text(woven)
    }

    fn layout(&mut self, call: &mut Call<'r>) -> Result<Layout> {
        let ensure_ascii = call.take(0, "ensure_ascii").is_some_and(|value| self.is_true(&value));
        let indent = match call.take(1, "indent") {
            None | Some(Value::None) => None,
            Some(indent) => Some(if let Some(text) = indent.as_text() {
                text.as_str().to_owned()
            } else {
                let width = int_argument(&indent, "tojson")?;
                let width = usize::try_from(width.max(0)).unwrap_or(usize::MAX);
                self.room(width)?;
                " ".repeat(width)
            }),
        };
        let (between, after_key) = match call.take(2, "separators") {
            None | Some(Value::None) => {
                (if indent.is_some() { "," } else { ", " }.to_owned(), ": ".to_owned())
            }
            Some(pair) => match &self.iterate(&pair)?[..] {
                [between, after_key] => (
                    self.soft_text(between)?.as_str().to_owned(),
                    self.soft_text(after_key)?.as_str().to_owned(),
                ),
                _ => return Err(TemplateError::raised("separators are no pair")),
            },
        };
        let sort_keys = call.take(3, "sort_keys").is_some_and(|value| self.is_true(&value));
        call.finish("tojson")?;
        Ok(Layout { ensure_ascii, sort_keys, indent, between, after_key })
    }

    fn json_into(
        &mut self,
        value: &Value<'r>,
        layout: &Layout,
        depth: u32,
        out: &mut Woven<'r>,
    ) -> Result<()> {
        if depth > MAX_NESTING {
            return Err(TemplateError::Limit("nesting"));
        }
        self.step()?;
        if let Some((source, owner)) = source_of(value) {
            if layout.is_plain() {
                self.room(out.text.len() + source.len())?;
                print_json(source, &mut out.text);
                out.cover(owner);
                return Ok(());
            }
            if let (Some(indent), 0) = (layout.plain_indent(), depth) {
                self.room(source.len().saturating_mul(indent.max(1)))?;
                print_json_indented(source, indent, &mut out.text);
                out.cover(owner);
                return Ok(());
            }
        }
        match value {
            Value::Str(text) | Value::Safe(text) => {
                self.room(out.text.len() + text.len())?;
                string_into(text, layout, out);
            }
            Value::Number(text) => out.push_text(text),
            Value::Int(number) => out.push(&number.to_string(), Owner::TEMPLATE),
            Value::Float(number) if number.is_nan() => out.push("NaN", Owner::TEMPLATE),
            Value::Float(number) if number.is_infinite() => {
                out.push(if *number > 0.0 { "Infinity" } else { "-Infinity" }, Owner::TEMPLATE);
            }
            Value::Float(number) => out.push(&float(*number), Owner::TEMPLATE),
            Value::None => out.push("null", Owner::TEMPLATE),
            Value::Bool(true) => out.push("true", Owner::TEMPLATE),
            Value::Bool(false) => out.push("false", Owner::TEMPLATE),
            _ if value.is_mapping() => self.object_into(value, layout, depth, out)?,
            _ if value.is_list() || matches!(value, Value::Tuple(_)) => {
                let owner = value_owner(value);
                let values = self.iterate(value)?;
                out.push("[", owner);
                for (order, value) in values.iter().enumerate() {
                    self.separate(order, layout, depth + 1, owner, out)?;
                    self.json_into(value, layout, depth + 1, out)?;
                }
                self.close(values.len(), "]", layout, depth, owner, out)?;
            }
            other => {
                return Err(TemplateError::raised(format!(
                    "Object of type {} is not JSON serializable",
                    other.type_name()
                )));
            }
        }
        Ok(())
    }

    fn object_into(
        &mut self,
        value: &Value<'r>,
        layout: &Layout,
        depth: u32,
        out: &mut Woven<'r>,
    ) -> Result<()> {
        let owner = value_owner(value);
        let mut members = self.members(value)?;
        if layout.sort_keys {
            members = self.sorted_by_key(members)?;
        }
        out.push("{", owner);
        for (order, (key, value)) in members.iter().enumerate() {
            self.separate(order, layout, depth + 1, owner, out)?;
            match key {
                Value::Str(text) | Value::Safe(text) => string_into(text, layout, out),
                Value::Bool(true) => out.push("\"true\"", owner),
                Value::Bool(false) => out.push("\"false\"", owner),
                Value::None => out.push("\"null\"", owner),
                Value::Int(number) => out.push(&format!("\"{number}\""), owner),
                other => {
                    return Err(TemplateError::unsupported(format!(
                        "a JSON key of type {}",
                        other.type_name()
                    )));
                }
            }
            out.push(&layout.after_key, owner);
            self.json_into(value, layout, depth + 1, out)?;
        }
        self.close(members.len(), "}", layout, depth, owner, out)
    }

    fn sorted_by_key(
        &mut self,
        mut members: Vec<(Value<'r>, Value<'r>)>,
    ) -> Result<Vec<(Value<'r>, Value<'r>)>> {
        if members.iter().any(|(key, _)| key.as_text().is_none()) && members.len() > 1 {
            return Err(TemplateError::unsupported("sorting keys that are no strings"));
        }
        self.steps(members.len() * 8)?;
        members.sort_by(|(a, _), (b, _)| {
            let text = |key: &Value<'r>| key.as_text().map(|text| text.as_str().to_owned());
            text(a).cmp(&text(b))
        });
        Ok(members)
    }

    fn separate(
        &mut self,
        order: usize,
        layout: &Layout,
        depth: u32,
        owner: Owner,
        out: &mut Woven<'r>,
    ) -> Result<()> {
        if order > 0 {
            out.push(&layout.between, owner);
        }
        self.new_line(layout, depth, owner, out)
    }

    fn close(
        &mut self,
        members: usize,
        bracket: &str,
        layout: &Layout,
        depth: u32,
        owner: Owner,
        out: &mut Woven<'r>,
    ) -> Result<()> {
        if members > 0 {
            self.new_line(layout, depth, owner, out)?;
        }
        out.push(bracket, owner);
        Ok(())
    }

    fn new_line(&mut self, layout: &Layout, depth: u32, owner: Owner, out: &mut Woven<'r>) -> Result<()> {
        if let Some(indent) = &layout.indent {
            self.room(out.text.len() + indent.len() * depth as usize)?;
            out.push("\n", owner);
            (0..depth).for_each(|_| out.push(indent, owner));
        }
        Ok(())
    }
}

fn value_owner(value: &Value<'_>) -> Owner {
    match value {
        Value::Source(source) => source.owner,
        Value::Json(_, owner) => *owner,
        _ => Owner::TEMPLATE,
    }
}

/// Appends a string with quotes and escapes, which belong to the owner of the bytes beside them.
fn string_into(text: &Text<'_>, layout: &Layout, out: &mut Woven<'_>) {
    let owner = text.single_owner();
    let mut quoted = String::new();
    if let Some(owner) = owner {
        print_json_string(text.as_str(), &mut quoted);
        out.push(&ascii(&quoted, layout.ensure_ascii), owner);
        return;
    }
    out.push("\"", Owner::TEMPLATE);
    text.for_each_piece(|piece, owner| {
        quoted.clear();
        print_json_string(piece, &mut quoted);
        out.push(&ascii(&quoted[1..quoted.len() - 1], layout.ensure_ascii), owner);
    });
    out.push("\"", Owner::TEMPLATE);
}

/// The text with everything beyond printable ASCII as `\u` escapes.
fn ascii(text: &str, ensure: bool) -> std::borrow::Cow<'_, str> {
    if !ensure || text.bytes().all(|byte| byte < 0x7f) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() * 2);
    for character in text.chars() {
        if character.is_ascii() && character != '\u{7f}' {
            out.push(character);
        } else {
            let mut units = [0; 2];
            let escapes = character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}"));
            out.extend(escapes);
        }
    }
    out.into()
}

/// The source text of a container of the conversation.
fn source_of<'r>(value: &Value<'r>) -> Option<(&'r str, Owner)> {
    match value {
        Value::Source(source) => Some((source.text, source.owner)),
        Value::Json(json, owner) => Some((json.source(), *owner)),
        _ => None,
    }
}
