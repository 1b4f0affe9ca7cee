//! Which turns the loss policy trains.

use crate::conversation::{Conversation, DefaultLoss, Message, Role};
use crate::options::{Loss, LossPreset};

/// The policy of a run for one conversation: what the run says, else what the layout implies.
/// Of a completion it says which parts of a turn count; which turns, [`turns_to_train`] knows.
#[must_use]
pub fn resolve(conversation: &Conversation<'_>, loss: Option<&Loss>) -> Loss {
    loss.cloned().unwrap_or(Loss::Preset(match conversation.default_loss {
        DefaultLoss::Assistant | DefaultLoss::FromMessage(_) => LossPreset::Assistant,
        DefaultLoss::LastTurn => LossPreset::LastTurn,
    }))
}

/// Whether each message has anything that is trained, by position.
///
/// A weight of the record goes before the policy: an assistant turn with a weight above 0 is trained
/// whatever the policy chooses, and one with weight 0 is not. Where a content part carries its own
/// weight, that one counts for the part. A masked turn and context of a split conversation train nothing.
#[must_use]
pub fn turns_to_train(conversation: &Conversation<'_>, loss: Option<&Loss>) -> Vec<bool> {
    let by_preset = !matches!(loss, Some(Loss::Weights(_)));
    let chosen = chosen_turns(conversation, loss);
    let messages = conversation.messages.iter().zip(chosen);
    messages
        .map(|(message, chosen)| {
            (chosen || (by_preset && is_weighted(message)))
                && has_weight(message)
                && message.masked.is_none()
                && !message.context
        })
        .collect()
}

/// Whether the policy chooses each message, by position, whatever weights the record gives.
#[must_use]
pub fn chosen_turns(conversation: &Conversation<'_>, loss: Option<&Loss>) -> Vec<bool> {
    let messages = &conversation.messages;
    let first = match conversation.default_loss {
        DefaultLoss::FromMessage(first) if loss.is_none() => first as usize,
        _ => 0,
    };
    let loss = resolve(conversation, loss);
    let last_assistant = messages.iter().rposition(|message| message.role == Role::Assistant);
    let last_user = messages.iter().rposition(|message| message.role == Role::User);
    let chosen = |position: usize, message: &Message<'_>| {
        let assistant = message.role == Role::Assistant;
        match &loss {
            Loss::Preset(LossPreset::All) => true,
            Loss::Preset(LossPreset::Assistant | LossPreset::NoReasoning) => assistant,
            Loss::Preset(LossPreset::LastTurn) => last_assistant == Some(position),
            Loss::Preset(LossPreset::LastRound) => assistant && last_user.is_none_or(|user| user < position),
            Loss::Preset(LossPreset::ToolCalls) => assistant && !message.tool_calls.is_empty(),
            Loss::Preset(LossPreset::FinalAnswer) => assistant && message.tool_calls.is_empty(),
            Loss::Weights(weights) => {
                fields(message).iter().any(|field| weights.get(*field).is_some_and(|weight| *weight > 0.0))
            }
        }
    };
    let messages = messages.iter().enumerate();
    messages.map(|(position, message)| position >= first && chosen(position, message)).collect()
}

/// Whether the record itself says that an assistant turn is trained. A table of weights by field chooses no
/// turns: what it gives no weight has none.
fn is_weighted(message: &Message<'_>) -> bool {
    let weighs = |weight: Option<f32>| weight.is_some_and(|weight| weight > 0.0);
    message.role == Role::Assistant
        && (weighs(message.weight) || message.part_weights.iter().any(|part| weighs(part.weight)))
}

fn has_weight(message: &Message<'_>) -> bool {
    message.weight != Some(0.0)
        || message.part_weights.iter().any(|part| part.weight.is_some_and(|weight| weight > 0.0))
}

