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
}

impl SideFiles {
    /// Reads those of `folder`, whose tokenizer has the tokens `added`.
    pub(crate) fn read(folder: &Path, added: &[AddedToken]) -> Result<Self> {
        let config = read_json(&folder.join("tokenizer_config.json"))?;
        let special_tokens = special_tokens(config.as_ref());
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
        let chat_template = chat_template(folder, config.as_ref())?;
        Ok(Self { special_tokens, eos_tokens, chat_template })
    }
}

fn eos_ids(value: &Value) -> Vec<u64> {
    match value {
        Value::Array(list) => list.iter().filter_map(Value::as_u64).collect(),
        single => single.as_u64().into_iter().collect(),
    }
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

/// The folder's template: `chat_template.jinja`, or the one in `tokenizer_config.json`; of several,
/// the one for tools.
fn chat_template(folder: &Path, config: Option<&Value>) -> Result<Option<String>> {
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
