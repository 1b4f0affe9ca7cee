//! A shard's bytes as text: opens it, decompresses it, and notices damage and cancellation.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use zstd::stream::read::Decoder as ZstdDecoder;

use super::damage::{Place, canceled, interrupted, read_error};
use super::shard::{Identity, STANDARD_INPUT, Shard};
use super::standard_input::StandardInput;
use crate::compression::Compression;
use crate::error::{Error, ErrorKind, Result};
use crate::whole_file;

const BUFFER_BYTES: usize = 128 << 10;

/// Bytes that are read between two looks at the cancel flag.
const STEP_BYTES: u64 = 256 << 10;

/// Largest window of a zstd frame, as a power of two: what `zstd --long` needs.
const ZSTD_WINDOW_LOG: u32 = 27;

/// The text of one shard, read forward.
pub(super) struct ShardText<'a> {
    shard: &'a Shard,
    compression: Compression,
    reader: Box<dyn Read + Send + 'a>,
    file_bytes: Arc<AtomicU64>,
    text_bytes: u64,
    cancel: &'a AtomicBool,
    /// Text that was looked at before reading began.
    peeked: Vec<u8>,
    finished: bool,
}

impl<'a> ShardText<'a> {
    pub(super) fn open(shard: &'a Shard, cancel: &'a AtomicBool) -> Result<Self> {
        let file_bytes = Arc::new(AtomicU64::new(0));
        let input: Box<dyn Read + Send + 'a> = if shard.path.as_os_str() == STANDARD_INPUT {
            Box::new(StandardInput::start(cancel)?)
        } else {
            Box::new(open_unchanged(shard)?)
        };
        let counted = Counted { input, count: Arc::clone(&file_bytes), cancel };
        let mut buffered = BufReader::with_capacity(BUFFER_BYTES, counted);
        let failed = |source| {
            let place =
                Place { path: &shard.path, compression: shard.compression, file_bytes: 0, text_bytes: 0 };
            read_error(&place, source)
        };
        let compression = match shard.identity {
            Some(_) => shard.compression,
            None => Compression::of(buffered.fill_buf().map_err(failed)?),
        };
        let reader: Box<dyn Read + Send + 'a> = match compression {
            Compression::None => Box::new(buffered),
            Compression::Gzip => Box::new(MultiGzDecoder::new(buffered)),
            Compression::Zstd => {
                let mut decoder = ZstdDecoder::with_buffer(buffered).map_err(failed)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(failed)?;
                Box::new(decoder)
            }
        };
        Ok(Self {
            shard,
            compression,
            reader,
            file_bytes,
            text_bytes: 0,
            cancel,
            peeked: Vec::new(),
            finished: false,
        })
    }

    /// Appends up to `wanted` bytes of text; fewer only at the end of the shard.
    pub(super) fn append(&mut self, buffer: &mut Vec<u8>, wanted: usize) -> Result<usize> {
        let from_peeked = self.peeked.len().min(wanted);
        buffer.extend(self.peeked.drain(..from_peeked));
        let mut missing = wanted - from_peeked;
        while missing > 0 && !self.finished {
            if self.cancel.load(Ordering::Relaxed) {
                return Err(interrupted());
            }
            let step = STEP_BYTES.min(missing as u64);
            let read = self.reader.by_ref().take(step).read_to_end(buffer);
            let read = read.map_err(|source| read_error(&self.place(), source))?;
            self.text_bytes += read as u64;
            self.finished = (read as u64) < step;
            missing -= read;
        }
        Ok(wanted - missing)
    }

    /// The first bytes of the text, at least `wanted` unless the shard is shorter. They are read again later.
    pub(super) fn peek(&mut self, wanted: usize) -> Result<&[u8]> {
        if self.peeked.len() < wanted {
            let mut peeked = std::mem::take(&mut self.peeked);
            let missing = wanted - peeked.len();
            self.append(&mut peeked, missing)?;
            self.peeked = peeked;
        }
        Ok(&self.peeked)
    }

    /// Bytes of the file that were read so far.
    pub(super) fn position(&self) -> u64 {
        self.file_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn shard(&self) -> &'a Shard {
        self.shard
    }

    fn place(&self) -> Place<'_> {
        Place {
            path: &self.shard.path,
            compression: self.compression,
            file_bytes: self.position(),
            text_bytes: self.text_bytes,
        }
    }
}

pub(super) fn open_unchanged(shard: &Shard) -> Result<File> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => shard.changed("it is gone").because(source),
        _ => Error::at(ErrorKind::Read, &shard.path, source),
    };
    if let Err(source) = std::fs::metadata(&shard.path) {
        return Err(failed(source));
    }
    let (file, metadata) = whole_file::open(&shard.path, ErrorKind::Read)?;
    if shard.identity.is_some_and(|before| before != Identity::of(&metadata)) {
        return Err(shard.changed("it has changed"));
    }
    Ok(file)
}

/// Counts the bytes of the file and lets a canceled run out of a decoder that needs many of them
/// to give one byte of text.
struct Counted<'a> {
    input: Box<dyn Read + Send + 'a>,
    count: Arc<AtomicU64>,
    cancel: &'a AtomicBool,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancel.load(Ordering::Relaxed) {
            return Err(canceled());
        }
        let read = self.input.read(buffer)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
