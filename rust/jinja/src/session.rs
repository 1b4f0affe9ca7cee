//! Printing the same input, whole or in part, as often as it takes.

use std::cell::RefCell;

use crate::checkpoint::Checkpoint;
use crate::clock::Day;
use crate::error::Result;
use crate::evaluate::{Evaluator, Limits};
use crate::input::Inputs;
use crate::program::{GENERATION_PROMPT, Program, THINKING};
use crate::text::{Meter, Owner, Run, Text};
use crate::value::Value;

/// Rendered text with the owners of its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Printed {
    /// The text.
    pub text: String,
    /// Tile the text; empty ones mark places.
    pub runs: Vec<Run>,
}

impl Printed {
    /// The runs with their first bytes.
    pub fn spans(&self) -> impl Iterator<Item = (u32, u32, Owner)> + '_ {
        let mut start = 0;
        self.runs.iter().map(move |run| {
            let span = (start, run.end, run.owner);
            start = run.end;
            span
        })
    }
}

/// A template that is run time after time on what one caller has to print.
#[derive(Debug)]
pub struct Session<'s> {
    program: &'s Program,
    /// Special tokens by the name that templates know them by.
    specials: &'s [(String, String)],
    day: Option<Day>,
    limits: Limits,
    meter: &'s Meter,
    /// What runs the template, between two renderings.
    idle: RefCell<Option<Evaluator<'s>>>,
    /// The last rendering as it stood before its modes.
    checkpoint: RefCell<Option<Checkpoint<'s>>>,
    /// Memory of texts that nobody needs any more.
    spare: RefCell<Vec<Printed>>,
}

impl<'s> Session<'s> {
    /// A session for one rendering or a few.
    #[must_use]
    pub fn new(
        program: &'s Program,
        meter: &'s Meter,
        specials: &'s [(String, String)],
        day: Option<Day>,
        limits: Limits,
    ) -> Self {
        Self {
            program,
            specials,
            day,
            limits,
            meter,
            idle: RefCell::default(),
            checkpoint: RefCell::default(),
            spare: RefCell::default(),
        }
    }

    /// The numbers of the turns of loops that are kept.
    #[must_use]
    pub fn kept(&self) -> Vec<u32> {
        let idle = self.idle.borrow();
        idle.as_ref().and_then(|idle| idle.memo.as_ref()).map_or_else(Vec::new, |memo| memo.numbers())
    }

    /// The same template, options and limits for another input.
    #[must_use]
    pub fn with<'x>(&self, meter: &'x Meter) -> Session<'x>
    where
        's: 'x,
    {
        Session::new(self.program, meter, self.specials, self.day, self.limits)
    }

    /// The same for many renderings of one conversation, which repeat what is the same in them.
    #[must_use]
    pub fn with_memo(self) -> Self {
        let mut evaluator = self.evaluator();
        evaluator.memo = Some(Box::default());
        self.idle.replace(Some(evaluator));
        self
    }

    fn evaluator(&self) -> Evaluator<'s> {
        let idle = self.idle.take();
        idle.unwrap_or_else(|| Evaluator::new(self.program, self.meter, self.day, self.limits))
    }

    /// What the template may use up for one rendering.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Takes back a text, for the memory of the next one.
    pub fn reuse(&self, printed: Printed) {
        self.spare.borrow_mut().push(printed);
    }

    /// What the template prints for the first `count` values of the input, which `give` defines. Prompts of the same
    /// count may begin alike: then `give` is not asked again.
    pub fn print(
        &self,
        count: usize,
        generation_prompt: bool,
        thinking: Option<bool>,
        give: impl FnOnce(&mut Inputs<'_, 's>) -> Result<()>,
    ) -> Result<Printed> {
        let mut evaluator = self.evaluator();
        let printed = self.run(&mut evaluator, count, generation_prompt, thinking, give);
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
        give: impl FnOnce(&mut Inputs<'_, 's>) -> Result<()>,
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
            give(&mut Inputs(evaluator))?;
            evaluator.print(before)?;
            if evaluator.memo.is_some() && !before.is_empty() && self.program.thinks() {
                *checkpoint = evaluator.checkpoint(count, modes);
            }
        }
        evaluator.print(after)?;
        let woven = std::mem::take(&mut evaluator.out);
        Ok(Printed { text: woven.text, runs: woven.runs })
    }
}
