//! Runs the core beside the interpreter: the work goes on in a thread of its own, while the calling
//! thread looks after signals and progress.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCFunction};
use serde_json::json;
use tooltrain_core::progress::Progress;
use tooltrain_core::run;
use tooltrain_core::write::abandon;
use tooltrain_core::{Error, ErrorKind, Result};

use crate::errors::to_python;
use crate::functions::{read_options, unreadable};
use crate::given::given;

/// How often signals are looked at.
pub(crate) const LOOK: Duration = Duration::from_millis(40);
/// How often progress is told, besides at the beginning.
const TELL: Duration = Duration::from_millis(200);
/// How long an interrupted run may take to clean up before it is left to do so by itself.
const GRACE: Duration = Duration::from_millis(100);
/// How long the interpreter's end waits for runs that were left to clean up by themselves, before it cleans up for
/// them.
const LAST_GRACE: Duration = Duration::from_millis(400);

/// Runs from shards to a published file or directory; returns the report as JSON.
#[pyfunction]
#[pyo3(signature = (sources, out, options, progress, verb))]
#[allow(clippy::needless_pass_by_value, reason = "an argument from Python is owned")]
pub(crate) fn pack<'py>(
    py: Python<'py>,
    sources: Bound<'py, PyAny>,
    out: &str,
    options: &[u8],
    progress: Option<Bound<'py, PyAny>>,
    verb: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    let options = read_options(py, options)?;
    let given = given(&sources)?;
    let verb = parse_verb(py, verb)?;
    let out = out.to_owned();
    let report =
        attended(py, progress.as_ref(), move |counters| run::pack(given, &out, &options, verb, counters))?;
    let bytes = serde_json::to_vec(&report).map_err(|error| unreadable(py, &error))?;
    Ok(PyBytes::new(py, &bytes))
}

pub(crate) fn parse_verb(py: Python<'_>, verb: &str) -> PyResult<run::Verb> {
    match verb {
        "pack" => Ok(run::Verb::Pack),
        "tokenize" => Ok(run::Verb::Tokenize),
        other => Err(to_python(py, &Error::new(ErrorKind::Options, format!("unknown verb: {other:?}")))),
    }
}

/// Runs `work` on a thread of its own. A signal or a failing callback cancels it and is raised at once
/// when the work has ended, else after [`GRACE`]: the thread then ends by itself, without publishing,
/// when it next looks at its switch. Loading a tokenizer on a busy machine must not delay the answer.
pub(crate) fn attended<T: Send + 'static>(
    py: Python<'_>,
    callback: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&Progress) -> Result<T> + Send + 'static,
) -> PyResult<T> {
    let begun = Instant::now();
    let callback = callback.map(|callback| callback.clone().unbind());
    let counters = Arc::new(Progress::default());
    if let Some(callback) = &callback {
        callback.call1(py, (PyBytes::new(py, &snapshot(&counters, begun)),))?;
    }
    let ended = start(Arc::clone(&counters), work).map_err(|error| to_python(py, &error))?;
    let (outcome, left) = py.detach(move || {
        let mut told = Instant::now();
        let mut interrupted: Option<(PyErr, Instant)> = None;
        loop {
            match ended.recv_timeout(LOOK) {
                Ok(outcome) => break (interrupted.map_or(Ok(outcome), |(error, _)| Err(error)), None),
                Err(RecvTimeoutError::Disconnected) => {
                    let error = Error::new(ErrorKind::Internal, "the run ended without a word");
                    break (Ok(Err(error)), None);
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Some((error, since)) = interrupted.take() {
                if since.elapsed() >= GRACE {
                    break (Err(error), Some(ended));
                }
                interrupted = Some((error, since));
                continue;
            }
            let tell = told.elapsed() >= TELL;
            let looked = Python::attach(|py| {
                py.check_signals()?;
                match &callback {
                    Some(callback) if tell => {
                        callback.call1(py, (PyBytes::new(py, &snapshot(&counters, begun)),)).map(|_| ())
                    }
                    _ => Ok(()),
                }
            });
            if tell {
                told = Instant::now();
            }
            if let Err(error) = looked {
                counters.cancel();
                interrupted = Some((error, Instant::now()));
            }
        }
    });
    if let Some(ended) = left {
        finish_before_exit(py, ended);
    }
    outcome?.map_err(|error| to_python(py, &error))
}

/// Has the interpreter wait at its end until an interrupted run has removed its temporary files.
fn finish_before_exit<T: Send + 'static>(py: Python<'_>, ended: Receiver<Result<T>>) {
    let process = std::process::id();
    let ended = Mutex::new(ended);
    let wait = PyCFunction::new_closure(py, None, None, move |args, _| {
        // The thread did not follow into a forked child.
        if std::process::id() == process {
            args.py().detach(|| {
                let ended = ended.lock().unwrap_or_else(PoisonError::into_inner);
                if matches!(ended.recv_timeout(LAST_GRACE), Err(RecvTimeoutError::Timeout)) {
                    abandon();
                }
            });
        }
    });
    // Without it the interrupt is answered all the same, and at worst a temporary file stays.
    let _ = wait.and_then(|wait| py.import("atexit")?.call_method1("register", (wait,)));
}

/// Starts `work`; what comes of it arrives at the receiver, if anyone still listens.
fn start<T: Send + 'static>(
    counters: Arc<Progress>,
    work: impl FnOnce(&Progress) -> Result<T> + Send + 'static,
) -> Result<Receiver<Result<T>>> {
    let (send, ended) = channel();
    let run = move || {
        let outcome = catch_unwind(AssertUnwindSafe(|| work(&counters)));
        let _ = send.send(outcome.unwrap_or_else(|panic| Err(panicked(&*panic))));
    };
    std::thread::Builder::new().name("tooltrain-run".into()).spawn(run).map_err(|source| {
        Error::new(ErrorKind::Internal, format!("cannot start a thread: {source}")).because(source)
    })?;
    Ok(ended)
}

/// A short question to the core, without the interpreter lock. A panic is an error like any other.
pub(crate) fn guarded<T: Send>(py: Python<'_>, ask: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    py.detach(|| catch_unwind(AssertUnwindSafe(ask)).unwrap_or_else(|panic| Err(panicked(&*panic))))
        .map_err(|error| to_python(py, &error))
}

thread_local! {
    /// Where this thread panicked last.
    static PANICKED_AT: std::cell::RefCell<Option<String>> = const { std::cell::RefCell::new(None) };
}

/// Keeps panics off standard error, where their text would go unescaped: each becomes an error or a finding, with its
/// text and its place.
pub(crate) fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        // While a thread ends its place is of no use to anybody.
        let _ = PANICKED_AT.try_with(|kept| kept.replace(place));
    }));
}

/// A panic as an error, with what it said.
pub(crate) fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    let said = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    let place = PANICKED_AT.take().map_or(String::new(), |place| format!(" (at {place})"));
    Error::new(ErrorKind::Internal, format!("a thread panicked: {said}{place}"))
        .hint("this is a bug in tooltrain_fast; please report it, with the record if you can")
}

fn snapshot(counters: &Progress, begun: Instant) -> Vec<u8> {
    let total = counters.total_bytes.get();
    json!({
        "stage": counters.stage(),
        "records": counters.records.get(),
        "bytes": counters.bytes.get(),
        "total_bytes": (total > 0).then_some(total),
        "tokens": counters.tokens.get(),
        "trained_tokens": counters.trained_tokens.get(),
        "rejected": counters.rejected.get(),
        "first_look": counters.first_look(),
        "seconds": begun.elapsed().as_secs_f64(),
    })
    .to_string()
    .into_bytes()
}
