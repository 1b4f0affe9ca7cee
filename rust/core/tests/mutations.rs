//! Real conversations, damaged in one place: the damage is found, with its code and where it is, and
//! nothing is found that was not there before.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod shared_data;

use serde_json::{Value, json};
use tooltrain_core::finding::{Code, Severity};
use tooltrain_core::parse::{ParseOptions, Scratch, parse};
use tooltrain_core::validate::{ValidateOptions, validate};

type Found = (Code, Severity, String);

fn findings(line: &[u8]) -> Vec<Found> {
    let findings = match parse(line, &mut Scratch::default(), &ParseOptions::default()) {
        Ok(mut parsed) => {
            validate(&mut parsed.conversation, &ValidateOptions::default(), &mut parsed.findings);
            parsed.findings
        }
        Err(findings) => findings,
    };
    findings.into_iter().map(|finding| (finding.code, finding.severity, finding.pointer)).collect()
}

/// Where a call stands: message, position, id, and the message of its result if it has one.
#[derive(Clone, Debug)]
struct Call {
    message: usize,
    position: usize,
    result: Option<usize>,
}

/// A real record that has calls, with what is found in it as it is.
struct Record {
    name: String,
    value: Value,
    baseline: Vec<Found>,
    calls: Vec<Call>,
    last_assistant: usize,
}

impl Record {
    fn new(name: String, line: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(line).ok()?;
        let messages = value["messages"].as_array()?;
        let mut calls: Vec<Call> = Vec::new();
        let mut open: Vec<(String, usize)> = Vec::new();
        for (at, message) in messages.iter().enumerate() {
            for (position, call) in message["tool_calls"].as_array().into_iter().flatten().enumerate() {
                open.push((call["id"].as_str()?.to_owned(), calls.len()));
                calls.push(Call { message: at, position, result: None });
            }
            if message["role"] == "tool" {
                let id = message["tool_call_id"].as_str()?;
                let place = open.iter().position(|(open, _)| open == id)?;
                calls[open.remove(place).1].result = Some(at);
            }
        }
        let last_assistant = messages.iter().rposition(|message| message["role"] == "assistant")?;
        (!calls.is_empty()).then(|| Self { name, baseline: findings(line), value, calls, last_assistant })
    }

    fn call(&self, call: &Call) -> &Value {
        &self.value["messages"][call.message]["tool_calls"][call.position]
    }

    fn pointer(call: &Call) -> String {
        format!("/messages/{}/tool_calls/{}", call.message, call.position)
    }

    fn arguments_pointer(call: &Call) -> String {
        Self::pointer(call) + "/function/arguments"
    }

    /// Calls that are answered before the last turn of the assistant.
    fn answered(&self) -> Vec<&Call> {
        self.calls
            .iter()
            .filter(|call| call.result.is_some_and(|result| result < self.last_assistant))
            .collect()
    }

    /// The declaration of the tool that a call names, where there is only one.
    fn declaration(&self, call: &Call) -> Option<&Value> {
        let name = &self.call(call)["function"]["name"];
        let mut named =
            self.value["tools"].as_array()?.iter().filter(|tool| tool["function"]["name"] == *name);
        named.next().filter(|_| named.next().is_none())
    }

    /// Damages a copy, and expects these findings beyond the baseline.
    fn expect(&self, what: &str, damage: impl FnOnce(&mut Value), expected: &[(Code, Severity, &str)]) {
        let mut value = self.value.clone();
        damage(&mut value);
        self.expect_line(what, value.to_string().as_bytes(), expected);
    }

    fn expect_line(&self, what: &str, line: &[u8], expected: &[(Code, Severity, &str)]) {
        let found = findings(line);
        for (code, severity, pointer) in expected {
            assert!(
                found.iter().any(|found| (found.0, found.1, &*found.2) == (*code, *severity, *pointer)),
                "{}: {what}: {code:?} at {pointer} is not among {found:?}",
                self.name
            );
        }
        let rejected = expected.iter().any(|(_, severity, _)| *severity == Severity::Error);
        for finding in &found {
            let known = self.baseline.iter().any(|known| known.0 == finding.0)
                || expected.iter().any(|(code, ..)| *code == finding.0)
                || (rejected && finding.1 != Severity::Error);
            assert!(known, "{}: {what}: {finding:?} is not expected", self.name);
        }
    }
}

