//! Layout `prompt_completion`: `{"prompt": .., "completion": ..}`, both as text or both as lists of
//! messages. Only the completion is trained.

use tooltrain_json::{Json, Kind};

use super::chat::{self, ListPlace};
use super::openai::read_parallel_tool_calls;
use super::reading::Reading;
use super::tools::{self, Form};
use crate::conversation::{Conversation, DefaultLoss, Message, Place, Places, Role};
use crate::finding::Code;

/// Messages of the completion are counted from here, so that a pointer knows which list they are in.
const COMPLETION: u32 = 1 << 31;

pub(super) fn recognizes(record: Json<'_, '_>) -> bool {
    record.get("prompt").is_some() && record.get("completion").is_some()
}

pub(super) fn read<'a>(record: Json<'_, 'a>, reading: &mut Reading<'_>) -> Conversation<'a> {
    let mut conversation = Conversation { places: PLACES, ..Conversation::default() };
    let (Some(prompt), Some(completion)) = (record.get("prompt"), record.get("completion")) else {
        return conversation;
    };
    match (prompt.kind(), completion.kind()) {
        (Kind::String, Kind::String) => {
            conversation.plain = true;
            conversation.default_loss = DefaultLoss::FromMessage(1);
            let text = |json: Json<'_, 'a>| json.text().unwrap_or_default();
            conversation.messages = vec![
                Message::new(Role::User, 0).with_text(text(prompt)),
                Message::new(Role::Assistant, COMPLETION).with_text(text(completion)),
            ];
            return conversation;
        }
        (Kind::Array, Kind::Array) => {}
        (of_prompt, of_completion) => {
            let what = format!(
                "expected two strings or two lists of messages, found {} and {}",
                of_prompt.as_str(),
                of_completion.as_str()
            );
            reading.note(Code::FieldWrongType, "/prompt", what);
            return conversation;
        }
    }
    chat::read_list(prompt, ListPlace("/prompt"), reading, &mut conversation.messages);
    let first = conversation.messages.len();
    chat::read_list(completion, ListPlace("/completion"), reading, &mut conversation.messages);
    for message in &mut conversation.messages[first..] {
        message.index |= COMPLETION;
    }
    conversation.default_loss = DefaultLoss::FromMessage(first as u32);
    if let Some(tools) = record.get("tools") {
        conversation.tools = tools::read(tools, "/tools", Form::AsSpelled, reading);
    }
    if let Some(parallel) = record.get("parallel_tool_calls") {
        conversation.parallel_tool_calls = read_parallel_tool_calls(parallel, reading);
    }
    if conversation.tools.is_empty() {
        conversation.tools = reading.shared_tools();
    }
    conversation
}

const PLACES: Places = Places::new(|place| {
    let message = |index: u32| match index & COMPLETION {
        0 => format!("/prompt/{index}"),
        _ => format!("/completion/{}", index & !COMPLETION),
    };
    match place {
        Place::Messages => String::new(),
        Place::Message(index) => message(index),
        Place::Content(index) => message(index) + "/content",
        Place::Call(index, call) => format!("{}/tool_calls/{call}", message(index)),
        Place::Arguments(index, call) => format!("{}/tool_calls/{call}/function/arguments", message(index)),
        other => Places::default().pointer(other),
    }
});
