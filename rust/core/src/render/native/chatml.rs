//! Plain ChatML: every message between `<|im_start|>role` and `<|im_end|>`, no tools, no calls.
//!
//! The template of many base models, and of Hermes when a conversation declares no tools.

use super::writer::Writer;
use crate::conversation::{Conversation, Role};
use crate::finding::Finding;
use crate::render::rendered::{Field, Rendered, Serving};
use crate::render::unprinted::{dropped_calls, dropped_reasoning, dropped_tools};
use crate::render::{Capabilities, ChatTemplate, RenderOptions};

/// The Jinja source this renderer prints like.
pub const SOURCE: &str = "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/// The plain ChatML template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChatMl;

impl ChatTemplate for ChatMl {
    fn name(&self) -> &'static str {
        "chatml"
    }

    fn digest(&self) -> &'static str {
        "fcf7a096fe99a48fd9ad2b250bf9237e96e8f48bffec1c7ea4d3f225176cd40e"
    }

    fn content_markers(&self) -> &[&'static str] {
        &["<think>", "</think>"]
    }

    fn stop_tokens(&self) -> &[&'static str] {
        &["<|im_end|>"]
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            system: true,
            tools: false,
            calls: false,
            text_beside_calls: false,
            reasoning: false,
            parallel_calls: true,
        }
    }

    fn render(
        &self,
        conversation: &Conversation<'_>,
        _options: &RenderOptions,
        out: &mut Rendered,
        findings: &mut Vec<Finding>,
    ) -> Result<(), Finding> {
        dropped_tools(self.name(), conversation, findings);
        let mut writer = Writer::new(out);
        for (position, message) in conversation.messages.iter().enumerate() {
            writer.message(position);
            writer.template("<|im_start|>", Field::Header);
            writer.template(message.role.as_str(), Field::Header);
            writer.template("\n", Field::Header);
            let text = message.content.as_str();
            match message.role {
                Role::System => writer.content(text, Field::System),
                Role::User => writer.plain(text, Field::User),
                Role::Tool => writer.plain(text, Field::ToolResult),
                Role::Assistant => {
                    writer.begin_turn();
                    writer.content(text, Field::Text);
                    let mut dropped = dropped_reasoning(self.name(), message, findings);
                    dropped |= dropped_calls(self.name(), message, 0, findings);
                    writer.template("<|im_end|>", Field::Stop);
                    writer.end_turn(if dropped { Serving::FieldDropped } else { Serving::Consistent }, false);
                }
            }
            writer
                .template(if message.role == Role::Assistant { "\n" } else { "<|im_end|>\n" }, Field::Header);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_source() {
        use sha2::Digest;
        let digest = sha2::Sha256::digest(SOURCE.as_bytes());
        let hex = digest.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        assert_eq!(ChatMl.digest(), hex);
    }
}
