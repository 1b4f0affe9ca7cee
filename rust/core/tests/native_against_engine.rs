//! Native renderers against the engine that runs their official templates: two ways to the same
//! text, the same turns and the same origins, over real conversations.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};
use support::{first_difference, lines, shared, tokens_of};
use tooltrain_core::conversation::{Content, Conversation, Message, Role, Tool};
use tooltrain_core::finding::{Code, Finding};
use tooltrain_core::options::OnInexact;
use tooltrain_core::parse::{self, ParseOptions};
use tooltrain_core::render::engine::jinja_template::JinjaTemplate;
use tooltrain_core::render::native::gpt_oss::GptOss;
use tooltrain_core::render::native::hermes::Hermes;
use tooltrain_core::render::native::llama::Llama;
use tooltrain_core::render::native::qwen::Qwen;
use tooltrain_core::render::{ChatTemplate, Field, Origin, RenderOptions, Rendered, Serving};

const CORPUS: &[&str] = &[
    "bfcl_multi_turn",
    "bfcl_single_turn",
    "glaive_en_llamafactory",
    "glaive_zh_llamafactory",
    "livemcpbench_claude_sonnet4",
    "sgd_dev",
    "sgd_train-00000-of-00004",
    "swe_agent_demonstrations",
    "tau_bench_airline_gpt4o",
    "toolalpaca_eval",
    "toolrl_rlla_sft",
];

/// How many records of each file are looked at.
const RECORDS: usize = 60;

fn render(
    template: &dyn ChatTemplate,
    conversation: &Conversation<'_>,
    thinking: Option<bool>,
) -> Result<Rendered, Finding> {
    let options = RenderOptions {
        date: "2026-11-20".into(),
        on_inexact: OnInexact::MaskTurn,
        thinking,
        ..RenderOptions::default()
    };
    let mut out = Rendered::default();
    template.render(conversation, &options, &mut out, &mut Vec::new())?;
    assert!(out.is_well_formed(), "{}", template.name());
    Ok(out)
}

/// Both give every byte the same origin. Inside tool definitions the engine also knows which bytes the
/// template wrote; the native renderer takes the whole definition for plain text.
fn same_origins(native: &Rendered, engine: &Rendered, place: &str) {
    let mut theirs = engine.spans.iter().peekable();
    for span in &native.spans {
        let mut at = span.start;
        while at < span.end {
            let their = theirs.peek().unwrap();
            let finer = span.field == Field::ToolDefinition && their.origin == Origin::Template;
            assert!(
                their.origin == span.origin || finer,
                "{place}: {:?} and {:?} for {:?}",
                span.origin,
                their.origin,
                &native.text[at as usize..their.end.min(span.end) as usize]
            );
            at = their.end.min(span.end);
            if their.end <= at {
                theirs.next();
            }
        }
    }
}

