//! The one error of the crate. It ends a run; what is wrong with a single record is a
//! [`Finding`](crate::finding::Finding) instead, and ends only that record.
//!
//! An error is data: a code out of one table, the place, the option, what was found and what to do. Its text
//! is composed from these fields by [`compose`] alone, for Rust and for Python.

use std::fmt;
use std::path::Path;

use serde_json::Value;

use crate::visible::{visible, visible_name};

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
    /// There is no such row, record or line.
    OutOfRange,
    /// The run was interrupted from outside.
    Interrupted,
    /// A promise of this library does not hold: a bug.
    Internal,
}

impl ErrorKind {
    /// The name of the Python exception.
    #[must_use]
    pub const fn exception(self) -> &'static str {
        match self {
            ErrorKind::Options => "OptionsError",
            ErrorKind::NotFound => "InputNotFoundError",
            ErrorKind::Read => "ReadError",
            ErrorKind::DamagedShard => "DamagedShardError",
            ErrorKind::InputChanged => "InputChangedError",
            ErrorKind::Write => "WriteError",
            ErrorKind::OutputExists => "OutputExistsError",
            ErrorKind::Rejected => "RejectedRecordError",
            ErrorKind::TooManyRejected => "TooManyRejectedError",
            ErrorKind::OverLength => "OverLengthError",
            ErrorKind::Tokenizer => "TokenizerError",
            ErrorKind::Template => "TemplateError",
            ErrorKind::OutOfRange => "OutOfRangeError",
            ErrorKind::Interrupted => "KeyboardInterrupt",
            ErrorKind::Internal => "InternalError",
        }
    }

    /// The exit code of the command line.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            ErrorKind::Options => 2,
            ErrorKind::NotFound
            | ErrorKind::Read
            | ErrorKind::DamagedShard
            | ErrorKind::InputChanged
            | ErrorKind::OutOfRange => 3,
            ErrorKind::Write | ErrorKind::OutputExists => 4,
            ErrorKind::Rejected | ErrorKind::TooManyRejected | ErrorKind::OverLength => 5,
            ErrorKind::Tokenizer | ErrorKind::Template => 6,
            ErrorKind::Internal => 70,
            ErrorKind::Interrupted => 130,
        }
    }

    /// The code of errors of this kind that name no other.
    const fn usual_code(self) -> ErrorCode {
        match self {
            ErrorKind::Options => ErrorCode::InvalidOption,
            ErrorKind::NotFound => ErrorCode::InputNotFound,
            ErrorKind::Read => ErrorCode::ReadFailed,
            ErrorKind::DamagedShard => ErrorCode::DamagedShard,
            ErrorKind::InputChanged => ErrorCode::InputChanged,
            ErrorKind::Write => ErrorCode::WriteFailed,
            ErrorKind::OutputExists => ErrorCode::OutputExists,
            ErrorKind::Rejected => ErrorCode::RecordRejected,
            ErrorKind::TooManyRejected => ErrorCode::TooManyRejected,
            ErrorKind::OverLength => ErrorCode::OverLength,
            ErrorKind::Tokenizer => ErrorCode::TokenizerUnusable,
            ErrorKind::Template => ErrorCode::TemplateUnusable,
            ErrorKind::OutOfRange => ErrorCode::OutOfRange,
            ErrorKind::Interrupted => ErrorCode::Interrupted,
            ErrorKind::Internal => ErrorCode::Internal,
        }
    }
}

/// A row of the table of error codes.
#[derive(Clone, Copy, Debug)]
pub struct ErrorCodeInfo {
    /// The stable name.
    pub name: &'static str,
    /// The kind, which decides exception and exit code.
    pub kind: ErrorKind,
    /// One sentence: what it means.
    pub summary: &'static str,
    /// What can be done, where the error itself has no better hint.
    pub hint: &'static str,
}

