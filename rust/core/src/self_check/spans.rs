//! Laws of spans among themselves.

use super::{Checked, Law, Outcome, breaks};
use crate::conversation::{Conversation, Role};
use crate::render::{Field, Origin, Rendered, Span};

pub(super) fn tiling(rendered: &Rendered) -> Outcome {
    let mut at = 0;
    for span in &rendered.spans {
        if span.start != at || span.end <= span.start {
            return Err(breaks(Law::Tiling, span.start, format!("a span begins here, one ended at {at}")));
        }
        if !rendered.text.is_char_boundary(span.end as usize) {
            return Err(breaks(Law::Tiling, span.end, "a span ends inside a character"));
        }
        at = span.end;
    }
    if at as usize != rendered.text.len() {
        return Err(breaks(Law::Tiling, at, "the last span ends before the text"));
    }
    Ok(())
}

pub(super) fn turns(conversation: &Conversation<'_>, rendered: &Rendered) -> Outcome {
    let mut before: Option<(u32, u32)> = None;
    for turn in &rendered.turns {
        let (start, end) = (turn.sampled.start, turn.sampled.end);
        let message = conversation.messages.get(turn.message as usize);
        if message.is_none_or(|message| message.role != Role::Assistant) {
            return Err(breaks(Law::Turns, start, "a turn of a message that is not the assistant's"));
        }
        if start >= end || before.is_some_and(|(message, end)| message >= turn.message || end > start) {
            return Err(breaks(Law::Turns, start, "a turn is empty or out of order"));
        }
        before = Some((turn.message, end));
    }
    let mut turns = rendered.turns.iter().peekable();
    for span in &rendered.spans {
        while turns.next_if(|turn| turn.sampled.end <= span.start).is_some() {}
        let turn = turns.peek().filter(|turn| turn.sampled.start < span.end);
        let inside =
            turn.is_some_and(|turn| turn.sampled.start <= span.start && span.end <= turn.sampled.end);
        if turn.is_some() != inside || span.sampled != inside {
            return Err(breaks(
                Law::Turns,
                span.start,
                "a span is sampled and not of a turn, or the other way",
            ));
        }
        if inside && turn.is_some_and(|turn| turn.message != span.message) {
            return Err(breaks(Law::Turns, span.start, "a span of another message lies inside a turn"));
        }
    }
    Ok(())
}

pub(super) fn origins(rendered: &Rendered) -> Outcome {
    let allowed = |span: &Span| match span.origin {
        Origin::Template => true,
        Origin::Content => matches!(span.field, Field::System | Field::Text | Field::Reasoning),
        Origin::Plain => !matches!(span.field, Field::System | Field::Text | Field::Reasoning | Field::Stop),
    };
    match rendered.spans.iter().find(|span| !allowed(span)) {
        None => Ok(()),
        Some(span) => {
            let what = format!("{} of {}", span.field.as_str(), span.origin.as_str());
            Err(breaks(Law::Origin, span.start, what))
        }
    }
}

/// The policy, asked again, says the same. Weights of content parts are left to the tests: a part can
/// be told from its like only while it is cut.
pub(super) fn weights(row: &Checked<'_>) -> Outcome {
    if row.conversation.messages.iter().any(|message| !message.part_weights.is_empty()) {
        return Ok(());
    }
    let mut again = row.rendered.clone();
    again.spans.iter_mut().for_each(|span| span.weight = 0.0);
    row.policy.weigh(row.conversation, &mut again);
    let differs = |(ours, theirs): &(&Span, &Span)| (ours.weight - theirs.weight).abs() > 0.0;
    match row.rendered.spans.iter().zip(&again.spans).find(differs) {
        None => Ok(()),
        Some((ours, theirs)) => {
            let what = format!("weight {}, where the policy says {}", ours.weight, theirs.weight);
            Err(breaks(Law::Weights, ours.start, what))
        }
    }
}
