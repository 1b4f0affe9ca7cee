//! write: rows -> columns -> Parquet, Arrow IPC or record batches, and files that appear whole.
//!
//! A [`RowBatch`] holds rows side by side in the form all outputs are made from. [`Output`] collects
//! rows, encodes them and writes them to temporary files; [`Sealed`] publishes those. [`arrow`] turns
//! a batch into a record batch for streams.

pub mod arrow;
mod arrow_file;
pub mod columns;
mod commit;
mod compressed;
mod encoder_pool;
mod leaf;
mod levels;
mod live;
mod output;
mod own_names;
mod page;
mod parquet_file;
mod partial_directory;
mod places;
mod rejects;
mod row_batch;
mod sealed;
mod staged_file;
mod target;
mod text_output;
mod tidy;
mod written_file;

pub use columns::{Column, ColumnSet};
pub use live::abandon;
pub use output::{Output, OutputSettings, PartFooter, WriteTimes};
pub use rejects::{Reject, RejectsFile, SealedRejects};
pub use row_batch::{Counts, RowBatch};
pub use sealed::Sealed;
pub use target::{Form, Target};
pub use text_output::{SealedText, TextOutput};
pub use written_file::WrittenFile;
