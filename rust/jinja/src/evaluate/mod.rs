//! Running a template: its state, and what it may use up. Statements, names, macros, values and output have a file each.

mod macros;
mod output;
mod scopes;
mod statements;
mod values;

use std::borrow::Cow;

use crate::clock::Day;
use crate::error::{Result, TemplateError};
use crate::memo::Memo;
use crate::program::Program;
use crate::record::Recording;
use crate::text::{Meter, Text, Woven};
use crate::value::{Binding, LoopState, Value};

pub(crate) use macros::{Definition, cow_value};
use output::Captured;
use scopes::{Frame, Scope};

/// Deepest nesting of expressions, statements and macro calls together. Each level costs stack.
const MAX_DEPTH: u32 = 700;

/// Bytes of text that cost as much as one step.
const BYTES_A_STEP: usize = 64;

/// What a template may use up for one rendering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Statements and expressions, and bytes of text by the dozen.
    pub steps: u64,
    /// Bytes that the values of the template hold at one time.
    pub memory: usize,
    /// Bytes of rendered text.
    pub output: usize,
}

/// Whether a block of statements was left by a loop control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Next,
    Break,
    Continue,
}

/// The attributes of a namespace.
pub(crate) type Attributes<'r> = Vec<(Cow<'r, str>, Value<'r>)>;

/// The arguments of a call, evaluated.
#[derive(Clone, Debug, Default)]
pub(crate) struct Call<'r> {
    pub(crate) positional: Vec<Value<'r>>,
    pub(crate) named: Vec<(Cow<'r, str>, Value<'r>)>,
}

/// One rendering of a template after the other.
#[derive(Debug)]
pub(crate) struct Evaluator<'r> {
    pub(crate) program: &'r Program,
    pub(crate) meter: &'r Meter,
    pub(crate) day: Option<Day>,
    pub(crate) limits: Limits,
    pub(super) steps: u64,
    depth: u32,
    pub(super) serials: u64,
    pub(crate) variables: Vec<Binding<'r>>,
    frames: Vec<Frame>,
    scopes: Vec<Scope>,
    pub(crate) namespaces: Vec<Attributes<'r>>,
    pub(crate) loops: Vec<LoopState<'r>>,
    pub(crate) macros: Vec<Definition<'r>>,
    pub(crate) joiners: Vec<(Value<'r>, bool)>,
    pub(crate) cyclers: Vec<(Vec<Value<'r>>, usize)>,
    pub(crate) out: Woven<'r>,
    /// What is printed is captured, and so far it is at most one text.
    captured: Option<Captured<'r>>,
    /// Room for the parts of a sum that is printed.
    parts: Vec<Text<'r>>,
    /// Turns of loops that were run before, where they are kept.
    pub(crate) memo: Option<Box<Memo<'r>>>,
    pub(crate) recording: Option<Recording>,
}

impl<'r> Evaluator<'r> {
    pub(crate) fn new(program: &'r Program, meter: &'r Meter, day: Option<Day>, limits: Limits) -> Self {
        Self {
            program,
            meter,
            day,
            limits,
            steps: limits.steps,
            depth: 0,
            serials: 0,
            variables: Vec::with_capacity(32),
            frames: vec![Frame { start: 0, serial: 0 }],
            scopes: vec![Scope { start: 0, parent: None }],
            namespaces: Vec::new(),
            loops: Vec::new(),
            macros: Vec::new(),
            joiners: Vec::new(),
            cyclers: Vec::new(),
            out: Woven::default(),
            captured: None,
            parts: Vec::new(),
            memo: None,
            recording: None,
        }
    }

    /// Forgets what was printed and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.steps = self.limits.steps;
        self.depth = 0;
        self.serials = 0;
        self.variables.clear();
        self.frames.truncate(1);
        self.scopes.truncate(1);
        self.namespaces.clear();
        self.loops.clear();
        self.macros.clear();
        self.joiners.clear();
        self.cyclers.clear();
        self.out.clear();
        self.captured = None;
        self.parts.clear();
        self.recording = None;
    }

    pub(crate) fn step(&mut self) -> Result<()> {
        self.steps(1)
    }

    pub(crate) fn steps(&mut self, count: usize) -> Result<()> {
        self.steps = self.steps.checked_sub(count as u64).ok_or(TemplateError::Limit("steps"))?;
        Ok(())
    }

    /// Asks for room for a text of `bytes` before it is built.
    pub(crate) fn room(&mut self, bytes: usize) -> Result<()> {
        self.meter.room(bytes)?;
        self.steps(bytes / BYTES_A_STEP)
    }

    /// The state of a running `for`.
    pub(crate) fn loop_state(&mut self, place: u32, serial: u64) -> Result<&mut LoopState<'r>> {
        let state = self.loops.get_mut(place as usize).filter(|state| state.serial == serial);
        state.ok_or_else(|| TemplateError::unsupported("the `loop` of a loop that has ended"))
    }

    /// Goes one level down; the caller comes up again.
    pub(crate) fn deeper(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(TemplateError::Limit("nesting"));
        }
        Ok(())
    }

    pub(crate) fn shallower(&mut self) {
        self.depth -= 1;
    }
}
