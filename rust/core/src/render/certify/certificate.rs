//! The certificate of a template: what came of trying it out on a dozen small conversations.

use std::collections::BTreeMap;

use serde::Serialize;

use super::probes::{Probe, answered, probes, question};
use super::proof::header::Grade;
use crate::conversation::Conversation;
use crate::digest::sha256;
use crate::finding::{Code, Finding};
use crate::options::OnInexact;
use crate::render::fitting::fit;
use crate::render::rendered::{Rendered, Serving};
use crate::render::{Capabilities, ChatTemplate, RenderOptions};

/// How well one assistant turn is proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnGrade {
    /// Position of the message in the conversation.
    pub message: u32,
    /// The grade, or why the turn cannot be proved.
    pub grade: Result<Grade, String>,
    /// Whether serving would show the same prompt, and the turn is printed whole.
    pub serving: Serving,
}

/// What serving appends to a conversation in one thinking mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GenerationPrompt {
    /// `default`, `thinking` or `no_thinking`.
    pub mode: &'static str,
    /// The text; nothing where the template prints none.
    pub text: Option<String>,
}

/// What a template does with conversations of one shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShapeGrade {
    /// Name of the shape.
    pub shape: &'static str,
    /// Why the conversation is refused, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// One word or reason for each assistant turn.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<String>,
    /// What was mended, or is not printed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What is known about a template under the options of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// Name of the template.
    pub template: String,
    /// Hex SHA-256 of its Jinja source.
    pub sha256: String,
    /// Whether a renderer of its own prints it; otherwise the engine that runs any template does.
    pub native: bool,
    /// The tokens that end a turn.
    pub stop_tokens: Vec<String>,
    /// Whether those were found in the template, since the stop tokens of the tokenizer end no turn.
    pub stops_found: bool,
    /// Added tokens that assistant and system text may hold as control tokens.
    pub content_markers: Vec<String>,
    /// What a turn is sampled after, by thinking mode.
    pub generation_prompts: Vec<GenerationPrompt>,
    /// What it can say.
    pub capabilities: Capabilities,
    /// Assistant turns that were tried.
    pub turns: u32,
    /// Those of them that follow a whole generation prompt.
    pub exact: u32,
    /// Those that see the prompt of serving and are printed whole.
    pub consistent: u32,
    /// The conversations that were tried.
    pub shapes: Vec<ShapeGrade>,
}

/// The certificate in a few lines, for the footer of a written file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CertificateSummary {
    /// Hex SHA-256 of the whole certificate as JSON.
    pub sha256: String,
    /// Whether a renderer of its own prints the template.
    pub native: bool,
    /// The tokens that end a turn.
    pub stop_tokens: Vec<String>,
    /// Whether those were found in the template, since the stop tokens of the tokenizer end no turn.
    pub stops_found: bool,
    /// What it can say.
    pub capabilities: Capabilities,
    /// Assistant turns that were tried.
    pub turns: u32,
    /// Those of them that follow a whole generation prompt.
    pub exact: u32,
    /// Those that see the prompt of serving and are printed whole.
    pub consistent: u32,
    /// By shape, the words for its turns where one of them is not plainly exact.
    pub inexact: BTreeMap<&'static str, Vec<String>>,
    /// By shape, why it is refused.
    pub refused: BTreeMap<&'static str, String>,
}

