//! What the tests of renderers share: conversations and goldens from the shared folder.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]

pub mod documents;
pub mod python;
pub mod refusals;
#[path = "../shared_data/mod.rs"]
pub mod shared_data;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde_json::value::RawValue;
use tooltrain_core::conversation::{
    Arguments, ArgumentsForm, Content, Conversation, Message, Role, Tool, ToolCall,
};
use tooltrain_core::render::engine::jinja_template::TemplateTokens;

/// The folder of shared assets, or `None` where it is not laid out.
pub fn shared() -> Option<PathBuf> {
    shared_data::folder()
}

/// The lines of a gzip file of the shared folder.
pub fn lines(name: &str) -> Option<Vec<String>> {
    let file = File::open(shared()?.join(name)).unwrap();
    Some(BufReader::new(MultiGzDecoder::new(file)).lines().map(Result::unwrap).collect())
}

#[derive(Deserialize)]
struct Record {
    messages: Vec<Said>,
    tools: Option<Vec<Box<RawValue>>>,
}

#[derive(Deserialize)]
struct Said {
    role: String,
    content: Option<String>,
    reasoning_content: Option<String>,
    tool_calls: Option<Vec<Call>>,
    tool_call_id: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Call {
    id: Option<String>,
    function: Function,
}

#[derive(Deserialize)]
struct Function {
    name: String,
    arguments: Box<RawValue>,
}

#[derive(Deserialize)]
struct Definition {
    name: Option<String>,
    function: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// The conversation of a record in the usual layout.
pub fn conversation(line: &str) -> Conversation<'static> {
    let record: Record = serde_json::from_str(line).unwrap();
    let messages = record.messages.into_iter().enumerate().map(|(index, said)| message(said, index as u32));
    let tools = record.tools.unwrap_or_default().into_iter().map(|json| {
        let json = json.get().to_owned();
        let definition: Definition = serde_json::from_str(&json).unwrap();
        let name = definition.function.map_or_else(|| definition.name.unwrap(), |function| function.name);
        Tool { json: json.into(), name: name.into(), parameters: None }
    });
    Conversation { messages: messages.collect(), tools: tools.collect(), ..Conversation::default() }
}

fn message(said: Said, index: u32) -> Message<'static> {
    let role = match said.role.as_str() {
        "system" | "developer" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" => Role::Tool,
        other => panic!("role {other}"),
    };
    let mut message = Message::new(role, index);
    if let Some(text) = said.content {
        message.content = Content::Text(text.into());
    }
    message.reasoning = said.reasoning_content.map(Into::into);
    message.tool_call_id = said.tool_call_id.map(Into::into);
    message.name = said.name.map(Into::into);
    message.tool_calls = said.tool_calls.unwrap_or_default().into_iter().map(call).collect();
    message
}

fn call(call: Call) -> ToolCall<'static> {
    let source = call.function.arguments.get();
    let arguments = match serde_json::from_str::<String>(source) {
        Ok(text) => Arguments { json: text.into(), form: ArgumentsForm::Text },
        Err(_) => Arguments { json: source.to_owned().into(), form: ArgumentsForm::Object },
    };
    ToolCall { id: call.id.map(Into::into), name: call.function.name.into(), arguments }
}

/// The input conversations of the goldens.
pub fn golden_inputs() -> Option<Vec<Conversation<'static>>> {
    Some(lines("goldens/inputs.jsonl.gz")?.iter().map(|line| conversation(line)).collect())
}

/// What an official renderer made of one input.
#[derive(Deserialize)]
pub struct Golden {
    pub k: usize,
    pub text: Option<String>,
    pub error: Option<String>,
    pub ids: Option<Vec<u32>>,
    pub mask_spans: Option<Vec<(usize, usize)>>,
}

