//! Ids for layouts that have none: calls are numbered, and results follow in the order of the calls.

use std::borrow::Cow;
use std::collections::VecDeque;

use rustc_hash::FxHashSet;

use crate::conversation::{Message, Role};

/// Gives every call without an id a new one, and every result without an id that of the call it
/// answers: the first open call of the tool it names, else the first open call since the last user
/// message. A result that finds none is left for validation to report.
pub(super) fn number_calls(messages: &mut [Message<'_>]) {
    number(messages, false);
}

/// The same, and results without an id answer calls that have one too.
pub(super) fn number_all_calls(messages: &mut [Message<'_>]) {
    number(messages, true);
}

fn number(messages: &mut [Message<'_>], with_ids: bool) {
    let answered: FxHashSet<String> = messages
        .iter()
        .filter(|message| message.role == Role::Tool)
        .filter_map(|message| message.tool_call_id.as_deref().map(str::to_owned))
        .collect();
    let taken: FxHashSet<String> = messages
        .iter()
        .flat_map(|message| &message.tool_calls)
        .filter_map(|call| call.id.as_deref().map(str::to_owned))
        .collect();
    let mut made = 0_u32;
    let mut open: VecDeque<(String, String)> = VecDeque::new();
    for message in messages {
        match message.role {
            Role::User | Role::System => open.clear(),
            Role::Assistant => {
                for call in &mut message.tool_calls {
                    if let Some(id) = call.id.as_deref() {
                        if with_ids && !answered.contains(id) {
                            open.push_back((id.to_owned(), call.name.to_string()));
                        }
                        continue;
                    }
                    let mut id = format!("call_{made}");
                    while taken.contains(&id) {
                        made += 1;
                        id = format!("call_{made}");
                    }
                    made += 1;
                    open.push_back((id.clone(), call.name.to_string()));
                    call.id = Some(Cow::Owned(id));
                }
            }
            Role::Tool if message.tool_call_id.is_none() => {
                let named = message.name.as_deref().unwrap_or_default();
                let found = open.iter().position(|(_, name)| name == named).unwrap_or(0);
                message.tool_call_id = open.remove(found).map(|(id, _)| Cow::Owned(id));
            }
            Role::Tool => {}
        }
    }
}
