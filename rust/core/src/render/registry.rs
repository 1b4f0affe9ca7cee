//! Which renderer prints a chat template: a native one where the source is known, by digest, else the
//! engine that runs any template.

use std::sync::Arc;

use super::ChatTemplate;
use super::engine::jinja_template::{JinjaTemplate, TemplateTokens};
use super::native::chatml::ChatMl;
use super::native::gpt_oss::GptOss;
use super::native::harmony::Harmony;
use super::native::hermes::Hermes;
use super::native::llama::Llama;
use super::native::qwen::Qwen;
use crate::digest::sha256;
use crate::error::{Error, ErrorKind, Result};

/// Revisions of official templates that print the same text as the one a native renderer names.
const SAME_TEXT: &[(&str, &str)] =
    &[("a55ee1b1660128b7098723e0abcd92caa0788061051c62d51cbe87d9cf1974d8", "qwen3")];

/// What `bos_token` is in the families whose template prints it.
const KNOWN_BOS: &[&str] = &["", "<|begin_of_text|>", "<s>", "<|startoftext|>"];

fn natives(bos: &str) -> Vec<Arc<dyn ChatTemplate>> {
    let bos = KNOWN_BOS.iter().find(|known| **known == bos).copied().unwrap_or_default();
    vec![
        Arc::new(Qwen::Qwen3),
        Arc::new(Qwen::Instruct2507),
        Arc::new(Qwen::Qwen25),
        Arc::new(Llama::Llama31),
        Arc::new(Llama::Llama32),
        Arc::new(Llama::Llama3),
        Arc::new(GptOss),
        Arc::new(Hermes { bos }),
        Arc::new(ChatMl),
    ]
}

/// Template arguments that native renderers do not print: with them the engine runs the template.
const ENGINE_ARGUMENTS: &[&str] = &["builtin_tools", "custom_tools", "documents"];

/// The renderer of a template that is known by its Jinja source alone: [`from_named_source`] with the
/// beginning of its digest as name.
pub fn from_source(
    source: &str,
    dialect: Option<&str>,
    tokens: &TemplateTokens,
    arguments: &[&str],
) -> Result<Arc<dyn ChatTemplate>> {
    let digest = sha256(source.as_bytes());
    from_named_source(&digest[..12], source, dialect, tokens, arguments)
}

/// The renderer of a template given by its Jinja source, in one of the family's dialects. A template
/// without a native renderer is called `name`, which is never that of a native one. `tokens` is what the
/// tokenizer says about tokens; `arguments` names the template arguments of the run.
pub fn from_named_source(
    name: &str,
    source: &str,
    dialect: Option<&str>,
    tokens: &TemplateTokens,
    arguments: &[&str],
) -> Result<Arc<dyn ChatTemplate>> {
    let digest = sha256(source.as_bytes());
    let same = SAME_TEXT.iter().find(|(known, _)| *known == digest).map(|(_, name)| *name);
    let bos = tokens.specials.iter().find(|(name, _)| name == "bos_token").map_or("", |(_, text)| text);
    let natives = natives(bos);
    let is_taken = natives.iter().any(|native| native.name() == name);
    let native = natives
        .into_iter()
        .find(|native| native.digest() == digest || same == Some(native.name()))
        .filter(|_| !arguments.iter().any(|name| ENGINE_ARGUMENTS.contains(name)));
    if let Some(native) = native {
        return in_dialect(native, dialect);
    }
    let name = if is_taken { format!("./{name}") } else { name.to_owned() };
    in_dialect(Arc::new(JinjaTemplate::from_source(&name, source, tokens)?), dialect)
}

fn in_dialect(native: Arc<dyn ChatTemplate>, dialect: Option<&str>) -> Result<Arc<dyn ChatTemplate>> {
    match (native.name() == GptOss.name(), dialect) {
        (_, None) | (true, Some("hf")) => Ok(native),
        (true, Some("harmony")) => Ok(Arc::new(Harmony)),
        (is_gpt_oss, Some(other)) => {
            let known = if is_gpt_oss { "it has `hf` and `harmony`" } else { "it has only one" };
            Err(Error::new(
                ErrorKind::Options,
                format!("the {} template has no such dialect; {known}", native.name()),
            )
            .option("dialect")
            .value(other)
            .hint("leave dialect out for the model's own template"))
        }
    }
}
