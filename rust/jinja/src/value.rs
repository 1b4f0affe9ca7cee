//! The values that templates work with.
//!
//! Lists and dicts cannot be changed, so they cannot hold themselves, and their nesting is bounded:
//! letting go of one is a short recursion, however hostile the template. Namespaces can be changed;
//! they live in the evaluator and are named by number. JSON of the conversation is read only where
//! the template looks inside.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use tooltrain_json::{Json, Kind, Tape, print_json};

use crate::error::{Result, TemplateError};
use crate::program::Name;
use crate::text::{Held, Owner, Text};

/// Deepest nesting of lists and dicts, and of what recursive operations follow.
pub(crate) const MAX_NESTING: u32 = 300;

/// A value of the template language. What it holds stands behind a whole word, so that a value is moved
/// in words; behind a tag of one byte it would be moved from an odd address, which costs a tenth of all time.
#[derive(Clone, Debug)]
#[repr(u64)]
pub(crate) enum Value<'r> {
    /// What a missing name or key gives; it says what was missing.
    Undefined(&'r str),
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// A number of the conversation, in its own spelling.
    Number(Text<'r>),
    Str(Text<'r>),
    /// A string marked by the `safe` filter: text that is added to it is escaped as HTML, as Python
    /// does with its `Markup`.
    Safe(Text<'r>),
    /// An object or array of the conversation that nobody has looked into.
    Source(&'r JsonSource<'r>),
    /// An object or array of the conversation.
    Json(Json<'r, 'r>, Owner),
    List(Rc<Sequence<'r>>),
    Tuple(Rc<Sequence<'r>>),
    Dict(Rc<Dict<'r>>),
    /// What `items`, `map`, `range` and their like give.
    Iterator(Rc<Lazy<'r>>),
    Namespace(u32),
    /// The `loop` of a running `for`: its place among the running ones, and its number.
    Loop(u32, u64),
    Cycler(u32),
    Joiner(u32),
    Macro(u32),
    /// A function of the language itself.
    Function(Function),
    /// A method that was named and not called.
    Method(&'r str),
}

/// The functions every template can call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Range,
    Dict,
    Namespace,
    Cycler,
    Joiner,
    RaiseException,
    StrftimeNow,
}

/// JSON text of the conversation, read when it is needed.
#[derive(Debug)]
pub struct JsonSource<'r> {
    pub(crate) text: &'r str,
    pub(crate) owner: Owner,
    tape: OnceCell<Tape>,
    printed: OnceCell<String>,
}

impl<'r> JsonSource<'r> {
    /// `text`, which has to be valid JSON, its bytes `owner`'s.
    #[must_use]
    pub fn new(text: &'r str, owner: Owner) -> Self {
        Self { text, owner, tape: OnceCell::new(), printed: OnceCell::new() }
    }

    /// The text as it is spelled.
    #[must_use]
    pub fn text(&self) -> &'r str {
        self.text
    }

    /// Whose bytes it is.
    #[must_use]
    pub fn owner(&self) -> Owner {
        self.owner
    }

    /// The text as `json.dumps` prints it, made once: tools are printed with every prompt.
    pub(crate) fn printed(&'r self) -> &'r str {
        self.printed.get_or_init(|| {
            let mut printed = String::with_capacity(self.text.len() + self.text.len() / 8);
            print_json(self.text, &mut printed);
            printed
        })
    }

    /// The value, read on first use.
    pub(crate) fn json(&'r self) -> Result<Json<'r, 'r>> {
        let tape = self.tape.get_or_init(|| {
            let mut tape = Tape::default();
            // A text that cannot be read leaves a tape without a root.
            let _ = tape.read(self.text, 2_000);
            tape
        });
        tape.root(self.text)
            .ok_or_else(|| TemplateError::raised("the conversation holds JSON that cannot be read"))
    }

    /// Whether it is an object or array, by its first byte.
    pub(crate) fn is_container(&self) -> bool {
        matches!(self.first_byte(), Some(b'{' | b'['))
    }

    fn is_object(&self) -> bool {
        self.first_byte() == Some(b'{')
    }

    fn first_byte(&self) -> Option<u8> {
        self.text.bytes().find(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
    }
}

/// The members of a dict.
pub(crate) type Members<'r> = Vec<(Value<'r>, Value<'r>)>;

/// Values in a row: of a list, a tuple, or what a loop runs over.
#[derive(Debug)]
pub(crate) struct Sequence<'r> {
    pub(crate) values: Vec<Value<'r>>,
    pub(crate) height: u32,
    pub(crate) _held: Held<'r>,
}

impl<'r> std::ops::Deref for Sequence<'r> {
    type Target = [Value<'r>];

    fn deref(&self) -> &Self::Target {
        &self.values
    }
}

/// A dict that the template built or that stands for a message.
#[derive(Debug)]
pub(crate) struct Dict<'r> {
    pub(crate) members: Members<'r>,
    pub(crate) height: u32,
    /// The message of the conversation that it is; in one session it is the same dict wherever it stands.
    pub(crate) message: Option<u32>,
    pub(crate) _held: Held<'r>,
}

impl<'r> Dict<'r> {
    /// The value under the string key `name`.
    pub(crate) fn get(&self, name: &str) -> Option<&Value<'r>> {
        let is_it = |key: &Value<'r>| matches!(key, Value::Str(text) if text.as_str() == name);
        self.members.iter().find(|(key, _)| is_it(key)).map(|(_, value)| value)
    }
}

/// Values that are run through one after the other.
#[derive(Debug)]
pub(crate) struct Lazy<'r> {
    /// None once a generator was run through.
    pub(crate) values: RefCell<Option<Rc<Sequence<'r>>>>,
    pub(crate) kind: LazyKind,
}

impl<'r> Lazy<'r> {
    /// What is left of the values.
    pub(crate) fn peek(&self) -> Option<Rc<Sequence<'r>>> {
        self.values.borrow().clone()
    }
}

/// What Python would have in the place of a [`Lazy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LazyKind {
    /// Run through once, without a length.
    Generator,
    /// The keys, values or members of a dict.
    View,
    /// A `range`.
    Range,
}

/// A running `for`.
#[derive(Clone, Debug)]
pub(crate) struct LoopState<'r> {
    pub(crate) serial: u64,
    pub(crate) values: Rc<Sequence<'r>>,
    pub(crate) index: usize,
    pub(crate) last_changed: Option<Vec<Value<'r>>>,
}

impl LoopState<'_> {
    /// An attribute that is a whole number.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        let (index, length) = (self.index as i64, self.values.len() as i64);
        Some(match name {
            "index" => index + 1,
            "index0" => index,
            "revindex" => length - index,
            "revindex0" => length - index - 1,
            "length" => length,
            "depth" => 1,
            "depth0" => 0,
            _ => return None,
        })
    }
}

