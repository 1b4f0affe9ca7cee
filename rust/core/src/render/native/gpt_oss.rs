//! gpt-oss as the model's own Jinja template prints it (`dialect="hf"`).
//!
//! An assistant turn is a stretch of messages on channels: thinking goes to `analysis`, a call to
//! `commentary`, an answer to `final`. The generation prompt is `<|start|>assistant` alone, so the
//! channel headers are sampled.

use tooltrain_jinja::Day;
use tooltrain_json::{print_json, print_json_string};

use super::gpt_oss_types::namespace;
use super::writer::Writer;
use crate::conversation::{Conversation, Message, Role, ToolCall};
use crate::finding::{Code, Finding};
use crate::render::native::template_kwargs;
use crate::render::rendered::{Field, Rendered, Serving};
use crate::render::unprinted::push;
use crate::render::{Capabilities, ChatTemplate, RenderOptions};

const IDENTITY: &str = "You are ChatGPT, a large language model trained by OpenAI.";
const CHANNELS: &str =
    "# Valid channels: analysis, commentary, final. Channel must be included for every message.";
const CALLS_CHANNEL: &str = "\nCalls to these tools must go to the commentary channel: 'functions'.";
const FORBIDDEN: [&str; 2] = ["<|channel|>analysis<|message|>", "<|channel|>final<|message|>"];

/// The template of gpt-oss-20b and gpt-oss-120b.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GptOss;

impl ChatTemplate for GptOss {
    fn name(&self) -> &'static str {
        "gpt-oss"
    }

    fn digest(&self) -> &'static str {
        "a4c9919cbbd4acdd51ccffe22da049264b1b73e59055fa58811a99efbd7c8146"
    }

    fn content_markers(&self) -> &[&'static str] {
        &[]
    }

    fn history_terminators(&self) -> &[&'static str] {
        &["<|end|>"]
    }

    fn stop_tokens(&self) -> &[&'static str] {
        &["<|return|>", "<|call|>", "<|endoftext|>"]
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { parallel_calls: false, ..Capabilities::default() }
    }

    fn render(
        &self,
        conversation: &Conversation<'_>,
        options: &RenderOptions,
        out: &mut Rendered,
        findings: &mut Vec<Finding>,
    ) -> Result<(), Finding> {
        template_kwargs::refuse(options, &["builtin_tools"], self.name())?;
        let mut writer = Writer::new(out);
        system_message(&mut writer, conversation, options)?;
        developer_message(&mut writer, conversation)?;

        let mut last_call: Option<&str> = None;
        let mut rounds = Rounds::new(&conversation.messages);
        for (position, message) in conversation.messages.iter().enumerate() {
            writer.message(position);
            match message.role {
                Role::System if position == 0 => {}
                Role::System => {
                    if !message.content.is_empty() {
                        push(self.name(), message, "content", "a system message after the first", findings);
                    }
                }
                Role::User => {
                    writer.template("<|start|>user<|message|>", Field::Header);
                    writer.plain(message.content.as_str(), Field::User);
                    writer.template("<|end|>", Field::Header);
                }
                Role::Tool => {
                    let name = last_call.ok_or_else(|| {
                        Finding::new(
                            Code::CannotRender,
                            format!("/messages/{}", message.index),
                            "the gpt-oss template names the tool by the call before it, and there is none",
                        )
                    })?;
                    writer.template("<|start|>functions.", Field::Header);
                    writer.plain(name, Field::Header);
                    writer.template(" to=assistant<|channel|>commentary<|message|>", Field::Header);
                    let text = message.content.as_str();
                    writer.plain_with(Field::ToolResult, |out| print_json_string(text, out));
                    writer.template("<|end|>", Field::Header);
                }
                Role::Assistant => {
                    last_call = match message.tool_calls.as_slice() {
                        [] => {
                            let last = position + 1 == conversation.messages.len();
                            answer(&mut writer, message, last, &rounds, findings)?;
                            if last { last_call } else { None }
                        }
                        [call] => {
                            call_turn(&mut writer, message, call, &rounds, findings)?;
                            Some(&call.name)
                        }
                        _ => return Err(several_calls(message)),
                    };
                }
            }
            rounds.pass(position, message);
        }
        Ok(())
    }
}

