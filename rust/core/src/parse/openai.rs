//! Layout `openai`: `{"messages": [..], "tools": [..]}`, the format of the OpenAI chat and
//! fine-tuning APIs, and of most public sets in some shade of it.

use super::chat::{self, ListPlace};
use super::json::Json;
use super::reading::Reading;
use super::tools;
use crate::conversation::Conversation;
use crate::finding::Code;

pub(super) fn recognises(record: Json<'_, '_>) -> bool {
    record.get("messages").is_some()
}

pub(super) fn read<'a>(record: Json<'_, 'a>, reading: &mut Reading<'_>) -> Conversation<'a> {
    let mut conversation = Conversation::default();
    for (key, value) in record.members() {
        match &*key {
            "messages" => chat::read_list(value, ListPlace("/messages"), reading, &mut conversation.messages),
            "tools" => conversation.tools = tools::read(value, "/tools", reading),
            "parallel_tool_calls" if !value.is_null() => {
                conversation.parallel_tool_calls = value.boolean();
                if value.boolean().is_none() {
                    let message = format!("expected a boolean, found {}", value.kind().as_str());
                    reading.note_at(value, Code::FieldWrongType, "/parallel_tool_calls", message);
                }
            }
            _ => {}
        }
    }
    if conversation.tools.is_empty() {
        conversation.tools = reading.shared_tools();
    }
    conversation
}
