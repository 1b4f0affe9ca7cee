//! Calls against the declared tools.

use std::borrow::Cow;
use std::sync::Arc;

use tooltrain_json::excerpt;

use super::Checks;
use super::schema::{Outcome, STANDARD, Schema, Schemas, Violation};
use crate::conversation::{ArgumentsForm, Conversation, Place, Tool, ToolCall};
use crate::finding::{Code, Finding, Severity};
use crate::nearest::nearest;
use crate::options::Validation;

/// Undeclared tools of a record for which a declared one is suggested; each is compared with every declared name.
const SUGGESTIONS: usize = 32;

/// Tool lists up to this long are searched name by name.
const FEW_TOOLS: usize = 16;

pub(super) fn check(
    conversation: &mut Conversation<'_>,
    trained: &[bool],
    schemas: &mut Schemas,
    wrong_calls: &mut Vec<(u32, u32)>,
    checks: &mut Checks<'_>,
) {
    let tools = &conversation.tools;
    let by_name = ByName::of(tools);
    check_names(tools, &by_name, checks);
    let validation = checks.options.validation;
    let compiled = if validation == Validation::Off { Vec::new() } else { compile(tools, schemas, checks) };
    check_calls(conversation, trained, (&by_name, &compiled), schemas, wrong_calls, checks);
    schemas.keep(compiled);
}

/// Checks every call against the schemas of the tool that it names.
fn check_calls(
    conversation: &mut Conversation<'_>,
    trained: &[bool],
    (by_name, compiled): (&ByName, &[Option<Arc<Schema>>]),
    schemas: &mut Schemas,
    wrong_calls: &mut Vec<(u32, u32)>,
    checks: &mut Checks<'_>,
) {
    let tools = &conversation.tools;
    let validation = checks.options.validation;
    let first_call = conversation
        .messages
        .iter()
        .find(|message| !message.tool_calls.is_empty())
        .map(|message| Place::Call(message.index, 0));
    let Some(first_call) = first_call else { return };
    if tools.is_empty() {
        let what = "the record calls tools and declares none, so calls are not checked";
        checks.note(Code::NoToolsDeclared, first_call, what);
        return;
    }
    if validation == Validation::Off {
        return;
    }
    let mut suggestions = 0;
    for (position, message) in conversation.messages.iter_mut().enumerate() {
        let trained = trained.get(position).copied().unwrap_or(false);
        let severity = severity_of_wrong_call(validation, trained);
        let mut wrong = None;
        for (call_position, call) in message.tool_calls.iter().enumerate() {
            let call_position = call_position as u32;
            let mut declarations = by_name.of_name(tools, &call.name).peekable();
            if declarations.peek().is_none() {
                let place = Place::Call(message.index, call_position);
                suggestions += 1;
                let looked_at = tools.iter().filter(|_| suggestions <= SUGGESTIONS);
                let near = nearest(&call.name, looked_at.map(|tool| &*tool.name));
                let suggestion =
                    near.map_or(String::new(), |name| format!("; did you mean {}?", excerpt(name, 0)));
                let what = format!("no declared tool is called {}{suggestion}", excerpt(&call.name, 0));
                checks.note_as(severity, Code::UndeclaredTool, place, what);
                wrong = wrong.or(Some(Code::UndeclaredTool));
                wrong_calls.push((position as u32, call_position));
                continue;
            }
            let declared = declarations.map(|tool| compiled.get(tool).and_then(Option::as_deref));
            let found = arguments_against(declared, call, schemas);
            let place = Place::Arguments(message.index, call_position);
            match found {
                Outcome::Valid => {}
                // What could not be read of them has its own finding.
                Outcome::Unchecked(_) if message.masked.is_some() => {}
                Outcome::Unchecked(why) => {
                    let what = format!("the arguments were not checked: {why}");
                    checks.note(Code::ArgumentsNotChecked, place, what);
                }
                Outcome::Invalid(violations) => {
                    note_violations(violations, severity, place, call, checks);
                    wrong = wrong.or(Some(Code::ArgumentsAgainstSchema));
                    wrong_calls.push((position as u32, call_position));
                }
            }
        }
        if trained && validation == Validation::Mask {
            message.masked = message.masked.or(wrong);
        }
    }
}

