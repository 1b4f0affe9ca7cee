//! Layout `distil`: `{"question": .., "answer": ".."}` rows whose system text and tools stand in a
//! `job_description.json` beside the shard.
//!
//! The question is the text of a user message, or the JSON text of a whole list of messages; the
//! answer is the JSON text of the one call that follows, and the only thing that is trained.

use tooltrain_json::{Json, Kind};

use super::chat::{self, ListPlace};
use super::job::{Job, Task};
use super::numbering::number_calls;
use super::reading::Reading;
use super::sharegpt::read_call_text;
use crate::conversation::{Content, Conversation, DefaultLoss, Message, Place, Places, Role, ToolCall};
use crate::finding::Code;

/// The answer goes by this index, so that a pointer knows it.
const ANSWER: u32 = u32::MAX;

pub(super) fn recognizes(record: Json<'_, '_>) -> bool {
    record.get("question").is_some() && record.get("answer").is_some()
}

pub(super) fn read<'a>(record: Json<'_, 'a>, reading: &mut Reading<'_>) -> Conversation<'a> {
    let mut conversation =
        Conversation { places: PLACES, default_loss: DefaultLoss::LastTurn, ..Conversation::default() };
    let job = reading.options.job.clone();
    if let Some(job) = job.as_deref() {
        if let Some(description) = &job.task_description {
            conversation.messages.push(Message::new(Role::System, 0).with_text(description.clone()));
        }
        conversation.tools.clone_from(&job.tools);
    } else {
        let what = "no job description was given, so the row has no system message and no tools";
        reading.note(Code::JobDescriptionMissing, "", what);
    }
    let task = job.as_deref().and_then(|job: &Job| job.task);
    if let Some(question) = record.get("question") {
        read_question(question, task, reading, &mut conversation.messages);
    }
    if let Some(answer) = record.get("answer") {
        conversation.messages.extend(read_answer(answer, reading));
    }
    number_calls(&mut conversation.messages);
    if conversation.tools.is_empty() {
        conversation.tools = reading.shared_tools();
    }
    conversation
}

fn read_question<'a>(
    question: Json<'_, 'a>,
    task: Option<Task>,
    reading: &mut Reading<'_>,
    messages: &mut Vec<Message<'a>>,
) {
    const LIST: ListPlace<'_> = ListPlace("/question");
    let before = messages.len();
    if question.kind() == Kind::Array {
        chat::read_list(question, LIST, reading, messages);
    } else if let Some(text) = question.text() {
        let is_list = || text.trim_start().starts_with('[');
        let multi_turn = task.map_or_else(is_list, |task| task == Task::MultiTurn);
        if !multi_turn {
            messages.push(Message::new(Role::User, 0).with_text(text));
            return;
        }
        let pointer = || "/question".to_owned();
        let inside = reading.nested(&text, Code::QuestionNotMessages, pointer, |list, reading| {
            let mut messages = Vec::new();
            let findings = reading.findings.len();
            chat::read_list(list, LIST, reading, &mut messages);
            for finding in &mut reading.findings[findings..] {
                finding.message =
                    format!("{} (inside the string: {})", finding.message, &finding.pointer[9..]);
                finding.pointer = pointer();
            }
            messages.into_iter().map(Message::into_owned).collect::<Vec<_>>()
        });
        messages.extend(inside.unwrap_or_default());
    } else {
        let what = format!("expected a string as question, found {}", question.kind().as_str());
        reading.note_at(question, Code::FieldWrongType, "/question", what);
    }
    for message in &messages[before..] {
        let calls = message.tool_calls.len();
        if message.role == Role::Assistant && calls != 1 {
            let what =
                format!("message {} makes {calls} calls, and turns of this layout make one", message.index);
            reading.note(Code::NotOneCall, "/question", what);
        }
    }
}

fn read_answer<'a>(answer: Json<'_, 'a>, reading: &mut Reading<'_>) -> Option<Message<'a>> {
    let pointer = || "/answer".to_owned();
    let calls = if answer.kind() == Kind::Object {
        reading.note_at(answer, Code::AnswerObject, "/answer", "the answer is an object, not its JSON text");
        chat::read_call(answer, &pointer, reading).into_iter().collect()
    } else if let Some(text) = answer.text() {
        let calls: Vec<ToolCall<'a>> = read_call_text(&text, &pointer, reading).unwrap_or_default();
        calls
    } else {
        let what = format!("expected the JSON text of a call, found {}", answer.kind().as_str());
        reading.note_at(answer, Code::FieldWrongType, "/answer", what);
        Vec::new()
    };
    if calls.is_empty() {
        return None;
    }
    if calls.len() > 1 {
        reading.note(Code::NotOneCall, "/answer", format!("the answer makes {} calls", calls.len()));
    }
    let mut message = Message::new(Role::Assistant, ANSWER);
    message.content = Content::Text("".into());
    message.tool_calls = calls;
    Some(message)
}

const PLACES: Places = Places::new(|place| match place {
    Place::Messages => "/question".to_owned(),
    Place::Message(index) | Place::Content(index) | Place::Call(index, _) | Place::Arguments(index, _) => {
        if index == ANSWER {
            "/answer".to_owned()
        } else {
            "/question".to_owned()
        }
    }
    Place::Tools | Place::Tool(_) => String::new(),
});
