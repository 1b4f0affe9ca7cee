//! What can be wrong with a JSON text, and how it is said.

/// What is wrong with a JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// No value where one has to be.
    ExpectedValue,
    /// No key where one has to be.
    ExpectedKey,
    /// No colon after a key.
    ExpectedColon,
    /// Neither a comma nor the closing bracket after a value.
    ExpectedComma {
        /// Whether the container is an object.
        object: bool,
    },
    /// Something after the value.
    Trailing,
    /// A string that does not end.
    OpenString,
    /// A backslash with something after it that is no escape.
    BadEscape,
    /// A control character that is not escaped.
    ControlCharacter,
    /// A number that ends where a digit has to be.
    BadNumber,
    /// Half of a surrogate pair.
    LoneSurrogate,
    /// A key that stands twice in one object.
    DuplicateKey,
    /// More brackets open than `max_depth`.
    TooDeep,
    /// More bytes than offsets can count.
    TooLong,
}

/// One problem of a JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub kind: ProblemKind,
    /// Byte of the text.
    pub offset: usize,
    /// JSON pointer to the value that was being read.
    pub pointer: String,
}

impl Problem {
    pub(crate) fn new(kind: ProblemKind, offset: usize, pointer: String) -> Self {
        Self { kind, offset, pointer }
    }

    /// Whether the text is no JSON at all, as opposed to JSON that is not taken.
    #[must_use]
    pub fn is_grammar(&self) -> bool {
        !matches!(
            self.kind,
            ProblemKind::LoneSurrogate
                | ProblemKind::DuplicateKey
                | ProblemKind::TooDeep
                | ProblemKind::TooLong
        )
    }

    /// What is wrong, with the offending piece of `text`.
    #[must_use]
    pub fn message(&self, text: &str, max_depth: u32) -> String {
        let found = || match text[floor(text, self.offset)..].chars().next() {
            Some(character) => format!("`{}`", character.escape_debug()),
            None => "the end".to_owned(),
        };
        let what = match self.kind {
            ProblemKind::ExpectedValue => format!("expected a value, found {}", found()),
            ProblemKind::ExpectedKey => format!("expected a key in quotes, found {}", found()),
            ProblemKind::ExpectedColon => format!("expected `:` after the key, found {}", found()),
            ProblemKind::ExpectedComma { object: true } => format!("expected `,` or `}}`, found {}", found()),
            ProblemKind::ExpectedComma { object: false } => format!("expected `,` or `]`, found {}", found()),
            ProblemKind::Trailing => format!("expected the end, found {}", found()),
            ProblemKind::OpenString => "the string does not end".to_owned(),
            ProblemKind::BadEscape => "not an escape that JSON knows".to_owned(),
            ProblemKind::ControlCharacter => format!("control character {} has to be escaped", found()),
            ProblemKind::BadNumber => format!("expected a digit, found {}", found()),
            ProblemKind::LoneSurrogate => "half of a surrogate pair stands for no character".to_owned(),
            ProblemKind::DuplicateKey => "the key stands twice in one object".to_owned(),
            ProblemKind::TooDeep => format!("nested deeper than max_depth={max_depth}"),
            ProblemKind::TooLong => "longer than 4 GiB".to_owned(),
        };
        format!("{what} at byte {}: {}", self.offset, excerpt(text, self.offset))
    }
}

/// A short piece of `text` around byte `offset`, in quotes, with control characters escaped so that
/// a terminal or a log shows it and does nothing else.
#[must_use]
pub fn excerpt(text: &str, offset: usize) -> String {
    const BEFORE: usize = 20;
    const AFTER: usize = 30;
    let start = floor(text, offset.saturating_sub(BEFORE));
    let end = floor(text, offset.saturating_add(AFTER));
    let mut shown = String::from("`");
    if start > 0 {
        shown.push('…');
    }
    escape_for_display(&text[start..end], &mut shown);
    if end < text.len() {
        shown.push('…');
    }
    shown.push('`');
    shown
}

/// Appends `text` with control characters escaped, those included that only change how text is shown.
pub fn escape_for_display(text: &str, shown: &mut String) {
    for character in text.chars() {
        if character.is_control() || is_format_control(character) {
            shown.extend(character.escape_debug());
        } else {
            shown.push(character);
        }
    }
}

/// Characters that change how the text around them is shown.
fn is_format_control(character: char) -> bool {
    matches!(character, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// The greatest character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at)
}
