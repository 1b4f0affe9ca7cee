//! The Llama 3 family: `llama-3` (chat only), `llama-3.1` (3.3 has the same file) and `llama-3.2`.
//!
//! The templates of 3.1 and later trim every text, put tools into the first user message unless told
//! otherwise, print one call a turn and drop the text beside it, and quote tool results as JSON strings.

use tooltrain_jinja::{Day, python_text::strip};
use tooltrain_json::{print_json, print_json_indented, print_json_string};

use super::writer::Writer;
use crate::conversation::{Conversation, Message, Role, ToolCall};
use crate::finding::{Code, Finding};
use crate::render::native::template_kwargs;
use crate::render::rendered::{Field, Rendered, Serving};
use crate::render::unprinted::{dropped_calls, dropped_reasoning, dropped_text, dropped_tools};
use crate::render::{Capabilities, ChatTemplate, RenderOptions};

const TOOLS_IN_USER: &str = "Given the following functions, please respond with a JSON for a function call with its proper arguments that best answers the given prompt.\n\n";
const TOOLS_IN_SYSTEM: &str = "You have access to the following functions. To call a function, please respond with JSON for a function call.";
const RESPOND: &str = "Respond in the format {\"name\": function name, \"parameters\": dictionary of argument name and its value}.Do not use variables.\n\n";
const FIXED_DATE: &str = "26 Jul 2024";
const MARKERS: &[&str] = &["<|python_tag|>"];

/// The members of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Llama {
    /// Llama 3: roles and trimmed texts, no tools.
    Llama3,
    /// Llama 3.1 and 3.3: the date is a constant.
    Llama31,
    /// Llama 3.2: the date is the day of the run.
    Llama32,
}

impl ChatTemplate for Llama {
    fn name(&self) -> &'static str {
        match self {
            Llama::Llama3 => "llama-3",
            Llama::Llama31 => "llama-3.1",
            Llama::Llama32 => "llama-3.2",
        }
    }

    fn digest(&self) -> &'static str {
        match self {
            Llama::Llama3 => "ba03a121d097859c7b5b9cd03af99aafe95275210d2876f642ad9929a150f122",
            Llama::Llama31 => "e10ca381b1ccc5cf9db52e371f3b6651576caee0a630b452e2816b2d404d4b65",
            Llama::Llama32 => "5816fce10444e03c2e9ee1ef8a4a1ea61ae7e69e438613f3b17b69d0426223a4",
        }
    }

    fn content_markers(&self) -> &[&'static str] {
        MARKERS
    }

    fn stop_tokens(&self) -> &[&'static str] {
        &["<|eot_id|>", "<|eom_id|>", "<|end_of_text|>"]
    }

    fn capabilities(&self) -> Capabilities {
        let calls = *self != Llama::Llama3;
        Capabilities {
            system: true,
            tools: calls,
            calls,
            parallel_calls: !calls,
            text_beside_calls: false,
            reasoning: false,
        }
    }

    fn render(
        &self,
        conversation: &Conversation<'_>,
        options: &RenderOptions,
        out: &mut Rendered,
        findings: &mut Vec<Finding>,
    ) -> Result<(), Finding> {
        let mut writer = Writer::new(out);
        writer.template("<|begin_of_text|>", Field::Header);
        let mut rest = conversation.messages.iter().enumerate().peekable();
        if *self == Llama::Llama3 {
            dropped_tools(self.name(), conversation, findings);
        } else {
            let tools = Tools::of(*self, conversation, options)?;
            let system = rest.next_if(|(_, message)| message.role == Role::System);
            tools.system_block(&mut writer, system, &self.date(options)?);
            if tools.in_user_message {
                let Some((position, first)) = rest.next_if(|(_, message)| message.role == Role::User) else {
                    return Err(Finding::new(
                        Code::CannotRender,
                        "/messages",
                        format!("the {} template puts tools into the first message, and that is no user message", self.name()),
                    )
                    .hint("template_kwargs={\"tools_in_user_message\": false} puts them into the system message"));
                };
                tools.user_block(&mut writer, position, first);
            }
        }
        for (position, message) in rest {
            writer.message(position);
            match message.role {
                Role::Assistant => self.assistant(&mut writer, message, findings)?,
                Role::Tool if *self != Llama::Llama3 => {
                    header(&mut writer, "ipython");
                    let text = message.content.as_str();
                    writer.plain_with(Field::ToolResult, |out| print_json_string(text, out));
                    writer.template("<|eot_id|>", Field::Header);
                }
                role => {
                    header(&mut writer, role.as_str());
                    said(&mut writer, message);
                    writer.template("<|eot_id|>", Field::Header);
                }
            }
        }
        Ok(())
    }
}