fn records() -> Vec<Record> {
    let mut records = Vec::new();
    for path in shared_data::files("corpus") {
        let name = shared_data::stem(&path);
        let (step, most) = match &*name {
            "toolbench_legacy_function_call" | "toolrl_rlla_sft" | "swe_agent_demonstrations" => continue,
            name if name.starts_with("sgd") => (97, 12),
            _ => (7, 25),
        };
        let content = shared_data::gunzip(&path);
        let lines = content.split(|&byte| byte == b'\n').enumerate().step_by(step);
        let read = lines.filter_map(|(at, line)| Record::new(format!("{name}:{}", at + 1), line));
        let usable = |record: &Record| record.baseline.iter().all(|found| found.1 != Severity::Error);
        records.extend(read.filter(usable).take(most));
    }
    records
}

/// Runs `damage` on every record, and checks that it applied to at least `least` of them.
fn on_all(least: usize, mut damage: impl FnMut(&Record) -> Option<()>) {
    if shared_data::folder().is_none() {
        return;
    }
    let records = records();
    let done = records.iter().filter_map(&mut damage).count();
    assert!(done >= least, "the damage applied to {done} of {} records", records.len());
}

fn message(value: &mut Value, at: usize) -> &mut Value {
    &mut value["messages"][at]
}

fn remove_message(value: &mut Value, at: usize) {
    value["messages"].as_array_mut().unwrap().remove(at);
}

fn function<'v>(value: &'v mut Value, call: &Call) -> &'v mut Value {
    &mut value["messages"][call.message]["tool_calls"][call.position]["function"]
}

/// The arguments of a call as a value, whatever their spelling.
fn arguments(record: &Record, call: &Call) -> Value {
    match &record.call(call)["function"]["arguments"] {
        Value::String(text) => serde_json::from_str(text).unwrap(),
        other => other.clone(),
    }
}

/// Puts arguments back in the spelling they had.
fn set_arguments(value: &mut Value, call: &Call, arguments: &Value) {
    let old = &mut function(value, call)["arguments"];
    *old = if old.is_string() { arguments.to_string().into() } else { arguments.clone() };
}

#[test]
fn a_result_that_is_dropped() {
    on_all(60, |record| {
        let answered = record.answered();
        let call = answered.first().filter(|_| answered.len() > 1)?;
        record.expect(
            "a dropped result",
            |value| remove_message(value, call.result.unwrap()),
            &[(Code::CallUnanswered, Severity::Error, &Record::pointer(call))],
        );
        Some(())
    });
}

#[test]
fn a_result_that_names_no_call() {
    on_all(60, |record| {
        let answered = record.answered();
        let call = answered.last()?;
        let at = call.result.unwrap();
        record.expect(
            "a result of nothing",
            |value| message(value, at)["tool_call_id"] = "nobody".into(),
            &[
                (Code::ResultWithoutCall, Severity::Error, &format!("/messages/{at}")),
                (Code::CallUnanswered, Severity::Error, &Record::pointer(call)),
            ],
        );
        Some(())
    });
}

#[test]
fn ids_that_are_swapped_between_rounds() {
    on_all(40, |record| {
        let answered = record.answered();
        let first = answered.first()?;
        let last = answered.iter().rev().find(|call| call.message != first.message)?;
        let (one, other) = (first.result?, last.result?);
        let id = |at: usize| record.value["messages"][at]["tool_call_id"].clone();
        if id(one) == id(other) {
            return None;
        }
        record.expect(
            "ids swapped between rounds",
            |value| {
                message(value, one)["tool_call_id"] = id(other);
                message(value, other)["tool_call_id"] = id(one);
            },
            &[
                (Code::ResultWithoutCall, Severity::Error, &format!("/messages/{one}")),
                (Code::CallUnanswered, Severity::Error, &Record::pointer(first)),
            ],
        );
        Some(())
    });
}

#[test]
fn a_second_result_for_a_call() {
    on_all(60, |record| {
        let answered = record.answered();
        let at = answered.first()?.result?;
        record.expect(
            "a doubled result",
            |value| {
                let again = message(value, at).clone();
                value["messages"].as_array_mut().unwrap().insert(at + 1, again);
            },
            &[(Code::DuplicateResult, Severity::Error, &format!("/messages/{}", at + 1))],
        );
        Some(())
    });
}

#[test]
fn an_id_used_twice_in_a_turn() {
    on_all(20, |record| {
        let second = record.calls.iter().find(|call| call.position == 1)?;
        let id = record.value["messages"][second.message]["tool_calls"][0]["id"].clone();
        record.expect(
            "an id twice in a turn",
            |value| message(value, second.message)["tool_calls"][1]["id"] = id,
            &[(Code::DuplicateCallId, Severity::Error, &Record::pointer(second))],
        );
        Some(())
    });
}

