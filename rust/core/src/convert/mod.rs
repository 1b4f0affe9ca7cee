//! convert: records of any layout -> rows of one dialect, as text.
//!
//! A record is read and checked as for a run, written in the dialect that was asked for, and read
//! back. Whatever the row does not say is found by comparing the two conversations, never assumed,
//! and listed as a finding: a conversion gives the same conversation back or names the loss.

mod compare;
mod distil;
mod object;
mod openai;
mod report;
pub(crate) mod service;
mod sharegpt;

use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::conversation::{Conversation, DefaultLoss, Place, Role};
use crate::error::{Error, ErrorKind, Result};
use crate::finding::{Code, Finding, Severity};
use crate::nearest::choice_hint;
use crate::options::{Loss, LossPreset, Options};
use crate::parse::{self, ParseOptions, Scratch};
use crate::unread::UnreadKey;
use crate::validate::{ValidateOptions, Validator, Verdict};

pub use distil::JobFacts;
pub use report::{ConvertReport, ConvertedRecords, ConvertedShard};
use service::PrintedTools;

/// What rows are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// What the hosted fine-tuning API of OpenAI takes: arguments as text, no keys of others.
    OpenAi,
    /// The internal form as rows of messages, arguments as objects.
    Messages,
    /// Turns under `conversations`, calls as turns of their own.
    ShareGpt,
    /// Question and answer: one row for each call that is trained.
    Distil,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Dialect; 4] = [Dialect::OpenAi, Dialect::Distil, Dialect::Messages, Dialect::ShareGpt];

    /// The name that `to=` takes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Dialect::OpenAi => "openai",
            Dialect::Messages => "messages",
            Dialect::ShareGpt => "sharegpt",
            Dialect::Distil => "distil",
        }
    }

    /// The dialect with this name.
    pub fn from_name(name: &str) -> Result<Self> {
        Dialect::ALL.into_iter().find(|dialect| dialect.name() == name).ok_or_else(|| {
            let known: Vec<&str> = Dialect::ALL.iter().map(|dialect| dialect.name()).collect();
            Error::new(ErrorKind::Options, "unsupported target layout")
                .option("to")
                .value(name)
                .hint(choice_hint(name, &known))
        })
    }
}

/// What became of one record.
#[derive(Debug, Default)]
pub struct Converted {
    /// Its rows, each a line with its end; empty where the record was rejected.
    pub rows: String,
    /// How many there are.
    pub row_count: u64,
    /// Everything found, with what was lost.
    pub findings: Vec<Finding>,
    /// Keys of the record that nobody read.
    pub unread: Vec<UnreadKey>,
    /// What its rows need beside them, for the distil dialect.
    pub job: Option<JobFacts>,
}

impl Converted {
    /// Whether the record is refused.
    #[must_use]
    pub fn is_rejected(&self) -> bool {
        self.row_count == 0
    }

    /// Whether its rows say less than it did.
    #[must_use]
    pub fn is_lossy(&self) -> bool {
        self.findings.iter().any(|finding| finding.code == Code::LostInConversion)
    }
}

/// Converts records one by one. One for each worker.
pub struct Converter {
    to: Dialect,
    parse: Arc<ParseOptions>,
    validator: Validator,
    scratch: Scratch,
    again: Scratch,
    printed_tools: PrintedTools,
}

impl Converter {
    /// A converter that reads as `parse` says. Of `options` it knows `validation` and `repair`.
    #[must_use]
    pub fn new(to: Dialect, parse: Arc<ParseOptions>, options: &Options) -> Self {
        let keeps_tail = to != Dialect::OpenAi;
        let validate = ValidateOptions {
            validation: options.validation,
            repair: options.repair,
            loss: keeps_tail.then_some(Loss::Preset(LossPreset::All)),
        };
        let (scratch, again) = (Scratch::default(), Scratch::default());
        let validator = Validator::new(validate);
        Self { to, parse, validator, scratch, again, printed_tools: PrintedTools::default() }
    }