impl Llama {
    /// One assistant turn: the one call where there is one, else the text.
    fn assistant(
        self,
        writer: &mut Writer<'_>,
        message: &Message<'_>,
        findings: &mut Vec<Finding>,
    ) -> Result<(), Finding> {
        header(writer, "assistant");
        writer.begin_turn();
        let mut dropped = dropped_reasoning(self.name(), message, findings);
        match message.tool_calls.as_slice() {
            [call] if self != Llama::Llama3 => {
                dropped |= dropped_text(self.name(), message, findings);
                self::call(writer, call);
            }
            [_, _, ..] if self != Llama::Llama3 => {
                return Err(Finding::new(
                    Code::ParallelCalls,
                    format!("/messages/{}/tool_calls", message.index),
                    format!(
                        "the {} template prints one call a turn, not {}",
                        self.name(),
                        message.tool_calls.len()
                    ),
                ));
            }
            _ => {
                dropped |= dropped_calls(self.name(), message, 0, findings);
                writer.content(strip(message.content.as_str()), Field::Text);
            }
        }
        writer.template("<|eot_id|>", Field::Stop);
        writer.end_turn(if dropped { Serving::FieldDropped } else { Serving::Consistent }, false);
        Ok(())
    }

    fn date(self, options: &RenderOptions) -> Result<String, Finding> {
        if let Some(date) = template_kwargs::text(options, "date_string") {
            return Ok(date);
        }
        if self != Llama::Llama32 {
            return Ok(FIXED_DATE.to_owned());
        }
        Day::read(&options.date).and_then(|day| day.format("%d %b %Y")).ok_or_else(|| {
            Finding::new(
                Code::CannotRender,
                "",
                format!("`{}` is no date of the form YYYY-MM-DD", options.date),
            )
        })
    }
}

/// Where the tools go.
struct Tools<'c, 'a> {
    conversation: &'c Conversation<'a>,
    in_user_message: bool,
}

impl<'c, 'a> Tools<'c, 'a> {
    fn of(
        family: Llama,
        conversation: &'c Conversation<'a>,
        options: &RenderOptions,
    ) -> Result<Self, Finding> {
        template_kwargs::refuse(options, &["builtin_tools", "custom_tools"], family.name())?;
        let in_user = template_kwargs::truth(options, "tools_in_user_message").unwrap_or(true);
        Ok(Self { conversation, in_user_message: in_user && !conversation.tools.is_empty() })
    }

    /// The system block, which is always there.
    fn system_block(&self, writer: &mut Writer<'_>, system: Option<(usize, &Message<'_>)>, date: &str) {
        header(writer, "system");
        if !self.conversation.tools.is_empty() {
            writer.template("Environment: ipython\n", Field::Header);
        }
        writer.template("Cutting Knowledge Date: December 2023\nToday Date: ", Field::Header);
        writer.template(date, Field::Header);
        writer.template("\n\n", Field::Header);
        if !self.in_user_message && !self.conversation.tools.is_empty() {
            writer.template(TOOLS_IN_SYSTEM, Field::Header);
            self.definitions(writer);
        }
        if let Some((position, message)) = system {
            writer.message(position);
            writer.content(strip(message.content.as_str()), Field::System);
        }
        writer.template("<|eot_id|>", Field::Header);
    }

    /// The first user message with the tools before its text.
    fn user_block(&self, writer: &mut Writer<'_>, position: usize, first: &Message<'_>) {
        writer.message(position);
        header(writer, "user");
        writer.template(TOOLS_IN_USER, Field::Header);
        self.definitions(writer);
        writer.message(position);
        said(writer, first);
        writer.template("<|eot_id|>", Field::Header);
    }

    fn definitions(&self, writer: &mut Writer<'_>) {
        writer.template(RESPOND, Field::Header);
        writer.no_message();
        for tool in &self.conversation.tools {
            writer.plain_with(Field::ToolDefinition, |out| print_json_indented(&tool.json, 4, out));
            writer.template("\n\n", Field::Header);
        }
    }
}

fn header(writer: &mut Writer<'_>, role: &str) {
    writer.template("<|start_header_id|>", Field::Header);
    writer.template(role, Field::Header);
    writer.template("<|end_header_id|>\n\n", Field::Header);
}

/// The trimmed text of a message that is not the model's.
fn said(writer: &mut Writer<'_>, message: &Message<'_>) {
    let text = strip(message.content.as_str());
    match message.role {
        Role::System => writer.content(text, Field::System),
        Role::Tool => writer.plain(text, Field::ToolResult),
        Role::User | Role::Assistant => writer.plain(text, Field::User),
    }
}

fn call(writer: &mut Writer<'_>, call: &ToolCall<'_>) {
    writer.template("{\"name\": \"", Field::CallSyntax);
    writer.plain(&call.name, Field::CallName);
    writer.template("\", \"parameters\": ", Field::CallSyntax);
    writer.plain_with(Field::CallArguments, |out| print_json(&call.arguments.json, out));
    writer.template("}", Field::CallSyntax);
}
