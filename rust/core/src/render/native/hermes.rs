//! Hermes 2 Pro and Hermes 3 with tools: the `tool_use` template, the same file in both.
//!
//! The text of a turn that calls is not printed. The closing line of a tool result differs between
//! the last message and others, so the turn right after a result never sees its serving prompt.

use tooltrain_json::{Tape, print_json};

use super::hermes_types::definition;
use super::writer::Writer;
use crate::conversation::{ArgumentsForm, Conversation, Message, Role, ToolCall};
use crate::finding::{Code, Finding};
use crate::render::rendered::{Field, Rendered, Serving};
use crate::render::unprinted::{dropped_reasoning, dropped_text};
use crate::render::{Capabilities, ChatTemplate, RenderOptions};

const TOOLS_BEFORE: &str = "You are a function calling AI model. You are provided with function signatures within <tools></tools> XML tags. You may call one or more functions to assist with the user query. Don't make assumptions about what values to plug into functions. Here are the available tools: <tools> ";
const TOOLS_AFTER: &str = " </tools>Use the following pydantic model json schema for each tool call you will make: {\"properties\": {\"name\": {\"title\": \"Name\", \"type\": \"string\"}, \"arguments\": {\"title\": \"Arguments\", \"type\": \"object\"}}, \"required\": [\"name\", \"arguments\"], \"title\": \"FunctionCall\", \"type\": \"object\"}}\nFor each function call return a json object with function name and arguments within <tool_call></tool_call> XML tags as follows:\n<tool_call>\n{\"name\": <function-name>, \"arguments\": <args-dict>}\n</tool_call><|im_end|>\n";
const MARKERS: &[&str] = &[
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
    "<tools>",
    "</tools>",
    "<think>",
    "</think>",
];

/// The `tool_use` template of Hermes 2 Pro and Hermes 3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hermes {
    /// The tokenizer's beginning-of-sequence token, printed first; may be empty.
    pub bos: &'static str,
}

impl ChatTemplate for Hermes {
    fn name(&self) -> &'static str {
        "hermes"
    }

    fn digest(&self) -> &'static str {
        "7ce09d55d3690e06c70b5c07228cc7e8c99c43a23cdc027762be4011efcdea6c"
    }

    fn content_markers(&self) -> &[&'static str] {
        MARKERS
    }

    fn stop_tokens(&self) -> &[&'static str] {
        &["<|im_end|>"]
    }

    fn prints_argument_text(&self) -> bool {
        true
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { text_beside_calls: false, reasoning: false, ..Capabilities::default() }
    }

    fn render(
        &self,
        conversation: &Conversation<'_>,
        _options: &RenderOptions,
        out: &mut Rendered,
        findings: &mut Vec<Finding>,
    ) -> Result<(), Finding> {
        let mut writer = Writer::new(out);
        self.preamble(&mut writer, conversation)?;
        let messages = &conversation.messages;
        for (position, message) in messages.iter().enumerate() {
            writer.message(position);
            match message.role {
                Role::Tool => tool_result(&mut writer, messages, position)?,
                Role::Assistant => {
                    let after_result = position > 0 && messages[position - 1].role == Role::Tool;
                    assistant(&mut writer, message, after_result, findings);
                }
                role => {
                    writer.template("<|im_start|>", Field::Header);
                    writer.template(role.as_str(), Field::Header);
                    writer.template("\n", Field::Header);
                    match role {
                        Role::System => writer.content(message.content.as_str(), Field::System),
                        _ => writer.plain(message.content.as_str(), Field::User),
                    }
                    writer.template("<|im_end|>\n", Field::Header);
                }
            }
        }
        Ok(())
    }
}

impl Hermes {
    fn preamble(&self, writer: &mut Writer<'_>, conversation: &Conversation<'_>) -> Result<(), Finding> {
        if conversation.tools.is_empty() {
            return Err(Finding::new(Code::CannotRender, "/tools", "the hermes tool template needs tools")
                .hint("give chat_template=\"chatml\" for conversations without tools"));
        }
        writer.template(self.bos, Field::Header);
        writer.template("<|im_start|>system\n", Field::Header);
        writer.template(TOOLS_BEFORE, Field::Header);
        let mut tape = Tape::default();
        for (order, tool) in conversation.tools.iter().enumerate() {
            if order > 0 {
                writer.template("\n", Field::Header);
            }
            let mut refused = None;
            writer.plain_with(Field::ToolDefinition, |out| {
                refused = definition(&tool.json, &mut tape, out).err();
            });
            if let Some(raises) = refused {
                return Err(Finding::new(
                    Code::CannotRender,
                    format!("/tools/{order}"),
                    format!("the hermes template raises on the tool `{}`: {raises}", tool.name),
                ));
            }
        }
        writer.template(TOOLS_AFTER, Field::Header);
        Ok(())
    }
}

fn assistant(
    writer: &mut Writer<'_>,
    message: &Message<'_>,
    after_result: bool,
    findings: &mut Vec<Finding>,
) {
    let mut dropped = dropped_reasoning("hermes", message, findings);
    writer.template("<|im_start|>assistant\n", Field::Header);
    writer.begin_turn();
    if message.tool_calls.is_empty() {
        writer.content(message.content.as_str(), Field::Text);
    } else {
        dropped |= dropped_text("hermes", message, findings);
    }
    for (order, call) in message.tool_calls.iter().enumerate() {
        if order > 0 {
            writer.template("\n", Field::CallSyntax);
        }
        self::call(writer, call);
    }
    writer.template("<|im_end|>", Field::Stop);
    let serving = match (dropped, after_result) {
        (true, _) => Serving::FieldDropped,
        (_, true) => Serving::PromptDiffers,
        _ => Serving::Consistent,
    };
    writer.end_turn(serving, false);
    writer.template("\n", Field::Header);
}

fn call(writer: &mut Writer<'_>, call: &ToolCall<'_>) {
    writer.template("<tool_call>\n{\"name\": \"", Field::CallSyntax);
    writer.plain(&call.name, Field::CallName);
    writer.template("\", \"arguments\": ", Field::CallSyntax);
    if call.arguments.form == ArgumentsForm::Text {
        writer.plain(&call.arguments.json, Field::CallArguments);
    } else {
        writer.plain_with(Field::CallArguments, |out| print_json(&call.arguments.json, out));
    }
    writer.template("}\n</tool_call>", Field::CallSyntax);
}

/// Consecutive tool messages share one turn.
fn tool_result(writer: &mut Writer<'_>, messages: &[Message<'_>], position: usize) -> Result<(), Finding> {
    let Some(before) = position.checked_sub(1) else {
        return Err(Finding::new(
            Code::CannotRender,
            "/messages/0",
            "the hermes template does not open a turn for a conversation that begins with a tool result",
        ));
    };
    if messages[before].role != Role::Tool {
        writer.template("<|im_start|>tool\n", Field::Header);
    }
    writer.template("<tool_response>\n", Field::Header);
    writer.plain(messages[position].content.as_str(), Field::ToolResult);
    let next = messages.get(position + 1).map(|message| message.role);
    writer.template(
        match next {
            Some(Role::Tool) => "\n</tool_response>\n",
            Some(_) => "\n</tool_response>\n<|im_end|>",
            None => "\n</tool_response><|im_end|>",
        },
        Field::Header,
    );
    Ok(())
}
