//! Prompt and completion as plain text, without a chat template.

use super::pen::Pen;
use crate::conversation::{Conversation, Role};
use crate::render::rendered::{Field, Rendered, Serving};

/// Appends prompt and completion as they are, and `eos` unless the completion ends in it.
pub fn render(conversation: &Conversation<'_>, eos: &str, out: &mut Rendered) {
    let mut pen = Pen::new(out);
    for (position, message) in conversation.messages.iter().enumerate() {
        pen.message(position);
        let text = message.content.as_str();
        if message.role != Role::Assistant {
            pen.plain(text, Field::User);
            continue;
        }
        pen.begin_turn();
        pen.plain(text.strip_suffix(eos).unwrap_or(text), Field::Text);
        pen.template(eos, Field::Stop);
        pen.end_turn(Serving::Consistent, false);
    }
}