/// The system message, the same in both dialects.
pub(super) fn system_message(
    writer: &mut Writer<'_>,
    conversation: &Conversation<'_>,
    options: &RenderOptions,
) -> Result<(), Finding> {
    if Day::read(&options.date).is_none() {
        let message = format!("`{}` is no date of the form YYYY-MM-DD", options.date);
        return Err(Finding::new(Code::CannotRender, "", message));
    }
    let identity = template_kwargs::text(options, "model_identity");
    let effort = template_kwargs::text(options, "reasoning_effort");
    writer.template("<|start|>system<|message|>", Field::Header);
    writer.template(identity.as_deref().unwrap_or(IDENTITY), Field::Header);
    writer.template("\nKnowledge cutoff: 2024-06\nCurrent date: ", Field::Header);
    writer.template(&options.date, Field::Header);
    writer.template("\n\nReasoning: ", Field::Header);
    writer.template(effort.as_deref().unwrap_or("medium"), Field::Header);
    writer.template("\n\n", Field::Header);
    writer.template(CHANNELS, Field::Header);
    if !conversation.tools.is_empty() {
        writer.template(CALLS_CHANNEL, Field::Header);
    }
    writer.template("<|end|>", Field::Header);
    Ok(())
}

/// The caller's system text and the tools.
fn developer_message(writer: &mut Writer<'_>, conversation: &Conversation<'_>) -> Result<(), Finding> {
    let first = conversation.messages.first().filter(|message| message.role == Role::System);
    let instructions = first.map_or("", |message| message.content.as_str());
    if instructions.is_empty() && conversation.tools.is_empty() {
        return Ok(());
    }
    writer.template("<|start|>developer<|message|>", Field::Header);
    if !instructions.is_empty() {
        writer.message(0);
        writer.template("# Instructions\n\n", Field::Header);
        writer.content(instructions, Field::System);
        writer.template("\n\n", Field::Header);
        writer.no_message();
    }
    if !conversation.tools.is_empty() {
        writer.template("# Tools\n\n", Field::Header);
        namespace(writer, &conversation.tools)?;
    }
    writer.template("<|end|>", Field::Header);
    Ok(())
}

/// A turn without a call: the answer, and the thinking before it in the last message.
fn answer(
    writer: &mut Writer<'_>,
    message: &Message<'_>,
    last: bool,
    rounds: &Rounds,
    findings: &mut Vec<Finding>,
) -> Result<(), Finding> {
    refuse_channel_tags(message)?;
    let mut serving = rounds.serving();
    let mut reasoning = false;
    writer.template("<|start|>assistant", Field::Header);
    writer.begin_turn();
    if let Some(thinking) = &message.reasoning {
        if last {
            reasoning = !thinking.is_empty();
            analysis(writer, thinking, Field::Reasoning);
            writer.template("<|start|>assistant", Field::Text);
        } else if !thinking.is_empty() {
            push("gpt-oss", message, "reasoning_content", "the reasoning of earlier answers", findings);
            serving = Serving::FieldDropped;
        }
    }
    writer.template("<|channel|>final<|message|>", Field::Text);
    writer.content(message.content.as_str(), Field::Text);
    if last {
        writer.template("<|return|>", Field::Stop);
        writer.end_turn(serving, reasoning);
    } else {
        // Serving would have sampled `<|return|>` here: the turn ends before its terminator.
        writer.end_turn(serving, reasoning);
        writer.template("<|end|>", Field::Header);
    }
    Ok(())
}

