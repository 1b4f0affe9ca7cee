//! One step of splitting: what a single pre-tokenizer does to a piece of text.

use std::ops::Range;

use super::alphabet::{Alphabet, Classes};
use super::automaton::{Automaton, DEAD, START};
use super::expression::{Node, Refusal};
use super::set::CodeSet;

/// What a stage cuts at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Each match of an expression becomes a piece, and so does what lies between two matches.
    Matches { node: Node, no_gaps: bool },
    /// Rows of digits are cut into threes, counted from their end.
    Threes(Threes),
}

/// Digits in threes, as an expression has them that looks ahead to where the digits end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Threes {
    pub(crate) digit: CodeSet,
    /// What may follow the digits; the others are not cut.
    pub(crate) border: CodeSet,
    pub(crate) border_at_end: bool,
    /// Whether the row is cut from what surrounds it.
    pub(crate) apart: bool,
}

impl Rule {
    /// `no_gaps` demands that every text begins with a match.
    pub(crate) fn new(node: Node, no_gaps: bool) -> Result<Rule, Refusal> {
        match threes(&node) {
            Some(_) if no_gaps => Err("digits in threes that drop what lies between".to_owned()),
            Some(threes) => Ok(Rule::Threes(threes)),
            None => Ok(Rule::Matches { node, no_gaps }),
        }
    }

    pub(crate) fn sets<'r>(&'r self, all: &mut Vec<&'r CodeSet>) {
        match self {
            Rule::Matches { node, .. } => super::automaton::sets(node, all),
            Rule::Threes(threes) => all.extend([&threes.digit, &threes.border]),
        }
    }

    pub(crate) fn compile(&self, alphabet: &Alphabet) -> Result<Stage, Refusal> {
        match self {
            Rule::Matches { node, no_gaps } => {
                let automaton = Automaton::new(node, alphabet)?;
                if *no_gaps && !automaton.always_matches() {
                    return Err("an expression that drops what it does not match".to_owned());
                }
                Ok(Stage::Matches(automaton))
            }
            Rule::Threes(threes) => Ok(Stage::Threes(ThreesStage {
                digit: alphabet.classes(&threes.digit),
                border: alphabet.classes(&threes.border),
                border_at_end: threes.border_at_end,
                apart: threes.apart,
            })),
        }
    }
}

/// A rule over an alphabet.
pub(crate) enum Stage {
    Matches(Automaton),
    Threes(ThreesStage),
}

pub(crate) struct ThreesStage {
    pub(crate) digit: Classes,
    border: Classes,
    border_at_end: bool,
    pub(crate) apart: bool,
}

impl ThreesStage {
    pub(crate) fn is_border(&self, class: Option<u8>) -> bool {
        class.map_or(self.border_at_end, |class| self.border.contain(class))
    }
}

/// `X{1,3}(?=(?:X{3})*B)`, which cuts digits out, and `(?=(X{3})+B)`, which cuts between them.
fn threes(node: &Node) -> Option<Threes> {
    let (digit, ahead, least, apart) = match node {
        Node::Follows(ahead) => (None, ahead, 1, false),
        Node::Concat(parts) => match parts.as_slice() {
            [Node::Repeat { node, least: 1, most: Some(3), lazy: false }, Node::Follows(ahead)] => {
                let Node::Set(digit) = &**node else { return None };
                (Some(digit), ahead, 0, true)
            }
            _ => return None,
        },
        _ => return None,
    };
    let Node::Concat(parts) = &**ahead else { return None };
    let [Node::Repeat { node: group, least: times, most: None, lazy: false }, border] = parts.as_slice()
    else {
        return None;
    };
    let Node::Repeat { node: one, least: 3, most: Some(3), .. } = &**group else { return None };
    let Node::Set(one) = &**one else { return None };
    if *times != least || digit.is_some_and(|digit| digit != one) {
        return None;
    }
    let word = CodeSet::of(crate::unicode::properties::word());
    let (border, border_at_end) = match border {
        Node::WordBorder if one.is_within(&word) => (word.complement(), true),
        Node::Next { set, end } if one.is_within(&set.complement()) => (set.clone(), *end),
        _ => return None,
    };
    Some(Threes { digit: one.clone(), border, border_at_end, apart })
}

