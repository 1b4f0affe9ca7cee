//! The added tokens of a `tokenizer.json`, and how the reference finds each in text.

use serde::Deserialize;

use super::prefix::Prefix;
use super::{AddedToken, Matching};

/// An added token as the file declares it.
#[derive(Deserialize)]
pub(super) struct DeclaredToken {
    #[serde(default)]
    pub(super) content: String,
    #[serde(default)]
    special: bool,
    #[serde(default)]
    lstrip: bool,
    #[serde(default)]
    rstrip: bool,
    #[serde(default)]
    single_word: bool,
    /// As in the reference, a token that is not special is looked for in normalized text by default.
    normalized: Option<bool>,
}

/// The part of a `tokenizer.json` with the added tokens.
#[derive(Deserialize)]
pub(super) struct DeclaredTokens {
    #[serde(default)]
    pub(super) added_tokens: Vec<DeclaredToken>,
}

impl DeclaredToken {
    /// The token with its id. `normalize` is the normalizer of the file, without the prefix that it adds.
    ///
    /// A token that is looked for in normalized text is found where its own normalized form is. Here it is looked
    /// for in the text as given, which finds the same only where normalization leaves its content as it is.
    ///
    /// # Errors
    ///
    /// The normalized content, where that is another one.
    pub(super) fn with_id(
        self,
        id: u32,
        prefix: Option<&Prefix>,
        normalize: impl Fn(&str) -> Option<String>,
    ) -> Result<AddedToken, String> {
        let Self { content, special, lstrip, rstrip, single_word, normalized } = self;
        let normalized = normalized.unwrap_or(!special);
        let mut matching = Matching { lstrip, rstrip, single_word, normalized, prefix: String::new() };
        if normalized {
            match normalize(&content) {
                Some(other) if other != content => return Err(other),
                _ => {}
            }
            prefix.and_then(Prefix::of_normalizer).unwrap_or_default().clone_into(&mut matching.prefix);
        }
        Ok(AddedToken { content, id, special, matching })
    }
}

impl AddedToken {
    /// Whether it is ordinary vocabulary, not a control token: white space, or an HTML element. Serving makes such a
    /// token of any text, and no template delimits anything with it.
    #[must_use]
    pub fn is_ordinary(&self) -> bool {
        !self.special && (is_space(&self.content) || is_html(&self.content))
    }
}

fn is_space(content: &str) -> bool {
    !content.is_empty() && content.chars().all(|c| c.is_whitespace() || c == '\u{2581}')
}

const HTML_ELEMENTS: &[&str] = &[
    "a",
    "b",
    "blockquote",
    "body",
    "br",
    "caption",
    "code",
    "div",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "hr",
    "html",
    "i",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "u",
    "ul",
];

fn is_html(content: &str) -> bool {
    let inner = content.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    inner.is_some_and(|inner| HTML_ELEMENTS.contains(&inner.strip_prefix('/').unwrap_or(inner)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(content: &str, special: bool) -> AddedToken {
        AddedToken { content: content.to_owned(), special, ..AddedToken::default() }
    }

    #[test]
    fn white_space_and_html_are_ordinary_and_delimiters_are_not() {
        for content in ["\n\n", "\u{2581}\u{2581}", "<table>", "</h1>", "</s>"] {
            assert!(token(content, false).is_ordinary(), "{content}");
            assert!(!token(content, true).is_ordinary(), "{content}");
        }
        for content in ["<think>", "</tool_call>", "<|im_end|>", "<unused7>", "[INST]", "<>", ""] {
            assert!(!token(content, false).is_ordinary(), "{content}");
        }
    }
}
