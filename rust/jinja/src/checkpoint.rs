//! A rendering that stands before the first statement that knows in which mode it is.
//!
//! A turn is proved by prompts in several modes: with thinking, without, unsaid. They print the same
//! messages and differ where the template asks for the mode, mostly at its end. What comes before that is
//! run once for all modes.
//!
//! The invariant: no statement before the checkpoint reads a mode, neither itself nor through a macro it calls
//! (`mentions`), and no value in the state is used up or changed by going on (`is_settled`). So the state is the same
//! for every mode, and each may go on from its own copy.

use crate::evaluate::{Attributes, Definition, Evaluator};
use crate::text::Run;
use crate::value::{Binding, Value};

/// The state of a rendering.
#[derive(Debug)]
pub(crate) struct Checkpoint<'r> {
    /// How many messages it prints.
    pub(crate) count: usize,
    variables: Vec<Binding<'r>>,
    namespaces: Vec<Attributes<'r>>,
    macros: Vec<Definition<'r>>,
    joiners: Vec<(Value<'r>, bool)>,
    text: String,
    runs: Vec<Run>,
    steps: u64,
    serials: u64,
}

impl<'r> Evaluator<'r> {
    /// The state of this rendering of `count` messages, without the first `modes` variables; none where
    /// something in it would change by going on.
    pub(crate) fn checkpoint(&self, count: usize, modes: usize) -> Option<Checkpoint<'r>> {
        let variables = &self.variables[modes..];
        let mut values = variables.iter().map(|(_, value)| value);
        let mut members = self.namespaces.iter().flatten().map(|(_, value)| value);
        if !self.cyclers.is_empty() || !values.all(is_settled) || !members.all(is_settled) {
            return None;
        }
        Some(Checkpoint {
            count,
            variables: variables.to_vec(),
            namespaces: self.namespaces.clone(),
            macros: self.macros.clone(),
            joiners: self.joiners.clone(),
            text: self.out.text.clone(),
            runs: self.out.runs.clone(),
            steps: self.steps,
            serials: self.serials,
        })
    }

    /// Goes on from a state, with the modes that are defined already.
    pub(crate) fn resume(&mut self, from: &Checkpoint<'r>) {
        self.variables.extend_from_slice(&from.variables);
        self.namespaces.clone_from(&from.namespaces);
        self.macros.clone_from(&from.macros);
        self.joiners.clone_from(&from.joiners);
        self.out.text.push_str(&from.text);
        self.out.runs.extend_from_slice(&from.runs);
        self.steps = from.steps;
        self.serials = from.serials;
    }
}

/// Whether a value stays as it is when it is looked at: an iterator is used up.
fn is_settled(value: &Value<'_>) -> bool {
    match value {
        Value::Iterator(_) | Value::Cycler(_) => false,
        Value::List(values) | Value::Tuple(values) => values.iter().all(is_settled),
        Value::Dict(dict) => {
            dict.message.is_some() || dict.members.iter().all(|(_, value)| is_settled(value))
        }
        _ => true,
    }
}
