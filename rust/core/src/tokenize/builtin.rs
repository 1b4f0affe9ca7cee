//! Finds the tokenizer that a run names: a built-in one, a folder of a model, or a file.

use std::path::Path;
use std::sync::Arc;

use tooltrain_bpe::Bpe;

use super::Tokenizer;
use super::canary::{Canary, JsonSource};
use super::fast::Fast;
use super::reference::Reference;
use crate::digest::sha256;
use crate::error::{Error, ErrorKind, Result};
use crate::options::Backend;
use crate::render::jinja_template::TemplateTokens;

const QWEN3_TOKENIZER: &[u8] = include_bytes!("../../assets/qwen3/tokenizer.json.zst");
const QWEN3_TEMPLATE: &str = include_str!("../../assets/qwen3/qwen3.jinja");
const QWEN3_2507_TEMPLATE: &str = include_str!("../../assets/qwen3/qwen3-instruct-2507.jinja");
const QWEN25_TEMPLATE: &str = include_str!("../../assets/qwen3/qwen2.5.jinja");

/// A tokenizer that ships with the library, with the chat template of its family.
struct Builtin {
    name: &'static str,
    tokenizer: &'static [u8],
    template: &'static str,
}

const BUILTINS: &[Builtin] = &[
    Builtin { name: "qwen3", tokenizer: QWEN3_TOKENIZER, template: QWEN3_TEMPLATE },
    Builtin { name: "qwen3-instruct-2507", tokenizer: QWEN3_TOKENIZER, template: QWEN3_2507_TEMPLATE },
    Builtin { name: "qwen2.5", tokenizer: QWEN3_TOKENIZER, template: QWEN25_TEMPLATE },
];

/// A tokenizer with what its folder says about chats.
pub struct Loaded {
    /// The tokenizer.
    pub tokenizer: Arc<dyn Tokenizer>,
    /// The name that was asked for.
    pub name: String,
    /// Why this engine runs.
    pub reason: String,
    /// Source of the folder's chat template, if it has one.
    pub chat_template: Option<String>,
    /// Texts of the tokens that the folder names: `bos_token`, `eos_token`, `pad_token`, `unk_token`.
    pub special_tokens: Vec<(String, String)>,
    /// Texts of the tokens that end generation, from `generation_config.json` and `eos_token`.
    pub eos_tokens: Vec<String>,
}

impl std::fmt::Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loaded")
            .field("name", &self.name)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl Loaded {
    /// Text of a named special token; empty where the folder names none.
    #[must_use]
    pub fn special_token(&self, name: &str) -> &str {
        self.special_tokens.iter().find(|(key, _)| key == name).map_or("", |(_, text)| text)
    }
}

impl Loaded {
    /// What chat templates are told about tokens.
    #[must_use]
    pub fn template_tokens(&self) -> TemplateTokens {
        let added = self.tokenizer.added_tokens().iter();
        TemplateTokens {
            specials: self.special_tokens.clone(),
            stops: self.eos_tokens.clone(),
            added: added.map(|token| (token.content.clone(), token.special)).collect(),
        }
    }
}

/// The names that [`load`] knows without a file.
pub fn builtin_names() -> impl Iterator<Item = &'static str> {
    BUILTINS.iter().map(|builtin| builtin.name)
}

/// The chat template that a built-in name stands for.
#[must_use]
pub fn builtin_template(name: &str) -> Option<&'static str> {
    BUILTINS.iter().find(|builtin| builtin.name == name).map(|builtin| builtin.template)
}

/// Loads a built-in name, a folder with `tokenizer.json`, or a `tokenizer.json`.
pub fn load(name: &str, backend: Backend) -> Result<Loaded> {
    if let Some(builtin) = BUILTINS.iter().find(|builtin| builtin.name == name) {
        let again = name.to_owned();
        let (tokenizer, reason) =
            engine(&builtin_json(name)?, name, backend, Box::new(move || builtin_json(&again)))?;
        return Ok(Loaded {
            tokenizer,
            name: name.to_owned(),
            reason,
            chat_template: Some(builtin.template.to_owned()),
            special_tokens: vec![
                ("eos_token".into(), "<|im_end|>".into()),
                ("pad_token".into(), "<|endoftext|>".into()),
            ],
            eos_tokens: vec!["<|im_end|>".into(), "<|endoftext|>".into()],
        });
    }
    let path = Path::new(name);
    if path.is_dir() {
        return load_folder(path, backend);
    }
    if path.is_file() {
        let (tokenizer, reason) = engine(&read(path)?, name, backend, from_file(path))?;
        return Ok(Loaded {
            tokenizer,
            name: name.to_owned(),
            reason,
            chat_template: None,
            special_tokens: Vec::new(),
            eos_tokens: Vec::new(),
        });
    }
    let known: Vec<&str> = builtin_names().collect();
    Err(Error::new(ErrorKind::Tokenizer, format!("no tokenizer is called {name:?}"))
        .hint(format!("give one of {}, a model folder, or the path of a tokenizer.json", known.join(", "))))
}

