//! The loss policies: each is one entry here.

use std::collections::BTreeMap;

use crate::conversation::{Decided, Message, Role};
use crate::field::Field;
use crate::options::{Loss, LossPreset};

/// A message among the others of its conversation.
pub(super) struct Among<'m> {
    pub(super) message: &'m Message<'m>,
    pub(super) position: usize,
    /// Position of the last assistant turn.
    pub(super) last_turn: Option<usize>,
    /// Position of the last user message.
    pub(super) last_user: Option<usize>,
}

impl Among<'_> {
    fn is_turn(&self) -> bool {
        self.message.role == Role::Assistant
    }

    fn is_after_last_user(&self) -> bool {
        self.last_user.is_none_or(|user| user < self.position)
    }
}

/// One policy.
pub enum Policy<'l> {
    /// A named one.
    Named(Named),
    /// Weights by name of the field; fields without a name weigh nothing.
    Fields(&'l BTreeMap<String, f32>),
}

/// A named policy: the messages that it chooses, and the fields of a message that count.
pub struct Named {
    chooses: fn(&Among<'_>) -> bool,
    trains: fn(&Message<'_>, Field) -> bool,
    /// Whether it trains text that the model never samples.
    weighs_unsampled: bool,
}

impl Named {
    fn of(preset: LossPreset) -> Self {
        let all_fields = |_: &Message<'_>, _: Field| true;
        let weighs_unsampled = preset == LossPreset::All;
        match preset {
            LossPreset::All => Self { chooses: |_| true, trains: all_fields, weighs_unsampled },
            LossPreset::Assistant => {
                Self { chooses: |it| it.is_turn(), trains: all_fields, weighs_unsampled }
            }
            LossPreset::LastTurn => {
                Self { chooses: |it| it.last_turn == Some(it.position), trains: all_fields, weighs_unsampled }
            }
            LossPreset::LastRound => Self {
                chooses: |it| it.is_turn() && it.is_after_last_user(),
                trains: all_fields,
                weighs_unsampled,
            },
            LossPreset::FinalAnswer => Self {
                chooses: |it| it.is_turn() && it.message.tool_calls.is_empty(),
                trains: all_fields,
                weighs_unsampled,
            },
            LossPreset::NoReasoning => Self {
                chooses: |it| it.is_turn(),
                trains: |_, field| field != Field::Reasoning,
                weighs_unsampled,
            },
            // Of a turn without calls that the record's own weight takes in, nothing is left out.
            LossPreset::ToolCalls => Self {
                chooses: |it| it.is_turn() && !it.message.tool_calls.is_empty(),
                trains: |message, field| {
                    message.tool_calls.is_empty() || !matches!(field, Field::Reasoning | Field::Text)
                },
                weighs_unsampled,
            },
        }
    }
}

impl<'l> Policy<'l> {
    /// The policy that `loss` names.
    #[must_use]
    pub fn of(loss: &'l Loss) -> Self {
        match loss {
            Loss::Preset(preset) => Self::Named(Named::of(*preset)),
            Loss::Weights(weights) => Self::Fields(weights),
        }
    }

    pub(super) fn chooses(&self, among: &Among<'_>) -> bool {
        match self {
            Self::Named(named) => (named.chooses)(among),
            Self::Fields(_) => fields(among.message).any(|field| self.field(among.message, field) > 0.0),
        }
    }

    /// The decision on a message that the policy chose or did not. Weights by field choose nothing: what they give no
    /// weight has none, whatever the record says.
    pub(super) fn decided(&self, message: &Message<'_>, chosen: bool) -> Decided {
        let may_take_in = message.role == Role::Assistant && matches!(self, Self::Named(_));
        let weight = match message.weight {
            Some(weight) if chosen || may_take_in => weight,
            None if chosen => 1.0,
            _ => 0.0,
        };
        let content = content_field(message.role);
        let weighs = |field: Field| (chosen || may_take_in) && self.field(message, field) > 0.0;
        Decided {
            weight,
            weighs_content: fields(message).any(|field| field == content && weighs(field)),
            weighs_rest: fields(message).any(|field| field != content && weighs(field)),
        }
    }

    /// What a field of a message weighs, beside the unit.
    #[must_use]
    pub fn field(&self, message: &Message<'_>, field: Field) -> f32 {
        match self {
            Self::Named(named) => f32::from(u8::from((named.trains)(message, field))),
            Self::Fields(weights) => weights.get(field.as_str()).copied().unwrap_or(0.0),
        }
    }

    /// Whether it gives weight to text that the model never samples.
    #[must_use]
    pub fn weighs_unsampled(&self) -> bool {
        match self {
            Self::Named(named) => named.weighs_unsampled,
            Self::Fields(weights) => {
                let weighs = |field: &Field| weights.get(field.as_str()).is_some_and(|&weight| weight > 0.0);
                UNSAMPLED.iter().any(weighs)
            }
        }
    }

    /// What text that belongs to no message weighs.
    #[must_use]
    pub fn field_of_none(&self, field: Field) -> f32 {
        match self {
            Self::Named(_) => 1.0,
            Self::Fields(weights) => weights.get(field.as_str()).copied().unwrap_or(0.0),
        }
    }
}

/// The fields of text that the model does not sample.
const UNSAMPLED: [Field; 5] =
    [Field::Header, Field::System, Field::User, Field::ToolResult, Field::ToolDefinition];

/// The field that the content of a message is printed as.
#[must_use]
pub fn content_field(role: Role) -> Field {
    match role {
        Role::System => Field::System,
        Role::User => Field::User,
        Role::Tool => Field::ToolResult,
        Role::Assistant => Field::Text,
    }
}

/// The fields that a message has.
fn fields<'m>(message: &'m Message<'_>) -> impl Iterator<Item = Field> + 'm {
    let has = |there: bool, field: Field| there.then_some(field);
    let turn = message.role == Role::Assistant;
    let calls = turn && !message.tool_calls.is_empty();
    [
        Some(Field::Header),
        has(turn, Field::Stop),
        has(!message.content.is_empty() || !turn, content_field(message.role)),
        has(turn && message.reasoning.as_deref().is_some_and(|text| !text.is_empty()), Field::Reasoning),
        has(calls, Field::CallName),
        has(calls, Field::CallArguments),
        has(calls, Field::CallSyntax),
    ]
    .into_iter()
    .flatten()
}
