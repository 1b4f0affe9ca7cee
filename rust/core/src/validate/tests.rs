use super::*;
use crate::conversation::Role;
use crate::options::LossPreset;
use crate::parse::{ParseOptions, Scratch, parse};

const USER: &str = r#"{"role": "user", "content": "hi"}"#;
const ANSWER: &str = r#"{"role": "assistant", "content": "hello"}"#;
const TOOL_F: &str = r#"[{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]"#;

fn calls(ids: &[&str]) -> String {
    let calls: Vec<_> = ids
        .iter()
        .map(|id| format!(r#"{{"id": {id}, "function": {{"name": "f", "arguments": {{}}}}}}"#))
        .collect();
    format!(r#"{{"role": "assistant", "tool_calls": [{}]}}"#, calls.join(", "))
}

fn result(id: &str) -> String {
    format!(r#"{{"role": "tool", "tool_call_id": {id}, "content": "of {}"}}"#, id.trim_matches('"'))
}

struct Outcome {
    verdict: Verdict,
    findings: Vec<(Code, Severity, String)>,
    /// Role, then ids of calls or the id of the result, then content.
    messages: Vec<String>,
    masked: Vec<Option<Code>>,
}

fn run_with(messages: &[&str], tools: &str, options: &ValidateOptions) -> Outcome {
    let line = format!(r#"{{"messages": [{}], "tools": {tools}}}"#, messages.join(", "));
    let mut parsed = parse(line.as_bytes(), &mut Scratch::default(), &ParseOptions::default()).unwrap();
    let verdict = validate(&mut parsed.conversation, options, &mut parsed.findings);
    let shown = parsed.conversation.messages.iter().map(|message| {
        let ids: Vec<_> = message.tool_calls.iter().map(|call| call.id.as_deref().unwrap_or("?")).collect();
        match message.role {
            Role::Assistant if !ids.is_empty() => format!("calls {}", ids.join(" ")),
            Role::Tool => {
                format!("{} {}", message.tool_call_id.as_deref().unwrap_or("?"), message.content.as_str())
            }
            role => role.as_str().to_owned(),
        }
    });
    Outcome {
        verdict,
        messages: shown.collect(),
        masked: parsed.conversation.messages.iter().map(|message| message.masked).collect(),
        findings: parsed
            .findings
            .into_iter()
            .map(|finding| (finding.code, finding.severity, finding.pointer))
            .collect(),
    }
}

fn run(messages: &[&str]) -> Outcome {
    run_with(messages, TOOL_F, &ValidateOptions::default())
}

fn one(code: Code, severity: Severity, pointer: &str) -> Vec<(Code, Severity, String)> {
    vec![(code, severity, pointer.to_owned())]
}

#[test]
fn a_conversation_in_order_has_no_findings() {
    let outcome =
        run(&[USER, &calls(&["\"a\"", "\"b\""]), &result("\"a\""), &result("\"b\""), ANSWER, USER, ANSWER]);
    assert_eq!(outcome.verdict, Verdict::Accept);
    assert_eq!(outcome.findings, []);
    assert_eq!(outcome.messages, ["user", "calls a b", "a of a", "b of b", "assistant", "user", "assistant"]);
}

#[test]
fn ids_of_an_earlier_turn_are_renamed_in_pairs() {
    let (a, of_a) = (calls(&["\"a\""]), result("\"a\""));
    let outcome = run(&[USER, &a, &of_a, &a, &of_a, USER, &a, &of_a, ANSWER]);
    assert_eq!(outcome.verdict, Verdict::Accept);
    assert_eq!(
        outcome.messages,
        [
            "user",
            "calls a",
            "a of a",
            "calls call_1",
            "call_1 of a",
            "user",
            "calls call_2",
            "call_2 of a",
            "assistant"
        ]
    );
    let codes: Vec<_> = outcome.findings.iter().map(|(code, severity, _)| (*code, *severity)).collect();
    assert_eq!(codes, [(Code::CallIdReused, Severity::Fixed); 2]);
    assert_eq!(outcome.findings[1].2, "/messages/6/tool_calls/0");
}

#[test]
fn new_ids_are_none_that_the_record_has() {
    let outcome = run(&[
        USER,
        &calls(&["null", "\"call_1\"", "null"]),
        &result("\"call_1\""),
        &result("null"),
        &result("null"),
        &calls(&["\"call_3\""]),
    ]);
    assert_eq!(outcome.messages[1], "calls call_2 call_1 call_4");
    assert_eq!(outcome.messages[2..5], ["call_2 of null", "call_1 of call_1", "call_4 of null"]);
    assert_eq!(outcome.verdict, Verdict::Accept);
    let codes: Vec<_> = outcome.findings.iter().map(|(code, ..)| *code).collect();
    assert_eq!(
        codes,
        [
            Code::CallIdMissing,
            Code::CallIdMissing,
            Code::ResultIdMissing,
            Code::ResultIdMissing,
            Code::ResultsReordered
        ]
    );
}

#[test]
fn results_come_in_the_order_of_their_calls() {
    let three = calls(&["\"a\"", "\"b\"", "\"c\""]);
    let outcome = run(&[USER, &three, &result("\"c\""), &result("\"a\""), &result("\"b\""), ANSWER]);
    assert_eq!(outcome.messages[2..5], ["a of a", "b of b", "c of c"]);
    assert_eq!(outcome.findings, one(Code::ResultsReordered, Severity::Fixed, "/messages/2"));
    assert_eq!(outcome.verdict, Verdict::Accept);
}

#[test]
fn a_result_without_an_id_pairs_where_only_one_call_fits() {
    let nameless = r#"{"role": "tool", "content": "x"}"#;
    let outcome = run(&[USER, &calls(&["\"a\"", "\"b\""]), &result("\"b\""), nameless, ANSWER]);
    assert_eq!(outcome.messages[2..4], ["a x", "b of b"]);
    assert_eq!(outcome.verdict, Verdict::Accept);
    let outcome = run(&[USER, &calls(&["\"a\"", "\"b\""]), nameless, &result("\"b\""), ANSWER]);
    assert_eq!(outcome.verdict, Verdict::Reject, "it may be of either");
    assert_eq!(outcome.findings[0], (Code::ResultWithoutCall, Severity::Error, "/messages/2".into()));
    let two = r#"{"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": {}}}, {"id": "b", "function": {"name": "g", "arguments": {}}}]}"#;
    let named = r#"{"role": "tool", "name": "g", "content": "x"}"#;
    let outcome = run_with(&[USER, two, named, nameless, ANSWER], "[]", &ValidateOptions::default());
    assert_eq!(outcome.messages[2..4], ["a x", "b x"]);
}

#[test]
fn pairing_that_breaks_rejects_the_record() {
    let (a, of_a, of_b) = (calls(&["\"a\""]), result("\"a\""), result("\"b\""));
    let rejected = |messages: &[&str], code: Code, pointer: &str| {
        let outcome = run(messages);
        assert_eq!(outcome.verdict, Verdict::Reject, "{messages:?}");
        let found = outcome.findings.iter().find(|finding| finding.0 == code);
        assert_eq!(found.map(|found| (found.1, &*found.2)), Some((Severity::Error, pointer)), "{messages:?}");
    };
    rejected(&[USER, &of_a, ANSWER], Code::ResultWithoutCall, "/messages/1");
    rejected(&[USER, &a, &of_b, ANSWER], Code::ResultWithoutCall, "/messages/2");
    rejected(&[USER, &a, &of_b, ANSWER], Code::CallUnanswered, "/messages/1/tool_calls/0");
    rejected(&[USER, &a, &of_a, &of_a, ANSWER], Code::DuplicateResult, "/messages/3");
    rejected(&[USER, &a, &of_a, USER, &of_a, ANSWER], Code::ResultWithoutCall, "/messages/4");
    rejected(&[USER, &a, USER, &of_a, ANSWER], Code::ResultWithoutCall, "/messages/3");
    let both = calls(&["\"a\"", "\"b\""]);
    rejected(&[USER, &both, &of_a, ANSWER, &of_b, ANSWER], Code::ResultWithoutCall, "/messages/4");
    rejected(&[USER, &both, &of_a, ANSWER, &of_b, ANSWER], Code::CallUnanswered, "/messages/1/tool_calls/1");
    let twice = calls(&["\"a\"", "\"a\""]);
    rejected(&[USER, &twice, &of_a, &of_a, ANSWER], Code::DuplicateCallId, "/messages/1/tool_calls/1");
    rejected(
        &[USER, &a, &of_a, USER, &calls(&["\"b\""]), ANSWER, USER, ANSWER],
        Code::CallUnanswered,
        "/messages/4/tool_calls/0",
    );
}

#[test]
fn results_may_follow_a_run_of_turns_that_call() {
    let outcome =
        run(&[USER, &calls(&["\"a\""]), &calls(&["\"b\""]), &result("\"b\""), &result("\"a\""), ANSWER]);
    assert_eq!(outcome.verdict, Verdict::Accept);
    assert_eq!(outcome.messages[1..5], ["calls a", "calls b", "a of a", "b of b"]);
}

#[test]
fn calls_may_stay_open_in_the_last_turn_and_where_nothing_is_answered() {
    let (a, of_a, b) = (calls(&["\"a\""]), result("\"a\""), calls(&["\"b\""]));
    assert_eq!(run(&[USER, &a, &of_a, USER, &b]).findings, []);
    let outcome = run(&[USER, &a, USER, &b, USER, ANSWER]);
    assert_eq!(outcome.verdict, Verdict::Accept);
    assert_eq!(outcome.findings, one(Code::CallUnanswered, Severity::Warning, "/messages/1/tool_calls/0"));
    assert_eq!(run(&[USER, &a]).findings, []);
}

#[test]
fn a_tail_without_the_assistant_is_dropped() {
    let outcome = run(&[USER, &calls(&["\"a\""]), &result("\"a\""), USER]);
    assert_eq!(outcome.messages, ["user", "calls a"]);
    assert_eq!(outcome.findings, one(Code::TrailingTurns, Severity::Fixed, "/messages/2"));
    let all = ValidateOptions { loss: Some(Loss::Preset(LossPreset::All)), ..ValidateOptions::default() };
    let outcome = run_with(&[USER, ANSWER, USER], "[]", &all);
    assert_eq!((outcome.verdict, outcome.messages.len()), (Verdict::Accept, 3));
    assert_eq!(run_with(&[USER], "[]", &all).verdict, Verdict::Accept);
}

#[test]
fn a_record_that_trains_nothing_has_its_own_verdict() {
    let outcome = run(&[USER, USER]);
    assert_eq!(outcome.verdict, Verdict::NothingToTrain);
    assert_eq!(outcome.findings.last().unwrap().0, Code::NothingToTrain);
    let zero = r#"{"role": "assistant", "content": "x", "weight": 0}"#;
    assert_eq!(run(&[USER, zero]).verdict, Verdict::NothingToTrain);
    assert_eq!(run(&[USER, zero, USER, ANSWER]).verdict, Verdict::Accept);
    let calls_only =
        ValidateOptions { loss: Some(Loss::Preset(LossPreset::ToolCalls)), ..ValidateOptions::default() };
    assert_eq!(run_with(&[USER, ANSWER], "[]", &calls_only).verdict, Verdict::NothingToTrain);
    let broken = run(&[USER, &result("\"a\"")]);
    assert_eq!(broken.verdict, Verdict::Reject, "what breaks is said before what is missing");
}

#[test]
fn a_call_of_an_undeclared_tool_does_what_validation_says() {
    let wrong =
        r#"{"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "F", "arguments": {}}}]}"#;
    let messages = [USER, wrong, &result("\"a\""), ANSWER];
    for (validation, verdict, severity, masked) in [
        (Validation::Mask, Verdict::Accept, Some(Severity::Masked), Some(Code::UndeclaredTool)),
        (Validation::Reject, Verdict::Reject, Some(Severity::Error), None),
        (Validation::Warn, Verdict::Accept, Some(Severity::Warning), None),
        (Validation::Off, Verdict::Accept, None, None),
    ] {
        let options = ValidateOptions { validation, ..ValidateOptions::default() };
        let outcome = run_with(&messages, TOOL_F, &options);
        assert_eq!(outcome.verdict, verdict, "{validation:?}");
        assert_eq!(outcome.findings.first().map(|finding| finding.1), severity, "{validation:?}");
        assert_eq!(outcome.masked, [None, masked, None, None], "{validation:?}");
    }
    let last_turn = Some(Loss::Preset(LossPreset::LastTurn));
    for validation in [Validation::Mask, Validation::Reject] {
        let options = ValidateOptions { validation, loss: last_turn.clone(), ..ValidateOptions::default() };
        let outcome = run_with(&messages, TOOL_F, &options);
        assert_eq!(
            outcome.findings,
            one(Code::UndeclaredTool, Severity::Warning, "/messages/1/tool_calls/0")
        );
        assert_eq!(
            (outcome.verdict, outcome.masked[1]),
            (Verdict::Accept, None),
            "the turn is not trained anyway"
        );
    }
    let outcome = run_with(&messages[..2], TOOL_F, &ValidateOptions::default());
    assert_eq!(outcome.verdict, Verdict::NothingToTrain, "its only turn is masked");
    let outcome = run_with(&messages, "[]", &ValidateOptions::default());
    assert_eq!(outcome.findings, one(Code::NoToolsDeclared, Severity::Warning, "/messages/1/tool_calls/0"));
}

#[test]
fn many_tools_are_looked_up_as_few_are() {
    let many: Vec<_> = (0..40).map(|n| format!(r#"{{"name": "t{n}"}}"#)).collect();
    let tools = format!(r#"[{}, {{"name": "f"}}, {{"name": "t7"}}]"#, many.join(", "));
    let outcome = run_with(&[USER, &calls(&["\"a\""])], &tools, &ValidateOptions::default());
    assert_eq!(outcome.findings, one(Code::DuplicateTool, Severity::Warning, "/tools/41"));
    let tools = tools.replace("\"f\"", "\"g\"");
    let outcome = run_with(&[USER, &calls(&["\"a\""])], &tools, &ValidateOptions::default());
    assert_eq!(
        outcome.findings[1],
        (Code::UndeclaredTool, Severity::Masked, "/messages/1/tool_calls/0".into())
    );
}

#[test]
fn a_near_name_is_suggested() {
    let line = r#"{"messages": [{"role": "user"}, {"role": "assistant", "tool_calls": [{"function": {"name": "get_wether", "arguments": {}}}, {"function": {"name": "other", "arguments": {}}}]}], "tools": [{"name": "get_weather"}]}"#;
    let mut parsed = parse(line.as_bytes(), &mut Scratch::default(), &ParseOptions::default()).unwrap();
    validate(&mut parsed.conversation, &ValidateOptions::default(), &mut parsed.findings);
    let messages: Vec<_> =
        parsed.findings.iter().filter(|f| f.code == Code::UndeclaredTool).map(|f| &*f.message).collect();
    assert_eq!(
        messages,
        [
            "no declared tool is called `get_wether`; did you mean `get_weather`?",
            "no declared tool is called `other`"
        ]
    );
}

#[test]
fn repairs_are_errors_where_they_are_off() {
    let options = ValidateOptions { repair: false, ..ValidateOptions::default() };
    let (a, of_a) = (calls(&["\"a\""]), result("\"a\""));
    let cases: [(&[&str], Code); 4] = [
        (&[USER, ANSWER, USER], Code::TrailingTurns),
        (&[USER, &calls(&["null"]), &result("null"), ANSWER], Code::CallIdMissing),
        (&[USER, &a, &of_a, &a, &of_a, ANSWER], Code::CallIdReused),
        (&[USER, &calls(&["\"a\"", "\"b\""]), &result("\"b\""), &of_a, ANSWER], Code::ResultsReordered),
    ];
    for (messages, code) in cases {
        assert_eq!(run(messages).verdict, Verdict::Accept, "{code:?}");
        let outcome = run_with(messages, TOOL_F, &options);
        assert_eq!(outcome.verdict, Verdict::Reject, "{code:?}");
        assert!(outcome.findings.iter().any(|finding| finding.0 == code && finding.1 == Severity::Error));
    }
}

#[test]
fn findings_of_parsing_do_not_decide_the_verdict_twice() {
    let line = format!(r#"{{"messages": [{USER}, {ANSWER}]}}"#);
    let mut parsed = parse(line.as_bytes(), &mut Scratch::default(), &ParseOptions::default()).unwrap();
    let mut findings = vec![Finding::new(Code::InvalidJson, "", "of another record")];
    assert_eq!(
        validate(&mut parsed.conversation, &ValidateOptions::default(), &mut findings),
        Verdict::Accept
    );
}

#[test]
fn types_that_nobody_knows_are_not_said_to_be_understood() {
    let line = r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "x"}, {"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": {"a": 1, "n": "x"}}}]}], "tools": [{"name": "f", "parameters": PARAMETERS}]}"#;
    let said = |parameters: &str| {
        let line = line.replace("PARAMETERS", parameters);
        let mut parsed = parse(line.as_bytes(), &mut Scratch::default(), &ParseOptions::default()).unwrap();
        validate(&mut parsed.conversation, &ValidateOptions::default(), &mut parsed.findings);
        parsed.findings.into_iter().map(|finding| (finding.code, finding.message)).collect::<Vec<_>>()
    };
    let nonstandard = |message: &str| vec![(Code::NonstandardSchemaType, message.to_owned())];
    assert_eq!(
        said(r#"{"type": "object", "properties": {"a": {"type": "strng"}, "n": {"type": "Widget"}}}"#),
        nonstandard("not known and ignored: `Widget`, `strng` (did you mean `string`?)")
    );
    assert_eq!(
        said(r#"{"type": "dict", "properties": {"a": {"type": "any"}, "n": {"type": "sring"}}}"#),
        nonstandard(
            "read as what they mean: `any`, `dict`; not known and ignored: `sring` (did you mean `string`?)"
        )
    );
}
