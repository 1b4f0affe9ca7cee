//! Question and answer rows: one for each turn that is trained and makes one call.
//!
//! The question is the JSON text of what was said before, as far as the layout has a place for it:
//! turns of the user, and turns of the assistant that make one call. System text and tools go to the
//! job description, which all rows share.

use std::sync::Arc;

use super::object::{Object, push_json};
use super::sharegpt::print_call;
use super::{Converted, Dialect, compare, read_back};
use crate::conversation::{Content, Conversation, DefaultLoss, Message, Place, Role, Tool};
use crate::finding::{Code, Finding};
use crate::loss;
use crate::parse::job::Task;
use crate::parse::{Job, Layout, ParseOptions, Scratch, canonical_tool};

/// What the rows of a record need beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobFacts {
    /// The system text.
    pub task_description: Option<String>,
    /// The definitions of the tools as JSON, spaced alike.
    pub tools: Vec<String>,
}

impl JobFacts {
    fn of(conversation: &Conversation<'_>) -> Self {
        let system = conversation.messages.first().filter(|first| first.role == Role::System);
        Self {
            task_description: system.map(|first| first.content.as_str().to_owned()),
            tools: conversation.tools.iter().map(|tool| canonical_tool(&tool.json)).collect(),
        }
    }

    /// The text of `job_description.json`.
    pub(crate) fn description(&self) -> String {
        let mut text = String::new();
        let mut object = Object::open(&mut text);
        if let Some(description) = &self.task_description {
            object.text("task_description", description);
        }
        let mut tools = Object::open_list(object.key("tools"));
        for tool in &self.tools {
            push_json(tool, tools.next());
        }
        tools.close();
        object.close();
        text.push('\n');
        text
    }
}

/// Whether the layout has a place for the message in its question.
fn has_place(message: &Message<'_>) -> bool {
    message.role == Role::User || message.role == Role::Assistant && message.tool_calls.len() == 1
}

/// Writes the rows of a conversation, and notes what they do not say.
pub(super) fn write(conversation: &Conversation<'_>, scratch: &mut Scratch, converted: &mut Converted) {
    let messages = &conversation.messages;
    let trained = loss::turns_to_train(conversation, None);
    let is_target = |&position: &usize| trained[position] && messages[position].tool_calls.len() == 1;
    let Some(last) = (0..messages.len()).rfind(is_target) else {
        let pointer = conversation.places.pointer(Place::Messages);
        let what = "no trained turn makes exactly one call, which is what a row asks for";
        converted.findings.push(Finding::new(Code::NotExpressible, pointer, what));
        return;
    };
    note_left_out(conversation, &trained, last, converted);
    let options = ParseOptions {
        layout: Layout::from_name("distil"),
        job: Some(Arc::new(job_of(conversation))),
        ..ParseOptions::default()
    };
    let mut row = Conversation {
        messages: messages.iter().take(1).filter(|first| first.role == Role::System).cloned().collect(),
        tools: conversation.tools.clone(),
        parallel_tool_calls: conversation.parallel_tool_calls,
        default_loss: DefaultLoss::LastTurn,
        plain: false,
        places: conversation.places.clone(),
    };
    for (position, message) in messages.iter().enumerate() {
        if !has_place(message) {
            continue;
        }
        let said = Message { weight: None, masked: None, ..message.clone() };
        if is_target(&position) {
            let text_beside = !message.content.is_empty();
            if text_beside {
                converted.lost(
                    conversation,
                    Place::Content(message.index),
                    "text beside the call that is asked for",
                );
            }
            let content = if text_beside { Content::Null } else { said.content.clone() };
            row.messages.push(Message { content, part_weights: Vec::new(), ..said.clone() });
            let start = converted.rows.len();
            print(&row.messages, &mut converted.rows);
            converted.rows.push('\n');
            converted.row_count += 1;
            let again = match read_back(&converted.rows[start..], &options, scratch) {
                Ok(again) => again,
                Err(finding) => return converted.findings.push(finding),
            };
            compare::differences(&row, &again, Dialect::Distil, &mut converted.findings);
            row.messages.pop();
        }
        row.messages.push(said);
    }
    converted.job = Some(JobFacts::of(conversation));
}

/// The job that a reader of the rows finds beside them, if all of them share this record's.
fn job_of(conversation: &Conversation<'_>) -> Job {
    let facts = JobFacts::of(conversation);
    Job {
        task_description: facts.task_description,
        tools: conversation
            .tools
            .iter()
            .cloned()
            .map(|tool| {
                let json = canonical_tool(&tool.json).into();
                Tool { json, ..tool.into_owned() }
            })
            .collect(),
        task: Some(Task::MultiTurn),
    }
}

/// Notes the messages that no row says.
fn note_left_out(conversation: &Conversation<'_>, trained: &[bool], last: usize, converted: &mut Converted) {
    for (position, message) in conversation.messages.iter().enumerate() {
        let what = match message.role {
            Role::System if position > 0 => "a system message after the first message",
            Role::Tool => "the result of a call",
            Role::Assistant if message.tool_calls.is_empty() => "a turn without a call",
            Role::Assistant if message.tool_calls.len() > 1 => "a turn with several calls",
            Role::User if position > last => "what follows the last call",
            Role::Assistant if position > last => "a call after the last one that is trained",
            Role::Assistant
                if trained[position] && message.weight.is_some_and(|weight| !matches!(weight, 1.0)) =>
            {
                "the weight"
            }
            _ => continue,
        };
        converted.lost(conversation, Place::Message(message.index), what);
    }
}

/// Appends a row: the last message answers the ones before.
fn print(messages: &[Message<'_>], out: &mut String) {
    let Some((answer, question)) = messages.split_last() else { return };
    let mut said = String::new();
    let mut list = Object::open_list(&mut said);
    for message in question.iter().filter(|message| message.role != Role::System) {
        let mut object = Object::open(list.next());
        object.text("role", message.role.as_str());
        object.text("content", message.content.as_str());
        if let [call] = &*message.tool_calls {
            let mut calls = Object::open_list(object.key("tool_calls"));
            let mut made = Object::open(calls.next());
            made.text("type", "function");
            print_call(call, "arguments", made.key("function"));
            made.close();
            calls.close();
        }
        object.close();
    }
    list.close();
    let mut called = String::new();
    if let [call] = &*answer.tool_calls {
        print_call(call, "parameters", &mut called);
    }
    let mut row = Object::open(out);
    row.text("question", &said);
    row.text("answer", &called);
    row.close();
}
