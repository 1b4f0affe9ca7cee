//! Conversations with reasoning in several rounds, as transformers prints them; what of them is trained.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use serde_json::{Value, json};
use tooltrain_core::loss::decide;
use tooltrain_core::mask::LossPolicy;
use tooltrain_core::options::History;
use tooltrain_core::parse::{ParseOptions, Scratch, parse};
use tooltrain_core::render::native::qwen::Qwen;
use tooltrain_core::render::{ChatTemplate, RenderOptions, Rendered, Serving};

const GOLDENS: &str = include_str!("../../../tests/goldens/reasoning.jsonl");

fn render(record: &Value, family: Qwen, thinking: Option<bool>, history: History) -> Rendered {
    let line = record.to_string();
    let mut conversation =
        parse(line.as_bytes(), &mut Scratch::default(), &ParseOptions::default()).unwrap().conversation;
    decide(&mut conversation, None);
    let options = RenderOptions { thinking, inline: history == History::Inline, ..RenderOptions::default() };
    let mut rendered = Rendered::default();
    family.render(&conversation, &options, &mut rendered, &mut Vec::new()).unwrap();
    assert!(rendered.is_well_formed());
    LossPolicy { loss: None, history, thinking: true }.weigh(&conversation, &mut rendered);
    rendered
}

fn golden(name: &str) -> Value {
    GOLDENS
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|golden| golden["name"] == name)
        .unwrap()
}

/// The trained text, one piece a turn.
fn trained(rendered: &Rendered) -> Vec<String> {
    let piece = |turn: &tooltrain_core::render::Turn| -> String {
        let inside = rendered.spans.iter().filter(|span| {
            span.weight != 0.0 && turn.sampled.start <= span.start && span.end <= turn.sampled.end
        });
        inside.map(|span| &rendered.text[span.range()]).collect()
    };
    rendered.turns.iter().map(piece).collect()
}

#[test]
fn text_equals_that_of_transformers() {
    for line in GOLDENS.lines() {
        let golden: Value = serde_json::from_str(line).unwrap();
        for family in [Qwen::Qwen3, Qwen::Instruct2507, Qwen::Qwen25] {
            let rendered = render(&golden, family, None, History::Mask);
            assert_eq!(
                rendered.text,
                golden["texts"][family.name()].as_str().unwrap(),
                "{} {family:?}",
                golden["name"]
            );
        }
    }
}

#[test]
fn reasoning_is_trained_where_it_is_printed() {
    let record = golden("reasoning between call and answer");
    assert_eq!(
        trained(&render(&record, Qwen::Qwen3, None, History::Mask)),
        [
            "<think>\nI need the weather.\n</think>\n\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome\", \"n\": 1.5}}\n</tool_call><|im_end|>",
            "<think>\nIt is sun.\n</think>\n\nSun.<|im_end|>",
        ]
    );
}

#[test]
fn a_turn_whose_reasoning_is_dropped_is_context() {
    let record = golden("two rounds with reasoning");
    let rendered = render(&record, Qwen::Qwen3, None, History::Mask);
    assert_eq!(rendered.turns[0].serving, Serving::FieldDropped);
    assert_eq!(trained(&rendered), ["", "<think>\nLeave.\n</think>\n\nbye<|im_end|>"]);
    let kept = render(&record, Qwen::Qwen3, None, History::Keep);
    assert_eq!(trained(&kept), ["hello<|im_end|>", "<think>\nLeave.\n</think>\n\nbye<|im_end|>"]);
}

#[test]
fn an_answer_after_a_reasoned_call_of_an_earlier_round_saw_another_prompt() {
    let record = golden("parallel calls in two rounds");
    let rendered = render(&record, Qwen::Qwen3, None, History::Mask);
    let serving: Vec<Serving> = rendered.turns.iter().map(|turn| turn.serving).collect();
    assert_eq!(
        serving,
        [Serving::FieldDropped, Serving::FieldDropped, Serving::Consistent, Serving::Consistent]
    );
    let mut without = record;
    without["messages"][5]["reasoning_content"] = Value::Null;
    let rendered = render(&without, Qwen::Qwen3, None, History::Mask);
    assert_eq!(rendered.turns[1].serving, Serving::PromptDiffers);
}

#[test]
fn an_empty_think_block_is_prompt() {
    for name in ["one answer without", "empty reasoning", "reasoning of newlines only"] {
        let rendered = render(&golden(name), Qwen::Qwen3, None, History::Mask);
        assert_eq!(trained(&rendered), ["hello<|im_end|>"], "{name}");
    }
}

#[test]
fn without_thinking_only_the_block_that_serving_writes_is_a_prompt() {
    let record = json!({"messages": [
        {"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"},
        {"role": "user", "content": "and?"}, {"role": "assistant", "content": "bye"},
    ]});
    let off = render(&record, Qwen::Qwen3, Some(false), History::Mask);
    assert_eq!(trained(&off), ["", "bye<|im_end|>"]);
    let reasoned = golden("one answer with reasoning");
    let off = render(&reasoned, Qwen::Qwen3, Some(false), History::Mask);
    assert_eq!(off.turns[0].serving, Serving::PromptDiffers);
}

#[test]
fn inline_prints_every_turn_after_its_own_generation_prompt() {
    let record = golden("two rounds with reasoning");
    let inline = render(&record, Qwen::Qwen3, None, History::Inline);
    assert_eq!(
        trained(&inline),
        ["<think>\nGreet.\n</think>\n\nhello<|im_end|>", "<think>\nLeave.\n</think>\n\nbye<|im_end|>"]
    );
    let without = json!({"messages": [
        {"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"},
        {"role": "user", "content": "and?"}, {"role": "assistant", "content": "bye"},
    ]});
    let off = render(&without, Qwen::Qwen3, Some(false), History::Inline);
    assert_eq!(trained(&off), ["hello<|im_end|>", "bye<|im_end|>"]);
    assert_eq!(off.text.matches("<think>\n\n</think>\n\n").count(), 2);
}
