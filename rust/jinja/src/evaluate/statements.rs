//! Running statements.

use super::{Evaluator, Flow};
use crate::error::{Result, TemplateError};
use crate::program::{ForNode, Stmt};
use crate::text::Text;
use crate::value::{LoopState, Value};

impl<'r> Evaluator<'r> {
    /// Runs statements of the template's own level.
    pub(crate) fn print(&mut self, statements: &'r [Stmt]) -> Result<()> {
        match self.run(statements)? {
            Flow::Next => Ok(()),
            Flow::Break | Flow::Continue => Err(loop_control_outside()),
        }
    }

    pub(super) fn run(&mut self, statements: &'r [Stmt]) -> Result<Flow> {
        self.deeper()?;
        for statement in statements {
            let flow = self.statement(statement)?;
            if flow != Flow::Next {
                self.depth -= 1;
                return Ok(flow);
            }
        }
        self.depth -= 1;
        Ok(Flow::Next)
    }

    fn statement(&mut self, statement: &'r Stmt) -> Result<Flow> {
        self.step()?;
        match statement {
            Stmt::Raw(text) => self.emit(&Text::template(text))?,
            Stmt::Print(expr) => self.print_expr(expr)?,
            Stmt::If { test, yes, no } => {
                return if self.truth(test)? { self.run(yes) } else { self.run(no) };
            }
            Stmt::For(node) => return self.run_for(node),
            Stmt::With { bindings, body } => {
                let values =
                    bindings.iter().map(|(_, value)| self.expr(value)).collect::<Result<Vec<_>>>()?;
                self.push_frame();
                for ((target, _), value) in bindings.iter().zip(values) {
                    self.assign_target(target, value)?;
                }
                let flow = self.run(body)?;
                self.pop_frame();
                return Ok(flow);
            }
            Stmt::Generation(body) => {
                self.push_frame();
                let flow = self.run(body)?;
                self.pop_frame();
                return Ok(flow);
            }
            Stmt::Set(target, value) => {
                let value = self.expr(value)?;
                self.assign_target(target, value)?;
            }
            Stmt::SetBlock { target, filter, body } => {
                let text = self.capture(body)?;
                let value = self.filter_block(filter.as_ref(), text)?;
                self.assign_target(target, value)?;
            }
            Stmt::FilterBlock { filter, body } => {
                let text = self.capture(body)?;
                let value = self.filter_block(Some(filter), text)?;
                self.emit_value(&value)?;
            }
            Stmt::Macro(node) => {
                let value = self.define_macro(node)?;
                self.assign(node.name, value);
            }
            Stmt::CallBlock { call, caller } => self.call_block(call, caller)?,
            Stmt::Break => return Ok(Flow::Break),
            Stmt::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::Next)
    }

    fn run_for(&mut self, node: &'r ForNode) -> Result<Flow> {
        let values = self.expr(&node.values)?;
        let mut values = self.iterate(&values)?;
        if let Some(condition) = &node.condition {
            let mut kept = Vec::new();
            for value in values.iter() {
                self.push_frame();
                self.assign_target(&node.target, value.clone())?;
                if self.truth(condition)? {
                    kept.push(value.clone());
                }
                self.pop_frame();
            }
            values = self.sequence(kept)?;
        }
        if values.is_empty() {
            self.push_frame();
            let flow = self.run(&node.otherwise)?;
            self.pop_frame();
            return Ok(flow);
        }
        self.serials += 1;
        let serial = self.serials;
        let place = self.loops.len();
        let outermost = place == 0 && self.frames.len() == 1 && self.scopes.len() == 1;
        let kept = if outermost { self.enter(node) } else { None };
        self.loops.push(LoopState { serial, values: values.clone(), index: 0, last_changed: None });
        for (index, value) in values.iter().enumerate() {
            self.step()?;
            self.loops[place].index = index;
            let repeated = match kept {
                Some(kept) => self.replay(kept, index, serial, value)?,
                None => None,
            };
            let flow = match repeated {
                Some(flow) => flow,
                None => self.run_turn(node, place, index, value, kept)?,
            };
            if flow == Flow::Break {
                break;
            }
        }
        self.loops.truncate(place);
        Ok(Flow::Next)
    }

    /// One turn of a `for`, kept where `kept` is the loop's place among those that are.
    fn run_turn(
        &mut self,
        node: &'r ForNode,
        place: usize,
        index: usize,
        value: &Value<'r>,
        kept: Option<usize>,
    ) -> Result<Flow> {
        if let Some(kept) = kept {
            self.record(kept);
        }
        self.push_frame();
        self.assign(self.program.loop_name, Value::Loop(place as u32, self.loops[place].serial));
        self.assign_target(&node.target, value.clone())?;
        let flow = self.run(&node.body)?;
        self.pop_frame();
        if kept.is_some() {
            self.keep(index, value, flow);
        }
        Ok(flow)
    }
}

fn loop_control_outside() -> TemplateError {
    TemplateError::raised("a loop control stands outside a loop")
}
