//! Repeating turns of a loop that were run before.
//!
//! To prove its turns, a conversation is printed many times: whole, and up to each turn. What a
//! template does for one message is mostly the same each time. So each turn of an outermost loop is
//! kept with all that it read from outside: variables, attributes of namespaces, its place in the loop.
//! Where all of that is the same again, what it printed and set is repeated instead of run. Turns that
//! depend on anything else are run.

use std::rc::Rc;

use super::evaluate::{Evaluator, Flow};
use super::outer::Outer;
use super::program::{Comparison, ForNode, MacroNode, Name};
use super::raised::{Raised, Result};
use super::text::{Held, Owner, Text};
use super::value::Value;

/// Turns of a loop that were not repeated, from which on it may be given up.
const MANY_RUN: u32 = 16;

/// The kept turns of the outermost loops.
#[derive(Debug, Default)]
pub(crate) struct Memo<'r> {
    loops: Vec<KeptLoop<'r>>,
}

/// The kept turns of a loop, by their place.
#[derive(Debug)]
struct KeptLoop<'r> {
    node: &'r ForNode,
    traces: Vec<Option<Rc<Trace<'r>>>>,
    repeated: u32,
    /// Turns that had been kept and were run all the same.
    run: u32,
}

impl KeptLoop<'_> {
    /// Whether keeping turns costs more than repeating them spares.
    fn is_given_up(&self) -> bool {
        self.run >= MANY_RUN && self.run > 4 * self.repeated
    }
}

impl<'r> Memo<'r> {
    /// The addresses of what is kept: it is replaced when a turn is run again.
    #[cfg(test)]
    pub(crate) fn addresses(&self) -> Vec<usize> {
        let traces = self.loops.iter().flat_map(|kept| kept.traces.iter().flatten());
        traces.map(|trace| Rc::as_ptr(trace) as usize).collect()
    }

    fn find(&self, node: &'r ForNode, index: usize) -> Option<Rc<Trace<'r>>> {
        let kept = self.of(node)?;
        if kept.is_given_up() { None } else { kept.traces.get(index)?.clone() }
    }

    fn of(&self, node: &'r ForNode) -> Option<&KeptLoop<'r>> {
        self.loops.iter().find(|kept| std::ptr::eq(kept.node, node))
    }

    fn count(&mut self, node: &'r ForNode, repeated: bool) {
        if let Some(kept) = self.loops.iter_mut().find(|kept| std::ptr::eq(kept.node, node)) {
            *(if repeated { &mut kept.repeated } else { &mut kept.run }) += 1;
        }
    }

    fn keep(&mut self, node: &'r ForNode, index: usize, trace: Trace<'r>) {
        let place = self.loops.iter().position(|kept| std::ptr::eq(kept.node, node));
        let place = place.unwrap_or_else(|| {
            self.loops.push(KeptLoop { node, traces: Vec::new(), repeated: 0, run: 0 });
            self.loops.len() - 1
        });
        let traces = &mut self.loops[place].traces;
        if traces.len() <= index {
            traces.resize_with(index + 1, || None);
        }
        traces[index] = Some(Rc::new(trace));
    }
}

/// Something that a turn of a loop read from outside of it.
#[derive(Debug)]
pub(crate) enum Read<'r> {
    /// A variable; of a macro also what it runs.
    Variable(Name, Option<Value<'r>>, Option<&'r MacroNode>),
    /// An attribute of a namespace.
    Attribute(u32, &'r str, Value<'r>),
    /// An attribute of the loop itself.
    Loop(&'r str, Value<'r>),
    /// Two numbers, of which it knows only how they compare.
    Comparison(Outer<'r>, Comparison, Outer<'r>, bool),
    /// An element of a list that is a variable; none where the list is shorter.
    Element(Name, usize, Option<Value<'r>>),
}

impl Read<'_> {
    /// Whether both look at the same thing.
    fn is_of(&self, other: &Read<'_>) -> bool {
        match (self, other) {
            (Read::Variable(a, ..), Read::Variable(b, ..)) => a == b,
            (Read::Attribute(a, x, _), Read::Attribute(b, y, _)) => (a, x) == (b, y),
            (Read::Loop(a, _), Read::Loop(b, _)) => a == b,
            (Read::Comparison(a, by, x, _), Read::Comparison(b, how, y, _)) => (a, by, x) == (b, how, y),
            (Read::Element(a, x, _), Read::Element(b, y, _)) => (a, x) == (b, y),
            _ => false,
        }
    }
}

/// A turn of a loop: what it read, printed and set.
#[derive(Debug)]
struct Trace<'r> {
    element: Value<'r>,
    /// Who wrote the bytes before what it printed.
    before: Option<Owner>,
    reads: Vec<Read<'r>>,
    writes: Vec<(u32, &'r str, Value<'r>)>,
    text: String,
    /// Lengths and owners of its pieces.
    pieces: Vec<(u32, Owner)>,
    flow: Flow,
    _held: Held<'r>,
}

