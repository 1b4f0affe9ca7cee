//! A file that is not there until it is whole.

use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::live;
use super::own_names::{self, Use};
use super::places::FileId;
use super::target::parent;
use crate::digest::RunningDigest;
use crate::error::{Error, ErrorKind, Result};

/// Names that are tried for a temporary file.
const ATTEMPTS: usize = 16;

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readers {
    /// Whoever the user's mask lets.
    Default,
    /// The owner alone: the file holds records as they came.
    Owner,
}

/// A temporary file beside its target, under the lock of this run. Dropped, it vanishes; a
/// [`Commit`](super::commit::Commit) gives it the target's name.
pub(super) struct StagedFile {
    file: File,
    path: PathBuf,
    target: PathBuf,
}

impl StagedFile {
    pub(super) fn beside(target: &Path, readers: Readers) -> Result<Self> {
        Self::with_use(target, readers, Use::File)
    }

    pub(super) fn with_use(target: &Path, readers: Readers, used: Use) -> Result<Self> {
        let failed = |source| write_error(target, source);
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        for _ in 0..ATTEMPTS {
            let path = parent(target).join(own_names::fresh(&name, used));
            live::add(&path)?;
            let file = match create(&path, readers) {
                Ok(file) => file,
                Err(error) => {
                    live::forget(&path);
                    if error.kind() == io::ErrorKind::AlreadyExists {
                        continue;
                    }
                    return Err(failed(error));
                }
            };
            // The lock tells other runs that the file has a living owner. One that looked between creation
            // and lock has removed it: then another name is tried.
            let locked = lock(&file).map_err(failed)?;
            if locked && FileId::at(&path) == file.metadata().ok().as_ref().map(FileId::of) {
                return Ok(Self { file, path, target: target.to_path_buf() });
            }
        }
        Err(Error::new(ErrorKind::Write, "no temporary file can be made").file(target.display()))
    }

    /// A writer to the file that counts and digests.
    pub(super) fn writer(&self) -> Result<DigestWriter> {
        let file = self.file.try_clone().map_err(|source| write_error(&self.target, source))?;
        Ok(DigestWriter::new(file))
    }

    pub(super) fn target(&self) -> &Path {
        &self.target
    }

    /// Where the file is now.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes what was written durable.
    pub(super) fn sync(&self) -> Result<()> {
        self.file.sync_all().map_err(|source| write_error(&self.target, source))
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        // Once it was renamed there is nothing under this name, unless it is for the next run to settle.
        if live::forget(&self.path) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn create(path: &Path, readers: Readers) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(match readers {
            Readers::Default => 0o666,
            Readers::Owner => 0o600,
        });
    }
    #[cfg(not(unix))]
    let _ = readers;
    options.open(path)
}

/// Takes the lock of a file or folder; `false` if another run holds it. A file system without locks gives it to
/// everybody.
pub(super) fn lock(opened: &File) -> io::Result<bool> {
    match opened.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
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
