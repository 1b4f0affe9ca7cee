//! Rows as an Arrow stream: the run goes on in a thread of its own, a few batches ahead of whoever
//! reads them.

use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule};
use tooltrain_core::options::Options;
use tooltrain_core::pipeline::{self, Verb};
use tooltrain_core::progress::Progress;
use tooltrain_core::report::Report;
use tooltrain_core::{Error, ErrorKind, Result};

use crate::errors::to_python;
use crate::functions::{read_options, unreadable};
use crate::running::{panicked, parse_verb};

/// Batches that may wait for the reader.
const BATCHES_AHEAD: usize = 2;

/// What the run leaves behind: its report, or why it ended.
type Ending = Arc<Mutex<Option<std::result::Result<Report, String>>>>;

/// An Arrow stream of rows, read once.
#[pyclass(frozen, module = "tooltrain_fast._core")]
pub(crate) struct RowStream {
    sources: Vec<String>,
    options: Options,
    verb: Verb,
    taken: Mutex<bool>,
    ending: Ending,
}

/// The rows that `pack` would write, as an Arrow stream.
#[pyfunction]
pub(crate) fn stream(
    py: Python<'_>,
    sources: Vec<String>,
    options: &[u8],
    verb: &str,
) -> PyResult<RowStream> {
    let options = read_options(py, options)?;
    let verb = parse_verb(py, verb)?;
    Ok(RowStream { sources, options, verb, taken: Mutex::new(false), ending: Ending::default() })
}

#[pymethods]
impl RowStream {
    /// Exports the stream as an `arrow_array_stream` capsule; can be called once.
    #[pyo3(signature = (requested_schema = None))]
    #[allow(
        unused_variables,
        clippy::needless_pass_by_value,
        reason = "the protocol lets a producer ignore it"
    )]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if *taken {
            let error = Error::new(ErrorKind::Options, "this stream was read already")
                .hint("call stream() again, or keep what was read in a table");
            return Err(to_python(py, &error));
        }
        let reader = Reader::begin(self).map_err(|error| to_python(py, &error))?;
        *taken = true;
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
            Some(Err(message)) => Err(to_python(py, &Error::new(ErrorKind::Internal, message.clone()))),
            None => {
                let error = Error::new(ErrorKind::Options, "the stream has no report before its end")
                    .hint("read it to its end first");
                Err(to_python(py, &error))
            }
        }
    }
}

/// The reading end of a run. Dropped early, it ends the run.
struct Reader {
    schema: SchemaRef,
    batches: Receiver<Result<RecordBatch>>,
    progress: Arc<Progress>,
}

impl Reader {
    fn begin(stream: &RowStream) -> Result<Self> {
        let schema = pipeline::schema(&stream.options)?;
        let (send, batches) = sync_channel(BATCHES_AHEAD);
        let progress = Arc::new(Progress::default());
        let (sources, options, verb) = (stream.sources.clone(), stream.options.clone(), stream.verb);
        let (ending, counters) = (Arc::clone(&stream.ending), Arc::clone(&progress));
        std::thread::Builder::new()
            .name("tooltrain-stream".into())
            .spawn(move || {
                let run = || {
                    pipeline::stream(&sources, &options, verb, &counters, |batch| {
                        send.send(Ok(batch))
                            .map_err(|_| Error::new(ErrorKind::Interrupted, "the reader went away"))
                    })
                };
                let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run))
                    .unwrap_or_else(|panic| Err(panicked(&*panic)));
                let kept = outcome.as_ref().map_err(ToString::to_string).cloned();
                *ending.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
                if let Err(error) = outcome {
                    // A reader that went away does not want to hear of it.
                    let _ = send.send(Err(error));
                }
            })
            .map_err(|source| {
                Error::new(ErrorKind::Internal, format!("cannot start a thread: {source}")).because(source)
            })?;
        Ok(Self { schema, batches, progress })
    }
}

impl Iterator for Reader {
    type Item = std::result::Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.batches.recv() {
            Ok(Ok(batch)) => Some(Ok(batch)),
            Ok(Err(error)) => Some(Err(ArrowError::ExternalError(Box::new(error)))),
            Err(_) => None,
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
