//! Why a template did not print a conversation.

use std::fmt;

/// Result of everything a template does.
pub type Result<T, E = Raised> = std::result::Result<T, E>;

/// Why rendering ended. All of it ends one conversation only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Raised {
    /// The template, or Python in its place, raises.
    Template(String),
    /// The engine does not know how Python would go on, and does not guess.
    Unsupported(String),
    /// A limit was reached; it is named.
    Limit(&'static str),
}

impl Raised {
    pub(crate) fn template(message: impl Into<String>) -> Self {
        Raised::Template(message.into())
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Raised::Unsupported(message.into())
    }
}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Raised::Template(message) => write!(f, "the chat template raises: {message}"),
            Raised::Unsupported(message) => write!(f, "the chat template is not supported here: {message}"),
            Raised::Limit(limit) => write!(f, "the chat template reached its limit of {limit}"),
        }
    }
}
