//! Spellings that people have, each with what it has to come to and what is said about it.

use std::fmt::Write as _;

use super::super::{ParseOptions, Scratch, parse};
use super::spec::Spec;
use crate::finding::Code;
use crate::layout_spec::LayoutSpec;
use crate::options::VerdictPolicy;

/// Messages, one after the other: the speaker, what is said, reasoning in parentheses, calls, and the tools at the end.
fn shown(line: &str, options: &ParseOptions) -> (String, Vec<Code>) {
    let parsed = match parse(line.as_bytes(), &mut Scratch::default(), options) {
        Ok(parsed) => parsed,
        Err(findings) => {
            return ("refused".to_owned(), findings.iter().map(|finding| finding.code).collect());
        }
    };
    let mut text = String::new();
    for message in &parsed.conversation.messages {
        let _ = write!(text, "{}: {}", message.role.as_str(), message.content.as_str());
        if let Some(reasoning) = &message.reasoning {
            let _ = write!(text, " ({reasoning})");
        }
        for call in &message.tool_calls {
            let _ = write!(text, " {}{}", call.name, call.arguments.json);
        }
        if let Some(weight) = message.weight {
            let _ = write!(text, " *{weight}");
        }
        text.push_str("; ");
    }
    for tool in &parsed.conversation.tools {
        let _ = write!(text, "+{}{} ", tool.name, tool.parameters.as_deref().unwrap_or_default());
    }
    (text.trim_end().to_owned(), parsed.findings.iter().map(|finding| finding.code).collect())
}

/// The same record in the plain spelling.
const PLAIN: &str =
    "user: Fire it.; assistant:  fire{\"cone\": 6}; tool: hot; assistant: Done.; +fire{\"type\": \"object\"}";

/// The messages of [`PLAIN`] with this call and this result, and its tools.
fn fired(assistant: &str, tool: &str) -> String {
    let tools = r#"[{"type": "function", "function": {"name": "fire", "parameters": {"type": "object"}}}]"#;
    format!(
        r#"{{"messages": [{{"role": "user", "content": "Fire it."}}, {assistant}, {tool},
            {{"role": "assistant", "content": "Done."}}], "tools": {tools}}}"#
    )
}

