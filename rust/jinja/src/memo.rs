//! Turns of a loop that were run before, kept to be repeated.
//!
//! To prove its turns, a conversation is printed many times: whole, and up to each turn. What a
//! template does for one message is mostly the same each time. So each turn of an outermost loop is
//! kept with all that it read from outside: variables, attributes of namespaces, its place in the loop.
//! Where all of that is the same again, what it printed and set is repeated instead of run (`replay`).
//! Turns that depend on anything else are run (`record`).
//!
//! The invariant: a turn is a function of its element, its place and what its trace lists as read, and all that it does
//! to the outside is what its trace lists as printed and set. Whatever a turn could read or change has to be noted by
//! the code that lets it, or make the turn unusable (`do_not_keep`). Then repeating a trace whose reads hold gives the
//! bytes, owners and variables that running the turn would give.

use std::ops::Range;
use std::rc::Rc;

use crate::evaluate::Flow;
use crate::program::{Comparison, Expr, ForNode, MacroNode, Name};
use crate::text::{Held, Owner, Text};
use crate::value::Value;

/// Turns of a loop that were not repeated, from which on it may be given up.
const MANY_RUN: u32 = 32;
/// Turns of one element that are kept beside each other: before and after the last question, and with
/// thinking on, off and unsaid.
const VARIANTS: usize = 4;
/// Outer variables that the turns of one loop may read, a bit each.
const VARIABLES: usize = 64;

/// The kept turns of the outermost loops.
#[derive(Debug, Default)]
pub(crate) struct Memo<'r> {
    pub(super) loops: Vec<KeptLoop<'r>>,
    /// What all turns read, set and printed, one after the other.
    pub(super) reads: Vec<Read<'r>>,
    pub(super) writes: Vec<(u32, &'r str, Value<'r>)>,
    pub(super) text: String,
    /// Pieces of text: where they end in the text of their turn, and whose they are.
    pub(super) pieces: Vec<(u32, Owner)>,
    pub(super) held: Vec<Held<'r>>,
}

impl<'r> Memo<'r> {
    /// The numbers of the kept turns: one that is run again gets another.
    pub(crate) fn numbers(&self) -> Vec<u32> {
        let kept = self.loops.iter().flat_map(|kept| kept.turns.iter().flatten());
        kept.map(|trace| trace.text.start).collect()
    }

    /// The place of a loop among those that are kept; none if it was given up.
    pub(super) fn of(&mut self, node: &'r ForNode) -> Option<usize> {
        let known = self.loops.iter().position(|kept| std::ptr::eq(kept.node, node));
        let at = known.unwrap_or_else(|| {
            self.loops.push(KeptLoop {
                node,
                variables: Vec::with_capacity(8),
                now: 0,
                turns: Vec::new(),
                repeated: 0,
                run: 0,
            });
            self.loops.len() - 1
        });
        (!self.loops[at].is_given_up()).then_some(at)
    }
}

/// The kept turns of a loop.
#[derive(Debug)]
pub(super) struct KeptLoop<'r> {
    node: &'r ForNode,
    /// Outer variables with the values that turns read; none where there was no such variable.
    pub(super) variables: Vec<OuterVariable<'r>>,
    /// Which of them have that value in the present rendering, a bit each. They cannot change while the
    /// loop runs: what a turn assigns is its own.
    pub(super) now: u64,
    /// By the element they ran for.
    turns: Vec<Vec<Trace<'r>>>,
    pub(super) repeated: u32,
    /// Turns that had been kept and were run all the same.
    pub(super) run: u32,
}

impl<'r> KeptLoop<'r> {
    /// Whether keeping turns costs more than repeating them spares.
    fn is_given_up(&self) -> bool {
        self.run >= MANY_RUN && self.run > 4 * self.repeated
    }

    pub(super) fn variants(&self, slot: usize) -> &[Trace<'r>] {
        self.turns.get(slot).map_or(&[], Vec::as_slice)
    }

    pub(super) fn keep(&mut self, slot: usize, trace: Trace<'r>) {
        if self.turns.len() <= slot {
            self.turns.resize_with(slot + 1, Vec::new);
        }
        let variants = &mut self.turns[slot];
        if variants.len() == VARIANTS {
            variants.remove(0);
        }
        variants.push(trace);
    }

    /// The bit of a variable that has this value now; none if there are too many.
    pub(super) fn bit(
        &mut self,
        name: Name,
        value: impl FnOnce() -> (Option<Value<'r>>, Option<&'r MacroNode>),
    ) -> Option<u64> {
        let is_it = |(at, known): (usize, &OuterVariable<'r>)| {
            (known.name == name && self.now & (1 << at) != 0).then_some(at)
        };
        let at = match self.variables.iter().enumerate().find_map(is_it) {
            Some(at) => at,
            None if self.variables.len() == VARIABLES => return None,
            None => {
                let (value, runs) = value();
                self.variables.push(OuterVariable { name, value, runs });
                self.now |= 1 << (self.variables.len() - 1);
                self.variables.len() - 1
            }
        };
        Some(1 << at)
    }
}

