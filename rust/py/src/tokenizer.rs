//! The tokenizer as a Python class.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use tooltrain_core::options::Backend;
use tooltrain_core::tokenize::builtin::{Loaded, load};
use tooltrain_core::tokenize::{Encoder, Place};
use tooltrain_core::{Error, ErrorKind};

use crate::errors::to_python;
use crate::running::guarded;

/// A tokenizer as the run uses it.
#[pyclass(frozen, module = "tooltrain_fast._core")]
pub(crate) struct Tokenizer {
    loaded: Loaded,
    encoder: Mutex<Box<dyn Encoder>>,
}

#[pymethods]
impl Tokenizer {
    #[new]
    #[pyo3(signature = (name_or_path, backend = "auto"))]
    fn new(py: Python<'_>, name_or_path: &str, backend: &str) -> PyResult<Self> {
        let backend = match backend {
            "auto" => Backend::Auto,
            "reference" => Backend::Reference,
            other => {
                let error = Error::new(ErrorKind::Options, "unknown backend")
                    .option("backend")
                    .value(other)
                    .hint("choose \"auto\" or \"reference\"");
                return Err(to_python(py, &error));
            }
        };
        let loaded = guarded(py, || load(name_or_path, backend))?;
        let encoder = Mutex::new(loaded.tokenizer.encoder());
        Ok(Self { loaded, encoder })
    }

    /// Token ids of plain text.
    fn encode(&self, py: Python<'_>, text: &str) -> PyResult<Vec<u32>> {
        let mut ids = Vec::new();
        guarded(py, || {
            self.encoder.lock().unwrap_or_else(PoisonError::into_inner).encode(text, Place::Input, &mut ids)
        })?;
        Ok(ids)
    }

    /// Text of the ids, control tokens included.
    #[allow(clippy::needless_pass_by_value, reason = "an argument from Python is owned")]
    fn decode(&self, py: Python<'_>, ids: Vec<u32>) -> PyResult<String> {
        guarded(py, || self.loaded.tokenizer.decode(&ids))
    }

    /// The control tokens with their ids, in id order.
    fn added_tokens(&self) -> Vec<(String, u32)> {
        let added = self.loaded.tokenizer.added_tokens();
        added.iter().map(|token| (token.content.clone(), token.id)).collect()
    }

    #[getter]
    fn digest(&self) -> &str {
        self.loaded.tokenizer.digest()
    }

    #[getter]
    fn vocab_size(&self) -> usize {
        self.loaded.tokenizer.vocab_size()
    }

    #[getter]
    fn backend(&self) -> String {
        format!("{}: {}", self.loaded.tokenizer.backend(), self.loaded.reason)
    }

    #[getter]
    fn chat_template(&self) -> Option<&str> {
        self.loaded.chat_template.as_deref()
    }
}
