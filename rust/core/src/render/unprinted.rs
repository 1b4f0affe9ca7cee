//! Findings about fields of a message that a template has no place for. Each function says whether
//! there was something to lose.

use crate::conversation::{Conversation, Message};
use crate::finding::{Code, Finding};

/// The reasoning of `message` is not printed.
pub(crate) fn dropped_reasoning(template: &str, message: &Message<'_>, findings: &mut Vec<Finding>) -> bool {
    let lost = message.reasoning.as_deref().is_some_and(|text| !text.is_empty());
    if lost {
        push(template, message, "reasoning_content", "the reasoning of this turn", findings);
    }
    lost
}

/// The text of `message` is not printed.
pub(crate) fn dropped_text(template: &str, message: &Message<'_>, findings: &mut Vec<Finding>) -> bool {
    let lost = !tooltrain_jinja::python_text::strip(message.content.as_str()).is_empty();
    if lost {
        push(template, message, "content", "the text beside the call", findings);
    }
    lost
}

/// The calls of `message` from the one at `first` on are not printed.
pub(crate) fn dropped_calls(
    template: &str,
    message: &Message<'_>,
    first: usize,
    findings: &mut Vec<Finding>,
) -> bool {
    for order in first..message.tool_calls.len() {
        push(template, message, &format!("tool_calls/{order}"), "this call", findings);
    }
    message.tool_calls.len() > first
}

/// The tool definitions of the conversation are not printed.
pub(crate) fn dropped_tools(template: &str, conversation: &Conversation<'_>, findings: &mut Vec<Finding>) {
    if !conversation.tools.is_empty() {
        findings.push(Finding::new(
            Code::FieldNotPrinted,
            "/tools",
            format!("the {template} template does not print tool definitions"),
        ));
    }
}

/// A field of `message` that the template does not print.
pub(crate) fn push(
    template: &str,
    message: &Message<'_>,
    field: &str,
    what: &str,
    findings: &mut Vec<Finding>,
) {
    findings.push(Finding::new(
        Code::FieldNotPrinted,
        format!("/messages/{}/{field}", message.index),
        format!("the {template} template does not print {what}"),
    ));
}
