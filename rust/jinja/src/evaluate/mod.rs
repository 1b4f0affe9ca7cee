//! Running a template: scopes, statements, output.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use tooltrain_json::Json;

use crate::clock::Day;
use crate::memo::Memo;
use crate::program::{CallNode, Expr, ForNode, MacroNode, Name, Operator, Program, Stmt, Target};
use crate::raised::{Raised, Result};
use crate::record::Recording;
use crate::text::{Meter, Owner, Text, Woven};
use crate::value::{
    Binding, Dict, JsonSource, Lazy, LazyKind, LoopState, MAX_NESTING, Members, Sequence, Value,
};

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

/// Where a function of the template looks for names: its own variables, then those that stood where
/// it was defined.
#[derive(Clone, Copy, Debug)]
struct Scope {
    /// Its first variable.
    start: usize,
    /// The scope around the definition, and the frame in it that was current.
    parent: Option<(usize, usize)>,
}

/// Variables that vanish together: those of a loop's turn, of a `with`, of a macro call.
#[derive(Clone, Copy, Debug)]
struct Frame {
    start: usize,
    serial: u64,
}

/// A macro with the place it was defined in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Definition<'r> {
    pub(crate) node: &'r MacroNode,
    scope: usize,
    frame: usize,
    serial: u64,
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

