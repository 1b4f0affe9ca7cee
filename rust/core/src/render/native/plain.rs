//! Prompt and completion as plain text, without a chat template.

use super::pen::Pen;
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
    let mut pen = Pen::new(out);
    for (position, message) in conversation.messages.iter().enumerate() {
        pen.message(position);
        let text = message.content.as_str();
        if message.role != Role::Assistant {
            let text = if position == 0 { text.strip_prefix(bos).unwrap_or(text) } else { text };
            pen.plain(text, Field::User);
            continue;
        }
        pen.begin_turn();
        pen.plain(text.strip_suffix(eos).unwrap_or(text), Field::Text);
        pen.template(eos, Field::Stop);
        pen.end_turn(Serving::Consistent, false);
    }
}
