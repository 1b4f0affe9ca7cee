//! Names: the variables of frames and scopes, and what is assigned to them.

use std::borrow::Cow;

use super::Evaluator;
use crate::error::{Result, TemplateError};
use crate::program::{Name, Target};
use crate::value::Value;

/// Where a function of the template looks for names: its own variables, then those that stood where
/// it was defined.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    /// Its first variable.
    pub(super) start: usize,
    /// The scope around the definition, and the frame in it that was current.
    pub(super) parent: Option<(usize, usize)>,
}

/// Variables that vanish together: those of a loop's turn, of a `with`, of a macro call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) start: usize,
    pub(super) serial: u64,
}

impl<'r> Evaluator<'r> {
    /// Gives a variable of the template's own scope its value, before the template runs.
    pub(crate) fn define(&mut self, name: &str, value: Value<'r>) {
        if let Some(name) = self.program.names.find(name) {
            self.assign(name, value);
        }
    }

    /// The place of a variable.
    pub(crate) fn find(&self, name: Name) -> Option<usize> {
        let mut scope = self.scopes[self.scopes.len() - 1];
        let mut end = self.variables.len();
        loop {
            let own = &self.variables[scope.start..end];
            if let Some(place) = own.iter().rposition(|(known, _)| *known == name) {
                return Some(scope.start + place);
            }
            let (parent, frame) = scope.parent?;
            scope = self.scopes[parent];
            end = self.frames.get(frame + 1).map_or(self.variables.len(), |next| next.start);
        }
    }

    pub(super) fn assign(&mut self, name: Name, value: Value<'r>) {
        let start = self.frames[self.frames.len() - 1].start;
        match self.variables[start..].iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.variables.push((name, value)),
        }
    }

    pub(super) fn assign_target(&mut self, target: &'r Target, value: Value<'r>) -> Result<()> {
        match target {
            Target::Name(name) => self.assign(*name, value),
            Target::Attribute(name, attribute) => {
                let Some(Value::Namespace(id)) = self.read(*name) else {
                    return Err(TemplateError::raised("cannot assign attribute on non-namespace object"));
                };
                if attribute.starts_with('_') {
                    return Err(TemplateError::raised("underscore-prefixed attributes cannot be stored"));
                }
                self.note_write(id, attribute, &value);
                self.set_attribute(id, attribute, value)?;
            }
            Target::Tuple(targets) => {
                let values = self.iterate(&value)?;
                if values.len() != targets.len() {
                    return Err(TemplateError::raised(format!(
                        "cannot unpack {} values into {} names",
                        values.len(),
                        targets.len()
                    )));
                }
                for (target, value) in targets.iter().zip(values.iter()) {
                    self.assign_target(target, value.clone())?;
                }
            }
        }
        Ok(())
    }

    /// Sets an attribute of a namespace.
    pub(crate) fn set_attribute(&mut self, id: u32, attribute: &'r str, value: Value<'r>) -> Result<()> {
        self.meter.keep(2 * size_of::<Value<'_>>())?;
        let members = &mut self.namespaces[id as usize];
        match members.iter_mut().find(|(known, _)| **known == *attribute) {
            Some((_, old)) => *old = value,
            None => members.push((Cow::Borrowed(attribute), value)),
        }
        Ok(())
    }

    pub(super) fn push_frame(&mut self) {
        self.serials += 1;
        self.frames.push(Frame { start: self.variables.len(), serial: self.serials });
    }

    pub(super) fn pop_frame(&mut self) {
        if let Some(frame) = self.frames.pop() {
            self.variables.truncate(frame.start);
        }
    }
}
