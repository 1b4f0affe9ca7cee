//! The one error of the crate. It ends a run; what is wrong with a single record is a
//! [`Finding`](crate::finding::Finding) instead, and ends only that record.

use std::fmt;
use std::path::Path;

/// Result of everything that can end a run.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What sort of trouble ended the run. The binding maps each kind to one Python exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An option has a value that cannot be used, or two options contradict each other.
    Options,
    /// A named input does not exist, or a pattern matches nothing.
    NotFound,
    /// Reading an input failed for a reason of the operating system.
    Read,
    /// An input is damaged: truncated or corrupt compression, bad checksum.
    DamagedShard,
    /// An input changed while it was read.
    InputChanged,
    /// Writing the output failed.
    Write,
    /// The output exists already and `if_exists` forbids touching it.
    OutputExists,
    /// A record was rejected and `on_error="raise"`.
    Rejected,
    /// More records were rejected than `max_rejected` allows.
    TooManyRejected,
    /// A conversation is longer than `max_length` and `over_length="error"`.
    OverLength,
    /// The tokenizer cannot be found, read or used.
    Tokenizer,
    /// The chat template cannot be found, read or used.
    Template,
    /// The run was interrupted from outside.
    Interrupted,
    /// A promise of this library does not hold: a defect of ours.
    Internal,
}

/// Why a run ended: a kind, one sentence with the place, and what to do about it.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of `kind` that says `message`: lower case, no trailing period, place first.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, source: None }
    }

    /// Adds the `hint:` line: what the reader can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Keeps the error that caused this one.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// An error about the file at `path`, caused by `source`.
    #[must_use]
    pub fn at(kind: ErrorKind, path: &Path, source: std::io::Error) -> Self {
        Self::new(kind, format!("{}: {source}", path.display())).because(source)
    }

    /// The same with `place` before the message.
    #[must_use]
    pub fn in_place(mut self, place: &str) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }

    /// What sort of trouble it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What the reader can do, if there is something.
    #[must_use]
    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The sentence, without the hint.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "\n\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as _)
    }
}
