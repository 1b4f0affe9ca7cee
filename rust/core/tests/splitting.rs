//! Pieces of conversations that are too long: every turn is trained once, nothing stands between a
//! call and its results, and answers see what they speak of.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use proptest::prelude::*;
use tooltrain_core::conversation::{Arguments, ArgumentsForm, Conversation, Message, Role, ToolCall};
use tooltrain_core::pieces::split;

/// One letter a message: s, u, a, c (assistant with one call), t.
fn conversation(shape: &str, lengths: &[usize]) -> Conversation<'static> {
    let messages = shape
        .chars()
        .enumerate()
        .map(|(index, letter)| {
            let role = match letter {
                's' => Role::System,
                'u' => Role::User,
                't' => Role::Tool,
                _ => Role::Assistant,
            };
            let mut message =
                Message::new(role, index as u32).with_text("x".repeat(lengths[index % lengths.len()]));
            if letter == 'c' {
                let arguments = Arguments { json: "{}".into(), form: ArgumentsForm::Object };
                message.tool_calls.push(ToolCall { id: None, name: "f".into(), arguments });
            }
            message
        })
        .collect();
    Conversation { messages, ..Conversation::default() }
}

/// Position and whether it is context, for the messages of a piece.
type Shape = Vec<(usize, bool)>;

fn pieces(whole: &Conversation<'static>, limit: usize, carries_tools: bool) -> (Vec<Shape>, Vec<usize>) {
    let split = split(whole, carries_tools, |piece| {
        let size: usize = piece.messages.iter().map(|message| 1 + message.content.as_str().len()).sum();
        let shape: Shape =
            piece.messages.iter().map(|message| (message.index as usize, message.context)).collect();
        Ok((shape, size <= limit))
    })
    .unwrap();
    for piece in &split.pieces {
        assert_eq!(piece.holds, piece.made.iter().map(|(position, _)| *position).collect::<Vec<_>>());
    }
    (
        split.pieces.into_iter().map(|piece| piece.made).collect(),
        split.too_long.into_iter().flatten().collect(),
    )
}

#[test]
fn a_cut_prefers_the_border_between_rounds() {
    let whole = conversation("suctauctaua", &[1]);
    let (pieces, too_long) = pieces(&whole, 16, false);
    assert!(too_long.is_empty());
    let positions: Vec<Vec<usize>> =
        pieces.iter().map(|piece| piece.iter().map(|(position, _)| *position).collect()).collect();
    assert_eq!(positions, [vec![0, 1, 2, 3, 4], vec![0, 5, 6, 7, 8, 9, 10]]);
}

#[test]
fn a_cut_in_a_round_repeats_the_last_call_and_its_results() {
    let whole = conversation("suctctcta", &[1]);
    let (pieces, too_long) = pieces(&whole, 10, false);
    assert!(too_long.is_empty());
    let (context, turn) = (|position| (position, true), |position| (position, false));
    assert_eq!(pieces[0], [context(0), turn(1), turn(2), turn(3), turn(4)]);
    assert_eq!(pieces[1], [context(0), context(1), context(4), context(5), turn(6)]);
    assert_eq!(pieces[2], [context(0), context(1), context(6), context(7), turn(8)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_turn_is_trained_exactly_once(
        rounds in prop::collection::vec(("u", prop::collection::vec("ct{1,3}|a", 1..5)), 1..6),
        system in any::<bool>(),
        carries_tools in any::<bool>(),
        lengths in prop::collection::vec(0usize..40, 1..12),
        limit in 20usize..200,
    ) {
        let mut shape = if system { "s".to_owned() } else { String::new() };
        for (user, units) in &rounds {
            shape.push_str(user);
            shape.extend(units.iter().map(String::as_str));
        }
        let shape = format!("{}a", shape.trim_end_matches('t'));
        let whole = conversation(&shape, &lengths);
        let (pieces, too_long) = pieces(&whole, limit, carries_tools);
        let mut trained = vec![0; whole.messages.len()];
        for piece in &pieces {
            let size: usize = piece.iter().map(|(p, _)| 1 + whole.messages[*p].content.as_str().len()).sum();
            prop_assert!(size <= limit);
            prop_assert!(piece.windows(2).all(|pair| pair[0].0 < pair[1].0), "order is kept");
            for &(position, context) in piece {
                trained[position] += usize::from(!context);
            }
            for (at, &(position, _)) in piece.iter().enumerate() {
                if whole.messages[position].role == Role::Tool {
                    prop_assert_eq!(piece[at - 1].0, position - 1, "a result follows its call");
                }
            }
            prop_assert!(!system || piece[0] == (0, true), "the system message stands in every piece");
        }
        for position in whole.assistant_turns() {
            prop_assert_eq!(trained[position] + usize::from(too_long.contains(&position)), 1);
        }
    }
}
