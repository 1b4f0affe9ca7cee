//! One Python exception for each kind of error, derived from `TooltrainError` and from the nearest
//! builtin. They are made when the module is loaded, because a class with two bases needs `type()`.

use pyo3::exceptions::{
    PyException, PyFileExistsError, PyFileNotFoundError, PyKeyboardInterrupt, PyOSError, PyRuntimeError,
    PyValueError,
};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};
use tooltrain_core::{Error, ErrorKind};

/// Name, nearest builtin and documentation of the exception for `kind`.
fn class_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Options => "OptionsError",
        ErrorKind::NotFound => "InputNotFoundError",
        ErrorKind::Read => "ReadError",
        ErrorKind::DamagedShard => "DamagedShardError",
        ErrorKind::InputChanged => "InputChangedError",
        ErrorKind::Write => "WriteError",
        ErrorKind::OutputExists => "OutputExistsError",
        ErrorKind::Rejected => "RejectedRecordError",
        ErrorKind::TooManyRejected => "TooManyRejectedError",
        ErrorKind::OverLength => "OverLengthError",
        ErrorKind::Tokenizer => "TokenizerError",
        ErrorKind::Template => "TemplateError",
        _ => "InternalError",
    }
}

/// Adds the exception classes to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let base = make(py, "TooltrainError", &[py.get_type::<PyException>()], "Every error of this package.")?;
    base.setattr("hint", py.None())?;
    module.add("TooltrainError", &base)?;
    let value = py.get_type::<PyValueError>();
    let system = py.get_type::<PyOSError>();
    let table = [
        ("OptionsError", &value, "An option has a value that cannot be used, or two contradict each other."),
        (
            "InputNotFoundError",
            &py.get_type::<PyFileNotFoundError>(),
            "A named input does not exist, or a pattern matches nothing.",
        ),
        ("ReadError", &system, "Reading an input failed for a reason of the operating system."),
        (
            "DamagedShardError",
            &system,
            "An input is damaged: truncated or corrupt compression, bad checksum.",
        ),
        ("InputChangedError", &system, "An input changed while it was read."),
        ("WriteError", &system, "Writing the output failed; nothing stands under its name."),
        (
            "OutputExistsError",
            &py.get_type::<PyFileExistsError>(),
            "The output exists and if_exists=\"error\".",
        ),
        ("RejectedRecordError", &value, "A record was rejected and on_error=\"raise\"."),
        ("TooManyRejectedError", &value, "More records were rejected than max_rejected allows."),
        ("OverLengthError", &value, "A conversation is longer than max_length and over_length=\"error\"."),
        ("TokenizerError", &value, "The tokenizer cannot be found, read or used."),
        ("TemplateError", &value, "The chat template cannot be found, read or used."),
        (
            "InternalError",
            &py.get_type::<PyRuntimeError>(),
            "A promise of this package does not hold: a defect of ours.",
        ),
    ];
    for (name, builtin, doc) in table {
        module.add(name, make(py, name, &[base.clone(), builtin.clone()], doc)?)?;
    }
    Ok(())
}

fn make<'py>(
    py: Python<'py>,
    name: &str,
    bases: &[Bound<'py, PyType>],
    doc: &str,
) -> PyResult<Bound<'py, PyType>> {
    let namespace = PyDict::new(py);
    namespace.set_item("__module__", "tooltrain_fast._core")?;
    namespace.set_item("__doc__", doc)?;
    let class = py.get_type::<PyType>().call1((name, PyTuple::new(py, bases)?, namespace))?;
    Ok(class.cast_into::<PyType>()?)
}

/// The Python exception for a core error.
pub(crate) fn to_python(py: Python<'_>, error: &Error) -> PyErr {
    if error.kind() == ErrorKind::Interrupted {
        return PyKeyboardInterrupt::new_err(());
    }
    let made = py.import("tooltrain_fast._core").and_then(|module| {
        let exception = module.getattr(class_of(error.kind()))?.call1((error.to_string(),))?;
        exception.setattr("hint", error.hint_text())?;
        Ok(exception)
    });
    made.map_or_else(|failure| failure, PyErr::from_value)
}
