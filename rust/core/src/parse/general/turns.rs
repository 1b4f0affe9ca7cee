//! Turns from what a list says piece by piece: texts, reasoning, calls and results, each in a message of its own in
//! some layouts, all parts of one message in others.

use std::borrow::Cow;

use crate::conversation::{Content, Message, PartWeight, Role, ToolCall};
use crate::finding::Code;

/// What one element of a list, or one step of it, says for the assistant.
#[derive(Debug, Default)]
pub(super) struct Turn<'a> {
    pub(super) texts: Vec<(Cow<'a, str>, Option<f32>)>,
    pub(super) thoughts: Vec<Cow<'a, str>>,
    pub(super) calls: Vec<ToolCall<'a>>,
    /// Results that stand in the same message as their calls.
    pub(super) results: Vec<Message<'a>>,
    pub(super) weight: Option<f32>,
    pub(super) name: Option<Cow<'a, str>>,
    /// Whether the element is a piece of a turn, which goes on with the next one, and not a message.
    pub(super) is_piece: bool,
    /// Elements with the same text here are pieces of one turn, whatever they hold.
    pub(super) group: Option<String>,
    /// Whether the content was null or not there.
    pub(super) content: Content<'a>,
    pub(super) text_after_call: bool,
    /// Why the turn is not trained.
    pub(super) masked: Option<Code>,
}

impl<'a> Turn<'a> {
    /// Whether the turn says nothing and calls nothing.
    pub(super) fn is_empty(&self) -> bool {
        let silent = |text: &Cow<'_, str>| text.is_empty();
        self.calls.is_empty()
            && self.results.is_empty()
            && self.texts.iter().all(|(text, _)| silent(text))
            && self.thoughts.iter().all(silent)
    }

    fn only_thinks(&self) -> bool {
        !self.thoughts.is_empty() && self.texts.is_empty() && self.calls.is_empty()
    }

    /// Whether `next` goes on with this turn.
    fn goes_on_with(&self, next: &Turn<'a>) -> bool {
        if !self.results.is_empty() {
            return false;
        }
        if self.group.is_some() || next.group.is_some() {
            return self.group == next.group;
        }
        if next.is_piece && !next.calls.is_empty() {
            return true;
        }
        let pieces = self.is_piece || next.is_piece;
        pieces && self.only_thinks()
    }

    fn append(&mut self, next: Turn<'a>) {
        self.text_after_call |=
            !self.calls.is_empty() && next.texts.iter().any(|(text, _)| !text.trim().is_empty());
        self.texts.extend(next.texts);
        self.thoughts.extend(next.thoughts);
        self.calls.extend(next.calls);
        self.results.extend(next.results);
        self.weight = self.weight.or(next.weight);
        self.masked = self.masked.or(next.masked);
        self.is_piece &= next.is_piece;
        if self.content == Content::Absent {
            self.content = next.content;
        }
    }
}

/// The messages so far, and the turn that may go on.
#[derive(Debug, Default)]
pub(super) struct Turns<'a> {
    pub(super) messages: Vec<Message<'a>>,
    open: Option<(u32, Turn<'a>)>,
    /// Positions of messages of which text after a call was put before it.
    pub(super) moved_text: Vec<u32>,
    /// Positions of messages whose content was joined, and of how many parts.
    pub(super) joined: Vec<(u32, usize)>,
}

impl<'a> Turns<'a> {
    /// Adds what the element at `index` says for the assistant.
    pub(super) fn assistant(&mut self, index: u32, turn: Turn<'a>) {
        match &mut self.open {
            Some((_, open)) if open.goes_on_with(&turn) => open.append(turn),
            _ => {
                self.close();
                self.open = Some((index, turn));
            }
        }
    }

    /// Adds a message of somebody else.
    pub(super) fn other(&mut self, message: Message<'a>) {
        self.close();
        self.messages.push(message);
    }

    /// The calls of the turn that is open.
    pub(super) fn open_calls(&self) -> impl Iterator<Item = &ToolCall<'a>> {
        self.open.iter().flat_map(|(_, turn)| &turn.calls)
    }

    /// Ends the turn that is open.
    pub(super) fn close(&mut self) {
        let Some((index, turn)) = self.open.take() else { return };
        let mut message = Message::new(Role::Assistant, index);
        message.weight = turn.weight;
        message.name = turn.name;
        message.masked = turn.masked;
        message.tool_calls = turn.calls;
        message.reasoning = join(turn.thoughts, "\n");
        if turn.texts.len() > 1 {
            self.joined.push((index, turn.texts.len()));
        }
        if turn.text_after_call {
            self.moved_text.push(index);
        }
        let weights = part_weights(&turn.texts);
        message.part_weights = weights;
        message.content = match join(turn.texts.into_iter().map(|(text, _)| text).collect(), "") {
            Some(text) => Content::Text(text),
            None => turn.content,
        };
        self.messages.push(message);
        self.messages.extend(turn.results);
    }
}

/// The weights of parts by where they end in the joined text; empty where no part has one.
pub(super) fn part_weights(texts: &[(Cow<'_, str>, Option<f32>)]) -> Vec<PartWeight> {
    if texts.iter().all(|(_, weight)| weight.is_none()) {
        return Vec::new();
    }
    let mut end = 0;
    let ends = texts.iter().map(|(text, weight)| {
        end += text.len() as u32;
        PartWeight { end, weight: *weight }
    });
    ends.collect()
}

/// The pieces in one text; none of none.
pub(super) fn join<'a>(mut pieces: Vec<Cow<'a, str>>, between: &str) -> Option<Cow<'a, str>> {
    if pieces.len() > 1 { Some(Cow::Owned(pieces.join(between))) } else { pieces.pop() }
}
