//! Macros: where they are defined, and calls of them.

use std::borrow::Cow;

use super::scopes::Scope;
use super::{Call, Evaluator};
use crate::error::{Result, TemplateError};
use crate::program::{CallNode, MacroNode, Name};
use crate::value::Value;

/// A macro with the place it was defined in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Definition<'r> {
    pub(crate) node: &'r MacroNode,
    scope: usize,
    frame: usize,
    serial: u64,
}

impl<'r> Evaluator<'r> {
    pub(super) fn define_macro(&mut self, node: &'r MacroNode) -> Result<Value<'r>> {
        self.meter.keep(size_of::<Definition<'_>>())?;
        let frame = self.frames.len() - 1;
        let serial = self.frames[frame].serial;
        self.macros.push(Definition { node, scope: self.scopes.len() - 1, frame, serial });
        Ok(Value::Macro(self.macros.len() as u32 - 1))
    }

    pub(super) fn call_block(&mut self, call: &'r CallNode, caller: &'r MacroNode) -> Result<()> {
        let caller = self.define_macro(caller)?;
        let value = self.call(call, Some(caller))?;
        self.emit_value(&value)
    }

    pub(crate) fn call_macro(
        &mut self,
        id: u32,
        mut call: Call<'r>,
        caller: Option<Value<'r>>,
    ) -> Result<Value<'r>> {
        let definition = self.macros[id as usize];
        let Definition { node, scope, frame, serial } = definition;
        if self.frames.get(frame).map(|frame| frame.serial) != Some(serial) {
            return Err(TemplateError::unsupported("a macro is called outside the block that defines it"));
        }
        self.deeper()?;
        self.push_frame();
        self.scopes.push(Scope { start: self.variables.len(), parent: Some((scope, frame)) });
        if let Some(caller) = caller {
            let takes_it =
                node.uses_caller || node.parameters.iter().any(|name| self.is_named(*name, "caller"));
            if !takes_it {
                return Err(TemplateError::raised("a macro was called with a block and takes none"));
            }
            call.named.push((Cow::Borrowed("caller"), caller));
        }
        self.bind(node, call)?;
        let text = self.capture(&node.body)?;
        self.scopes.pop();
        self.pop_frame();
        self.shallower();
        Ok(text)
    }

    fn is_named(&self, name: Name, text: &str) -> bool {
        self.program.names.text(name) == text
    }

    /// Gives a macro's parameters their values: by place, by name, by default.
    fn bind(&mut self, node: &'r MacroNode, call: Call<'r>) -> Result<()> {
        let Call { positional, mut named } = call;
        let mut positional = positional.into_iter();
        let first_default = node.parameters.len() - node.defaults.len();
        for (place, parameter) in node.parameters.iter().enumerate() {
            let name = self.program.names.text(*parameter);
            let by_name = named.iter().position(|(known, _)| known == name).map(|at| named.remove(at).1);
            let value = match (positional.next(), by_name) {
                (Some(_), Some(_)) => {
                    return Err(TemplateError::raised(format!("a macro got two values for `{name}`")));
                }
                (Some(value), None) | (None, Some(value)) => value,
                (None, None) => match place.checked_sub(first_default) {
                    Some(default) => self.expr(&node.defaults[default])?,
                    None => Value::Undefined(name),
                },
            };
            self.assign(*parameter, value);
        }
        if node.uses_caller {
            let at = named.iter().position(|(known, _)| known == "caller");
            let caller = at.map_or(Value::Undefined("caller"), |at| named.remove(at).1);
            self.assign_special("caller", caller);
        }
        if node.uses_kwargs {
            let members = named.drain(..).map(|(name, value)| (cow_value(&name), value)).collect::<Vec<_>>();
            let members =
                members.into_iter().map(|(name, value)| Ok((name?, value))).collect::<Result<_>>()?;
            let kwargs = self.dict(members)?;
            self.assign_special("kwargs", kwargs);
        } else if let Some((name, _)) = named.first() {
            return Err(TemplateError::raised(format!("a macro takes no argument `{name}`")));
        }
        let rest: Vec<_> = positional.collect();
        if node.uses_varargs {
            let varargs = self.tuple(rest)?;
            self.assign_special("varargs", varargs);
        } else if !rest.is_empty() {
            return Err(TemplateError::raised("a macro got more arguments than it takes"));
        }
        Ok(())
    }

    fn assign_special(&mut self, name: &str, value: Value<'r>) {
        if let Some(name) = self.program.names.find(name) {
            self.assign(name, value);
        }
    }
}

/// A name as a string value.
pub(crate) fn cow_value<'r>(name: &Cow<'r, str>) -> Result<Value<'r>> {
    match name {
        Cow::Borrowed(name) => Ok(Value::text(name)),
        Cow::Owned(_) => Err(TemplateError::unsupported("keyword arguments with built names")),
    }
}
