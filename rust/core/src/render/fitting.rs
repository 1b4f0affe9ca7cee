//! Making a conversation fit its template, without loss.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::ChatTemplate;
use super::certify::capability;
use crate::conversation::Conversation;
use crate::digest::sha256;
use crate::finding::{Code, Finding};

/// Which ids of calls a template takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum CallIds {
    /// Any text.
    #[default]
    Any,
    /// Nine ASCII letters and digits; it raises on others.
    NineCharacters,
}

/// The conversation as `template` takes it; `None` if it fits as it is.
///
/// Calls beside each other become one call and result after the other where the family prints one call
/// a turn, and ids get the form that the template insists on. Fails where calls cannot be split.
pub fn fit<'a>(
    conversation: &Conversation<'a>,
    template: &dyn ChatTemplate,
    findings: &mut Vec<Finding>,
) -> Result<Option<Conversation<'a>>, Finding> {
    let split = capability::fit(conversation, template.capabilities(), findings)?;
    if template.call_ids() == CallIds::Any {
        return Ok(split);
    }
    let renamed = with_nine_characters(split.as_ref().unwrap_or(conversation), findings);
    Ok(renamed.or(split))
}

/// The conversation with the ids that have not nine letters and digits renamed, in calls and results
/// alike; `None` where all have.
fn with_nine_characters<'a>(
    conversation: &Conversation<'a>,
    findings: &mut Vec<Finding>,
) -> Option<Conversation<'a>> {
    let fits = |id: &str| id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let mut names = BTreeMap::<String, String>::new();
    let mut first = None;
    for message in &conversation.messages {
        let ids = message.tool_calls.iter().map(|call| call.id.as_deref());
        for id in ids.chain([message.tool_call_id.as_deref()]).flatten() {
            if fits(id) {
                names.insert(id.to_owned(), id.to_owned());
            } else {
                first.get_or_insert(message.index);
            }
        }
    }
    let pointer = format!("/messages/{}", first?);
    let mut renamed = 0;
    let mut rename = |id: &mut Cow<'a, str>| {
        if !names.contains_key(&**id) {
            renamed += 1;
            let mut name = id.to_string();
            while !fits(&name) || names.values().any(|taken| *taken == name) {
                sha256(name.as_bytes())[..9].clone_into(&mut name);
            }
            names.insert(id.to_string(), name);
        }
        *id = Cow::Owned(names[&**id].clone());
    };
    let mut messages = conversation.messages.clone();
    for message in &mut messages {
        message.tool_calls.iter_mut().filter_map(|call| call.id.as_mut()).for_each(&mut rename);
        message.tool_call_id.iter_mut().for_each(&mut rename);
    }
    let message = format!("the template takes ids of nine letters and digits; {renamed} were renamed");
    findings.push(Finding::new(Code::CallIdsRenamed, pointer, message));
    Some(conversation.with_messages(messages))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::{Arguments, ArgumentsForm, Message, Role, ToolCall};

    fn turn(ids: &[&str]) -> Message<'static> {
        let arguments = Arguments { json: "{}".into(), form: ArgumentsForm::Object };
        let call = |id: &&str| ToolCall {
            id: Some((*id).to_owned().into()),
            name: "f".into(),
            arguments: arguments.clone(),
        };
        Message { tool_calls: ids.iter().map(call).collect(), ..Message::new(Role::Assistant, 1) }
    }

    fn result(id: &str) -> Message<'static> {
        Message { tool_call_id: Some(id.to_owned().into()), ..Message::new(Role::Tool, 2) }
    }

    fn ids(conversation: &Conversation<'_>) -> Vec<String> {
        let of = |message: &Message<'_>| {
            let calls = message.tool_calls.iter().map(|call| call.id.clone());
            calls.chain([message.tool_call_id.clone()]).flatten().map(Cow::into_owned).collect::<Vec<_>>()
        };
        conversation.messages.iter().flat_map(of).collect()
    }

    #[test]
    fn ids_are_renamed_in_calls_and_results_alike() {
        let messages = vec![turn(&["call_1", "abcdef123", "call-2"]), result("call-2"), result("call_1")];
        let conversation = Conversation { messages, ..Conversation::default() };
        let mut findings = Vec::new();
        let renamed = ids(&with_nine_characters(&conversation, &mut findings).unwrap());
        assert!(renamed.iter().all(|id| id.len() == 9 && id.bytes().all(|b| b.is_ascii_alphanumeric())));
        assert_eq!(renamed[1], "abcdef123");
        assert_eq!((&renamed[3], &renamed[4]), (&renamed[2], &renamed[0]));
        assert_ne!(renamed[0], renamed[2]);
        let told: Vec<_> = findings.iter().map(|finding| (finding.code, finding.pointer.as_str())).collect();
        assert_eq!(told, [(Code::CallIdsRenamed, "/messages/1")]);
        assert!(findings[0].message.ends_with("2 were renamed"), "{}", findings[0].message);
    }

    #[test]
    fn ids_that_fit_stay() {
        let messages = vec![turn(&["abcdef123"]), result("abcdef123")];
        let conversation = Conversation { messages, ..Conversation::default() };
        assert_eq!(with_nine_characters(&conversation, &mut Vec::new()), None);
    }

    /// A new name is never one that another call has.
    #[test]
    fn a_new_id_is_not_one_that_is_taken() {
        let taken = sha256(b"call_1")[..9].to_owned();
        let messages = vec![turn(&["call_1", &taken]), result("call_1"), result(&taken)];
        let conversation = Conversation { messages, ..Conversation::default() };
        let renamed = ids(&with_nine_characters(&conversation, &mut Vec::new()).unwrap());
        assert_eq!(renamed[1], taken);
        assert_ne!(renamed[0], taken);
        assert_eq!(renamed[2..], renamed[..2]);
    }
}