    /// Converts the record in `line`. What is wrong with it is in the findings.
    pub fn convert(&mut self, line: &[u8]) -> Converted {
        let parsed = match parse::parse(line, &mut self.scratch, &self.parse) {
            Ok(parsed) => parsed,
            Err(findings) => return Converted { findings, ..Converted::default() },
        };
        let unread = parsed.unread;
        let (mut conversation, mut findings) = (parsed.conversation, parsed.findings);
        if self.validator.validate(&mut conversation, &mut findings) == Verdict::Reject {
            return Converted { findings, ..Converted::default() };
        }
        // Whether anything is trained is for whoever trains.
        findings.retain(|finding| !matches!(finding.code, Code::NothingToTrain | Code::OnlyWrongCalls));
        let mut converted = Converted { findings, unread, ..Converted::default() };
        match self.to {
            Dialect::Distil => distil::write(&conversation, &mut self.again, &mut converted),
            to => {
                converted.rows.reserve(line.len() + line.len() / 8);
                let printed_tools = (to == Dialect::OpenAi).then_some(&mut self.printed_tools);
                write_whole(&conversation, to, printed_tools, &mut self.again, &mut converted);
            }
        }
        let mut noted = FxHashSet::default();
        converted.findings.retain(|finding| {
            finding.code != Code::LostInConversion
                || noted.insert((finding.pointer.clone(), finding.message.clone()))
        });
        if converted.findings.iter().any(|finding| finding.severity == Severity::Error) {
            (converted.rows, converted.row_count, converted.job) = (String::new(), 0, None);
        }
        converted
    }
}

/// Writes the conversation as one row, and compares what the row says with it.
fn write_whole(
    conversation: &Conversation<'_>,
    to: Dialect,
    printed_tools: Option<&mut PrintedTools>,
    scratch: &mut Scratch,
    converted: &mut Converted,
) {
    let split = if to == Dialect::ShareGpt { sharegpt::split_turns(conversation) } else { None };
    if let Some((_, places)) = &split {
        for &place in places {
            converted.lost(conversation, place, "text beside calls became a turn of its own");
        }
    }
    if to == Dialect::OpenAi {
        service::check(conversation, &mut converted.findings);
    }
    let conversation = split.as_ref().map_or(conversation, |(split, _)| split);
    match to {
        Dialect::ShareGpt => sharegpt::print(conversation, &mut converted.rows),
        _ => openai::print(conversation, printed_tools, &mut converted.rows),
    }
    converted.rows.push('\n');
    converted.row_count = 1;
    let again = match read_back(&converted.rows, &ParseOptions::default(), scratch) {
        Ok(again) => again,
        Err(finding) => return converted.findings.push(finding),
    };
    compare::differences(conversation, &again, to, &mut converted.findings);
}

/// Reads a row that was just written. One that is no record of its layout is not written: the finding says why.
fn read_back<'a>(
    row: &'a str,
    options: &ParseOptions,
    scratch: &mut Scratch,
) -> std::result::Result<Conversation<'a>, Finding> {
    let parsed = parse::parse(row.trim_end().as_bytes(), scratch, options).map_err(|findings| {
        let why = findings.iter().find(|finding| finding.severity == Severity::Error).or(findings.last());
        let why = why.map_or_else(String::new, |why| format!(": {}", why.message));
        Finding::new(Code::NotExpressible, "", format!("a row of this layout would not be read again{why}"))
    })?;
    Ok(parsed.conversation)
}

impl Converted {
    /// Notes what a row does not say; a place is named once for each thing.
    fn lost(&mut self, conversation: &Conversation<'_>, place: Place, what: &str) {
        let pointer = conversation.places.pointer(place);
        note_lost(&mut self.findings, pointer, what);
    }
}

fn note_lost(findings: &mut Vec<Finding>, pointer: String, what: &str) {
    findings.push(Finding::new(Code::LostInConversion, pointer, what));
}

/// The weight of a turn as a row has to spell it: its own, else 0 where the layout or a wrong call
/// keeps it out of training.
fn spelled_weight(conversation: &Conversation<'_>, position: usize) -> Option<f32> {
    let message = conversation.messages.get(position)?;
    if message.role != Role::Assistant {
        return message.weight;
    }
    let trained = match conversation.default_loss {
        DefaultLoss::Assistant => true,
        DefaultLoss::LastTurn => conversation.assistant_turns().last() == Some(position),
        DefaultLoss::FromMessage(first) => position >= first as usize,
    };
    if !trained || message.masked.is_some() { Some(0.0) } else { message.weight }
}

#[cfg(test)]
mod tests;
