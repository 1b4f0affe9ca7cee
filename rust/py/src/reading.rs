//! Files read for Python as a run reads them, and text made fit to be printed.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tooltrain_core::read::{FoundRecord, Given, ReadLimits, Wanted, record_at};
use tooltrain_core::visible::visible as made_visible;
use tooltrain_core::{ErrorKind, whole_file, write};

use crate::functions::read_options;
use crate::running::{attended, guarded};

/// The text with the characters made visible that a terminal or a page would obey or hide.
#[pyfunction]
fn visible(text: &str) -> String {
    made_visible(text).into_owned()
}

/// The bytes of a regular file of at most `longest` bytes.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "an argument from Python is owned")]
fn read_file(py: Python<'_>, path: PathBuf, longest: u64) -> PyResult<Bound<'_, PyBytes>> {
    let missing = std::fs::metadata(&path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound);
    let kind = if missing { ErrorKind::NotFound } else { ErrorKind::Read };
    Ok(PyBytes::new(py, &guarded(py, || whole_file::read(&path, longest, kind))?))
}

/// The record of a shard on `line`, or the one with `record` others before it: its line and its bytes. Where there is
/// none, the number of records and the line of the last one.
#[pyfunction]
fn record<'py>(
    py: Python<'py>,
    path: PathBuf,
    line: Option<u64>,
    record: u64,
    options: &[u8],
) -> PyResult<(u64, Option<Bound<'py, PyBytes>>, u64)> {
    let limits = ReadLimits::from_options(&read_options(py, options)?);
    let wanted = line.map_or(Wanted::Record(record), Wanted::Line);
    let found = attended(py, None, move |progress| {
        record_at(Given::Paths(vec![path]), wanted, limits, progress.switch())
    })?;
    Ok(match found {
        FoundRecord::Record { line, bytes } => (line, Some(PyBytes::new(py, &bytes)), 0),
        FoundRecord::None { records, last_line } => (last_line, None, records),
    })
}

/// Removes the temporary files of every run of this process, which is about to end; nothing is published after it.
#[pyfunction]
fn abandon(py: Python<'_>) {
    py.detach(write::abandon);
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(visible, module)?)?;
    module.add_function(wrap_pyfunction!(read_file, module)?)?;
    module.add_function(wrap_pyfunction!(record, module)?)?;
    module.add_function(wrap_pyfunction!(abandon, module)?)
}
