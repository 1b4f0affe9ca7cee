//! Real records of the other layouts.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod shared_data;

use std::sync::Arc;

use tooltrain_core::conversation::Conversation;
use tooltrain_core::finding::{Code, Severity};
use tooltrain_core::parse::{Job, ParseOptions, Scratch, parse};
use tooltrain_core::validate::{ValidateOptions, Verdict, validate};

fn lines(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    content.split(|&byte| byte == b'\n').filter(|line| !line.is_empty())
}

fn read<'a>(line: &'a [u8], options: &ParseOptions) -> Result<Conversation<'a>, Vec<Code>> {
    match parse(line, &mut Scratch::default(), options) {
        Ok(parsed) => Ok(parsed.conversation),
        Err(findings) => Err(findings.into_iter().map(|finding| finding.code).collect()),
    }
}

/// JSON text as a value, so that spacing does not count.
fn value(json: &str) -> serde_json::Value {
    serde_json::from_str(json).unwrap()
}

/// The same conversation up to ids and the spacing of JSON.
fn assert_same(ours: &Conversation<'_>, expected: &Conversation<'_>, at: usize) {
    assert_eq!(ours.messages.len(), expected.messages.len(), "record {at}");
    for (ours, expected) in ours.messages.iter().zip(&expected.messages) {
        assert_eq!(ours.role, expected.role, "record {at}");
        assert_eq!(ours.content, expected.content, "record {at}");
        assert_eq!(ours.tool_call_id.is_some(), expected.tool_call_id.is_some(), "record {at}");
        assert_eq!(ours.tool_calls.len(), expected.tool_calls.len(), "record {at}");
        for (ours, expected) in ours.tool_calls.iter().zip(&expected.tool_calls) {
            assert_eq!(ours.name, expected.name, "record {at}");
            assert_eq!(value(&ours.arguments.json), value(&expected.arguments.json), "record {at}");
        }
    }
    let tools = |conversation: &Conversation<'_>| {
        conversation.tools.iter().map(|tool| value(&tool.json)).collect::<Vec<_>>()
    };
    assert_eq!(tools(ours), tools(expected), "record {at}");
}

#[test]
fn sharegpt_rows_come_to_the_same_conversations_as_their_openai_twins() {
    let Some(folder) = shared_data::folder() else { return };
    let options = ParseOptions::default();
    for language in ["en", "zh"] {
        let ours = shared_data::gunzip(&folder.join(format!("formats/sharegpt_glaive_{language}.jsonl.gz")));
        let twins =
            shared_data::gunzip(&folder.join(format!("corpus/glaive_{language}_llamafactory.jsonl.gz")));
        let mut compared = 0;
        for (at, (line, twin)) in lines(&ours).zip(lines(&twins)).enumerate() {
            let ours = read(line, &options).unwrap();
            assert_same(&ours, &read(twin, &options).unwrap(), at);
            compared += 1;
        }
        assert_eq!(compared, 300);
    }
}

#[test]
fn distil_rows_of_the_seed_are_accepted_and_trained_on_their_answer() {
    let Some(folder) = shared_data::folder() else { return };
    let text = |name: &str| std::fs::read_to_string(folder.join("seed/distil").join(name)).unwrap();
    let job = Job::read(&text("job_description.json"), Some(&text("config.yaml"))).unwrap();
    assert!(job.task_description.is_some() && job.task.is_some() && !job.tools.is_empty());
    let options = ParseOptions { job: Some(Arc::new(job)), ..ParseOptions::default() };
    let rows = text("train.jsonl");
    let mut warned = Vec::new();
    for (at, line) in rows.lines().filter(|line| !line.is_empty()).enumerate() {
        let mut parsed = parse(line.as_bytes(), &mut Scratch::default(), &options).unwrap();
        let verdict = validate(&mut parsed.conversation, &ValidateOptions::default(), &mut parsed.findings);
        assert_eq!(verdict, Verdict::Accept, "row {at}: {:?}", parsed.findings);
        let trained = tooltrain_core::loss::turns_to_train(&parsed.conversation, None);
        let last = trained.len() - 1;
        assert!(trained.iter().enumerate().all(|(position, &trained)| trained == (position == last)));
        warned.extend(parsed.findings.iter().map(|finding| (at + 1, finding.code, finding.severity)));
    }
    let undeclared = (2, Code::UndeclaredTool, Severity::Warning);
    warned.retain(|finding| finding.1 != Code::CallUnanswered);
    assert_eq!(warned, [undeclared, undeclared]);
}

#[test]
fn forum_rows_are_read() {
    let Some(folder) = shared_data::folder() else { return };
    let options = ParseOptions::default();
    let line = std::fs::read(folder.join("seed/openai_forum.jsonl")).unwrap();
    let conversation = read(line.trim_ascii_end(), &options).unwrap();
    assert_eq!(conversation.messages.len(), 7);
    assert_eq!(conversation.messages[3].content.as_str(), "Tool1 response content");
    let line = std::fs::read(folder.join("seed/openai_forum_legacy.jsonl")).unwrap();
    let conversation = read(line.trim_ascii_end(), &options).unwrap();
    assert!(conversation.plain);
    assert_eq!(conversation.messages[0].content.as_str(), "user:Bob---What is Earth?\n\n\n");
}

#[test]
fn what_is_no_conversation_is_refused_with_its_keys() {
    let Some(folder) = shared_data::folder() else { return };
    let content = shared_data::gunzip(&folder.join("formats/text_dialogue_tau_few_shot.jsonl.gz"));
    for line in lines(&content) {
        let findings = parse(line, &mut Scratch::default(), &ParseOptions::default()).unwrap_err();
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].code, Code::UnknownLayout);
        assert!(findings[0].message.contains("messages_display"), "{}", findings[0].message);
    }
}