impl<'r> Value<'r> {
    pub(crate) fn text(text: &'r str) -> Self {
        Value::Str(Text::template(text))
    }

    /// How deep it nests lists and dicts.
    pub(crate) fn height(&self) -> u32 {
        match self {
            Value::List(sequence) | Value::Tuple(sequence) => sequence.height,
            Value::Dict(dict) => dict.height,
            Value::Iterator(lazy) => lazy.peek().map_or(0, |values| values.height),
            _ => 0,
        }
    }

    /// The same text, marked safe.
    pub(crate) fn marked_safe(self) -> Self {
        match self {
            Value::Str(text) => Value::Safe(text),
            other => other,
        }
    }

    /// What Python calls the type, for messages.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Value::Undefined(_) => "undefined",
            Value::None => "NoneType",
            Value::Bool(_) => "bool",
            value if value.is_int() => "int",
            value if value.is_float() => "float",
            Value::Str(_) | Value::Safe(_) => "str",
            value if value.is_mapping() => "dict",
            Value::Source(_) | Value::Json(..) | Value::List(_) => "list",
            Value::Tuple(_) => "tuple",
            Value::Iterator(_) => "generator",
            Value::Namespace(_) => "Namespace",
            Value::Loop(..) => "LoopContext",
            Value::Macro(_) => "Macro",
            _ => "object",
        }
    }

    /// Whether Python's `collections.abc.Mapping` holds it.
    pub(crate) fn is_mapping(&self) -> bool {
        match self {
            Value::Dict(_) => true,
            Value::Source(source) => source.is_object(),
            Value::Json(json, _) => json.kind() == Kind::Object,
            _ => false,
        }
    }

    /// Whether it is a list, as JSON arrays are.
    pub(crate) fn is_list(&self) -> bool {
        match self {
            Value::List(_) => true,
            Value::Source(source) => !source.is_object(),
            Value::Json(json, _) => json.kind() == Kind::Array,
            _ => false,
        }
    }

    pub(crate) fn is_undefined(&self) -> bool {
        matches!(self, Value::Undefined(_))
    }

    /// The text of a string; a safe string counts as one.
    pub(crate) fn as_text(&self) -> Option<&Text<'r>> {
        match self {
            Value::Str(text) | Value::Safe(text) => Some(text),
            _ => None,
        }
    }

    /// The integer it is; booleans count, as in Python.
    pub(crate) fn as_int(&self) -> Option<i64> {
        match self {
            Value::Bool(yes) => Some(i64::from(*yes)),
            Value::Int(number) => Some(*number),
            Value::Number(text) => text.as_str().parse().ok(),
            _ => None,
        }
    }

    /// The number it is, as a float.
    pub(crate) fn as_float(&self) -> Option<f64> {
        match self {
            Value::Float(number) => Some(*number),
            Value::Number(text) => text.as_str().parse().ok(),
            other => other.as_int().map(|number| number as f64),
        }
    }

    /// Whether it is an `int` of Python, which booleans are too.
    pub(crate) fn is_int(&self) -> bool {
        match self {
            Value::Bool(_) | Value::Int(_) => true,
            Value::Number(text) => is_int(text.as_str()),
            _ => false,
        }
    }

    pub(crate) fn is_float(&self) -> bool {
        match self {
            Value::Float(_) => true,
            Value::Number(text) => !is_int(text.as_str()),
            _ => false,
        }
    }
}

/// Whether a JSON number is spelled as an integer.
pub(crate) fn is_int(number: &str) -> bool {
    !number.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E'))
}

/// A variable in scope.
pub(crate) type Binding<'r> = (Name, Value<'r>);
