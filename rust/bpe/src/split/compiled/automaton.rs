//! An expression as a table: leftmost-first matching, one step for each character.
//!
//! A state is the ordered list of threads that a backtracking engine would still try, so the first
//! thread to match decides, and those behind it are dropped. What an expression demands of the next
//! character is checked when that character is read: reading a character says at once whether a match
//! ends before it and which state comes after it.

use rustc_hash::FxHashMap;

use super::alphabet::{Alphabet, Classes};
use super::expression::{Node, Refusal};
use super::set::CodeSet;

const MOST_INSTRUCTIONS: usize = 4_000;
const MOST_STATES: usize = 2_000;

/// No thread is left.
pub(crate) const DEAD: u32 = u32::MAX >> 1;

/// A state before its first character.
pub(crate) const START: u32 = 0;

#[derive(Clone, Copy)]
enum Instruction {
    Take(Classes, u32),
    Next(Classes, bool, u32),
    /// The first before the second.
    Both(u32, u32),
    Match,
}

pub(crate) struct Automaton {
    classes: usize,
    /// For each state and class the state that comes next, above a bit for a match that ends before.
    steps: Vec<u32>,
    /// Whether a match ends where the text does.
    ends: Vec<bool>,
    /// Whether a match will be found, whatever follows.
    certain: Vec<bool>,
}

/// The sets of an expression.
pub(crate) fn sets<'n>(node: &'n Node, all: &mut Vec<&'n CodeSet>) {
    match node {
        Node::Set(set) | Node::Next { set, .. } => all.push(set),
        Node::Concat(parts) | Node::Alternatives(parts) => parts.iter().for_each(|part| sets(part, all)),
        Node::Repeat { node, .. } | Node::Follows(node) | Node::FollowsNot(node) => sets(node, all),
        Node::Empty | Node::WordBorder => {}
    }
}

impl Automaton {
    pub(crate) fn new(node: &Node, alphabet: &Alphabet) -> Result<Automaton, Refusal> {
        let mut program = Program { instructions: vec![Instruction::Match], alphabet };
        let start = program.compile(node, 0)?;
        let mut automaton =
            Automaton { classes: alphabet.len(), steps: Vec::new(), ends: Vec::new(), certain: Vec::new() };
        let mut known: FxHashMap<Vec<u32>, u32> = FxHashMap::default();
        let mut waiting = vec![vec![start]];
        known.insert(vec![start], START);
        let mut at = 0;
        while at < waiting.len() {
            let threads = waiting[at].clone();
            for class in 0..alphabet.len() {
                let (next, is_match) = program.step(&threads, Some(class as u8));
                let next = if next.is_empty() {
                    DEAD
                } else {
                    *known.entry(next).or_insert_with_key(|threads| {
                        waiting.push(threads.clone());
                        waiting.len() as u32 - 1
                    })
                };
                automaton.steps.push(next << 1 | u32::from(is_match));
            }
            automaton.ends.push(program.step(&threads, None).1);
            if waiting.len() > MOST_STATES {
                return Err("an expression with too many states".to_owned());
            }
            at += 1;
        }
        let matches_nothing = |class| automaton.step(START, class).1;
        if automaton.ends[START as usize] || (0..alphabet.len()).any(|class| matches_nothing(class as u8)) {
            return Err("an expression that may match nothing".to_owned());
        }
        automaton.find_certain();
        Ok(automaton)
    }

    /// The greatest set of states from which no step leads out of it without a match.
    fn find_certain(&mut self) {
        self.certain = self.ends.clone();
        self.certain[START as usize] = false;
        loop {
            let is_certain = |state: usize| {
                (0..self.classes).all(|class| {
                    let (next, is_match) = self.step(state as u32, class as u8);
                    is_match || next != DEAD && self.certain[next as usize]
                })
            };
            let still = (0..self.ends.len()).map(|state| self.certain[state] && is_certain(state));
            let still: Vec<bool> = still.collect();
            if still == self.certain {
                return;
            }
            self.certain = still;
        }
    }

