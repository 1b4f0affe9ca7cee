//! Which result answers which call.
//!
//! Results stand after the turn that made the calls, or after a run of such turns, and before anything
//! else is said. A result names its call by id; ids that are missing are made, and an id that an earlier turn used already
//! is renamed in the call and in its result, so that ids are unique in the record afterwards.

use std::borrow::Cow;
use std::collections::BTreeSet;

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use tooltrain_json::excerpt;

use super::Checks;
use crate::conversation::{Conversation, Message, Place, Role};
use crate::finding::{Code, Severity};

/// A call that results may answer.
struct Pending {
    /// Position of its message.
    message: usize,
    /// Position in the calls of that message.
    call: usize,
    answered: bool,
}

/// Rounds of up to this many calls are searched call by call.
const FEW_CALLS: usize = 16;

/// The pending calls of a round by id and by tool, for rounds with many: the work is linear in their number.
#[derive(Default)]
struct ByCall<'p> {
    /// Open calls, ascending.
    open: BTreeSet<usize>,
    /// Open calls of each tool.
    open_of_tool: FxHashMap<&'p str, BTreeSet<usize>>,
    /// Open calls with each id; an id whose calls are all answered keeps its empty set.
    open_with_id: FxHashMap<&'p str, BTreeSet<usize>>,
}

/// What has to be changed, found while the conversation is only looked at.
#[derive(Default)]
struct Plan {
    /// Message, call, and its new id.
    call_ids: Vec<(usize, usize, String)>,
    /// Message of the result, and message and call that it answers: the result takes its id.
    result_ids: Vec<(usize, usize, usize)>,
    /// First message of a run of results, and the new order of the run by old position.
    orders: Vec<(usize, Vec<usize>)>,
}

pub(super) fn check(conversation: &mut Conversation<'_>, checks: &mut Checks<'_>) {
    let concerned = |message: &Message<'_>| message.role == Role::Tool || !message.tool_calls.is_empty();
    if !conversation.messages.iter().any(concerned) {
        return;
    }
    let plan = Pairing::new(conversation, checks).run();
    apply(conversation, plan);
}

struct Pairing<'p, 'a, 'c> {
    conversation: &'p Conversation<'a>,
    checks: &'p mut Checks<'c>,
    /// Ids of the calls so far, by the name they end up with.
    used: FxHashSet<Cow<'p, str>>,
    /// Every id that stands anywhere, so that a new one is new. Filled when the first is made.
    taken: Option<FxHashSet<&'p str>>,
    made: u32,
    pending: Vec<Pending>,
    /// Of the run of results at hand, where many calls are pending.
    by_call: Option<ByCall<'p>>,
    /// Message and call of the calls that get another id.
    renamed: FxHashSet<(usize, usize)>,
    plan: Plan,
    last_assistant: Option<usize>,
    any_result: bool,
    /// First call without a result, and how many there are.
    unanswered: Option<(Place, usize)>,
}

impl<'p, 'a, 'c> Pairing<'p, 'a, 'c> {
    fn new(conversation: &'p Conversation<'a>, checks: &'p mut Checks<'c>) -> Self {
        let calls = conversation.messages.iter().map(|message| message.tool_calls.len()).sum();
        Self {
            conversation,
            checks,
            used: FxHashSet::with_capacity_and_hasher(calls, FxBuildHasher),
            taken: None,
            made: 0,
            pending: Vec::new(),
            by_call: None,
            renamed: FxHashSet::default(),
            plan: Plan::default(),
            last_assistant: conversation.assistant_turns().last(),
            any_result: conversation.messages.iter().any(|message| message.role == Role::Tool),
            unanswered: None,
        }
    }

    fn run(mut self) -> Plan {
        let messages = &self.conversation.messages;
        let mut position = 0;
        while let Some(message) = messages.get(position) {
            match message.role {
                Role::Tool => {
                    let results =
                        messages[position..].iter().take_while(|message| message.role == Role::Tool).count();
                    self.results(position, results);
                    position += results;
                    continue;
                }
                Role::Assistant => {
                    if position > 0 && messages[position - 1].role == Role::Tool {
                        self.close_round();
                    }
                    self.calls(position, message);
                }
                Role::User | Role::System => self.close_round(),
            }
            position += 1;
        }
        self.close_round();
        if let Some((place, count)) = self.unanswered {
            let what = match count {
                1 => "a call has no result, and neither has any other call of the record".to_owned(),
                _ => format!("{count} calls have no result, and neither has any other call of the record"),
            };
            self.checks.note_as(Severity::Warning, Code::CallUnanswered, place, what);
        }
        self.plan
    }

