//! Where a turn begins to be sampled: right after the text that the generation prompt supplies.

use std::cell::RefCell;
use std::rc::Rc;

use tooltrain_jinja::{Printed, find};

use super::extent::{Extent, Ownership};
use crate::conversation::{Conversation, Role};
use crate::render::engine::context::Part;
use crate::render::engine::session::Session;

/// How well a turn's beginning is proved, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// The turn follows the generation prompt of the serving mode.
    Exact,
    /// The run leaves the mode to the template, whose default is to think; the turn does not reason and
    /// follows the generation prompt of serving without thinking.
    WithoutThinking,
    /// It follows the generation prompt of the other thinking mode.
    OtherMode,
    /// It follows the text of the generation prompt, and what stands before that differs.
    PromptText,
    /// It follows the role header that all generation prompts share: the form of history.
    History,
}

impl Grade {
    /// Whether the turn follows a whole generation prompt of the template.
    #[must_use]
    pub fn is_exact(self) -> bool {
        self.is_served() || self == Grade::OtherMode
    }

    /// Whether that is a prompt which the serving mode of the run shows.
    #[must_use]
    pub fn is_served(self) -> bool {
        matches!(self, Grade::Exact | Grade::WithoutThinking)
    }

    /// The name in certificates and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Grade::Exact => "exact",
            Grade::WithoutThinking => "exact without thinking",
            Grade::OtherMode => "exact for the other thinking mode",
            Grade::PromptText => "prompt text",
            Grade::History => "history form",
        }
    }
}

/// Where a turn begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Start {
    pub(crate) at: u32,
    pub(crate) grade: Grade,
    /// All text before the turn is the prompt that serving shows.
    pub(crate) consistent: bool,
}

/// The row in which turns are looked for.
#[derive(Debug)]
pub(crate) struct Row<'p, 's> {
    pub(crate) conversation: &'p Conversation<'p>,
    pub(crate) session: &'p Session<'s>,
    pub(crate) printed: &'p Printed,
    pub(crate) ownership: &'p Ownership,
    pub(crate) thinking: Option<bool>,
    pub(crate) thinks: bool,
    /// What all generation prompts of the template begin with; no turn's text may.
    pub(crate) role_header: &'p str,
    pub(crate) prompts: KnownPrompts,
}

/// Generation prompts by the kind of the message before: its role, and whether it calls nothing.
pub(crate) type KnownPrompts = RefCell<Vec<(Option<(Role, bool)>, Rc<Vec<String>>)>>;

