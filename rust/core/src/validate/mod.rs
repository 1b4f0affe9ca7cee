//! validate: findings, repairs, and what becomes of the record.
//!
//! Structure first (`turns.rs`), then how calls and results pair up (`pairing.rs`), then the calls
//! against the declared tools and their schemas (`calls.rs`, `schema/`). What breaks rendering or pairing rejects the record. A
//! wrong call costs its turn, as far as the turn is trained at all.

mod calls;
mod pairing;
mod schema;
mod turns;

use crate::conversation::{Conversation, Message, Place};
use crate::finding::{Code, Finding, Severity};
use crate::loss::{self, TurnLoss};
use crate::options::{Loss, Options, Validation};

/// What validation is told besides the conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidateOptions {
    /// What a wrong call does; `off` leaves calls unchecked, and then schemas are not compiled either.
    pub validation: Validation,
    /// Whether lossless repairs are made; otherwise they are errors.
    pub repair: bool,
    /// Which turns are trained: a wrong call in one that is not only warns.
    pub loss: Option<Loss>,
}

impl ValidateOptions {
    /// What the options of a run say about it.
    #[must_use]
    pub fn from_options(options: &Options) -> Self {
        Self { validation: options.validation, repair: options.repair, loss: options.loss.clone() }
    }
}

impl Default for ValidateOptions {
    fn default() -> Self {
        Self { validation: Validation::Mask, repair: true, loss: None }
    }
}

/// What becomes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on, perhaps with turns masked.
    Accept,
    /// It is rejected; the findings say why.
    Reject,
    /// Nothing is wrong with it, but no turn of it is trained.
    NothingToTrain,
}

/// Checks conversations and mends them. One for each worker.
#[derive(Default)]
pub struct Validator {
    options: ValidateOptions,
    schemas: schema::Schemas,
    wrong_calls: Vec<(u32, u32)>,
}

impl Validator {
    /// A validator with these options.
    #[must_use]
    pub fn new(options: ValidateOptions) -> Self {
        Self { options, ..Self::default() }
    }

    /// The wrong calls of the conversation that was checked last, trained or not: position of the
    /// message, and of the call in it.
    #[must_use]
    pub fn wrong_calls(&self) -> &[(u32, u32)] {
        &self.wrong_calls
    }

    /// Checks `conversation`, mends what can be mended without loss, and masks turns with wrong
    /// calls. Everything found goes to `findings`, after what is there already.
    pub fn validate(&mut self, conversation: &mut Conversation<'_>, findings: &mut Vec<Finding>) -> Verdict {
        let already = findings.len();
        let mut checks = Checks { options: &self.options, findings, places: conversation.places.clone() };
        turns::check(conversation, &mut checks);
        pairing::check(conversation, &mut checks);
        loss::decide(conversation, self.options.loss.as_ref());
        let selected = |message: &Message<'_>| TurnLoss::of(message).is_selected();
        let trained: Vec<bool> = conversation.messages.iter().map(selected).collect();
        self.wrong_calls.clear();
        calls::check(conversation, &trained, &mut self.schemas, &mut self.wrong_calls, &mut checks);
        if findings[already..].iter().any(|finding| finding.severity == Severity::Error) {
            return Verdict::Reject;
        }
        if conversation.messages.iter().any(selected) {
            return Verdict::Accept;
        }
        let (code, why) = if trained.contains(&true) {
            (Code::OnlyWrongCalls, "every turn that would be trained has a wrong call")
        } else if conversation.assistant_turns().next().is_none() {
            (Code::NothingToTrain, "the record has no assistant turn")
        } else {
            (Code::NothingToTrain, "weights and loss policy leave no turn to train")
        };
        let pointer = conversation.places.pointer(Place::Messages);
        findings.push(Finding::new(code, pointer, why));
        Verdict::NothingToTrain
    }
}

/// Checks one conversation; see [`Validator`], which is the one to keep for many.
pub fn validate(
    conversation: &mut Conversation<'_>,
    options: &ValidateOptions,
    findings: &mut Vec<Finding>,
) -> Verdict {
    Validator::new(options.clone()).validate(conversation, findings)
}

/// The state of checking one conversation.
struct Checks<'c> {
    options: &'c ValidateOptions,
    findings: &'c mut Vec<Finding>,
    places: crate::conversation::Places,
}

impl Checks<'_> {
    /// Notes a finding with the severity of the table. A repair is an error where repairs are off.
    #[cold]
    fn note(&mut self, code: Code, place: Place, message: impl Into<String>) {
        let mut severity = code.info().severity;
        if severity == Severity::Fixed && !self.options.repair {
            severity = Severity::Error;
        }
        self.note_as(severity, code, place, message);
    }

    /// Notes a finding with a severity of its own.
    #[cold]
    fn note_as(&mut self, severity: Severity, code: Code, place: Place, message: impl Into<String>) {
        let pointer = self.places.pointer(place);
        self.findings.push(Finding::new(code, pointer, message).severity(severity));
    }
}

#[cfg(test)]
mod tests;
