//! `history="inline"`: each turn stands as it is printed when it is the last one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use support::{conversation, golden_inputs, own_templates, own_tokens, shape, shapes};
use tooltrain_core::conversation::{Content, Conversation};
use tooltrain_core::finding::{Code, Finding};
use tooltrain_core::render::engine::jinja_template::JinjaTemplate;
use tooltrain_core::render::native::chatml::ChatMl;
use tooltrain_core::render::native::gpt_oss::GptOss;
use tooltrain_core::render::native::harmony::Harmony;
use tooltrain_core::render::native::llama::Llama;
use tooltrain_core::render::native::qwen::Qwen;
use tooltrain_core::render::{ChatTemplate, RenderOptions, Rendered, Serving, inline};

const REASONING: &str = r#"{"messages": [
    {"role": "user", "content": "One?"},
    {"role": "assistant", "content": "1", "reasoning_content": "First."},
    {"role": "user", "content": "Find two."},
    {"role": "assistant", "content": "", "reasoning_content": "I look.", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "find", "arguments": {"n": 2}}}]},
    {"role": "tool", "tool_call_id": "a", "name": "find", "content": "two"},
    {"role": "assistant", "content": "2", "reasoning_content": "Found."},
    {"role": "user", "content": "Thanks."},
    {"role": "assistant", "content": "Bye."}]}"#;

fn options(inline: bool, thinking: Option<bool>) -> RenderOptions {
    RenderOptions { date: "2026-11-20".into(), inline, thinking, ..RenderOptions::default() }
}

fn inline_row(
    template: &dyn ChatTemplate,
    conversation: &Conversation<'_>,
    thinking: Option<bool>,
) -> Result<(Rendered, Vec<Finding>), Finding> {
    let (mut row, mut findings) = (Rendered::default(), Vec::new());
    inline::render(template, conversation, &options(true, thinking), &mut row, &mut findings)?;
    assert!(row.is_well_formed(), "{}", template.name());
    Ok((row, findings))
}

fn own_row(
    template: &dyn ChatTemplate,
    conversation: &Conversation<'_>,
    options: &RenderOptions,
) -> Result<(Rendered, Vec<Finding>), Finding> {
    let (mut row, mut findings) = (Rendered::default(), Vec::new());
    template.render(conversation, options, &mut row, &mut findings)?;
    Ok((row, findings))
}

fn sampled(row: &Rendered) -> Vec<(&str, Serving)> {
    let text = |range: &std::ops::Range<u32>| &row.text[range.start as usize..range.end as usize];
    row.turns.iter().map(|turn| (text(&turn.sampled), turn.serving)).collect()
}

fn conversations() -> Vec<Conversation<'static>> {
    let mut conversations: Vec<_> = shapes().into_iter().map(conversation).collect();
    conversations.push(conversation(REASONING));
    conversations.extend(golden_inputs().unwrap_or_default());
    for message in conversations.iter_mut().flat_map(|conversation| &mut conversation.messages) {
        if !matches!(message.content, Content::Text(_)) {
            message.content = Content::Text("".into());
        }
    }
    conversations
}

/// Qwen3 prints inline rows itself, in one pass. Both ways give the same text, spans and turns.
#[test]
fn qwen3_in_one_pass_and_turn_by_turn() {
    for conversation in conversations() {
        for thinking in [None, Some(true), Some(false)] {
            let (one_pass, findings) =
                own_row(&Qwen::Qwen3, &conversation, &options(true, thinking)).unwrap();
            let (by_turn, found) = inline_row(&Qwen::Qwen3, &conversation, thinking).unwrap();
            assert_eq!(by_turn.text, one_pass.text);
            assert_eq!(by_turn.spans, one_pass.spans);
            assert_eq!(by_turn.turns, one_pass.turns, "{}", one_pass.text);
            assert_eq!(found, findings);
        }
    }
}

/// Where history is printed as the last turn is, the inline row is the row.
#[test]
fn templates_that_keep_history_print_the_same_row() {
    let templates: [&dyn ChatTemplate; 5] =
        [&Qwen::Qwen25, &Qwen::Instruct2507, &Llama::Llama31, &Llama::Llama32, &ChatMl];
    for conversation in conversations() {
        for template in templates {
            let whole = own_row(template, &conversation, &options(false, None));
            let inline = inline_row(template, &conversation, None);
            assert_eq!(inline, whole, "{}", template.name());
        }
    }
}

