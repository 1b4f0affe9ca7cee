//! What a template family can say, and making conversations fit it without loss.

use crate::conversation::{Content, Conversation, Message, Role};
use crate::finding::{Code, Finding};

/// What a chat template has a place for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Capabilities {
    /// It prints system messages.
    pub system: bool,
    /// It prints tool definitions.
    pub tools: bool,
    /// It prints calls and their results.
    pub calls: bool,
    /// It prints several calls of one turn, and a model could sample them in one stretch.
    pub parallel_calls: bool,
    /// It prints text beside a call.
    pub text_beside_calls: bool,
    /// It prints reasoning, at least that of the last turn.
    pub reasoning: bool,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            system: true,
            tools: true,
            calls: true,
            parallel_calls: true,
            text_beside_calls: true,
            reasoning: true,
        }
    }
}

/// The conversation with turns of several calls split into one call and its result after the other,
/// if the family needs that; `None` if it fits as it is.
///
/// Nothing is lost or made up: text and reasoning stay with the first call, and every call keeps the
/// result that answers it. Fails where a call has no result.
pub fn fit<'a>(
    conversation: &Conversation<'a>,
    capabilities: Capabilities,
    findings: &mut Vec<Finding>,
) -> Result<Option<Conversation<'a>>, Finding> {
    if capabilities.parallel_calls || conversation.messages.iter().all(|message| message.tool_calls.len() < 2)
    {
        return Ok(None);
    }
    let mut messages = Vec::with_capacity(conversation.messages.len() + 4);
    let mut rest = conversation.messages.as_slice();
    while let Some((message, after)) = rest.split_first() {
        rest = after;
        if message.tool_calls.len() < 2 {
            messages.push(message.clone());
            continue;
        }
        let results = after.iter().take_while(|message| message.role == Role::Tool).count();
        let (results, after) = after.split_at(results);
        rest = after;
        split_turn(message, results, &mut messages)?;
        findings.push(Finding::new(
            Code::ParallelCallsSplit,
            format!("/messages/{}/tool_calls", message.index),
            format!("{} calls became one call and result after the other", message.tool_calls.len()),
        ));
    }
    Ok(Some(Conversation { messages, ..conversation.clone() }))
}

fn split_turn<'a>(
    turn: &Message<'a>,
    results: &[Message<'a>],
    messages: &mut Vec<Message<'a>>,
) -> Result<(), Finding> {
    if results.len() != turn.tool_calls.len() {
        return Err(cannot_split(turn, "not every call has one result"));
    }
    for (order, call) in turn.tool_calls.iter().enumerate() {
        let answers = |result: &&Message<'a>| call.id.is_some() && result.tool_call_id == call.id;
        let result = match results.iter().find(answers) {
            Some(result) => result,
            None if call.id.is_none() && results[order].tool_call_id.is_none() => &results[order],
            None => return Err(cannot_split(turn, "a call has no result with its id")),
        };
        let mut one = Message { tool_calls: vec![call.clone()], ..turn.clone() };
        if order > 0 {
            one.content = Content::Absent;
            one.part_weights = Vec::new();
            one.reasoning = None;
        }
        messages.push(one);
        messages.push(result.clone());
    }
    Ok(())
}

fn cannot_split(turn: &Message<'_>, reason: &str) -> Finding {
    Finding::new(
        Code::ParallelCalls,
        format!("/messages/{}/tool_calls", turn.index),
        format!("the template prints one call a turn; this one has {}, and {reason}", turn.tool_calls.len()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::{Arguments, ArgumentsForm, ToolCall};

    fn call(id: &str) -> ToolCall<'static> {
        let arguments = Arguments { json: "{}".into(), form: ArgumentsForm::Object };
        ToolCall { id: Some(id.to_owned().into()), name: "f".into(), arguments }
    }

    fn result(id: &str, index: u32) -> Message<'static> {
        let mut message = Message::new(Role::Tool, index).with_text(format!("of {id}"));
        message.tool_call_id = Some(id.to_owned().into());
        message
    }

    fn conversation(results: &[&str]) -> Conversation<'static> {
        let mut turn = Message::new(Role::Assistant, 1).with_text("both");
        turn.reasoning = Some("hm".into());
        turn.tool_calls = vec![call("a"), call("b")];
        turn.weight = Some(0.5);
        let mut messages = vec![Message::new(Role::User, 0).with_text("hi"), turn];
        messages.extend(results.iter().enumerate().map(|(at, id)| result(id, 2 + at as u32)));
        messages.push(Message::new(Role::Assistant, 9).with_text("done"));
        Conversation { messages, ..Conversation::default() }
    }

    const ONE_CALL: Capabilities = Capabilities {
        system: true,
        tools: true,
        calls: true,
        parallel_calls: false,
        text_beside_calls: true,
        reasoning: true,
    };

    #[test]
    fn calls_are_followed_by_their_own_results() {
        let mut findings = Vec::new();
        let fitted = fit(&conversation(&["b", "a"]), ONE_CALL, &mut findings).unwrap().unwrap();
        let told: Vec<(&str, Option<&str>, usize, bool)> = fitted
            .messages
            .iter()
            .map(|m| {
                (
                    m.content.as_str(),
                    m.tool_calls.first().and_then(|c| c.id.as_deref()),
                    m.index as usize,
                    m.reasoning.is_some(),
                )
            })
            .collect();
        let expected = [
            ("hi", None, 0, false),
            ("both", Some("a"), 1, true),
            ("of a", None, 3, false),
            ("", Some("b"), 1, false),
            ("of b", None, 2, false),
            ("done", None, 9, false),
        ];
        assert_eq!(told, expected);
        assert!(fitted.messages.iter().filter(|m| !m.tool_calls.is_empty()).all(|m| m.weight == Some(0.5)));
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].code, Code::ParallelCallsSplit);
        assert_eq!(findings[0].pointer, "/messages/1/tool_calls");
    }

    #[test]
    fn a_call_without_its_result_is_refused() {
        for results in [&["a"][..], &["a", "a"], &["a", "c"], &["a", "b", "b"]] {
            let refused = fit(&conversation(results), ONE_CALL, &mut Vec::new()).unwrap_err();
            assert_eq!(refused.code, Code::ParallelCalls, "{results:?}");
        }
    }

    #[test]
    fn what_fits_stays_as_it_is() {
        let both = conversation(&["a", "b"]);
        assert_eq!(fit(&both, Capabilities::default(), &mut Vec::new()).unwrap(), None);
        let single = Conversation { messages: both.messages[..1].to_vec(), ..Conversation::default() };
        assert_eq!(fit(&single, ONE_CALL, &mut Vec::new()).unwrap(), None);
    }
}