macro_rules! error_codes {
    ($($variant:ident = $name:literal, $kind:ident, $summary:literal, $hint:literal;)*) => {
        /// The closed list of error codes.
        #[allow(clippy::doc_markdown, reason = "the summaries are read by users, who see no Markdown")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $(#[doc = $summary] $variant,)* }

        impl ErrorCode {
            /// Every code, in the order of the table.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$variant,)*];

            /// The row of the table.
            #[must_use]
            pub const fn info(self) -> ErrorCodeInfo {
                match self {
                    $(ErrorCode::$variant => ErrorCodeInfo {
                        name: $name, kind: ErrorKind::$kind, summary: $summary, hint: $hint,
                    },)*
                }
            }
        }
    };
}

include!("error_codes.rs");

impl From<ErrorKind> for ErrorCode {
    fn from(kind: ErrorKind) -> Self {
        kind.usual_code()
    }
}

/// Where in the input an error or a finding is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// File or shard.
    pub file: Option<String>,
    /// Line of the file, from 1.
    pub line: Option<u64>,
    /// JSON pointer into the record.
    pub pointer: Option<String>,
}

impl fmt::Display for Place {
    /// `file:line pointer`, as much of it as there is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = visible_name(self.file.as_deref().unwrap_or(""));
        match self.line {
            Some(line) if file.is_empty() => write!(f, "line {line}")?,
            Some(line) => write!(f, "{file}:{line}")?,
            None => f.write_str(&file)?,
        }
        match self.pointer.as_deref() {
            Some(pointer) if !pointer.is_empty() && self.file.is_none() && self.line.is_none() => {
                f.write_str(pointer)
            }
            Some(pointer) if !pointer.is_empty() => write!(f, " {pointer}"),
            _ => Ok(()),
        }
    }
}

/// The text of an error: the option as the front end spells it, the place, the message, and below them the hint.
#[must_use]
pub fn compose(option: Option<&str>, place: &Place, message: &str, hint: Option<&str>) -> String {
    let place = place.to_string();
    let place = (!place.is_empty()).then_some(place.as_str());
    let parts: Vec<&str> = [option, place, Some(message)].into_iter().flatten().collect();
    let text = match hint {
        Some(hint) => format!("{}\n\nhint: {hint}", parts.join(": ")),
        None => parts.join(": "),
    };
    visible(&text).into_owned()
}

/// Why a run ended.
#[derive(Debug)]
pub struct Error {
    /// Boxed, so that a `Result` stays small.
    data: Box<ErrorData>,
}

#[derive(Debug)]
struct ErrorData {
    code: ErrorCode,
    place: Place,
    option: Option<&'static str>,
    value: Option<Value>,
    message: String,
    hint: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error with `message`: lower case, no trailing period; place and option have their own fields. A kind
    /// stands for its usual code.
    pub fn new(code: impl Into<ErrorCode>, message: impl Into<String>) -> Self {
        let data = ErrorData {
            code: code.into(),
            place: Place::default(),
            option: None,
            value: None,
            message: message.into(),
            hint: None,
            source: None,
        };
        Self { data: Box::new(data) }
    }

