//! Tells damage of a shard from trouble of the operating system.

use std::fmt;
use std::io;
use std::path::Path;

use crate::compression::Compression;
use crate::error::{Error, ErrorCode, ErrorKind};

/// What travels through a decoder when the run is canceled under it.
#[derive(Debug)]
pub(super) struct Canceled;

impl fmt::Display for Canceled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("canceled")
    }
}

impl std::error::Error for Canceled {}

pub(super) fn canceled() -> io::Error {
    io::Error::other(Canceled)
}

/// The error of a run that was canceled from outside.
pub(super) fn interrupted() -> Error {
    Error::new(ErrorKind::Interrupted, "interrupted")
}

/// Where in a shard reading stopped.
pub(super) struct Place<'a> {
    pub(super) path: &'a Path,
    pub(super) compression: Compression,
    /// Bytes of the file that the decoder was given.
    pub(super) file_bytes: u64,
    /// Bytes of text that came out.
    pub(super) text_bytes: u64,
}

/// The error of a failed read: of the operating system, of a canceled run, or damage.
pub(super) fn read_error(place: &Place<'_>, source: io::Error) -> Error {
    let cause: Option<&(dyn std::error::Error + Send + Sync + 'static)> = source.get_ref();
    if cause.and_then(|cause| cause.downcast_ref::<Canceled>()).is_some() {
        return interrupted();
    }
    if source.raw_os_error().is_some() || place.compression == Compression::None {
        return Error::at(ErrorKind::Read, place.path, source);
    }
    let what = source.to_string();
    if what.contains("too much memory") {
        return Error::new(ErrorCode::UnsupportedInput, "the zstd window is larger than 128 MiB")
            .file(place.path.display())
            .hint("recompress it without --long, or with --long=27 at most")
            .because(source);
    }
    let what = match source.kind() {
        io::ErrorKind::UnexpectedEof => "it ends too early".into(),
        _ => what,
    };
    Error::new(
        ErrorKind::DamagedShard,
        format!(
            "damaged {} data at or before byte {}, after {} bytes of text: {what}",
            place.compression.as_str(),
            place.file_bytes,
            place.text_bytes,
        ),
    )
    .file(place.path.display())
    .hint("fetch or write the shard again; nothing of it was used")
    .because(source)
}
