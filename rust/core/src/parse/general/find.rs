//! Where a record of no known layout keeps its conversation.

use super::names::{self, Folded};
use super::shapes;
use super::{General, path};
use crate::finding::Code;
use tooltrain_json::{Json, Kind};

/// What a record is read from.
pub(super) enum Found<'t, 'a> {
    /// Nothing looks like a conversation.
    Nothing,
    /// Lists of messages and single messages, in their order.
    Lists(Vec<Json<'t, 'a>>),
    /// Exchanges of a question and an answer.
    Pairs(Vec<Json<'t, 'a>>),
    /// A text in which a conversation was printed.
    Transcript(Json<'t, 'a>),
    /// Something does, but cannot be read; it was noted.
    Refused,
}

/// Deepest place that is searched.
const DEEPEST: usize = 5;

struct Candidate<'t, 'a> {
    value: Json<'t, 'a>,
    /// How good its name is; the lowest first.
    rank: usize,
    depth: usize,
}

#[derive(Default)]
struct Search<'t, 'a> {
    asked: Vec<Candidate<'t, 'a>>,
    answered: Vec<Candidate<'t, 'a>>,
    pairs: Vec<Candidate<'t, 'a>>,
    several: Vec<Candidate<'t, 'a>>,
}

/// Searches a record.
pub(super) fn find<'t, 'a>(record: Json<'t, 'a>, general: &mut General<'_, 't, 'a, '_>) -> Found<'t, 'a> {
    if record.kind() == Kind::Array {
        return if shapes::is_conversation(record) { Found::Lists(vec![record]) } else { Found::Nothing };
    }
    let mut search = Search::default();
    search.members(record, 0, false);
    let Search { mut asked, answered, mut pairs, several } = search;
    if history(record).is_some() && shapes::is_pair(record) {
        return Found::Pairs(vec![record]);
    }
    let by_name = |candidate: &Candidate<'_, '_>| (candidate.rank, candidate.depth);
    asked.sort_by_key(by_name);
    if let [first, rest @ ..] = &*asked {
        let is_clear = rest.iter().all(|other| first.rank != usize::MAX && by_name(first) < by_name(other));
        if !is_clear {
            let names: Vec<_> =
                asked.iter().map(|found| format!("`{}`", path::pointer_to(record, found.value))).collect();
            let what = format!("{} all look like the messages of the record", names.join(", "));
            let hint = "name the one to read, as in layout={\"messages\": \"messages\"}";
            general.note_with_hint(Code::SeveralConversations, first.value, what, hint);
            return Found::Refused;
        }
        let mut lists = vec![first.value];
        lists.extend(answered.first().map(|answer| answer.value));
        return Found::Lists(lists);
    }
    if let Some(answer) = answered.first() {
        if shapes::is_conversation(answer.value) || asked_text(record).is_none() {
            return Found::Lists(vec![answer.value]);
        }
        return Found::Pairs(vec![record]);
    }
    if let Some(found) = several.first() {
        let what = format!("the record holds {} conversations", found.value.elements().count());
        let place = path::pointer_to(record, found.value);
        let hint = format!("read each as a record: layout={{\"each\": \"{}\"}}", dotted(&place));
        general.note_with_hint(Code::SeveralConversations, found.value, what, hint);
        return Found::Refused;
    }
    if shapes::is_pair(record) || history(record).is_some() && asked_text(record).is_some() {
        return Found::Pairs(vec![record]);
    }
    pairs.sort_by_key(by_name);
    match &*pairs {
        [] => match super::transcript::in_record(record) {
            Some(text) => Found::Transcript(text),
            None => judged(record, general),
        },
        [first, ..] => Found::Pairs(first.value.elements().collect()),
    }
}

/// A record that has nothing but a better and a worse side.
fn judged<'t, 'a>(record: Json<'t, 'a>, general: &mut General<'_, 't, 'a, '_>) -> Found<'t, 'a> {
    let mut sides = record.members().filter(|(key, value)| {
        names::of_key(key, names::is_verdict)
            && (shapes::is_conversation(*value) || shapes::is_message(*value))
    });
    if sides.next().is_none() {
        return Found::Nothing;
    }
    // What the sides are is said when the record is accounted for.
    general.is_judged = true;
    Found::Refused
}

fn asked_text<'t, 'a>(record: Json<'t, 'a>) -> Option<Json<'t, 'a>> {
    shapes::first_of(record, &names::ASKED).filter(|asked| asked.kind() == Kind::String)
}

/// The earlier exchanges that a record keeps beside its last one.
pub(super) fn history<'t, 'a>(record: Json<'t, 'a>) -> Option<Json<'t, 'a>> {
    shapes::first_of(record, &["history"]).filter(|history| history.kind() == Kind::Array)
}

/// A JSON pointer as a path of a layout has it.
pub(super) fn dotted(pointer: &str) -> String {
    let mut path = String::new();
    for step in pointer.split('/').skip(1) {
        if step.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push_str("[]");
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(step);
        }
    }
    path
}

impl<'t, 'a> Search<'t, 'a> {
    fn members(&mut self, object: Json<'t, 'a>, depth: usize, answering: bool) {
        for (key, value) in object.members() {
            let folded = Folded::of(&key);
            let word = folded.as_str();
            let is_tools = names::names_tools(word) && shapes::is_tools(value);
            if is_tools || names::is_verdict(word) {
                continue;
            }
            let answers = answering
                || matches!(
                    word,
                    "genaioutputmessages"
                        | "outputmessages"
                        | "response"
                        | "responses"
                        | "output"
                        | "outputs"
                        | "completion"
                        | "completions"
                        | "choices"
                        | "candidates"
                        | "generations"
                        | "reply"
                        | "assistantresponse"
                );
            self.value(&key, value, depth + 1, answers);
        }
    }

    fn value(&mut self, key: &str, value: Json<'t, 'a>, depth: usize, answering: bool) {
        if depth > DEEPEST {
            return;
        }
        let candidate =
            Candidate { value, rank: names::of_key(key, names::messages_rank).unwrap_or(usize::MAX), depth };
        match value.kind() {
            Kind::Array if shapes::is_conversation(value) => {
                if answering { &mut self.answered } else { &mut self.asked }.push(candidate);
            }
            Kind::Array => self.list(key, candidate, answering),
            Kind::Object if answering && shapes::is_message(value) => self.answered.push(candidate),
            Kind::Object => self.members(value, depth, answering),
            _ => {}
        }
    }

    fn list(&mut self, key: &str, candidate: Candidate<'t, 'a>, answering: bool) {
        let list = candidate.value;
        let mut elements = list.elements();
        let Some(first) = elements.next() else { return };
        let is_one = elements.next().is_none();
        match first.kind() {
            Kind::Array if is_one || answering => self.value(key, first, candidate.depth, answering),
            Kind::Array if shapes::is_conversation(first) => self.several.push(candidate),
            Kind::Object if answering => self.members(first, candidate.depth, true),
            Kind::Object if shapes::is_pair(first) && list.elements().all(shapes::is_pair) => {
                self.pairs.push(candidate);
            }
            Kind::Object if holds_conversation(first) => {
                if is_one {
                    self.members(first, candidate.depth, false);
                } else {
                    self.several.push(candidate);
                }
            }
            _ => {}
        }
    }
}

/// Whether an object has the messages of a conversation as a member.
pub(super) fn holds_conversation(object: Json<'_, '_>) -> bool {
    object.members().any(|(_, value)| shapes::is_conversation(value))
}
