//! Expressions and calls.

use std::borrow::Cow;

use crate::error::{Result, TemplateError};
use crate::evaluate::{Call, Evaluator};
use crate::lookup::Seen;
use crate::operators::negative;
use crate::program::{Arguments, CallNode, CallTarget, Expr, Operator};
use crate::text::Text;
use crate::value::{Members, Value};

/// Longest `range` that Jinja's sandbox allows.
pub(crate) const MAX_RANGE: i64 = 100_000;

impl<'r> Evaluator<'r> {
    pub(crate) fn expr(&mut self, expr: &'r Expr) -> Result<Value<'r>> {
        self.step()?;
        match expr {
            Expr::Undefined => Ok(Value::Undefined("value")),
            Expr::None => Ok(Value::None),
            Expr::Bool(yes) => Ok(Value::Bool(*yes)),
            Expr::Int(number) => Ok(Value::Int(*number)),
            Expr::Float(number) => Ok(Value::Float(*number)),
            Expr::Text(text) => Ok(Value::text(text)),
            Expr::Var(name) => {
                let found = self.find(*name);
                self.note_variable(*name, found);
                let Some(at) = found else { return Ok(global(self.program.names.text(*name))) };
                if matches!(self.variables[at].1, Value::Loop(..)) {
                    self.do_not_keep();
                }
                Ok(self.variables[at].1.clone())
            }
            _ => {
                if matches!(expr, Expr::Attribute(..) | Expr::Subscript(..)) {
                    match self.lookup(expr) {
                        Some(Seen::Value(value)) => return Ok(value.clone()),
                        Some(Seen::Missing(name)) => return Ok(Value::Undefined(name)),
                        None => {}
                    }
                }
                self.deeper()?;
                // Handed on whole: taking it apart would move its bytes from odd addresses.
                let result = self.operation(expr);
                self.shallower();
                result
            }
        }
    }

    fn operation(&mut self, expr: &'r Expr) -> Result<Value<'r>> {
        match expr {
            Expr::List(exprs) => {
                let values = self.exprs(exprs)?;
                self.list(values)
            }
            Expr::Tuple(exprs) => {
                let values = self.exprs(exprs)?;
                self.tuple(values)
            }
            Expr::Dict(pairs) => {
                let mut members = Members::with_capacity(pairs.len());
                for (key, value) in pairs {
                    let key = self.expr(key)?;
                    let value = self.expr(value)?;
                    self.insert(&mut members, key, value)?;
                }
                self.dict(members)
            }
            Expr::Attribute(value, name) => {
                let value = match &**value {
                    Expr::Var(variable) if *variable == self.program.loop_name => self.loop_or(value)?,
                    value => self.expr(value)?,
                };
                self.attribute(&value, name)
            }
            Expr::Subscript(value, key) => {
                if let Some(element) = self.element_outside(value, key)? {
                    return Ok(element);
                }
                let value = self.expr(value)?;
                let key = self.expr(key)?;
                self.subscript(&value, &key)
            }
            Expr::Slice(slice) => self.slice(slice),
            Expr::Not(operand) => Ok(Value::Bool(!self.truth(operand)?)),
            Expr::Negative(operand) => {
                let operand = self.expr(operand)?;
                negative(&operand)
            }
            Expr::And(left, right) => {
                let left = self.expr(left)?;
                if self.is_true(&left) { self.expr(right) } else { Ok(left) }
            }
            Expr::Or(left, right) => {
                let left = self.expr(left)?;
                if self.is_true(&left) { Ok(left) } else { self.expr(right) }
            }
            Expr::Binary(operator, left, right) => {
                if matches!(operator, Operator::Add | Operator::Subtract)
                    && let Some(number) = self.sum_outer(expr)
                {
                    return Ok(Value::Int(number));
                }
                let left = self.expr(left)?;
                let right = self.expr(right)?;
                self.binary(*operator, &left, &right)
            }
            Expr::Compare(first, links) => Ok(Value::Bool(self.comparison(first, links)?)),
            Expr::If(node) => {
                if self.truth(&node.test)? {
                    self.expr(&node.yes)
                } else {
                    node.no.as_ref().map_or(Ok(Value::Undefined("value")), |no| self.expr(no))
                }
            }
            Expr::Filter(filter, Some(value), arguments) => {
                let value = self.expr(value)?;
                let call = self.arguments(arguments)?;
                self.filter(*filter, value, call)
            }
            Expr::Filter(_, None, _) => Err(TemplateError::unsupported("a filter without a value")),
            Expr::Test(test, value, arguments) => {
                let value = self.expr(value)?;
                let call = self.arguments(arguments)?;
                Ok(Value::Bool(self.test(*test, &value, &call)?))
            }
            Expr::Call(call) => self.call(call, None),
            Expr::Unknown(what) => Err(TemplateError::raised(&**what)),
            simple => self.expr(simple),
        }
    }

    /// The `loop` whose attribute is asked for, which says nothing more about itself.
    fn loop_or(&mut self, variable: &'r Expr) -> Result<Value<'r>> {
        match self.read(self.program.loop_name) {
            Some(value @ Value::Loop(..)) => Ok(value),
            _ => self.expr(variable),
        }
    }

    fn exprs(&mut self, exprs: &'r [Expr]) -> Result<Vec<Value<'r>>> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    /// The filters of a filter or set block, applied to what the block printed.
    pub(crate) fn filter_block(&mut self, filter: Option<&'r Expr>, text: Value<'r>) -> Result<Value<'r>> {
        match filter {
            None => Ok(text),
            Some(Expr::Filter(filter, inner, arguments)) => {
                let value = self.filter_block(inner.as_deref(), text)?;
                let call = self.arguments(arguments)?;
                self.filter(*filter, value, call)
            }
            Some(_) => Err(TemplateError::unsupported("a block filter that is none")),
        }
    }

    pub(crate) fn arguments(&mut self, arguments: &'r Arguments) -> Result<Call<'r>> {
        if arguments.is_empty() {
            return Ok(Call::default());
        }
        let mut call = Call { positional: self.exprs(&arguments.positional)?, named: Vec::new() };
        if let Some(splat) = &arguments.splat {
            let values = self.expr(splat)?;
            call.positional.extend(self.iterate(&values)?.iter().cloned());
        }
        for (name, value) in &arguments.named {
            call.named.push((Cow::Borrowed(name), self.expr(value)?));
        }
        if let Some(splat) = &arguments.named_splat {
            let values = self.expr(splat)?;
            for (key, value) in self.members(&values)? {
                let Value::Str(Text::Piece(name, _)) = key else {
                    return Err(TemplateError::unsupported("keyword arguments with built names"));
                };
                call.named.push((Cow::Borrowed(name), value));
            }
        }
        Ok(call)
    }

    pub(crate) fn call(&mut self, node: &'r CallNode, caller: Option<Value<'r>>) -> Result<Value<'r>> {
        match &node.target {
            CallTarget::Method(value, name) => {
                let value = self.expr(value)?;
                let call = self.arguments(&node.arguments)?;
                self.call_method(&value, name, call, caller)
            }
            CallTarget::Value(target) => {
                let target = self.expr(target)?;
                let call = self.arguments(&node.arguments)?;
                self.call_value(&target, call, caller)
            }
        }
    }

    pub(crate) fn call_value(
        &mut self,
        target: &Value<'r>,
        call: Call<'r>,
        caller: Option<Value<'r>>,
    ) -> Result<Value<'r>> {
        match target {
            Value::Macro(id) => self.call_macro(*id, call, caller),
            _ if caller.is_some() => {
                Err(TemplateError::unsupported("a call block of something that is no macro"))
            }
            Value::Function(function) => self.call_function(*function, call),
            Value::Joiner(id) => {
                self.do_not_keep();
                let (text, used) = &mut self.joiners[*id as usize];
                let first = !std::mem::replace(used, true);
                Ok(if first { Value::text("") } else { text.clone() })
            }
            Value::Undefined(name) => Err(undefined(name)),
            other => Err(TemplateError::raised(format!("'{}' object is not callable", other.type_name()))),
        }
    }
}

/// What a name that nobody has set stands for.
fn global(name: &str) -> Value<'_> {
    use crate::value::Function;
    Value::Function(match name {
        "range" => Function::Range,
        "dict" => Function::Dict,
        "namespace" => Function::Namespace,
        "cycler" => Function::Cycler,
        "joiner" => Function::Joiner,
        "raise_exception" => Function::RaiseException,
        "strftime_now" => Function::StrftimeNow,
        _ => return Value::Undefined(name),
    })
}

/// `text`, marked safe if `value` is.
pub(crate) fn like<'r>(value: &Value<'r>, text: Value<'r>) -> Value<'r> {
    if matches!(value, Value::Safe(_)) { text.marked_safe() } else { text }
}

pub(crate) fn undefined(name: &str) -> TemplateError {
    TemplateError::raised(format!("'{name}' is undefined"))
}
