//! Speed of rendering: `cargo run --release --example render_speed SHARD DUMP TEMPLATE...`.
//!
//! Prints one JSON object a template: bytes of text and seconds of processor time for the native
//! renderer, where there is one, for the engine's text alone, and for the engine's text with its turns
//! proved. Only records that all of them print are counted; they are written to `DUMP` as JSON lines,
//! for others to print the same.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tooltrain_core::conversation::{ArgumentsForm, Content, Conversation};
use tooltrain_core::cpu_time;
use tooltrain_core::options::OnInexact;
use tooltrain_core::parse::{ParseOptions, Scratch, parse};
use tooltrain_core::render::certify::capability::fit;
use tooltrain_core::render::engine::jinja_template::{JinjaTemplate, TemplateTokens};
use tooltrain_core::render::{ChatTemplate, RenderOptions, Rendered, registry};
use tooltrain_core::validate::{ValidateOptions, Validator, Verdict};

/// Stop tokens of the families; those that a template writes are its own.
const STOPS: &[&str] = &[
    "<|im_end|>",
    "<|eot_id|>",
    "<|return|>",
    "<|call|>",
    "</s>",
    "<turn|>",
    "<|tool_response>",
    "<end_of_turn>",
    "<｜end▁of▁sentence｜>",
];
/// Each figure is the least of so many rounds.
const ROUNDS: usize = 5;
/// A round goes through the conversations again and again until it took so long: clocks are coarse.
const ROUND_SECONDS: f64 = 0.2;

struct Subject {
    path: String,
    /// What `eos_token` is.
    eos: String,
    native: Option<std::sync::Arc<dyn ChatTemplate>>,
    engine: JinjaTemplate,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [shard, dump, templates @ ..] = arguments.as_slice() else {
        println!("usage: render_speed SHARD DUMP TEMPLATE...");
        return;
    };
    let lines = read(shard);
    let subjects: Vec<Subject> = templates.iter().map(|path| subject(path)).collect();
    let mut scratches: Vec<Scratch> = lines.iter().map(|_| Scratch::default()).collect();
    let mut validator = Validator::new(ValidateOptions::default());
    let mut conversations = Vec::new();
    for (line, scratch) in lines.iter().zip(&mut scratches) {
        let Ok(parsed) = parse(line.as_bytes(), scratch, &ParseOptions::default()) else { continue };
        let (mut conversation, mut findings) = (parsed.conversation, parsed.findings);
        if validator.validate(&mut conversation, &mut findings) != Verdict::Accept || conversation.plain {
            continue;
        }
        for message in &mut conversation.messages {
            if !matches!(message.content, Content::Text(_)) {
                message.content = Content::Text("".into());
            }
            for call in &mut message.tool_calls {
                call.arguments.form = ArgumentsForm::Object;
            }
        }
        let fits = |template: &dyn ChatTemplate| {
            matches!(fit(&conversation, template.capabilities(), &mut Vec::new()), Ok(None))
                && row(template, &conversation) > 0
        };
        if subjects.iter().all(|s| s.native.as_deref().is_none_or(fits) && fits(&s.engine)) {
            conversations.push(conversation);
        }
    }
    let mut out = BufWriter::new(File::create(dump).unwrap());
    for conversation in &conversations {
        writeln!(out, "{}", record(conversation)).unwrap();
    }
    for subject in &subjects {
        println!("{}", measure(subject, &conversations));
    }
}

fn read(shard: &str) -> Vec<String> {
    let file = File::open(shard).unwrap();
    let is_gzip = Path::new(shard).extension().is_some_and(|extension| extension == "gz");
    let reader: Box<dyn BufRead> = if is_gzip {
        Box::new(BufReader::new(MultiGzDecoder::new(file)))
    } else {
        Box::new(BufReader::new(file))
    };
    reader.lines().map(Result::unwrap).collect()
}

