//! Printing one conversation, whole or in part, as often as it takes.

use super::context::Context;
use super::evaluate::{Evaluator, Limits};
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
}

impl Session<'_> {
    /// What the template prints for the first `count` messages.
    pub(crate) fn print(
        &self,
        count: usize,
        generation_prompt: bool,
        thinking: Option<bool>,
    ) -> Result<Printed> {
        let meter = Meter::new(self.limits.memory);
        let mut evaluator = Evaluator::new(self.program, &meter, self.day, self.limits);
        evaluator.define("add_generation_prompt", Value::Bool(generation_prompt));
        for (name, text) in self.specials {
            evaluator.define(name, Value::Str(Text::template(text)));
        }
        if let Some(thinking) = thinking {
            for name in THINKING_NAMES {
                evaluator.define(name, Value::Bool(thinking));
            }
        }
        self.context.define(&mut evaluator, count)?;
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