/// Names of the fields that a message has, as weights are given to them.
fn fields(message: &Message<'_>) -> &'static [&'static str] {
    match message.role {
        Role::System => &["header", "system"],
        Role::User => &["header", "user"],
        Role::Tool => &["header", "tool_result"],
        Role::Assistant => {
            match (
                message.reasoning.as_deref().is_some_and(|reasoning| !reasoning.is_empty()),
                !message.content.is_empty(),
                !message.tool_calls.is_empty(),
            ) {
                (false, false, false) => &["header", "stop"],
                (false, true, false) => &["header", "stop", "text"],
                (true, false, false) => &["header", "stop", "reasoning"],
                (true, true, false) => &["header", "stop", "reasoning", "text"],
                (false, false, true) => &["header", "stop", "call_name", "call_arguments", "call_syntax"],
                (false, true, true) => {
                    &["header", "stop", "text", "call_name", "call_arguments", "call_syntax"]
                }
                (true, false, true) => {
                    &["header", "stop", "reasoning", "call_name", "call_arguments", "call_syntax"]
                }
                (true, true, true) => {
                    &["header", "stop", "reasoning", "text", "call_name", "call_arguments", "call_syntax"]
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::{Arguments, ArgumentsForm, PartWeight, ToolCall};
    use crate::finding::Code;

    /// user, assistant with a call, tool, assistant with reasoning and text, user, assistant text.
    fn conversation() -> Conversation<'static> {
        let mut calls = Message::new(Role::Assistant, 1);
        calls.tool_calls.push(ToolCall {
            id: Some("a".into()),
            name: "f".into(),
            arguments: Arguments { json: "{}".into(), form: ArgumentsForm::Object },
        });
        let mut thinks = Message::new(Role::Assistant, 3).with_text("one");
        thinks.reasoning = Some("hm".into());
        Conversation {
            messages: vec![
                Message::new(Role::User, 0).with_text("hi"),
                calls,
                Message::new(Role::Tool, 2).with_text("1"),
                thinks,
                Message::new(Role::User, 4).with_text("and?"),
                Message::new(Role::Assistant, 5).with_text("two"),
            ],
            ..Conversation::default()
        }
    }

    fn trained(conversation: &Conversation<'_>, loss: LossPreset) -> Vec<usize> {
        positions(&turns_to_train(conversation, Some(&Loss::Preset(loss))))
    }

    fn positions(flags: &[bool]) -> Vec<usize> {
        (0..flags.len()).filter(|&position| flags[position]).collect()
    }

    #[test]
    fn every_preset_chooses_its_turns() {
        let conversation = conversation();
        assert_eq!(trained(&conversation, LossPreset::Assistant), [1, 3, 5]);
        assert_eq!(trained(&conversation, LossPreset::NoReasoning), [1, 3, 5]);
        assert_eq!(trained(&conversation, LossPreset::LastTurn), [5]);
        assert_eq!(trained(&conversation, LossPreset::LastRound), [5]);
        assert_eq!(trained(&conversation, LossPreset::ToolCalls), [1]);
        assert_eq!(trained(&conversation, LossPreset::FinalAnswer), [3, 5]);
        assert_eq!(trained(&conversation, LossPreset::All), [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn the_layout_decides_where_the_run_does_not() {
        let mut conversation = conversation();
        assert_eq!(positions(&turns_to_train(&conversation, None)), [1, 3, 5]);
        conversation.default_loss = DefaultLoss::LastTurn;
        assert_eq!(positions(&turns_to_train(&conversation, None)), [5]);
        assert_eq!(trained(&conversation, LossPreset::Assistant), [1, 3, 5]);
        conversation.default_loss = DefaultLoss::FromMessage(3);
        assert_eq!(positions(&turns_to_train(&conversation, None)), [3, 5]);
        assert_eq!(trained(&conversation, LossPreset::Assistant), [1, 3, 5]);
    }

    #[test]
    fn weights_choose_by_the_fields_a_turn_has() {
        let conversation = conversation();
        let with = |pairs: &[(&str, f32)]| {
            let weights = pairs.iter().map(|(name, weight)| ((*name).to_owned(), *weight)).collect();
            positions(&turns_to_train(&conversation, Some(&Loss::Weights(weights))))
        };
        assert_eq!(with(&[("call_arguments", 2.0)]), [1]);
        assert_eq!(with(&[("reasoning", 0.5), ("text", 0.0)]), [3]);
        assert_eq!(with(&[("stop", 1.0)]), [1, 3, 5]);
        assert_eq!(with(&[("tool_result", 1.0)]), [2]);
        assert_eq!(with(&[]), [0; 0]);
    }

    #[test]
    fn weight_zero_masks_and_context_train_nothing() {
        let mut conversation = conversation();
        conversation.messages[1].weight = Some(0.0);
        conversation.messages[3].masked = Some(Code::UndeclaredTool);
        conversation.messages[5].context = true;
        assert_eq!(trained(&conversation, LossPreset::Assistant), [0; 0]);
        conversation.messages[1].part_weights = vec![PartWeight { end: 1, weight: Some(1.0) }];
        assert_eq!(trained(&conversation, LossPreset::Assistant), [1]);
    }

    #[test]
    fn a_weight_of_the_record_goes_before_every_preset() {
        for preset in [
            LossPreset::Assistant,
            LossPreset::LastTurn,
            LossPreset::LastRound,
            LossPreset::ToolCalls,
            LossPreset::FinalAnswer,
            LossPreset::NoReasoning,
        ] {
            let mut conversation = conversation();
            let chosen = trained(&conversation, preset);
            for turn in [1, 3, 5] {
                conversation.messages[turn].weight = Some(1.0);
            }
            assert_eq!(trained(&conversation, preset), [1, 3, 5], "{preset:?}");
            for turn in chosen {
                conversation.messages[turn].weight = Some(0.0);
                assert!(!trained(&conversation, preset).contains(&turn), "{preset:?}");
            }
        }
        let mut conversation = conversation();
        conversation.messages[0].weight = Some(1.0);
        assert_eq!(trained(&conversation, LossPreset::LastTurn), [5], "nobody samples what the user says");
        conversation.default_loss = DefaultLoss::FromMessage(5);
        conversation.messages[1].weight = Some(1.0);
        assert_eq!(positions(&turns_to_train(&conversation, None)), [1, 5]);
    }
}
