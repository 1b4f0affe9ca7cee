//! gpt-oss as OpenAI's own renderer prints it for training (`dialect="harmony"`).
//!
//! Unlike the model's Jinja template it marks the content type with `<|constrain|>`, prints tool
//! results as they are, puts text beside a call on the commentary channel, and prints every call of a
//! turn. Reasoning before the first answer is dropped when the conversation ends with an answer.

use tooltrain_json::print_json;

use super::gpt_oss::system_message;
use super::harmony_types::typescript_namespace;
use super::writer::Writer;
use crate::conversation::{Conversation, Message, Role, ToolCall};
use crate::finding::{Code, Finding};
use crate::render::native::template_kwargs;
use crate::render::rendered::{Field, Rendered, Serving};
use crate::render::unprinted::push;
use crate::render::{Capabilities, ChatTemplate, RenderOptions};

/// OpenAI's renderer, version 0.0.8, `render_conversation_for_training`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Harmony;

impl ChatTemplate for Harmony {
    fn name(&self) -> &'static str {
        "gpt-oss (harmony)"
    }

    /// Of the name of the function that is followed, for want of a template.
    fn digest(&self) -> &'static str {
        "4dd3f8e493f69087294a2dcbbaf6d1319b681bb5c23bd7c8f1f74e5f310d5258"
    }

    fn content_markers(&self) -> &[&'static str] {
        &[]
    }

    fn history_terminators(&self) -> &[&'static str] {
        &["<|end|>"]
    }

    fn stop_tokens(&self) -> &[&'static str] {
        &["<|return|>", "<|call|>"]
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
        let mut writer = Writer::new(out);
        system_message(&mut writer, conversation, options)?;
        developer_message(&mut writer, conversation)?;

        let mut known_calls = KnownCalls::default();
        let keeps_analysis = template_kwargs::truth(options, "auto_drop_analysis") == Some(false);
        let mut drops = AnalysisDrop::new(&conversation.messages, keeps_analysis);
        for (position, message) in conversation.messages.iter().enumerate() {
            writer.message(position);
            match message.role {
                Role::System if position == 0 => {}
                Role::System => {
                    writer.template("<|start|>developer<|message|># Instructions\n\n", Field::Header);
                    writer.content(message.content.as_str(), Field::System);
                    writer.template("<|end|>", Field::Header);
                }
                Role::User => {
                    writer.template("<|start|>user<|message|>", Field::Header);
                    writer.plain(message.content.as_str(), Field::User);
                    writer.template("<|end|>", Field::Header);
                }
                Role::Tool => {
                    writer.template("<|start|>functions.", Field::Header);
                    writer.plain(known_calls.name_of(message)?, Field::Header);
                    writer.template(" to=assistant<|channel|>commentary<|message|>", Field::Header);
                    writer.plain(message.content.as_str(), Field::ToolResult);
                    writer.template("<|end|>", Field::Header);
                }
                Role::Assistant => {
                    let last = position + 1 == conversation.messages.len();
                    assistant(&mut writer, message, last, &drops, findings);
                    known_calls.add(message);
                    drops.pass(message);
                }
            }
        }
        Ok(())
    }
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
        writer.no_message();
        if !conversation.tools.is_empty() {
            writer.template("\n\n", Field::Header);
        }
    }
    if !conversation.tools.is_empty() {
        writer.template("# Tools\n\n", Field::Header);
        typescript_namespace(writer, &conversation.tools)?;
    }
    writer.template("<|end|>", Field::Header);
    Ok(())
}

