//! Finds the tokenizer that a run names: a built-in one, a folder of a model, or a file.

use std::path::Path;
use std::sync::Arc;

use tooltrain_bpe::{Bpe, Unsupported};

use super::assets::{BUILTINS, Builtin};
use super::canary::{Canary, JsonSource};
use super::fast::Fast;
use super::model_folder::{SideFiles, read};
use super::reference::Reference;
use super::{Tokenizer, last_loaded};
use crate::digest::sha256;
use crate::error::{Error, ErrorCode, Result};
use crate::nearest::nearest;
use crate::options::Backend;
use crate::render::engine::jinja_template::TemplateTokens;

pub use super::model_folder::read_text;

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
    /// Sources of the folder's other chat templates, by name.
    pub named_templates: Vec<(String, String)>,
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
    fn new(name: String, (tokenizer, reason): Engine, side_files: SideFiles) -> Self {
        let SideFiles { special_tokens, eos_tokens, chat_template, named_templates } = side_files;
        Self { tokenizer, name, reason, chat_template, named_templates, special_tokens, eos_tokens }
    }

    /// Text of a named special token; empty where the folder names none.
    #[must_use]
    pub fn special_token(&self, name: &str) -> &str {
        self.special_tokens.iter().find(|(key, _)| key == name).map_or("", |(_, text)| text)
    }

    /// What chat templates are told about tokens.
    #[must_use]
    pub fn template_tokens(&self) -> TemplateTokens {
        let added = self.tokenizer.added_tokens().iter();
        TemplateTokens {
            specials: self.special_tokens.clone(),
            stops: self.eos_tokens.clone(),
            stops_are_given: false,
            added: added.map(|token| (token.content.clone(), token.special)).collect(),
        }
    }
}

/// A tokenizer, and why it is that one.
type Engine = (Arc<dyn Tokenizer>, String);

/// The names that [`load`] knows without a file.
pub fn builtin_names() -> impl Iterator<Item = &'static str> {
    BUILTINS.iter().map(|builtin| builtin.name)
}

fn builtin(name: &str) -> Option<&'static Builtin> {
    BUILTINS.iter().find(|builtin| builtin.name == name)
}

/// The chat template that a built-in name stands for.
#[must_use]
pub fn builtin_template(name: &str) -> Option<&'static str> {
    builtin(name).map(|builtin| builtin.template)
}

/// The `tokenizer.json` of a built-in name; nothing where no built-in tokenizer has it.
pub fn builtin_json(name: &str) -> Result<Vec<u8>> {
    builtin(name).map_or(Ok(Vec::new()), |builtin| builtin.vocabulary.json())
}

/// Loads a built-in name, a folder with `tokenizer.json`, or a `tokenizer.json`.
pub fn load(name: &str, backend: Backend) -> Result<Loaded> {
    if let Some(builtin) = builtin(name) {
        return load_builtin(builtin, backend);
    }
    let path = Path::new(name);
    if path.is_dir() {
        return load_folder(path, backend);
    }
    if path.is_file() {
        return Ok(Loaded::new(name.to_owned(), engine(path, backend)?, SideFiles::default()));
    }
    let known: Vec<&str> = builtin_names().collect();
    let meant = nearest(name, known.iter().copied()).map(|meant| format!("did you mean {meant:?}? "));
    let hint = format!(
        "{}give one of {}, a model folder, or the path of a tokenizer.json",
        meant.unwrap_or_default(),
        known.join(", ")
    );
    Err(Error::new(ErrorCode::TokenizerNotFound, "unknown tokenizer")
        .option("tokenizer")
        .value(name)
        .hint(hint))
}

fn load_builtin(builtin: &'static Builtin, backend: Backend) -> Result<Loaded> {
    let vocabulary = builtin.vocabulary;
    let engine = if backend == Backend::Reference {
        reference(&vocabulary.json()?, builtin.name, "asked for".into())?
    } else {
        let bpe = last_loaded::get_or_load(vocabulary.digest, || vocabulary.load())?;
        fast(bpe, vocabulary.digest, builtin.name, Box::new(|| vocabulary.json()))
    };
    let side_files = SideFiles {
        special_tokens: builtin
            .special_tokens
            .iter()
            .map(|&(key, text)| (key.to_owned(), text.to_owned()))
            .collect(),
        eos_tokens: builtin.eos_tokens.iter().map(|&text| text.to_owned()).collect(),
        chat_template: Some(builtin.template.to_owned()),
        named_templates: Vec::new(),
    };
    Ok(Loaded::new(builtin.name.to_owned(), engine, side_files))
}

fn load_folder(folder: &Path, backend: Backend) -> Result<Loaded> {
    let file = folder.join("tokenizer.json");
    if !file.is_file() {
        return Err(Error::new(ErrorCode::TokenizerNotFound, "no tokenizer.json in it")
            .file(folder.display())
            .hint("save the tokenizer with `save_pretrained`; slow tokenizers have no tokenizer.json"));
    }
    let engine = engine(&file, backend)?;
    let side_files = SideFiles::read(folder, engine.0.added_tokens())?;
    Ok(Loaded::new(folder.display().to_string(), engine, side_files))
}

/// The engine for a `tokenizer.json`.
fn engine(file: &Path, backend: Backend) -> Result<Engine> {
    let (json, name) = (read(file)?, file.display().to_string());
    if backend == Backend::Reference {
        return reference(&json, &name, "asked for".into());
    }
    let digest = sha256(&json);
    match last_loaded::get_or_load(&digest, || Bpe::from_tokenizer_json(&json)) {
        Ok(bpe) => {
            let path = file.to_owned();
            Ok(fast(bpe, &digest, &name, Box::new(move || read(&path))))
        }
        Err(unsupported) => reference(&json, &name, refusal(&unsupported)),
    }
}

fn refusal(unsupported: &Unsupported) -> String {
    format!("the fast engine does not take it: {}", unsupported.reason())
}

/// The fast engine. `again` makes the `tokenizer.json` once more, for the canary.
fn fast(bpe: Arc<Bpe>, digest: &str, name: &str, again: JsonSource) -> Engine {
    let fast = Fast::new(bpe, digest.to_owned(), Canary::new(name, again));
    (Arc::new(fast), "byte-level BPE that it recognizes".into())
}

fn reference(json: &[u8], name: &str, reason: String) -> Result<Engine> {
    Ok((Arc::new(Reference::from_json(json, name)?), reason))
}
