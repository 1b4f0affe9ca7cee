use super::*;
use crate::conversation::{Arguments, ArgumentsForm, Message, PartWeight, ToolCall};
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
    assert_eq!(
        trained(&conversation, LossPreset::Assistant),
        [0; 0],
        "there is no text that the part could be"
    );
    conversation.messages[1] = conversation.messages[1].clone().with_text("x");
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
