//! parse: a line -> one conversation.
//!
//! [`parse`] checks the bytes, reads the JSON ([`tooltrain_json`]), recognizes the layout ([`Layout`]) and
//! lets that layout build the one internal form. A layout is one file here and one line in
//! `layout.rs`; those that hold messages share `chat.rs` and `tools.rs`.

mod anthropic;
mod chat;
mod distil;
mod general;
mod hermes;
pub mod job;
mod layout;
mod misspelled;
mod numbering;
mod openai;
mod openai_functions;
mod problem_finding;
mod prompt_completion;
mod reading;
mod rejects;
mod repeated_keys;
mod sharegpt;
mod tools;
mod unfold;
mod yaml;

use std::sync::Arc;

pub use general::{Path, ShardShape, Spec, records_within};
pub use job::Job;
pub use layout::Layout;
pub use tools::canonical_tool;

use tooltrain_json::{Json, Kind, Tape, excerpt};

use crate::conversation::{Conversation, Tool};
use crate::finding::{Code, Finding};
use crate::nearest::nearest;
use crate::options::VerdictPolicy;
use crate::unread::UnreadKey;
use problem_finding::finding_of;
use reading::Reading;

/// A parsed record with what parsing found in it.
#[derive(Debug)]
pub struct Parsed<'a> {
    /// The conversation.
    pub conversation: Conversation<'a>,
    /// Warnings and repairs; an error would have stopped parsing.
    pub findings: Vec<Finding>,
    /// Keys of the record that nobody read.
    pub unread: Vec<UnreadKey>,
}

/// What parsing is told besides the line.
#[derive(Clone, Debug)]
pub struct ParseOptions {
    /// The layout every record has to have; `None` recognizes it record by record.
    pub layout: Option<Layout>,
    /// A layout as data, in the place of those that are known.
    pub spec: Option<Arc<Spec>>,
    /// What happens to records that are judged good or bad.
    pub verdict: VerdictPolicy,
    /// Deepest JSON nesting that is read.
    pub max_depth: u32,
    /// Whether lossless repairs are made; otherwise they are errors.
    pub repair: bool,
    /// Tools of records that declare none.
    pub shared_tools: Option<Arc<[Tool<'static>]>>,
    /// What the side files of a distil shard say.
    pub job: Option<Arc<Job>>,
    /// Whether contents and reasoning may keep their escapes, as the record spells them: enough for a run that only
    /// asks whether a message says anything, and cheaper.
    pub contents_as_spelled: bool,
}

impl Default for ParseOptions {
    fn default() -> Self {
        Self {
            layout: None,
            spec: None,
            verdict: VerdictPolicy::Refuse,
            max_depth: 256,
            repair: true,
            shared_tools: None,
            job: None,
            contents_as_spelled: false,
        }
    }
}

/// Memory that is used again from line to line. One for each worker.
#[derive(Debug)]
pub struct Scratch {
    record: Tape,
    nested: Vec<Tape>,
}

impl Default for Scratch {
    fn default() -> Self {
        Self { record: Tape::with_repeated_lists(&["tools", "functions"]), nested: Vec::new() }
    }
}

/// Reads one line, without its line end, as a conversation that borrows from it.
///
/// Everything that is wrong with the record is reported, not only the first thing; only a line
/// that is no JSON ends there. Warnings and repairs come with the conversation, or with the errors.
pub fn parse<'a>(
    line: &'a [u8],
    scratch: &mut Scratch,
    options: &ParseOptions,
) -> Result<Parsed<'a>, Vec<Finding>> {
    let text = utf8(line).map_err(|finding| vec![finding])?;
    let Scratch { record: tape, nested } = scratch;
    if tape.read(text, options.max_depth).is_err() {
        return repeated_keys::parse(text, tape, nested, options);
    }
    read_record(text, tape, nested, options)
}

