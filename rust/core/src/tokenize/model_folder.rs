//! What the folder of a model says beside its `tokenizer.json`: special tokens, stops, the chat template.

use std::path::Path;

use serde_json::Value;

use super::AddedToken;
use crate::error::{Error, ErrorKind, Result};
use crate::whole_file::{self, LONGEST_CONFIGURATION, LONGEST_TOKENIZER};

/// The side files of a tokenizer.
#[derive(Debug, Default)]
pub(crate) struct SideFiles {
    /// Texts of the tokens that the folder names: `bos_token`, `eos_token`, `pad_token`, `unk_token`.
    pub(crate) special_tokens: Vec<(String, String)>,
    /// Texts of the tokens that end generation.
    pub(crate) eos_tokens: Vec<String>,
    /// Source of the chat template.
    pub(crate) chat_template: Option<String>,
    /// Sources of its other templates, by the names they are asked for with.
    pub(crate) named_templates: Vec<(String, String)>,
}

impl SideFiles {
    /// Reads those of `folder`, whose tokenizer has the tokens `added`.
    pub(crate) fn read(folder: &Path, added: &[AddedToken]) -> Result<Self> {
        let config = read_json(&folder.join("tokenizer_config.json"))?;
        let special_tokens = named_tokens(folder, config.as_ref())?;
        let generation = read_json(&folder.join("generation_config.json"))?;
        let mut eos_tokens: Vec<String> = special_tokens
            .iter()
            .filter(|(key, _)| key == "eos_token")
            .map(|(_, text)| text.clone())
            .collect();
        for id in generation.iter().flat_map(|config| eos_ids(&config["eos_token_id"])) {
            if let Some(token) = added.iter().find(|token| u64::from(token.id) == id)
                && !eos_tokens.contains(&token.content)
            {
                eos_tokens.push(token.content.clone());
            }
        }
        let mut templates = chat_templates(folder, config.as_ref())?;
        let default = templates.iter().position(|(name, _)| name == DEFAULT);
        let chat_template = default.map(|at| templates.remove(at).1);
        Ok(Self { special_tokens, eos_tokens, chat_template, named_templates: templates })
    }
}

fn eos_ids(value: &Value) -> Vec<u64> {
    match value {
        Value::Array(list) => list.iter().filter_map(Value::as_u64).collect(),
        single => single.as_u64().into_iter().collect(),
    }
}

/// The named tokens. Where `tokenizer_config.json` does not list the added tokens itself, it is of the older
/// form, and `special_tokens_map.json` overrides it; transformers reads both so.
fn named_tokens(folder: &Path, config: Option<&Value>) -> Result<Vec<(String, String)>> {
    let of_config = special_tokens(config);
    if config.is_some_and(|config| config.get("added_tokens_decoder").is_some()) {
        return Ok(of_config);
    }
    let map = read_json(&folder.join("special_tokens_map.json"))?;
    let mut named = special_tokens(map.as_ref());
    let is_new = |(key, _): &(String, String)| !named.iter().any(|(known, _)| known == key);
    let others: Vec<_> = of_config.into_iter().filter(is_new).collect();
    named.extend(others);
    Ok(named)
}

fn special_tokens(config: Option<&Value>) -> Vec<(String, String)> {
    ["bos_token", "eos_token", "pad_token", "unk_token"]
        .iter()
        .filter_map(|key| {
            let value = config?.get(*key)?;
            let text = value.as_str().or_else(|| value.get("content")?.as_str())?;
            Some(((*key).to_owned(), text.to_owned()))
        })
        .collect()
}

/// The name of the template that is used where none is asked for.
const DEFAULT: &str = "default";

/// The folder's templates by name, as transformers reads them: those in `tokenizer_config.json`, one or a list
/// of several; `chat_template.jinja`, which takes the place of the default one; and
/// `additional_chat_templates/NAME.jinja`.
fn chat_templates(folder: &Path, config: Option<&Value>) -> Result<Vec<(String, String)>> {
    let mut templates: Vec<(String, String)> = Vec::new();
    let value = config.and_then(|config| config.get("chat_template"));
    if let Some(text) = value.and_then(Value::as_str) {
        templates.push((DEFAULT.to_owned(), text.to_owned()));
    }
    for entry in value.and_then(Value::as_array).into_iter().flatten() {
        let text = |key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
        templates.extend(text("name").zip(text("template")));
    }
    let mut files = vec![(DEFAULT.to_owned(), folder.join("chat_template.jinja"))];
    if let Ok(entries) = std::fs::read_dir(folder.join("additional_chat_templates")) {
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let jinja = paths.filter(|path| path.extension().is_some_and(|extension| extension == "jinja"));
        files.extend(jinja.filter_map(|path| Some((path.file_stem()?.to_string_lossy().into_owned(), path))));
    }
    files.sort();
    for (name, path) in files.into_iter().filter(|(_, path)| path.is_file()) {
        templates.retain(|(known, _)| *known != name);
        templates.push((name, read_text(&path)?));
    }
    Ok(templates)
}

/// Bytes of a file of the tokenizer.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    whole_file::read(path, LONGEST_TOKENIZER, ErrorKind::Tokenizer)
}

/// Text of a small side file.
pub fn read_text(path: &Path) -> Result<String> {
    whole_file::read_text(path, LONGEST_CONFIGURATION, ErrorKind::Tokenizer)
}

fn read_json(path: &Path) -> Result<Option<Value>> {
    if !path.is_file() {
        return Ok(None);
    }
    serde_json::from_slice(&read(path)?).map(Some).map_err(|error| {
        Error::new(ErrorKind::Tokenizer, format!("not valid JSON: {error}"))
            .file(path.display())
            .because(error)
    })
}
