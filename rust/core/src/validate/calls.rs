//! Calls against the declared tools.

use rustc_hash::FxHashSet;

use super::Checks;
use crate::conversation::{Conversation, Place, Tool};
use crate::finding::{Code, Severity};
use crate::options::Validation;
use crate::parse::json_problem::excerpt;

/// Tool lists up to this long are searched name by name.
const FEW_TOOLS: usize = 16;

pub(super) fn check(conversation: &mut Conversation<'_>, trained: &[bool], checks: &mut Checks<'_>) {
    check_tools(conversation, checks);
    let first_call = conversation
        .messages
        .iter()
        .find(|message| !message.tool_calls.is_empty())
        .map(|message| Place::Call(message.index, 0));
    let Some(first_call) = first_call else { return };
    if conversation.tools.is_empty() {
        let what = "the record calls tools and declares none, so calls are not checked";
        checks.note(Code::NoToolsDeclared, first_call, what);
        return;
    }
    if checks.options.validation == Validation::Off {
        return;
    }
    let tools = &conversation.tools;
    let names =
        (tools.len() > FEW_TOOLS).then(|| tools.iter().map(|tool| &*tool.name).collect::<FxHashSet<_>>());
    let declared = |name: &str| match &names {
        Some(names) => names.contains(name),
        None => tools.iter().any(|tool| tool.name == name),
    };
    for (position, message) in conversation.messages.iter_mut().enumerate() {
        let trained = trained.get(position).copied().unwrap_or(false);
        let mut wrong = None;
        for (call_position, call) in message.tool_calls.iter().enumerate() {
            if !declared(&call.name) {
                let place = Place::Call(message.index, call_position as u32);
                let what = format!(
                    "no declared tool is called {}{}",
                    excerpt(&call.name, 0),
                    nearest(&call.name, tools)
                );
                checks.note_as(
                    severity_of_wrong_call(checks.options.validation, trained),
                    Code::UndeclaredTool,
                    place,
                    what,
                );
                wrong = wrong.or(Some(Code::UndeclaredTool));
            }
        }
        if trained && checks.options.validation == Validation::Mask {
            message.masked = message.masked.or(wrong);
        }
    }
}

/// What a wrong call does: the option decides, where the turn is trained at all.
fn severity_of_wrong_call(validation: Validation, trained: bool) -> Severity {
    match validation {
        Validation::Mask if trained => Severity::Masked,
        Validation::Reject if trained => Severity::Error,
        _ => Severity::Warning,
    }
}

fn check_tools(conversation: &Conversation<'_>, checks: &mut Checks<'_>) {
    let tools = &conversation.tools;
    let mut seen = FxHashSet::default();
    for (position, tool) in tools.iter().enumerate() {
        let again = if tools.len() > FEW_TOOLS {
            !seen.insert(&*tool.name)
        } else {
            tools[..position].iter().any(|earlier| earlier.name == tool.name)
        };
        if again {
            let what = format!("another tool before has the name {}", excerpt(&tool.name, 0));
            checks.note(Code::DuplicateTool, Place::Tool(position as u32), what);
        }
    }
}

/// A declared name that differs only in case or in one place, as a suggestion.
fn nearest(name: &str, tools: &[Tool<'_>]) -> String {
    let near =
        |tool: &&Tool<'_>| tool.name.eq_ignore_ascii_case(name) || differs_in_one_place(&tool.name, name);
    tools
        .iter()
        .find(near)
        .map_or(String::new(), |tool| format!("; did you mean {}?", excerpt(&tool.name, 0)))
}

/// Whether one string becomes the other by changing, adding or leaving out one byte.
fn differs_in_one_place(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    if long.len() - short.len() > 1 {
        return false;
    }
    let same_start = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let rest = &long[(same_start + 1).min(long.len())..];
    short[same_start..] == *rest || short.get(same_start + 1..).is_some_and(|short| short == rest)
}
