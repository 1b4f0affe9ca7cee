//! What the loss does with one message.

use crate::conversation::{Message, PartWeight, Role};
use crate::finding::Code;

pub use crate::conversation::Decided;

/// Why nothing of a message is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untrained {
    /// It is context of a later sample.
    Context,
    /// A call in it is wrong.
    WrongCall(Code),
    /// The model never samples it, and the policy does not ask for it all the same.
    NotSampled,
    /// The record or the policy leaves it out.
    WeightZero,
}

/// What the loss does with one message. It is read from the message, so that copies of it say the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TurnLoss<'m> {
    decided: Decided,
    parts: &'m [PartWeight],
    untrained: Option<Untrained>,
}

impl<'m> TurnLoss<'m> {
    /// What was decided of `message`.
    #[must_use]
    pub fn of(message: &'m Message<'_>) -> Self {
        Self::new(message, message.decided)
    }

    pub(super) fn new(message: &'m Message<'_>, decided: Decided) -> Self {
        let mut turn = Self { decided, parts: &message.part_weights, untrained: None };
        turn.untrained = if message.context {
            Some(Untrained::Context)
        } else if let Some(code) = message.masked {
            Some(Untrained::WrongCall(code))
        } else if turn.weighs_anything() {
            None
        } else if message.role == Role::Assistant {
            Some(Untrained::WeightZero)
        } else {
            Some(Untrained::NotSampled)
        };
        turn
    }

    fn weighs_anything(&self) -> bool {
        let Decided { weight, weighs_content, weighs_rest } = self.decided;
        if weight > 0.0 && (weighs_rest || weighs_content && self.parts.is_empty()) {
            return true;
        }
        let mut start = 0;
        weighs_content
            && self.parts.iter().any(|part| {
                let is_empty = part.end == std::mem::replace(&mut start, part.end);
                !is_empty && part.weight.unwrap_or(weight) > 0.0
            })
    }

    /// Whether anything of the message is trained, if it is shown the right prompt.
    #[must_use]
    pub fn is_selected(&self) -> bool {
        self.untrained.is_none()
    }

    /// Why nothing of it is trained; nothing where something is.
    #[must_use]
    pub fn untrained(&self) -> Option<Untrained> {
        self.untrained
    }

    /// Unit of the bytes that are in no part with a weight of its own.
    #[must_use]
    pub fn unit(&self) -> f32 {
        if self.is_selected() { self.decided.weight } else { 0.0 }
    }

    /// Unit of the bytes of a content part.
    #[must_use]
    pub fn unit_of(&self, part: &PartWeight) -> f32 {
        if self.is_selected() { part.weight.unwrap_or(self.decided.weight) } else { 0.0 }
    }

    /// The least unit of its bytes, for text whose place in the content is not known.
    #[must_use]
    pub fn least_unit(&self) -> f32 {
        self.parts.iter().map(|part| self.unit_of(part)).fold(self.unit(), f32::min)
    }

    /// The content parts; empty unless one has a weight of its own.
    #[must_use]
    pub fn parts(&self) -> &'m [PartWeight] {
        self.parts
    }
}