/// The one text that a block has printed, which is its value as it stands.
#[derive(Clone, Debug)]
struct Captured<'r>(Option<Text<'r>>);

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

    /// Runs statements of the template's own level.
    pub(crate) fn print(&mut self, statements: &'r [Stmt]) -> Result<()> {
        match self.run(statements)? {
            Flow::Next => Ok(()),
            Flow::Break | Flow::Continue => Err(loop_control_outside()),
        }
    }

    // Costs.

    pub(crate) fn step(&mut self) -> Result<()> {
        self.steps(1)
    }

    pub(crate) fn steps(&mut self, count: usize) -> Result<()> {
        self.steps = self.steps.checked_sub(count as u64).ok_or(Raised::Limit("steps"))?;
        Ok(())
    }

    /// Asks for room for a text of `bytes` before it is built.
    pub(crate) fn room(&mut self, bytes: usize) -> Result<()> {
        self.meter.room(bytes)?;
        self.steps(bytes / BYTES_A_STEP)
    }

    /// The finished text as a value.
    pub(crate) fn text(&mut self, woven: Woven<'r>) -> Result<Value<'r>> {
        self.steps(woven.text.len() / BYTES_A_STEP)?;
        Ok(Value::Str(woven.finish(self.meter)?))
    }

    /// A text of one owner that was built outside.
    pub(crate) fn owned_text(&mut self, text: String, owner: Owner) -> Result<Value<'r>> {
        let mut woven = Woven::default();
        woven.text = text;
        woven.cover(owner);
        self.text(woven)
    }

    /// `text` with each of its pieces changed, owners kept.
    pub(crate) fn map_text(
        &mut self,
        text: &Text<'r>,
        mut change: impl FnMut(&str) -> String,
    ) -> Result<Value<'r>> {
        self.room(text.len())?;
        let mut woven = Woven::default();
        text.for_each_piece(|piece, owner| woven.push(&change(piece), owner));
        self.text(woven)
    }

    // Containers.

    /// Values in a row, whose memory counts and whose nesting is bounded.
    pub(crate) fn sequence(&mut self, values: Vec<Value<'r>>) -> Result<Rc<Sequence<'r>>> {
        self.steps(values.len() / 8)?;
        let height = height_above(values.iter().map(Value::height))?;
        let held = self.meter.hold((values.capacity() + 2) * size_of::<Value<'_>>())?;
        Ok(Rc::new(Sequence { values, height, _held: held }))
    }

    pub(crate) fn list(&mut self, values: Vec<Value<'r>>) -> Result<Value<'r>> {
        Ok(Value::List(self.sequence(values)?))
    }

    pub(crate) fn tuple(&mut self, values: Vec<Value<'r>>) -> Result<Value<'r>> {
        Ok(Value::Tuple(self.sequence(values)?))
    }

    pub(crate) fn dict(&mut self, members: Members<'r>) -> Result<Value<'r>> {
        self.dict_of(members, None)
    }

    /// The dict that a message of the conversation is, or any other.
    pub(crate) fn dict_of(&mut self, members: Members<'r>, message: Option<u32>) -> Result<Value<'r>> {
        self.steps(members.len() / 4)?;
        let height = height_above(members.iter().map(|(_, value)| value.height()))?;
        let held = self.meter.hold((members.capacity() + 1) * 2 * size_of::<Value<'_>>())?;
        Ok(Value::Dict(Rc::new(Dict { members, height, message, _held: held })))
    }

    pub(crate) fn lazy(&mut self, values: Vec<Value<'r>>, kind: LazyKind) -> Result<Value<'r>> {
        let values = self.sequence(values)?;
        Ok(Value::Iterator(Rc::new(Lazy { values: RefCell::new(Some(values)), kind })))
    }

    pub(crate) fn namespace(&mut self, members: Attributes<'r>) -> Result<Value<'r>> {
        self.meter.keep((members.len() + 1) * 2 * size_of::<Value<'_>>())?;
        self.namespaces.push(members);
        Ok(Value::Namespace(self.namespaces.len() as u32 - 1))
    }

    /// The values of an iterator; those of a generator are gone afterwards.
    pub(crate) fn take_lazy(&mut self, lazy: &Lazy<'r>) -> Result<Rc<Sequence<'r>>> {
        let left = match lazy.kind {
            LazyKind::Generator => lazy.values.borrow_mut().take(),
            LazyKind::View | LazyKind::Range => lazy.peek(),
        };
        left.map_or_else(|| self.sequence(Vec::new()), Ok)
    }

    /// The state of a running `for`.
    pub(crate) fn loop_state(&mut self, place: u32, serial: u64) -> Result<&mut LoopState<'r>> {
        let state = self.loops.get_mut(place as usize).filter(|state| state.serial == serial);
        state.ok_or_else(|| Raised::unsupported("the `loop` of a loop that has ended"))
    }

    /// A node of the conversation's JSON as a value.
    pub(crate) fn json_value(&mut self, json: Json<'r, 'r>, owner: Owner) -> Result<Value<'r>> {
        use tooltrain_json::Kind;
        Ok(match json.kind() {
            Kind::Null => Value::None,
            Kind::True => Value::Bool(true),
            Kind::False => Value::Bool(false),
            Kind::Number => Value::Number(Text::Piece(json.source(), owner)),
            Kind::String => match json.text().unwrap_or_default() {
                Cow::Borrowed(text) => Value::Str(Text::Piece(text, owner)),
                Cow::Owned(text) => self.owned_text(text, owner)?,
            },
            Kind::Array | Kind::Object => Value::Json(json, owner),
        })
    }

    /// JSON text of the conversation as a value; containers stay unread.
    pub(crate) fn source_value(&mut self, source: &'r JsonSource<'r>) -> Result<Value<'r>> {
        if source.is_container() {
            return Ok(Value::Source(source));
        }
        self.json_value(source.json()?, source.owner)
    }

    // Names.

    /// Gives a variable of the template's own scope its value, before the template runs.
    pub(crate) fn define(&mut self, name: &str, value: Value<'r>) {
        if let Some(name) = self.program.names.find(name) {
            self.assign(name, value);
        }
    }

    /// The place of a variable.
    pub(crate) fn find(&self, name: Name) -> Option<usize> {
        let mut scope = self.scopes[self.scopes.len() - 1];
        let mut end = self.variables.len();
        loop {
            let own = &self.variables[scope.start..end];
            if let Some(place) = own.iter().rposition(|(known, _)| *known == name) {
                return Some(scope.start + place);
            }
            let (parent, frame) = scope.parent?;
            scope = self.scopes[parent];
            end = self.frames.get(frame + 1).map_or(self.variables.len(), |next| next.start);
        }
    }

    fn assign(&mut self, name: Name, value: Value<'r>) {
        let start = self.frames[self.frames.len() - 1].start;
        match self.variables[start..].iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.variables.push((name, value)),
        }
    }

    fn assign_target(&mut self, target: &'r Target, value: Value<'r>) -> Result<()> {
        match target {
            Target::Name(name) => self.assign(*name, value),
            Target::Attribute(name, attribute) => {
                let Some(Value::Namespace(id)) = self.read(*name) else {
                    return Err(Raised::template("cannot assign attribute on non-namespace object"));
                };
                if attribute.starts_with('_') {
                    return Err(Raised::template("underscore-prefixed attributes cannot be stored"));
                }
                self.note_write(id, attribute, &value);
                self.set_attribute(id, attribute, value)?;
            }
            Target::Tuple(targets) => {
                let values = self.iterate(&value)?;
                if values.len() != targets.len() {
                    return Err(Raised::template(format!(
                        "cannot unpack {} values into {} names",
                        values.len(),
                        targets.len()
                    )));
                }
                for (target, value) in targets.iter().zip(values.iter()) {
                    self.assign_target(target, value.clone())?;
                }
            }
        }
        Ok(())
    }

    /// Sets an attribute of a namespace.
    pub(crate) fn set_attribute(&mut self, id: u32, attribute: &'r str, value: Value<'r>) -> Result<()> {
        self.meter.keep(2 * size_of::<Value<'_>>())?;
        let members = &mut self.namespaces[id as usize];
        match members.iter_mut().find(|(known, _)| **known == *attribute) {
            Some((_, old)) => *old = value,
            None => members.push((Cow::Borrowed(attribute), value)),
        }
        Ok(())
    }

    fn push_frame(&mut self) {
        self.serials += 1;
        self.frames.push(Frame { start: self.variables.len(), serial: self.serials });
    }

    fn pop_frame(&mut self) {
        if let Some(frame) = self.frames.pop() {
            self.variables.truncate(frame.start);
        }
    }

    // Statements.

    fn run(&mut self, statements: &'r [Stmt]) -> Result<Flow> {
        self.deeper()?;
        for statement in statements {
            let flow = self.statement(statement)?;
            if flow != Flow::Next {
                self.depth -= 1;
                return Ok(flow);
            }
        }
        self.depth -= 1;
        Ok(Flow::Next)
    }

    /// Goes one level down; the caller comes up again.
    pub(crate) fn deeper(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Raised::Limit("nesting"));
        }
        Ok(())
    }

    pub(crate) fn shallower(&mut self) {
        self.depth -= 1;
    }

    fn statement(&mut self, statement: &'r Stmt) -> Result<Flow> {
        self.step()?;
        match statement {
            Stmt::Raw(text) => self.emit(&Text::template(text))?,
            Stmt::Print(expr) => self.print_expr(expr)?,
            Stmt::If { test, yes, no } => {
                return if self.truth(test)? { self.run(yes) } else { self.run(no) };
            }
            Stmt::For(node) => return self.run_for(node),
            Stmt::With { bindings, body } => {
                let values =
                    bindings.iter().map(|(_, value)| self.expr(value)).collect::<Result<Vec<_>>>()?;
                self.push_frame();
                for ((target, _), value) in bindings.iter().zip(values) {
                    self.assign_target(target, value)?;
                }
                let flow = self.run(body)?;
                self.pop_frame();
                return Ok(flow);
            }
            Stmt::Generation(body) => {
                self.push_frame();
                let flow = self.run(body)?;
                self.pop_frame();
                return Ok(flow);
            }
            Stmt::Set(target, value) => {
                let value = self.expr(value)?;
                self.assign_target(target, value)?;
            }
            Stmt::SetBlock { target, filter, body } => {
                let text = self.capture(body)?;
                let value = self.filter_block(filter.as_ref(), text)?;
                self.assign_target(target, value)?;
            }
            Stmt::FilterBlock { filter, body } => {
                let text = self.capture(body)?;
                let value = self.filter_block(Some(filter), text)?;
                self.emit_value(&value)?;
            }
            Stmt::Macro(node) => {
                let value = self.define_macro(node)?;
                self.assign(node.name, value);
            }
            Stmt::CallBlock { call, caller } => self.call_block(call, caller)?,
            Stmt::Break => return Ok(Flow::Break),
            Stmt::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::Next)
    }

    fn run_for(&mut self, node: &'r ForNode) -> Result<Flow> {
        let values = self.expr(&node.values)?;
        let mut values = self.iterate(&values)?;
        if let Some(condition) = &node.condition {
            let mut kept = Vec::new();
            for value in values.iter() {
                self.push_frame();
                self.assign_target(&node.target, value.clone())?;
                if self.truth(condition)? {
                    kept.push(value.clone());
                }
                self.pop_frame();
            }
            values = self.sequence(kept)?;
        }
        if values.is_empty() {
            self.push_frame();
            let flow = self.run(&node.otherwise)?;
            self.pop_frame();
            return Ok(flow);
        }
        self.serials += 1;
        let serial = self.serials;
        let place = self.loops.len();
        let outermost = place == 0 && self.frames.len() == 1 && self.scopes.len() == 1;
        let kept = if outermost { self.enter(node) } else { None };
        self.loops.push(LoopState { serial, values: values.clone(), index: 0, last_changed: None });
        for (index, value) in values.iter().enumerate() {
            self.step()?;
            self.loops[place].index = index;
            let repeated = match kept {
                Some(kept) => self.replay(kept, index, serial, value)?,
                None => None,
            };
            let flow = match repeated {
                Some(flow) => flow,
                None => self.run_turn(node, place, index, value, kept)?,
            };
            if flow == Flow::Break {
                break;
            }
        }
        self.loops.truncate(place);
        Ok(Flow::Next)
    }

    /// One turn of a `for`, kept where `kept` is the loop's place among those that are.
    fn run_turn(
        &mut self,
        node: &'r ForNode,
        place: usize,
        index: usize,
        value: &Value<'r>,
        kept: Option<usize>,
    ) -> Result<Flow> {
        if let Some(kept) = kept {
            self.record(kept);
        }
        self.push_frame();
        self.assign(self.program.loop_name, Value::Loop(place as u32, self.loops[place].serial));
        self.assign_target(&node.target, value.clone())?;
        let flow = self.run(&node.body)?;
        self.pop_frame();
        if kept.is_some() {
            self.keep(index, value, flow);
        }
        Ok(flow)
    }

    /// What `body` prints, as a value.
    fn capture(&mut self, body: &'r [Stmt]) -> Result<Value<'r>> {
        let outer = std::mem::take(&mut self.out);
        let outer_captured = self.captured.replace(Captured(None));
        self.push_frame();
        let flow = self.run(body)?;
        self.pop_frame();
        if flow != Flow::Next {
            return Err(Raised::unsupported("a loop control leaves a block that is captured"));
        }
        let captured = std::mem::replace(&mut self.captured, outer_captured);
        let woven = std::mem::replace(&mut self.out, outer);
        match captured {
            Some(Captured(Some(text))) => Ok(Value::Str(text)),
            _ => self.text(woven),
        }
    }

    // Macros.

    fn define_macro(&mut self, node: &'r MacroNode) -> Result<Value<'r>> {
        self.meter.keep(size_of::<Definition<'_>>())?;
        let frame = self.frames.len() - 1;
        let serial = self.frames[frame].serial;
        self.macros.push(Definition { node, scope: self.scopes.len() - 1, frame, serial });
        Ok(Value::Macro(self.macros.len() as u32 - 1))
    }

    fn call_block(&mut self, call: &'r CallNode, caller: &'r MacroNode) -> Result<()> {
        let caller = self.define_macro(caller)?;
        let value = self.call(call, Some(caller))?;
        self.emit_value(&value)
    }

    pub(crate) fn call_macro(
        &mut self,
        id: u32,
        mut call: Call<'r>,
        caller: Option<Value<'r>>,
    ) -> Result<Value<'r>> {
        let definition = self.macros[id as usize];
        let Definition { node, scope, frame, serial } = definition;
        if self.frames.get(frame).map(|frame| frame.serial) != Some(serial) {
            return Err(Raised::unsupported("a macro is called outside the block that defines it"));
        }
        self.deeper()?;
        self.push_frame();
        self.scopes.push(Scope { start: self.variables.len(), parent: Some((scope, frame)) });
        if let Some(caller) = caller {
            let takes_it =
                node.uses_caller || node.parameters.iter().any(|name| self.is_named(*name, "caller"));
            if !takes_it {
                return Err(Raised::template("a macro was called with a block and takes none"));
            }
            call.named.push((Cow::Borrowed("caller"), caller));
        }
        self.bind(node, call)?;
        let text = self.capture(&node.body)?;
        self.scopes.pop();
        self.pop_frame();
        self.shallower();
        Ok(text)
    }

    fn is_named(&self, name: Name, text: &str) -> bool {
        self.program.names.text(name) == text
    }

    /// Gives a macro's parameters their values: by place, by name, by default.
    fn bind(&mut self, node: &'r MacroNode, call: Call<'r>) -> Result<()> {
        let Call { positional, mut named } = call;
        let mut positional = positional.into_iter();
        let first_default = node.parameters.len() - node.defaults.len();
        for (place, parameter) in node.parameters.iter().enumerate() {
            let name = self.program.names.text(*parameter);
            let by_name = named.iter().position(|(known, _)| known == name).map(|at| named.remove(at).1);
            let value = match (positional.next(), by_name) {
                (Some(_), Some(_)) => {
                    return Err(Raised::template(format!("a macro got two values for `{name}`")));
                }
                (Some(value), None) | (None, Some(value)) => value,
                (None, None) => match place.checked_sub(first_default) {
                    Some(default) => self.expr(&node.defaults[default])?,
                    None => Value::Undefined(name),
                },
            };
            self.assign(*parameter, value);
        }
        if node.uses_caller {
            let at = named.iter().position(|(known, _)| known == "caller");
            let caller = at.map_or(Value::Undefined("caller"), |at| named.remove(at).1);
            self.assign_special("caller", caller);
        }
        if node.uses_kwargs {
            let members = named.drain(..).map(|(name, value)| (cow_value(&name), value)).collect::<Vec<_>>();
            let members =
                members.into_iter().map(|(name, value)| Ok((name?, value))).collect::<Result<_>>()?;
            let kwargs = self.dict(members)?;
            self.assign_special("kwargs", kwargs);
        } else if let Some((name, _)) = named.first() {
            return Err(Raised::template(format!("a macro takes no argument `{name}`")));
        }
        let rest: Vec<_> = positional.collect();
        if node.uses_varargs {
            let varargs = self.tuple(rest)?;
            self.assign_special("varargs", varargs);
        } else if !rest.is_empty() {
            return Err(Raised::template("a macro got more arguments than it takes"));
        }
        Ok(())
    }

    fn assign_special(&mut self, name: &str, value: Value<'r>) {
        if let Some(name) = self.program.names.find(name) {
            self.assign(name, value);
        }
    }

    // Output.

    /// Prints an expression. Texts that are added up are printed one after the other.
    fn print_expr(&mut self, expr: &'r Expr) -> Result<()> {
        if !matches!(expr, Expr::Binary(Operator::Add | Operator::Concat, ..)) {
            let value = self.expr(expr)?;
            return self.emit_value(&value);
        }
        let mut parts = std::mem::take(&mut self.parts);
        match self.sum(expr, &mut parts)? {
            Some(value) => self.emit_value(&value)?,
            None => parts.iter().try_for_each(|part| self.emit(part))?,
        }
        parts.clear();
        self.parts = parts;
        Ok(())
    }

    /// Evaluates a sum of texts into its parts. Where something else is added, the sum so far is a
    /// value and comes back.
    fn sum(&mut self, expr: &'r Expr, parts: &mut Vec<Text<'r>>) -> Result<Option<Value<'r>>> {
        let Expr::Binary(operator @ (Operator::Add | Operator::Concat), left, right) = expr else {
            return Ok(match self.expr(expr)? {
                Value::Str(text) => {
                    parts.push(text);
                    None
                }
                other => Some(other),
            });
        };
        self.deeper()?;
        let left = self.sum(left, parts)?;
        let right = self.expr(right)?;
        self.shallower();
        match (left, right) {
            (None, Value::Str(text)) => {
                parts.push(text);
                Ok(None)
            }
            (left, right) => {
                let left = match left {
                    Some(left) => left,
                    None => self.join_parts(parts)?,
                };
                match self.binary(*operator, &left, &right)? {
                    Value::Str(text) => {
                        parts.clear();
                        parts.push(text);
                        Ok(None)
                    }
                    other => Ok(Some(other)),
                }
            }
        }
    }

    fn join_parts(&mut self, parts: &mut Vec<Text<'r>>) -> Result<Value<'r>> {
        self.room(parts.iter().map(Text::len).sum())?;
        let mut woven = Woven::default();
        parts.drain(..).for_each(|part| woven.push_text(&part));
        self.text(woven)
    }

    pub(crate) fn emit(&mut self, text: &Text<'r>) -> Result<()> {
        let length = text.len();
        self.steps(length / BYTES_A_STEP)?;
        if self.out.text.len() + length > self.limits.output {
            return Err(Raised::Limit("output"));
        }
        if let Some(Captured(only @ None)) = &mut self.captured
            && length > 0
        {
            *only = Some(text.clone());
            return Ok(());
        }
        self.write_captured();
        self.out.push_text(text);
        Ok(())
    }

    /// Writes what was captured: another text follows it.
    fn write_captured(&mut self) {
        if let Some(Captured(Some(text))) = self.captured.take() {
            self.out.push_text(&text);
        }
    }

    pub(crate) fn emit_value(&mut self, value: &Value<'r>) -> Result<()> {
        match value {
            Value::Str(text) | Value::Safe(text) | Value::Number(text) => self.emit(text),
            Value::Undefined(_) => Ok(()),
            other => {
                let Value::Str(text) = self.python_str(other)? else { return Ok(()) };
                self.emit(&text)
            }
        }
    }
}

/// The height of a container of values of these heights.
fn height_above(heights: impl Iterator<Item = u32>) -> Result<u32> {
    let height = 1 + heights.max().unwrap_or(0);
    if height > MAX_NESTING { Err(Raised::Limit("nesting")) } else { Ok(height) }
}

/// A name as a string value.
pub(crate) fn cow_value<'r>(name: &Cow<'r, str>) -> Result<Value<'r>> {
    match name {
        Cow::Borrowed(name) => Ok(Value::text(name)),
        Cow::Owned(_) => Err(Raised::unsupported("keyword arguments with built names")),
    }
}

fn loop_control_outside() -> Raised {
    Raised::template("a loop control stands outside a loop")
}
