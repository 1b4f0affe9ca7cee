//! Printing one conversation, whole or in part, as often as it takes.

use std::cell::RefCell;

use tooltrain_jinja::{Day, Limits, Meter, Printed, Program, Result};

use super::context::{Context, Made};

/// A template with a conversation to print.
#[derive(Debug)]
pub(crate) struct Session<'s> {
    pub(crate) context: &'s Context<'s>,
    made: RefCell<Made<'s>>,
    template: tooltrain_jinja::Session<'s>,
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
        let template = tooltrain_jinja::Session::new(program, meter, specials, day, limits);
        Self { context, made: RefCell::default(), template }
    }

    /// The same template, options and limits with another conversation.
    pub(crate) fn with<'x>(&self, context: &'x Context<'x>, meter: &'x Meter) -> Session<'x>
    where
        's: 'x,
    {
        Session { context, made: RefCell::default(), template: self.template.with(meter) }
    }

    /// The same for many renderings of one conversation, which repeat what is the same in them.
    pub(crate) fn with_memo(self) -> Self {
        Self { template: self.template.with_memo(), ..self }
    }

    /// The numbers of the loop turns that are kept.
    #[cfg(test)]
    pub(crate) fn kept(&self) -> Vec<u32> {
        self.template.kept()
    }

    /// What the template may use up for one rendering.
    pub(crate) fn limits(&self) -> Limits {
        self.template.limits()
    }

    /// Takes back a text, for the memory of the next one.
    pub(crate) fn reuse(&self, printed: Printed) {
        self.template.reuse(printed);
    }

    /// What the template prints for the first `count` messages.
    pub(crate) fn print(
        &self,
        count: usize,
        generation_prompt: bool,
        thinking: Option<bool>,
    ) -> Result<Printed> {
        self.template.print(count, generation_prompt, thinking, |inputs| {
            self.context.define(inputs, count, &mut self.made.borrow_mut())
        })
    }
}