fn subject(path: &str) -> Subject {
    let source = std::fs::read_to_string(path).unwrap();
    let stops: Vec<String> =
        STOPS.iter().filter(|stop| source.contains(**stop)).map(|s| (*s).to_owned()).collect();
    let eos = stops.first().cloned().unwrap_or_else(|| "</s>".to_owned());
    let specials = vec![("bos_token".to_owned(), "<s>".to_owned()), ("eos_token".to_owned(), eos.clone())];
    let stops = if stops.is_empty() { vec![eos.clone()] } else { stops };
    let tokens = TemplateTokens {
        specials,
        stops,
        added: vec![("<|end|>".to_owned(), true)],
        ..TemplateTokens::default()
    };
    let template = registry::from_source(&source, None, &tokens, &[]).unwrap();
    let native = template.is_native().then_some(template);
    Subject {
        path: path.to_owned(),
        eos,
        native,
        engine: JinjaTemplate::from_source(path, &source, &tokens).unwrap(),
    }
}

fn options() -> RenderOptions {
    RenderOptions { date: "2026-11-20".into(), on_inexact: OnInexact::MaskTurn, ..RenderOptions::default() }
}

/// Bytes of the rendered row; 0 where it is refused.
fn row(template: &dyn ChatTemplate, conversation: &Conversation<'_>) -> usize {
    let mut out = Rendered::default();
    match template.render(conversation, &options(), &mut out, &mut Vec::new()) {
        Ok(()) => out.text.len(),
        Err(_) => 0,
    }
}

fn measure(subject: &Subject, conversations: &[Conversation<'_>]) -> Value {
    let options = options();
    let (mut out, mut findings) = (Rendered::default(), Vec::new());
    let mut rows = |template: &dyn ChatTemplate| {
        timed(conversations, |conversation| {
            out.clear();
            findings.clear();
            template.render(conversation, &options, &mut out, &mut findings).unwrap();
            out.text.len()
        })
    };
    let native = subject.native.as_deref().map(&mut rows);
    let proved = rows(&subject.engine);
    let text =
        timed(conversations, |conversation| subject.engine.text(conversation, &options).unwrap().len());
    json!({
        "template": subject.path,
        "eos": subject.eos,
        "conversations": conversations.len(),
        "native": native.map(|(bytes, seconds)| json!({"bytes": bytes, "seconds": seconds})),
        "engine_proved": {"bytes": proved.0, "seconds": proved.1},
        "engine_text": {"bytes": text.0, "seconds": text.1},
    })
}

fn timed<'c>(
    conversations: &'c [Conversation<'c>],
    mut print: impl FnMut(&'c Conversation<'c>) -> usize,
) -> (usize, f64) {
    let mut least = f64::INFINITY;
    let mut bytes = 0;
    for _ in 0..ROUNDS {
        let begun = seconds();
        let (mut passes, mut spent) = (0.0, 0.0);
        while spent < ROUND_SECONDS {
            bytes = conversations.iter().map(&mut print).sum();
            passes += 1.0;
            spent = seconds() - begun;
        }
        least = least.min(spent / passes);
    }
    (bytes, least)
}

/// Processor time of this thread.
fn seconds() -> f64 {
    cpu_time::of_this_thread().as_secs_f64()
}

/// The conversation in the layout that transformers reads.
fn record(conversation: &Conversation<'_>) -> String {
    let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
    let messages: Vec<_> = conversation.messages.iter().map(|message| {
        let calls: Vec<_> = message.tool_calls.iter().map(|call| {
            format!(
                "{{\"id\": {}, \"type\": \"function\", \"function\": {{\"name\": {}, \"arguments\": {}}}}}",
                json!(call.id), json!(call.name), raw(&call.arguments.json)
            )
        }).collect();
        let calls = if calls.is_empty() { "null".to_owned() } else { format!("[{}]", calls.join(", ")) };
        format!(
            "{{\"role\": {}, \"content\": {}, \"reasoning_content\": {}, \"tool_calls\": {calls}, \"tool_call_id\": {}, \"name\": {}}}",
            json!(message.role.as_str()), json!(message.content.as_str()), json!(message.reasoning),
            json!(message.tool_call_id), json!(message.name)
        )
    }).collect();
    let tools: Vec<_> = conversation.tools.iter().map(|tool| tool.json.to_string()).collect();
    let tools = if tools.is_empty() { "null".to_owned() } else { format!("[{}]", tools.join(", ")) };
    format!("{{\"messages\": [{}], \"tools\": {tools}}}", messages.join(", "))
}
