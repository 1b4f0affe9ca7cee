//! `Rendered`: text in which every byte knows where it came from. Masks, injection safety, loss
//! policies and the colored view all fall out of it.

use std::ops::Range;

use super::Grade;

/// Where a run of bytes came from, which decides what control tokens it may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The chat template or a template argument: any added token.
    Template,
    /// Assistant or system text: the family's content markers (`<think>` and the like) only.
    Content,
    /// User text, tool results, arguments, names, keys, tool definitions: never a control token.
    Plain,
}

impl Origin {
    /// The name used in `render` and `show`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Template => "template",
            Origin::Content => "content",
            Origin::Plain => "plain",
        }
    }
}

pub use crate::field::Field;

/// A span that belongs to no message: text the template writes of its own accord.
pub const NO_MESSAGE: u32 = u32::MAX;

/// A run of bytes with one provenance. Spans tile the text: each starts where the last one ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Where the bytes came from.
    pub origin: Origin,
    /// What they are.
    pub field: Field,
    /// Position of the message in the rendered conversation, or [`NO_MESSAGE`].
    pub message: u32,
    /// Whether the model would have sampled these bytes.
    pub sampled: bool,
    /// Loss weight; 0 until a loss policy sets it.
    pub weight: f32,
}

impl Span {
    /// The bytes it covers, as a range into the text.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// How well a turn's place in the row agrees with what serving would show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Serving {
    /// The text before the turn is what serving shows as the prompt.
    #[default]
    Consistent,
    /// The prefix or the generation prompt differs from serving.
    PromptDiffers,
    /// The template dropped one of the turn's own fields.
    FieldDropped,
}

impl Serving {
    /// The name used in `render` and `show`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Serving::Consistent => "consistent",
            Serving::PromptDiffers => "prompt_differs",
            Serving::FieldDropped => "field_dropped",
        }
    }
}

/// One assistant turn in the rendered text.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// Position of the message in the rendered conversation.
    pub message: u32,
    /// What the model would have sampled: from just after the generation prompt to the end of the
    /// stop token.
    pub sampled: Range<u32>,
    /// How well the beginning of the turn is proved.
    pub grade: Grade,
    /// Whether serving would show the same prompt, and the turn is printed whole.
    pub serving: Serving,
    /// Whether non-empty reasoning is printed.
    pub reasoning: bool,
}

/// The text of one conversation with its provenance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rendered {
    /// What the chat template prints.
    pub text: String,
    /// Tiles `text` from byte 0 to its end.
    pub spans: Vec<Span>,
    /// The assistant turns in order.
    pub turns: Vec<Turn>,
    /// Raw text that no template printed: the tokenizer puts its own tokens before it.
    pub is_raw: bool,
}

impl Rendered {
    /// Forgets the last conversation and keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.spans.clear();
        self.turns.clear();
        self.is_raw = false;
    }

    /// Appends `text` with its provenance; runs of the same provenance grow into one span.
    pub fn push(&mut self, text: &str, origin: Origin, field: Field, message: u32, sampled: bool) {
        if text.is_empty() {
            return;
        }
        self.text.push_str(text);
        self.cover(origin, field, message, sampled);
    }

    /// Gives the bytes that were written to `text` since the last span this provenance.
    pub fn cover(&mut self, origin: Origin, field: Field, message: u32, sampled: bool) {
        self.cover_to(self.text.len() as u32, origin, field, message, sampled);
    }

    /// Gives the bytes after the last span, up to `end`, this provenance.
    pub fn cover_to(&mut self, end: u32, origin: Origin, field: Field, message: u32, sampled: bool) {
        let start = self.spans.last().map_or(0, |span| span.end);
        if start >= end {
            return;
        }
        match self.spans.last_mut() {
            Some(last)
                if last.origin == origin
                    && last.field == field
                    && last.message == message
                    && last.sampled == sampled =>
            {
                last.end = end;
            }
            _ => self.spans.push(Span { start, end, origin, field, message, sampled, weight: 0.0 }),
        }
    }

    /// Whether the spans tile the text and every turn's sampled range is exactly its sampled spans.
    /// The law every renderer must keep; tests and the debug build check it.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        let mut at = 0;
        for span in &self.spans {
            if span.start != at || span.end <= span.start || !self.text.is_char_boundary(span.end as usize) {
                return false;
            }
            at = span.end;
        }
        if at as usize != self.text.len() {
            return false;
        }
        self.spans.iter().all(|span| {
            let turns = &self.turns;
            let inside = turns.iter().any(|t| t.sampled.start <= span.start && span.end <= t.sampled.end);
            let outside = turns.iter().all(|t| span.end <= t.sampled.start || t.sampled.end <= span.start);
            if span.sampled { inside } else { outside }
        })
    }
}
