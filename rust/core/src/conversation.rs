//! The one internal form of a record. Every layout is parsed into it, every renderer reads it.
//!
//! Text borrows from the line it came from wherever the source spelling is the value. JSON that
//! passes through (arguments, tool definitions) stays source text: key order, number spelling and
//! null against absent survive.

use std::borrow::Cow;
use std::sync::Arc;

use crate::finding::Code;

/// Who speaks in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Instructions to the model. The `developer` role is read as this one.
    System,
    /// The person.
    User,
    /// The model: the only role that is ever trained.
    Assistant,
    /// The result of a tool call.
    Tool,
}

impl Role {
    /// The name chat templates know it by.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
        }
    }
}

/// Content of a message as the record gave it; parts are joined.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Content<'a> {
    /// The key is not there.
    #[default]
    Absent,
    /// The key is there and null.
    Null,
    /// The text, unescaped.
    Text(Cow<'a, str>),
}

impl Content<'_> {
    /// The text, empty where there is none.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Content::Text(text) => text,
            Content::Absent | Content::Null => "",
        }
    }

    /// Whether a template that tests the content for truth would take the false branch.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_str().is_empty()
    }
}

/// A loss weight that a content part carries, up to byte `end` of the joined content.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PartWeight {
    /// End of the part in the joined content, in bytes.
    pub end: u32,
    /// The weight of its tokens; `None` follows the message.
    pub weight: Option<f32>,
}

/// What the loss law decided about a message; see [`crate::loss`].
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Decided {
    /// Weight of its bytes, parts with a weight of their own left out.
    pub weight: f32,
    /// Whether the policy gives its content any weight, so that weights of its parts count.
    pub weighs_content: bool,
    /// Whether the policy gives anything else of it weight: the stop token, calls, reasoning.
    pub weighs_rest: bool,
}

/// How the record spelled the arguments of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentsForm {
    /// As a JSON object, as most public sets do.
    Object,
    /// As a string that holds a JSON object, as the OpenAI API does.
    Text,
}

/// The arguments of one call: always the text of one valid JSON object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments<'a> {
    /// Source text: of the object, or the unescaped string.
    pub json: Cow<'a, str>,
    /// Which of the two it was; templates may print them differently.
    pub form: ArgumentsForm,
}

/// One tool call of an assistant message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCall<'a> {
    /// The id results refer to; validation makes one where it is missing.
    pub id: Option<Cow<'a, str>>,
    /// Name of the called tool.
    pub name: Cow<'a, str>,
    /// What it is called with.
    pub arguments: Arguments<'a>,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Message<'a> {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: Content<'a>,
    /// The reasoning before it, from `reasoning_content`, `reasoning` or `thinking`.
    pub reasoning: Option<Cow<'a, str>>,
    /// Calls, in the order given. Only assistant messages have any.
    pub tool_calls: Vec<ToolCall<'a>>,
    /// The call a tool message answers.
    pub tool_call_id: Option<Cow<'a, str>>,
    /// The `name` field: of a participant, or of the tool that answered.
    pub name: Option<Cow<'a, str>>,
    /// The record's own loss weight (`weight`, `train`, `loss`), where it gives one.
    pub weight: Option<f32>,
    /// Weights of single content parts; empty unless the record gives some.
    pub part_weights: Vec<PartWeight>,
    /// What the loss law decided about it; nothing is trained before it did.
    pub decided: Decided,
    /// Why validation took this turn out of training, if it did.
    pub masked: Option<Code>,
    /// Context repeated for a later piece of the conversation: printed, never trained.
    pub context: bool,
    /// Position in the record's own list, for JSON pointers.
    pub index: u32,
}

impl<'a> Message<'a> {
    /// An empty message of `role` at position `index` of the record.
    #[inline]
    #[must_use]
    pub fn new(role: Role, index: u32) -> Self {
        Self {
            role,
            content: Content::Absent,
            reasoning: None,
            tool_calls: Vec::new(),
            tool_call_id: None,
            name: None,
            weight: None,
            part_weights: Vec::new(),
            decided: Decided::default(),
            masked: None,
            context: false,
            index,
        }
    }

