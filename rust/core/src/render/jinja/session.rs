//! Printing one conversation, whole or in part, as often as it takes.

use std::cell::RefCell;

use super::context::{Context, Made};
use super::evaluate::{Evaluator, Limits};
use super::memo::Memo;
use super::program::Program;
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
    /// Turns of loops that were run before; none where nothing is kept.
    memo: RefCell<Option<Memo<'s>>>,
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
        let (made, memo) = (RefCell::default(), RefCell::default());
        Self { program, context, specials, day, limits, meter, made, memo }
    }

    /// The addresses of the turns of loops that are kept.
    #[cfg(test)]
    pub(crate) fn kept(&self) -> Vec<usize> {
        self.memo.borrow().as_ref().map_or_else(Vec::new, Memo::addresses)
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
        self.memo.replace(Some(Memo::default()));
        self
    }

    /// What the template prints for the first `count` messages.
    pub(crate) fn print(
        &self,
        count: usize,
        generation_prompt: bool,
        thinking: Option<bool>,
    ) -> Result<Printed> {
        let mut evaluator = Evaluator::new(self.program, self.meter, self.day, self.limits);
        evaluator.memo = self.memo.take();
        let printed = self.run(&mut evaluator, count, generation_prompt, thinking);
        self.memo.replace(evaluator.memo.take());
        drop(evaluator);
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
        evaluator.define("add_generation_prompt", Value::Bool(generation_prompt));
        for (name, text) in self.specials {
            evaluator.define(name, Value::Str(Text::template(text)));
        }
        if let Some(thinking) = thinking {
            for name in THINKING_NAMES {
                evaluator.define(name, Value::Bool(thinking));
            }
        }
        self.context.define(evaluator, count, &mut self.made.borrow_mut())?;
        let woven = evaluator.print()?;
        Ok(Printed { text: woven.text, runs: woven.runs })
    }

    /// Whether the template asks for the thinking mode.
    pub(crate) fn thinks(program: &Program) -> bool {
        THINKING_NAMES.iter().any(|name| program.names.find(name).is_some())
    }
}

/// The arguments by which templates choose between thinking and not.
const THINKING_NAMES: [&str; 2] = ["enable_thinking", "thinking"];
