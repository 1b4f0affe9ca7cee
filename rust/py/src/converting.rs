//! `convert`: shards to rows of another dialect.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tooltrain_core::convert::Dialect;
use tooltrain_core::run::convert as convert_records;

use crate::errors::to_python;
use crate::functions::{read_options, unreadable};
use crate::given::given;
use crate::running::attended;

/// Writes the records of `sources` as rows of the dialect `to`; returns the report as JSON.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "an argument from Python is owned")]
pub(crate) fn convert<'py>(
    py: Python<'py>,
    sources: Bound<'py, PyAny>,
    out: &str,
    to: &str,
    options: &[u8],
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyBytes>> {
    let options = read_options(py, options)?;
    let given = given(&sources)?;
    let to = Dialect::from_name(to).map_err(|error| to_python(py, &error))?;
    let out = out.to_owned();
    let report = attended(py, progress.as_ref(), move |counters| {
        convert_records(given, &out, to, &options, counters)
    })?;
    let bytes = serde_json::to_vec(&report).map_err(|error| unreadable(py, &error))?;
    Ok(PyBytes::new(py, &bytes))
}
