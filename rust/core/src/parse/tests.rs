use super::*;
use crate::conversation::{ArgumentsForm, Content, Message, PartWeight, Role};
use crate::finding::Severity;
use std::borrow::Cow;

fn read(line: &str) -> Parsed<'_> {
    parse(line.as_bytes(), &mut Scratch::default(), &ParseOptions::default()).unwrap()
}

fn refuse(line: &str) -> Vec<(Code, String)> {
    let findings = parse(line.as_bytes(), &mut Scratch::default(), &ParseOptions::default()).unwrap_err();
    findings.into_iter().map(|finding| (finding.code, finding.pointer)).collect()
}

/// A record with one message, between a question and an answer that are in order.
fn with_message(message: &str) -> String {
    format!(
        r#"{{"messages": [{{"role": "user", "content": "hi"}}, {message}, {{"role": "assistant", "content": "x"}}]}}"#
    )
}

fn message(json: &str) -> Message<'static> {
    let line = with_message(json);
    let parsed = read(&line);
    parsed.conversation.into_owned().messages.swap_remove(1)
}

#[test]
fn content_keeps_null_absent_and_empty_apart() {
    assert_eq!(message(r#"{"role": "assistant"}"#).content, Content::Absent);
    assert_eq!(message(r#"{"role": "assistant", "content": null}"#).content, Content::Null);
    assert_eq!(message(r#"{"role": "assistant", "content": ""}"#).content, Content::Text("".into()));
    assert_eq!(message(r#"{"role": "assistant", "content": []}"#).content, Content::Text("".into()));
    assert_eq!(message(r#"{"role": "user", "content": "a\u0000b"}"#).content.as_str(), "a\0b");
}

#[test]
fn content_parts_are_joined_and_keep_their_weights() {
    let line = with_message(
        r#"{"role": "assistant", "content": [{"type": "text", "text": "ab", "weight": 0}, "c", {"text": "é", "train": true}]}"#,
    );
    let parsed = read(&line);
    assert_eq!(parsed.conversation.messages[1].content.as_str(), "abcé");
    assert_eq!(
        parsed.conversation.messages[1].part_weights,
        [
            PartWeight { end: 2, weight: Some(0.0) },
            PartWeight { end: 3, weight: None },
            PartWeight { end: 5, weight: Some(1.0) }
        ]
    );
    assert_eq!(parsed.findings.len(), 1);
    assert_eq!(
        (parsed.findings[0].code, &*parsed.findings[0].pointer),
        (Code::PartsJoined, "/messages/1/content")
    );
    let one = message(r#"{"role": "user", "content": [{"type": "text", "text": "a"}]}"#);
    assert_eq!((one.content.as_str(), one.part_weights.len()), ("a", 0));
}

#[test]
fn contents_keep_their_escapes_only_where_the_run_says_so() {
    let record = r#"{"messages": [{"role": "user", "name": "\u0061", "content": "a\nb"}, {"role": "assistant", "content": "", "reasoning": "\u0068m"}]}"#;
    let read = |options: &ParseOptions| {
        let parsed = parse(record.as_bytes(), &mut Scratch::default(), options).unwrap();
        let messages = parsed.conversation.into_owned().messages;
        let user = &messages[0];
        let reasoning = messages[1].reasoning.clone().unwrap();
        [user.content.as_str(), user.name.as_deref().unwrap(), &*reasoning, messages[1].content.as_str()]
            .map(str::to_owned)
    };
    assert_eq!(read(&ParseOptions::default()), ["a\nb", "a", "hm", ""]);
    let as_spelled = ParseOptions { contents_as_spelled: true, ..ParseOptions::default() };
    assert_eq!(read(&as_spelled), ["a\\nb", "a", "\\u0068m", ""]);
}

#[test]
fn reasoning_is_found_under_its_three_names() {
    for key in ["reasoning_content", "reasoning", "thinking"] {
        let found = message(&format!(r#"{{"role": "assistant", "{key}": "h\nm", "content": "x"}}"#));
        assert_eq!(found.reasoning.as_deref(), Some("h\nm"));
    }
    let both =
        message(r#"{"role": "assistant", "thinking": "b", "reasoning_content": "a", "reasoning": null}"#);
    assert_eq!(both.reasoning.as_deref(), Some("a"));
    assert_eq!(message(r#"{"role": "assistant", "reasoning": null}"#).reasoning, None);
}

#[test]
fn weights_are_numbers_or_booleans() {
    for (json, weight) in [
        (r#""weight": 0"#, Some(0.0)),
        (r#""weight": 0.5"#, Some(0.5)),
        (r#""train": false"#, Some(0.0)),
        (r#""loss": true"#, Some(1.0)),
        (r#""loss": 2"#, Some(2.0)),
        (r#""weight": null, "train": true"#, Some(1.0)),
        (r#""loss": 1, "weight": 0"#, Some(0.0)),
        (r#""x": 1"#, None),
    ] {
        let found = message(&format!(r#"{{"role": "assistant", "content": "x", {json}}}"#));
        assert_eq!(found.weight, weight, "{json}");
    }
    assert!(message(r#"{"role": "assistant", "weight": -0.0}"#).weight.unwrap().is_sign_positive());
    for json in ["-1", "\"1\"", "[]", "1e999"] {
        let line = with_message(&format!(r#"{{"role": "assistant", "weight": {json}}}"#));
        assert_eq!(refuse(&line), [(Code::WeightInvalid, "/messages/1/weight".into())], "{json}");
    }
}

#[test]
fn arguments_keep_their_source_text_in_both_forms() {
    let found = message(
        r#"{"role": "assistant", "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": {"n" : 1E5,"m":2.50}}},
            {"function": {"arguments": " {\"n\":1e400} ", "name": "g"}, "id": null},
            {"name": "h", "arguments": {}, "id": ""}]}"#,
    );
    let calls: Vec<_> = found
        .tool_calls
        .iter()
        .map(|call| (call.id.as_deref(), &*call.name, &*call.arguments.json, call.arguments.form))
        .collect();
    assert_eq!(
        calls,
        [
            (Some("a"), "f", r#"{"n" : 1E5,"m":2.50}"#, ArgumentsForm::Object),
            (None, "g", r#" {"n":1e400} "#, ArgumentsForm::Text),
            (None, "h", "{}", ArgumentsForm::Object),
        ]
    );
}

#[test]
fn text_without_escapes_is_borrowed_from_the_line() {
    let line = with_message(
        r#"{"role": "assistant", "content": "plain", "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]}"#,
    );
    let parsed = read(&line);
    let borrowed = parsed.conversation.messages.into_iter().nth(1).unwrap();
    assert!(matches!(borrowed.content, Content::Text(Cow::Borrowed(_))));
    assert!(matches!(borrowed.tool_calls[0].arguments.json, Cow::Borrowed(_)));
}

#[test]
fn a_result_names_its_call_in_either_spelling() {
    let found = message(r#"{"role": "tool", "tool_call_id": "a", "name": "f", "content": "1"}"#);
    assert_eq!((found.tool_call_id.as_deref(), found.name.as_deref()), (Some("a"), Some("f")));
    assert_eq!(message(r#"{"role": "tool", "tool_call_ids": ["b"]}"#).tool_call_id.as_deref(), Some("b"));
    assert_eq!(message(r#"{"role": "tool", "tool_call_ids": []}"#).tool_call_id, None);
    assert_eq!(
        message(r#"{"role": "tool", "tool_call_id": null, "tool_call_ids": null}"#).tool_call_id,
        None
    );
    for ids in [r#"["a", "b"]"#, "[1]", "\"a\""] {
        let line = with_message(&format!(r#"{{"role": "tool", "tool_call_ids": {ids}}}"#));
        assert_eq!(refuse(&line), [(Code::FieldWrongType, "/messages/1/tool_call_ids".into())], "{ids}");
    }
}

#[test]
fn tools_are_read_from_a_list_and_from_its_json_text() {
    let list = r#"[{"type": "function", "function": {"name": "f", "parameters": {"type":"object"}}}, {"name": "g", "parameters": {}}, {"name": "h", "parameters": null}]"#;
    let text = serde_json::to_string(list).unwrap();
    for tools in [list, &text] {
        let line = format!(r#"{{"tools": {tools}, "messages": [{{"role": "user", "content": "hi"}}]}}"#);
        let conversation = read(&line).conversation;
        let found: Vec<_> =
            conversation.tools.iter().map(|tool| (&*tool.name, tool.parameters.as_deref())).collect();
        assert_eq!(found, [("f", Some(r#"{"type":"object"}"#)), ("g", Some("{}")), ("h", None)]);
        assert_eq!(conversation.tools[1].json, r#"{"name": "g", "parameters": {}}"#);
    }
    for tools in ["null", "[]", "\"[]\"", "\"\"", "\" null\""] {
        let line = format!(r#"{{"tools": {tools}, "messages": [{{"role": "user", "content": "hi"}}]}}"#);
        assert_eq!(read(&line).conversation.tools, [], "{tools}");
    }
}

#[test]
fn shared_tools_stand_in_where_a_record_declares_none() {
    let shared = read_tools(r#"[{"name": "f"}]"#).unwrap();
    let options = ParseOptions { shared_tools: Some(shared.into()), ..ParseOptions::default() };
    let names = |line: &str| {
        let parsed = parse(line.as_bytes(), &mut Scratch::default(), &options).unwrap();
        parsed.conversation.tools.iter().map(|tool| tool.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(r#"{"messages": [{"role": "user"}]}"#), ["f"]);
    assert_eq!(names(r#"{"messages": [{"role": "user"}], "tools": []}"#), ["f"]);
    assert_eq!(names(r#"{"messages": [{"role": "user"}], "tools": [{"name": "g"}]}"#), ["g"]);
    assert!(read_tools("[{}]").is_err() && read_tools("{").is_err() && read_tools("7").is_err());
}

#[test]
fn everything_wrong_with_a_record_is_reported_with_its_place() {
    let line = r#"{"messages": [7, {"content": "x"}, {"role": "critic"}, {"role": 1},
        {"role": "user", "content": 5, "name": []},
        {"role": "assistant", "reasoning": 1, "tool_calls": [
            {"type": "function", "function": {"arguments": {}}}, {"function": {"name": "f", "arguments": "{,}"}},
            {"function": {"name": "f", "arguments": "[1]"}}, {"function": {"name": "f"}},
            {"function": {"name": "f", "arguments": "{\"a\": 1, \"a\": 2}"}}, {"type": "web_search"}, 3,
            {"id": 1, "function": {"name": "f", "arguments": null}}]},
        {"role": "user", "content": [{"type": "image_url"}], "tool_calls": [{}]}],
        "tools": [{}, 1, {"function": []}, {"name": 5}], "parallel_tool_calls": "yes"}"#;
    let expected = [
        (Code::FieldWrongType, "/messages/0"),
        (Code::RoleMissing, "/messages/1"),
        (Code::UnknownRole, "/messages/2/role"),
        (Code::FieldWrongType, "/messages/3/role"),
        (Code::ContentWrongType, "/messages/4/content"),
        (Code::FieldWrongType, "/messages/4/name"),
        (Code::FieldWrongType, "/messages/5/reasoning"),
        (Code::CallNameMissing, "/messages/5/tool_calls/0/function"),
        (Code::ArgumentsNotJson, "/messages/5/tool_calls/1/function/arguments"),
        (Code::ArgumentsNotObject, "/messages/5/tool_calls/2/function/arguments"),
        (Code::ArgumentsNotObject, "/messages/5/tool_calls/3/function/arguments"),
        (Code::DuplicateKey, "/messages/5/tool_calls/4/function/arguments"),
        (Code::CallTypeUnknown, "/messages/5/tool_calls/5/type"),
        (Code::FieldWrongType, "/messages/5/tool_calls/6"),
        (Code::FieldWrongType, "/messages/5/tool_calls/7/id"),
        (Code::ArgumentsNotObject, "/messages/5/tool_calls/7/function/arguments"),
        (Code::UnknownContentPart, "/messages/6/content/0"),
        (Code::CallsMisplaced, "/messages/6/tool_calls"),
        (Code::ToolWrongShape, "/tools/0"),
        (Code::ToolWrongShape, "/tools/1"),
        (Code::ToolWrongShape, "/tools/2"),
        (Code::ToolWrongShape, "/tools/3"),
        (Code::FieldWrongType, "/parallel_tool_calls"),
    ];
    assert_eq!(refuse(line), expected.map(|(code, pointer)| (code, pointer.to_owned())));
}

#[test]
fn half_a_surrogate_pair_in_stringified_arguments_is_found() {
    let line = with_message(
        r#"{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{\"a\": \"\\ud800\"}"}}]}"#,
    );
    let pointer = "/messages/1/tool_calls/0/function/arguments";
    assert_eq!(refuse(&line), [(Code::LoneSurrogate, pointer.into())]);
    let findings = parse(line.as_bytes(), &mut Scratch::default(), &ParseOptions::default()).unwrap_err();
    assert!(findings[0].message.contains("(inside the string: /a)"), "{}", findings[0].message);
}

#[test]
fn records_that_are_none_say_what_they_are() {
    assert_eq!(refuse("[1]"), [(Code::NotAnObject, String::new())]);
    assert_eq!(refuse("{}"), [(Code::UnknownLayout, String::new())]);
    assert_eq!(refuse(r#"{"messages": 3}"#), [(Code::FieldWrongType, "/messages".into())]);
    assert_eq!(refuse(r#"{"messages": []}"#), [(Code::NoMessages, "/messages".into())]);
    let findings =
        parse(b"{\"te\\u001bxt\": 1}", &mut Scratch::default(), &ParseOptions::default()).unwrap_err();
    assert!(
        findings[0].message.starts_with("the record has the keys `te\\u{1b}xt`"),
        "{}",
        findings[0].message
    );
}

#[test]
fn a_line_that_is_not_utf8_says_where() {
    let mut line = with_message(r#"{"role": "user", "content": "x"}"#).into_bytes();
    line[20] = 0xFF;
    let findings = parse(&line, &mut Scratch::default(), &ParseOptions::default()).unwrap_err();
    assert_eq!((findings[0].code, findings[0].offset), (Code::InvalidUtf8, 20));
    assert!(findings[0].message.contains("0xff"));
}

#[test]
fn a_forced_layout_refuses_other_records() {
    let options = ParseOptions { layout: Layout::from_name("openai"), ..ParseOptions::default() };
    let findings = parse(b"{\"text\": 1}", &mut Scratch::default(), &options).unwrap_err();
    assert_eq!(findings[0].code, Code::OtherLayout);
    assert_eq!(Layout::from_name("no such layout"), None);
    let line = with_message(r#"{"role": "user", "content": "x"}"#);
    assert_eq!(recognize(line.as_bytes(), &mut Scratch::default(), &options), Layout::from_name("openai"));
    assert_eq!(recognize(b"{}", &mut Scratch::default(), &options), None);
}

#[test]
fn nesting_is_bounded_inside_strings_too() {
    let options = ParseOptions { max_depth: 20, ..ParseOptions::default() };
    let deep = format!("{}{}", r#"{\"a\":"#.repeat(21), "}".repeat(21));
    let line = with_message(&format!(
        r#"{{"role": "assistant", "tool_calls": [{{"function": {{"name": "f", "arguments": "{deep}"}}}}]}}"#
    ));
    let findings = parse(line.as_bytes(), &mut Scratch::default(), &options).unwrap_err();
    assert_eq!(findings[0].code, Code::TooDeep);
    let line = format!("{}{}", "[".repeat(21), "]".repeat(21));
    let findings = parse(line.as_bytes(), &mut Scratch::default(), &options).unwrap_err();
    assert_eq!(findings[0].code, Code::TooDeep);
}

#[test]
fn repairs_are_errors_where_they_are_off() {
    let options = ParseOptions { repair: false, ..ParseOptions::default() };
    for (json, code) in [
        (r#"{"role": "developer", "content": "x"}"#, Code::DeveloperRole),
        (r#"{"role": "user", "content": ["a", "b"]}"#, Code::PartsJoined),
        (r#"{"role": "assistant", "content": "x", "tool_calls": []}"#, Code::EmptyCalls),
        (r#"{"role": "assistant", "refusal": "no"}"#, Code::RefusalRead),
    ] {
        let line = with_message(json);
        let parsed = read(&line);
        assert_eq!((parsed.findings[0].code, parsed.findings[0].severity), (code, Severity::Fixed));
        let findings = parse(line.as_bytes(), &mut Scratch::default(), &options).unwrap_err();
        assert_eq!((findings[0].code, findings[0].severity), (code, Severity::Error));
    }
}

#[test]
fn roles_are_read() {
    for (name, role) in [
        ("system", Role::System),
        ("developer", Role::System),
        ("user", Role::User),
        ("assistant", Role::Assistant),
        ("tool", Role::Tool),
    ] {
        assert_eq!(message(&format!(r#"{{"role": "{name}"}}"#)).role, role);
    }
}

#[test]
fn a_refusal_beside_content_is_left_out_with_a_warning() {
    let line = with_message(r#"{"role": "assistant", "content": "x", "refusal": "no"}"#);
    let parsed = read(&line);
    assert_eq!(parsed.conversation.messages[1].content.as_str(), "x");
    assert_eq!(
        (parsed.findings[0].code, parsed.findings[0].severity),
        (Code::RefusalRead, Severity::Warning)
    );
    assert_eq!(message(r#"{"role": "assistant", "refusal": "no"}"#).content.as_str(), "no");
    assert_eq!(message(r#"{"role": "assistant", "content": "x", "refusal": ""}"#).content.as_str(), "x");
}

#[test]
fn unknown_roles_have_a_suggestion_and_misspelled_keys_are_read() {
    let said = |line: &str| {
        let parsed = parse(line.as_bytes(), &mut Scratch::default(), &ParseOptions::default());
        let findings = parsed.map_or_else(|findings| findings, |parsed| parsed.findings);
        findings
            .into_iter()
            .map(|finding| (finding.code, finding.pointer, finding.message))
            .collect::<Vec<_>>()
    };
    let in_message = |code: Code, pointer: &str, message: &str| {
        vec![(code, format!("/messages/1{pointer}"), message.to_owned())]
    };
    for (written, found) in [
        (
            r#"{"role": "asisstant", "content": "x"}"#,
            in_message(
                Code::UnknownRole,
                "/role",
                "the role `asisstant` is not known; did you mean `assistant`?",
            ),
        ),
        (
            r#"{"role": "critic", "content": "x"}"#,
            in_message(Code::UnknownRole, "/role", "the role `critic` is not known"),
        ),
        (
            r#"{"rol": "user", "content": "x"}"#,
            in_message(Code::MisspelledKey, "/rol", "the key `rol` was read as `role`"),
        ),
        (
            r#"{"role": "assistant", "contnet": "x"}"#,
            in_message(Code::MisspelledKey, "/contnet", "the key `contnet` was read as `content`"),
        ),
        (
            r#"{"role": "assistant", "content": "x", "wieght": 0}"#,
            in_message(Code::MisspelledKey, "/wieght", "the key `wieght` was read as `weight`"),
        ),
        (
            r#"{"role": "user", "content": "x", "context": "y", "reason": "z", "id": 1, "game": "chess"}"#,
            vec![],
        ),
        (r#"{"role": "assistant", "content": "x", "tool_call": null, "thinking": "hm"}"#, vec![]),
    ] {
        assert_eq!(said(&with_message(written)), found, "{written}");
    }
    let messages =
        r#""messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "x"}]"#;
    assert_eq!(
        said(&format!(r#"{{{messages}, "tolls": []}}"#)),
        [(Code::MisspelledKey, "/tolls".to_owned(), "the key `tolls` was read as `tools`".into())]
    );
    assert_eq!(said(&format!(r#"{{{messages}, "tool": "search", "tools": [], "tolls": []}}"#)), []);
    let turns = r#"{"conversations": [{"from": "humann", "value": "hi"}, {"from": "gpt", "value": "x"}]}"#;
    assert_eq!(said(turns)[0].2, "the speaker `humann` is not known; did you mean `human`?");
}

#[test]
fn a_record_of_no_layout_is_named_briefly_and_its_hint_lists_the_layouts() {
    let findings = parse(br#"{"mesages": [], "id": 1}"#, &mut Scratch::default(), &ParseOptions::default());
    let finding = findings.unwrap_err().swap_remove(0);
    assert_eq!(finding.message, "the record has the keys `mesages`, `id`, which no known layout has");
    let hint = finding.hint.unwrap();
    assert!(hint.starts_with("did you mean `messages` by `mesages`? known layouts: rejects {"), "{hint}");
    assert!(Layout::all().all(|layout| hint.contains(layout.shape())));
}