fn compare(native: &dyn ChatTemplate, file: &str, thinking: Option<bool>) {
    let Some(folder) = shared() else { return };
    let source = std::fs::read_to_string(folder.join("templates").join(file)).unwrap();
    let engine = JinjaTemplate::from_source(file, &source, &tokens_of(file)).unwrap();
    let (mut equal, mut turns, mut servings) = (0, 0, BTreeMap::<String, usize>::new());
    let mut refused = BTreeMap::<String, usize>::new();
    for name in CORPUS {
        for (number, line) in
            lines(&format!("corpus/{name}.jsonl.gz")).unwrap().iter().take(RECORDS).enumerate()
        {
            let mut scratch = parse::Scratch::default();
            let Ok(parsed) = parse::parse(line.as_bytes(), &mut scratch, &ParseOptions::default()) else {
                continue;
            };
            let mut conversation = parsed.conversation;
            for message in &mut conversation.messages {
                if !matches!(message.content, Content::Text(_)) {
                    message.content = Content::Text("".into());
                }
            }
            let place = format!("{file} on {name}:{}", number + 1);
            let (ours, theirs) =
                (render(native, &conversation, thinking), render(&engine, &conversation, thinking));
            let (ours, theirs) = match (ours, theirs) {
                (Ok(ours), Ok(theirs)) => (ours, theirs),
                (Err(ours), Err(_)) => {
                    *refused.entry(ours.code.name().into()).or_default() += 1;
                    continue;
                }
                // The engine prints what the template prints; the native renderer knows that no model says it.
                (Err(ours), Ok(_))
                    if ours.code == Code::ParallelCalls || ours.pointer.starts_with("/messages") =>
                {
                    *refused.entry(format!("only natively: {}", ours.code.name())).or_default() += 1;
                    continue;
                }
                (Err(ours), Ok(_)) => panic!("{place}: only the engine prints it: {ours}"),
                (Ok(_), Err(theirs)) => panic!("{place}: only the native renderer prints it: {theirs}"),
            };
            assert!(ours.text == theirs.text, "{place}: {}", first_difference(&ours.text, &theirs.text));
            same_origins(&ours, &theirs, &place);
            equal += 1;
            for (ours, theirs) in ours.turns.iter().zip(&theirs.turns) {
                assert_eq!(ours.message, theirs.message, "{place}");
                assert_eq!(ours.sampled, theirs.sampled, "{place}: turn {}", ours.message);
                assert_eq!(ours.serving, theirs.serving, "{place}: turn {}", ours.message);
                assert_eq!(ours.reasoning, theirs.reasoning, "{place}: turn {}", ours.message);
                turns += 1;
                if ours.serving != Serving::Consistent {
                    *servings.entry(format!("{:?}", ours.serving)).or_default() += 1;
                }
            }
            assert_eq!(ours.turns.len(), theirs.turns.len(), "{place}");
        }
    }
    println!("{file}: {equal} equal with {turns} turns, {servings:?}; refused {refused:?}");
    assert!(equal > 100, "{file}: {equal}");
}

#[test]
fn llama() {
    compare(&Llama::Llama31, "llama-3.1.jinja", None);
    compare(&Llama::Llama32, "llama-3.2.jinja", None);
    compare(&Llama::Llama3, "llama-3_trl.jinja", None);
}

#[test]
fn gpt_oss() {
    compare(&GptOss, "gpt-oss.jinja", None);
}

#[test]
fn hermes() {
    compare(&Hermes { bos: "" }, "hermes-3-tool_use.jinja", None);
}

#[test]
fn qwen() {
    compare(&Qwen::Qwen25, "qwen2.5.jinja", None);
    compare(&Qwen::Instruct2507, "qwen3-instruct-2507.jinja", None);
}

#[test]
fn qwen3_in_each_mode() {
    for thinking in [None, Some(true), Some(false)] {
        compare(&Qwen::Qwen3, "qwen3.jinja", thinking);
    }
}

fn schema() -> impl Strategy<Value = Value> {
    let any_type = prop_oneof![
        6 => prop::sample::select(vec!["string", "number", "integer", "boolean", "array", "object"]).prop_map(Value::from),
        1 => prop::sample::select(vec!["null", "any", ""]).prop_map(Value::from),
        1 => prop::collection::vec(prop::sample::select(vec!["string", "integer", "null"]), 0..3).prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(json!(7)),
    ];
    let scalar = prop_oneof![
        "[a-z<|>é ]{0,6}".prop_map(Value::from),
        any::<i8>().prop_map(Value::from),
        Just(json!(1.5)),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        Just(json!(["a", 1])),
    ];
    let names = prop::sample::select(vec!["city", "unit", "items", "type", "é"]);
    let leaf = (any_type.clone(), scalar.clone()).prop_map(|(kind, default)| {
        let mut schema = serde_json::Map::new();
        schema.insert("type".into(), kind);
        if default != json!(1.5) {
            schema.insert("default".into(), default);
        }
        Value::Object(schema)
    });
    leaf.prop_recursive(4, 24, 4, move |inner| {
        (
            any_type.clone(),
            prop::option::weighted(
                0.6,
                prop_oneof![6 => "[A-Z][a-z .\n]{0,12}".prop_map(Value::from), 1 => scalar.clone()],
            ),
            prop::option::weighted(0.2, prop::collection::vec(scalar.clone(), 0..3).prop_map(Value::from)),
            prop::option::weighted(0.2, scalar.clone()),
            prop::option::weighted(0.4, inner.clone()),
            prop::option::weighted(0.6, prop::collection::btree_map(names.clone(), inner.clone(), 0..3)),
            prop::option::weighted(
                0.5,
                prop_oneof![
                    5 => prop::collection::vec(names.clone(), 0..3).prop_map(Value::from),
                    1 => any::<bool>().prop_map(Value::from),
                    1 => Just(json!("city unit")),
                ],
            ),
            prop::option::weighted(0.15, prop::collection::vec(inner.clone(), 0..3)),
            (
                prop::option::weighted(0.2, any::<bool>()),
                prop::option::weighted(0.2, prop_oneof![inner, Just(json!(false))]),
            ),
        )
            .prop_map(
                |(
                    kind,
                    description,
                    choices,
                    default,
                    values,
                    properties,
                    required,
                    one_of,
                    (nullable, rest),
                )| {
                    let members = [
                        ("type", Some(kind)),
                        ("description", description),
                        ("enum", choices),
                        ("default", default),
                        ("items", values),
                        ("properties", properties.map(|properties| json!(properties))),
                        ("required", required),
                        ("oneOf", one_of.map(Value::from)),
                        ("nullable", nullable.map(Value::from)),
                        ("additionalProperties", rest),
                    ];
                    members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
                },
            )
    })
}