impl Row<'_, '_> {
    /// The beginning of the turn at `message`, whose own bytes begin at `first`; an empty turn that
    /// left no mark has none. Fails with what is missing.
    pub(crate) fn start(&self, message: usize, first: Option<u32>) -> Result<Start, &'static str> {
        let before = match first {
            Some(first) => self.ownership.foreign_end_before(first, message),
            None => 0,
        };
        let mut start = self
            .after_prompt(message, self.thinking, before, first)
            .map(|(at, consistent)| Start { at, grade: Grade::Exact, consistent });
        match self.thinking {
            None if self.thinks => start = self.after_empty_block(message, before, first, start),
            // In thinking mode the block would have been sampled: it is prompt only where the prompt of that
            // mode is not found.
            Some(true) if self.thinks && start.is_none() => {
                start = self.after_empty_block(message, before, first, None);
            }
            _ => {}
        }
        if let Some(start) = start.filter(|start| !self.has_role_header(start.at)) {
            return Ok(start);
        }
        let first = first.ok_or("it prints nothing of its own, and its prompt differs from serving")?;
        let literal = &self.printed.text[before as usize..first as usize];
        if self.thinks
            && self.thinking != Some(true)
            && let Some((at, _)) = self.after_prompt(message, Some(true), before, Some(first))
        {
            return Ok(Start { at, grade: Grade::OtherMode, consistent: false });
        }
        let variants = self.generation_prompts(message);
        let first_turn = message == 0;
        if let Some(whole) = variants.first()
            && !whole.is_empty()
            && literal.ends_with(whole.as_str())
        {
            return Ok(Start { at: first, grade: Grade::PromptText, consistent: first_turn });
        }
        let header = common_prefix(&variants);
        if let Some(at) = literal.rfind(header).filter(|_| !header.is_empty()) {
            let at = before + (at + header.len()) as u32;
            return Ok(Start { at, grade: Grade::History, consistent: false });
        }
        if let Some(at) = literal.rfind(self.role_header).filter(|_| !self.role_header.is_empty()) {
            let at = before + (at + self.role_header.len()) as u32;
            return Ok(Start { at, grade: Grade::History, consistent: false });
        }
        if let Some(length) = self.history_header(message, literal, &variants) {
            return Ok(Start { at: before + length as u32, grade: Grade::History, consistent: false });
        }
        Err("no generation prompt stands before it")
    }

    /// Whether the template writes a role header at this place. Then the prompt of serving ended before
    /// it, and history prints what nobody samples.
    pub(crate) fn has_role_header(&self, at: u32) -> bool {
        let header = self.role_header;
        !header.is_empty()
            && self.printed.text[at as usize..].starts_with(header)
            && self.ownership.is_template(at, at + header.len() as u32)
    }

    /// The length of the part of `literal` that closes the message before and writes a role header
    /// that a generation prompt begins with: the prompt goes on, with a think tag for one, where
    /// history goes over to the turn.
    fn history_header(&self, message: usize, literal: &str, prompts: &[String]) -> Option<usize> {
        let history = self.session.print(message, false, self.thinking).ok()?;
        let closing = &history.text[Ownership::last_owned(&history) as usize..];
        let rest = literal.strip_prefix(closing)?;
        let header = |prompt: &String| {
            let shared = prompt.bytes().zip(rest.bytes()).take_while(|(a, b)| a == b).count();
            let border = prompt.as_bytes()[..shared].iter().rposition(|byte| matches!(byte, b'>' | b'\n'))?;
            Some(closing.len() + border + 1)
        };
        prompts.iter().filter_map(header).max()
    }

    /// The place in the row after the prompt of a mode.
    fn after_prompt(
        &self,
        message: usize,
        thinking: Option<bool>,
        before: u32,
        first: Option<u32>,
    ) -> Option<(u32, bool)> {
        let prompt = self.session.print(message, true, thinking).ok()?;
        let place = self.after(&prompt, before, first);
        self.session.reuse(prompt);
        place
    }

    /// The place after `prompt` in the row: the whole prompt where the row begins with it, else the
    /// prompt's own tail where the literal before the turn begins with that.
    fn after(&self, prompt: &Printed, before: u32, first: Option<u32>) -> Option<(u32, bool)> {
        let length = prompt.text.len() as u32;
        let fits = |at: u32| at >= before && first.is_none_or(|first| at <= first);
        if fits(length) && self.printed.text.starts_with(&prompt.text) {
            return Some((length, true));
        }
        let first = first?;
        let tail = &prompt.text[Ownership::last_owned(prompt) as usize..];
        let literal = &self.printed.text[before as usize..first as usize];
        (!tail.is_empty() && literal.starts_with(tail)).then_some((before + tail.len() as u32, false))
    }

    /// The template may write an empty think block where the turn does not reason: that block is the
    /// prompt of serving without thinking, and never sampled.
    fn after_empty_block(
        &self,
        message: usize,
        before: u32,
        first: Option<u32>,
        start: Option<Start>,
    ) -> Option<Start> {
        if let (Some(start), Some(first)) = (start, first)
            && start.at >= first
        {
            return Some(start);
        }
        match (self.after_prompt(message, Some(false), before, first), start) {
            // A whole default prompt is worth more than the tail of another mode's.
            (Some((_, false)), Some(start)) if start.consistent => Some(start),
            (Some((at, consistent)), Some(start)) if at > start.at => {
                Some(Start { at, grade: start.grade, consistent: consistent && start.consistent })
            }
            (Some((at, consistent)), None) if self.thinking.is_none() && !self.reasons(message) => {
                Some(Start { at, grade: Grade::WithoutThinking, consistent })
            }
            (Some((at, _)), None) => Some(Start { at, grade: Grade::OtherMode, consistent: false }),
            (_, start) => start,
        }
    }

    /// Whether the message prints reasoning, in a field of its own or in its text.
    fn reasons(&self, message: usize) -> bool {
        let Some(Extent { first, last }) = self.ownership.anchor(message) else { return false };
        let mut own =
            self.ownership.inside(first, last).filter(|run| run.is_anchor_of(message) && !run.is_empty());
        own.any(|run| {
            let text = &self.printed.text[run.start as usize..run.end as usize];
            let has = |tag: &str| find(text, tag).is_some();
            run.field.part == Part::Reasoning || has("<think>") || has("</think>")
        })
    }

    /// What `add_generation_prompt` adds after the messages before `message`, in the serving mode
    /// first and then in the others. It is asked for where no whole prompt was found, and is looked up
    /// once for each kind of message that a turn may follow.
    fn generation_prompts(&self, message: usize) -> Rc<Vec<String>> {
        let before = message.checked_sub(1).map(|before| &self.conversation.messages[before]);
        let after = before.map(|before| (before.role, before.tool_calls.is_empty()));
        if let Some((_, known)) = self.prompts.borrow().iter().find(|(known, _)| *known == after) {
            return known.clone();
        }
        let prompts = Rc::new(self.added_prompts(message));
        self.prompts.borrow_mut().push((after, prompts.clone()));
        prompts
    }

    fn added_prompts(&self, message: usize) -> Vec<String> {
        // Before the first message there is nothing to print: any later place shows the prompt too.
        let mut places =
            if message == 0 { 1..self.session.context.messages() + 1 } else { message..message + 1 };
        let found = places.find_map(|count| {
            let prompts = generation_prompts(self.session, count, self.thinking, self.thinks);
            (!prompts.is_empty()).then_some(prompts)
        });
        found.unwrap_or_default()
    }
}

/// What `add_generation_prompt` adds after the first `count` messages, in each thinking mode.
pub(crate) fn generation_prompts(
    session: &Session<'_>,
    count: usize,
    thinking: Option<bool>,
    thinks: bool,
) -> Vec<String> {
    let modes: &[Option<bool>] = if thinks { &[thinking, Some(false), Some(true)] } else { &[thinking] };
    let added = modes.iter().filter_map(|&mode| {
        let with = session.print(count, true, mode).ok()?.text;
        let without = session.print(count, false, mode).ok()?.text;
        Some(with.strip_prefix(&without)?.to_owned())
    });
    added.collect()
}

/// The text that all of `texts` begin with.
pub(crate) fn common_prefix(texts: &[String]) -> &str {
    let Some(first) = texts.first() else { return "" };
    let shared = texts[1..].iter().fold(first.len(), |length, text| {
        first.bytes().zip(text.bytes()).take(length).take_while(|(a, b)| a == b).count()
    });
    let end = (0..=shared).rev().find(|&end| first.is_char_boundary(end)).unwrap_or(0);
    &first[..end]
}
