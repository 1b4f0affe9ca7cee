//! Small questions that need no run.

use std::ffi::OsString;
use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::json;
use tooltrain_core::finding::Code;
use tooltrain_core::nearest::meant;
use tooltrain_core::options::Options;
use tooltrain_core::{Error, ErrorKind, read};

use crate::errors::to_python;
use crate::running::guarded;

/// Version of the engine, as written into every footer.
#[pyfunction]
fn version() -> &'static str {
    tooltrain_core::VERSION
}

/// Whether the engine was built with optimization, as it is for use.
#[pyfunction]
const fn optimized() -> bool {
    !cfg!(debug_assertions)
}

/// The core's default options as JSON.
#[pyfunction]
fn default_options(py: Python<'_>) -> PyResult<Bound<'_, PyBytes>> {
    let bytes = serde_json::to_vec(&Options::default()).map_err(|error| unreadable(py, &error))?;
    Ok(PyBytes::new(py, &bytes))
}

/// The table of finding codes as JSON.
#[pyfunction]
fn finding_codes(py: Python<'_>) -> PyResult<Bound<'_, PyBytes>> {
    let table: Vec<_> = Code::ALL
        .iter()
        .map(|code| {
            let row = code.info();
            json!({
                "name": row.name, "family": row.family, "severity": row.severity.as_str(),
                "summary": row.summary, "hint": row.hint, "fails": row.fails, "passes": row.passes,
            })
        })
        .collect();
    let bytes = serde_json::to_vec(&table).map_err(|error| unreadable(py, &error))?;
    Ok(PyBytes::new(py, &bytes))
}

/// The shards that a run over `sources` would read, in order.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "an argument from Python is owned")]
fn expand(py: Python<'_>, sources: Vec<PathBuf>) -> PyResult<Vec<OsString>> {
    let shards = guarded(py, || read::expand(&sources))?;
    Ok(shards.into_iter().map(|shard| shard.path.into_os_string()).collect())
}

/// The one of `words` that a misspelled `word` most probably means; none where none is near.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "arguments from Python are owned")]
fn nearest_word(word: &str, words: Vec<String>) -> Option<String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    meant(word, &words).map(str::to_owned)
}

/// Options from their JSON.
pub(crate) fn read_options(py: Python<'_>, options: &[u8]) -> PyResult<Options> {
    serde_json::from_slice(options).map_err(|error| {
        to_python(py, &Error::new(ErrorKind::Options, format!("the options cannot be read: {error}")))
    })
}

/// An answer that cannot be written as JSON: a bug.
pub(crate) fn unreadable(py: Python<'_>, error: &serde_json::Error) -> PyErr {
    to_python(py, &Error::new(ErrorKind::Internal, format!("cannot write JSON: {error}")))
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(version, module)?)?;
    module.add_function(wrap_pyfunction!(optimized, module)?)?;
    module.add_function(wrap_pyfunction!(default_options, module)?)?;
    module.add_function(wrap_pyfunction!(finding_codes, module)?)?;
    module.add_function(wrap_pyfunction!(nearest_word, module)?)?;
    module.add_function(wrap_pyfunction!(expand, module)?)
}
