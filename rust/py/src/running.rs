//! Runs the core beside the interpreter: the work goes on in a thread of its own, while the calling
//! thread looks after signals and progress.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::json;
use tooltrain_core::pipeline;
use tooltrain_core::progress::Progress;
use tooltrain_core::{Error, ErrorKind, Result};

use crate::errors::to_python;
use crate::functions::{read_options, unreadable};

/// How often signals are looked at.
const LOOK: Duration = Duration::from_millis(40);
/// How often progress is told.
const TELL: Duration = Duration::from_millis(200);

/// Runs from shards to a published file or directory; returns the report as JSON.
#[pyfunction]
#[pyo3(signature = (sources, out, options, progress, verb))]
#[allow(clippy::needless_pass_by_value, reason = "an argument from Python is owned")]
pub(crate) fn pack<'py>(
    py: Python<'py>,
    sources: Vec<String>,
    out: &str,
    options: &[u8],
    progress: Option<Bound<'py, PyAny>>,
    verb: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    let options = read_options(py, options)?;
    let verb = parse_verb(py, verb)?;
    let counters = Progress::default();
    let report = attended(py, &counters, progress.as_ref(), || {
        pipeline::pack(&sources, out, &options, verb, &counters)
    })?;
    let bytes = serde_json::to_vec(&report).map_err(|error| unreadable(py, &error))?;
    Ok(PyBytes::new(py, &bytes))
}

pub(crate) fn parse_verb(py: Python<'_>, verb: &str) -> PyResult<pipeline::Verb> {
    match verb {
        "pack" => Ok(pipeline::Verb::Pack),
        "tokenize" => Ok(pipeline::Verb::Tokenize),
        other => Err(to_python(py, &Error::new(ErrorKind::Options, format!("no verb is called {other:?}")))),
    }
}

/// Runs `work` on a thread of its own. A signal or a failing callback cancels it and is raised once
/// the work has ended.
pub(crate) fn attended<T: Send>(
    py: Python<'_>,
    counters: &Progress,
    callback: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce() -> Result<T> + Send,
) -> PyResult<T> {
    let begun = Instant::now();
    let callback = callback.map(|callback| callback.clone().unbind());
    let mut interrupted: Option<PyErr> = None;
    let outcome = py.detach(|| {
        let (done, ended) = channel::<()>();
        std::thread::scope(|scope| {
            let worker = scope.spawn(move || {
                // Dropping the sender, also in a panic, wakes the caller.
                let _done = done;
                work()
            });
            let mut told = Instant::now();
            while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                if interrupted.is_some() {
                    continue;
                }
                let tell = told.elapsed() >= TELL;
                let looked = Python::attach(|py| {
                    py.check_signals()?;
                    match &callback {
                        Some(callback) if tell => {
                            callback.call1(py, (PyBytes::new(py, &snapshot(counters, begun)),)).map(|_| ())
                        }
                        _ => Ok(()),
                    }
                });
                if tell {
                    told = Instant::now();
                }
                if let Err(error) = looked {
                    counters.cancel();
                    interrupted = Some(error);
                }
            }
            worker.join().unwrap_or_else(|panic| Err(panicked(&*panic)))
        })
    });
    if let Some(error) = interrupted {
        return Err(error);
    }
    outcome.map_err(|error| to_python(py, &error))
}

/// A panic as an error, with what it said.
pub(crate) fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    let said = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    Error::new(ErrorKind::Internal, format!("a thread panicked: {said}"))
        .hint("this is a defect of tooltrain_fast; please report it with the record, if you can")
}

fn snapshot(counters: &Progress, begun: Instant) -> Vec<u8> {
    let total = counters.total_bytes.get();
    json!({
        "stage": "packing",
        "records": counters.records.get(),
        "bytes": counters.bytes.get(),
        "total_bytes": (total > 0).then_some(total),
        "tokens": counters.tokens.get(),
        "trained_tokens": counters.trained_tokens.get(),
        "rejected": counters.rejected.get(),
        "seconds": begun.elapsed().as_secs_f64(),
    })
    .to_string()
    .into_bytes()
}
