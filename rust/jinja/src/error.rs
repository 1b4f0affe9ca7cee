//! Why a template did not print a conversation.

use std::fmt;

/// Result of everything a template does.
pub type Result<T, E = TemplateError> = std::result::Result<T, E>;

/// Why rendering ended. All of it ends one conversation only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateError {
    /// The template, or Python in its place, raises.
    Raised(String),
    /// The engine does not know how Python would go on, and does not guess.
    Unsupported(String),
    /// A limit was reached; it is named.
    Limit(&'static str),
}

impl TemplateError {
    pub(crate) fn raised(message: impl Into<String>) -> Self {
        TemplateError::Raised(message.into())
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        TemplateError::Unsupported(message.into())
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TemplateError::Raised(message) => write!(f, "the chat template raises: {message}"),
            TemplateError::Unsupported(message) => {
                write!(f, "the chat template is not supported here: {message}")
            }
            TemplateError::Limit(limit) => write!(f, "the chat template reached its limit of {limit}"),
        }
    }
}

impl std::error::Error for TemplateError {}
