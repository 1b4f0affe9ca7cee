//! Turns and owners -> typed spans.

use tooltrain_jinja::{Printed, find};

use super::extent::{Owned, Ownership};
use super::turns::Located;
use crate::conversation::{Conversation, Role};
use crate::render::engine::context::Part;
use crate::render::rendered::{Field, NO_MESSAGE, Origin, Rendered, Serving, Turn};

/// Writes text, spans and turns of a row to `out`, which is empty.
pub(crate) fn write(
    printed: Printed,
    ownership: &Ownership,
    conversation: &Conversation<'_>,
    turns: &[(Located, Serving)],
    out: &mut Rendered,
) {
    let end = printed.text.len() as u32;
    let mut writer = Writer { conversation, out, ownership, next: 0 };
    let mut at = 0;
    for (turn, serving) in turns {
        writer.outside(at, turn.start);
        let reasoning = writer.inside(&printed.text, turn);
        writer.out.turns.push(Turn {
            message: turn.message,
            sampled: turn.start..turn.end,
            grade: turn.grade,
            serving: *serving,
            reasoning,
        });
        at = turn.end;
    }
    writer.outside(at, end);
    out.text = printed.text;
}

struct Writer<'w> {
    conversation: &'w Conversation<'w>,
    out: &'w mut Rendered,
    ownership: &'w Ownership,
    /// The first owned run that may reach into what is still to be written.
    next: usize,
}

impl Writer<'_> {
    /// Spans of text that is not sampled: the header of a message is the text before its bytes.
    fn outside(&mut self, start: u32, end: u32) {
        let mut at = start;
        while at < end {
            let Some(run) = self.next_owned(at, end) else {
                self.push(end, Origin::Template, Field::Header, NO_MESSAGE, false);
                return;
            };
            let (origin, field, message) = self.kind(&run);
            // Templates print names and ids of calls again in the headers of their results.
            let field =
                if matches!(run.field.part, Part::CallName | Part::CallId) { Field::Header } else { field };
            if run.start > at {
                self.push(run.start, Origin::Template, Field::Header, message, false);
            }
            at = run.end.min(end);
            self.push(at, origin, field, message, false);
        }
    }

    /// Spans of a turn. Returns whether it reasons.
    fn inside(&mut self, text: &str, turn: &Located) -> bool {
        let (prompt, rest) = text.split_at(turn.start as usize);
        let sampled = &rest[..(turn.stop - turn.start) as usize];
        let wrote = |at: usize, length: usize| {
            let start = turn.start + at as u32;
            self.ownership.is_template(start, start + length as u32)
        };
        let block =
            think_block(prompt, sampled, wrote).map_or(turn.start, |length| turn.start + length as u32);
        let mut before = None;
        let mut at = turn.start;
        let mut reasons = false;
        while at < turn.stop {
            let run = self.next_owned(at, turn.stop);
            let next = run.map(|run| self.kind(&run).1);
            let literal_end = run.map_or(turn.stop, |run| run.start);
            if literal_end > at {
                let syntax = glue(before, next);
                let cut = block.clamp(at, literal_end);
                self.push(cut, Origin::Template, Field::Reasoning, turn.message, true);
                self.push(literal_end, Origin::Template, syntax, turn.message, true);
            }
            let Some(run) = run else { break };
            let (origin, field, _) = self.kind(&run);
            let run_end = run.end.min(turn.stop);
            let cut = block.clamp(run.start.max(at), run_end);
            reasons |= cut > run.start.max(at) || field == Field::Reasoning;
            self.push(cut, origin, Field::Reasoning, turn.message, true);
            self.push(run_end, origin, field, turn.message, true);
            before = Some(field);
            at = run_end;
        }
        self.push(turn.end, Origin::Template, Field::Stop, turn.message, true);
        reasons
    }

    /// The next bytes that are not the template's in `at..end`.
    fn next_owned(&mut self, at: u32, end: u32) -> Option<Owned> {
        while self.ownership.owned.get(self.next).is_some_and(|run| run.end <= at || run.is_empty()) {
            self.next += 1;
        }
        let run = *self.ownership.owned.get(self.next).filter(|run| run.start < end)?;
        Some(Owned { start: run.start.max(at), ..run })
    }

    fn push(&mut self, end: u32, origin: Origin, field: Field, message: u32, sampled: bool) {
        self.out.cover_to(end, origin, field, message, sampled);
    }

    /// What bytes of a field are, and the message they belong to.
    fn kind(&self, run: &Owned) -> (Origin, Field, u32) {
        let message = run.field.message;
        let role = match run.field.part {
            Part::ToolDefinition => return (Origin::Plain, Field::ToolDefinition, NO_MESSAGE),
            _ => self.conversation.messages[message as usize].role,
        };
        let (origin, field) = match (role, run.field.part) {
            (Role::System, Part::Content) => (Origin::Content, Field::System),
            (Role::User, Part::Content) => (Origin::Plain, Field::User),
            (Role::Tool, Part::Content) => (Origin::Plain, Field::ToolResult),
            (Role::Assistant, Part::Content) => (Origin::Content, Field::Text),
            (_, Part::Reasoning) => (Origin::Content, Field::Reasoning),
            (_, Part::CallName) => (Origin::Plain, Field::CallName),
            (_, Part::CallArguments) => (Origin::Plain, Field::CallArguments),
            (Role::Assistant, Part::CallId) => (Origin::Plain, Field::CallSyntax),
            (_, Part::CallId | Part::Name | Part::ToolDefinition) => (Origin::Plain, Field::Header),
        };
        (origin, field, message)
    }
}

/// What the template's own text between two fields of a turn is.
fn glue(before: Option<Field>, next: Option<Field>) -> Field {
    let is_call = |field| matches!(field, Field::CallName | Field::CallArguments | Field::CallSyntax);
    match (before, next) {
        (before, Some(next)) if is_call(next) || before.is_some_and(is_call) => Field::CallSyntax,
        (Some(Field::Reasoning), _) => Field::Reasoning,
        (_, Some(next)) => next,
        (Some(before), None) if is_call(before) => Field::CallSyntax,
        (Some(before), None) => before,
        (None, None) => Field::Text,
    }
}

/// The length of the think block that a turn begins with, the line ends after it included. The prompt
/// may have opened it. Tags that stand in the text of the turn itself are text like any other.
fn think_block(prompt: &str, sampled: &str, template_wrote: impl Fn(usize, usize) -> bool) -> Option<usize> {
    const CLOSE: &str = "</think>";
    let at = find(sampled, CLOSE).filter(|at| template_wrote(*at, CLOSE.len()))?;
    let close = at + CLOSE.len();
    let opened = sampled.trim_start().starts_with("<think>") || prompt.trim_end().ends_with("<think>");
    let line_ends = sampled[close..].len() - sampled[close..].trim_start_matches('\n').len();
    opened.then_some(close + line_ends)
}
