//! The text of a report file.

use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};

/// The report as indented JSON.
pub(super) fn text(report: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec_pretty(report)
        .map_err(|error| Error::new(ErrorKind::Internal, format!("the report cannot be written: {error}")))
}