/// gpt-oss drops reasoning from history and ends it otherwise; inline every turn reasons and stops.
#[test]
fn gpt_oss_reasons_and_stops_in_every_turn() {
    let (row, findings) = inline_row(&GptOss, &conversation(REASONING), None).unwrap();
    let expected = [
        "<|channel|>analysis<|message|>First.<|end|><|start|>assistant<|channel|>final<|message|>1<|return|>",
        "<|channel|>analysis<|message|>I look.<|end|><|start|>assistant to=functions.find<|channel|>commentary json<|message|>{\"n\": 2}<|call|>",
        "<|channel|>analysis<|message|>Found.<|end|><|start|>assistant<|channel|>final<|message|>2<|return|>",
        "<|channel|>final<|message|>Bye.<|return|>",
    ];
    assert_eq!(sampled(&row), expected.map(|text| (text, Serving::Consistent)));
    assert!(row.text.contains("1<|return|><|start|>user<|message|>Find two.<|end|>"), "{}", row.text);
    assert!(row.text.ends_with("Bye.<|return|>"), "{}", row.text);
    assert_eq!(findings, []);

    let (row, _) = inline_row(&Harmony, &conversation(REASONING), None).unwrap();
    assert!(row.text.contains("1<|return|><|start|>user<|message|>Find two.<|end|>"), "{}", row.text);
}

/// The engine's templates: history of this one loses its reasoning, inline it keeps it.
#[test]
fn an_engine_template_reasons_in_every_turn() {
    let path = own_templates().into_iter().find(|path| path.ends_with("opened_think.jinja")).unwrap();
    let source = std::fs::read_to_string(path).unwrap();
    let template = JinjaTemplate::from_source("opened_think", &source, &own_tokens()).unwrap();
    let conversation = conversation(REASONING);

    let (row, _) = inline_row(&template, &conversation, None).unwrap();
    let expected = [
        "First.\n</think>\n1</s>",
        "I look.\n</think>\n<tool_call>find\n<n>2</n></tool_call></s>",
        "Found.\n</think>\n2</s>",
        "Bye.</s>",
    ];
    assert_eq!(sampled(&row), expected.map(|text| (text, Serving::Consistent)));
    assert_eq!(
        &row.text[..row.turns[1].sampled.start as usize],
        "<|turn|>user\nOne?\n<|turn|>assistant\n<think>\nFirst.\n</think>\n1</s>\n\
         <|turn|>user\nFind two.\n<|turn|>assistant\n<think>\n"
    );

    let (history, _) = own_row(&template, &conversation, &options(false, None)).unwrap();
    assert!(history.turns[..3].iter().all(|turn| turn.serving != Serving::Consistent));

    // Served without thinking, a turn that reasons is none of serving.
    let (row, _) = inline_row(&template, &conversation, Some(false)).unwrap();
    let served: Vec<_> = row.turns.iter().map(|turn| turn.serving).collect();
    let differs = Serving::PromptDiffers;
    assert_eq!(served, [differs, differs, differs, Serving::Consistent]);
}

/// Whatever the template: either a row in which every turn stands, or a refusal that names the turn.
#[test]
fn small_templates_print_every_turn_or_refuse() {
    let (mut rows, mut refused) = (0, Vec::new());
    for path in own_templates().into_iter().filter(|path| !path.ends_with("python_habits.jinja")) {
        let source = std::fs::read_to_string(&path).unwrap();
        let name = support::file_name(&path);
        let template = JinjaTemplate::from_source(&name, &source, &own_tokens()).unwrap();
        for line in shapes() {
            let conversation = conversation(line);
            match inline_row(&template, &conversation, None) {
                Ok((row, _)) => {
                    rows += 1;
                    assert_eq!(row.turns.len(), conversation.assistant_turns().count(), "{name}: {line}");
                }
                Err(finding) => {
                    let known = [Code::SpansNotProvable, Code::CannotRender, Code::ParallelCalls];
                    assert!(known.contains(&finding.code), "{name}: {finding}");
                    refused.push(format!("{name} on {}: {finding}", shape(line)));
                }
            }
        }
    }
    assert!(rows >= 140, "{rows} rows; refused: {}", refused.join("\n"));
}
