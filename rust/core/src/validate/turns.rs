//! The order of turns.

use super::Checks;
use crate::conversation::{Conversation, Place, Role};
use crate::finding::Code;
use crate::loss;
use crate::options::{Loss, LossPreset};

pub(super) fn check(conversation: &mut Conversation<'_>, checks: &mut Checks<'_>) {
    if conversation.messages.is_empty() {
        checks.note(Code::NoMessages, Place::Messages, "the record has no messages");
        return;
    }
    if conversation.plain {
        return;
    }
    trim_tail(conversation, checks);
    let mut before: Option<Role> = None;
    for message in &conversation.messages {
        match message.role {
            Role::System if before.is_some() => {
                let what = if before == Some(Role::System) {
                    "a second system message"
                } else {
                    "a system message after other messages"
                };
                checks.note(Code::SystemNotFirst, Place::Message(message.index), what);
            }
            Role::User if before == Some(Role::User) => {
                checks.note(
                    Code::ConsecutiveUser,
                    Place::Message(message.index),
                    "a user message follows a user message",
                );
            }
            Role::Assistant => {
                let says = !message.content.is_empty()
                    || message.reasoning.as_deref().is_some_and(|reasoning| !reasoning.is_empty());
                if !says && message.tool_calls.is_empty() {
                    checks.note(
                        Code::EmptyAssistant,
                        Place::Message(message.index),
                        "the assistant says nothing and calls nothing",
                    );
                }
            }
            _ => {}
        }
        before = Some(message.role);
    }
}

/// Drops what comes after the last assistant message. Nothing is trained on it, unless everything
/// is; and a record without any assistant message is left as it is.
fn trim_tail(conversation: &mut Conversation<'_>, checks: &mut Checks<'_>) {
    if loss::resolve(conversation, checks.options.loss.as_ref()) == Loss::Preset(LossPreset::All) {
        return;
    }
    let Some(last) = conversation.assistant_turns().last() else { return };
    let Some(first_dropped) = conversation.messages.get(last + 1) else { return };
    let dropped = conversation.messages.len() - last - 1;
    let what = match dropped {
        1 => {
            format!("a {} message after the last assistant message was dropped", first_dropped.role.as_str())
        }
        _ => format!("{dropped} messages after the last assistant message were dropped"),
    };
    checks.note(Code::TrailingTurns, Place::Message(first_dropped.index), what);
    conversation.messages.truncate(last + 1);
}
