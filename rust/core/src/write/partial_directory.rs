//! A directory that is built beside its target and takes its place in one step.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::draft::{sync_folder, write_error};
use super::target::{MANIFEST, Target, is_ours, is_part};
use crate::error::{Error, ErrorCode, ErrorKind, Result};
use crate::options::IfExists;

/// `<out>.partial` under the lock of this run. Dropped, it vanishes with all that is in it.
pub(super) struct PartialDirectory {
    path: PathBuf,
    out: PathBuf,
    /// Whether what stands at `path` is no longer for this run to remove.
    released: bool,
    _lock: File,
}

impl PartialDirectory {
    /// Makes the directory, or takes over what a killed run left of it.
    pub(super) fn claim(target: &Target) -> Result<Self> {
        let (path, out) = (target.partial(), target.path().to_path_buf());
        match std::fs::create_dir(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(write_error(&path, error));
            }
            _ => {}
        }
        let lock = lock(&path)?.ok_or_else(|| {
            Error::new(ErrorCode::OutputInUse, "another run is writing it")
                .file(out.display())
                .hint("wait for it, or choose another name")
        })?;
        clear(&path)?;
        Ok(Self { path, out, released: false, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the complete directory its name.
    pub(super) fn publish(mut self, if_exists: IfExists) -> Result<()> {
        sync_folder(&self.path)?;
        if if_exists == IfExists::Overwrite && is_ours(&self.out) {
            return self.replace();
        }
        // An empty directory is replaced by this, one with files in it is not.
        match std::fs::rename(&self.path, &self.out) {
            Ok(()) => {
                self.released = true;
                Ok(())
            }
            Err(error) if is_taken(&error) => Err(Error::new(ErrorKind::OutputExists, "exists already")
                .file(self.out.display())
                .hint("another run wrote it in the meantime, or it holds other files")),
            Err(error) => Err(write_error(&self.out, error)),
        }
    }

    fn replace(mut self) -> Result<()> {
        let (path, out) = (&self.path, &self.out);
        if exchange(path, out).map_err(|error| write_error(out, error))? {
            // The old directory now stands where the new one was built.
            if let Ok(Some(_old)) = lock(path) {
                remove(path);
            }
        } else {
            let aside = aside(out);
            std::fs::rename(out, &aside).map_err(|error| write_error(out, error))?;
            if let Err(error) = std::fs::rename(path, out) {
                let _ = std::fs::rename(&aside, out);
                return Err(write_error(out, error));
            }
            remove(&aside);
        }
        self.released = true;
        Ok(())
    }
}

impl Drop for PartialDirectory {
    fn drop(&mut self) {
        if !self.released {
            remove(&self.path);
        }
    }
}

/// The lock of the directory at `path`, or `None` if another run holds it. A file system without
/// locks gives the directory to everybody.
fn lock(path: &Path) -> Result<Option<File>> {
    let failed = |error| write_error(path, error);
    let opened = File::open(path).map_err(failed)?;
    match opened.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    let same = match (opened.metadata(), std::fs::metadata(path)) {
        (Ok(locked), Ok(named)) => is_same(&locked, &named),
        _ => false,
    };
    Ok(same.then_some(opened))
}

#[cfg(unix)]
fn is_same(a: &std::fs::Metadata, b: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(not(unix))]
fn is_same(_: &std::fs::Metadata, _: &std::fs::Metadata) -> bool {
    true
}

/// Removes the files that an unfinished run left; anything else is an error.
fn clear(path: &Path) -> Result<()> {
    let entries = std::fs::read_dir(path).map_err(|error| write_error(path, error))?;
    let mut leftovers = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| write_error(path, error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != MANIFEST && !is_part(&name) {
            return Err(Error::new(
                ErrorKind::OutputExists,
                format!("holds {name:?}, which no run put there"),
            )
            .file(path.display())
            .hint("move it away; this directory is needed to build the output"));
        }
        leftovers.push(entry.path());
    }
    for leftover in leftovers {
        std::fs::remove_file(&leftover).map_err(|error| write_error(&leftover, error))?;
    }
    Ok(())
}

fn remove(path: &Path) {
    // What cannot be removed stays under a name that no reader takes for an output.
    if clear(path).is_ok() {
        let _ = std::fs::remove_dir(path);
    }
}

fn is_taken(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotADirectory
    )
}

fn aside(out: &Path) -> PathBuf {
    let name = out.file_name().unwrap_or_default().to_string_lossy();
    out.with_file_name(format!(".{name}.{}.old", std::process::id()))
}

/// Exchanges two directories in one step; `false` where the system has no such step.
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn exchange(a: &Path, b: &Path) -> io::Result<bool> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        Err(Errno::NOSYS | Errno::INVAL | Errno::NOTSUP) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn exchange(_: &Path, _: &Path) -> io::Result<bool> {
    Ok(false)
}
