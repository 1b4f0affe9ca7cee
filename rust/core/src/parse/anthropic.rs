//! Layout `anthropic`: content blocks, calls as `tool_use`, results as `tool_result` inside user
//! messages, the system text at the top level, tools with an `input_schema`.

use std::borrow::Cow;

use tooltrain_json::{Json, Kind, excerpt};

use super::chat::{self, ListPlace, MessagePlace};
use super::reading::Reading;
use super::tools::{self, Form};
use crate::conversation::{
    Arguments, ArgumentsForm, Content, Conversation, Message, Place, Places, Role, ToolCall,
};
use crate::finding::Code;

const BLOCKS: [&str; 4] = ["tool_use", "tool_result", "thinking", "redacted_thinking"];

/// Keys of a block that mean something.
const BLOCK_KEYS: [&str; 8] = ["type", "text", "thinking", "id", "name", "input", "tool_use_id", "content"];

pub(super) fn recognizes(record: Json<'_, '_>) -> bool {
    let Some(messages) = record.get("messages") else { return false };
    let tools = record.get("tools");
    if tools.is_some_and(|tools| tools.elements().any(|tool| tool.get("input_schema").is_some())) {
        return true;
    }
    if tools.is_some_and(|tools| tools.elements().any(|tool| tool.get("function").is_some())) {
        return false;
    }
    record.get("system").is_some() && messages.elements().all(|message| !is_openai(message))
        || messages.elements().any(|message| message.get("content").is_some_and(has_block))
}

/// Whether a message says something that only the other layouts with messages say.
fn is_openai(message: Json<'_, '_>) -> bool {
    message.get("tool_calls").is_some()
        || message.get("role").and_then(Json::text).is_some_and(|role| role != "user" && role != "assistant")
}

fn has_block(content: Json<'_, '_>) -> bool {
    content
        .elements()
        .any(|block| block.get("type").and_then(Json::text).is_some_and(|kind| BLOCKS.contains(&&*kind)))
}

pub(super) fn read<'a>(record: Json<'_, 'a>, reading: &mut Reading<'_>) -> Conversation<'a> {
    let mut conversation = Conversation { places: PLACES, ..Conversation::default() };
    reading.passed_over.rest("", record, &["system", "messages", "tools"]);
    if let Some(system) = record.get("system").filter(|system| !system.is_null()) {
        let text = read_text_blocks(system, &|| "/system".to_owned(), reading);
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            conversation.messages.push(Message::new(Role::System, 0).with_text(text));
        }
    }
    if let Some(messages) = record.get("messages") {
        read_messages(messages, reading, &mut conversation.messages);
    }
    if let Some(tools) = record.get("tools") {
        conversation.tools = tools::read(tools, "/tools", Form::Wrapped, reading);
    }
    if conversation.tools.is_empty() {
        conversation.tools = reading.shared_tools();
    }
    conversation
}

fn read_messages<'a>(list: Json<'_, 'a>, reading: &mut Reading<'_>, messages: &mut Vec<Message<'a>>) {
    const LIST: ListPlace<'_> = ListPlace("/messages");
    let before = messages.len();
    let mut plain = Vec::new();
    for (index, json) in list.elements().enumerate() {
        let place = MessagePlace { list: LIST, index: index as u32 };
        match json.get("content") {
            Some(content) if content.kind() == Kind::Array => {
                read_blocks(json, content, place, reading, messages);
            }
            _ => chat::read_message(json, place, reading, messages),
        }
    }
    if list.kind() != Kind::Array || messages.len() == before && !reading.failed() {
        chat::read_list(list, LIST, reading, &mut plain);
    }
}

/// What the blocks of one message come to.
#[derive(Default)]
struct Blocks<'a> {
    text: Vec<Cow<'a, str>>,
    thinking: Vec<Cow<'a, str>>,
    calls: Vec<ToolCall<'a>>,
    results: Vec<Message<'a>>,
    text_after_call: bool,
}

fn read_blocks<'a>(
    json: Json<'_, 'a>,
    content: Json<'_, 'a>,
    place: MessagePlace<'_>,
    reading: &mut Reading<'_>,
    messages: &mut Vec<Message<'a>>,
) {
    let role = match json.get("role").and_then(Json::text).as_deref() {
        Some("assistant") => Role::Assistant,
        Some("user") => Role::User,
        Some("system") => Role::System,
        Some(other) => {
            let what = chat::unknown_role(other);
            return reading.note_at(json, Code::UnknownRole, format!("{place}/role"), what);
        }
        None => {
            let what = chat::without_role(json);
            return reading.note_at(json, Code::RoleMissing, place.to_string(), what);
        }
    };
    reading.passed_over.rest("messages[].", json, &["role", "content", "weight", "train", "loss"]);
    let mut blocks = Blocks::default();
    for (position, block) in content.elements().enumerate() {
        let pointer = || format!("{place}/content/{position}");
        read_block(block, role, place, &pointer, reading, &mut blocks);
    }
    if blocks.text_after_call {
        reading.note(Code::TextAfterCall, format!("{place}/content"), "text after a call was put before it");
    }
    if blocks.text.len() > 1 {
        let what = format!("{} content parts were joined", blocks.text.len());
        reading.note(Code::PartsJoined, format!("{place}/content"), what);
    }
    let weight = chat::message_weight(json, place, reading);
    let only_results = !blocks.results.is_empty() && blocks.text.is_empty();
    messages.append(&mut blocks.results);
    if only_results {
        return;
    }
    let mut message = Message::new(role, place.index);
    message.weight = weight;
    message.content = Content::Text(joined(blocks.text, ""));
    message.reasoning = (!blocks.thinking.is_empty()).then(|| joined(blocks.thinking, "\n"));
    message.tool_calls = blocks.calls;
    messages.push(message);
}

