//! Layout `openai`: `{"messages": [..], "tools": [..]}`, the format of the OpenAI chat and
//! fine-tuning APIs, and of most public sets in some shade of it.

use tooltrain_json::{Json, Kind};

use super::chat::{self, ListPlace};
use super::numbering::number_calls;
use super::openai_functions;
use super::reading::Reading;
use super::tools::{self, Form};
use crate::conversation::Conversation;
use crate::finding::Code;
use crate::nearest::nearest;

pub(super) fn recognizes(record: Json<'_, '_>) -> bool {
    record.get("messages").is_some()
}

pub(super) fn read<'a>(record: Json<'_, 'a>, reading: &mut Reading<'_>) -> Conversation<'a> {
    let mut conversation = Conversation::default();
    reading.contents_as_spelled = reading.options.contents_as_spelled;
    for (key, value) in record.members() {
        match &*key {
            "messages" => chat::read_list(value, ListPlace("/messages"), reading, &mut conversation.messages),
            "tools" => {
                conversation.tools.extend(tools::read(value, "/tools", Form::AsSpelled, reading));
            }
            "functions" => {
                conversation.tools.extend(tools::read(value, "/functions", Form::Wrapped, reading));
            }
            "parallel_tool_calls" => {
                conversation.parallel_tool_calls = read_parallel_tool_calls(value, reading);
            }
            key => pass_over(key, value, reading),
        }
    }
    if reading.legacy > 0 {
        let what = format!("{} function calls and results were read as tool calls", reading.legacy);
        reading.note(Code::LegacyFunctions, "/messages", what);
        number_calls(&mut conversation.messages);
        conversation.places = openai_functions::PLACES;
    }
    if conversation.tools.is_empty() {
        conversation.tools = reading.shared_tools();
    }
    conversation
}

/// The keys beside `messages` that mean something.
const OPTIONAL_KEYS: [&str; 3] = ["tools", "functions", "parallel_tool_calls"];

/// A key of the record that means nothing here, unless it is nearly one that does: texts and numbers are remarks about
/// the record.
fn pass_over(key: &str, value: Json<'_, '_>, reading: &mut Reading<'_>) {
    let may_be_misspelled = matches!(value.kind(), Kind::Array | Kind::True | Kind::False);
    if may_be_misspelled && nearest(key, OPTIONAL_KEYS).is_some() {
        reading.doubt();
    }
    reading.passed_over.push("", key, value);
}

/// Whether a record lets turns have several calls, where it says so.
pub(super) fn read_parallel_tool_calls(value: Json<'_, '_>, reading: &mut Reading<'_>) -> Option<bool> {
    if value.boolean().is_none() && !value.is_null() {
        let message = format!("expected a boolean, found {}", value.kind().as_str());
        reading.note_at(value, Code::FieldWrongType, "/parallel_tool_calls", message);
    }
    value.boolean()
}
