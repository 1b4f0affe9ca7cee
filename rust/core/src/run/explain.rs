//! explain: what is known about a chat template and a tokenizer before any record is read.

use serde::Serialize;

use super::resolve::recipe;
use crate::error::Result;
use crate::options::Options;
use crate::render::Certificate;

/// A token that ends a turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StopToken {
    /// Its text.
    pub text: String,
    /// Its id; nothing where the tokenizer has no such token.
    pub id: Option<u32>,
}

/// The certificate of a template with a tokenizer, under some options.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// Name of the tokenizer.
    pub tokenizer: String,
    /// Hex SHA-256 of its `tokenizer.json`.
    pub tokenizer_sha256: String,
    /// The serving mode in words.
    pub serving: &'static str,
    /// The tokens that end a turn, with their ids.
    pub stops: Vec<StopToken>,
    /// What came of trying the template out.
    pub certificate: Certificate,
}

/// Loads what `options` name and tries the template out.
pub fn explain(options: &Options) -> Result<Explanation> {
    let recipe = recipe(options, &[])?;
    let tokenizer = &recipe.loaded.tokenizer;
    let id = |text: &str| {
        tokenizer.added_tokens().iter().find(|token| token.content == text).map(|token| token.id)
    };
    let certificate = recipe.certificate();
    Ok(Explanation {
        tokenizer: recipe.loaded.name.clone(),
        tokenizer_sha256: tokenizer.digest().to_owned(),
        serving: recipe.serving(),
        stops: certificate
            .stop_tokens
            .iter()
            .map(|text| StopToken { text: text.clone(), id: id(text) })
            .collect(),
        certificate: (*certificate).clone(),
    })
}
