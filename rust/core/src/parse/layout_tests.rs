//! Each layout against what it has to come to. Conversations are compared in the spelling of the
//! layout `openai`, which is the plainest to read.

use super::*;
use crate::conversation::{Content, Conversation, DefaultLoss, Place, Role};
use std::fmt::Write as _;

fn read_with(line: &str, options: &ParseOptions) -> (Conversation<'static>, Vec<(Code, String)>) {
    let parsed = parse(line.as_bytes(), &mut Scratch::default(), options).unwrap();
    let findings = parsed.findings.into_iter().map(|finding| (finding.code, finding.pointer)).collect();
    (parsed.conversation.into_owned(), findings)
}

fn read(line: &str) -> (Conversation<'static>, Vec<(Code, String)>) {
    read_with(line, &ParseOptions::default())
}

fn refuse(line: &str) -> Vec<(Code, String)> {
    let findings = parse(line.as_bytes(), &mut Scratch::default(), &ParseOptions::default()).unwrap_err();
    findings.into_iter().map(|finding| (finding.code, finding.pointer)).collect()
}

fn layout(line: &str) -> &'static str {
    recognize(line.as_bytes(), &mut Scratch::default(), &ParseOptions::default()).map_or("none", Layout::name)
}

/// One line a message: role, id, text, calls.
fn lines(conversation: &Conversation<'_>) -> Vec<String> {
    let shown = conversation.messages.iter().map(|message| {
        let mut line = message.role.as_str().to_owned();
        if let Some(id) = &message.tool_call_id {
            write!(line, " @{id}").unwrap();
        }
        match &message.content {
            Content::Text(text) => write!(line, " {text:?}").unwrap(),
            Content::Null => line += " null",
            Content::Absent => {}
        }
        if let Some(reasoning) = &message.reasoning {
            write!(line, " ({reasoning})").unwrap();
        }
        for call in &message.tool_calls {
            let id = call.id.as_deref().unwrap_or("?");
            write!(line, " {id}={}{}", call.name, call.arguments.json).unwrap();
        }
        line
    });
    shown.collect()
}

