//! What a template refuses of real records.

use std::collections::BTreeMap;

use tooltrain_core::conversation::Conversation;
use tooltrain_core::finding::{Code, Finding};
use tooltrain_core::options::OnInexact;
use tooltrain_core::parse::{ParseOptions, Scratch, parse};
use tooltrain_core::render::fitting::fit;
use tooltrain_core::render::{ChatTemplate, RenderOptions, Rendered};
use tooltrain_core::validate::{ValidateOptions, Validator, Verdict};

/// What became of the records that validation accepts.
#[derive(Debug, Default)]
pub struct Refusals {
    pub records: usize,
    /// Records that the template has no way to say: it raises, or prints calls or texts elsewhere.
    pub unsayable: usize,
    /// Records that it can say and whose turns are not proved.
    pub refused: usize,
    /// Records whose parallel calls became one call and result after the other.
    pub split: usize,
    /// By code and message without its figures: how many, and the first place.
    pub causes: BTreeMap<(&'static str, String), (usize, String)>,
}

impl Refusals {
    /// Renders every record of `content` as `pack` does, up to its text and turns.
    pub fn add(&mut self, template: &dyn ChatTemplate, file: &str, content: &[u8], every: usize) {
        let options = RenderOptions {
            date: "2026-11-20".into(),
            on_inexact: OnInexact::Reject,
            ..RenderOptions::default()
        };
        let (mut scratch, mut rendered) = (Scratch::default(), Rendered::default());
        let mut validator = Validator::new(ValidateOptions::default());
        let lines = content.split(|&byte| byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
        for (number, line) in lines.step_by(every) {
            let Ok(parsed) = parse(line, &mut scratch, &ParseOptions::default()) else { continue };
            let (mut conversation, mut findings) = (parsed.conversation, parsed.findings);
            if validator.validate(&mut conversation, &mut findings) != Verdict::Accept || conversation.plain {
                continue;
            }
            self.records += 1;
            rendered.clear();
            let mut said = None;
            let outcome = fit(&conversation, template, &mut findings).and_then(|fitted| {
                self.split += usize::from(findings.iter().any(|f| f.code == Code::ParallelCallsSplit));
                let conversation = said.insert(fitted.unwrap_or_else(|| conversation.clone()));
                template.render(conversation, &options, &mut rendered, &mut findings)
            });
            if let Err(finding) = outcome {
                if can_say(template, said.as_ref().unwrap_or(&conversation), &finding) {
                    self.refused += 1;
                } else {
                    self.unsayable += 1;
                }
                let cause = self.causes.entry((finding.code.name(), in_general(&finding.message)));
                cause.or_insert_with(|| (0, format!("{file}:{}", number + 1))).0 += 1;
            } else {
                assert!(rendered.is_well_formed(), "{} on {file}:{}", template.name(), number + 1);
            }
        }
    }

    /// The part of the records that is refused, of those that the template can say.
    pub fn share(&self) -> f64 {
        self.refused as f64 / (self.records - self.unsayable).max(1) as f64
    }
}

/// A message without its figures and without the names in it.
fn in_general(message: &str) -> String {
    let without_names: Vec<&str> =
        message.split('`').enumerate().map(|(order, part)| if order % 2 == 1 { "…" } else { part }).collect();
    without_names.concat().chars().map(|c| if c.is_ascii_digit() { 'N' } else { c }).collect()
}

/// Whether the template prints a record for which `finding` refuses it. It does not where it raises,
/// where it drops calls, and where it has no place for text beside a call that comes before the results.
fn can_say(template: &dyn ChatTemplate, conversation: &Conversation<'_>, finding: &Finding) -> bool {
    let text_beside_call = conversation
        .messages
        .iter()
        .any(|message| !message.tool_calls.is_empty() && !message.content.as_str().trim().is_empty());
    match finding.code {
        Code::CannotRender => finding.message.contains("is not supported here"),
        Code::ParallelCalls => false,
        Code::SpansNotProvable => template.capabilities().text_beside_calls || !text_beside_call,
        _ => true,
    }
}
