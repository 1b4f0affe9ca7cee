//! Control tokens of a template, held against the vocabulary.

use crate::error::{Error, ErrorKind, Result};
use crate::finding::{Code, Finding};
use crate::render::certify::control_text::{control_texts, delimiters};
use crate::render::{ChatTemplate, Origin, RenderOptions, Rendered};
use crate::tokenize::builtin::Loaded;

/// Role headers that some families were trained to read as plain text: Zephyr, Tulu, `OLMo`, `TinyLlama`.
const ALSO_PLAIN: &[&str] = &["<|user|>", "<|assistant|>", "<|system|>"];

/// Text of a template that looks like a control token, and which the tokenizer reads as plain text.
#[derive(Clone, Debug, Default)]
pub(super) struct PlainControls(Vec<String>);

impl PlainControls {
    /// Looks for such text. Fails where it delimits turns: a model that is trained with another vocabulary than
    /// its template's would never be served the same ids.
    pub(super) fn of(loaded: &Loaded, template: &dyn ChatTemplate, options: &RenderOptions) -> Result<Self> {
        let added = loaded.tokenizer.added_tokens();
        let is_token = |text: &str| added.iter().any(|token| token.content == text);
        let delimiters = control_texts(&delimiters(template, options));
        let (_, missing): (Vec<_>, Vec<_>) = delimiters.iter().partition(|text| is_token(text));
        let has_bracketed = added.iter().any(|token| token.content.starts_with("[/"));
        let must_be_token = |text: &&&String| match text.as_str() {
            text if text.starts_with('[') => has_bracketed,
            text => !ALSO_PLAIN.contains(&text),
        };
        let broken: Vec<&str> = missing.iter().filter(must_be_token).map(|text| text.as_str()).collect();
        if !broken.is_empty() {
            return Err(no_such_tokens(loaded, template, &broken));
        }
        let mut plain = template.control_texts(options);
        plain.extend(missing.into_iter().cloned());
        plain.retain(|text| !is_token(text));
        Ok(Self(plain.into_iter().collect()))
    }

    /// A finding where the template wrote such text.
    pub(super) fn finding(&self, rendered: &Rendered) -> Option<Finding> {
        if self.0.is_empty() {
            return None;
        }
        let own = rendered.spans.iter().filter(|span| span.origin == Origin::Template);
        let texts: Vec<&str> = own.map(|span| &rendered.text[span.range()]).collect();
        let written = |text: &&String| texts.iter().any(|own| own.contains(text.as_str()));
        let named: Vec<&str> = self.0.iter().filter(written).map(String::as_str).collect();
        if named.is_empty() {
            return None;
        }
        let message =
            format!("the template writes {}, which the tokenizer reads as plain text", named.join(", "));
        Some(Finding::new(Code::ControlTokenMissing, "", message))
    }
}

fn no_such_tokens(loaded: &Loaded, template: &dyn ChatTemplate, broken: &[&str]) -> Error {
    let (them, tokens) = if broken.len() == 1 { ("it", "token") } else { ("them", "tokens") };
    Error::new(
        ErrorKind::Template,
        format!(
            "the {} template delimits turns with {}, and the tokenizer {} has no such {tokens}: it would read {them} as \
             plain text",
            template.name(),
            broken.join(", "),
            loaded.name
        ),
    )
    .hint(format!(
        "give the tokenizer that belongs to the template with tokenizer=, another template with chat_template=, or add \
         {them} to the tokenizer as control {tokens}"
    ))
}
