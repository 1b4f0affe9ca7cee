//! The certificate of a template: what came of trying it out on a dozen small conversations.

use serde::Serialize;

use super::probes::{Probe, probes};
use super::proof::header::Grade;
use super::rendered::Serving;
use super::{Capabilities, ChatTemplate, RenderOptions};
use crate::finding::Finding;

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
}

/// What is known about a template under the options of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// Name of the template.
    pub template: String,
    /// Hex SHA-256 of its Jinja source.
    pub sha256: String,
    /// The tokens that end a turn.
    pub stop_tokens: Vec<String>,
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

impl Certificate {
    /// Tries `template` out.
    #[must_use]
    pub fn of(template: &dyn ChatTemplate, options: &RenderOptions) -> Self {
        let mut certificate = Self {
            template: template.name().to_owned(),
            sha256: template.digest().to_owned(),
            stop_tokens: template.stop_tokens().iter().map(|token| (*token).to_owned()).collect(),
            capabilities: template.capabilities(),
            turns: 0,
            exact: 0,
            consistent: 0,
            shapes: Vec::new(),
        };
        for Probe { shape, conversation } in probes() {
            let graded = template.grade(&conversation, options);
            certificate.add(shape, graded);
        }
        certificate
    }

    fn add(&mut self, shape: &'static str, graded: Result<Vec<TurnGrade>, Finding>) {
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
        });
    }
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
