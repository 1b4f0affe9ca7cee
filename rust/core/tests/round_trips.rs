//! Real records of every layout through every dialect and back: the same conversation, or a loss that
//! is named.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod shared_data;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tooltrain_core::conversation::{Content, Conversation, Message, Role};
use tooltrain_core::convert::{Converted, Converter, Dialect};
use tooltrain_core::finding::Code;
use tooltrain_core::options::{Options, Validation};
use tooltrain_core::parse::{Job, ParseOptions, Scratch, canonical_tool, parse};
use tooltrain_core::validate::{ValidateOptions, Verdict, validate};
use tooltrain_json::print_json;

const DIALECTS: [Dialect; 4] = [Dialect::OpenAi, Dialect::Messages, Dialect::ShareGpt, Dialect::Distil];

fn job() -> Option<Job> {
    let folder = shared_data::folder()?.join("seed/distil");
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    Some(Job::read(&text("job_description.json"), Some(&text("config.yaml"))).unwrap())
}

/// Real shards, with the job of those that have one.
fn shards() -> Vec<(PathBuf, Option<Job>)> {
    let mut shards: Vec<_> = shared_data::files("corpus")
        .into_iter()
        .chain(shared_data::files("formats"))
        .map(|path| (path, None))
        .collect();
    if let Some(folder) = shared_data::folder() {
        shards.push((folder.join("seed/openai_forum.jsonl"), None));
        shards.push((folder.join("seed/openai_forum_legacy.jsonl"), None));
        shards.push((folder.join("seed/distil/train.jsonl"), job()));
    }
    shards
}

fn content(path: &Path) -> Vec<u8> {
    if path.extension().is_some_and(|extension| extension == "gz") {
        shared_data::gunzip(path)
    } else {
        std::fs::read(path).unwrap()
    }
}

fn converter(to: Dialect, options: &ParseOptions) -> Converter {
    let run = Options { validation: Validation::Warn, ..Options::default() };
    Converter::new(to, Arc::new(options.clone()), &run)
}

/// The conversation that a run would have of a record: checked and mended.
fn read<'a>(line: &'a [u8], options: &ParseOptions, to: Dialect) -> Option<Conversation<'a>> {
    use tooltrain_core::options::{Loss, LossPreset};
    let mut parsed = parse(line, &mut Scratch::default(), options).ok()?;
    let validate_options = ValidateOptions {
        validation: Validation::Warn,
        loss: (to != Dialect::OpenAi).then_some(Loss::Preset(LossPreset::All)),
        ..ValidateOptions::default()
    };
    let verdict = validate(&mut parsed.conversation, &validate_options, &mut parsed.findings);
    (verdict != Verdict::Reject).then_some(parsed.conversation)
}

fn printed(json: &str) -> String {
    let mut text = String::new();
    print_json(json, &mut text);
    text
}

/// Everything that a conversation says, one line a thing, written here once more and without looking at
/// how the library compares.
fn said(conversation: &Conversation<'_>, with_ids: bool, exact_content: bool) -> Vec<String> {
    let mut said = Vec::new();
    for message in &conversation.messages {
        let Message { role, content, reasoning, tool_calls, tool_call_id, name, .. } = message;
        let content = match content {
            Content::Text(text) => text.to_string(),
            other if exact_content => format!("{other:?}"),
            _ => String::new(),
        };
        said.push(format!("{role:?} {content:?}"));
        said.extend(
            reasoning.as_deref().filter(|text| !text.is_empty()).map(|text| format!("reasoning {text}")),
        );
        said.extend(name.as_deref().map(|name| format!("name {name}")));
        for call in tool_calls {
            let id = call.id.as_deref().filter(|_| with_ids);
            said.push(format!("call {id:?} {} {}", call.name, printed(&call.arguments.json)));
        }
        if *role == Role::Tool && with_ids {
            said.push(format!("answers {tool_call_id:?}"));
        }
    }
    said.extend(conversation.tools.iter().map(|tool| canonical_tool(&tool.json)));
    said.push(format!("{:?}", conversation.parallel_tool_calls));
    said
}

/// Position of the call that each result answers, whatever the ids are.
fn pairing(conversation: &Conversation<'_>) -> Vec<Option<usize>> {
    let ids: Vec<_> = conversation
        .messages
        .iter()
        .flat_map(|message| &message.tool_calls)
        .map(|call| call.id.clone())
        .collect();
    let results = conversation.messages.iter().filter(|message| message.role == Role::Tool);
    results.map(|result| ids.iter().rposition(|id| *id == result.tool_call_id)).collect()
}

