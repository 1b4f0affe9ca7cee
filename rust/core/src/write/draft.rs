//! A file that is not there until it is whole.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::NamedTempFile;

use super::target::parent;
use crate::digest::RunningDigest;
use crate::error::{Error, ErrorKind, Result};
use crate::options::IfExists;

const SUFFIX: &str = ".tmp";

/// A temporary file of another run is removed at this age if no process holds its lock any more.
const STALE: Duration = Duration::from_mins(1);

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readers {
    /// Whoever the user's mask lets.
    Default,
    /// The owner alone: the file holds records as they came.
    Owner,
}

/// A temporary file beside its target. Dropped, it vanishes; published, it takes the target's name.
pub(super) struct Draft {
    temporary: NamedTempFile,
    target: PathBuf,
}

impl Draft {
    pub(super) fn beside(target: &Path, readers: Readers) -> Result<Self> {
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let prefix = format!(".{name}.");
        remove_stale(parent(target), &prefix);
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(SUFFIX);
        set_readers(&mut builder, readers);
        let temporary = builder.tempfile_in(parent(target)).map_err(|source| write_error(target, source))?;
        // The lock says that this file has a living owner; where locks are not to be had, age must do.
        let _ = temporary.as_file().try_lock();
        Ok(Self { temporary, target: target.to_path_buf() })
    }

    /// A writer to the file that counts and digests.
    pub(super) fn writer(&self) -> Result<DigestWriter> {
        let file =
            self.temporary.as_file().try_clone().map_err(|source| write_error(&self.target, source))?;
        Ok(DigestWriter::new(file))
    }

    pub(super) fn target(&self) -> &Path {
        &self.target
    }

    /// Makes what was written durable under the target's name. With `IfExists::Error` exactly one of
    /// several runs that try the same name succeeds.
    pub(super) fn publish(self, if_exists: IfExists) -> Result<()> {
        let Self { temporary, target } = self;
        temporary.as_file().sync_all().map_err(|source| write_error(&target, source))?;
        let persisted = match if_exists {
            IfExists::Overwrite => temporary.persist(&target),
            IfExists::Error => temporary.persist_noclobber(&target),
        };
        match persisted {
            Ok(_) => Ok(()),
            Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => {
                Err(Error::new(ErrorKind::OutputExists, "exists already")
                    .file(target.display())
                    .hint("another run wrote it in the meantime; if_exists=\"overwrite\" replaces it"))
            }
            Err(failed) => Err(write_error(&target, failed.error)),
        }
    }
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> Result<()> {
    match File::open(folder).and_then(|opened| opened.sync_all()) {
        // Some file systems have no such thing as syncing a folder.
        Err(error) if !matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Err(write_error(folder, error))
        }
        _ => Ok(()),
    }
}

/// The error of a failed write, with the target's path.
pub(super) fn write_error(target: &Path, source: io::Error) -> Error {
    let error = Error::at(ErrorKind::Write, target, source);
    let hint = match error_source_kind(&error) {
        Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => "make room; nothing was published",
        Some(io::ErrorKind::FileTooLarge) => {
            "the limit on file sizes (ulimit -f) was reached; nothing was published"
        }
        _ => return error,
    };
    error.hint(hint)
}

fn error_source_kind(error: &Error) -> Option<io::ErrorKind> {
    std::error::Error::source(error)?.downcast_ref::<io::Error>().map(io::Error::kind)
}

/// Removes temporary files that a killed run left for the same target.
fn remove_stale(folder: &Path, prefix: &str) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let random = name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(SUFFIX));
        if !random.is_some_and(|random| {
            random.len() == 6 && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
        }) {
            continue;
        }
        let age =
            entry.metadata().and_then(|metadata| metadata.modified()).map(|modified| modified.elapsed());
        let old = matches!(age, Ok(Ok(age)) if age > STALE);
        if old && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(unix)]
fn set_readers(builder: &mut tempfile::Builder<'_, '_>, readers: Readers) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(std::fs::Permissions::from_mode(match readers {
        Readers::Default => 0o666,
        Readers::Owner => 0o600,
    }));
}

#[cfg(not(unix))]
fn set_readers(_: &mut tempfile::Builder<'_, '_>, _: Readers) {}

/// A file writer that knows how many bytes it wrote and their SHA-256.
pub(super) struct DigestWriter {
    file: File,
    digest: RunningDigest,
    bytes: u64,
}

impl DigestWriter {
    pub(super) fn new(file: File) -> Self {
        Self { file, digest: RunningDigest::default(), bytes: 0 }
    }

    /// Makes the bytes durable; returns how many there are, and their SHA-256 in hex.
    pub(super) fn finish(&mut self) -> io::Result<(u64, String)> {
        self.file.sync_all()?;
        Ok((self.bytes, std::mem::take(&mut self.digest).finish()))
    }
}

impl Write for DigestWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.digest.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
