//! Repeating turns of a loop that were run before.
//!
//! Reads are compared with the present state before anything is printed, so a trace is repeated whole or not at all.
//! Bytes of one owner are one run wherever they were printed: a trace goes on with the run before it only if that has
//! the owner that it had when the turn was kept (`before`), which keeps the runs equal to those of a fresh rendering.

use crate::error::{Result, TemplateError};
use crate::evaluate::{Evaluator, Flow};
use crate::memo::{Memo, OuterVariable, Read, Trace, same, slot};
use crate::program::ForNode;
use crate::text::Owner;
use crate::value::Value;

impl<'r> Evaluator<'r> {
    /// Begins an outermost loop: its place among the kept ones, if its turns are kept.
    pub(crate) fn enter(&mut self, node: &'r ForNode) -> Option<usize> {
        let mut memo = self.memo.take()?;
        let place = memo.of(node);
        if let Some(place) = place {
            let kept = &mut memo.loops[place];
            kept.now = 0;
            for (at, known) in kept.variables.iter().enumerate() {
                kept.now |= u64::from(self.is_still(known)) << at;
            }
        }
        self.memo = Some(memo);
        place
    }

    fn is_still(&self, known: &OuterVariable<'r>) -> bool {
        let now = self.find(known.name).map(|at| &self.variables[at].1);
        match (now, &known.value) {
            (Some(now), Some(value)) => {
                same(now, value)
                    && match (self.macro_node(now), known.runs) {
                        (Some(now), Some(node)) => std::ptr::eq(now, node),
                        (None, None) => true,
                        _ => false,
                    }
            }
            (None, None) => true,
            _ => false,
        }
    }

    /// Repeats a turn of an outermost loop, if it was run before with all it reads as it is now.
    pub(crate) fn replay(
        &mut self,
        place: usize,
        index: usize,
        serial: u64,
        element: &Value<'r>,
    ) -> Result<Option<Flow>> {
        let Some(mut memo) = self.memo.take() else { return Ok(None) };
        let repeated = self.repeat(&memo, place, index, serial, element);
        if let Ok(repeated) = &repeated {
            let kept = &mut memo.loops[place];
            match repeated {
                Some(_) => kept.repeated += 1,
                None if !kept.variants(slot(element, index).0).is_empty() => kept.run += 1,
                None => {}
            }
        }
        self.memo = Some(memo);
        repeated
    }

    fn repeat(
        &mut self,
        memo: &Memo<'r>,
        place: usize,
        index: usize,
        serial: u64,
        element: &Value<'r>,
    ) -> Result<Option<Flow>> {
        let kept = &memo.loops[place];
        let before = self.last_owner();
        for trace in kept.variants(slot(element, index).0) {
            let may_be = trace.variables & !kept.now == 0
                && trace.before == before
                && (!trace.asks_index || trace.index as usize == index)
                && trace.element.as_ref().is_none_or(|ran_for| same(ran_for, element));
            if may_be && self.reads_the_same(memo, trace, serial)? {
                self.print_again(memo, trace)?;
                return Ok(Some(trace.flow));
            }
        }
        Ok(None)
    }

    fn reads_the_same(&mut self, memo: &Memo<'r>, trace: &Trace<'r>, serial: u64) -> Result<bool> {
        for read in &memo.reads[trace.reads.start as usize..trace.reads.end as usize] {
            let holds = match read {
                Read::Attribute(id, name, value) => {
                    let members = self.namespaces.get(*id as usize);
                    let member = members.and_then(|members| members.iter().find(|(known, _)| known == name));
                    match member {
                        Some((_, now)) => same(now, value),
                        None => members.is_some() && same(&Value::Undefined(name), value),
                    }
                }
                Read::Loop(name, value) => same(&self.loop_attribute(0, serial, name)?, value),
                Read::Comparison(left, comparison, right, held) => {
                    self.holds(left, *comparison, right) == Some(*held)
                }
                Read::Number(expr, number) => self.outer_number(expr) == Some(*number),
                Read::Element(name, place, value) => {
                    self.list_named(*name).is_some_and(|list| match (list.get(*place), value) {
                        (Some(now), Some(value)) => same(now, value),
                        (None, None) => true,
                        _ => false,
                    })
                }
            };
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Prints what a kept turn printed, and sets what it set.
    fn print_again(&mut self, memo: &Memo<'r>, trace: &Trace<'r>) -> Result<()> {
        let text = &memo.text[trace.text.start as usize..trace.text.end as usize];
        self.steps(1 + text.len() / 64)?;
        let start = self.out.text.len();
        if start + text.len() > self.limits.output {
            return Err(TemplateError::Limit("output"));
        }
        let mut pieces = &memo.pieces[trace.pieces.start as usize..trace.pieces.end as usize];
        self.out.text.push_str(text);
        if trace.goes_on
            && let (Some(last), [(end, _), rest @ ..]) = (self.out.runs.last_mut(), pieces)
        {
            last.end = start as u32 + end;
            pieces = rest;
        }
        self.out.append_runs(start as u32, pieces);
        for (id, name, value) in &memo.writes[trace.writes.start as usize..trace.writes.end as usize] {
            self.set_attribute(*id, name, value.clone())?;
        }
        Ok(())
    }

    pub(super) fn last_owner(&self) -> Option<Owner> {
        self.out.runs.last().map(|run| run.owner)
    }
}
