//! What a run reads: shards in files, or a frame in memory.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use arrow_array::RecordBatchReader;

use super::super::expand::expand;
use super::super::shard::Shard;
use super::super::shard_files::{ReadLimits, ShardFiles};
use super::{Extent, known_columns};
use crate::error::{Error, ErrorKind, Result};

/// What a caller gave to be read.
pub enum Given {
    /// Paths, patterns, directories, or `-`.
    Paths(Vec<PathBuf>),
    /// A frame, as a stream of record batches that is read once.
    Frame(Box<dyn RecordBatchReader + Send>),
}

impl Given {
    /// Finds the shards, or looks at the columns of the frame.
    pub fn open(self) -> Result<Input> {
        match self {
            Given::Paths(sources) => Ok(Input { shards: expand(&sources)?, frame: None }),
            Given::Frame(reader) => {
                let shard = Shard::frame();
                known_columns(&shard.name, &reader.schema())?;
                Ok(Input { shards: vec![shard], frame: Some(Frame(Mutex::new(Some(reader)))) })
            }
        }
    }
}

impl From<&[String]> for Given {
    fn from(sources: &[String]) -> Self {
        Given::Paths(sources.iter().map(PathBuf::from).collect())
    }
}

/// The shards of a run; a frame counts as one.
pub struct Input {
    shards: Vec<Shard>,
    frame: Option<Frame>,
}

impl Input {
    /// The shards in order.
    #[must_use]
    pub fn shards(&self) -> &[Shard] {
        &self.shards
    }

    /// Bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.shards.iter().map(|shard| shard.size).sum()
    }

    /// The source of blocks.
    #[must_use]
    pub fn blocks<'a>(&'a self, limits: ReadLimits, cancel: &'a AtomicBool) -> ShardFiles<'a> {
        ShardFiles::new(&self.shards, limits, cancel).with_frame(self.frame.as_ref())
    }
}

/// Record batches of a frame, until somebody reads them.
pub(in super::super) struct Frame(Mutex<Option<Box<dyn RecordBatchReader + Send>>>);

impl Frame {
    /// The batches and the columns of them that are read.
    pub(in super::super) fn take(&self, name: &str) -> Result<super::OpenFile<'static>> {
        let reader = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let reader =
            reader.ok_or_else(|| Error::new(ErrorKind::Internal, format!("{name}: opened a second time")))?;
        let columns = known_columns(name, &reader.schema())?;
        Ok(super::OpenFile { batches: Box::new(reader), columns, extent: Extent::Text })
    }
}