impl Certificate {
    /// Tries `template` out.
    #[must_use]
    pub fn of(template: &dyn ChatTemplate, options: &RenderOptions) -> Self {
        let texts = |tokens: &[&'static str]| tokens.iter().map(|token| (*token).to_owned()).collect();
        let mut certificate = Self {
            template: template.name().to_owned(),
            sha256: template.digest().to_owned(),
            native: template.is_native(),
            stop_tokens: texts(template.stop_tokens()),
            stops_found: template.stops_found(),
            content_markers: texts(template.content_markers()),
            generation_prompts: generation_prompts(template, options),
            capabilities: template.capabilities(),
            turns: 0,
            exact: 0,
            consistent: 0,
            shapes: Vec::new(),
        };
        for Probe { shape, conversation } in probes() {
            let mut findings = Vec::new();
            let graded = tried(template, &conversation, options, &mut findings);
            certificate.add(shape, graded, &findings);
        }
        certificate
    }

    fn add(&mut self, shape: &'static str, graded: Result<Vec<TurnGrade>, Finding>, findings: &[Finding]) {
        let (refused, turns) = match graded {
            Ok(turns) => (None, turns),
            Err(finding) => (Some(finding.message), Vec::new()),
        };
        self.turns += turns.len() as u32;
        self.exact +=
            turns.iter().filter(|turn| turn.grade.as_ref().is_ok_and(|grade| grade.is_exact())).count()
                as u32;
        let whole = |turn: &&TurnGrade| turn.grade.is_ok() && turn.serving == Serving::Consistent;
        self.consistent += turns.iter().filter(whole).count() as u32;
        self.shapes.push(ShapeGrade {
            shape,
            refused,
            turns: turns.iter().map(TurnGrade::in_words).collect(),
            notes: findings.iter().map(ToString::to_string).collect(),
        });
    }

    /// The few lines that a written file keeps.
    #[must_use]
    pub fn summary(&self) -> CertificateSummary {
        let served = [Grade::Exact, Grade::WithoutThinking].map(Grade::as_str);
        let inexact = |shape: &&ShapeGrade| shape.turns.iter().any(|words| !served.contains(&words.as_str()));
        CertificateSummary {
            sha256: sha256(&serde_json::to_vec(self).unwrap_or_default()),
            native: self.native,
            stop_tokens: self.stop_tokens.clone(),
            stops_found: self.stops_found,
            capabilities: self.capabilities,
            turns: self.turns,
            exact: self.exact,
            consistent: self.consistent,
            inexact: self
                .shapes
                .iter()
                .filter(inexact)
                .map(|shape| (shape.shape, shape.turns.clone()))
                .collect(),
            refused: self
                .shapes
                .iter()
                .filter_map(|shape| Some((shape.shape, shape.refused.clone()?)))
                .collect(),
        }
    }
}

/// The grades of a conversation that is fitted to the template as a run would fit it. What that mended
/// and what the template does not print goes to `findings`.
fn tried(
    template: &dyn ChatTemplate,
    conversation: &Conversation<'_>,
    options: &RenderOptions,
    findings: &mut Vec<Finding>,
) -> Result<Vec<TurnGrade>, Finding> {
    let fitted = fit(conversation, template, findings)?;
    let conversation = fitted.as_ref().unwrap_or(conversation);
    let lenient = RenderOptions { on_inexact: OnInexact::MaskTurn, ..options.clone() };
    let mut said = Vec::new();
    template.render(conversation, &lenient, &mut Rendered::default(), &mut said)?;
    // What cannot be proved is among the grades.
    findings.extend(said.into_iter().filter(|finding| finding.code != Code::SpansNotProvable));
    template.grade(conversation, options)
}

fn generation_prompts(template: &dyn ChatTemplate, options: &RenderOptions) -> Vec<GenerationPrompt> {
    let prompt = |mode, thinking| GenerationPrompt {
        mode,
        text: template.generation_prompt(&RenderOptions { thinking, ..options.clone() }),
    };
    let mut prompts = vec![prompt("default", None)];
    if template.thinks() {
        prompts.push(prompt("thinking", Some(true)));
        prompts.push(prompt("no_thinking", Some(false)));
    }
    prompts
}

/// What a native renderer prints between a question and what is sampled of its answer. An answer that
/// reasons shows the prompt of thinking, where the template has one.
pub(in crate::render) fn printed_generation_prompt<T: ChatTemplate + ?Sized>(
    template: &T,
    options: &RenderOptions,
) -> Option<String> {
    let reasoning = options.thinking != Some(false) && template.capabilities().reasoning;
    let print = |conversation: &Conversation<'_>| {
        let mut printed = Rendered::default();
        template.render(conversation, options, &mut printed, &mut Vec::new()).ok()?;
        Some(printed)
    };
    [false, true].into_iter().find_map(|tools| {
        let whole = print(&answered(tools, reasoning))?;
        let prompt = whole.text.get(..whole.turns.first()?.sampled.start as usize)?;
        prompt.strip_prefix(&print(&question(tools))?.text).map(str::to_owned)
    })
}

/// What a native renderer prints of the messages before a turn, and its generation prompt.
pub(in crate::render) fn printed_serving_prompt<T: ChatTemplate + ?Sized>(
    template: &T,
    conversation: &Conversation<'_>,
    message: usize,
    options: &RenderOptions,
) -> Option<String> {
    let messages = conversation.messages.get(..message)?.to_vec();
    let before = Conversation { messages, ..conversation.clone() };
    let mut printed = Rendered::default();
    template.render(&before, options, &mut printed, &mut Vec::new()).ok()?;
    Some(printed.text + &template.generation_prompt(options)?)
}

impl TurnGrade {
    /// The grade and what differs from serving, in a few words.
    #[must_use]
    pub fn in_words(&self) -> String {
        let grade = match &self.grade {
            Ok(grade) => grade.as_str(),
            Err(reason) => return format!("unproved: {reason}"),
        };
        match self.serving {
            Serving::Consistent => grade.to_owned(),
            Serving::PromptDiffers => format!("{grade}, prompt differs"),
            Serving::FieldDropped => format!("{grade}, field dropped"),
        }
    }
}