/// Every shape of tool definition, sound or not: the same text, or a refusal on both sides.
#[test]
fn tool_definitions() {
    let Some(folder) = shared() else { return };
    let natives: [(&dyn ChatTemplate, &str); 3] = [
        (&GptOss, "gpt-oss.jinja"),
        (&Hermes { bos: "" }, "hermes-3-tool_use.jinja"),
        (&Llama::Llama31, "llama-3.1.jinja"),
    ];
    for (native, file) in natives {
        let source = std::fs::read_to_string(folder.join("templates").join(file)).unwrap();
        let engine = JinjaTemplate::from_source(file, &source, &tokens_of(file)).unwrap();
        let (printed, refused) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
        let mut runner =
            TestRunner::new(Config { cases: 1_500, failure_persistence: None, ..Config::default() });
        runner
            .run(
                &(schema(), prop::option::weighted(0.9, "[A-Z][a-z<&> \n]{0,9}")),
                |(parameters, description)| {
                    let tool = json!({"type": "function", "function": {
                    "name": "f", "description": description, "parameters": parameters}});
                    let conversation = Conversation {
                        messages: vec![
                            Message::new(Role::User, 0).with_text("hi"),
                            Message::new(Role::Assistant, 1).with_text("hello"),
                        ],
                        tools: vec![Tool {
                            json: tool.to_string().into(),
                            name: "f".into(),
                            parameters: None,
                        }],
                        ..Conversation::default()
                    };
                    match (render(native, &conversation, None), render(&engine, &conversation, None)) {
                        (Ok(ours), Ok(theirs)) => {
                            prop_assert!(
                                ours.text == theirs.text,
                                "{}",
                                first_difference(&ours.text, &theirs.text)
                            );
                            printed.set(printed.get() + 1);
                        }
                        (Err(_), Err(_)) => {}
                        // Lists and objects in the place of a text: Python prints them, nobody means them.
                        (Err(ours), Ok(_)) if ours.message.contains(" is no ") => {
                            refused.set(refused.get() + 1);
                        }
                        (Err(ours), Ok(theirs)) => {
                            return Err(TestCaseError::fail(format!(
                                "only the engine prints: {ours}\n{}",
                                theirs.text
                            )));
                        }
                        (Ok(ours), Err(theirs)) => {
                            return Err(TestCaseError::fail(format!(
                                "only natively: {theirs}\n{}",
                                ours.text
                            )));
                        }
                    }
                    Ok(())
                },
            )
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        println!(
            "{file}: {} of 1500 printed, {} refused by the native renderer alone",
            printed.get(),
            refused.get()
        );
        assert!(refused.get() * 20 < printed.get(), "{file}: {} refused", refused.get());
        assert!(printed.get() > 100, "{file}: {} printed", printed.get());
    }
}