/// The `tokenizer.json` of a built-in name.
pub fn builtin_json(name: &str) -> Result<Vec<u8>> {
    let builtin = BUILTINS.iter().find(|builtin| builtin.name == name);
    builtin.map_or(Ok(Vec::new()), |builtin| zstd::decode_all(builtin.tokenizer)).map_err(|error| {
        Error::new(ErrorKind::Internal, format!("the built-in tokenizer {name} is damaged: {error}"))
    })
}

fn from_file(path: &Path) -> JsonSource {
    let path = path.to_owned();
    Box::new(move || read(&path))
}

/// The engine for a `tokenizer.json`, and why it is that one. `again` makes the JSON once more, for
/// the canary.
fn engine(
    json: &[u8],
    name: &str,
    backend: Backend,
    again: JsonSource,
) -> Result<(Arc<dyn Tokenizer>, String)> {
    if backend == Backend::Reference {
        return Ok((Arc::new(Reference::from_json(json, name)?), "asked for".into()));
    }
    match Bpe::from_tokenizer_json(json) {
        Ok(bpe) => {
            let fast = Fast::new(bpe, sha256(json), Canary::new(name, again));
            Ok((Arc::new(fast), "byte-level BPE that it recognises".into()))
        }
        Err(unsupported) => {
            let reason = format!("the fast engine does not take it: {}", unsupported.reason());
            Ok((Arc::new(Reference::from_json(json, name)?), reason))
        }
    }
}

fn load_folder(folder: &Path, backend: Backend) -> Result<Loaded> {
    let file = folder.join("tokenizer.json");
    if !file.is_file() {
        return Err(Error::new(
            ErrorKind::Tokenizer,
            format!("{}: no tokenizer.json in it", folder.display()),
        )
        .hint("save the tokenizer with `save_pretrained`; slow tokenizers have no tokenizer.json"));
    }
    let config = read_json(&folder.join("tokenizer_config.json"))?;
    let (tokenizer, reason) = engine(&read(&file)?, &file.display().to_string(), backend, from_file(&file))?;
    let special_tokens = special_tokens(config.as_ref());
    let generation = read_json(&folder.join("generation_config.json"))?;
    let mut eos_tokens: Vec<String> =
        special_tokens.iter().filter(|(key, _)| key == "eos_token").map(|(_, text)| text.clone()).collect();
    for id in generation.iter().flat_map(|config| eos_ids(&config["eos_token_id"])) {
        if let Some(token) = tokenizer.added_tokens().iter().find(|token| u64::from(token.id) == id)
            && !eos_tokens.contains(&token.content)
        {
            eos_tokens.push(token.content.clone());
        }
    }
    let chat_template = folder_template(folder, config.as_ref())?;
    Ok(Loaded {
        tokenizer,
        name: folder.display().to_string(),
        reason,
        chat_template,
        special_tokens,
        eos_tokens,
    })
}

fn eos_ids(value: &serde_json::Value) -> Vec<u64> {
    match value {
        serde_json::Value::Array(list) => list.iter().filter_map(serde_json::Value::as_u64).collect(),
        single => single.as_u64().into_iter().collect(),
    }
}

fn special_tokens(config: Option<&serde_json::Value>) -> Vec<(String, String)> {
    ["bos_token", "eos_token", "pad_token", "unk_token"]
        .iter()
        .filter_map(|key| {
            let value = config?.get(*key)?;
            let text = value.as_str().or_else(|| value.get("content")?.as_str())?;
            Some(((*key).to_owned(), text.to_owned()))
        })
        .collect()
}

/// The folder's template: `chat_template.jinja`, or the one in `tokenizer_config.json`; of several,
/// the one for tools.
fn folder_template(folder: &Path, config: Option<&serde_json::Value>) -> Result<Option<String>> {
    let file = folder.join("chat_template.jinja");
    if file.is_file() {
        return Ok(Some(read_text(&file)?));
    }
    let Some(value) = config.and_then(|config| config.get("chat_template")) else { return Ok(None) };
    if let Some(text) = value.as_str() {
        return Ok(Some(text.to_owned()));
    }
    let named = |wanted: &str| {
        value.as_array()?.iter().find_map(|entry| {
            (entry.get("name")?.as_str()? == wanted)
                .then(|| entry.get("template")?.as_str().map(str::to_owned))?
        })
    };
    Ok(named("tool_use").or_else(|| named("default")))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| Error::at(ErrorKind::Tokenizer, path, error))
}

/// Text of a small side file.
pub fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| Error::at(ErrorKind::Tokenizer, path, error))
}

fn read_json(path: &Path) -> Result<Option<serde_json::Value>> {
    if !path.is_file() {
        return Ok(None);
    }
    serde_json::from_slice(&read(path)?).map(Some).map_err(|error| {
        Error::new(ErrorKind::Tokenizer, format!("{}: not valid JSON: {error}", path.display()))
            .because(error)
    })
}
