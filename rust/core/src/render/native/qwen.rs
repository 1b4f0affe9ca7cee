//! The Qwen family: `qwen3` (the hybrid thinking template), `qwen3-instruct-2507` and `qwen2.5`.
//!
//! All three write `ChatML` turns and share the tool preamble and the grouping of tool results into
//! one user turn. They differ in the default system text, in reasoning, and in how string arguments
//! are printed.

use tooltrain_json::print_json;

use super::writer::Writer;
use crate::conversation::{ArgumentsForm, Conversation, Message, Role, ToolCall};
use crate::finding::{Code, Finding};
use crate::render::rendered::{Field, Rendered, Serving};
use crate::render::{ChatTemplate, RenderOptions};

const TOOLS_BEFORE: &str = "# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are provided with function signatures within <tools></tools> XML tags:\n<tools>";
const TOOLS_AFTER: &str = "\n</tools>\n\nFor each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:\n<tool_call>\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n</tool_call><|im_end|>\n";
const EMPTY_BLOCK: &str = "<think>\n\n</think>\n\n";
const QWEN25_SYSTEM: &str = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.";
const MARKERS: &[&str] =
    &["<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"];

/// The members of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qwen {
    /// Qwen3 0.6B to 235B as first released: thinking on or off.
    Qwen3,
    /// Qwen3 Instruct 2507: no thinking.
    Instruct2507,
    /// Qwen2.5: a default system text, string arguments parsed.
    Qwen25,
}

impl ChatTemplate for Qwen {
    fn name(&self) -> &'static str {
        match self {
            Qwen::Qwen3 => "qwen3",
            Qwen::Instruct2507 => "qwen3-instruct-2507",
            Qwen::Qwen25 => "qwen2.5",
        }
    }

    fn digest(&self) -> &'static str {
        match self {
            Qwen::Qwen3 => "87a2728cb8dc9fe424d624542f6060ec05a1d285ebbec578bb078900e33396b5",
            Qwen::Instruct2507 => "64f85b198065d0fba2a81f37e10ed68161ce2c19a754c7100e67e0ca2ee9c326",
            Qwen::Qwen25 => "cd8e9439f0570856fd70470bf8889ebd8b5d1107207f67a5efb46e342330527f",
        }
    }

    fn thinks(&self) -> bool {
        *self == Qwen::Qwen3
    }

    fn content_markers(&self) -> &[&'static str] {
        MARKERS
    }

    fn stop_tokens(&self) -> &[&'static str] {
        &["<|im_end|>"]
    }

    fn prints_argument_text(&self) -> bool {
        *self != Qwen::Qwen25
    }

    fn prints_inline(&self) -> bool {
        true
    }

    fn render(
        &self,
        conversation: &Conversation<'_>,
        options: &RenderOptions,
        out: &mut Rendered,
        findings: &mut Vec<Finding>,
    ) -> Result<(), Finding> {
        let messages = &conversation.messages;
        let mut writer = Writer::new(out);
        self.preamble(&mut writer, conversation);
        let mut history = History::new(messages);
        for (position, message) in messages.iter().enumerate() {
            writer.message(position);
            match message.role {
                Role::System if position == 0 => {}
                Role::System => {
                    writer.template("<|im_start|>system\n", Field::Header);
                    writer.content(message.content.as_str(), Field::System);
                    writer.template("<|im_end|>\n", Field::Header);
                }
                Role::User => {
                    writer.template("<|im_start|>user\n", Field::Header);
                    writer.plain(message.content.as_str(), Field::User);
                    writer.template("<|im_end|>\n", Field::Header);
                }
                Role::Tool => tool_result(&mut writer, messages, position),
                Role::Assistant => {
                    self.assistant(&mut writer, message, position, &history, options, findings);
                }
            }
            history.pass(position, message);
        }
        Ok(())
    }
}

