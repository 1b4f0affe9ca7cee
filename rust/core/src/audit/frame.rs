//! Findings as Arrow record batches, one row a finding.

use std::sync::Arc;

use arrow_array::builder::{Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use crate::error::{Error, ErrorKind, Result};
use crate::finding::Finding;

/// Rows of a batch that is full.
const BATCH: usize = 8192;

/// Columns of the findings: where (`file`, `line` from 1, `offset` in bytes of the shard's text,
/// `pointer` into the record), what (`code`, `severity`, `message`) and what to do (`hint`).
#[must_use]
pub fn schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let number = |name: &str| Field::new(name, DataType::Int64, false);
    Arc::new(Schema::new(vec![
        text("file"),
        number("line"),
        number("offset"),
        text("pointer"),
        text("code"),
        text("severity"),
        text("message"),
        text("hint"),
    ]))
}

/// Collects findings into batches.
pub(crate) struct Frame {
    schema: SchemaRef,
    texts: [StringBuilder; 6],
    lines: Int64Builder,
    offsets: Int64Builder,
    rows: usize,
}

impl Frame {
    pub(crate) fn new() -> Self {
        Self {
            schema: schema(),
            texts: std::array::from_fn(|_| StringBuilder::new()),
            lines: Int64Builder::new(),
            offsets: Int64Builder::new(),
            rows: 0,
        }
    }

    /// Adds a finding in the record that starts at byte `offset` of `file`.
    pub(crate) fn push(&mut self, file: &str, line: u64, offset: u64, finding: &Finding) {
        let texts = [
            file,
            &finding.pointer,
            finding.code.name(),
            finding.severity.as_str(),
            &finding.message,
            finding.hint_text(),
        ];
        for (builder, text) in self.texts.iter_mut().zip(texts) {
            builder.append_value(text);
        }
        self.lines.append_value(line as i64);
        self.offsets.append_value((offset + finding.offset) as i64);
        self.rows += 1;
    }

    pub(crate) fn is_full(&self) -> bool {
        self.rows >= BATCH
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The findings so far; it begins anew.
    pub(crate) fn take(&mut self) -> Result<RecordBatch> {
        self.rows = 0;
        let [file, pointer, code, severity, message, hint] =
            self.texts.each_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef);
        let line = Arc::new(self.lines.finish()) as ArrayRef;
        let offset = Arc::new(self.offsets.finish()) as ArrayRef;
        let columns = vec![file, line, offset, pointer, code, severity, message, hint];
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
            .map_err(|error| Error::new(ErrorKind::Internal, format!("findings as a batch: {error}")))
    }
}