/// A turn that calls: text or thinking goes before it, unless an answer follows later.
fn call_turn(
    writer: &mut Writer<'_>,
    message: &Message<'_>,
    call: &ToolCall<'_>,
    rounds: &Rounds,
    findings: &mut Vec<Finding>,
) -> Result<(), Finding> {
    refuse_channel_tags(message)?;
    let text = message.content.as_str();
    let thinking = message.reasoning.as_deref().unwrap_or("");
    if !text.is_empty() && !thinking.is_empty() {
        return Err(Finding::new(
            Code::CannotRender,
            format!("/messages/{}", message.index),
            "the gpt-oss template prints the text or the reasoning beside a call, not both",
        )
        .hint("keep one of the two"));
    }
    let mut serving = rounds.serving();
    writer.template("<|start|>assistant", Field::Header);
    writer.begin_turn();
    let (said, field, key) = if text.is_empty() {
        (thinking, Field::Reasoning, "reasoning_content")
    } else {
        (text, Field::Text, "content")
    };
    let printed = !said.is_empty() && !rounds.answer_follows;
    if printed {
        analysis(writer, said, field);
        writer.template("<|start|>assistant", Field::CallSyntax);
    } else if !said.is_empty() {
        push("gpt-oss", message, key, "what was said beside a call once an answer follows", findings);
        serving = Serving::FieldDropped;
    }
    writer.template(" to=functions.", Field::CallSyntax);
    writer.plain(&call.name, Field::CallName);
    writer.template("<|channel|>commentary json<|message|>", Field::CallSyntax);
    writer.plain_with(Field::CallArguments, |out| print_json(&call.arguments.json, out));
    writer.template("<|call|>", Field::Stop);
    writer.end_turn(serving, printed && field == Field::Reasoning);
    Ok(())
}

fn analysis(writer: &mut Writer<'_>, text: &str, field: Field) {
    writer.template("<|channel|>analysis<|message|>", field);
    writer.content(text, field);
    writer.template("<|end|>", field);
}

fn refuse_channel_tags(message: &Message<'_>) -> Result<(), Finding> {
    let tagged = |text: &str| FORBIDDEN.iter().any(|tag| text.contains(tag));
    if tagged(message.content.as_str()) || message.reasoning.as_deref().is_some_and(tagged) {
        return Err(Finding::new(
            Code::CannotRender,
            format!("/messages/{}", message.index),
            "the gpt-oss template refuses text with channel tags",
        )
        .hint("give thinking as reasoning_content and the answer as content, without tags"));
    }
    Ok(())
}

pub(super) fn several_calls(message: &Message<'_>) -> Finding {
    Finding::new(
        Code::ParallelCalls,
        format!("/messages/{}/tool_calls", message.index),
        format!("the gpt-oss template prints one call a turn, not {}", message.tool_calls.len()),
    )
}

/// What was said beside calls is dropped once an answer follows them. While serving, the answer that
/// follows is not there yet: its prompt still shows what the row has dropped.
struct Rounds {
    last_answer: Option<usize>,
    /// An answer stands after the current position.
    answer_follows: bool,
    /// An answer stands at or after the current position.
    answer_here: bool,
    /// Something was said beside a call since the last answer.
    said_beside_call: bool,
}

impl Rounds {
    fn new(messages: &[Message<'_>]) -> Self {
        let last_answer = messages.iter().rposition(|m| m.role == Role::Assistant && m.tool_calls.is_empty());
        let mut rounds =
            Self { last_answer, answer_follows: false, answer_here: false, said_beside_call: false };
        rounds.move_to(0);
        rounds
    }

    fn pass(&mut self, position: usize, message: &Message<'_>) {
        if message.role == Role::Assistant {
            let says =
                !message.content.is_empty() || message.reasoning.as_deref().is_some_and(|t| !t.is_empty());
            self.said_beside_call = !message.tool_calls.is_empty() && (self.said_beside_call || says);
        }
        self.move_to(position + 1);
    }

    fn move_to(&mut self, position: usize) {
        self.answer_follows = self.last_answer.is_some_and(|last| last > position);
        self.answer_here = self.last_answer.is_some_and(|last| last >= position);
    }

    fn serving(&self) -> Serving {
        if self.said_beside_call && self.answer_here { Serving::PromptDiffers } else { Serving::Consistent }
    }
}
