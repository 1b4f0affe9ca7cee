//! The loss law: what of a conversation is trained, and how much it weighs.
//!
//! A byte weighs *unit* times *field*.
//!
//! The unit is what the record says, else what the policy chooses: the weight of its content part where the part has
//! one, else the weight of its message, else 1 in a message that the policy chooses and 0 in any other. So a turn with weight 0
//! trains nothing but those of its parts that have a weight above 0 of their own; its stop token follows the turn.
//! A record takes in assistant turns only: what nobody samples is trained where the policy asks for it.
//!
//! The field is what the policy gives to reasoning, text, names and arguments of calls, and so on.
//!
//! Nothing of a message weighs anything where validation found a wrong call in it, or where it is context of a later
//! sample. And nothing of a turn does where serving would show it another prompt; only the rendered text knows that,
//! see [`crate::mask`].
//!
//! [`decide`] asks the policy once per conversation, as a whole, so that "last" keeps its meaning when samples are taken from
//! it. Everyone else reads [`TurnLoss`].

mod policy;
mod turn_loss;

pub use policy::{Policy, content_field};
pub use turn_loss::{Decided, TurnLoss, Untrained};

use crate::conversation::{Conversation, DefaultLoss, Role};
use crate::options::{Loss, LossPreset};
use policy::Among;

/// The policy of a run for one conversation: what the run asks for, else what the layout implies.
/// Of a completion it has the parts of a turn that count; which turns, [`decide`] knows.
#[must_use]
pub fn resolve(conversation: &Conversation<'_>, loss: Option<&Loss>) -> Loss {
    loss.cloned().unwrap_or(Loss::Preset(match conversation.default_loss {
        DefaultLoss::Assistant | DefaultLoss::FromMessage(_) => LossPreset::Assistant,
        DefaultLoss::LastTurn => LossPreset::LastTurn,
    }))
}

/// Gives every message its weight. Done once, on the whole conversation.
pub fn decide(conversation: &mut Conversation<'_>, loss: Option<&Loss>) {
    let decided = decisions(conversation, loss);
    for (message, decided) in conversation.messages.iter_mut().zip(decided) {
        message.decided = decided;
    }
}

/// Whether anything of each message is trained, by position, as [`decide`] would decide.
#[must_use]
pub fn turns_to_train(conversation: &Conversation<'_>, loss: Option<&Loss>) -> Vec<bool> {
    let decided = decisions(conversation, loss);
    let messages = conversation.messages.iter().zip(decided);
    messages.map(|(message, decided)| TurnLoss::new(message, decided).is_selected()).collect()
}

fn decisions(conversation: &Conversation<'_>, loss: Option<&Loss>) -> Vec<Decided> {
    let messages = &conversation.messages;
    let first = match conversation.default_loss {
        DefaultLoss::FromMessage(first) if loss.is_none() => first as usize,
        _ => 0,
    };
    let loss = resolve(conversation, loss);
    let last = |role: Role| messages.iter().rposition(|message| message.role == role);
    let (last_turn, last_user) = (last(Role::Assistant), last(Role::User));
    let policy = Policy::of(&loss);
    let decide = |(position, message)| {
        let among = Among { message, position, last_turn, last_user };
        let chosen = position >= first && policy.chooses(&among);
        policy.decided(message, chosen)
    };
    messages.iter().enumerate().map(decide).collect()
}

#[cfg(test)]
mod tests;