/// Reads the record that is on the tape: as one of the plain layouts, which is fast, and by the general reader where
/// the record has more to it than that.
fn read_record<'a>(
    text: &'a str,
    tape: &mut Tape,
    nested: &mut Vec<Tape>,
    options: &ParseOptions,
) -> Result<Parsed<'a>, Vec<Finding>> {
    if let Some(spec) = options.spec.clone() {
        let read = read_generally(text, tape, nested, options, &spec);
        return read.unwrap_or_else(|| Err(vec![not_as_specified(text, tape, &spec)]));
    }
    if let Some(unfolded) = tape.root(text).and_then(|record| unfold::unfold(record, text, nested, options)) {
        read_tape(tape, &unfolded, options)?;
        return read_record(&unfolded, tape, nested, options)
            .map(|parsed| Parsed { conversation: parsed.conversation.into_owned(), ..parsed });
    }
    let plain = build(text, tape, nested, options);
    let (wants_more, is_general) = match &plain {
        Ok((_, doubtful, is_general)) => (*doubtful, *is_general),
        Err((_, is_general)) => (true, *is_general),
    };
    if !wants_more {
        return plain.map(|(parsed, ..)| parsed).map_err(|(findings, _)| findings);
    }
    if !is_general {
        return accounted(text, tape, nested, options, plain);
    }
    match (plain, read_generally(text, tape, nested, options, &Spec::default())) {
        (_, Some(Ok(parsed))) | (Ok((parsed, ..)), None) => Ok(parsed),
        (Ok(_), Some(Err(findings))) | (Err((findings, _)), None) => Err(findings),
        (Err((mut findings, _)), Some(Err(of_general))) => {
            if findings.iter().all(|finding| finding.code == Code::UnknownLayout) {
                return Err(of_general);
            }
            let new = of_general.into_iter().filter(|finding| {
                finding.code.names_unread() && findings.iter().all(|known| known.code != finding.code)
            });
            let new: Vec<_> = new.collect();
            findings.extend(new);
            Err(findings)
        }
    }
}

/// What the readers of plain layouts make of a record: the conversation and whether more may be in it, or the errors;
/// and whether the general reader reads such records.
type Plain<'a> = Result<(Parsed<'a>, bool, bool), (Vec<Finding>, bool)>;

/// The record as the general reader reads it; `None` where it holds nothing that looks like a conversation.
fn read_generally<'a>(
    text: &'a str,
    tape: &mut Tape,
    nested: &mut Vec<Tape>,
    options: &ParseOptions,
    spec: &Spec,
) -> Option<Result<Parsed<'a>, Vec<Finding>>> {
    let unfolded = tape.root(text).and_then(|record| general::unfold::unfold(record, text, spec));
    let Some(general::unfold::Unfolded { text: unfolded, was_python }) = unfolded else {
        let reading = Reading::new(options, nested);
        return read_as_specified(text, tape, reading, spec);
    };
    if let Err(findings) = read_tape(tape, &unfolded, options) {
        return Some(Err(findings));
    }
    let mut reading = Reading::new(options, nested);
    if was_python {
        reading.note(Code::PythonLiteral, "", "a Python literal was read as JSON");
    }
    let read = read_as_specified(&unfolded, tape, reading, spec);
    if read.is_none() {
        // The tape is left as the caller had it.
        let _ = tape.read(text, options.max_depth);
    }
    Some(read?.map(|mut parsed| {
        parsed.findings.iter_mut().for_each(|finding| finding.offset = 0);
        Parsed { conversation: parsed.conversation.into_owned(), ..parsed }
    }))
}

fn read_as_specified<'a>(
    text: &'a str,
    tape: &Tape,
    mut reading: Reading<'_>,
    spec: &Spec,
) -> Option<Result<Parsed<'a>, Vec<Finding>>> {
    let record = tape.root(text)?;
    let spec = if spec.is_given() { spec } else { general::recognized(record).unwrap_or(spec) };
    let general::Outcome { conversation, unread, left_out } = general::read(record, spec, &mut reading)?;
    let failed = reading.failed();
    let findings = reading.findings;
    Some(if failed || left_out { Err(findings) } else { Ok(Parsed { conversation, findings, unread }) })
}

/// A record of a layout that the general reader does not read, with what nobody read in it.
fn accounted<'a>(
    text: &'a str,
    tape: &Tape,
    nested: &mut Vec<Tape>,
    options: &ParseOptions,
    plain: Plain<'a>,
) -> Result<Parsed<'a>, Vec<Finding>> {
    let (mut parsed, ..) = plain.map_err(|(findings, _)| findings)?;
    let mut reading = Reading::new(options, nested);
    if let Some(record) = tape.root(text) {
        parsed.unread = general::account_pair(record, &mut reading);
    }
    let failed = reading.failed();
    parsed.findings.append(&mut reading.findings);
    if failed { Err(parsed.findings) } else { Ok(parsed) }
}

/// What is said of a record in which a layout as data finds nothing.
fn not_as_specified(text: &str, tape: &Tape, spec: &Spec) -> Finding {
    let keys = tape.root(text).map_or_else(String::new, keys_of);
    let message = format!("{keys}, and nothing where the layout looks for messages: {}", spec.places());
    Finding::new(Code::OtherLayout, "", message)
}

fn read_tape(tape: &mut Tape, text: &str, options: &ParseOptions) -> Result<(), Vec<Finding>> {
    match tape.read(text, options.max_depth) {
        Ok(_) => Ok(()),
        Err(problems) => {
            Err(problems.iter().map(|problem| finding_of(problem, text, options.max_depth)).collect())
        }
    }
}

