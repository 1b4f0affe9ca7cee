//! Keeping a turn of a loop while it runs: what it reads from outside, what it prints and sets.

use std::borrow::Cow;

use crate::evaluate::{Evaluator, Flow};
use crate::memo::{Read, Trace, slot};
use crate::program::{MacroNode, Name};
use crate::text::Owner;
use crate::value::Value;

/// A turn that is being run and kept.
#[derive(Debug)]
pub(crate) struct Recording {
    /// Its loop among the kept ones.
    place: usize,
    /// Variables from here on are the turn's own.
    boundary: usize,
    /// Where the text begins that it prints, and how many runs there were.
    start: usize,
    runs: usize,
    before: Option<Owner>,
    asks_index: bool,
    variables: u64,
    /// Where its reads and writes begin among the kept ones.
    reads: usize,
    writes: usize,
    /// How many namespaces, macros and the like there were.
    made: usize,
    /// Namespaces from here on are the turn's own.
    namespaces: usize,
    /// Whether it depended only on what is kept.
    usable: bool,
}

impl Recording {
    /// Variables from here on are the turn's own.
    pub(crate) fn boundary(&self) -> usize {
        self.boundary
    }

    /// Whether the turn made the namespace.
    fn owns(&self, id: u32) -> bool {
        id as usize >= self.namespaces
    }
}

impl<'r> Evaluator<'r> {
    /// Begins to keep a turn of an outermost loop.
    pub(crate) fn record(&mut self, place: usize) {
        let Some(memo) = &self.memo else { return };
        self.recording = Some(Recording {
            place,
            boundary: self.variables.len(),
            start: self.out.text.len(),
            runs: self.out.runs.len(),
            before: self.last_owner(),
            asks_index: false,
            variables: 0,
            reads: memo.reads.len(),
            writes: memo.writes.len(),
            made: self.made(),
            namespaces: self.namespaces.len(),
            usable: true,
        });
    }

    /// Keeps the turn that ends here.
    pub(crate) fn keep(&mut self, index: usize, element: &Value<'r>, flow: Flow) {
        let Some(recording) = self.recording.take() else { return };
        let Some(mut memo) = self.memo.take() else { return };
        let Recording { place, start, runs, before, asks_index, variables, reads, writes, made, .. } =
            recording;
        // What a turn makes is there only if it is run: nobody else may hold it.
        let hands_on =
            || self.made() != made && memo.writes[writes..].iter().any(|(_, _, value)| !is_plain(value));
        let usable = recording.usable && !hands_on();
        let printed = &self.out.runs[runs..];
        let bytes = self.out.text.len() - start
            + (printed.len() + 1) * size_of::<(u32, Owner)>()
            + (memo.reads.len() - reads) * size_of::<Read<'_>>()
            + (memo.writes.len() - writes) * size_of::<(u32, &str, Value<'_>)>()
            + size_of::<Trace<'_>>();
        // Without room the turn is run again.
        let Some(held) = usable.then(|| self.meter.hold(bytes).ok()).flatten() else {
            memo.reads.truncate(reads);
            memo.writes.truncate(writes);
            self.memo = Some(memo);
            return;
        };
        memo.held.push(held);
        // Its own namespaces are out of reach now. Those made later get the numbers that they get when the
        // turn is repeated.
        self.namespaces.truncate(recording.namespaces);
        let (text, pieces) = (memo.text.len() as u32, memo.pieces.len() as u32);
        memo.text.push_str(&self.out.text[start..]);
        let grown =
            runs.checked_sub(1).map(|last| self.out.runs[last]).filter(|run| run.end as usize > start);
        let goes_on = grown.is_some();
        let ends = grown.iter().chain(&self.out.runs[runs..]).map(|run| (run.end - start as u32, run.owner));
        memo.pieces.extend(ends);
        let (slot, is_its_own) = slot(element, index);
        let trace = Trace {
            element: (!is_its_own).then(|| element.clone()),
            index: index as u32,
            asks_index,
            before,
            goes_on,
            variables,
            reads: reads as u32..memo.reads.len() as u32,
            writes: writes as u32..memo.writes.len() as u32,
            text: text..memo.text.len() as u32,
            pieces: pieces..memo.pieces.len() as u32,
            flow,
        };
        memo.loops[place].keep(slot, trace);
        self.memo = Some(memo);
    }

    /// What a turn does here is not kept: it changes what others see, or sees what is not kept.
    pub(crate) fn do_not_keep(&mut self) {
        if let Some(recording) = &mut self.recording {
            recording.usable = false;
        }
    }

    /// The value of a variable.
    pub(crate) fn read(&mut self, name: Name) -> Option<Value<'r>> {
        let found = self.find(name);
        self.note_variable(name, found);
        found.map(|at| self.variables[at].1.clone())
    }

