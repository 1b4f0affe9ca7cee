//! What is printed, or captured as the value of a block.

use super::{BYTES_A_STEP, Evaluator, Flow};
use crate::error::{Result, TemplateError};
use crate::program::{Expr, Operator, Stmt};
use crate::text::{Text, Woven};
use crate::value::Value;

/// The one text that a block has printed, which is its value as it stands.
#[derive(Clone, Debug)]
pub(super) struct Captured<'r>(Option<Text<'r>>);

impl<'r> Evaluator<'r> {
    /// What `body` prints, as a value.
    pub(super) fn capture(&mut self, body: &'r [Stmt]) -> Result<Value<'r>> {
        let outer = std::mem::take(&mut self.out);
        let outer_captured = self.captured.replace(Captured(None));
        self.push_frame();
        let flow = self.run(body)?;
        self.pop_frame();
        if flow != Flow::Next {
            return Err(TemplateError::unsupported("a loop control leaves a block that is captured"));
        }
        let captured = std::mem::replace(&mut self.captured, outer_captured);
        let woven = std::mem::replace(&mut self.out, outer);
        match captured {
            Some(Captured(Some(text))) => Ok(Value::Str(text)),
            _ => self.text(woven),
        }
    }

    /// Prints an expression. Texts that are added up are printed one after the other.
    pub(super) fn print_expr(&mut self, expr: &'r Expr) -> Result<()> {
        if !matches!(expr, Expr::Binary(Operator::Add | Operator::Concat, ..)) {
            let value = self.expr(expr)?;
            return self.emit_value(&value);
        }
        let mut parts = std::mem::take(&mut self.parts);
        match self.sum(expr, &mut parts)? {
            Some(value) => self.emit_value(&value)?,
            None => parts.iter().try_for_each(|part| self.emit(part))?,
        }
        parts.clear();
        self.parts = parts;
        Ok(())
    }

    /// Evaluates a sum of texts into its parts. Where something else is added, the sum so far is a
    /// value and comes back.
    fn sum(&mut self, expr: &'r Expr, parts: &mut Vec<Text<'r>>) -> Result<Option<Value<'r>>> {
        let Expr::Binary(operator @ (Operator::Add | Operator::Concat), left, right) = expr else {
            return Ok(match self.expr(expr)? {
                Value::Str(text) => {
                    parts.push(text);
                    None
                }
                other => Some(other),
            });
        };
        self.deeper()?;
        let left = self.sum(left, parts)?;
        let right = self.expr(right)?;
        self.shallower();
        match (left, right) {
            (None, Value::Str(text)) => {
                parts.push(text);
                Ok(None)
            }
            (left, right) => {
                let left = match left {
                    Some(left) => left,
                    None => self.join_parts(parts)?,
                };
                match self.binary(*operator, &left, &right)? {
                    Value::Str(text) => {
                        parts.clear();
                        parts.push(text);
                        Ok(None)
                    }
                    other => Ok(Some(other)),
                }
            }
        }
    }

    fn join_parts(&mut self, parts: &mut Vec<Text<'r>>) -> Result<Value<'r>> {
        self.room(parts.iter().map(Text::len).sum())?;
        let mut woven = Woven::default();
        parts.drain(..).for_each(|part| woven.push_text(&part));
        self.text(woven)
    }

    pub(crate) fn emit(&mut self, text: &Text<'r>) -> Result<()> {
        let length = text.len();
        self.steps(length / BYTES_A_STEP)?;
        if self.out.text.len() + length > self.limits.output {
            return Err(TemplateError::Limit("output"));
        }
        if let Some(Captured(only @ None)) = &mut self.captured
            && length > 0
        {
            *only = Some(text.clone());
            return Ok(());
        }
        self.write_captured();
        self.out.push_text(text);
        Ok(())
    }

    /// Writes what was captured: another text follows it.
    fn write_captured(&mut self) {
        if let Some(Captured(Some(text))) = self.captured.take() {
            self.out.push_text(&text);
        }
    }

    pub(crate) fn emit_value(&mut self, value: &Value<'r>) -> Result<()> {
        match value {
            Value::Str(text) | Value::Safe(text) | Value::Number(text) => self.emit(text),
            Value::Undefined(_) => Ok(()),
            other => {
                let Value::Str(text) = self.python_str(other)? else { return Ok(()) };
                self.emit(&text)
            }
        }
    }
}
