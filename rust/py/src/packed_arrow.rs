//! Written Arrow files, read batch by batch.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use arrow_array::RecordBatchIterator;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_schema::ArrowError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule, PyDict};
use tooltrain_core::read::PackedArrow as CorePackedArrow;

use crate::running::guarded;

/// An Arrow file that may be damaged. Exports the batch that was chosen last.
#[pyclass(frozen, module = "tooltrain_fast._core")]
pub(crate) struct PackedArrow {
    file: Mutex<CorePackedArrow>,
    chosen: Mutex<Option<usize>>,
}

#[pymethods]
impl PackedArrow {
    #[new]
    #[allow(clippy::needless_pass_by_value, reason = "an argument from Python is owned")]
    fn new(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let file = guarded(py, || CorePackedArrow::open(&path))?;
        Ok(Self { file: Mutex::new(file), chosen: Mutex::new(None) })
    }

    /// The key-value metadata of the footer, as bytes.
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let metadata = PyDict::new(py);
        for (key, value) in file.metadata() {
            metadata.set_item(PyBytes::new(py, key.as_bytes()), PyBytes::new(py, value.as_bytes()))?;
        }
        Ok(metadata)
    }

    /// How many record batches there are.
    fn batches(&self) -> usize {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).batches()
    }

    /// Chooses the batch that is exported; none for a stream with the schema alone.
    fn choose(&self, batch: Option<usize>) {
        *self.chosen.lock().unwrap_or_else(PoisonError::into_inner) = batch;
    }

    /// Exports the chosen batch as an `arrow_array_stream` capsule.
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
        let chosen = *self.chosen.lock().unwrap_or_else(PoisonError::into_inner);
        let (schema, batch) = guarded(py, || {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            Ok((file.schema(), chosen.map(|index| file.batch(index)).transpose()?))
        })?;
        let reader = RecordBatchIterator::new(batch.into_iter().map(Ok::<_, ArrowError>), schema);
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), c"arrow_array_stream")
    }
}