    /// The calls of an assistant message become answerable, under ids of their own.
    fn calls(&mut self, position: usize, message: &'p Message<'a>) {
        let first_of_turn = self.pending.len();
        let mut ids_of_turn = FxHashSet::default();
        let is_long = message.tool_calls.len() > FEW_CALLS;
        for (call_position, call) in message.tool_calls.iter().enumerate() {
            let place = Place::Call(message.index, call_position as u32);
            let new_id = match call.id.as_deref() {
                None => {
                    self.checks.note(
                        Code::CallIdMissing,
                        place,
                        format!("the call of `{}` has no id", call.name),
                    );
                    Some(self.new_id())
                }
                Some(id)
                    if if is_long { !ids_of_turn.insert(id) } else { self.id_in_turn(first_of_turn, id) } =>
                {
                    let what = format!("two calls of the turn have the id {}", excerpt(id, 0));
                    self.checks.note(Code::DuplicateCallId, place, what);
                    None
                }
                Some(id) if self.used.contains(id) => {
                    let new_id = self.new_id();
                    let what = format!(
                        "the id {} was used in an earlier turn: renamed to `{new_id}`",
                        excerpt(id, 0)
                    );
                    self.checks.note(Code::CallIdReused, place, what);
                    Some(new_id)
                }
                Some(id) => {
                    self.used.insert(Cow::Borrowed(id));
                    None
                }
            };
            if let Some(id) = new_id {
                self.used.insert(Cow::Owned(id.clone()));
                self.plan.call_ids.push((position, call_position, id));
                self.renamed.insert((position, call_position));
            }
            self.pending.push(Pending { message: position, call: call_position, answered: false });
        }
        if message.tool_calls.len() > 1 && self.conversation.parallel_tool_calls == Some(false) {
            let what = format!(
                "{} calls in one turn although parallel_tool_calls is false",
                message.tool_calls.len()
            );
            self.checks.note(Code::ParallelCallsForbidden, Place::Message(message.index), what);
        }
    }

    fn id_in_turn(&self, first_of_turn: usize, id: &str) -> bool {
        self.pending[first_of_turn..].iter().any(|pending| self.id_of(pending) == Some(id))
    }

