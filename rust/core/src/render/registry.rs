//! Which renderer prints a chat template: a native one where the source is known, by digest.

use std::sync::Arc;

use super::ChatTemplate;
use super::qwen::Qwen;
use crate::digest::sha256;
use crate::error::{Error, ErrorKind, Result};

/// Revisions of official templates that print the same text as the one a native renderer names.
const SAME_TEXT: &[(&str, &str)] =
    &[("a55ee1b1660128b7098723e0abcd92caa0788061051c62d51cbe87d9cf1974d8", "qwen3")];

fn natives() -> [Arc<dyn ChatTemplate>; 3] {
    [Arc::new(Qwen::Qwen3), Arc::new(Qwen::Instruct2507), Arc::new(Qwen::Qwen25)]
}

/// The renderer of a template given by its Jinja source.
pub fn from_source(source: &str) -> Result<Arc<dyn ChatTemplate>> {
    let digest = sha256(source.as_bytes());
    let same = SAME_TEXT.iter().find(|(known, _)| *known == digest).map(|(_, name)| *name);
    natives().into_iter().find(|native| native.digest() == digest || same == Some(native.name())).ok_or_else(
        || {
            Error::new(ErrorKind::Template, format!("no renderer for the chat template with digest {digest}"))
                .hint("give one of the built-in templates: qwen3, qwen3-instruct-2507, qwen2.5")
        },
    )
}