fn assert_whole(line: &[u8], converted: &Converted, to: Dialect, options: &ParseOptions, place: &str) {
    let original = read(line, options, to).unwrap();
    let again =
        parse(converted.rows.trim_end().as_bytes(), &mut Scratch::default(), &ParseOptions::default());
    let again = again.unwrap_or_else(|findings| panic!("{place}: {findings:?}")).conversation;
    let exact = matches!(to, Dialect::OpenAi | Dialect::Messages);
    if converted.is_lossy() {
        // Whatever is lost, results answer the calls that they answered.
        assert_eq!(pairing(&again), pairing(&original), "{place}");
    } else {
        assert_eq!(said(&again, true, exact), said(&original, true, exact), "{place}");
    }
}

#[test]
fn real_records_come_back_as_they_were_or_the_loss_is_named() {
    let mut seen = 0;
    for (path, job) in shards() {
        let options = ParseOptions { job: job.map(Arc::new), ..ParseOptions::default() };
        let name = shared_data::stem(&path);
        let content = content(&path);
        let step = if cfg!(debug_assertions) { 7 } else { 1 };
        for (number, line) in content.split(|&byte| byte == b'\n').enumerate() {
            if line.is_empty() || number % step != 0 {
                continue;
            }
            for to in DIALECTS {
                let place = format!("{name}:{} to {}", number + 1, to.name());
                let converted = converter(to, &options).convert(line);
                if converted.is_rejected() {
                    assert!(!converted.findings.is_empty(), "{place}");
                    let readable = read(line, &options, to);
                    let ours = [Code::NotExpressible];
                    let refused = converted.findings.iter().any(|finding| ours.contains(&finding.code));
                    assert_eq!(readable.is_some(), refused, "{place}: {:?}", converted.findings);
                    let silent = readable.is_some_and(|read| read.assistant_turns().next().is_none());
                    let may_refuse = to == Dialect::Distil || to == Dialect::OpenAi && silent;
                    assert!(!refused || may_refuse, "{place}: {:?}", converted.findings);
                } else if to != Dialect::Distil {
                    assert_whole(line, &converted, to, &options, &place);
                }
                seen += 1;
            }
        }
    }
    assert!(seen > 2_000 || shared_data::folder().is_none(), "{seen} conversions");
}

#[test]
fn everything_survives_as_messages() {
    let mut lossy = Vec::new();
    for (path, job) in shards() {
        let options = ParseOptions { job: job.map(Arc::new), ..ParseOptions::default() };
        let content = content(&path);
        let mut converter = converter(Dialect::Messages, &options);
        for (number, line) in
            content.split(|&byte| byte == b'\n').enumerate().filter(|(number, _)| number % 5 == 0)
        {
            if line.is_empty() {
                continue;
            }
            let converted = converter.convert(line);
            if converted.is_lossy() {
                lossy.push((shared_data::stem(&path), number + 1));
            }
        }
    }
    // The forum's older example is a plain prompt and completion, which no row of messages is.
    let expected = shared_data::folder().map(|_| ("openai_forum_legacy".to_owned(), 1));
    assert_eq!(lossy, Vec::from_iter(expected));
}

#[test]
fn distil_rows_of_the_seed_come_back_from_every_other_dialect() {
    let Some(job) = job() else { return };
    let path = shared_data::folder().unwrap().join("seed/distil/train.jsonl");
    let job = Arc::new(job);
    let options = ParseOptions { job: Some(Arc::clone(&job)), ..ParseOptions::default() };
    let content = std::fs::read(path).unwrap();
    let mut rows = 0;
    for line in content.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        for to in [Dialect::OpenAi, Dialect::Messages, Dialect::ShareGpt] {
            let there = converter(to, &options).convert(line);
            assert!(!there.is_rejected() && !there.is_lossy(), "{}: {:?}", to.name(), there.findings);
            let mut to_distil = converter(Dialect::Distil, &ParseOptions::default());
            let back = to_distil.convert(there.rows.trim_end().as_bytes());
            assert_eq!((back.row_count, back.is_lossy()), (1, false), "{}: {:?}", to.name(), back.findings);
            let facts = back.job.unwrap();
            assert_eq!(facts.task_description, job.task_description);
            assert_eq!(
                facts.tools,
                job.tools.iter().map(|tool| canonical_tool(&tool.json)).collect::<Vec<_>>()
            );
            let original = read(line, &options, to).unwrap();
            let again = read(back.rows.trim_end().as_bytes(), &options, to).unwrap();
            assert_eq!(said(&again, true, false), said(&original, true, false), "{}", to.name());
        }
        rows += 1;
    }
    assert_eq!(rows, 5);
}
