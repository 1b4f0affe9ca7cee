//! Printing one conversation, whole or in part, as often as it takes.

use std::cell::RefCell;

use super::checkpoint::Checkpoint;
use super::context::{Context, Made};
use super::evaluate::{Evaluator, Limits};
use super::program::{GENERATION_PROMPT, Program, THINKING};
use super::raised::Result;
use super::text::{Meter, Owner, Run, Text};
use super::value::Value;
use crate::render::clock::Day;

/// Rendered text with the owners of its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Printed {
    pub(crate) text: String,
    /// Tile the text; empty ones mark places.
    pub(crate) runs: Vec<Run>,
}

impl Printed {
    /// The runs with their first bytes.
    pub(crate) fn spans(&self) -> impl Iterator<Item = (u32, u32, Owner)> + '_ {
        let mut start = 0;
        self.runs.iter().map(move |run| {
            let span = (start, run.end, run.owner);
            start = run.end;
            span
        })
    }
}

/// A template with a conversation to print.
#[derive(Debug)]
pub(crate) struct Session<'s> {
    pub(crate) program: &'s Program,
    pub(crate) context: &'s Context<'s>,
    /// Special tokens by the name that templates know them by.
    pub(crate) specials: &'s [(String, String)],
    pub(crate) day: Option<Day>,
    pub(crate) limits: Limits,
    pub(crate) meter: &'s Meter,
    made: RefCell<Made<'s>>,
    /// What runs the template, between two renderings.
    idle: RefCell<Option<Evaluator<'s>>>,
    /// The last rendering as it stood before its modes.
    checkpoint: RefCell<Option<Checkpoint<'s>>>,
    /// Memory of texts that nobody needs any more.
    spare: RefCell<Vec<Printed>>,
}

impl<'s> Session<'s> {
    /// A session for one rendering or a few.
    pub(crate) fn new(
        program: &'s Program,
        context: &'s Context<'s>,
        meter: &'s Meter,
        specials: &'s [(String, String)],
        day: Option<Day>,
        limits: Limits,
    ) -> Self {
        Self {
            program,
            context,
            specials,
            day,
            limits,
            meter,
            made: RefCell::default(),
            idle: RefCell::default(),
            checkpoint: RefCell::default(),
            spare: RefCell::default(),
        }
    }

    /// The numbers of the turns of loops that are kept.
    #[cfg(test)]
    pub(crate) fn kept(&self) -> Vec<u32> {
        let idle = self.idle.borrow();
        idle.as_ref().and_then(|idle| idle.memo.as_ref()).map_or_else(Vec::new, |memo| memo.numbers())
    }

    /// The same template, options and limits with another conversation.
    pub(crate) fn with<'x>(&self, context: &'x Context<'x>, meter: &'x Meter) -> Session<'x>
    where
        's: 'x,
    {
        Session::new(self.program, context, meter, self.specials, self.day, self.limits)
    }

    /// The same for many renderings of one conversation, which repeat what is the same in them.
    pub(crate) fn with_memo(self) -> Self {
        let mut evaluator = self.evaluator();
        evaluator.memo = Some(Box::default());
        self.idle.replace(Some(evaluator));
        self
    }

    fn evaluator(&self) -> Evaluator<'s> {
        let idle = self.idle.take();
        idle.unwrap_or_else(|| Evaluator::new(self.program, self.meter, self.day, self.limits))
    }

    /// Takes back a text, for the memory of the next one.
    pub(crate) fn reuse(&self, printed: Printed) {
        self.spare.borrow_mut().push(printed);
    }

    /// What the template prints for the first `count` messages.
    pub(crate) fn print(
        &self,
        count: usize,
        generation_prompt: bool,
        thinking: Option<bool>,
    ) -> Result<Printed> {
        let mut evaluator = self.evaluator();
        let printed = self.run(&mut evaluator, count, generation_prompt, thinking);
        evaluator.clear();
        self.idle.replace(Some(evaluator));
        self.meter.release();
        printed
    }

    fn run(
        &self,
        evaluator: &mut Evaluator<'s>,
        count: usize,
        generation_prompt: bool,
        thinking: Option<bool>,
    ) -> Result<Printed> {
        if let Some(Printed { text, runs }) = self.spare.borrow_mut().pop() {
            (evaluator.out.text, evaluator.out.runs) = (text, runs);
            evaluator.out.clear();
        }
        evaluator.define(GENERATION_PROMPT, Value::Bool(generation_prompt));
        if let Some(thinking) = thinking {
            for name in THINKING {
                evaluator.define(name, Value::Bool(thinking));
            }
        }
        let modes = evaluator.variables.len();
        let (before, after) = self.program.body.split_at(self.program.before_modes);
        let mut checkpoint = self.checkpoint.borrow_mut();
        if let Some(checkpoint) = checkpoint.as_ref().filter(|checkpoint| checkpoint.count == count) {
            evaluator.resume(checkpoint);
        } else {
            for (name, text) in self.specials {
                evaluator.define(name, Value::Str(Text::template(text)));
            }
            self.context.define(evaluator, count, &mut self.made.borrow_mut())?;
            evaluator.print(before)?;
            if evaluator.memo.is_some() && !before.is_empty() && Self::thinks(self.program) {
                *checkpoint = evaluator.checkpoint(count, modes);
            }
        }
        evaluator.print(after)?;
        let woven = std::mem::take(&mut evaluator.out);
        Ok(Printed { text: woven.text, runs: woven.runs })
    }

    /// Whether the template asks for the thinking mode.
    pub(crate) fn thinks(program: &Program) -> bool {
        THINKING.iter().any(|name| program.names.find(name).is_some())
    }
}