/// A variable that stands outside of a loop, as a turn saw it.
#[derive(Debug)]
pub(super) struct OuterVariable<'r> {
    pub(super) name: Name,
    pub(super) value: Option<Value<'r>>,
    /// What a macro runs.
    pub(super) runs: Option<&'r MacroNode>,
}

/// Something that a turn of a loop read from outside of it, besides variables.
#[derive(Debug)]
pub(crate) enum Read<'r> {
    /// An attribute of a namespace.
    Attribute(u32, &'r str, Value<'r>),
    /// An attribute of the loop itself.
    Loop(&'r str, Value<'r>),
    /// Two numbers, of which it knows only how they compare.
    Comparison(&'r Expr, Comparison, &'r Expr, bool),
    /// A number made of others.
    Number(&'r Expr, i64),
    /// An element of a list that is a variable; none where the list is shorter.
    Element(Name, usize, Option<Value<'r>>),
}

impl Read<'_> {
    /// Whether both look at the same thing.
    pub(super) fn is_of(&self, other: &Read<'_>) -> bool {
        match (self, other) {
            (Read::Attribute(a, x, _), Read::Attribute(b, y, _)) => (a, x) == (b, y),
            (Read::Loop(a, _), Read::Loop(b, _)) => a == b,
            (Read::Comparison(a, ..), Read::Comparison(b, ..)) | (Read::Number(a, _), Read::Number(b, _)) => {
                std::ptr::eq(*a, *b)
            }
            (Read::Element(a, x, _), Read::Element(b, y, _)) => (a, x) == (b, y),
            _ => false,
        }
    }
}

/// A turn of a loop: what it read, printed and set.
#[derive(Debug)]
pub(super) struct Trace<'r> {
    /// What it ran for; none where its slot says it.
    pub(super) element: Option<Value<'r>>,
    pub(super) index: u32,
    /// Whether it asked for its index.
    pub(super) asks_index: bool,
    /// Who wrote the bytes before what it printed.
    pub(super) before: Option<Owner>,
    /// Whether its first piece goes on with them.
    pub(super) goes_on: bool,
    /// The bits of the variables it read.
    pub(super) variables: u64,
    pub(super) reads: Range<u32>,
    pub(super) writes: Range<u32>,
    pub(super) text: Range<u32>,
    pub(super) pieces: Range<u32>,
    pub(super) flow: Flow,
}

/// Where the turns of an element are kept: by the message it is, else by the turn's index.
pub(super) fn slot(element: &Value<'_>, index: usize) -> (usize, bool) {
    match element {
        Value::Dict(dict) => dict.message.map_or((index, false), |message| (message as usize, true)),
        _ => (index, false),
    }
}

/// Whether two values are the same for any template: equal, of one type, with the same owners.
pub(super) fn same<'r>(a: &Value<'r>, b: &Value<'r>) -> bool {
    match (a, b) {
        (Value::Undefined(a), Value::Undefined(b)) | (Value::Method(a), Value::Method(b)) => a == b,
        (Value::None, Value::None) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        (Value::Number(a), Value::Number(b))
        | (Value::Str(a), Value::Str(b))
        | (Value::Safe(a), Value::Safe(b)) => same_text(a, b),
        (Value::Source(a), Value::Source(b)) => std::ptr::eq(*a, *b),
        (Value::Json(a, owner), Value::Json(b, other)) => {
            owner == other && std::ptr::eq(a.source(), b.source())
        }
        (Value::List(a), Value::List(b)) | (Value::Tuple(a), Value::Tuple(b)) => Rc::ptr_eq(a, b),
        (Value::Dict(a), Value::Dict(b)) => Rc::ptr_eq(a, b),
        (Value::Namespace(a), Value::Namespace(b)) | (Value::Macro(a), Value::Macro(b)) => a == b,
        (Value::Function(a), Value::Function(b)) => a == b,
        _ => false,
    }
}

fn same_text(a: &Text<'_>, b: &Text<'_>) -> bool {
    let pieces = |text: &Text<'_>| {
        let mut pieces = Vec::new();
        text.for_each_piece(|piece, owner| pieces.push((piece.len(), owner)));
        pieces
    };
    match (a, b) {
        (Text::Piece(a, owner), Text::Piece(b, other)) => owner == other && a == b,
        (Text::Woven(a, start, end), Text::Woven(b, from, to))
            if Rc::ptr_eq(a, b) && (start, end) == (from, to) =>
        {
            true
        }
        _ => a.as_str() == b.as_str() && pieces(a) == pieces(b),
    }
}
