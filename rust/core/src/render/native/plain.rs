//! Prompt and completion as plain text, without a chat template.

use super::writer::Writer;
use crate::conversation::{Conversation, Role};
use crate::render::rendered::{Field, Rendered, Serving};

/// The texts of the tokens that begin and end raw text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ends<'t> {
    /// What the tokenizer itself puts before a text. A prompt that begins with it does not get it twice.
    pub bos: &'t str,
    /// What ends a completion.
    pub eos: &'t str,
}

/// Appends prompt and completion as they are, and `eos` unless the completion ends in it.
pub fn render(conversation: &Conversation<'_>, ends: Ends<'_>, out: &mut Rendered) {
    let Ends { bos, eos } = ends;
    out.is_raw = true;
    let mut writer = Writer::new(out);
    for (position, message) in conversation.messages.iter().enumerate() {
        writer.message(position);
        let text = message.content.as_str();
        if message.role != Role::Assistant {
            let text = if position == 0 { text.strip_prefix(bos).unwrap_or(text) } else { text };
            writer.plain(text, Field::User);
            continue;
        }
        writer.begin_turn();
        writer.plain(text.strip_suffix(eos).unwrap_or(text), Field::Text);
        writer.template(eos, Field::Stop);
        writer.end_turn(Serving::Consistent, false);
    }
}
