//! A model with two chat templates: one for conversations with tools, one for all others, as `apply_chat_template`
//! chooses between `tool_use` and `default`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{CallIds, Capabilities, ChatTemplate, RenderOptions, Rendered, TurnGrade};
use crate::conversation::Conversation;
use crate::digest::sha256;
use crate::finding::Finding;

/// Two templates; each conversation is printed by one of them.
pub struct ByTools {
    default: Arc<dyn ChatTemplate>,
    of_tools: Arc<dyn ChatTemplate>,
    name: String,
    digest: String,
    markers: Vec<&'static str>,
    stops: Vec<&'static str>,
    terminators: Vec<&'static str>,
}

impl ByTools {
    /// `of_tools` prints conversations that declare tools, `default` all others.
    #[must_use]
    pub fn new(default: Arc<dyn ChatTemplate>, of_tools: Arc<dyn ChatTemplate>) -> Self {
        let both = |of: fn(&dyn ChatTemplate) -> &[&'static str]| {
            let mut all = of(of_tools.as_ref()).to_vec();
            all.extend(of(default.as_ref()).iter().filter(|token| !all.contains(token)).collect::<Vec<_>>());
            all
        };
        Self {
            name: format!("{} (tools), {}", of_tools.name(), default.name()),
            digest: sha256(format!("{} {}", of_tools.digest(), default.digest()).as_bytes()),
            markers: both(|template| template.content_markers()),
            stops: both(|template| template.stop_tokens()),
            terminators: both(|template| template.history_terminators()),
            default,
            of_tools,
        }
    }

    fn of(&self, conversation: &Conversation<'_>) -> &dyn ChatTemplate {
        if conversation.tools.is_empty() { self.default.as_ref() } else { self.of_tools.as_ref() }
    }
}

impl ChatTemplate for ByTools {
    fn name(&self) -> &str {
        &self.name
    }

    fn digest(&self) -> &str {
        &self.digest
    }

    fn is_native(&self) -> bool {
        self.default.is_native() && self.of_tools.is_native()
    }

    fn generation_prompt(&self, options: &RenderOptions) -> Option<String> {
        self.of_tools.generation_prompt(options).or_else(|| self.default.generation_prompt(options))
    }

    fn serving_prompt(
        &self,
        conversation: &Conversation<'_>,
        message: usize,
        options: &RenderOptions,
    ) -> Option<String> {
        self.of(conversation).serving_prompt(conversation, message, options)
    }

    fn thinks(&self) -> bool {
        self.default.thinks() || self.of_tools.thinks()
    }

    fn content_markers(&self) -> &[&'static str] {
        &self.markers
    }

    fn stop_tokens(&self) -> &[&'static str] {
        &self.stops
    }

    fn prints_argument_text(&self) -> bool {
        self.of_tools.prints_argument_text()
    }

    fn control_texts(&self, options: &RenderOptions) -> BTreeSet<String> {
        let mut texts = self.of_tools.control_texts(options);
        texts.append(&mut self.default.control_texts(options));
        texts
    }

    fn stops_found(&self) -> bool {
        self.default.stops_found() || self.of_tools.stops_found()
    }

    fn history_terminators(&self) -> &[&'static str] {
        &self.terminators
    }

    fn last_turn_lacks_stop(&self) -> bool {
        self.default.last_turn_lacks_stop() || self.of_tools.last_turn_lacks_stop()
    }

    fn prints_inline(&self) -> bool {
        self.default.prints_inline() && self.of_tools.prints_inline()
    }

    fn tools_in_first_user_message(&self) -> bool {
        self.of_tools.tools_in_first_user_message()
    }

    fn call_ids(&self) -> CallIds {
        self.of_tools.call_ids()
    }

    fn capabilities(&self) -> Capabilities {
        self.of_tools.capabilities()
    }

    fn grade(
        &self,
        conversation: &Conversation<'_>,
        options: &RenderOptions,
    ) -> Result<Vec<TurnGrade>, Finding> {
        self.of(conversation).grade(conversation, options)
    }

    fn render(
        &self,
        conversation: &Conversation<'_>,
        options: &RenderOptions,
        out: &mut Rendered,
        findings: &mut Vec<Finding>,
    ) -> Result<(), Finding> {
        self.of(conversation).render(conversation, options, out, findings)
    }
}
