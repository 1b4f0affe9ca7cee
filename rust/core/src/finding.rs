//! Findings: what is wrong with, or was mended in, one record. Values, not exceptions.
//!
//! One table holds every code; messages, the documentation page and the Python constants are made
//! from it.

use std::fmt;

use crate::error::{Error, ErrorKind};

/// What a finding does to its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The record is rejected and kept in the rejects file.
    Error,
    /// The turn stays as context and is not trained.
    Masked,
    /// Nothing; it is counted.
    Warning,
    /// A lossless repair was made.
    Fixed,
}

impl Severity {
    /// Lower-case name for reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Masked => "masked",
            Severity::Warning => "warning",
            Severity::Fixed => "fixed",
        }
    }
}

/// What the table says about a code.
#[derive(Clone, Copy, Debug)]
pub struct CodeInfo {
    /// Name in reports and in the rejects file.
    pub name: &'static str,
    /// Group on the documentation page: record, turns, calls, pairing, tools, length, template,
    /// conversion.
    pub family: &'static str,
    /// What it does unless an option or the loss says otherwise.
    pub severity: Severity,
    /// One sentence: what it means.
    pub summary: &'static str,
    /// What the owner of the data can do.
    pub hint: &'static str,
    /// The smallest record, or piece of one, that has it.
    pub fails: &'static str,
    /// The same without it.
    pub passes: &'static str,
}

macro_rules! codes {
    ($($(#[$meta:meta])* $variant:ident = $name:literal, $family:literal, $severity:ident, $summary:literal, $hint:literal, fails $fails:literal, passes $passes:literal;)*) => {
        /// The closed list of finding codes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $(#[doc = $summary] $variant,)* }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The row of the table.
            #[must_use]
            pub const fn info(self) -> CodeInfo {
                match self {
                    $(Code::$variant => CodeInfo {
                        name: $name, family: $family, severity: Severity::$severity,
                        summary: $summary, hint: $hint, fails: $fails, passes: $passes,
                    },)*
                }
            }
        }
    };
}

include!("finding_codes.rs");

impl Code {
    /// Name in reports and in the rejects file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// Whether it is about something in a record that was not read.
    #[must_use]
    pub const fn names_unread(self) -> bool {
        matches!(
            self,
            Code::MessagesUnread
                | Code::TextUnread
                | Code::CallsUnread
                | Code::ToolsUnread
                | Code::ReasoningUnread
                | Code::SystemUnread
                | Code::WeightNotRead
                | Code::MediaNotRead
                | Code::VerdictUnread
                | Code::SeveralConversations
        )
    }

    /// The code with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.name() == name)
    }
}

/// One thing found in one record.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Which row of the table.
    pub code: Code,
    /// What it does to this record, after options and loss had their say.
    pub severity: Severity,
    /// JSON pointer into the record; empty for the record itself.
    pub pointer: String,
    /// What was found, with the offending piece.
    pub message: String,
    /// What to do; the table's own hint where the place has nothing better to say.
    pub hint: Option<String>,
    /// Byte offset in the line where that is known better than the start of the record.
    pub offset: u64,
}

impl Finding {
    /// A finding with the table's severity and hint.
    pub fn new(code: Code, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.info().severity,
            pointer: pointer.into(),
            message: message.into(),
            hint: None,
            offset: 0,
        }
    }

    /// The same with another severity.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// The same with a hint of its own.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same at a byte of the line.
    #[must_use]
    pub fn at(mut self, offset: usize) -> Self {
        self.offset = offset as u64;
        self
    }

    /// The error of a run that ends with this finding, without the file and line of the record.
    #[must_use]
    pub fn rejection(&self) -> Error {
        Error::new(ErrorKind::Rejected, format!("{} [{}]", self.message, self.code.name()))
            .pointer(self.pointer.as_str())
            .hint(self.hint_text())
    }

    /// The hint to show.
    #[must_use]
    pub fn hint_text(&self) -> &str {
        self.hint.as_deref().unwrap_or(self.code.info().hint)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "record" } else { &self.pointer };
        write!(f, "{place}: {} [{}]", self.message, self.code.name())
    }
}