/// A turn that is being run and kept.
#[derive(Debug)]
pub(crate) struct Recording<'r> {
    /// Variables from here on are the turn's own.
    boundary: usize,
    /// Where the text begins that it prints, and how many runs there were.
    start: usize,
    runs: usize,
    before: Option<Owner>,
    reads: Vec<Read<'r>>,
    writes: Vec<(u32, &'r str, Value<'r>)>,
    /// How many namespaces, macros and the like there were.
    made: usize,
    /// Namespaces from here on are the turn's own.
    namespaces: usize,
    /// Whether it depended only on what is kept.
    usable: bool,
}

impl Recording<'_> {
    /// Variables from here on are the turn's own.
    pub(crate) fn boundary(&self) -> usize {
        self.boundary
    }

    /// Whether an attribute of a namespace is as it was before the turn.
    pub(crate) fn leaves(&self, id: u32, name: &str) -> bool {
        !self.owns(id) && !self.writes.iter().any(|(at, key, _)| *at == id && *key == name)
    }

    /// Whether the turn made the namespace.
    fn owns(&self, id: u32) -> bool {
        id as usize >= self.namespaces
    }
}

impl<'r> Evaluator<'r> {
    /// Repeats a turn of an outermost loop, if it was run before with all it reads as it is now.
    pub(crate) fn replay(
        &mut self,
        node: &'r ForNode,
        index: usize,
        serial: u64,
        element: &Value<'r>,
    ) -> Result<Option<Flow>> {
        let Some(trace) = self.memo.as_ref().and_then(|memo| memo.find(node, index)) else {
            return Ok(None);
        };
        let is_same = self.is_same_turn(&trace, serial, element)?;
        if let Some(memo) = &mut self.memo {
            memo.count(node, is_same);
        }
        if !is_same {
            return Ok(None);
        }
        self.steps(1 + trace.text.len() / 64)?;
        if self.out.text.len() + trace.text.len() > self.limits.output {
            return Err(Raised::Limit("output"));
        }
        let mut at = 0;
        for (length, owner) in &trace.pieces {
            let end = at + *length as usize;
            self.out.push(&trace.text[at..end], *owner);
            at = end;
        }
        for (id, name, value) in &trace.writes {
            self.set_attribute(*id, name, value.clone())?;
        }
        Ok(Some(trace.flow))
    }