    /// The same message with `text` as its content.
    #[must_use]
    pub fn with_text(mut self, text: impl Into<Cow<'a, str>>) -> Self {
        self.content = Content::Text(text.into());
        self
    }
}

/// One declared tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool<'a> {
    /// Source text of the whole definition, as the record spelled it.
    pub json: Cow<'a, str>,
    /// `function.name`, or `name` of a bare definition.
    pub name: Cow<'a, str>,
    /// Source text of the parameters schema, if there is one.
    pub parameters: Option<Cow<'a, str>>,
}

/// Which turns a record of this layout trains when the run does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum DefaultLoss {
    /// Every assistant turn: chats.
    #[default]
    Assistant,
    /// The last assistant turn: question and answer rows.
    LastTurn,
    /// The assistant turns from this message on: the completion of a prompt.
    FromMessage(u32),
}

/// A part of a record that a finding can point at. Messages go by their `index`, the position in
/// the record's own list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The list of messages, or what stands for it.
    Messages,
    /// A message.
    Message(u32),
    /// The content of a message.
    Content(u32),
    /// The call at a position in the calls of a message.
    Call(u32, u32),
    /// The arguments of that call.
    Arguments(u32, u32),
    /// The list of tools.
    Tools,
    /// The tool at a position in that list.
    Tool(u32),
}

/// Where the parts of a record are in its own JSON: layouts differ in what they call them. They are no part of what
/// the record means, so any two are equal.
#[derive(Clone)]
pub enum Places {
    /// The layout has one pointer for each kind of part.
    Spelled(fn(Place) -> String),
    /// The messages come from several places of the record.
    Listed(Arc<Listed>),
}

/// Where each message of a record is, for layouts that gather them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    lists: Vec<String>,
    /// By the index of the message: a list and the position in it, or a pointer of its own.
    messages: Vec<(u32, u32)>,
    /// Pointer to the tools.
    pub tools: String,
}

/// A position for what is a place itself, and no list.
const ITSELF: u32 = u32::MAX;

impl Listed {
    /// A list of messages, to be named by [`Listed::push`].
    pub fn push_list(&mut self, pointer: String) -> u32 {
        self.lists.push(pointer);
        self.lists.len() as u32 - 1
    }

    /// The index of the message at `position` of `list`.
    pub fn push(&mut self, list: u32, position: u32) -> u32 {
        self.messages.push((list, position));
        self.messages.len() as u32 - 1
    }

    /// The index of a message at a place of its own.
    pub fn push_pointer(&mut self, pointer: String) -> u32 {
        let list = self.push_list(pointer);
        self.push(list, ITSELF)
    }

    /// JSON pointer to the message with this index.
    #[must_use]
    pub fn message(&self, index: u32) -> String {
        let Some(&(list, position)) = self.messages.get(index as usize) else { return String::new() };
        let list = self.lists.get(list as usize).map_or("", String::as_str);
        if position == ITSELF { list.to_owned() } else { format!("{list}/{position}") }
    }

    fn pointer(&self, place: Place) -> String {
        match place {
            Place::Messages => self.lists.first().cloned().unwrap_or_default(),
            Place::Message(index)
            | Place::Content(index)
            | Place::Call(index, _)
            | Place::Arguments(index, _) => self.message(index),
            Place::Tools => self.tools.clone(),
            Place::Tool(tool) => format!("{}/{tool}", self.tools),
        }
    }
}

impl Places {
    /// Places that `pointer` spells as JSON pointers.
    #[must_use]
    pub const fn new(pointer: fn(Place) -> String) -> Self {
        Self::Spelled(pointer)
    }

    /// Places that are listed one by one.
    #[must_use]
    pub fn listed(listed: Arc<Listed>) -> Self {
        Self::Listed(listed)
    }

