//! What native renderers write with: each call says what its bytes are.

use crate::render::Grade;
use crate::render::rendered::{Field, NO_MESSAGE, Origin, Rendered, Serving, Turn};

/// Writes text and provenance together, for one message at a time.
#[derive(Debug)]
pub struct Writer<'o> {
    out: &'o mut Rendered,
    message: u32,
    sampled: bool,
    turn_start: u32,
}

impl<'o> Writer<'o> {
    /// A writer to an empty `out`, outside any message.
    pub fn new(out: &'o mut Rendered) -> Self {
        Self { out, message: NO_MESSAGE, sampled: false, turn_start: 0 }
    }

    /// What is written from here on belongs to the message at `position`.
    pub fn message(&mut self, position: usize) {
        self.message = position as u32;
    }

    /// What is written from here on belongs to no message.
    pub fn no_message(&mut self) {
        self.message = NO_MESSAGE;
    }

    /// Bytes that the template writes.
    pub fn template(&mut self, text: &str, field: Field) {
        self.out.push(text, Origin::Template, field, self.message, self.sampled);
    }

    /// Assistant or system text.
    pub fn content(&mut self, text: &str, field: Field) {
        self.out.push(text, Origin::Content, field, self.message, self.sampled);
    }

    /// Text that never becomes a control token.
    pub fn plain(&mut self, text: &str, field: Field) {
        self.out.push(text, Origin::Plain, field, self.message, self.sampled);
    }

    /// Plain bytes that `write` appends to the text itself.
    pub fn plain_with(&mut self, field: Field, write: impl FnOnce(&mut String)) {
        write(&mut self.out.text);
        self.out.cover(Origin::Plain, field, self.message, self.sampled);
    }

    /// The generation prompt ends here: what follows would be sampled.
    pub fn begin_turn(&mut self) {
        self.sampled = true;
        self.turn_start = self.out.text.len() as u32;
    }

    /// The stop token was written: what follows would not be sampled.
    pub fn end_turn(&mut self, serving: Serving, reasoning: bool) {
        self.sampled = false;
        let sampled = self.turn_start..self.out.text.len() as u32;
        let (message, grade) = (self.message, Grade::Exact);
        self.out.turns.push(Turn { message, sampled, grade, serving, reasoning });
    }
}