    /// Adds the `hint:` line: what the reader can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.data.hint = Some(hint.into());
        self
    }

    /// Adds a line to the message: what was found besides.
    #[must_use]
    pub fn also(mut self, other: &str) -> Self {
        self.data.message.push('\n');
        self.data.message.push_str(other);
        self
    }

    /// Keeps the error that caused this one.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.data.source = Some(source.into());
        self
    }

    /// An error about the file at `path`, caused by `source`.
    #[must_use]
    pub fn at(code: impl Into<ErrorCode>, path: &Path, source: std::io::Error) -> Self {
        Self::new(code, source.to_string()).file(path.display()).because(source)
    }

    /// The file or shard that it is about.
    #[must_use]
    pub fn file(mut self, file: impl fmt::Display) -> Self {
        self.data.place.file = Some(file.to_string());
        self
    }

    /// The line of the file, from 1.
    #[must_use]
    pub fn line(mut self, line: u64) -> Self {
        self.data.place.line = Some(line);
        self
    }

    /// The JSON pointer into the record.
    #[must_use]
    pub fn pointer(mut self, pointer: impl Into<String>) -> Self {
        self.data.place.pointer = Some(pointer.into());
        self
    }

    /// The option that it is about.
    #[must_use]
    pub fn option(mut self, name: &'static str) -> Self {
        self.data.option = Some(name);
        self
    }

    /// The value of that option.
    #[must_use]
    pub fn value(mut self, value: impl Into<Value>) -> Self {
        self.data.value = Some(value.into());
        self
    }

    /// The same about a record of the shard `file`; where another file is known already, that one stays.
    #[must_use]
    pub fn in_record(self, file: &str, line: u64) -> Self {
        if self.data.place.file.is_some() {
            return self;
        }
        self.file(file).line(line)
    }

    /// Which row of the table it is.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.data.code
    }

    /// What sort of trouble it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.data.code.info().kind
    }

    /// Where in the input it is.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.data.place
    }

    /// The option that it is about, if it is about one.
    #[must_use]
    pub fn option_name(&self) -> Option<&'static str> {
        self.data.option
    }

    /// The value of that option, where it is known.
    #[must_use]
    pub fn option_value(&self) -> Option<&Value> {
        self.data.value.as_ref()
    }

    /// What the reader can do, if there is something.
    #[must_use]
    pub fn hint_text(&self) -> Option<&str> {
        self.data.hint.as_deref()
    }

    /// What was found, without option, place and hint.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.data.message
    }

    /// The text without the hint, for lists of errors.
    #[must_use]
    pub fn headline(&self) -> String {
        compose(self.spelled_option().as_deref(), &self.data.place, &self.data.message, None)
    }

    fn spelled_option(&self) -> Option<String> {
        let name = self.data.option?;
        Some(self.data.value.as_ref().map_or_else(|| name.to_owned(), |value| format!("{name}={value}")))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let option = self.spelled_option();
        f.write_str(&compose(option.as_deref(), &self.data.place, &self.data.message, self.hint_text()))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.data.source.as_ref().map(|source| source.as_ref() as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_composed_from_the_fields() {
        let error = |message| Error::new(ErrorKind::Options, message);
        assert_eq!(error("wrong").to_string(), "wrong");
        assert_eq!(error("wrong").hint("change it").to_string(), "wrong\n\nhint: change it");
        assert_eq!(error("wrong").option("loss").to_string(), "loss: wrong");
        assert_eq!(error("wrong").option("max_length").value(0).to_string(), "max_length=0: wrong");
        assert_eq!(error("wrong").option("layout").value("x").to_string(), "layout=\"x\": wrong");
        assert_eq!(error("wrong").file("a.jsonl").line(3).pointer("/a").to_string(), "a.jsonl:3 /a: wrong");
        assert_eq!(error("wrong").pointer("/a").to_string(), "/a: wrong");
        assert_eq!(error("wrong").file("a").pointer("").to_string(), "a: wrong");
        assert_eq!(error("wrong").option("tools").file("t.json").to_string(), "tools: t.json: wrong");
    }

    #[test]
    fn a_place_is_added_where_none_is_known() {
        let inner = Error::new(ErrorKind::OverLength, "too long").pointer("/messages");
        assert_eq!(inner.in_record("a.jsonl", 3).to_string(), "a.jsonl:3 /messages: too long");
        let inner = Error::new(ErrorKind::Tokenizer, "damaged").file("tokenizer.json");
        assert_eq!(inner.in_record("a.jsonl", 3).to_string(), "tokenizer.json: damaged");
    }

    #[test]
    fn every_code_has_its_own_name_and_every_kind_a_code_of_its_own() {
        for (position, code) in ErrorCode::ALL.iter().enumerate() {
            let info = code.info();
            assert!(info.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{}", info.name);
            assert!(info.summary.ends_with('.') && info.hint.ends_with('.'), "{}", info.name);
            assert!(!ErrorCode::ALL[..position].iter().any(|other| other.info().name == info.name));
            assert_eq!(ErrorCode::from(info.kind).info().kind, info.kind);
        }
    }
}