impl Qwen {
    /// The system turn: the first message where it is one, the default text, the tools.
    fn preamble(self, writer: &mut Writer<'_>, conversation: &Conversation<'_>) {
        let first = conversation.messages.first().filter(|message| message.role == Role::System);
        let default = (self == Qwen::Qwen25).then_some(QWEN25_SYSTEM);
        if first.is_none() && default.is_none() && conversation.tools.is_empty() {
            return;
        }
        if first.is_some() {
            writer.message(0);
        }
        writer.template("<|im_start|>system\n", Field::Header);
        match (first, default) {
            (Some(message), _) => writer.content(message.content.as_str(), Field::System),
            (None, Some(text)) => writer.template(text, Field::System),
            (None, None) => {}
        }
        if conversation.tools.is_empty() {
            writer.template("<|im_end|>\n", Field::Header);
            return;
        }
        if first.is_some() || default.is_some() {
            writer.template("\n\n", Field::Header);
        }
        writer.no_message();
        writer.template(TOOLS_BEFORE, Field::Header);
        for tool in &conversation.tools {
            writer.template("\n", Field::Header);
            writer.plain_with(Field::ToolDefinition, |text| print_json(&tool.json, text));
        }
        writer.template(TOOLS_AFTER, Field::Header);
    }

    /// One assistant turn: header, think block where the template writes one, text, calls, stop.
    fn assistant(
        self,
        writer: &mut Writer<'_>,
        message: &Message<'_>,
        position: usize,
        history: &History,
        options: &RenderOptions,
        findings: &mut Vec<Finding>,
    ) {
        writer.template("<|im_start|>assistant\n", Field::Header);
        let said = if self == Qwen::Qwen3 { Said::of(message) } else { Said::without_reasoning(message) };
        let block = self == Qwen::Qwen3
            && if options.inline {
                history.serves_block()
            } else {
                history.prints_block(position, said.reasons())
            };
        let thought = if block { said.reasoning.trim_matches('\n') } else { "" };
        // Serving shows the empty block without thinking only; in thinking mode the model writes it itself.
        let empty_block = block && thought.is_empty();
        let samples_block = empty_block && options.thinking == Some(true);
        if empty_block && !samples_block {
            writer.template(EMPTY_BLOCK, Field::Header);
        }
        writer.begin_turn();
        if samples_block {
            writer.template(EMPTY_BLOCK, Field::Reasoning);
        }
        if !thought.is_empty() {
            writer.template("<think>\n", Field::Reasoning);
            writer.content(thought, Field::Reasoning);
            writer.template("\n</think>\n\n", Field::Reasoning);
        }
        let text = if block { said.text.trim_start_matches('\n') } else { said.text };
        writer.content(text, Field::Text);
        for (order, call) in message.tool_calls.iter().enumerate() {
            if order > 0 || !said.text.is_empty() {
                writer.template("\n", Field::CallSyntax);
            }
            self.call(writer, call);
        }
        writer.template("<|im_end|>", Field::Stop);

        let mut dropped = said.dropped;
        if (said.reasons() || message.reasoning.as_deref().is_some_and(|text| !text.is_empty())) && !block {
            dropped = true;
            findings.push(Finding::new(
                Code::FieldNotPrinted,
                format!("/messages/{}/reasoning_content", message.index),
                format!("the {} template does not print the reasoning of this turn", self.name()),
            ));
        }
        let prompt_differs = self == Qwen::Qwen3
            && (!options.inline && history.prefix_differs()
                || (options.thinking == Some(false) && !(block && thought.is_empty())));
        let serving = match (dropped, prompt_differs) {
            (true, _) => Serving::FieldDropped,
            (_, true) => Serving::PromptDiffers,
            _ => Serving::Consistent,
        };
        writer.end_turn(serving, !thought.is_empty());
        writer.template("\n", Field::Header);
    }

    fn call(self, writer: &mut Writer<'_>, call: &ToolCall<'_>) {
        writer.template("<tool_call>\n{\"name\": \"", Field::CallSyntax);
        writer.plain(&call.name, Field::CallName);
        writer.template("\", \"arguments\": ", Field::CallSyntax);
        if self.prints_argument_text() && call.arguments.form == ArgumentsForm::Text {
            writer.plain(&call.arguments.json, Field::CallArguments);
        } else {
            writer.plain_with(Field::CallArguments, |text| print_json(&call.arguments.json, text));
        }
        writer.template("}\n</tool_call>", Field::CallSyntax);
    }
}

