//! gpt-oss as the model's own Jinja template prints it (`dialect="hf"`).
//!
//! An assistant turn is a stretch of messages on channels: thinking goes to `analysis`, a call to
//! `commentary`, an answer to `final`. The generation prompt is `<|start|>assistant` alone, so the
//! channel headers are sampled.

use tooltrain_jinja::Day;
use tooltrain_json::{print_json, print_json_string};

use super::gpt_oss_types::namespace;
use super::pen::Pen;
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
        let mut pen = Pen::new(out);
        system_message(&mut pen, conversation, options)?;
        developer_message(&mut pen, conversation)?;

        let mut last_call: Option<&str> = None;
        let mut rounds = Rounds::new(&conversation.messages);
        for (position, message) in conversation.messages.iter().enumerate() {
            pen.message(position);
            match message.role {
                Role::System if position == 0 => {}
                Role::System => {
                    if !message.content.is_empty() {
                        push(self.name(), message, "content", "a system message after the first", findings);
                    }
                }
                Role::User => {
                    pen.template("<|start|>user<|message|>", Field::Header);
                    pen.plain(message.content.as_str(), Field::User);
                    pen.template("<|end|>", Field::Header);
                }
                Role::Tool => {
                    let name = last_call.ok_or_else(|| {
                        Finding::new(
                            Code::CannotRender,
                            format!("/messages/{}", message.index),
                            "the gpt-oss template names the tool by the call before it, and there is none",
                        )
                    })?;
                    pen.template("<|start|>functions.", Field::Header);
                    pen.plain(name, Field::Header);
                    pen.template(" to=assistant<|channel|>commentary<|message|>", Field::Header);
                    let text = message.content.as_str();
                    pen.plain_with(Field::ToolResult, |out| print_json_string(text, out));
                    pen.template("<|end|>", Field::Header);
                }
                Role::Assistant => {
                    last_call = match message.tool_calls.as_slice() {
                        [] => {
                            let last = position + 1 == conversation.messages.len();
                            answer(&mut pen, message, last, &rounds, findings)?;
                            if last { last_call } else { None }
                        }
                        [call] => {
                            call_turn(&mut pen, message, call, &rounds, findings)?;
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
    pen: &mut Pen<'_>,
    conversation: &Conversation<'_>,
    options: &RenderOptions,
) -> Result<(), Finding> {
    if Day::read(&options.date).is_none() {
        let message = format!("`{}` is no date of the form YYYY-MM-DD", options.date);
        return Err(Finding::new(Code::CannotRender, "", message));
    }
    let identity = template_kwargs::text(options, "model_identity");
    let effort = template_kwargs::text(options, "reasoning_effort");
    pen.template("<|start|>system<|message|>", Field::Header);
    pen.template(identity.as_deref().unwrap_or(IDENTITY), Field::Header);
    pen.template("\nKnowledge cutoff: 2024-06\nCurrent date: ", Field::Header);
    pen.template(&options.date, Field::Header);
    pen.template("\n\nReasoning: ", Field::Header);
    pen.template(effort.as_deref().unwrap_or("medium"), Field::Header);
    pen.template("\n\n", Field::Header);
    pen.template(CHANNELS, Field::Header);
    if !conversation.tools.is_empty() {
        pen.template(CALLS_CHANNEL, Field::Header);
    }
    pen.template("<|end|>", Field::Header);
    Ok(())
}

/// The caller's system text and the tools.
fn developer_message(pen: &mut Pen<'_>, conversation: &Conversation<'_>) -> Result<(), Finding> {
    let first = conversation.messages.first().filter(|message| message.role == Role::System);
    let instructions = first.map_or("", |message| message.content.as_str());
    if instructions.is_empty() && conversation.tools.is_empty() {
        return Ok(());
    }
    pen.template("<|start|>developer<|message|>", Field::Header);
    if !instructions.is_empty() {
        pen.message(0);
        pen.template("# Instructions\n\n", Field::Header);
        pen.content(instructions, Field::System);
        pen.template("\n\n", Field::Header);
        pen.no_message();
    }
    if !conversation.tools.is_empty() {
        pen.template("# Tools\n\n", Field::Header);
        namespace(pen, &conversation.tools)?;
    }
    pen.template("<|end|>", Field::Header);
    Ok(())
}

/// A turn without a call: the answer, and the thinking before it in the last message.
fn answer(
    pen: &mut Pen<'_>,
    message: &Message<'_>,
    last: bool,
    rounds: &Rounds,
    findings: &mut Vec<Finding>,
) -> Result<(), Finding> {
    refuse_channel_tags(message)?;
    let mut serving = rounds.serving();
    let mut reasoning = false;
    pen.template("<|start|>assistant", Field::Header);
    pen.begin_turn();
    if let Some(thinking) = &message.reasoning {
        if last {
            reasoning = !thinking.is_empty();
            analysis(pen, thinking, Field::Reasoning);
            pen.template("<|start|>assistant", Field::Text);
        } else if !thinking.is_empty() {
            push("gpt-oss", message, "reasoning_content", "the reasoning of earlier answers", findings);
            serving = Serving::FieldDropped;
        }
    }
    pen.template("<|channel|>final<|message|>", Field::Text);
    pen.content(message.content.as_str(), Field::Text);
    if last {
        pen.template("<|return|>", Field::Stop);
        pen.end_turn(serving, reasoning);
    } else {
        // Serving would have sampled `<|return|>` here: the turn ends before its terminator.
        pen.end_turn(serving, reasoning);
        pen.template("<|end|>", Field::Header);
    }
    Ok(())
}

/// A turn that calls: text or thinking goes before it, unless an answer follows later.
fn call_turn(
    pen: &mut Pen<'_>,
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
    pen.template("<|start|>assistant", Field::Header);
    pen.begin_turn();
    let (said, field, key) = if text.is_empty() {
        (thinking, Field::Reasoning, "reasoning_content")
    } else {
        (text, Field::Text, "content")
    };
    let printed = !said.is_empty() && !rounds.answer_follows;
    if printed {
        analysis(pen, said, field);
        pen.template("<|start|>assistant", Field::CallSyntax);
    } else if !said.is_empty() {
        push("gpt-oss", message, key, "what was said beside a call once an answer follows", findings);
        serving = Serving::FieldDropped;
    }
    pen.template(" to=functions.", Field::CallSyntax);
    pen.plain(&call.name, Field::CallName);
    pen.template("<|channel|>commentary json<|message|>", Field::CallSyntax);
    pen.plain_with(Field::CallArguments, |out| print_json(&call.arguments.json, out));
    pen.template("<|call|>", Field::Stop);
    pen.end_turn(serving, printed && field == Field::Reasoning);
    Ok(())
}

fn analysis(pen: &mut Pen<'_>, text: &str, field: Field) {
    pen.template("<|channel|>analysis<|message|>", field);
    pen.content(text, field);
    pen.template("<|end|>", field);
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