fn read_block<'a>(
    block: Json<'_, 'a>,
    role: Role,
    place: MessagePlace<'_>,
    pointer: &impl Fn() -> String,
    reading: &mut Reading<'_>,
    blocks: &mut Blocks<'a>,
) {
    let field = |name: &str| block.get(name).and_then(Json::text);
    reading.passed_over.rest("messages[].content[].", block, &BLOCK_KEYS);
    let kind = field("type");
    match (kind.as_deref(), role) {
        (Some("text"), _) => match field("text") {
            Some(text) => {
                blocks.text_after_call |= !blocks.calls.is_empty() && !text.trim().is_empty();
                blocks.text.push(text);
            }
            None => reading.note_at(block, Code::UnknownContentPart, pointer(), "the text block has no text"),
        },
        (Some("thinking"), Role::Assistant) => match field("thinking") {
            Some(thinking) => blocks.thinking.push(thinking),
            None => reading.doubt(),
        },
        (Some("tool_use"), Role::Assistant) => blocks.calls.extend(read_tool_use(block, pointer, reading)),
        (Some("tool_result"), Role::User) => {
            let mut result = Message::new(Role::Tool, place.index);
            result.tool_call_id = field("tool_use_id");
            let content = block.get("content").filter(|content| !content.is_null());
            let text = match content {
                Some(content) => read_text_blocks(content, &|| pointer() + "/content", reading),
                None => Some(Cow::Borrowed("")),
            };
            blocks.results.extend(text.map(|text| result.with_text(text)));
        }
        (kind, role) => {
            let what = format!(
                "a block of type {} cannot be read in a message of role {}",
                excerpt(kind.unwrap_or("nothing"), 0),
                role.as_str()
            );
            reading.note_at(block, Code::UnknownContentPart, pointer(), what);
        }
    }
}

fn read_tool_use<'a>(
    block: Json<'_, 'a>,
    pointer: &impl Fn() -> String,
    reading: &mut Reading<'_>,
) -> Option<ToolCall<'a>> {
    let name = block.get("name").and_then(Json::text).filter(|name| !name.is_empty());
    if name.is_none() {
        reading.note_at(block, Code::CallNameMissing, pointer(), "the call does not name its tool");
    }
    let input = block.get("input").filter(|input| input.kind() == Kind::Object);
    if input.is_none() {
        let found = block.get("input").map_or("nothing", |input| input.kind().as_str());
        let what = format!("expected an object as input, found {found}");
        reading.note_at(block, Code::ArgumentsNotObject, pointer() + "/input", what);
    }
    let json = Cow::Borrowed(input?.source());
    Some(ToolCall {
        id: block.get("id").and_then(Json::text).filter(|id| !id.is_empty()),
        name: name?,
        arguments: Arguments { json, form: ArgumentsForm::Object },
    })
}

/// Text as a string, or as a list of text blocks.
fn read_text_blocks<'a>(
    value: Json<'_, 'a>,
    pointer: &impl Fn() -> String,
    reading: &mut Reading<'_>,
) -> Option<Cow<'a, str>> {
    if let Some(text) = value.text() {
        return Some(text);
    }
    if value.kind() != Kind::Array {
        let what = format!("expected text or a list of text blocks, found {}", value.kind().as_str());
        reading.note_at(value, Code::ContentWrongType, pointer(), what);
        return None;
    }
    let mut pieces = Vec::new();
    for (position, block) in value.elements().enumerate() {
        let is_text = block.get("type").and_then(Json::text).as_deref() == Some("text");
        if let Some(text) = block.get("text").and_then(Json::text).filter(|_| is_text) {
            pieces.push(text);
        } else {
            let pointer = format!("{}/{position}", pointer());
            reading.note_at(block, Code::UnknownContentPart, pointer, "only text blocks can be read here");
        }
    }
    Some(joined(pieces, ""))
}

fn joined<'a>(mut pieces: Vec<Cow<'a, str>>, between: &str) -> Cow<'a, str> {
    if pieces.len() > 1 { Cow::Owned(pieces.join(between)) } else { pieces.pop().unwrap_or_default() }
}

const PLACES: Places = Places::new(|place| match place {
    Place::Call(message, _) | Place::Arguments(message, _) => format!("/messages/{message}/content"),
    other => Places::default().pointer(other),
});
