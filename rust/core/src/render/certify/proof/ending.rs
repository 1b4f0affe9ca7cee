//! The end of a last turn whose stop token would be the header of the message after it.

use tooltrain_jinja::Meter;

use super::extent::Ownership;
use super::header::Row;
use crate::conversation::{Message, Role};

/// Whether the last turn, whose own bytes end at `from`, ends with the text: the template goes on with
/// a stop token as soon as another message follows. That token is sampled, but not in the text.
pub(crate) fn stop_comes_next(row: &Row<'_, '_>, message: usize, from: u32, stops: &[&str]) -> bool {
    let messages = &row.conversation.messages;
    let count = messages.len();
    if message + 1 != count {
        return false;
    }
    let mut next = match messages[message].tool_calls.first() {
        None => Message::new(Role::User, count as u32),
        Some(call) => {
            let mut result = Message::new(Role::Tool, count as u32);
            result.tool_call_id.clone_from(&call.id);
            result.name = Some(call.name.clone());
            result
        }
    };
    next = next.with_text("x");
    let mut longer = row.conversation.clone();
    longer.messages.push(next);
    let context = row.session.context.of(&longer);
    let meter = Meter::new(row.session.limits().memory);
    let session = row.session.with(&context, &meter);
    let Ok(printed) = session.print(count + 1, false, row.thinking) else { return false };
    let ownership = Ownership::of(&printed, &context, count + 1);
    let Some(extent) = ownership.extent(message) else { return false };
    let literal = &row.printed.text[from as usize..];
    let Some(rest) = printed.text[extent.last as usize..].strip_prefix(literal) else { return false };
    let at = extent.last + literal.len() as u32;
    let follows = |stop: &&&str| {
        !stop.is_empty() && rest.starts_with(**stop) && ownership.is_template(at, at + stop.len() as u32)
    };
    stops.iter().find(follows).is_some()
}