/// The characters of a text, as a stage sees them.
pub(crate) trait Symbols {
    /// The class of the character at a place, and how many bytes it has.
    fn at(&self, at: usize) -> (u8, usize);
}

/// What a stage remembers of the text before it, so that nothing is read again and again.
#[derive(Default)]
pub(crate) struct Memory {
    /// Where attempts began that came to no match.
    from: usize,
    /// By place from there on: the state in which such an attempt was, counted from one. No later one
    /// has to go on from the same place in the same state.
    failed: Vec<u32>,
    /// A row of digits that is cut into threes, from one cut to its end.
    threes: Range<usize>,
}

impl Stage {
    /// Where the piece that starts at `at` ends in a text that ends at `end`, and whether the same
    /// pieces follow if splitting begins anew inside it.
    pub(crate) fn end_of_piece(
        &self,
        symbols: &impl Symbols,
        at: usize,
        end: usize,
        memory: &mut Memory,
    ) -> (usize, bool) {
        match self {
            Stage::Matches(automaton) => {
                memory.failed.clear();
                memory.from = at;
                if let Some(matched) = end_of_match(automaton, symbols, at, end, memory) {
                    return (matched, false);
                }
                let mut gap = at;
                while gap < end {
                    gap += symbols.at(gap).1;
                    if gap < end && end_of_match(automaton, symbols, gap, end, memory).is_some() {
                        break;
                    }
                }
                (gap, true)
            }
            Stage::Threes(threes) => (threes.end_of_piece(symbols, at, end, memory), !threes.apart),
        }
    }
}

fn end_of_match(
    automaton: &Automaton,
    symbols: &impl Symbols,
    start: usize,
    end: usize,
    memory: &mut Memory,
) -> Option<usize> {
    let (mut state, mut at, mut found) = (START, start, None);
    while at < end {
        let (class, length) = symbols.at(at);
        let (next, is_match) = automaton.step(state, class);
        if is_match {
            found = Some(at);
        }
        if next == DEAD {
            return found;
        }
        at += length;
        state = next;
        if found.is_none() {
            let place = at - memory.from;
            if memory.failed.len() <= place {
                memory.failed.resize(place + 1, 0);
            }
            if std::mem::replace(&mut memory.failed[place], state + 1) == state + 1 {
                return None;
            }
        }
    }
    if automaton.ends(state) { Some(end) } else { found }
}

impl ThreesStage {
    fn end_of_piece(&self, symbols: &impl Symbols, start: usize, end: usize, memory: &mut Memory) -> usize {
        let mut at = start;
        let mut run = if memory.threes.contains(&start) {
            (6, memory.threes.end)
        } else {
            self.run(symbols, start, end)
        };
        if !self.is_cut(symbols, run.1, end) {
            run.0 = 0;
        }
        if run.0 > 0 {
            let first = (run.0 - 1) % 3 + 1;
            let cut = skip(symbols, start, first);
            if self.apart || cut < run.1 {
                memory.threes = cut..run.1;
                return cut;
            }
        }
        // Up to the next row that is cut, or into it.
        loop {
            at = if at == start && run.1 > start { run.1 } else { at };
            while at < end && !self.digit.contain(symbols.at(at).0) {
                at += symbols.at(at).1;
            }
            if at == end {
                return end;
            }
            run = self.run(symbols, at, end);
            if self.is_cut(symbols, run.1, end) {
                let lead = if self.apart { 0 } else { run.0 % 3 };
                if lead == 0 || run.0 > lead {
                    at = skip(symbols, at, lead);
                    memory.threes = if lead == 0 && self.apart { 0..0 } else { at..run.1 };
                    return at;
                }
            }
            at = run.1;
        }
    }

    /// The number of digits from a place on, and where they end.
    fn run(&self, symbols: &impl Symbols, mut at: usize, end: usize) -> (usize, usize) {
        let mut count = 0;
        while at < end && self.digit.contain(symbols.at(at).0) {
            at += symbols.at(at).1;
            count += 1;
        }
        (count, at)
    }

    fn is_cut(&self, symbols: &impl Symbols, at: usize, end: usize) -> bool {
        self.is_border((at < end).then(|| symbols.at(at).0))
    }
}

/// The place so many characters on.
fn skip(symbols: &impl Symbols, mut at: usize, count: usize) -> usize {
    for _ in 0..count {
        at += symbols.at(at).1;
    }
    at
}