/// The conversation of a record that is on the tape and has one of the plain layouts.
fn build<'a>(text: &'a str, tape: &Tape, nested: &mut Vec<Tape>, options: &ParseOptions) -> Plain<'a> {
    let mut reading = Reading::new(options, nested);
    let Some(record) = tape.root(text) else { return Err((reading.findings, false)) };
    let Some(layout) = layout_of(record, &mut reading) else {
        return Err((reading.findings, options.layout.is_none()));
    };
    let is_general = layout.is_general();
    let conversation = layout.read(record, &mut reading);
    if reading.failed() {
        return Err((reading.findings, is_general));
    }
    let doubtful = reading.passed_over.is_doubtful || reading.may_hold_calls;
    let unread = reading.passed_over.into_unread();
    Ok((Parsed { conversation, findings: reading.findings, unread }, doubtful, is_general))
}

/// The layout that the record in `line` has, if it has one.
pub fn recognize(line: &[u8], scratch: &mut Scratch, options: &ParseOptions) -> Option<Layout> {
    let text = utf8(line).ok()?;
    Layout::of(scratch.record.read(text, options.max_depth).ok()?)
}

/// Reads a list of tools, as `tools=PATH` gives it, for [`ParseOptions::shared_tools`].
pub fn read_tools(json: &str) -> Result<Vec<Tool<'static>>, Vec<Finding>> {
    let options = ParseOptions::default();
    let mut tapes = Vec::new();
    let mut reading = Reading::new(&options, &mut tapes);
    let list = reading.nested(json, Code::ToolsNotJson, String::new, |value, reading| {
        let mut found = Vec::new();
        tools::read_list(value, "", tools::Form::AsSpelled, reading, &mut found);
        found.into_iter().map(Tool::into_owned).collect::<Vec<_>>()
    });
    match list {
        Some(list) if !reading.failed() => Ok(list),
        _ => Err(reading.findings),
    }
}

fn utf8(line: &[u8]) -> Result<&str, Finding> {
    simdutf8::basic::from_utf8(line).map_err(|_| {
        let at = simdutf8::compat::from_utf8(line).err().map_or(0, |error| error.valid_up_to());
        let byte = line.get(at).copied().unwrap_or_default();
        Finding::new(Code::InvalidUtf8, "", format!("byte {byte:#04x} at byte {at} of the line is not UTF-8"))
            .at(at)
    })
}

fn layout_of(record: Json<'_, '_>, reading: &mut Reading<'_>) -> Option<Layout> {
    if record.kind() != Kind::Object {
        let message = format!("expected an object, found {}", record.kind().as_str());
        reading.note_at(record, Code::NotAnObject, "", message);
        return None;
    }
    let Some(wanted) = reading.options.layout else {
        let found = Layout::of(record);
        if found.is_none() {
            let message = format!("{}, which no known layout has", keys_of(record));
            reading.note_with_hint(Code::UnknownLayout, "", message, layouts_hint(record));
        }
        return found;
    };
    if wanted.fits(record) {
        return Some(wanted);
    }
    let but = match Layout::of(record) {
        Some(other) => format!("the record has the layout {}", other.name()),
        None => keys_of(record),
    };
    let message = format!("{but}, not {}: {}", wanted.name(), wanted.shape());
    reading.note(Code::OtherLayout, "", message);
    None
}

fn keys_of(record: Json<'_, '_>) -> String {
    const SHOWN: usize = 6;
    let mut keys: Vec<_> = record.members().take(SHOWN).map(|(key, _)| excerpt(&key, 0)).collect();
    if keys.is_empty() {
        return "the record has no keys".to_owned();
    }
    if record.members().nth(SHOWN).is_some() {
        keys.push("…".to_owned());
    }
    format!("the record has the keys {}", keys.join(", "))
}

/// The keys that a record of some layout cannot do without.
const LAYOUT_KEYS: [&str; 6] = ["messages", "conversations", "question", "answer", "prompt", "completion"];

/// What to write instead of the keys of a record that has no known layout.
fn layouts_hint(record: Json<'_, '_>) -> String {
    let meant = record.members().find_map(|(key, _)| {
        nearest(&key, LAYOUT_KEYS).map(|meant| format!("did you mean `{meant}` by {}? ", excerpt(&key, 0)))
    });
    let shapes: Vec<_> =
        Layout::all().map(|layout| format!("{} {}", layout.name(), layout.shape())).collect();
    format!("{}known layouts: {}", meant.unwrap_or_default(), shapes.join("; "))
}

#[cfg(test)]
mod layout_tests;
#[cfg(test)]
mod tests;