/// One assistant turn: reasoning, text, and the first call are sampled in one stretch. Sampling stops
/// at `<|call|>`, so calls after the first are context.
fn assistant(
    writer: &mut Writer<'_>,
    message: &Message<'_>,
    last: bool,
    drops: &AnalysisDrop,
    findings: &mut Vec<Finding>,
) {
    let mut serving = drops.serving();
    let mut reasoning = false;
    writer.template("<|start|>assistant", Field::Header);
    writer.begin_turn();
    if let Some(thinking) = message.reasoning.as_deref().filter(|text| !text.is_empty()) {
        if drops.drops_here() {
            push(
                "gpt-oss (harmony)",
                message,
                "reasoning_content",
                "the reasoning before the first answer",
                findings,
            );
            serving = Serving::FieldDropped;
        } else {
            reasoning = true;
            writer.template("<|channel|>analysis<|message|>", Field::Reasoning);
            writer.content(thinking, Field::Reasoning);
            writer.template("<|end|>", Field::Reasoning);
            let next = if message.tool_calls.is_empty() || !message.content.is_empty() {
                Field::Text
            } else {
                Field::CallSyntax
            };
            writer.template("<|start|>assistant", next);
        }
    }
    let text = message.content.as_str();
    let Some((first, others)) = message.tool_calls.split_first() else {
        writer.template("<|channel|>final<|message|>", Field::Text);
        writer.content(text, Field::Text);
        if last {
            writer.template("<|return|>", Field::Stop);
            writer.end_turn(serving, reasoning);
        } else {
            // Serving would have sampled `<|return|>` here: the turn ends before its terminator.
            writer.end_turn(serving, reasoning);
            writer.template("<|end|>", Field::Header);
        }
        return;
    };
    if !text.is_empty() {
        writer.template("<|channel|>commentary<|message|>", Field::Text);
        writer.content(text, Field::Text);
        writer.template("<|end|>", Field::Text);
        writer.template("<|start|>assistant", Field::CallSyntax);
    }
    call(writer, first);
    writer.template("<|call|>", Field::Stop);
    writer.end_turn(serving, reasoning);
    for other in others {
        writer.template("<|start|>assistant", Field::Header);
        call(writer, other);
        writer.template("<|call|>", Field::Header);
    }
}

fn call(writer: &mut Writer<'_>, call: &ToolCall<'_>) {
    writer.template(" to=functions.", Field::CallSyntax);
    writer.plain(&call.name, Field::CallName);
    writer.template("<|channel|>commentary <|constrain|>json<|message|>", Field::CallSyntax);
    writer.plain_with(Field::CallArguments, |out| print_json(&call.arguments.json, out));
}

/// The calls made so far, to name the tool of a result by its call.
#[derive(Default)]
struct KnownCalls<'m>(Vec<(&'m str, &'m str)>);

impl<'m> KnownCalls<'m> {
    fn add(&mut self, message: &'m Message<'_>) {
        let named = message.tool_calls.iter().filter_map(|call| Some((call.id.as_deref()?, &*call.name)));
        self.0.extend(named);
    }

    fn name_of(&self, result: &Message<'_>) -> Result<&'m str, Finding> {
        let id = result.tool_call_id.as_deref();
        let call = id.and_then(|id| self.0.iter().rev().find(|(known, _)| *known == id));
        call.map(|(_, name)| *name).ok_or_else(|| {
            Finding::new(
                Code::CannotRender,
                format!("/messages/{}/tool_call_id", result.index),
                "the harmony renderer names the tool by the call it answers, and there is none with this id",
            )
        })
    }
}

/// Which reasoning the renderer leaves out: all before the first answer, once the last assistant
/// message is an answer. While serving, the conversation may not end with one yet.
struct AnalysisDrop {
    /// Turns up to the first answer lose their reasoning in this row.
    active: bool,
    first_answer_passed: bool,
    last_was_answer: bool,
    /// A turn up to the first answer reasoned.
    early_reasoning: bool,
}

impl AnalysisDrop {
    fn new(messages: &[Message<'_>], keep: bool) -> Self {
        let last = messages.iter().rev().find(|message| message.role == Role::Assistant);
        Self {
            active: !keep && last.is_some_and(|message| message.tool_calls.is_empty()),
            first_answer_passed: keep,
            last_was_answer: false,
            early_reasoning: false,
        }
    }

    fn drops_here(&self) -> bool {
        self.active && !self.first_answer_passed
    }

    fn serving(&self) -> Serving {
        let serving_drops = self.first_answer_passed && self.last_was_answer;
        if self.early_reasoning && self.active != serving_drops {
            Serving::PromptDiffers
        } else {
            Serving::Consistent
        }
    }

    fn pass(&mut self, turn: &Message<'_>) {
        if !self.first_answer_passed {
            self.early_reasoning |= turn.reasoning.as_deref().is_some_and(|text| !text.is_empty());
        }
        self.last_was_answer = turn.tool_calls.is_empty();
        self.first_answer_passed |= self.last_was_answer;
    }
}