#[test]
fn a_tool_that_is_renamed() {
    on_all(100, |record| {
        let call = record.calls.last()?;
        record.declaration(call)?;
        let pointer = Record::pointer(call);
        let mut expected = vec![(Code::UndeclaredTool, Severity::Masked, &*pointer)];
        if only_turn(record) {
            expected.push((Code::OnlyWrongCalls, Severity::Warning, "/messages"));
        }
        let rename = |value: &mut Value| function(value, call)["name"] = "no_such_tool".into();
        let result = call.result.filter(|&result| result < record.last_assistant);
        let named = result.filter(|&result| record.value["messages"][result]["name"].is_string());
        let of_result = named.map(|result| format!("/messages/{result}"));
        expected.extend(of_result.iter().map(|at| (Code::ResultNameDiffers, Severity::Warning, &**at)));
        record.expect("a renamed tool", rename, &expected);
        Some(())
    });
}

/// Whether the record has one turn of the assistant.
fn only_turn(record: &Record) -> bool {
    let messages = record.value["messages"].as_array().unwrap();
    messages.iter().filter(|message| message["role"] == "assistant").count() == 1
}

#[test]
fn arguments_that_are_broken() {
    on_all(100, |record| {
        let call = record.calls.first()?;
        let pointer = Record::arguments_pointer(call);
        let text = arguments(record, call).to_string();
        record.expect(
            "arguments cut short",
            |value| function(value, call)["arguments"] = text[..text.len() - 1].into(),
            &[(Code::ArgumentsNotJson, Severity::Error, &pointer)],
        );
        record.expect(
            "arguments in a list",
            |value| function(value, call)["arguments"] = format!("[{text}]").into(),
            &[(Code::ArgumentsNotObject, Severity::Error, &pointer)],
        );
        if only_turn(record) {
            return Some(()); // nothing is left to train, which has a finding of its own
        }
        record.expect(
            "a key twice in arguments",
            |value| function(value, call)["arguments"] = r#"{"k": 1, "\u006b": 2}"#.into(),
            &[(Code::DuplicateKey, Severity::Masked, &pointer)],
        );
        Some(())
    });
}

#[test]
fn values_of_another_type_and_missing_ones() {
    let mut missing = 0;
    on_all(60, |record| {
        let call = record.calls.last().filter(|_| !only_turn(record))?;
        let schema = &record.declaration(call)?["function"]["parameters"];
        let given = arguments(record, call);
        let (key, _) = given.as_object()?.iter().find(|(key, _)| {
            ["string", "integer", "number", "boolean"]
                .iter()
                .any(|kind| schema["properties"][key]["type"] == *kind)
        })?;
        let inside = record.call(call)["function"]["arguments"].is_object();
        let pointer = Record::arguments_pointer(call);
        let at_key = if inside { format!("{pointer}/{key}") } else { pointer.clone() };
        let mut retyped = given.clone();
        retyped[key] = json!([{"x": null}]);
        record.expect(
            "a value of another type",
            |value| set_arguments(value, call, &retyped),
            &[(Code::ArgumentsAgainstSchema, Severity::Masked, &at_key)],
        );
        if schema["required"].as_array().is_some_and(|required| required.iter().any(|name| name == key)) {
            missing += 1;
            let mut less = given.clone();
            less.as_object_mut().unwrap().remove(key);
            record.expect(
                "a missing argument",
                |value| set_arguments(value, call, &less),
                &[(Code::ArgumentsAgainstSchema, Severity::Masked, &pointer)],
            );
        }
        Some(())
    });
    assert!(missing >= 20 || shared_data::folder().is_none(), "{missing}");
}