/// Consecutive tool messages share one user turn.
fn tool_result(writer: &mut Writer<'_>, messages: &[Message<'_>], position: usize) {
    let is_tool = |at: Option<usize>| {
        at.and_then(|at| messages.get(at)).is_some_and(|message| message.role == Role::Tool)
    };
    if !is_tool(position.checked_sub(1)) {
        writer.template("<|im_start|>user", Field::Header);
    }
    writer.template("\n<tool_response>\n", Field::Header);
    writer.plain(messages[position].content.as_str(), Field::ToolResult);
    writer.template("\n</tool_response>", Field::Header);
    if !is_tool(Some(position + 1)) {
        writer.template("<|im_end|>\n", Field::Header);
    }
}

/// What an assistant message says, as the qwen3 template reads it.
struct Said<'m> {
    reasoning: &'m str,
    text: &'m str,
    /// Text beside the think block that the template leaves out.
    dropped: bool,
}

impl<'m> Said<'m> {
    fn without_reasoning(message: &'m Message<'_>) -> Self {
        Self { reasoning: "", text: message.content.as_str(), dropped: false }
    }

    /// The reasoning field, or else the content split at its last `</think>`.
    fn of(message: &'m Message<'_>) -> Self {
        let content = message.content.as_str();
        if let Some(reasoning) = &message.reasoning {
            return Self { reasoning, text: content, dropped: false };
        }
        let (Some((before, _)), Some((head, after))) =
            (content.split_once("</think>"), content.rsplit_once("</think>"))
        else {
            return Self::without_reasoning(message);
        };
        let thought = before.trim_end_matches('\n');
        let (lost, thought) = thought.rsplit_once("<think>").unwrap_or(("", thought));
        let dropped = !lost.trim().is_empty() || head.len() > before.len();
        Self { reasoning: thought.trim_start_matches('\n'), text: after.trim_start_matches('\n'), dropped }
    }

    fn reasons(&self) -> bool {
        !self.reasoning.is_empty()
    }
}

/// Which turns the qwen3 template gives a think block, and which therefore see another prefix than
/// serving would show. A block is written after the last real user message only, for the last message
/// always and for others where they reason; while serving, "last" is the end of the prefix.
struct History {
    last: usize,
    last_query: usize,
    passed: Option<Passed>,
}

/// What stands since the last real user message, before the current position.
#[derive(Clone, Copy)]
struct Passed {
    query: usize,
    reasoned: bool,
    /// The message before is an assistant one; serving would write a block for it.
    assistant: Option<bool>,
}

impl History {
    fn new(messages: &[Message<'_>]) -> Self {
        let last = messages.len().saturating_sub(1);
        let last_query = messages.iter().rposition(is_query).unwrap_or(last);
        Self { last, last_query, passed: None }
    }

    fn prints_block(&self, position: usize, reasons: bool) -> bool {
        position > self.last_query && (position == self.last || reasons)
    }

    /// Whether the template writes a block for a turn here when it is the last message.
    fn serves_block(&self) -> bool {
        self.passed.is_some()
    }

    fn pass(&mut self, position: usize, message: &Message<'_>) {
        if is_query(message) {
            self.passed = Some(Passed { query: position, reasoned: false, assistant: None });
        } else if let Some(passed) = &mut self.passed {
            passed.assistant = None;
            if message.role == Role::Assistant {
                let reasons = Said::of(message).reasons();
                passed.assistant = Some(reasons);
                passed.reasoned |= reasons;
            }
        }
    }

    /// Whether the text before the turn at the current position differs from the prompt of serving.
    fn prefix_differs(&self) -> bool {
        let Some(passed) = self.passed else { return false };
        if passed.query == self.last_query {
            passed.assistant == Some(false)
        } else {
            passed.reasoned || passed.assistant.is_some()
        }
    }
}

/// A user message that is not a tool result in disguise.
fn is_query(message: &Message<'_>) -> bool {
    let text = message.content.as_str();
    message.role == Role::User && !(text.starts_with("<tool_response>") && text.ends_with("</tool_response>"))
}