    /// Whether a turn would read what it read when it was kept.
    fn is_same_turn(&mut self, trace: &Trace<'r>, serial: u64, element: &Value<'r>) -> Result<bool> {
        if !same(&trace.element, element) || trace.before != self.last_owner() {
            return Ok(false);
        }
        for read in &trace.reads {
            let holds = match read {
                Read::Variable(name, value, macro_node) => {
                    let now = self.find(*name).map(|at| &self.variables[at].1);
                    let same_value = match (now, value) {
                        (Some(now), Some(value)) => same(now, value),
                        (None, None) => true,
                        _ => false,
                    };
                    same_value
                        && match (now.and_then(|now| self.macro_node(now)), macro_node) {
                            (Some(now), Some(node)) => std::ptr::eq(now, *node),
                            (None, None) => true,
                            _ => false,
                        }
                }
                Read::Attribute(id, name, value) => self
                    .namespaces
                    .get(*id as usize)
                    .is_some_and(|members| same(&namespace_member(members, name), value)),
                Read::Loop(name, value) => same(&self.loop_attribute(0, serial, name)?, value),
                Read::Comparison(left, comparison, right, held) => {
                    self.holds(*left, *comparison, *right) == Some(*held)
                }
                Read::Element(name, place, value) => {
                    self.list_named(*name).is_some_and(|list| match (list.get(*place), value) {
                        (Some(now), Some(value)) => same(now, value),
                        (None, None) => true,
                        _ => false,
                    })
                }
            };
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Begins to keep a turn of an outermost loop.
    pub(crate) fn record(&mut self, node: &'r ForNode) {
        let Some(memo) = &self.memo else { return };
        if memo.of(node).is_some_and(KeptLoop::is_given_up) {
            return;
        }
        self.recording = Some(Recording {
            boundary: self.variables.len(),
            start: self.out.text.len(),
            runs: self.out.runs.len(),
            before: self.last_owner(),
            reads: Vec::with_capacity(8),
            writes: Vec::new(),
            made: self.made(),
            namespaces: self.namespaces.len(),
            usable: true,
        });
    }

    /// Keeps the turn that ends here.
    pub(crate) fn keep(&mut self, node: &'r ForNode, index: usize, element: &Value<'r>, flow: Flow) {
        let Some(recording) = self.recording.take() else { return };
        let Recording { start, runs, before, reads, writes, usable, made, namespaces, .. } = recording;
        // What a turn makes is there only if it is run: nobody else may hold it.
        let hands_on = || self.made() != made && writes.iter().any(|(_, _, value)| !is_plain(value));
        if !usable || hands_on() {
            return;
        }
        // Its own namespaces are out of reach now. Those made later get the numbers that they get when the
        // turn is repeated.
        self.namespaces.truncate(namespaces);
        let text = self.out.text[start..].to_owned();
        let mut pieces = Vec::with_capacity(self.out.runs.len() - runs + 1);
        let mut at = start as u32;
        if let Some(grown) = runs.checked_sub(1).map(|last| self.out.runs[last]).filter(|run| run.end > at) {
            pieces.push((grown.end - at, grown.owner));
            at = grown.end;
        }
        for run in &self.out.runs[runs..] {
            pieces.push((run.end - at, run.owner));
            at = run.end;
        }
        let bytes = text.len()
            + pieces.len() * size_of::<(u32, Owner)>()
            + reads.len() * size_of::<Read<'_>>()
            + writes.len() * size_of::<(u32, &str, Value<'_>)>()
            + size_of::<Trace<'_>>();
        // Without room the turn is run again.
        if let Ok(held) = self.meter.hold(bytes) {
            let element = element.clone();
            let trace = Trace { element, before, reads, writes, text, pieces, flow, _held: held };
            if let Some(memo) = &mut self.memo {
                memo.keep(node, index, trace);
            }
        }
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
        let value = found.map(|at| self.variables[at].1.clone());
        if self.recording.is_some() {
            self.note_variable(name, found, value.as_ref());
        }
        value
    }

    fn note_variable(&mut self, name: Name, found: Option<usize>, value: Option<&Value<'r>>) {
        let node = value.and_then(|value| self.macro_node(value));
        let outside = |recording: &Recording<'_>| found.is_none_or(|at| at < recording.boundary);
        if self.recording.as_ref().is_some_and(outside) {
            self.note(Read::Variable(name, value.cloned(), node));
        }
    }

    /// Notes what a turn read from outside, once.
    pub(crate) fn note(&mut self, read: Read<'r>) {
        let Some(recording) = &mut self.recording else { return };
        if !recording.reads.iter().any(|known| known.is_of(&read)) {
            recording.reads.push(read);
        }
    }

    /// An attribute of a namespace.
    pub(crate) fn namespace_attribute(&mut self, id: u32, name: &'r str) -> Value<'r> {
        let value = namespace_member(&self.namespaces[id as usize], name);
        if self.recording.as_ref().is_some_and(|recording| recording.leaves(id, name)) {
            self.note(Read::Attribute(id, name, value.clone()));
        }
        value
    }

    /// Notes that an attribute of a namespace was set.
    pub(crate) fn note_write(&mut self, id: u32, name: &'r str, value: &Value<'r>) {
        let Some(recording) = self.recording.as_mut().filter(|recording| !recording.owns(id)) else { return };
        match recording.writes.iter_mut().find(|(at, key, _)| *at == id && *key == name) {
            Some((_, _, old)) => *old = value.clone(),
            None => recording.writes.push((id, name, value.clone())),
        }
    }

    /// Notes that an attribute of a running loop was read; of inner loops the turn knows all itself.
    pub(crate) fn note_loop(&mut self, place: u32, name: &'r str, value: &Value<'r>) {
        if place == 0 {
            self.note(Read::Loop(name, value.clone()));
        }
    }

    /// How many values with a number of their own there are.
    fn made(&self) -> usize {
        self.namespaces.len() + self.macros.len() + self.joiners.len() + self.cyclers.len()
    }

    fn macro_node(&self, value: &Value<'r>) -> Option<&'r MacroNode> {
        match value {
            Value::Macro(id) => Some(self.macros[*id as usize].node),
            _ => None,
        }
    }

    fn last_owner(&self) -> Option<Owner> {
        self.out.runs.last().map(|run| run.owner)
    }
}

fn namespace_member<'r>(members: &[(std::borrow::Cow<'r, str>, Value<'r>)], name: &'r str) -> Value<'r> {
    let found = members.iter().find(|(known, _)| known == name);
    found.map_or(Value::Undefined(name), |(_, value)| value.clone())
}

/// Whether two values are the same for any template: equal, of one type, with the same owners.
fn same<'r>(a: &Value<'r>, b: &Value<'r>) -> bool {
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

fn same_text(a: &Text<'_>, b: &Text<'_>) -> bool {
    if a.as_str() != b.as_str() {
        return false;
    }
    let pieces = |text: &Text<'_>| {
        let mut pieces = Vec::new();
        text.for_each_piece(|piece, owner| pieces.push((piece.len(), owner)));
        pieces
    };
    match (a, b) {
        (Text::Piece(_, owner), Text::Piece(_, other)) => owner == other,
        _ => pieces(a) == pieces(b),
    }
}

#[cfg(test)]
mod tests {
    use super::super::context::{ArgumentHabit, Context, Habits};
    use super::super::evaluate::Limits;
    use super::super::parse::compile;
    use super::super::session::Session;
    use super::super::text::Meter;
    use crate::render::clock::Day;
    use crate::render::probes::probes;

    const TEMPLATES: &[&str] = &[
        include_str!("../../../tests/templates/own/brackets.jinja"),
        include_str!("../../../tests/templates/own/generation_tags.jinja"),
        include_str!("../../../tests/templates/own/grouped_results.jinja"),
        include_str!("../../../tests/templates/own/next_role.jinja"),
        include_str!("../../../tests/templates/own/one_call.jinja"),
        include_str!("../../../tests/templates/own/opened_think.jinja"),
        include_str!("../../../tests/templates/own/python_habits.jinja"),
        include_str!("../../../tests/templates/own/typed_tools.jinja"),
        include_str!("../../../assets/gpt-oss/gpt-oss.jinja"),
        // What a turn of a loop can see of other turns and of the rest of the conversation.
        "{% set ns = namespace(n=0, seen='') %}{% set j = joiner(',') %}{% for m in messages %}{{ j() }}{{ ns.n }}\
         {% set ns.n = ns.n + 1 %}{% if m.role == 'user' %}{% set ns.seen = ns.seen ~ m.content %}{% endif %}\
         {{ ns.seen }}{% endfor %}{{ ns.n }}",
        "{% for m in messages %}{{ m.content }}{{ messages | length }}{{ messages[-1].content }}{% endfor %}",
        "{% for m in messages %}{{ m.content }}{{ loop.index }}{{ loop.nextitem.content if not loop.last }}{% endfor %}",
        "{% for m in messages %}{% if loop.changed(m.role) %}{{ m.role }}{% endif %}{{ loop.cycle('a', 'b') }}{% endfor %}",
        "{% macro say(m) %}{{ m.content }}{{ add_generation_prompt }}{{ enable_thinking }}{% endmacro %}\
         {% for m in messages %}{{ say(m) }}{% if m.role == 'tool' %}{% break %}{% endif %}{% endfor %}",
        "{% for m in messages %}{% set ns = namespace(x=m.content) %}{% set ns.x = ns.x ~ loop.length %}{{ ns.x }}\
         {% for n in messages %}{{ loop.index }}{{ n.role }}{% endfor %}{% endfor %}\
         {% for m in messages[1:] %}{{ m.role }}{{ loop.previtem.role }}{% endfor %}",
        "{% set h = namespace(t=none, l=[]) %}{% for m in messages %}{% if h.t %}{{ h.t.x }}{{ h.l[0].x }}{% endif %}\
         {% set c = namespace(x=m.content) %}{% set h.t = c %}{% set h.l = [c] + h.l %}{% endfor %}{{ h.t.x if h.t }}",
        "{% set g = messages | map(attribute='role') %}{% for m in messages %}{{ g | first }}{% endfor %}",
        // What it can ask of outside: how numbers compare, and what its neighbours are.
        "{% set ns = namespace(last=-1, left=2) %}{% for m in messages %}{% if m.role == 'user' %}\
         {% set ns.last = loop.index0 %}{% endif %}{% endfor %}{% for m in messages %}{% if loop.index0 > ns.last %}\
         <{{ m.content }}>{% elif loop.index0 == ns.last %}({{ m.role }}){% else %}{{ m.content }}{% endif %}\
         {% if ns.left > 0 %}{{ ns.left }}{% set ns.left = ns.left - 1 %}{% endif %}{% if ns.left != loop.length %}!\
         {% endif %}{% for n in messages %}{% if loop.index0 < ns.last %}.{% endif %}{% endfor %}{% endfor %}",
        "{% for m in messages %}{{ m.content }}{{ messages[0].role }}{{ messages[loop.index0 + 1].role }}\
         {% if loop.index0 > 0 %}{{ messages[loop.index0 - 1].content }}{% endif %}{{ messages[-1].role }}{% endfor %}",
        "{% for m in messages %}{{ m.content }}{{ (messages[loop.index0 + 1] or {}).role }}{% endfor %}",
        // Namespaces of its own, written and never read, and others made after them.
        "{% for m in messages %}{% set own = namespace() %}{% set own.x = m.content %}{{ m.role }}{% endfor %}\
         {% set late = namespace(n=0) %}{% for m in messages %}{% set late.n = late.n + 1 %}{{ late.n }}\
         {% set own = namespace(y=late.n) %}{% set own.y = own.y + 1 %}{{ own.y }}{% endfor %}{{ late.n }}",
    ];

    /// Every prompt and every prefix, in one session and each in its own: the same bytes of the same owners.
    #[test]
    fn repeated_turns_print_what_they_would_print() {
        let day = Day::read("2026-11-20");
        let specials =
            [("bos_token".to_owned(), "<s>".to_owned()), ("eos_token".to_owned(), "</s>".to_owned())];
        let limits = Limits { steps: 1_000_000, memory: 8 << 20, output: 8 << 20 };
        let habits = Habits { arguments: ArgumentHabit::Value, fill_content: false };
        let mut printed = 0;
        for source in TEMPLATES {
            let program = compile(source).unwrap();
            for probe in probes() {
                let context = Context::new(&probe.conversation, &[], habits);
                let meter = Meter::new(limits.memory);
                let session = Session::new(&program, &context, &meter, &specials, day, limits).with_memo();
                let count = probe.conversation.messages.len();
                // The whole first, as in a run, then prefixes in both directions.
                for count in [count].into_iter().chain(0..=count).chain((0..count).rev()) {
                    for generation_prompt in [true, false] {
                        for thinking in [None, Some(true), Some(false)] {
                            let own_meter = Meter::new(limits.memory);
                            let alone = Session::new(&program, &context, &own_meter, &specials, day, limits);
                            let expected = alone.print(count, generation_prompt, thinking);
                            let repeated = session.print(count, generation_prompt, thinking);
                            assert_eq!(repeated, expected, "{} of {}: {source}", count, probe.shape);
                            printed += usize::from(expected.is_ok());
                        }
                    }
                }
            }
        }
        assert!(printed > 5_000, "{printed}");
    }

    /// The test above compares something: turns are in fact repeated.
    #[test]
    fn turns_are_repeated() {
        for source in [
            "{% for m in messages %}{{ m.content }}{% endfor %}",
            "{% set ns = namespace(last=messages | length) %}{% for m in messages %}{% set own = namespace(x=1) %}\
             {% if loop.index0 < ns.last %}{% set own.x = own.x + 1 %}{{ m.content }}{% endif %}\
             {% if messages[loop.index0 - 0] %}{% endif %}{% endfor %}",
        ] {
            assert_repeats(source);
        }
    }

    fn assert_repeats(source: &str) {
        let program = compile(source).unwrap();
        let conversation = &probes()[2].conversation;
        let habits = Habits { arguments: ArgumentHabit::Value, fill_content: false };
        let context = Context::new(conversation, &[], habits);
        let meter = Meter::new(1 << 20);
        let limits = Limits { steps: 10_000, memory: 1 << 20, output: 1 << 20 };
        let session = Session::new(&program, &context, &meter, &[], None, limits).with_memo();
        let count = conversation.messages.len();
        let text = session.print(count, false, None).unwrap().text;
        let kept = session.kept();
        assert_eq!(kept.len(), count);
        assert_eq!(session.print(count, false, None).unwrap().text, text);
        assert_eq!(
            session.print(count - 1, true, Some(true)).unwrap().text,
            text[..text.len() - "Third.".len()]
        );
        assert_eq!(session.kept(), kept);
    }
}