#[test]
fn keys_that_stand_twice() {
    on_all(150, |record| {
        let line = record.value.to_string();
        let twice = line.replacen(r#"{"role":"#, r#"{"role":"nobody","role":"#, 1);
        record.expect_line(
            "a key twice",
            twice.as_bytes(),
            &[(Code::DuplicateKey, Severity::Error, "/messages/0/role")],
        );
        Some(())
    });
}

#[test]
fn lines_that_are_cut_or_hold_a_bad_byte() {
    on_all(150, |record| {
        let line = record.value.to_string();
        for part in [0.1, 0.5, 0.9, 0.999] {
            let cut = line.floor_char_boundary((line.len() as f64 * part) as usize);
            let found = findings(&line.as_bytes()[..cut]);
            assert_eq!(found.len(), 1, "{}", record.name);
            assert_eq!((found[0].0, found[0].1), (Code::InvalidJson, Severity::Error), "{}", record.name);
            let mut bytes = line.clone().into_bytes();
            bytes[cut] = 0xFF;
            record.expect_line("a bad byte", &bytes, &[(Code::InvalidUtf8, Severity::Error, "")]);
        }
        Some(())
    });
}

#[test]
fn messages_that_are_damaged() {
    on_all(150, |record| {
        let last = record.last_assistant;
        let at = |field: &str| format!("/messages/{last}{field}");
        record.expect(
            "an unknown role",
            |value| message(value, 0)["role"] = "narrator".into(),
            &[(Code::UnknownRole, Severity::Error, "/messages/0/role")],
        );
        record.expect(
            "no role",
            |value| {
                message(value, 0).as_object_mut().unwrap().remove("role");
            },
            &[(Code::RoleMissing, Severity::Error, "/messages/0")],
        );
        record.expect(
            "content of a wrong type",
            |value| message(value, last)["content"] = json!(3.5),
            &[(Code::ContentWrongType, Severity::Error, &at("/content"))],
        );
        record.expect(
            "an image",
            |value| {
                message(value, last)["content"] = json!([{"type": "image_url", "image_url": {"url": "x"}}]);
            },
            &[(Code::UnknownContentPart, Severity::Error, &at("/content/0"))],
        );
        record.expect(
            "a weight below 0",
            |value| message(value, last)["weight"] = json!(-0.5),
            &[(Code::WeightInvalid, Severity::Error, &at("/weight"))],
        );
        let line = record.value.to_string();
        let half = line.replacen(r#""content":""#, r#""content":"\ud83d"#, 1);
        if half != line {
            let found = findings(half.as_bytes());
            assert_eq!((found.len(), found[0].0), (1, Code::LoneSurrogate), "{}", record.name);
        }
        record.expect_line(
            "a record in a list",
            format!("[{line}]").as_bytes(),
            &[(Code::NotAnObject, Severity::Error, "")],
        );
        Some(())
    });
}

#[test]
fn turns_that_lose_their_training() {
    on_all(150, |record| {
        record.expect(
            "weights of 0",
            |value| {
                for message in value["messages"].as_array_mut().unwrap() {
                    if message["role"] == "assistant" {
                        message["weight"] = json!(0);
                    }
                }
            },
            &[(Code::NothingToTrain, Severity::Warning, "/messages")],
        );
        let after = record.last_assistant + 1;
        record.expect(
            "one more question",
            |value| {
                let messages = value["messages"].as_array_mut().unwrap();
                messages.truncate(after);
                messages.push(json!({"role": "user", "content": "and?"}));
            },
            &[(Code::TrailingTurns, Severity::Fixed, &format!("/messages/{after}"))],
        );
        Some(())
    });
}

#[test]
fn ids_that_are_missing_are_made() {
    on_all(60, |record| {
        let answered = record.answered();
        let call = answered
            .iter()
            .find(|call| record.calls.iter().filter(|other| other.message == call.message).count() == 1)?;
        let result = call.result?;
        record.expect(
            "ids taken away",
            |value| {
                let (call, result) = (*call, result);
                message(value, call.message)["tool_calls"][0].as_object_mut().unwrap().remove("id");
                message(value, result).as_object_mut().unwrap().remove("tool_call_id");
            },
            &[
                (Code::CallIdMissing, Severity::Fixed, &Record::pointer(call)),
                (Code::ResultIdMissing, Severity::Fixed, &format!("/messages/{result}")),
            ],
        );
        Some(())
    });
}

#[test]
fn tools_that_are_taken_away_or_doubled() {
    on_all(100, |record| {
        let first = record.calls.first()?;
        let tools = record.value["tools"].as_array().filter(|tools| !tools.is_empty())?.clone();
        record.expect(
            "no tools",
            |value| value["tools"] = json!([]),
            &[(
                Code::NoToolsDeclared,
                Severity::Warning,
                &format!("/messages/{}/tool_calls/0", first.message),
            )],
        );
        record.expect(
            "a tool twice",
            |value| value["tools"].as_array_mut().unwrap().push(tools[0].clone()),
            &[(Code::DuplicateTool, Severity::Warning, &format!("/tools/{}", tools.len()))],
        );
        record.expect(
            "a tool without a name",
            |value| {
                value["tools"][0]["function"].as_object_mut().unwrap().remove("name");
            },
            &[(Code::ToolWrongShape, Severity::Error, "/tools/0")],
        );
        record.expect(
            "a schema that is none",
            |value| value["tools"][0]["function"]["parameters"] = json!({"type": "object", "properties": 7}),
            &[(Code::ToolSchemaInvalid, Severity::Warning, "/tools/0")],
        );
        Some(())
    });
}