/// The goldens of one template.
pub fn goldens(name: &str) -> Option<Vec<Golden>> {
    let lines = lines(&format!("goldens/{name}.jsonl.gz"))?;
    Some(lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Where two texts begin to differ, with what is around.
pub fn first_difference(ours: &str, theirs: &str) -> String {
    let at = ours.bytes().zip(theirs.bytes()).take_while(|(a, b)| a == b).count();
    let around = |text: &str| {
        let clip = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        format!("{:?}", &text[clip(at.saturating_sub(60))..clip(at + 80)])
    };
    format!("at byte {at}:\n ours   {}\n theirs {}", around(ours), around(theirs))
}

/// Small conversations of every shape that templates treat differently, one a line.
pub fn shapes() -> Vec<&'static str> {
    include_str!("../templates/shapes.jsonl").lines().collect()
}

/// The name of the shape of a line.
pub fn shape(line: &str) -> String {
    let record: serde_json::Value = serde_json::from_str(line).unwrap();
    record["shape"].as_str().unwrap().to_owned()
}

/// The templates written for these tests: small ones with the habits of those in use.
pub fn own_templates() -> Vec<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/templates/own");
    let mut templates: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    templates.sort();
    templates
}

/// The name of a template's file.
pub fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// The tokens that the templates of these tests write.
pub fn own_tokens() -> TemplateTokens {
    let stops = ["</s>", "<|im_end|>", "<|eot|>", "<|call|>", "<|user|>", "<|observation|>"];
    let added = [("<|end|>", true), ("<think>", false), ("</think>", false)];
    TemplateTokens {
        specials: python::specials(),
        stops: stops.map(str::to_owned).to_vec(),
        added: added.map(|(text, special)| (text.to_owned(), special)).to_vec(),
        ..TemplateTokens::default()
    }
}

/// The chat templates of the shared folder and those that the `trl` package ships, by name.
pub fn template_paths() -> Vec<PathBuf> {
    let folders = shared().map(|shared| shared.join("templates")).into_iter().chain(python::trl_templates());
    let files =
        folders.flat_map(|folder| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    let mut templates: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "jinja")).collect();
    templates.sort();
    templates
}

/// The tokens of the model a template belongs to, by the template's file name.
pub fn tokens_of(template: &str) -> TemplateTokens {
    let (bos, eos, stops): (&str, &str, &[&str]) = match template {
        name if name.starts_with("llama-") || name.starts_with("llama3") => {
            ("<|begin_of_text|>", "<|eot_id|>", &["<|eot_id|>", "<|eom_id|>", "<|end_of_text|>"])
        }
        name if name.starts_with("gpt") => {
            ("<|startoftext|>", "<|return|>", &["<|return|>", "<|call|>", "<|endoftext|>"])
        }
        name if name.starts_with("qwen") || name.starts_with("hermes") => {
            ("", "<|im_end|>", &["<|im_end|>", "<|endoftext|>"])
        }
        name if name.starts_with("deepseek") => {
            ("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", &["<｜end▁of▁sentence｜>"])
        }
        name if name.starts_with("gemma4") || name.starts_with("diffusion_gemma") => {
            ("<bos>", "<eos>", &["<eos>", "<turn|>", "<|tool_response>"])
        }
        name if name.starts_with("gemma") => ("<bos>", "<eos>", &["<eos>", "<end_of_turn>"]),
        name if name.starts_with("glm") => {
            ("", "<|endoftext|>", &["<|endoftext|>", "<|user|>", "<|observation|>"])
        }
        name if name.starts_with("phi") => {
            ("<s>", "<|endoftext|>", &["<|endoftext|>", "<|end|>", "<|assistant|>"])
        }
        name if name.starts_with("cohere") => {
            ("<BOS_TOKEN>", "<|END_OF_TURN_TOKEN|>", &["<|END_OF_TURN_TOKEN|>"])
        }
        name if name.starts_with("lfm2") => ("<|startoftext|>", "<|im_end|>", &["<|im_end|>"]),
        name if name.starts_with("nemotron") => ("<s>", "<|im_end|>", &["<|im_end|>", "</s>"]),
        name if name.starts_with("muse") => ("<|begin_of_text|>", "<|eot|>", &["<|eot|>"]),
        name if name.starts_with("idefics") || name.starts_with("smolvlm") => {
            ("<|im_start|>", "<end_of_utterance>", &["<end_of_utterance>"])
        }
        _ => ("<s>", "</s>", &["</s>"]),
    };
    TemplateTokens {
        specials: vec![("bos_token".into(), bos.into()), ("eos_token".into(), eos.into())],
        stops: stops.iter().map(|stop| (*stop).to_owned()).collect(),
        added: [("<|end|>", true), ("<think>", false), ("</think>", false)]
            .map(|(t, s)| (t.to_owned(), s))
            .to_vec(),
        ..TemplateTokens::default()
    }
}
