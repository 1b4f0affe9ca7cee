//! What a caller gives to be read: paths, or anything that exports an Arrow stream.

use std::ffi::c_void;
use std::ptr::NonNull;

use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use tooltrain_core::read::Given;
use tooltrain_core::{Error, ErrorKind};

use crate::errors::to_python;

const EXPORT: &str = "__arrow_c_stream__";

/// A list of paths, or an object with `__arrow_c_stream__`, as the core reads them.
pub(crate) fn given(source: &Bound<'_, PyAny>) -> PyResult<Given> {
    if !source.hasattr(EXPORT)? {
        return Ok(Given::Paths(source.extract()?));
    }
    let capsule = source.call_method0(EXPORT)?.cast_into::<PyCapsule>()?;
    let stream = capsule.pointer_checked(Some(c"arrow_array_stream"))?;
    let reader = take_stream(stream).map_err(|error| {
        let what = format!("the Arrow stream cannot be read: {error}");
        to_python(source.py(), &Error::new(ErrorKind::Read, what).option("source").because(error))
    })?;
    Ok(Given::Frame(Box::new(reader)))
}

#[allow(unsafe_code, reason = "the Arrow stream protocol passes a pointer to a C struct")]
fn take_stream(stream: NonNull<c_void>) -> Result<RecordBatchStreamReader, arrow_schema::ArrowError> {
    // SAFETY: a capsule of this name holds a valid `ArrowArrayStream`, says the Arrow PyCapsule
    // interface. The struct is moved out and marked as released, so the capsule does not free it again;
    // the interpreter lock is held, so nobody else takes it at the same time.
    unsafe { RecordBatchStreamReader::from_raw(stream.as_ptr().cast::<FFI_ArrowArrayStream>()) }
}
