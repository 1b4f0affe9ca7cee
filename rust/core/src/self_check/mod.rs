//! self-checks: laws that a rendered and tokenized conversation keeps, found out in another way than it
//! was made.
//!
//! Renderers say for every byte where it came from, and the mask follows from that. Here the same is asked
//! of the conversation, of the prompt that serving would show, and of the tokens. What breaks a law is
//! refused, never repaired.

mod owner;
mod serving;
mod spans;
mod tokens;

use std::fmt;

use crate::conversation::Conversation;
use crate::mask::LossPolicy;
use crate::render::{ChatTemplate, RenderOptions, Rendered};
use crate::tokenize::AddedToken;
use crate::tokenize::masked::Tokens;

/// What has to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Law {
    /// Spans lie side by side from the first byte to the last and cut no character.
    Tiling,
    /// Turns follow each other, each is an assistant message, and sampled spans are exactly theirs.
    Turns,
    /// A span belongs to a message that has such a field, and the spans of a field say what the field says.
    Owner,
    /// Bytes of a field have the origin that decides which control tokens they may become.
    Origin,
    /// Before a turn stands the prompt that serving would show.
    Prompt,
    /// A turn ends in one stop token, which the template wrote, or a terminator of history follows it.
    Stop,
    /// A turn does not begin with the header of its role.
    RoleHeader,
    /// Every span weighs what the loss policy says.
    Weights,
    /// Tokens cover the text, and each weighs what the least of its bytes weighs.
    Tokens,
    /// A control token is made of bytes that may become one.
    ControlTokens,
}

impl Law {
    /// The name in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Law::Tiling => "tiling",
            Law::Turns => "turns",
            Law::Owner => "owner",
            Law::Origin => "origin",
            Law::Prompt => "prompt",
            Law::Stop => "stop",
            Law::RoleHeader => "role header",
            Law::Weights => "weights",
            Law::Tokens => "tokens",
            Law::ControlTokens => "control tokens",
        }
    }
}

/// A law that does not hold, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which one.
    pub law: Law,
    /// Byte of the text where that shows.
    pub at: u32,
    /// What is there.
    pub what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the law of {} does not hold at byte {}: {}", self.law.as_str(), self.at, self.what)
    }
}

/// A conversation with everything that was made of it.
#[derive(Clone, Copy)]
pub struct Checked<'c> {
    /// The conversation that was rendered.
    pub conversation: &'c Conversation<'c>,
    /// Its text with spans and weights.
    pub rendered: &'c Rendered,
    /// Its tokens, with their ends.
    pub tokens: &'c Tokens,
    /// The template that printed it.
    pub template: &'c dyn ChatTemplate,
    /// What the template was told.
    pub options: &'c RenderOptions,
    /// What is trained.
    pub policy: &'c LossPolicy,
    /// The control tokens of the tokenizer.
    pub added: &'c [AddedToken],
}

/// The laws that do not hold, each once, at the first place where that shows. Spans that do not tile the
/// text are not looked at further.
#[must_use]
pub fn broken(row: &Checked<'_>) -> Vec<Broken> {
    let mut found = Vec::new();
    found.extend(spans::tiling(row.rendered).err());
    if !found.is_empty() {
        return found;
    }
    found.extend(spans::turns(row.conversation, row.rendered).err());
    found.extend(spans::weights(row).err());
    if !row.conversation.plain {
        found.extend(spans::origins(row.rendered).err());
        found.extend(owner::owners(row.conversation, row.rendered).err());
        found.extend(serving::prompts(row).err());
        found.extend(serving::stops(row).err());
        found.extend(serving::role_headers(row).err());
    }
    found.extend(tokens::weights(row).err());
    found.extend(tokens::control_tokens(row).err());
    found
}

type Outcome = Result<(), Broken>;

fn breaks(law: Law, at: u32, what: impl Into<String>) -> Broken {
    Broken { law, at, what: what.into() }
}
