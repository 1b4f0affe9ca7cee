//! Errors of the core as Python exceptions. The classes are written in Python, in `tooltrain_fast.errors`; here
//! their fields are filled in, and the text of an error is composed for them.

use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use serde_json::json;
use tooltrain_core::error::{Place, compose};
use tooltrain_core::{Error, ErrorCode, ErrorKind};

use crate::functions::unreadable;

const CLASSES: &str = "tooltrain_fast.errors";

/// The table of error codes as JSON.
#[pyfunction]
fn error_codes(py: Python<'_>) -> PyResult<Bound<'_, PyBytes>> {
    let table: Vec<_> = ErrorCode::ALL
        .iter()
        .map(|code| {
            let row = code.info();
            json!({
                "name": row.name, "exception": row.kind.exception(), "exit_code": row.kind.exit_code(),
                "summary": row.summary, "hint": row.hint,
            })
        })
        .collect();
    let bytes = serde_json::to_vec(&table).map_err(|error| unreadable(py, &error))?;
    Ok(PyBytes::new(py, &bytes))
}

/// The text of an error from its fields; `option` is spelled as the front end spells it.
#[pyfunction]
#[pyo3(signature = (message, *, option, file, line, pointer, hint))]
#[allow(clippy::needless_pass_by_value, reason = "arguments from Python are owned")]
fn error_text(
    message: &str,
    option: Option<&str>,
    file: Option<String>,
    line: Option<u64>,
    pointer: Option<String>,
    hint: Option<&str>,
) -> String {
    compose(option, &Place { file, line, pointer }, message, hint)
}

/// Adds what Python's exceptions are made of to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(error_codes, module)?)?;
    module.add_function(wrap_pyfunction!(error_text, module)?)
}

/// The Python exception for a core error.
pub(crate) fn to_python(py: Python<'_>, error: &Error) -> PyErr {
    if error.kind() == ErrorKind::Interrupted {
        return PyKeyboardInterrupt::new_err(());
    }
    made(py, error).map_or_else(|failure| failure, PyErr::from_value)
}

fn made<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    let fields = PyDict::new(py);
    fields.set_item("code", error.code().info().name)?;
    fields.set_item("file", error.place().file.as_deref())?;
    fields.set_item("line", error.place().line)?;
    fields.set_item("pointer", error.place().pointer.as_deref())?;
    fields.set_item("option", error.option_name())?;
    fields.set_item("value", value_of(py, error)?)?;
    fields.set_item("hint", error.hint_text())?;
    py.import(CLASSES)?.getattr(error.kind().exception())?.call((error.message(),), Some(&fields))
}

/// The value of the option, as Python reads its JSON.
fn value_of<'py>(py: Python<'py>, error: &Error) -> PyResult<Option<Bound<'py, PyAny>>> {
    match error.option_value() {
        None => Ok(None),
        Some(value) => Ok(Some(py.import("json")?.call_method1("loads", (value.to_string(),))?)),
    }
}
