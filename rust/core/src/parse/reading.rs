//! What every layout needs while it reads a record: the options, the findings so far, and a tape
//! for JSON that stands inside a string.

use std::borrow::Cow;

use tooltrain_json::{Json, Tape};

use super::ParseOptions;
use super::general::PassedOver;
use super::problem_finding::code_of;
use crate::conversation::Tool;
use crate::finding::{Code, Finding, Severity};

/// The state of reading one record.
pub(crate) struct Reading<'s> {
    pub(crate) options: &'s ParseOptions,
    tapes: &'s mut Vec<Tape>,
    pub(crate) findings: Vec<Finding>,
    /// Function calls and their results in the spelling before there were tool calls.
    pub(crate) legacy: u32,
    /// Whether contents and reasoning are kept as they are spelled; only a layout that never looks into them may set it.
    pub(crate) contents_as_spelled: bool,
    /// What the reader of a plain layout does not know.
    pub(crate) passed_over: PassedOver,
    /// Whether a text of the assistant may hold a call.
    pub(crate) may_hold_calls: bool,
}

impl<'s> Reading<'s> {
    pub(crate) fn new(options: &'s ParseOptions, tapes: &'s mut Vec<Tape>) -> Self {
        Self {
            options,
            tapes,
            findings: Vec::new(),
            legacy: 0,
            contents_as_spelled: false,
            passed_over: PassedOver::default(),
            may_hold_calls: false,
        }
    }

    /// Notes a finding with the severity of the table. A repair is an error where repairs are off.
    #[cold]
    pub(crate) fn note(&mut self, code: Code, pointer: impl Into<String>, message: impl Into<String>) {
        let mut finding = Finding::new(code, pointer, message);
        if finding.severity == Severity::Fixed && !self.options.repair {
            finding.severity = Severity::Error;
        }
        self.findings.push(finding);
    }

    /// The same with a hint of its own.
    #[cold]
    pub(crate) fn note_with_hint(
        &mut self,
        code: Code,
        pointer: impl Into<String>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.note(code, pointer, message);
        if let Some(finding) = self.findings.last_mut() {
            finding.hint = Some(hint.into());
        }
    }

    /// The same for a place of the record whose byte offset is known.
    #[cold]
    pub(crate) fn note_at(
        &mut self,
        value: Json<'_, '_>,
        code: Code,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.note(code, pointer, message);
        if let Some(finding) = self.findings.last_mut() {
            finding.offset = value.offset() as u64;
        }
    }

    /// What a content or a reasoning says, with its escapes where the run may keep them.
    pub(crate) fn content_text<'a>(&self, value: Json<'_, 'a>) -> Option<Cow<'a, str>> {
        if self.contents_as_spelled { value.spelled_text().map(Cow::Borrowed) } else { value.text() }
    }

    /// Something may mean more than a plain reader knows: the general reader looks at the record.
    #[inline]
    pub(crate) fn doubt(&mut self) {
        self.passed_over.is_doubtful = true;
    }

    /// The tools of a record that declares none.
    pub(crate) fn shared_tools<'a>(&self) -> Vec<Tool<'a>> {
        self.options.shared_tools.as_ref().map(|tools| tools.to_vec()).unwrap_or_default()
    }

    /// Whether anything found so far rejects the record.
    pub(crate) fn failed(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// Reads JSON that stands inside a string of the record and gives it to `then`. Text that is
    /// no JSON is noted with `code`; JSON that is not taken (a key twice, half a surrogate pair)
    /// with the code for that. Both at `pointer`, since no pointer reaches into a string.
    pub(crate) fn nested<R>(
        &mut self,
        text: &str,
        code: Code,
        pointer: impl Fn() -> String,
        then: impl FnOnce(Json<'_, '_>, &mut Self) -> R,
    ) -> Option<R> {
        let mut tape = self.tapes.pop().unwrap_or_default();
        let max_depth = self.options.max_depth;
        let result = match tape.read(text, max_depth) {
            Ok(value) => Some(then(value, self)),
            Err(problems) => {
                for problem in problems {
                    let code = if problem.is_grammar() { code } else { code_of(problem) };
                    let inside = if problem.pointer.is_empty() {
                        String::new()
                    } else {
                        format!(" (inside the string: {})", problem.pointer)
                    };
                    self.note(code, pointer(), problem.message(text, max_depth) + &inside);
                }
                None
            }
        };
        self.tapes.push(tape);
        result
    }
}
