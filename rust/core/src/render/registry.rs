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

/// Other names of native renderers.
const ALIASES: &[(&str, &str)] = &[("llama-3.3", "llama-3.1"), ("hermes-3", "hermes")];

/// The names of the native renderers.
#[must_use]
pub fn native_names() -> Vec<String> {
    natives("").iter().map(|native| native.name().to_owned()).collect()
}

/// The native renderer with this name; nothing where there is none. `arguments` names the template arguments of
/// the run.
pub fn from_name(
    name: &str,
    dialect: Option<&str>,
    tokens: &TemplateTokens,
    arguments: &[&str],
) -> Result<Option<Arc<dyn ChatTemplate>>> {
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, name)| name);
    let Some(native) = natives(bos_of(tokens)).into_iter().find(|native| native.name() == name) else {
        return Ok(None);
    };
    if let Some(argument) = arguments.iter().find(|argument| ENGINE_ARGUMENTS.contains(argument)) {
        let message = format!("the built-in renderer {name} does not print {argument}");
        return Err(Error::new(ErrorKind::Options, message)
            .option("template_kwargs")
            .hint("give the template itself, as text or as a path, with chat_template="));
    }
    if !stops_as_given(native.as_ref(), tokens) {
        let message = format!("turns of {name} end with {}", native.stop_tokens().join(", "));
        return Err(Error::new(ErrorKind::Options, message)
            .option("stop_tokens")
            .value(tokens.stops.clone())
            .hint("name these too, or leave stop_tokens out"));
    }
    in_dialect(native, dialect).map(Some)
}

fn bos_of(tokens: &TemplateTokens) -> &str {
    tokens.specials.iter().find(|(name, _)| name == "bos_token").map_or("", |(_, text)| text)
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
    let natives = natives(bos_of(tokens));
    let is_taken = natives.iter().any(|native| native.name() == name);
    let native = natives
        .into_iter()
        .find(|native| native.digest() == digest || same == Some(native.name()))
        .filter(|_| !arguments.iter().any(|name| ENGINE_ARGUMENTS.contains(name)))
        .filter(|native| stops_as_given(native.as_ref(), tokens));
    if let Some(native) = native {
        return in_dialect(native, dialect);
    }
    let name = if is_taken { format!("./{name}") } else { name.to_owned() };
    in_dialect(Arc::new(JinjaTemplate::from_source(&name, source, tokens)?), dialect)
}

/// Whether the run names no stop tokens, or all of a native renderer's.
fn stops_as_given(native: &dyn ChatTemplate, tokens: &TemplateTokens) -> bool {
    let is_given = |stop: &&str| tokens.stops.iter().any(|given| given == stop);
    !tokens.stops_are_given || native.stop_tokens().iter().all(is_given)
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
