//! One input file: where it is, what it is called in metadata, and how to know that it did not change.

use std::fs::Metadata;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::skip::{is_csv, is_json, uncompressed_name};
use crate::compression::Compression;
use crate::error::{Error, ErrorCode, ErrorKind, Result};
use crate::whole_file;

/// The path that stands for standard input.
pub const STANDARD_INPUT: &str = "-";

/// Bytes at the beginning of a file that tell what it is.
const HEAD_BYTES: usize = 64;

/// What a frame is called in metadata and rejects.
const FRAME: &str = "frame";

/// How records stand in a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// One record a line.
    Lines,
    /// A JSON list of records, one record printed over several lines, or lines after all: `.json`
    /// files are any of the three, and the first bytes tell.
    Json,
    /// Rows of CSV under a header.
    Csv,
    /// Rows of a Parquet file.
    Parquet,
    /// Rows of an Arrow file.
    Arrow,
    /// Rows of a frame in memory.
    Frame,
}

/// What a file is to the operating system; a change of any part means that somebody touched it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    pub(super) place: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Identity {
    /// The identity that the operating system reports.
    #[cfg(unix)]
    #[must_use]
    pub fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self {
            place: (metadata.dev(), metadata.ino()),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// The identity that the operating system reports: here size and time of the last change.
    #[cfg(not(unix))]
    #[must_use]
    pub fn of(metadata: &Metadata) -> Self {
        let modified = metadata
            .modified()
            .ok()
            .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok())
            .map_or((0, 0), |age| (age.as_secs() as i64, i64::from(age.subsec_nanos())));
        Self { place: (0, 0), size: metadata.len(), modified, changed: (0, 0) }
    }
}

/// One input of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Where it is; `-` for standard input.
    pub path: PathBuf,
    /// Its name in metadata and rejects: relative to the source it came from, so that it does not
    /// depend on where the folder lies. Control characters and bytes that are not UTF-8 are written `\xNN`.
    pub name: String,
    /// Bytes of the file; 0 for standard input.
    pub size: u64,
    /// How it is compressed; for standard input this is found out when it is read.
    pub compression: Compression,
    /// How its records stand in it.
    pub container: Container,
    /// What it was when the run began; `None` for standard input.
    pub identity: Option<Identity>,
}

impl Shard {
    /// Standard input as a shard.
    #[must_use]
    pub fn standard_input() -> Self {
        Self {
            path: PathBuf::from(STANDARD_INPUT),
            name: STANDARD_INPUT.into(),
            size: 0,
            compression: Compression::None,
            container: Container::Lines,
            identity: None,
        }
    }

    /// A frame in memory as a shard.
    #[must_use]
    pub(super) fn frame() -> Self {
        Self {
            path: PathBuf::new(),
            name: FRAME.into(),
            size: 0,
            compression: Compression::None,
            container: Container::Frame,
            identity: None,
        }
    }

    /// Looks at the file at `path`: it must be a regular file that opens, of a kind that can be read.
    pub(super) fn probe(path: PathBuf, name: String) -> Result<Self> {
        let missing = std::fs::metadata(&path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        let code = if missing { ErrorCode::InputNotFound } else { ErrorCode::ReadFailed };
        let (file, metadata) = whole_file::open(&path, code)?;
        let mut head = Vec::with_capacity(HEAD_BYTES);
        file.take(HEAD_BYTES as u64)
            .read_to_end(&mut head)
            .map_err(|source| Error::at(ErrorKind::Read, &path, source))?;
        refuse_other_formats(&path, &head)?;
        let compression = Compression::of(&head);
        refuse_missing_header(&path, &head, compression)?;
        let container = container_of(&path, &head);
        Ok(Self {
            size: metadata.len(),
            identity: Some(Identity::of(&metadata)),
            path,
            name,
            compression,
            container,
        })
    }

    /// Whether the file at the shard's path is still the one that was looked at.
    pub(super) fn check_unchanged(&self) -> Result<()> {
        let Some(before) = self.identity else { return Ok(()) };
        match std::fs::metadata(&self.path) {
            Ok(metadata) if Identity::of(&metadata) == before => Ok(()),
            Ok(_) => Err(self.changed("it has changed")),
            Err(source) => Err(self.changed("it is gone").because(source)),
        }
    }

    pub(super) fn changed(&self, what: &str) -> Error {
        Error::new(ErrorKind::InputChanged, format!("{what} since the run began"))
            .file(self.path.display())
            .hint("let whatever writes the shard finish first, or work on a copy")
    }
}

/// Refuses what begins as a format that nothing here reads.
pub(super) fn refuse_other_formats(path: &Path, head: &[u8]) -> Result<()> {
    let (what, hint) = match head {
        [0xfd, b'7', b'z', b'X', b'Z', ..] => ("xz compressed", "recompress it with zstd or gzip"),
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => ("bzip2 compressed", "recompress it with zstd or gzip"),
        [0x04, 0x22, 0x4d, 0x18, ..] => ("lz4 compressed", "recompress it with zstd or gzip"),
        [b'P', b'K', 0x03, 0x04, ..] => ("a zip archive", "unpack it first"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => ("UTF-16 text", "write it as UTF-8"),
        _ => return Ok(()),
    };
    Err(Error::new(ErrorCode::UnsupportedInput, format!("is {what}")).file(path.display()).hint(hint))
}

/// A name that promises compression over bytes that are neither compressed nor JSON is a shard that
/// lost its beginning; reading it as plain text would turn damage into a few bad records.
fn refuse_missing_header(path: &Path, head: &[u8], compression: Compression) -> Result<()> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let promised = uncompressed_name(&name).len() < name.len();
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let opens_json = matches!(text.trim_ascii_start().first(), Some(b'{' | b'['));
    if !promised || compression != Compression::None || opens_json {
        return Ok(());
    }
    Err(Error::new(ErrorKind::DamagedShard, "damaged at byte 0: no gzip or zstd header")
        .file(path.display())
        .hint("fetch or write the shard again"))
}

/// What a file holds: Parquet and Arrow say so themselves, of text the name tells.
fn container_of(path: &Path, head: &[u8]) -> Container {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match head {
        [b'P', b'A', b'R', b'1', ..] => Container::Parquet,
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] => Container::Arrow,
        _ if is_csv(&name) => Container::Csv,
        _ if is_json(&name) => Container::Json,
        _ => Container::Lines,
    }
}