    /// The state behind a character, and whether a match ends before it.
    #[inline(always)]
    pub(crate) fn step(&self, state: u32, class: u8) -> (u32, bool) {
        let step = self.steps[state as usize * self.classes + usize::from(class)];
        (step >> 1, step & 1 != 0)
    }

    /// Whether a match ends where the text does.
    pub(crate) fn ends(&self, state: u32) -> bool {
        self.ends[state as usize]
    }

    /// Whether a match will be found, whatever follows.
    pub(crate) fn is_certain(&self, state: u32) -> bool {
        self.certain[state as usize]
    }

    /// Whether every text begins with a match.
    pub(crate) fn always_matches(&self) -> bool {
        (0..self.classes).all(|class| {
            let (next, _) = self.step(START, class as u8);
            next != DEAD && self.is_certain(next)
        })
    }
}

struct Program<'a> {
    instructions: Vec<Instruction>,
    alphabet: &'a Alphabet,
}

impl Program<'_> {
    fn push(&mut self, instruction: Instruction) -> Result<u32, Refusal> {
        if self.instructions.len() == MOST_INSTRUCTIONS {
            return Err("an expression that is too long".to_owned());
        }
        self.instructions.push(instruction);
        Ok(self.instructions.len() as u32 - 1)
    }

    /// The place where `node` begins, if it is followed by what begins at `after`.
    fn compile(&mut self, node: &Node, after: u32) -> Result<u32, Refusal> {
        match node {
            Node::Empty => Ok(after),
            Node::Set(set) => self.push(Instruction::Take(self.alphabet.classes(set), after)),
            Node::Next { set, end } => self.push(Instruction::Next(self.alphabet.classes(set), *end, after)),
            Node::Concat(parts) => {
                parts.iter().rev().try_fold(after, |after, part| self.compile(part, after))
            }
            Node::Alternatives(branches) => {
                let mut starts = branches.iter().map(|branch| self.compile(branch, after)).collect::<Result<
                    Vec<_>,
                    _,
                >>(
                )?;
                let last = starts.pop().unwrap_or(after);
                starts
                    .into_iter()
                    .rev()
                    .try_fold(last, |second, first| self.push(Instruction::Both(first, second)))
            }
            Node::Repeat { node, least, most, lazy } => {
                let both = |first, second| {
                    if *lazy { Instruction::Both(second, first) } else { Instruction::Both(first, second) }
                };
                let mut start = after;
                if let Some(most) = most {
                    for _ in *least..*most {
                        let once = self.compile(node, start)?;
                        start = self.push(both(once, after))?;
                    }
                } else {
                    start = self.push(Instruction::Match)?;
                    let once = self.compile(node, start)?;
                    self.instructions[start as usize] = both(once, after);
                }
                for _ in 0..*least {
                    start = self.compile(node, start)?;
                }
                Ok(start)
            }
            Node::WordBorder => Err("a word border in this place".to_owned()),
            Node::Follows(_) | Node::FollowsNot(_) => Err("a look ahead at more than a character".to_owned()),
        }
    }

    /// The threads behind a character, or at the end of the text, and whether a match ends before.
    fn step(&self, threads: &[u32], class: Option<u8>) -> (Vec<u32>, bool) {
        let mut next = Vec::new();
        let mut seen = vec![false; self.instructions.len()];
        let mut waiting: Vec<u32> = threads.iter().rev().copied().collect();
        while let Some(at) = waiting.pop() {
            if std::mem::replace(&mut seen[at as usize], true) {
                continue;
            }
            match &self.instructions[at as usize] {
                Instruction::Take(classes, after) => {
                    if class.is_some_and(|class| classes.contain(class)) && !next.contains(after) {
                        next.push(*after);
                    }
                }
                Instruction::Next(classes, end, after) => {
                    if class.map_or(*end, |class| classes.contain(class)) {
                        waiting.push(*after);
                    }
                }
                Instruction::Both(first, second) => waiting.extend([*second, *first]),
                Instruction::Match => return (next, true),
            }
        }
        (next, false)
    }
}