    /// Notes that a variable was read, which was found there.
    pub(crate) fn note_variable(&mut self, name: Name, found: Option<usize>) {
        let Some(recording) = &mut self.recording else { return };
        if found.is_some_and(|at| at >= recording.boundary) {
            return;
        }
        let Some(memo) = &mut self.memo else { return };
        let (variables, macros) = (&self.variables, &self.macros);
        let bit = memo.loops[recording.place].bit(name, || {
            let value = found.map(|at| variables[at].1.clone());
            let node = match value {
                Some(Value::Macro(id)) => Some(macros[id as usize].node),
                _ => None,
            };
            (value, node)
        });
        match bit {
            Some(bit) => recording.variables |= bit,
            None => recording.usable = false,
        }
    }

    /// Notes what a turn read from outside, once.
    pub(crate) fn note(&mut self, read: Read<'r>) {
        let (Some(recording), Some(memo)) = (&self.recording, &mut self.memo) else { return };
        if !memo.reads[recording.reads..].iter().any(|known| known.is_of(&read)) {
            memo.reads.push(read);
        }
    }

    /// Whether an attribute of a namespace is as it was before the turn that is being kept.
    pub(crate) fn is_from_before(&self, id: u32, name: &str) -> bool {
        let (Some(recording), Some(memo)) = (&self.recording, &self.memo) else { return false };
        !recording.owns(id)
            && !memo.writes[recording.writes..].iter().any(|(at, key, _)| *at == id && *key == name)
    }

    /// An attribute of a namespace.
    pub(crate) fn namespace_attribute(&mut self, id: u32, name: &'r str) -> Value<'r> {
        let value = namespace_member(&self.namespaces[id as usize], name);
        if self.recording.is_some() && self.is_from_before(id, name) {
            self.note(Read::Attribute(id, name, value.clone()));
        }
        value
    }

    /// Notes that an attribute of a namespace was set.
    pub(crate) fn note_write(&mut self, id: u32, name: &'r str, value: &Value<'r>) {
        let (Some(recording), Some(memo)) = (&self.recording, &mut self.memo) else { return };
        if recording.owns(id) {
            return;
        }
        match memo.writes[recording.writes..].iter_mut().find(|(at, key, _)| *at == id && *key == name) {
            Some((_, _, old)) => *old = value.clone(),
            None => memo.writes.push((id, name, value.clone())),
        }
    }

    /// Notes that an attribute of a running loop was read; of inner loops the turn knows all itself.
    pub(crate) fn note_loop(&mut self, place: u32, name: &'r str, value: &Value<'r>) {
        if place != 0 {
            return;
        }
        match (name, &mut self.recording) {
            ("index" | "index0" | "first", Some(recording)) => recording.asks_index = true,
            ("depth" | "depth0", _) => {}
            _ => self.note(Read::Loop(name, value.clone())),
        }
    }

    /// How many values with a number of their own there are.
    fn made(&self) -> usize {
        self.namespaces.len() + self.macros.len() + self.joiners.len() + self.cyclers.len()
    }

    pub(super) fn macro_node(&self, value: &Value<'r>) -> Option<&'r MacroNode> {
        match value {
            Value::Macro(id) => Some(self.macros[*id as usize].node),
            _ => None,
        }
    }
}

fn namespace_member<'r>(members: &[(Cow<'r, str>, Value<'r>)], name: &'r str) -> Value<'r> {
    let found = members.iter().find(|(known, _)| known == name);
    found.map_or(Value::Undefined(name), |(_, value)| value.clone())
}

/// Whether a value holds no other value.
fn is_plain(value: &Value<'_>) -> bool {
    matches!(
        value,
        Value::Undefined(_)
            | Value::None
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Number(_)
            | Value::Str(_)
            | Value::Safe(_)
            | Value::Source(_)
            | Value::Json(..)
    )
}
