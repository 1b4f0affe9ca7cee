//! An Arrow file read batch by batch, whatever its bytes are: a damaged one is an error and never the end of the process.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_ipc::reader::FileReader;
use arrow_schema::{ArrowError, Schema};

use crate::error::{Error, ErrorCode, ErrorKind, Result};
use crate::whole_file;

/// What an Arrow file ends with, after its footer and the footer's length.
const MAGIC: &[u8; 6] = b"ARROW1";

/// An Arrow file whose batches are read in any order.
pub struct PackedArrow {
    path: PathBuf,
    reader: FileReader<BufReader<File>>,
}

impl PackedArrow {
    /// Opens the file at `path`.
    pub fn open(path: &Path) -> Result<Self> {
        let (mut file, _) = whole_file::open(path, ErrorKind::Read)?;
        check_blocks(&mut file, Compressed::Refused).map_err(|what| unreadable(path, &what))?;
        let reader =
            guarded(|| FileReader::try_new_buffered(file, None)).map_err(|what| unreadable(path, &what))?;
        Ok(Self { path: path.to_path_buf(), reader })
    }

    /// Its columns.
    #[must_use]
    pub fn schema(&self) -> Arc<Schema> {
        self.reader.schema()
    }

    /// The key-value metadata of its footer.
    #[must_use]
    pub fn metadata(&self) -> &HashMap<String, String> {
        self.reader.custom_metadata()
    }

    /// How many record batches it has.
    #[must_use]
    pub fn batches(&self) -> usize {
        self.reader.num_batches()
    }

    /// The record batch at `index`.
    pub fn batch(&mut self, index: usize) -> Result<RecordBatch> {
        let reader = &mut self.reader;
        let read = guarded(|| {
            reader.set_index(index)?;
            reader.next().unwrap_or_else(|| Err(ArrowError::IpcError("there is no such batch".into())))
        });
        read.map_err(|what| unreadable(&self.path, &what))
    }
}

fn unreadable(path: &Path, what: &str) -> Error {
    Error::new(ErrorCode::DamagedOutput, format!("not readable as Arrow: {what}")).file(path.display()).hint(
        "give what pack() or tokenize() wrote; if this is that file, it was cut or overwritten: pack again",
    )
}

/// The reader is written for sound files: on others it may panic, which is damage here.
pub(super) fn guarded<T>(read: impl FnOnce() -> Result<T, ArrowError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(outcome) => outcome.map_err(|error| error.to_string()),
        Err(_) => Err("its parts do not fit together".into()),
    }
}

/// Whether the buffers of a file may be compressed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Compressed {
    /// As files of others may be.
    Allowed,
    /// As those of this library never are; then no buffer is longer than the file.
    Refused,
}

/// Every block that the footer names has to be inside the file: the reader makes room for it before it reads.
pub(super) fn check_blocks(file: &mut File, compressed: Compressed) -> Result<(), String> {
    let failed = |error: io::Error| error.to_string();
    let size = file.seek(SeekFrom::End(0)).map_err(failed)?;
    let footer = read_footer(file, size).map_err(failed)?.ok_or("it does not end as an Arrow file does")?;
    let footer = arrow_ipc::root_as_footer(&footer).map_err(|error| error.to_string())?;
    let blocks =
        footer.recordBatches().into_iter().flatten().chain(footer.dictionaries().into_iter().flatten());
    for block in blocks {
        let parts = [block.offset(), i64::from(block.metaDataLength()), block.bodyLength()];
        let end = parts.iter().try_fold(0_u64, |end, part| end.checked_add(u64::try_from(*part).ok()?));
        if end.is_none_or(|end| end > size) {
            return Err("a record batch is outside the file".into());
        }
        if compressed == Compressed::Refused && is_compressed(file, block).map_err(failed)? {
            return Err("a record batch is compressed, which this library never does".into());
        }
    }
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    Ok(())
}

/// Whether the message of a block says so; one that cannot be read is refused by the reader.
fn is_compressed(file: &mut File, block: &arrow_ipc::Block) -> io::Result<bool> {
    const CONTINUATION: [u8; 4] = [0xff; 4];
    let mut message = vec![0; usize::try_from(block.metaDataLength()).unwrap_or(0)];
    file.seek(SeekFrom::Start(u64::try_from(block.offset()).unwrap_or(0)))?;
    file.read_exact(&mut message)?;
    let prefix = if message.starts_with(&CONTINUATION) { 8 } else { 4 };
    let message = message.get(prefix..).and_then(|message| arrow_ipc::root_as_message(message).ok());
    let batch = message.and_then(|message| message.header_as_record_batch());
    Ok(batch.is_some_and(|batch| batch.compression().is_some()))
}

fn read_footer(file: &mut File, size: u64) -> io::Result<Option<Vec<u8>>> {
    const TAIL: u64 = 10;
    let Some(before) = size.checked_sub(TAIL) else { return Ok(None) };
    let mut tail = [0; TAIL as usize];
    file.seek(SeekFrom::Start(before))?;
    file.read_exact(&mut tail)?;
    let length = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
    if &tail[4..] != MAGIC || length > before {
        return Ok(None);
    }
    let mut footer = vec![0; length as usize];
    file.seek(SeekFrom::Start(before - length))?;
    file.read_exact(&mut footer)?;
    Ok(Some(footer))
}
