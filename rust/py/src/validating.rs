//! `validate`: counts as JSON, findings as an Arrow stream.

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{RecordBatch, RecordBatchIterator};
use arrow_schema::ArrowError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule};
use tooltrain_core::audit::{self, KeptFindings, Limits};
use tooltrain_core::run;

use crate::functions::{read_options, unreadable};
use crate::given::given;
use crate::running::attended;

/// Findings, one row each, as an Arrow stream that can be read any number of times.
#[pyclass(frozen, module = "tooltrain_fast._core")]
pub(crate) struct FindingRows {
    kept: KeptFindings,
}

/// Checks every record; returns what was counted as JSON, and the findings.
#[pyfunction]
#[pyo3(signature = (sources, options, progress, findings_per_code, examples_per_code, fix = None))]
#[allow(
    clippy::needless_pass_by_value,
    clippy::too_many_arguments,
    reason = "arguments from Python are owned, and their number is that of the verb"
)]
pub(crate) fn validate<'py>(
    py: Python<'py>,
    sources: Bound<'py, PyAny>,
    options: &[u8],
    progress: Option<Bound<'py, PyAny>>,
    findings_per_code: usize,
    examples_per_code: usize,
    fix: Option<String>,
) -> PyResult<(Bound<'py, PyBytes>, FindingRows)> {
    let options = read_options(py, options)?;
    let given = given(&sources)?;
    let limits = Limits { findings: findings_per_code, examples: examples_per_code };
    let (counted, kept) = attended(py, progress.as_ref(), move |counters| {
        run::validate(given, &options, limits, fix.as_deref(), counters)
    })?;
    let bytes = serde_json::to_vec(&counted).map_err(|error| unreadable(py, &error))?;
    Ok((PyBytes::new(py, &bytes), FindingRows { kept }))
}

#[pymethods]
impl FindingRows {
    /// Exports the findings as an `arrow_array_stream` capsule.
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
        let batches: Vec<RecordBatch> = self.kept.batches().to_vec();
        let batches = batches.into_iter().map(Ok::<_, ArrowError>);
        let reader = RecordBatchIterator::new(batches, audit::schema());
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), c"arrow_array_stream")
    }

    fn __len__(&self) -> usize {
        self.kept.len() as usize
    }
}