#[test]
fn layouts_are_recognized_by_what_only_they_have() {
    for (line, name) in [
        (r#"{"messages": [{"role": "user", "content": "hi"}]}"#, "openai"),
        (r#"{"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]}"#, "openai"),
        (r#"{"messages": [], "functions": []}"#, "openai_functions"),
        (r#"{"messages": [{"role": "assistant", "function_call": null}]}"#, "openai"),
        (r#"{"messages": [{"role": "assistant", "function_call": {}}]}"#, "openai_functions"),
        (r#"{"messages": [{"role": "function"}]}"#, "openai_functions"),
        (r#"{"messages": [{"role": "user"}], "tools": [{"name": "f", "input_schema": {}}]}"#, "anthropic"),
        (r#"{"messages": [{"role": "user"}], "system": "x"}"#, "anthropic"),
        (r#"{"messages": [{"role": "tool"}], "system": "x"}"#, "openai"),
        (r#"{"messages": [{"role": "user", "content": [{"type": "tool_result"}]}]}"#, "anthropic"),
        (r#"{"conversations": [{"from": "human", "value": "hi"}]}"#, "sharegpt"),
        (
            r#"{"conversations": [{"from": "system", "value": "<tools></tools>"}, {"from": "gpt", "value": "<tool_call>"}]}"#,
            "hermes",
        ),
        (
            r#"{"messages": [{"role": "system", "content": "<tools></tools>"}, {"role": "assistant", "content": "<tool_call>"}]}"#,
            "hermes",
        ),
        (
            r#"{"messages": [{"role": "system", "content": "say <tool_call>"}, {"role": "assistant", "content": "<tool_call>"}]}"#,
            "openai",
        ),
        (r#"{"prompt": "", "completion": ""}"#, "prompt_completion"),
        (r#"{"question": "", "answer": ""}"#, "distil"),
        (r#"{"code": "invalid_json", "raw": "{"}"#, "rejects"),
        (r#"{"instruction": "", "output": ""}"#, "none"),
    ] {
        assert_eq!(layout(line), name, "{line}");
    }
    for known in Layout::all() {
        assert_eq!(Layout::from_name(known.name()), Some(known));
    }
}

#[test]
fn legacy_functions_become_tool_calls_with_ids() {
    let (conversation, findings) = read(
        r#"{"messages": [{"role": "user", "content": "hi"},
            {"role": "assistant", "content": null, "function_call": {"name": "f", "arguments": "{\"a\":1}"}},
            {"role": "function", "name": "f", "content": "1"},
            {"role": "assistant", "content": "t", "function_call": {"name": "g", "arguments": "{}"}},
            {"role": "function", "name": "g", "content": "2"},
            {"role": "assistant", "content": "done", "function_call": null}],
            "functions": [{"name": "f", "description": "d", "parameters": {"type": "object"}}]}"#,
    );
    assert_eq!(
        lines(&conversation),
        [
            "user \"hi\"",
            "assistant null call_0=f{\"a\":1}",
            "tool @call_0 \"1\"",
            "assistant \"t\" call_1=g{}",
            "tool @call_1 \"2\"",
            "assistant \"done\"",
        ]
    );
    assert_eq!(
        conversation.tools[0].json,
        r#"{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}"#
    );
    assert_eq!(findings, [(Code::LegacyFunctions, "/messages".into())]);
    assert_eq!(conversation.places.pointer(Place::Call(1, 0)), "/messages/1/function_call");
    assert_eq!(conversation.places.pointer(Place::Tool(0)), "/functions/0");
    assert_eq!(
        refuse(
            r#"{"messages": [{"role": "user", "function_call": {}}, {"role": "assistant", "function_call": {"arguments": "{"}}]}"#
        ),
        [
            (Code::CallsMisplaced, "/messages/0/function_call".into()),
            (Code::CallNameMissing, "/messages/1/function_call".into()),
            (Code::ArgumentsNotJson, "/messages/1/function_call/arguments".into()),
            (Code::LegacyFunctions, "/messages".into()),
        ]
    );
}

#[test]
fn a_text_prompt_and_completion_are_plain() {
    let (conversation, findings) = read(r#"{"prompt": "user:Bob\n", "completion": "AI:Meh###"}"#);
    assert_eq!(lines(&conversation), ["user \"user:Bob\\n\"", "assistant \"AI:Meh###\""]);
    assert!(conversation.plain && findings.is_empty());
    assert_eq!(conversation.default_loss, DefaultLoss::FromMessage(1));
}

#[test]
fn lists_of_messages_train_the_completion_only() {
    let (conversation, findings) = read(
        r#"{"prompt": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}],
            "completion": [{"role": "assistant", "content": "d"}, {"role": "tool", "tool_call_id": "x"}], "tools": [{"name": "f"}], "parallel_tool_calls": false}"#,
    );
    assert_eq!(conversation.messages.len(), 5);
    assert_eq!(conversation.parallel_tool_calls, Some(false));
    assert!(!conversation.plain && findings.is_empty());
    assert_eq!(crate::loss::turns_to_train(&conversation, None), [false, false, false, true, false]);
    let places = conversation.places;
    assert_eq!(places.pointer(Place::Message(conversation.messages[1].index)), "/prompt/1");
    assert_eq!(places.pointer(Place::Message(conversation.messages[4].index)), "/completion/1");
    assert_eq!(
        places.pointer(Place::Arguments(conversation.messages[3].index, 2)),
        "/completion/0/tool_calls/2/function/arguments"
    );
    assert_eq!(refuse(r#"{"prompt": "a", "completion": []}"#), [(Code::FieldWrongType, "/prompt".into())]);
    assert_eq!(refuse(r#"{"prompt": 1, "completion": 2}"#), [(Code::FieldWrongType, "/prompt".into())]);
}

fn job(task: &str) -> ParseOptions {
    let description =
        r#"{"task_description": "Do it.", "tools": [{"type": "function", "function": {"name": "f"}}]}"#;
    let job = Job::read(description, Some(&format!("base:\n task: {task}"))).unwrap();
    ParseOptions { job: Some(Arc::new(job)), ..ParseOptions::default() }
}

#[test]
fn distil_rows_of_both_tasks_become_conversations() {
    let question = r#"[{\"role\": \"user\", \"content\": \"a\"}, {\"role\": \"assistant\", \"content\": \"\", \"tool_calls\": [{\"type\": \"function\", \"function\": {\"name\": \"f\", \"arguments\": {\"x\" : 1E5}}}]}, {\"role\": \"user\", \"content\": \"b\"}]"#;
    let line = format!(
        r#"{{"question": "{question}", "answer": "{{\"name\": \"f\", \"parameters\": {{\"n\":2.50}}}}"}}"#
    );
    let (conversation, findings) = read_with(&line, &job("multi-turn-tool-calling-closed-book"));
    assert_eq!(
        lines(&conversation),
        [
            "system \"Do it.\"",
            "user \"a\"",
            "assistant \"\" call_0=f{\"x\" : 1E5}",
            "user \"b\"",
            "assistant \"\" call_1=f{\"n\":2.50}",
        ]
    );
    assert_eq!((conversation.tools.len(), conversation.default_loss), (1, DefaultLoss::LastTurn));
    assert_eq!(findings, []);
    let (again, findings) = read(&line);
    assert_eq!(again.messages[..], conversation.messages[1..], "the task is seen in the question");
    assert_eq!(findings, [(Code::JobDescriptionMissing, String::new())]);
    let line = r#"{"question": "[1, 2] please", "answer": "{\"name\": \"f\", \"arguments\": \"{}\"}"}"#;
    let (conversation, _) = read_with(line, &job("tool-calling-closed-book"));
    assert_eq!(
        lines(&conversation),
        ["system \"Do it.\"", "user \"[1, 2] please\"", "assistant \"\" call_0=f{}"]
    );
}

#[test]
fn distil_rows_say_what_is_wrong_with_them() {
    let answer = r#""answer": "{\"name\": \"f\", \"parameters\": {}}""#;
    let found = |line: &str| match parse(
        line.as_bytes(),
        &mut Scratch::default(),
        &job("multi-turn-tool-calling-closed-book"),
    ) {
        Ok(parsed) => parsed.findings,
        Err(findings) => findings,
    };
    let codes = |line: &str| found(line).iter().map(|f| (f.code, f.pointer.clone())).collect::<Vec<_>>();
    assert_eq!(
        codes(&format!(r#"{{"question": "hi", {answer}}}"#)),
        [(Code::QuestionNotMessages, "/question".into())]
    );
    let broken = format!(r#"{{"question": "[{{\"role\": \"critic\"}}]", {answer}}}"#);
    assert_eq!(codes(&broken)[0], (Code::UnknownRole, "/question".into()));
    assert!(found(&broken)[0].message.ends_with("(inside the string: /0/role)"));
    let no_call = format!(r#"{{"question": "[{{\"role\": \"assistant\", \"content\": \"x\"}}]", {answer}}}"#);
    assert_eq!(codes(&no_call), [(Code::NotOneCall, "/question".into())]);
    let question = r#""question": [{"role": "user", "content": "a"}]"#;
    assert_eq!(
        codes(&format!(r#"{{{question}, "answer": "f()"}}"#)),
        [(Code::CallTextNotJson, "/answer".into())]
    );
    assert_eq!(
        codes(&format!(r#"{{{question}, "answer": {{"name": "f", "parameters": {{}}}}}}"#)),
        [(Code::AnswerObject, "/answer".into())]
    );
    assert_eq!(
        codes(&format!(r#"{{{question}, "answer": "{{\"name\": \"f\"}}"}}"#)),
        [(Code::ArgumentsNotObject, "/answer/arguments".into())]
    );
    assert_eq!(codes(&format!(r#"{{{question}, "answer": 7}}"#)), [(Code::FieldWrongType, "/answer".into())]);
    let two = r#""answer": "[{\"name\": \"f\", \"parameters\": {}}, {\"name\": \"f\", \"parameters\": {}}]""#;
    assert_eq!(codes(&format!("{{{question}, {two}}}")), [(Code::NotOneCall, "/answer".into())]);
}

#[test]
fn sharegpt_turns_become_messages() {
    let (conversation, findings) = read(
        r#"{"system": "be brief", "conversations": [{"from": "human", "value": "hi"},
            {"from": "gpt", "value": "wait", "weight": 0},
            {"from": "function_call", "value": "{\"name\": \"f\", \"arguments\": {\"a\" : 1.0}}"},
            {"from": "observation", "value": "1"},
            {"from": "tool_call", "value": "[{\"name\": \"f\", \"arguments\": {}}, {\"name\": \"g\", \"parameters\": \"{}\"}]"},
            {"from": "tool", "value": "2", "name": "g"}, {"from": "tool", "value": "3"},
            {"from": "gpt", "value": null}],
            "tools": "[{\"name\": \"f\", \"parameters\": {\"type\":\"object\"}}]"}"#,
    );
    assert_eq!(
        lines(&conversation),
        [
            "system \"be brief\"",
            "user \"hi\"",
            "assistant \"wait\"",
            "assistant \"\" call_0=f{\"a\" : 1.0}",
            "tool @call_0 \"1\"",
            "assistant \"\" call_1=f{} call_2=g{}",
            "tool @call_2 \"2\"",
            "tool @call_1 \"3\"",
            "assistant \"\"",
        ]
    );
    assert_eq!(conversation.messages[2].weight, Some(0.0));
    assert_eq!(
        conversation.tools[0].json,
        r#"{"type": "function", "function": {"name": "f", "parameters": {"type":"object"}}}"#
    );
    assert_eq!(findings, []);
    assert_eq!(conversation.places.pointer(Place::Arguments(3, 0)), "/conversations/3/value");
    let (chat, _) = read(r#"{"conversations": [{"role": "user", "content": "hi"}]}"#);
    assert_eq!(lines(&chat), ["user \"hi\""]);
    assert_eq!(
        refuse(
            r#"{"conversations": [{"from": "critic", "value": "x"}, {"value": "x"}, {"from": "gpt", "value": 1},
                {"from": "gpt"}, {"from": "function_call", "value": "f(1)"}, {"from": "function_call", "value": "{\"arguments\": {}}"}], "system": 1}"#
        ),
        [
            (Code::UnknownRole, "/conversations/0/from".into()),
            (Code::RoleMissing, "/conversations/1".into()),
            (Code::ContentWrongType, "/conversations/2/value".into()),
            (Code::ContentWrongType, "/conversations/3/value".into()),
            (Code::CallTextNotJson, "/conversations/4/value".into()),
            (Code::CallNameMissing, "/conversations/5/value".into()),
            (Code::FieldWrongType, "/system".into()),
        ]
    );
}

#[test]
fn anthropic_blocks_become_calls_results_and_reasoning() {
    let (conversation, findings) = read(
        r#"{"system": [{"type": "text", "text": "be brief"}], "messages": [{"role": "user", "content": "hi"},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": "wait"},
                {"type": "tool_use", "id": "t1", "name": "f", "input": {"a" : 1.0}}, {"type": "tool_use", "id": "t2", "name": "g", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "1"},
                {"type": "tool_result", "tool_use_id": "t2", "content": [{"type": "text", "text": "2"}]}, {"type": "text", "text": "and?"}]},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t3", "name": "f", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t3"}]},
            {"role": "assistant", "content": "done"}],
            "tools": [{"name": "f", "description": "d", "cache_control": {}, "input_schema": {"type" : "object"}}]}"#,
    );
    assert_eq!(
        lines(&conversation),
        [
            "system \"be brief\"",
            "user \"hi\"",
            "assistant \"wait\" (hm) t1=f{\"a\" : 1.0} t2=g{}",
            "tool @t1 \"1\"",
            "tool @t2 \"2\"",
            "user \"and?\"",
            "assistant \"\" t3=f{}",
            "tool @t3 \"\"",
            "assistant \"done\"",
        ]
    );
    assert_eq!(
        conversation.tools[0].json,
        r#"{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type" : "object"}}}"#
    );
    assert_eq!(conversation.tools[0].parameters.as_deref(), Some(r#"{"type" : "object"}"#));
    assert_eq!(findings, []);
    assert_eq!(
        refuse(
            r#"{"system": 1, "messages": [{"role": "user", "content": [{"type": "image"}, {"type": "tool_use"}]},
                {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "input": []}, {"type": "tool_result"}, {"type": "text"}]},
                {"role": "critic", "content": []}, {"content": []}, {"role": "user", "content": [{"type": "tool_result", "content": [{"type": "image"}]}]}]}"#
        ),
        [
            (Code::ContentWrongType, "/system".into()),
            (Code::UnknownContentPart, "/messages/0/content/0".into()),
            (Code::UnknownContentPart, "/messages/0/content/1".into()),
            (Code::CallNameMissing, "/messages/1/content/0".into()),
            (Code::ArgumentsNotObject, "/messages/1/content/0/input".into()),
            (Code::UnknownContentPart, "/messages/1/content/1".into()),
            (Code::UnknownContentPart, "/messages/1/content/2".into()),
            (Code::UnknownRole, "/messages/2/role".into()),
            (Code::RoleMissing, "/messages/3".into()),
            (Code::UnknownContentPart, "/messages/4/content/0/content/0".into()),
        ]
    );
    let (_, findings) = read(
        r#"{"messages": [{"role": "assistant", "content": [{"type": "text", "text": "a"}, {"type": "tool_use", "id": "a", "name": "f", "input": {}}, {"type": "text", "text": "b"}]}]}"#,
    );
    assert_eq!(
        findings,
        [
            (Code::TextAfterCall, "/messages/0/content".into()),
            (Code::PartsJoined, "/messages/0/content".into())
        ]
    );
    let none = r#"{"system": "x", "messages": []}"#;
    assert_eq!(refuse(none), [(Code::NoMessages, "/messages".into())]);
}

#[test]
fn hermes_text_becomes_calls_and_results() {
    let (conversation, findings) = read(
        r#"{"conversations": [{"from": "system", "value": "Signatures within <tools></tools> tags. <tools>\n[{\"type\": \"function\", \"function\": {\"name\": \"f\"}}]\n</tools> as <tool_call>{}</tool_call>"},
            {"from": "human", "value": "hi"},
            {"from": "gpt", "value": "Let me see.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\" : 1E5}}\n</tool_call>\n<tool_call>\n{\"name\": \"g\", \"arguments\": {}}\n</tool_call>"},
            {"from": "tool", "value": "<tool_response>\n{\"name\": \"g\", \"content\": \"2\"}\n</tool_response>\n<tool_response>\none\n</tool_response>"},
            {"from": "gpt", "value": "done"}]}"#,
    );
    assert_eq!(
        lines(&conversation)[1..],
        [
            "user \"hi\"",
            "assistant \"Let me see.\" call_0=f{\"a\" : 1E5} call_1=g{}",
            "tool @call_1 \"{\\\"name\\\": \\\"g\\\", \\\"content\\\": \\\"2\\\"}\"",
            "tool @call_0 \"one\"",
            "assistant \"done\"",
        ]
    );
    assert_eq!(conversation.tools[0].name, "f");
    assert!(conversation.messages[0].content.as_str().starts_with("Signatures within <tools></tools> tags."));
    assert_eq!(findings, [(Code::ToolsInText, "/conversations/0/value".into())]);
}

#[test]
fn hermes_text_in_chat_messages_is_read_too() {
    let (conversation, findings) = read(
        r#"{"messages": [{"role": "system", "content": "Tools\n<tools>\n{\"type\": \"function\", \"function\": {\"name\": \"f\"}}\n{\"name\": \"g\"}\n</tools>"},
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": "<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call> and so"},
            {"role": "user", "content": "<tool_response>\n1\n</tool_response>"},
            {"role": "assistant", "content": "done"}]}"#,
    );
    assert_eq!(
        lines(&conversation)[1..],
        ["user \"hi\"", "assistant \" and so\" call_0=f{}", "tool @call_0 \"1\"", "assistant \"done\""]
    );
    assert_eq!(conversation.tools.iter().map(|tool| &*tool.name).collect::<Vec<_>>(), ["f", "g"]);
    assert_eq!(
        findings,
        [
            (Code::ToolsInText, "/messages/0/content".into()),
            (Code::TextAfterCall, "/messages/2/content".into())
        ]
    );
    let broken = |text: &str, role: &str| {
        refuse(&format!(
            r#"{{"messages": [{{"role": "system", "content": "<tools></tools>"}}, {{"role": "{role}", "content": "{text}"}}, {{"role": "assistant", "content": "<tool_call>{{\"name\": \"f\", \"arguments\": {{}}}}</tool_call>"}}]}}"#
        ))
    };
    let at = |code: Code| vec![(code, "/messages/1/content".to_owned())];
    assert_eq!(broken("<tool_call>{", "assistant"), at(Code::TextMarkupBroken));
    assert_eq!(broken("<tool_call>f()</tool_call>", "assistant"), at(Code::CallTextNotJson));
    assert_eq!(broken("<tool_response>1", "tool"), at(Code::TextMarkupBroken));
    assert_eq!(broken("<tool_response>1</tool_response> x", "user"), at(Code::TextMarkupBroken));
}

#[test]
fn a_reject_is_read_as_the_line_it_keeps() {
    let original =
        r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "a\"b"}]}"#;
    let line = format!(
        r#"{{"file": "a.jsonl", "line": 3, "offset": 10, "code": "invalid_json", "raw": {}}}"#,
        serde_json::to_string(original).unwrap()
    );
    let (conversation, findings) = read(&line);
    assert_eq!(conversation, read(original).0);
    assert_eq!(findings, []);
    let options = ParseOptions { layout: Layout::from_name("rejects"), ..ParseOptions::default() };
    assert_eq!(read_with(&line, &options).0, conversation);
    assert_eq!(refuse(r#"{"code": "x", "raw": "{,"}"#), [(Code::InvalidJson, "/raw".into())]);
    assert_eq!(refuse(r#"{"code": "x", "raw": "{}"}"#), [(Code::UnknownLayout, "/raw".into())]);
    assert_eq!(refuse(r#"{"code": "x", "raw_base64": "/w=="}"#), [(Code::InvalidUtf8, "/raw_base64".into())]);
    assert_eq!(
        refuse(r#"{"code": "line_too_long", "offset": 0, "length": 9}"#),
        [(Code::LineTooLong, String::new())]
    );
}

#[test]
fn numbering_skips_ids_that_stand_in_the_record() {
    let (conversation, _) = read(
        r#"{"conversations": [{"from": "human", "value": ""}, {"from": "function_call", "value": "[{\"id\": \"call_0\", \"name\": \"f\", \"arguments\": {}}, {\"name\": \"g\", \"arguments\": {}}]"},
            {"from": "tool", "tool_call_id": "call_0", "value": "1"}, {"from": "tool", "value": "2"}, {"from": "tool", "value": "3"}]}"#,
    );
    assert_eq!(
        lines(&conversation)[1..],
        ["assistant \"\" call_0=f{} call_1=g{}", "tool @call_0 \"1\"", "tool @call_1 \"2\"", "tool \"3\""]
    );
    assert_eq!(conversation.messages[1].role, Role::Assistant);
}