    /// The id that the record gave a call.
    fn id_of(&self, pending: &Pending) -> Option<&'p str> {
        self.conversation.messages[pending.message].tool_calls[pending.call].id.as_deref()
    }

    /// A run of results answers the pending calls.
    fn results(&mut self, first: usize, count: usize) {
        let mut order = Vec::with_capacity(count);
        self.by_call = (self.pending.len() > FEW_CALLS).then(|| self.index());
        for position in first..first + count {
            let Some(answered) = self.call_of(position) else { continue };
            self.answer(answered);
            let (message, call) = (self.pending[answered].message, self.pending[answered].call);
            self.compare_names(position, message, call);
            if self.renamed.contains(&(message, call))
                || self.conversation.messages[position].tool_call_id.is_none()
            {
                self.plan.result_ids.push((position, message, call));
            }
            order.push((answered, position));
        }
        if order.len() == count && !order.is_sorted() {
            let place = Place::Message(self.conversation.messages[first].index);
            let what = format!("{count} results were put in the order of their calls");
            self.checks.note(Code::ResultsReordered, place, what);
            order.sort_unstable();
            self.plan.orders.push((first, order.into_iter().map(|(_, position)| position).collect()));
        }
    }

    /// The open calls, by what results may say of them.
    fn index(&self) -> ByCall<'p> {
        let mut by_call = ByCall::default();
        for (position, pending) in self.pending.iter().enumerate() {
            if let Some(id) = self.id_of(pending) {
                by_call.open_with_id.entry(id).or_default().extend((!pending.answered).then_some(position));
            }
            if !pending.answered {
                by_call.open.insert(position);
                by_call.open_of_tool.entry(self.tool_of(pending)).or_default().insert(position);
            }
        }
        by_call
    }

    /// The name of the tool that a call names.
    fn tool_of(&self, pending: &Pending) -> &'p str {
        &self.conversation.messages[pending.message].tool_calls[pending.call].name
    }

    fn answer(&mut self, position: usize) {
        self.pending[position].answered = true;
        let (id, tool) = (self.id_of(&self.pending[position]), self.tool_of(&self.pending[position]));
        let Some(by_call) = &mut self.by_call else { return };
        by_call.open.remove(&position);
        let of_tool = by_call.open_of_tool.get_mut(tool);
        let with_id = id.and_then(|id| by_call.open_with_id.get_mut(id));
        for open in of_tool.into_iter().chain(with_id) {
            open.remove(&position);
        }
    }

    /// The first open call with this id, or whether one with it was answered.
    fn with_id(&self, id: &str) -> Result<usize, bool> {
        if let Some(by_call) = &self.by_call {
            let open = by_call.open_with_id.get(id);
            return open.and_then(BTreeSet::first).copied().ok_or(open.is_some());
        }
        let matching = |pending: &&Pending| self.id_of(pending) == Some(id);
        let open = self.pending.iter().position(|pending| !pending.answered && matching(&pending));
        open.ok_or_else(|| self.pending.iter().any(|pending| matching(&pending)))
    }

    fn compare_names(&mut self, result: usize, message: usize, call: usize) {
        let messages = &self.conversation.messages;
        let called = &messages[message].tool_calls[call].name;
        let Some(named) = messages[result].name.as_ref().filter(|named| *named != called) else { return };
        let what = format!("the result names {}, its call {}", excerpt(named, 0), excerpt(called, 0));
        self.checks.note(Code::ResultNameDiffers, Place::Message(messages[result].index), what);
    }

    /// The pending call that the result at `position` answers.
    fn call_of(&mut self, position: usize) -> Option<usize> {
        let result = &self.conversation.messages[position];
        let place = Place::Message(result.index);
        let Some(id) = result.tool_call_id.as_deref().filter(|id| !id.is_empty()) else {
            let found = self.call_for_nameless(result);
            if found.is_some() {
                self.checks.note(
                    Code::ResultIdMissing,
                    place,
                    "the result does not say which call it answers",
                );
            } else {
                let what =
                    "the result does not say which call it answers, and it is not the only one it may be";
                self.checks.note(Code::ResultWithoutCall, place, what);
            }
            return found;
        };
        let answered = match self.with_id(id) {
            Ok(found) => return Some(found),
            Err(answered) => answered,
        };
        if answered {
            let what = format!("a second result for the call {}", excerpt(id, 0));
            self.checks.note(Code::DuplicateResult, place, what);
        } else {
            let what = format!("no call of the turns before has the id {}", excerpt(id, 0));
            self.checks.note(Code::ResultWithoutCall, place, what);
        }
        None
    }

    /// The call that a result without an id answers: the only one left, the only one left of the
    /// tool it names, or the next one that has no id either.
    fn call_for_nameless(&self, result: &Message<'_>) -> Option<usize> {
        if let Some(by_call) = &self.by_call {
            let only = |open: &BTreeSet<usize>| (open.len() == 1).then(|| open.first().copied()).flatten();
            let of_tool = |name: &str| by_call.open_of_tool.get(name).and_then(only);
            let next =
                || by_call.open.first().copied().filter(|&next| self.id_of(&self.pending[next]).is_none());
            return only(&by_call.open).or_else(|| result.name.as_deref().and_then(of_tool)).or_else(next);
        }
        let conversation = self.conversation;
        let open = || self.pending.iter().enumerate().filter(|(_, pending)| !pending.answered);
        if open().count() == 1 {
            return open().next().map(|(found, _)| found);
        }
        if let Some(name) = result.name.as_deref() {
            let named = |pending: &Pending| {
                conversation.messages[pending.message].tool_calls[pending.call].name == name
            };
            let mut named = open().filter(|(_, pending)| named(pending));
            if let (Some((found, _)), None) = (named.next(), named.next()) {
                return Some(found);
            }
        }
        open().next().filter(|(_, pending)| self.id_of(pending).is_none()).map(|(found, _)| found)
    }

    /// Something else is said now: calls that are open stay open.
    fn close_round(&mut self) {
        self.by_call = None;
        for pending in std::mem::take(&mut self.pending) {
            if pending.answered || Some(pending.message) == self.last_assistant {
                continue;
            }
            let message = &self.conversation.messages[pending.message];
            let place = Place::Call(message.index, pending.call as u32);
            if self.any_result {
                let what = format!(
                    "the call of `{}` has no result",
                    message.tool_calls[pending.call].name.escape_debug()
                );
                self.checks.note(Code::CallUnanswered, place, what);
            } else {
                self.unanswered.get_or_insert((place, 0)).1 += 1;
            }
        }
    }

    /// An id that no call and no result of the record has.
    fn new_id(&mut self) -> String {
        let messages = &self.conversation.messages;
        let taken = self.taken.get_or_insert_with(|| {
            let calls = messages.iter().flat_map(|message| &message.tool_calls);
            let of_calls = calls.filter_map(|call| call.id.as_deref());
            of_calls.chain(messages.iter().filter_map(|message| message.tool_call_id.as_deref())).collect()
        });
        loop {
            self.made += 1;
            let id = format!("call_{}", self.made);
            if !taken.contains(&*id) {
                return id;
            }
        }
    }
}

fn apply(conversation: &mut Conversation<'_>, plan: Plan) {
    let messages = &mut conversation.messages;
    for (message, call, id) in plan.call_ids {
        messages[message].tool_calls[call].id = Some(Cow::Owned(id));
    }
    for (result, message, call) in plan.result_ids {
        let id = messages[message].tool_calls[call].id.clone();
        messages[result].tool_call_id = id;
    }
    for (first, order) in plan.orders {
        let reordered: Vec<_> = order.iter().map(|&position| messages[position].clone()).collect();
        messages[first..first + reordered.len()].clone_from_slice(&reordered);
    }
}