/// The schemas of the tools, by position; notes those that are broken or use foreign words.
fn compile(tools: &[Tool<'_>], schemas: &mut Schemas, checks: &mut Checks<'_>) -> Vec<Option<Arc<Schema>>> {
    let compiled = schemas.of(tools.iter().map(|tool| tool.parameters.as_deref()));
    let (mut foreign, mut unknown): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    let mut first_foreign = None;
    for (position, schema) in compiled.iter().enumerate() {
        let Some(schema) = schema else { continue };
        let place = Place::Tool(position as u32);
        if let Some(why) = schema.broken() {
            let what = format!("calls of {} are not checked: {why}", excerpt(&tools[position].name, 0));
            checks.note(Code::ToolSchemaInvalid, place, what);
        }
        if !schema.foreign().is_empty() || !schema.unknown().is_empty() {
            first_foreign = first_foreign.or(Some(place));
            foreign.extend(schema.foreign().iter().map(String::as_str));
            unknown.extend(schema.unknown().iter().map(String::as_str));
        }
    }
    if let Some(place) = first_foreign {
        checks.note(Code::NonstandardSchemaType, place, nonstandard_words(foreign, unknown));
    }
    compiled
}

/// What became of the words that JSON Schema does not know.
fn nonstandard_words<'w>(mut foreign: Vec<&'w str>, mut unknown: Vec<&'w str>) -> String {
    for words in [&mut foreign, &mut unknown] {
        words.sort_unstable();
        words.dedup();
    }
    let understood: Vec<_> = foreign.iter().map(|word| excerpt(word, 0)).collect();
    let ignored: Vec<_> = unknown
        .iter()
        .map(|word| match nearest(word, STANDARD) {
            Some(meant) => format!("{} (did you mean `{meant}`?)", excerpt(word, 0)),
            None => excerpt(word, 0),
        })
        .collect();
    let parts = [("read as what they mean: ", understood), ("not known and ignored: ", ignored)];
    let parts: Vec<_> = parts
        .iter()
        .filter(|(_, words)| !words.is_empty())
        .map(|(what, words)| format!("{what}{}", words.join(", ")))
        .collect();
    parts.join("; ")
}

/// Checks a call against each declaration of its tool; one that accepts it is enough.
fn arguments_against<'s>(
    declared: impl Iterator<Item = Option<&'s Schema>>,
    call: &ToolCall<'_>,
    schemas: &mut Schemas,
) -> Outcome {
    let mut worst = Outcome::Valid;
    for schema in declared {
        let outcome = schema.map_or(Outcome::Valid, |schema| schemas.check(schema, &call.arguments.json));
        match outcome {
            Outcome::Valid => return Outcome::Valid,
            Outcome::Unchecked(_) => worst = outcome,
            Outcome::Invalid(_) if matches!(worst, Outcome::Valid) => worst = outcome,
            Outcome::Invalid(_) => {}
        }
    }
    worst
}

fn note_violations(
    violations: Vec<Violation>,
    severity: Severity,
    place: Place,
    call: &ToolCall<'_>,
    checks: &mut Checks<'_>,
) {
    let pointer = checks.places.pointer(place);
    let reaches_inside = pointer.ends_with("/arguments")
        && call.arguments.form == ArgumentsForm::Object
        && matches!(call.arguments.json, Cow::Borrowed(_));
    for violation in violations {
        let inside = if reaches_inside { &*violation.pointer } else { "" };
        let mut finding = Finding::new(
            Code::ArgumentsAgainstSchema,
            format!("{pointer}{inside}"),
            format!("{}: {}", call.name.escape_debug(), violation.message),
        );
        finding.severity = severity;
        finding.hint = violation.hint;
        checks.findings.push(finding);
    }
}

/// What a wrong call does: the option decides, where the turn is trained at all.
fn severity_of_wrong_call(validation: Validation, trained: bool) -> Severity {
    match validation {
        Validation::Mask if trained => Severity::Masked,
        Validation::Reject if trained => Severity::Error,
        _ => Severity::Warning,
    }
}

/// Positions of the tools by name. Short lists are searched as they are.
struct ByName(Vec<usize>);

impl ByName {
    fn of(tools: &[Tool<'_>]) -> Self {
        let mut positions = Vec::new();
        if tools.len() > FEW_TOOLS {
            positions.extend(0..tools.len());
            positions.sort_by_key(|&position| &*tools[position].name);
        }
        Self(positions)
    }

    /// Positions of the tools called `name`, in their order.
    fn of_name<'n>(&'n self, tools: &'n [Tool<'_>], name: &'n str) -> impl Iterator<Item = usize> + 'n {
        let (sorted, all) = if self.0.is_empty() {
            (&[][..], 0..tools.len())
        } else {
            let first = self.0.partition_point(|&position| *tools[position].name < *name);
            let count = self.0[first..].partition_point(|&position| tools[position].name == name);
            (&self.0[first..first + count], 0..0)
        };
        sorted.iter().copied().chain(all.filter(move |&position| tools[position].name == name))
    }
}

fn check_names(tools: &[Tool<'_>], by_name: &ByName, checks: &mut Checks<'_>) {
    for (position, tool) in tools.iter().enumerate() {
        if by_name.of_name(tools, &tool.name).next() != Some(position) {
            let what = format!("another tool before has the name {}", excerpt(&tool.name, 0));
            checks.note(Code::DuplicateTool, Place::Tool(position as u32), what);
        }
    }
}