    /// JSON pointer to `place`.
    #[must_use]
    pub fn pointer(&self, place: Place) -> String {
        match self {
            Self::Spelled(pointer) => pointer(place),
            Self::Listed(listed) => listed.pointer(place),
        }
    }
}

impl Default for Places {
    fn default() -> Self {
        Self::new(|place| match place {
            Place::Messages => "/messages".to_owned(),
            Place::Message(message) => format!("/messages/{message}"),
            Place::Content(message) => format!("/messages/{message}/content"),
            Place::Call(message, call) => format!("/messages/{message}/tool_calls/{call}"),
            Place::Arguments(message, call) => {
                format!("/messages/{message}/tool_calls/{call}/function/arguments")
            }
            Place::Tools => "/tools".to_owned(),
            Place::Tool(tool) => format!("/tools/{tool}"),
        })
    }
}

impl PartialEq for Places {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl std::fmt::Debug for Places {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Places({})", self.pointer(Place::Messages))
    }
}

/// One record, whatever its layout was.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Conversation<'a> {
    /// The messages in order.
    pub messages: Vec<Message<'a>>,
    /// The declared tools in order; empty when there are none.
    pub tools: Vec<Tool<'a>>,
    /// The record's own `parallel_tool_calls`.
    pub parallel_tool_calls: Option<bool>,
    /// What is trained when the run does not say.
    pub default_loss: DefaultLoss,
    /// A plain prompt and completion: the two messages are raw text and no template is rendered.
    pub plain: bool,
    /// Where its parts stand in the record, for findings.
    pub places: Places,
}

/// The same text, borrowing nothing.
fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

impl Content<'_> {
    /// The same content, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Content<'static> {
        match self {
            Content::Absent => Content::Absent,
            Content::Null => Content::Null,
            Content::Text(text) => Content::Text(owned(text)),
        }
    }
}

impl ToolCall<'_> {
    /// The same call, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> ToolCall<'static> {
        ToolCall {
            id: self.id.map(owned),
            name: owned(self.name),
            arguments: Arguments { json: owned(self.arguments.json), form: self.arguments.form },
        }
    }
}

impl Message<'_> {
    /// The same message, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Message<'static> {
        Message {
            role: self.role,
            content: self.content.into_owned(),
            reasoning: self.reasoning.map(owned),
            tool_calls: self.tool_calls.into_iter().map(ToolCall::into_owned).collect(),
            tool_call_id: self.tool_call_id.map(owned),
            name: self.name.map(owned),
            weight: self.weight,
            part_weights: self.part_weights,
            decided: self.decided,
            masked: self.masked,
            context: self.context,
            index: self.index,
        }
    }
}

impl Tool<'_> {
    /// The same tool, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Tool<'static> {
        Tool { json: owned(self.json), name: owned(self.name), parameters: self.parameters.map(owned) }
    }
}

impl<'a> Conversation<'a> {
    /// The same record with other messages.
    #[must_use]
    pub fn with_messages(&self, messages: Vec<Message<'a>>) -> Self {
        Self {
            messages,
            tools: self.tools.clone(),
            parallel_tool_calls: self.parallel_tool_calls,
            default_loss: self.default_loss,
            plain: self.plain,
            places: self.places.clone(),
        }
    }
}

impl Conversation<'_> {
    /// The same conversation, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Conversation<'static> {
        Conversation {
            messages: self.messages.into_iter().map(Message::into_owned).collect(),
            tools: self.tools.into_iter().map(Tool::into_owned).collect(),
            parallel_tool_calls: self.parallel_tool_calls,
            default_loss: self.default_loss,
            plain: self.plain,
            places: self.places,
        }
    }

    /// Positions of the assistant messages.
    pub fn assistant_turns(&self) -> impl Iterator<Item = usize> + '_ {
        self.messages
            .iter()
            .enumerate()
            .filter(|(_, message)| message.role == Role::Assistant)
            .map(|(position, _)| position)
    }
}
