//! A compiled template: the syntax tree with its names numbered and its constants ready.

use rustc_hash::FxHashMap;

use crate::filters::Filter;
use crate::tests::Test;

/// A variable name, numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name(pub(crate) u32);

/// Names with their numbers.
#[derive(Debug, Default)]
pub(crate) struct Names {
    numbers: FxHashMap<String, u32>,
    texts: Vec<String>,
}

impl Names {
    pub(crate) fn number(&mut self, text: &str) -> Name {
        if let Some(&number) = self.numbers.get(text) {
            return Name(number);
        }
        let number = self.texts.len() as u32;
        self.numbers.insert(text.to_owned(), number);
        self.texts.push(text.to_owned());
        Name(number)
    }

    pub(crate) fn find(&self, text: &str) -> Option<Name> {
        self.numbers.get(text).map(|number| Name(*number))
    }

    pub(crate) fn text(&self, name: Name) -> &str {
        &self.texts[name.0 as usize]
    }
}

/// What a conversation is printed with besides its messages: whether a generation prompt follows, and
/// the arguments by which templates choose between thinking and not.
pub(crate) const GENERATION_PROMPT: &str = "add_generation_prompt";
pub(crate) const THINKING: [&str; 2] = ["enable_thinking", "thinking"];

/// A template ready to run.
#[derive(Debug)]
pub struct Program {
    pub(crate) names: Names,
    /// The name of the `loop` of a running `for`.
    pub(crate) loop_name: Name,
    pub(crate) body: Vec<Stmt>,
    /// How many statements come before the first that knows in which mode it is printed.
    pub(crate) before_modes: usize,
}

impl Program {
    /// Whether the template asks for the thinking mode.
    #[must_use]
    pub fn thinks(&self) -> bool {
        THINKING.iter().any(|name| self.names.find(name).is_some())
    }
}

#[derive(Debug)]
pub(crate) enum Stmt {
    /// Text of the template.
    Raw(Box<str>),
    Print(Expr),
    If {
        test: Expr,
        yes: Vec<Stmt>,
        no: Vec<Stmt>,
    },
    For(Box<ForNode>),
    With {
        bindings: Vec<(Target, Expr)>,
        body: Vec<Stmt>,
    },
    /// What the template says the model generates.
    Generation(Vec<Stmt>),
    Set(Target, Expr),
    SetBlock {
        target: Target,
        filter: Option<Expr>,
        body: Vec<Stmt>,
    },
    FilterBlock {
        filter: Expr,
        body: Vec<Stmt>,
    },
    Macro(Box<MacroNode>),
    CallBlock {
        call: CallNode,
        caller: Box<MacroNode>,
    },
    Break,
    Continue,
}

#[derive(Debug)]
pub(crate) struct ForNode {
    pub(crate) target: Target,
    pub(crate) values: Expr,
    pub(crate) condition: Option<Expr>,
    pub(crate) body: Vec<Stmt>,
    pub(crate) otherwise: Vec<Stmt>,
}

#[derive(Debug)]
pub(crate) struct MacroNode {
    pub(crate) name: Name,
    pub(crate) parameters: Vec<Name>,
    /// Of the last parameters.
    pub(crate) defaults: Vec<Expr>,
    pub(crate) body: Vec<Stmt>,
    pub(crate) uses_varargs: bool,
    pub(crate) uses_kwargs: bool,
    pub(crate) uses_caller: bool,
}

/// What a `set` or `for` assigns to.
#[derive(Debug)]
pub(crate) enum Target {
    Name(Name),
    /// An attribute of a namespace.
    Attribute(Name, Box<str>),
    Tuple(Vec<Target>),
}

#[derive(Debug)]
pub(crate) enum Expr {
    Undefined,
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Box<str>),
    Var(Name),
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    Dict(Vec<(Expr, Expr)>),
    Attribute(Box<Expr>, Box<str>),
    Subscript(Box<Expr>, Box<Expr>),
    Slice(Box<SliceNode>),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Binary(Operator, Box<Expr>, Box<Expr>),
    Compare(Box<Expr>, Vec<(Comparison, Expr)>),
    If(Box<IfNode>),
    /// A filter; without a value it is the body of a filter block.
    Filter(Filter, Option<Box<Expr>>, Arguments),
    Test(Test, Box<Expr>, Arguments),
    Call(Box<CallNode>),
    /// A filter or test that the engine does not know; an error only where it is reached, as in jinja2.
    Unknown(Box<str>),
}

#[derive(Debug)]
pub(crate) struct SliceNode {
    pub(crate) value: Expr,
    pub(crate) start: Option<Expr>,
    pub(crate) stop: Option<Expr>,
    pub(crate) step: Option<Expr>,
}

#[derive(Debug)]
pub(crate) struct IfNode {
    pub(crate) test: Expr,
    pub(crate) yes: Expr,
    pub(crate) no: Option<Expr>,
}

#[derive(Debug)]
pub(crate) struct CallNode {
    pub(crate) target: CallTarget,
    pub(crate) arguments: Arguments,
}

#[derive(Debug)]
pub(crate) enum CallTarget {
    Value(Expr),
    Method(Expr, Box<str>),
}

/// The arguments of a call, filter or test as they are written.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) positional: Vec<Expr>,
    pub(crate) named: Vec<(Box<str>, Expr)>,
    /// `*values`
    pub(crate) splat: Option<Box<Expr>>,
    /// `**values`
    pub(crate) named_splat: Option<Box<Expr>>,
}

impl Arguments {
    pub(crate) fn is_empty(&self) -> bool {
        self.positional.is_empty()
            && self.named.is_empty()
            && self.splat.is_none()
            && self.named_splat.is_none()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
    Power,
    Concat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}
