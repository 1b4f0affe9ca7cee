//! Text on its way into a file, compressed as the name of the file says.

use std::io::{self, BufWriter, Write};

use flate2::Compression as GzipLevel;
use flate2::write::GzEncoder;
use zstd::stream::write::Encoder as ZstdEncoder;

use super::staged_file::DigestWriter;
use crate::compression::Compression;

const BUFFER_BYTES: usize = 256 << 10;

/// A writer of one of the compressions that are read. The same text gives the same bytes: no header holds
/// a name or a time.
pub(super) enum CompressedWriter {
    Plain(BufWriter<DigestWriter>),
    Gzip(GzEncoder<BufWriter<DigestWriter>>),
    Zstd(ZstdEncoder<'static, BufWriter<DigestWriter>>),
}

impl CompressedWriter {
    /// Begins to write into `file`.
    pub(super) fn new(compression: Compression, file: DigestWriter) -> io::Result<Self> {
        let buffered = BufWriter::with_capacity(BUFFER_BYTES, file);
        Ok(match compression {
            Compression::None => Self::Plain(buffered),
            Compression::Gzip => Self::Gzip(GzEncoder::new(buffered, GzipLevel::default())),
            Compression::Zstd => {
                let mut encoder = ZstdEncoder::new(buffered, zstd::DEFAULT_COMPRESSION_LEVEL)?;
                encoder.include_checksum(true)?;
                Self::Zstd(encoder)
            }
        })
    }

    /// Completes the file and makes it durable; returns its bytes, and their SHA-256 in hex.
    pub(super) fn finish(self) -> io::Result<(u64, String)> {
        let buffered = match self {
            Self::Plain(buffered) => buffered,
            Self::Gzip(encoder) => encoder.finish()?,
            Self::Zstd(encoder) => encoder.finish()?,
        };
        buffered.into_inner().map_err(io::IntoInnerError::into_error)?.finish()
    }
}

impl Write for CompressedWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(writer) => writer.write(bytes),
            Self::Gzip(writer) => writer.write(bytes),
            Self::Zstd(writer) => writer.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(writer) => writer.flush(),
            Self::Gzip(writer) => writer.flush(),
            Self::Zstd(writer) => writer.flush(),
        }
    }
}
