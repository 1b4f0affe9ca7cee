//! Rows -> Arrow record batches, for streams and Arrow IPC files.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, Float32Array, Int8Array, Int32Array, Int64Array, ListArray, RecordBatch, StructArray,
};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef};

use super::columns::{Column, ColumnSet};
use super::row_batch::RowBatch;
use crate::error::{Error, ErrorKind, Result};

/// The schema of the columns: lists and their elements are never null.
#[must_use]
pub fn schema(columns: &ColumnSet) -> SchemaRef {
    let fields = columns
        .columns()
        .iter()
        .map(|column| Field::new(column.name(), DataType::List(Arc::new(element_field(*column))), false));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The rows as one record batch.
pub fn record_batch(columns: &ColumnSet, rows: &RowBatch) -> Result<RecordBatch> {
    rows.refuse_lost_weights(columns)?;
    let arrays = columns.columns().iter().map(|column| list(*column, rows));
    arrays
        .collect::<std::result::Result<Vec<_>, _>>()
        .and_then(|arrays| RecordBatch::try_new(schema(columns), arrays))
        .map_err(|source| {
            Error::new(ErrorKind::Internal, format!("a record batch cannot be made: {source}"))
                .because(source)
        })
}

fn element_field(column: Column) -> Field {
    let element = match column {
        Column::LossMask | Column::AttentionMask => DataType::Int8,
        Column::LossWeights => DataType::Float32,
        Column::Sources => DataType::Struct(source_fields()),
        _ => DataType::Int32,
    };
    Field::new("element", element, false)
}

fn source_fields() -> Fields {
    Fields::from(vec![
        Field::new("shard", DataType::Int32, false),
        Field::new("line", DataType::Int64, false),
        Field::new("part", DataType::Int32, false),
    ])
}

fn list(column: Column, rows: &RowBatch) -> std::result::Result<ArrayRef, ArrowError> {
    let (ends, values): (&[i32], ArrayRef) = match column {
        Column::InputIds => (&rows.row_ends, Arc::new(Int32Array::from(rows.ids.clone()))),
        Column::LossMask => (&rows.row_ends, Arc::new(Int8Array::from(rows.loss_mask()))),
        Column::Labels => (&rows.row_ends, Arc::new(Int32Array::from(rows.labels()))),
        Column::AttentionMask => (&rows.row_ends, Arc::new(Int8Array::from(vec![1; rows.tokens()]))),
        Column::PositionIds => (&rows.row_ends, Arc::new(Int32Array::from(rows.position_ids()))),
        Column::LossWeights => (&rows.row_ends, Arc::new(Float32Array::from(rows.loss_weights()))),
        Column::SeqLengths => (&rows.sample_ends, Arc::new(Int32Array::from(rows.sample_lengths.clone()))),
        Column::Sources => (&rows.sample_ends, Arc::new(sources(rows)?)),
    };
    let offsets: Vec<i32> = std::iter::once(0).chain(ends.iter().copied()).collect();
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    Ok(Arc::new(ListArray::try_new(Arc::new(element_field(column)), offsets, values, None)?))
}

fn sources(rows: &RowBatch) -> std::result::Result<StructArray, ArrowError> {
    let shards = rows.sources.iter().map(|source| source.shard);
    let lines = rows.sources.iter().map(|source| source.line);
    let parts = rows.sources.iter().map(|source| source.part);
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from_iter_values(shards)),
        Arc::new(Int64Array::from_iter_values(lines)),
        Arc::new(Int32Array::from_iter_values(parts)),
    ];
    debug_assert!(arrays.iter().all(|array| array.null_count() == 0));
    StructArray::try_new(source_fields(), arrays, None)
}
