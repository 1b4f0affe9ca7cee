//! Rows as an Arrow stream: the run goes on in a thread of its own, a few batches ahead of whoever
//! reads them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::ThreadId;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule};
use tooltrain_core::progress::Progress;
use tooltrain_core::report::Report;
use tooltrain_core::run::Streaming;
use tooltrain_core::{Error, ErrorCode, ErrorKind, Result};

use crate::errors::to_python;
use crate::functions::{read_options, unreadable};
use crate::given::given;
use crate::running::{LOOK, attended, panicked, parse_verb};

/// Batches that may wait for the reader.
const BATCHES_AHEAD: usize = 2;

/// A batch on its way to the reader, or why there are no more.
type Sent = std::result::Result<RecordBatch, String>;

/// What the run leaves behind: its report, or why it ended.
type Ending = Arc<Mutex<Option<Result<Report>>>>;

/// An Arrow stream of rows, read once.
#[pyclass(frozen, module = "tooltrain_fast._core")]
pub(crate) struct RowStream {
    prepared: Mutex<Option<Streaming>>,
    ending: Ending,
}

/// The rows that `pack` would write, as an Arrow stream.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "an argument from Python is owned")]
pub(crate) fn stream(
    py: Python<'_>,
    sources: Bound<'_, PyAny>,
    options: &[u8],
    verb: &str,
) -> PyResult<RowStream> {
    let options = read_options(py, options)?;
    let given = given(&sources)?;
    let verb = parse_verb(py, verb)?;
    let prepared = attended(py, None, move |_| Streaming::prepare(given, &options, verb))?;
    Ok(RowStream { prepared: Mutex::new(Some(prepared)), ending: Ending::default() })
}

#[pymethods]
impl RowStream {
    /// Exports the stream as an `arrow_array_stream` capsule; can be called once.
    #[pyo3(signature = (requested_schema = None))]
    #[allow(
        unused_variables,
        clippy::needless_pass_by_value,
        reason = "the protocol lets a producer ignore the request"
    )]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(prepared) = prepared else {
            let error = Error::new(ErrorCode::StreamUsed, "this stream was read already")
                .hint("call stream() again, or keep what was read in a table");
            return Err(to_python(py, &error));
        };
        let reader =
            Reader::begin(prepared, Arc::clone(&self.ending)).map_err(|error| to_python(py, &error))?;
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), c"arrow_array_stream")
    }

    /// The report of the run as JSON, once the stream was read to its end.
    fn report<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let ending = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
        match &*ending {
            Some(Ok(report)) => {
                let json = serde_json::to_vec(report).map_err(|error| unreadable(py, &error))?;
                Ok(PyBytes::new(py, &json))
            }
            Some(Err(error)) => Err(to_python(py, error)),
            None => {
                let error =
                    Error::new(ErrorCode::StreamNotFinished, "the stream has no report before its end")
                        .hint("read it to its end first");
                Err(to_python(py, &error))
            }
        }
    }
}

/// The reading end of a run. Dropped early, it ends the run.
struct Reader {
    schema: SchemaRef,
    batches: Mutex<Receiver<Sent>>,
    progress: Arc<Progress>,
    exporter: ThreadId,
}

impl Reader {
    fn begin(prepared: Streaming, ending: Ending) -> Result<Self> {
        let schema = prepared.schema();
        let (send, batches) = sync_channel(BATCHES_AHEAD);
        let progress = Arc::new(Progress::default());
        let counters = Arc::clone(&progress);
        let run = move || {
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                prepared.run(&counters, |batch| {
                    send.send(Ok(batch))
                        .map_err(|_| Error::new(ErrorKind::Interrupted, "the reader went away"))
                })
            }))
            .unwrap_or_else(|panic| Err(panicked(&*panic)));
            let said = outcome.as_ref().err().map(ToString::to_string);
            *ending.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
            if let Some(said) = said {
                // A reader that went away does not want to hear of it.
                let _ = send.send(Err(said));
            }
        };
        std::thread::Builder::new().name("tooltrain-stream".into()).spawn(run).map_err(|source| {
            Error::new(ErrorKind::Internal, format!("cannot start a thread: {source}")).because(source)
        })?;
        Ok(Self { schema, batches: Mutex::new(batches), progress, exporter: std::thread::current().id() })
    }

    /// Waits a little for the next batch, without the interpreter lock where this thread may hold it:
    /// a frame that is read may need the lock to go on.
    fn receive(&self) -> std::result::Result<Sent, RecvTimeoutError> {
        let receive = || self.batches.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(LOOK);
        if self.is_exporter() { Python::attach(|py| py.detach(receive)) } else { receive() }
    }

    fn is_exporter(&self) -> bool {
        std::thread::current().id() == self.exporter
    }

    /// Whether a signal asks to stop. Only the thread that took the stream may ask the interpreter:
    /// another one might wait for a lock that its caller holds. What came is raised again, so that the
    /// caller gets it when the library that reads has returned.
    fn interrupted(&self) -> bool {
        if !self.is_exporter() {
            return false;
        }
        Python::attach(|py| {
            let signalled = py.check_signals().is_err();
            if signalled {
                // Without this the caller would only see the reading library's own error.
                let _ = py.import("_thread").and_then(|thread| thread.call_method0("interrupt_main"));
            }
            signalled
        })
    }
}

impl Iterator for Reader {
    type Item = std::result::Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.receive() {
                Ok(Ok(batch)) => return Some(Ok(batch)),
                Ok(Err(said)) => return Some(Err(ArrowError::ExternalError(said.into()))),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) if self.interrupted() => {
                    self.progress.cancel();
                    return Some(Err(ArrowError::ExternalError("the run was interrupted".into())));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

impl RecordBatchReader for Reader {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.progress.cancel();
    }
}
