//! Rows as Arrow columns. The only place that knows the names and types that trainers read.
//!
//! Every list is a plain, non-null `list` with non-null elements; there are no pad tokens. Masks and
//! labels are filled run by run.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Float32Array, Int8Array, Int32Array, Int64Array, ListArray, RecordBatch, StructArray,
};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef};

use crate::error::{Error, ErrorKind, Result};
use crate::options::{ColumnPreset, Columns, Loss};
use crate::sample::Row;

/// Label of a token that is not trained.
pub const IGNORE_INDEX: i32 = -100;

/// A column that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Token ids.
    InputIds,
    /// 1 = trained, aligned to the token itself.
    LossMask,
    /// Token id where trained, else [`IGNORE_INDEX`]; not shifted.
    Labels,
    /// 1 for every token.
    AttentionMask,
    /// Position of each token in its sample.
    PositionIds,
    /// Tokens of each sample.
    SeqLengths,
    /// Shard, line and part of each sample.
    Sources,
    /// Loss weight of each token.
    LossWeights,
}

const NAMES: &[(&str, Column)] = &[
    ("input_ids", Column::InputIds),
    ("loss_mask", Column::LossMask),
    ("labels", Column::Labels),
    ("attention_mask", Column::AttentionMask),
    ("position_ids", Column::PositionIds),
    ("seq_lengths", Column::SeqLengths),
    ("sources", Column::Sources),
    ("loss_weights", Column::LossWeights),
];

impl Column {
    /// Its name in the file.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, column)| *column == self).map_or("", |(name, _)| name)
    }

    fn element(self) -> DataType {
        match self {
            Column::InputIds | Column::Labels | Column::PositionIds | Column::SeqLengths => DataType::Int32,
            Column::LossMask | Column::AttentionMask => DataType::Int8,
            Column::LossWeights => DataType::Float32,
            Column::Sources => DataType::Struct(source_fields()),
        }
    }

    fn element_field(self) -> Arc<Field> {
        Arc::new(Field::new("element", self.element(), false))
    }
}

fn source_fields() -> Fields {
    Fields::from(vec![
        Field::new("shard", DataType::Int32, false),
        Field::new("line", DataType::Int64, false),
        Field::new("part", DataType::Int32, false),
    ])
}

/// The columns of a run, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnSet {
    columns: Vec<Column>,
    schema: SchemaRef,
}

impl ColumnSet {
    /// Resolves a preset or a list of names. A loss with weights of its own adds `loss_weights` to the
    /// presets that have a mask.
    pub fn new(columns: &Columns, loss: Option<&Loss>) -> Result<Self> {
        let columns = match columns {
            Columns::Preset(ColumnPreset::Trl) => {
                let mut columns = vec![
                    Column::InputIds,
                    Column::LossMask,
                    Column::Labels,
                    Column::SeqLengths,
                    Column::Sources,
                ];
                if matches!(loss, Some(Loss::Weights(_))) {
                    columns.push(Column::LossWeights);
                }
                columns
            }
            Columns::Preset(ColumnPreset::Axolotl) => {
                vec![Column::InputIds, Column::AttentionMask, Column::Labels]
            }
            Columns::Names(names) => names.iter().map(|name| by_name(name)).collect::<Result<_>>()?,
        };
        let fields: Vec<Field> = columns
            .iter()
            .map(|column| Field::new(column.name(), DataType::List(column.element_field()), false))
            .collect();
        Ok(Self { columns, schema: Arc::new(Schema::new(fields)) })
    }

    /// The Arrow schema.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Whether rows with weights other than 0 and 1 can be written.
    #[must_use]
    pub fn has_weights(&self) -> bool {
        self.columns.contains(&Column::LossWeights)
    }

    /// The rows as one batch.
    pub fn batch(&self, rows: &[Row]) -> Result<RecordBatch> {
        let arrays = self.columns.iter().map(|column| array(*column, rows)).collect::<Result<Vec<_>>>()?;
        RecordBatch::try_new(self.schema(), arrays).map_err(internal)
    }
}

