//! The one door for reading JSON: a strict RFC 8259 scanner that turns a line into a flat tape of
//! nodes, each with the bytes it covers.
//!
//! Nothing is converted. A node says what a value is and where its source text stands, so that
//! arguments, schemas and numbers travel as they were spelled. The tape is one vector that is used
//! again for every line; reading never recurses, so no nesting can exhaust the stack.
//!
//! Beyond the grammar, two things that RFC 8259 leaves open are problems here, because readers
//! disagree about what they mean: a key that stands twice in one object (also when the spelling
//! differs, `"a"` and `"\u0061"`), and half of a surrogate pair. Both leave the rest of the line
//! readable, so all of them are reported.

mod keys;
mod number;
mod pointer;
mod scan;
mod unescape;
mod value;

use crate::problem::{Problem, ProblemKind};
use crate::repeated::RepeatedLists;

pub use pointer::push_segment;
pub use value::{Elements, Json, Members};

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true`
    True,
    /// `false`
    False,
    /// A number, in whatever spelling.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl Kind {
    /// The name used in messages, with its article.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Null => "null",
            Kind::True | Kind::False => "a boolean",
            Kind::Number => "a number",
            Kind::String => "a string",
            Kind::Array => "a list",
            Kind::Object => "an object",
        }
    }
}

/// One value or key. Children follow their container; `next` jumps over them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    /// First byte of the source text: the opening quote of a string, the bracket of a container.
    pub(crate) start: u32,
    /// One past the last byte.
    pub(crate) end: u32,
    /// The node after this one and everything inside it.
    pub(crate) next: u32,
    pub(crate) kind: Kind,
    /// Whether a string holds a backslash.
    pub(crate) escaped: bool,
}

/// A container that is still open while the scanner is inside it.
#[derive(Clone, Copy, Debug)]
struct Open {
    node: u32,
    /// Where the signatures of its keys start.
    keys: u32,
    object: bool,
}

/// The nodes of one JSON text. Kept between texts for its memory.
#[derive(Debug, Default)]
pub struct Tape {
    nodes: Vec<Node>,
    open: Vec<Open>,
    signatures: Vec<u64>,
    problems: Vec<Problem>,
    deepest: usize,
    repeated: RepeatedLists,
    /// The node of a list that is read and may come again.
    may_repeat: Option<u32>,
}

/// Most problems that are reported of one text.
const MOST_PROBLEMS: usize = 100;

impl Tape {
    /// A tape for records that mostly have the same lists under these keys: what is known is not read again.
    #[must_use]
    pub fn with_repeated_lists(keys: &'static [&'static str]) -> Self {
        Self { repeated: RepeatedLists::under(keys), ..Self::default() }
    }

    /// Reads `text`, which has to be one JSON value with nothing but space around it, nested at
    /// most `max_depth` deep. The problems come in the order they were met; the last one is the
    /// one that ended the reading if it is a matter of grammar.
    pub fn read<'t, 'a>(&'t mut self, text: &'a str, max_depth: u32) -> Result<Json<'t, 'a>, &'t [Problem]> {
        self.nodes.clear();
        self.open.clear();
        self.signatures.clear();
        self.problems.clear();
        self.deepest = 0;
        self.may_repeat = None;
        let bytes = text.as_bytes();
        if u32::try_from(bytes.len()).is_err() {
            self.problems.push(Problem::new(ProblemKind::TooLong, 0, String::new()));
        } else if let Err((kind, at)) = self.scan(bytes, max_depth as usize) {
            let pointer = self.pointer_of_open(bytes);
            self.problems.push(Problem::new(kind, at, pointer));
        }
        if !self.problems.is_empty() {
            return Err(&self.problems);
        }
        if let Some(list) = self.may_repeat {
            self.repeated.remember(bytes, &self.nodes, list as usize);
        }
        Ok(Json { tape: self, text, node: 0 })
    }

    /// How deep the text that was read last is nested.
    #[must_use]
    pub fn deepest(&self) -> usize {
        self.deepest
    }

    /// The value that was read last, `text` being what it was read from; `None` if that failed.
    #[must_use]
    pub fn root<'t, 'a>(&'t self, text: &'a str) -> Option<Json<'t, 'a>> {
        (self.problems.is_empty() && !self.nodes.is_empty()).then_some(Json { tape: self, text, node: 0 })
    }
}

#[cfg(test)]
mod tests;