#[test]
fn calls_and_results_come_to_the_same_in_every_spelling() {
    let result = r#"{"role": "tool", "tool_call_id": "c", "content": "hot"}"#;
    let nameless = r#"{"role": "tool", "content": "hot"}"#;
    for (assistant, tool, codes) in [
        (
            r#"{"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "fire", "arguments": {"cone": 6}}}]}"#,
            result,
            &[][..],
        ),
        (
            r#"{"role": "assistant", "tool_calls": [{"id": "c", "name": "fire", "args": {"cone": 6}, "type": "tool_call"}]}"#,
            result,
            &[],
        ),
        (
            r#"{"role": "assistant", "toolCalls": [{"id": "c", "function": "fire", "arguments": {"cone": 6}}]}"#,
            result,
            &[],
        ),
        (
            r#"{"role": "assistant", "tool_calls": "[{\"id\": \"c\", \"function\": {\"name\": \"fire\", \"arguments\": {\"cone\": 6}}}]"}"#,
            result,
            &[],
        ),
        (
            r#"{"role": "assistant", "tool_uses": [{"tool": "fire", "input": {"cone": 6}, "id": "c"}]}"#,
            result,
            &[],
        ),
        (
            r#"{"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "fire", "input": {"cone": 6}}]}"#,
            result,
            &[],
        ),
        (
            r#"{"role": "assistant", "content": [{"toolUse": {"toolUseId": "c", "name": "fire", "input": {"cone": 6}}}]}"#,
            r#"{"role": "user", "content": [{"toolResult": {"toolUseId": "c", "content": [{"text": "hot"}]}}]}"#,
            &[],
        ),
        (
            r#"{"role": "model", "parts": [{"functionCall": {"name": "fire", "args": {"cone": 6}}}]}"#,
            nameless,
            &[],
        ),
        (
            r#"{"type": "function_call", "call_id": "c", "name": "fire", "arguments": "{\"cone\": 6}"}"#,
            r#"{"type": "function_call_output", "call_id": "c", "output": "hot"}"#,
            &[],
        ),
        (
            r#"{"role": "assistant", "content": [{"type": "tool-call", "toolCallId": "c", "toolName": "fire", "input": {"cone": 6}}]}"#,
            r#"{"role": "tool", "content": [{"type": "tool-result", "toolCallId": "c", "output": {"type": "text", "value": "hot"}}]}"#,
            &[],
        ),
        (
            r#"{"role": "assistant", "content": [{"type": "server_tool_use", "id": "c", "name": "fire", "input": {"cone": 6}}, {"type": "fire_tool_result", "tool_use_id": "c", "content": "hot"}]}"#,
            r#"{"role": "user", "content": "And?"}"#,
            &[],
        ),
        (
            r#"{"role": "assistant", "content": "{\"name\": \"fire\", \"parameters\": {\"cone\": 6}}"}"#,
            r#"{"role": "ipython", "content": "hot"}"#,
            &[Code::CallsInText],
        ),
        (r#"{"role": "assistant", "content": "[fire(cone=6)]"}"#, nameless, &[Code::CallsInText]),
        (
            r#"{"role": "assistant", "content": "<tool_call>\n{'name': 'fire', 'arguments': {'cone': 6}}\n</tool_call>"}"#,
            r#"{"role": "user", "content": "<tool_response>\nhot\n</tool_response>"}"#,
            &[Code::CallsInText, Code::PythonLiteral],
        ),
        (
            r#"{"role": "assistant", "content": "<function=fire><parameter=cone>6</parameter></function>"}"#,
            nameless,
            &[Code::CallsInText],
        ),
        (
            r#"{"role": "assistant", "content": "Thought: \nAction: fire\nAction Input: {\"cone\": 6}"}"#,
            nameless,
            &[Code::CallsInText],
        ),
        (
            r#"{"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "fire", "arguments": "\"{\\\"cone\\\": 6}\""}}]}"#,
            result,
            &[Code::ArgumentsEncodedTwice],
        ),
        (
            r#"{"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "fire", "arguments": "{'cone': 6}"}}]}"#,
            result,
            &[Code::PythonLiteral],
        ),
        (
            r#"{"role": "assistant", "tool_call": [{"id": "c", "function": {"nmae": "fire", "argumnets": {"cone": 6}}}]}"#,
            result,
            &[Code::MisspelledKey, Code::MisspelledKey],
        ),
    ] {
        let (text, found) = shown(&fired(assistant, tool), &ParseOptions::default());
        let text = text.replace("user: And?; ", "");
        assert_eq!(text, PLAIN, "{assistant} {found:?}");
        assert_eq!(found, codes, "{assistant}");
    }
}

#[test]
fn records_are_read_wherever_they_keep_their_conversation() {
    let (user, assistant) =
        (r#"{"role": "user", "content": "Hi."}"#, r#"{"role": "assistant", "content": "Yes?"}"#);
    let list = format!("[{user}, {assistant}]");
    let tools = r#"[{"name": "fire", "description": "d", "parameters": {"type": "object"}}]"#;
    let quoted = |json: &str| serde_json::Value::String(json.to_owned()).to_string();
    for (line, text, codes) in [
        (list.clone(), "user: Hi.; assistant: Yes?;", &[][..]),
        (format!(r#"{{"dialog": {list}}}"#), "user: Hi.; assistant: Yes?;", &[]),
        (format!(r#"{{"body": {{"messages": {list}}}}}"#), "user: Hi.; assistant: Yes?;", &[]),
        (
            format!(
                r#"{{"request": {{"messages": [{user}]}}, "response": {{"choices": [{{"message": {assistant}}}]}}}}"#
            ),
            "user: Hi.; assistant: Yes?;",
            &[],
        ),
        (
            format!(r#"{{"Messages": {list}, "Tools": {tools}}}"#),
            "user: Hi.; assistant: Yes?; +fire{\"type\": \"object\"}",
            &[Code::OtherKeyRead],
        ),
        (
            format!(r#"{{"messages": {list}, "metadata": {}}}"#, quoted(&format!(r#"{{"tools": {tools}}}"#))),
            "user: Hi.; assistant: Yes?; +fire{\"type\": \"object\"}",
            &[],
        ),
        (
            format!(
                r#"{{"messages": {}, "tools": "None"}}"#,
                quoted(
                    "[{'role': 'user', 'content': 'Hi.'}, {'role': 'assistant', 'content': 'Yes?', 'tool_calls': None}]"
                )
            ),
            "user: Hi.; assistant: Yes?;",
            &[Code::PythonLiteral],
        ),
        (
            format!(r#"{{"messages": {list}, "system_prompt": "Be kind."}}"#),
            "system: Be kind.; user: Hi.; assistant: Yes?;",
            &[],
        ),
        (
            r#"{"query": "Hi.", "response": "Yes?", "history": [["a", "b"]], "system": "s"}"#.to_owned(),
            "system: s; user: a; assistant: b; user: Hi.; assistant: Yes?;",
            &[],
        ),
        (
            r#"{"conversation": [{"human": "Hi.", "assistant": "Yes?"}]}"#.to_owned(),
            "user: Hi.; assistant: Yes?;",
            &[],
        ),
        (
            r#"{"text": "<|im_start|>user\nHi.<|im_end|>\n<|im_start|>assistant\nYes?<|im_end|>\n"}"#
                .to_owned(),
            "user: Hi.; assistant: Yes?;",
            &[Code::TranscriptRead],
        ),
        (
            format!(
                r#"{{"messages": [{user}, {{"role": "assistant", "content": "Yes?", "loss_weight": 0.0}}]}}"#
            ),
            "user: Hi.; assistant: Yes? *0;",
            &[],
        ),
        (
            format!(
                r#"{{"messages": [{user}, {{"role": "assistant", "content": "Yes?", "reasoning_details": [{{"type": "reasoning.text", "text": "hm"}}]}}]}}"#
            ),
            "user: Hi.; assistant: Yes? (hm);",
            &[],
        ),
        (
            format!(
                r#"{{"messages": [{user}, {{"type": "reasoning", "summary": [{{"type": "summary_text", "text": "hm"}}]}}, {assistant}]}}"#
            ),
            "user: Hi.; assistant: Yes? (hm);",
            &[],
        ),
        (
            format!(
                r#"{{"messages": [{{"role": "system", "content": "s", "tools": {tools}}}, {user}, {assistant}]}}"#
            ),
            "system: s; user: Hi.; assistant: Yes?; +fire{\"type\": \"object\"}",
            &[],
        ),
        (
            format!(
                r#"{{"messages": [{user}, {user}, {assistant}, {assistant}], "messages": [{user}, {user}, {assistant}, {assistant}]}}"#
            ),
            "user: Hi.; user: Hi.; assistant: Yes?; assistant: Yes?;",
            &[Code::KeyRepeated],
        ),
        (format!(r#"{{"messages": {list}, "kto_tag": false}}"#), "refused", &[Code::VerdictUnread]),
        (
            format!(r#"{{"prompt": [{user}], "chosen": [{assistant}], "rejected": [{assistant}]}}"#),
            "refused",
            &[Code::VerdictUnread, Code::VerdictUnread],
        ),
        (
            format!(r#"{{"messages": [{user}, {{"role": "assistant", "content": null, "words": "Yes?"}}]}}"#),
            "refused",
            &[Code::TextUnread],
        ),
        (format!(r#"{{"messages": {list}, "images": ["a.png"]}}"#), "refused", &[Code::MediaNotRead]),
        (
            format!(r#"{{"one": {list}, "two": {list}}}"#),
            "refused",
            &[Code::SeveralConversations, Code::MessagesUnread, Code::MessagesUnread],
        ),
    ] {
        let (found, said) = shown(&line, &ParseOptions::default());
        assert_eq!(found, text, "{line} {said:?}");
        assert_eq!(said, codes, "{line}");
    }
}

#[test]
fn verdicts_are_followed_where_the_run_asks_for_it() {
    const READ: &str = "user: Hi.; assistant: Yes?;";
    let user = r#"{"role": "user", "content": "Hi."}"#;
    let turn = |text: &str| format!(r#"{{"role": "assistant", "content": "{text}"}}"#);
    let better = ParseOptions { verdict: VerdictPolicy::Better, ..ParseOptions::default() };
    let ignore = ParseOptions { verdict: VerdictPolicy::Ignore, ..ParseOptions::default() };
    let (good, bad) = (turn("Yes?"), turn("Go away."));
    let judged = |label: &str| format!(r#"{{"messages": [{user}, {good}], "label": {label}}}"#);
    let pair = format!(r#"{{"prompt": [{user}], "chosen": [{good}], "rejected": [{bad}]}}"#);
    let whole = format!(r#"{{"chosen": [{user}, {good}], "rejected": [{user}, {bad}]}}"#);
    let texts = r#"{"prompt": "Hi.", "chosen": "Yes?", "rejected": "Go away."}"#.to_owned();
    for (line, options, text, codes) in [
        (judged("true"), &better, READ, &[][..]),
        (judged("false"), &better, "refused", &[Code::JudgedBad]),
        (judged("false"), &ignore, READ, &[]),
        (judged("\"weather\""), &ParseOptions::default(), READ, &[]),
        (pair, &better, READ, &[]),
        (whole, &better, READ, &[]),
        (texts, &better, READ, &[]),
    ] {
        assert_eq!(shown(&line, options), (text.to_owned(), codes.to_vec()), "{line}");
    }
}

#[test]
fn every_layout_that_is_shipped_reads_its_example() {
    for (name, text) in Spec::shipped_files() {
        let layout: LayoutSpec = serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let spec = Spec::compile(&layout).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((spec.name(), layout.source.is_some(), layout.title.is_some()), (*name, true, true));
        let example =
            layout.example.as_ref().unwrap_or_else(|| panic!("{name}: it has no example")).to_string();
        let record = match spec.each() {
            None => example,
            Some(each) => {
                let ranges = super::records_within(example.as_bytes(), each, 99).unwrap();
                example[ranges[0].clone()].to_owned()
            }
        };
        let named = ParseOptions { spec: Some(spec.into()), ..ParseOptions::default() };
        let (by_name, _) = shown(&record, &named);
        let (by_itself, findings) = shown(&record, &ParseOptions::default());
        assert!(by_name.contains("assistant: "), "{name}: {by_name}");
        assert_eq!(by_itself, by_name, "{name}: {findings:?}");
    }
}

#[test]
fn a_layout_of_ones_own_is_read_and_its_mistakes_are_named() {
    let layout = |json: &str| Spec::compile(&serde_json::from_str(json).unwrap());
    let spec = layout(
        r#"{"messages": "log.turns", "role": "who", "content": "said", "unwrap": "turn", "tools": "log.can",
            "roles": {"caller": "user", "desk": "assistant", "note": null}, "calls": "does",
            "call": {"name": "what", "arguments": "with"}}"#,
    );
    let options = ParseOptions { spec: Some(spec.unwrap().into()), ..ParseOptions::default() };
    let line = r#"{"log": {"can": [{"name": "fire", "parameters": {"type": "object"}}], "turns": [
        {"turn": {"who": "caller", "said": "Hi."}}, {"turn": {"who": "note", "said": "quiet"}},
        {"turn": {"who": "desk", "said": "Yes.", "does": [{"what": "fire", "with": {"cone": 6}}]}}]}}"#;
    let expected = "user: Hi.; assistant: Yes. fire{\"cone\": 6}; +fire{\"type\": \"object\"}";
    assert_eq!(shown(line, &options), (expected.to_owned(), Vec::new()));
    assert_eq!(shown(r#"{"other": 1}"#, &options).1, [Code::OtherLayout]);
    for (json, named) in [
        (r#"{"messages": "a["}"#, "messages: "),
        (r#"{"roles": {"x": "boss"}}"#, "roles.x: "),
        (r#"{"per": "day"}"#, "per: "),
        (r#"{"where": {"a..b": [1]}}"#, "where: "),
    ] {
        assert!(layout(json).unwrap_err().starts_with(named), "{json}");
    }
}
