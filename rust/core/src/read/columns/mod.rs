//! Columns -> records: rows of Parquet, Arrow and CSV files and of frames, as blocks of JSON.
//!
//! Only columns that some layout knows are read. A row becomes the JSON text of one record: text
//! columns keep their bytes, typed columns are printed, and null members of structs are left out,
//! since a column of structs cannot say whether a member was null or was not there.

mod arrow_json;
mod batch_rows;
mod csv;
mod files;
mod filling;
mod frame;

use arrow_schema::Schema;

use crate::error::{Error, ErrorCode, Result};

pub(super) use batch_rows::{Batches, ColumnRows, Extent};
pub(super) use csv::CsvRows;
pub(super) use files::{OpenFile, open_arrow, open_parquet};
pub(super) use frame::Frame;
pub use frame::{Given, Input};

/// Columns that layouts read; the others are left where they are.
const KNOWN: [&str; 14] = [
    "messages",
    "tools",
    "functions",
    "parallel_tool_calls",
    "conversations",
    "system",
    "question",
    "answer",
    "prompt",
    "completion",
    "code",
    "raw",
    "raw_base64",
    "length",
];

/// Rows that are decoded together: they are held beside the block that is made of them.
const BATCH_ROWS: usize = 64;

/// Positions of the columns that layouts read.
pub(super) fn known_columns(name: &str, schema: &Schema) -> Result<Vec<usize>> {
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let known = known_of(name, &names)?;
    for &position in &known {
        let field = schema.field(position);
        arrow_json::check(field.name(), field.data_type()).map_err(|what| {
            Error::new(ErrorCode::UnsupportedInput, what).file(name).hint("cast it to text, or leave it out")
        })?;
    }
    Ok(known)
}

/// Positions of the names that layouts read, out of all `names`.
fn known_of(name: &str, names: &[&str]) -> Result<Vec<usize>> {
    let known: Vec<usize> = (0..names.len()).filter(|&position| KNOWN.contains(&names[position])).collect();
    if known.is_empty() {
        let what = format!("no layout reads its columns {}", names.join(", "));
        return Err(Error::new(ErrorCode::UnsupportedInput, what)
            .file(name)
            .hint("rename the columns, for instance to messages and tools, or question and answer"));
    }
    Ok(known)
}
