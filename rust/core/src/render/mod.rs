//! render: conversation -> text with provenance. Renderers of single families stand in `native`, the one for
//! any other template in `engine`; `certify` proves what is printed.

pub mod by_tools;
pub mod certify;
pub mod engine;
pub mod fitting;
pub mod inline;
pub mod native;
pub mod registry;
pub mod rendered;
pub(crate) mod unprinted;

use std::collections::BTreeSet;

use crate::conversation::Conversation;
use crate::finding::Finding;
use crate::options::OnInexact;
pub use certify::capability::Capabilities;
pub use certify::certificate::{Certificate, CertificateSummary, TurnGrade};
use certify::control_text;
pub use certify::proof::header::Grade;
pub use fitting::CallIds;
pub use rendered::{Field, NO_MESSAGE, Origin, Rendered, Serving, Span, Turn};

/// What a template is told besides the conversation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RenderOptions {
    /// Serving mode of thinking templates; `None` is the template's own default.
    pub thinking: Option<bool>,
    /// Whether every turn is printed after its own generation prompt, as when it was the last one.
    pub inline: bool,
    /// The date that templates print, `YYYY-MM-DD`.
    pub date: String,
    /// More arguments for the template, as JSON source text by name.
    pub template_kwargs: Vec<(String, String)>,
    /// What happens where the spans of a turn cannot be proved.
    pub on_inexact: OnInexact,
}

/// A chat template that prints text with provenance.
///
/// An implementation must print byte for byte what the model's own template prints, must tile the
/// text with spans ([`Rendered::is_well_formed`]), and must refuse what it cannot prove.
pub trait ChatTemplate: Send + Sync {
    /// Name in reports and metadata.
    fn name(&self) -> &str;

    /// Hex SHA-256 of the Jinja source of the official template that it prints like.
    fn digest(&self) -> &str;

    /// Whether a renderer of its own prints it; otherwise the engine that runs any template does.
    fn is_native(&self) -> bool {
        true
    }

    /// What serving appends to a conversation for the model to go on from; `None` where the template
    /// appends nothing.
    fn generation_prompt(&self, options: &RenderOptions) -> Option<String> {
        certify::certificate::printed_generation_prompt(self, options)
    }

    /// The text that serving shows before the turn at position `message`, generation prompt included;
    /// `None` where the template prints no such prompt.
    fn serving_prompt(
        &self,
        conversation: &Conversation<'_>,
        message: usize,
        options: &RenderOptions,
    ) -> Option<String> {
        certify::certificate::printed_serving_prompt(self, conversation, message, options)
    }

    /// Whether the template has a thinking mode that [`RenderOptions::thinking`] can choose.
    fn thinks(&self) -> bool {
        false
    }

    /// Added tokens that delimit no turn: they stay control tokens in assistant and system text.
    fn content_markers(&self) -> &[&'static str];

    /// The tokens that end an assistant turn when sampled.
    fn stop_tokens(&self) -> &[&'static str];

    /// Whether string arguments are printed as they are (`false`: they are parsed and printed as objects).
    fn prints_argument_text(&self) -> bool {
        false
    }

    /// Whether the stop tokens were found in the template, since those that the tokenizer names end no turn.
    fn stops_found(&self) -> bool {
        false
    }

    /// Text of the template that looks like a control token.
    fn control_texts(&self, options: &RenderOptions) -> BTreeSet<String> {
        let shapes = ["text", "system", "call", "parallel calls", "reasoning"];
        control_text::control_texts(&control_text::written(self, options, &shapes))
    }

    /// Tokens that close a turn of history where its stop token would have been sampled.
    fn history_terminators(&self) -> &[&'static str] {
        &[]
    }

    /// Whether the header of the next message is what stops a turn, so that the last one ends with the
    /// text.
    fn last_turn_lacks_stop(&self) -> bool {
        false
    }

    /// Whether it sees to [`RenderOptions::inline`] itself; [`inline`] does it for all others.
    fn prints_inline(&self) -> bool {
        false
    }

    /// Whether the tools stand in the first user message, so that every piece must carry it.
    fn tools_in_first_user_message(&self) -> bool {
        false
    }

    /// Which ids of calls it takes.
    fn call_ids(&self) -> CallIds {
        CallIds::Any
    }

    /// What the template can say.
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    /// How well each assistant turn is proved. A native renderer knows its turns.
    fn grade(
        &self,
        conversation: &Conversation<'_>,
        options: &RenderOptions,
    ) -> Result<Vec<TurnGrade>, Finding> {
        let mut out = Rendered::default();
        self.render(conversation, options, &mut out, &mut Vec::new())?;
        let grade =
            |turn: &Turn| TurnGrade { message: turn.message, grade: Ok(turn.grade), serving: turn.serving };
        Ok(out.turns.iter().map(grade).collect())
    }

    /// Appends the rendered conversation to an empty `out`. Findings that do not stop it (a field
    /// that is not printed) go to `findings`; one that does comes back as the error.
    fn render(
        &self,
        conversation: &Conversation<'_>,
        options: &RenderOptions,
        out: &mut Rendered,
        findings: &mut Vec<Finding>,
    ) -> Result<(), Finding>;
}