fn by_name(name: &str) -> Result<Column> {
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, column)| *column).ok_or_else(|| {
        let known: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
        Error::new(ErrorKind::Options, format!("columns: no column is called {name:?}"))
            .hint(format!("choose \"trl\", \"axolotl\", or from {}", known.join(", ")))
    })
}

fn internal(error: arrow_schema::ArrowError) -> Error {
    Error::new(ErrorKind::Internal, format!("the rows do not fit their columns: {error}")).because(error)
}

/// One column of all rows.
fn array(column: Column, rows: &[Row]) -> Result<ArrayRef> {
    let tokens: usize = rows.iter().map(Row::len).sum();
    let samples = || rows.iter().flat_map(|row| &row.samples);
    let (values, per_sample): (ArrayRef, bool) = match column {
        Column::InputIds => {
            let mut ids = Vec::with_capacity(tokens);
            samples().for_each(|sample| ids.extend_from_slice(&sample.ids));
            (Arc::new(Int32Array::from(ids)), false)
        }
        Column::Labels => {
            let mut labels = vec![IGNORE_INDEX; tokens];
            for_each_run(rows, |ids, at, run| labels[at..at + run.len()].copy_from_slice(&ids[run]));
            (Arc::new(Int32Array::from(labels)), false)
        }
        Column::LossMask => {
            let mut mask = vec![0i8; tokens];
            for_each_run(rows, |_, at, run| mask[at..at + run.len()].fill(1));
            (Arc::new(Int8Array::from(mask)), false)
        }
        Column::LossWeights => {
            let mut weights = vec![0f32; tokens];
            let mut base = 0;
            for sample in samples() {
                for run in &sample.trained {
                    weights[base + run.start as usize..base + run.end as usize].fill(run.weight);
                }
                base += sample.ids.len();
            }
            (Arc::new(Float32Array::from(weights)), false)
        }
        Column::AttentionMask => (Arc::new(Int8Array::from(vec![1i8; tokens])), false),
        Column::PositionIds => {
            let mut positions = Vec::with_capacity(tokens);
            samples().for_each(|sample| positions.extend(0..sample.ids.len() as i32));
            (Arc::new(Int32Array::from(positions)), false)
        }
        Column::SeqLengths => {
            (Arc::new(samples().map(|sample| sample.ids.len() as i32).collect::<Int32Array>()), true)
        }
        Column::Sources => {
            let shards = samples().map(|sample| sample.source.shard).collect::<Int32Array>();
            let lines = samples().map(|sample| sample.source.line).collect::<Int64Array>();
            let parts = samples().map(|sample| sample.source.part).collect::<Int32Array>();
            let columns: Vec<ArrayRef> = vec![Arc::new(shards), Arc::new(lines), Arc::new(parts)];
            (Arc::new(StructArray::try_new(source_fields(), columns, None).map_err(internal)?), true)
        }
    };
    let mut offsets = Vec::with_capacity(rows.len() + 1);
    let mut end = 0i64;
    offsets.push(0i32);
    for row in rows {
        end += if per_sample { row.samples.len() } else { row.len() } as i64;
        offsets.push(i32::try_from(end).map_err(|_| {
            Error::new(ErrorKind::Options, "row_group_bytes: a row group has more than 2^31 tokens")
        })?);
    }
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    Ok(Arc::new(ListArray::try_new(column.element_field(), offsets, values, None).map_err(internal)?))
}

/// Calls `fill` for every trained run with its sample's ids, its place in the column, and its range in
/// the sample.
fn for_each_run(rows: &[Row], mut fill: impl FnMut(&[i32], usize, std::ops::Range<usize>)) {
    let mut base = 0;
    for sample in rows.iter().flat_map(|row| &row.samples) {
        for run in &sample.trained {
            fill(&sample.ids, base + run.start as usize, run.start as usize..run.end as usize);
        }
        base += sample.ids.len();
    }
}
