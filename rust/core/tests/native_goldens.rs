//! Native renderers against transformers' and OpenAI's own output.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use support::{first_difference, golden_inputs, goldens};
use tooltrain_core::conversation::{Conversation, Role};
use tooltrain_core::finding::{Code, Finding};
use tooltrain_core::render::native::gpt_oss::GptOss;
use tooltrain_core::render::native::harmony::Harmony;
use tooltrain_core::render::native::hermes::Hermes;
use tooltrain_core::render::native::llama::Llama;
use tooltrain_core::render::{ChatTemplate, RenderOptions, Rendered, Serving};

fn render(template: &dyn ChatTemplate, conversation: &Conversation<'_>) -> Result<Rendered, Finding> {
    let options = RenderOptions { date: "2026-11-20".into(), ..RenderOptions::default() };
    let mut out = Rendered::default();
    template.render(conversation, &options, &mut out, &mut Vec::new())?;
    assert!(out.is_well_formed(), "{}", template.name());
    let turns = out.turns.iter().map(|turn| turn.message as usize).collect::<Vec<_>>();
    assert_eq!(
        turns,
        conversation.assistant_turns().collect::<Vec<_>>(),
        "a turn for each assistant message"
    );
    Ok(out)
}

/// Renders every golden input: texts have to be equal, what was refused has to be refused.
/// Returns how many texts were equal and how many conversations were refused on both sides.
fn compare(
    template: &dyn ChatTemplate,
    name: &str,
    ours_alone_may_refuse: &[Code],
) -> Option<(usize, usize, usize)> {
    let inputs = golden_inputs()?;
    let (mut equal, mut refused, mut refused_by_us) = (0, 0, 0);
    for golden in goldens(name)? {
        match (render(template, &inputs[golden.k]), golden.text) {
            (Ok(ours), Some(theirs)) => {
                assert!(
                    ours.text == theirs,
                    "{name} {}: {}",
                    golden.k,
                    first_difference(&ours.text, &theirs)
                );
                equal += 1;
            }
            (Err(_), None) => refused += 1,
            (Err(finding), Some(_)) if ours_alone_may_refuse.contains(&finding.code) => refused_by_us += 1,
            (Err(finding), Some(_)) => panic!("{name} {}: {finding}", golden.k),
            (Ok(_), None) => panic!("{name} {}: refused by the template: {:?}", golden.k, golden.error),
        }
    }
    Some((equal, refused, refused_by_us))
}

#[test]
fn llama_3_1() {
    let Some(counts) = compare(&Llama::Llama31, "llama-3.1__llama-3.1", &[]) else { return };
    assert_eq!(counts, (128, 13, 0));
}

#[test]
fn llama_3() {
    let Some(counts) = compare(&Llama::Llama3, "llama-3_training__llama-3.1", &[]) else { return };
    assert_eq!(counts, (141, 0, 0));
}

#[test]
fn gpt_oss() {
    // The template prints the first of parallel calls and says nothing; the renderer refuses.
    let Some(counts) = compare(&GptOss, "gpt-oss__gpt-oss", &[Code::ParallelCalls]) else { return };
    assert_eq!(counts, (128, 0, 13));
}

#[test]
fn harmony() {
    let Some(counts) = compare(&Harmony, "harmony_training_render", &[]) else { return };
    assert_eq!(counts, (138, 3, 0));
}

#[test]
fn hermes() {
    let hermes = Hermes { bos: "<|begin_of_text|>" };
    let Some(counts) = compare(&hermes, "hermes-3-tool_use__llama-3.1", &[]) else { return };
    assert_eq!(counts, (70, 71, 0));
}

/// What a native renderer says about a turn has to be what its own rendering of the prefix shows:
/// a consistent turn's prefix is the text that serving shows, generation prompt included.
#[test]
fn consistent_turns_see_the_prompt_of_serving() {
    let Some(inputs) = golden_inputs() else { return };
    let families: [(&dyn ChatTemplate, &str); 5] = [
        (&Llama::Llama31, "<|start_header_id|>assistant<|end_header_id|>\n\n"),
        (&Llama::Llama3, "<|start_header_id|>assistant<|end_header_id|>\n\n"),
        (&GptOss, "<|start|>assistant"),
        (&Harmony, "<|start|>assistant"),
        (&Hermes { bos: "" }, "<|im_start|>assistant\n"),
    ];
    for (template, generation_prompt) in families {
        let (mut consistent, mut differs) = (0, 0);
        for input in &inputs {
            let Ok(full) = render(template, input) else { continue };
            for turn in &full.turns {
                let prefix = Conversation {
                    messages: input.messages[..turn.message as usize].to_vec(),
                    ..input.clone()
                };
                if prefix.messages.iter().all(|message| message.role == Role::System) {
                    continue;
                }
                let mut prompt = render(template, &prefix).unwrap().text;
                if prompt.ends_with("<|return|>") {
                    prompt.truncate(prompt.len() - "<|return|>".len());
                    prompt.push_str("<|end|>");
                }
                prompt.push_str(generation_prompt);
                let same = full.text.get(..turn.sampled.start as usize) == Some(&prompt);
                match turn.serving {
                    Serving::Consistent => assert!(same, "{}: turn {}", template.name(), turn.message),
                    Serving::PromptDiffers => {
                        assert!(!same, "{}: turn {}", template.name(), turn.message);
                        differs += 1;
                    }
                    Serving::FieldDropped => {}
                }
                consistent += usize::from(same);
            }
        }
        assert!(consistent > 100, "{}: {consistent} consistent, {differs} not", template.name());
    }
}
