//! A directory that is built under a hidden name beside its target and takes its place in one step.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::live;
use super::own_names::{self, Use};
use super::places::{FileId, open_to_lock};
use super::staged_file::{lock, sync_folder, write_error};
use super::target::{MANIFEST, Target, is_part, parent};
use crate::error::{Error, ErrorCode, ErrorKind, Result};

/// Names that are tried for a directory.
const ATTEMPTS: usize = 16;

/// A new directory of this run, under its lock. Dropped, it vanishes with all that is in it, unless it was
/// published.
pub(super) struct PartialDirectory {
    path: PathBuf,
    _lock: File,
}

impl PartialDirectory {
    /// Makes the directory. What stands under any other name is left alone.
    pub(super) fn claim(target: &Target) -> Result<Self> {
        let out = target.path();
        let name = out.file_name().unwrap_or_default().to_string_lossy();
        refuse_second_run(out, &name)?;
        for _ in 0..ATTEMPTS {
            let path = parent(out).join(own_names::fresh(&name, Use::Directory));
            live::add(&path)?;
            if let Err(error) = std::fs::create_dir(&path) {
                live::forget(&path);
                if error.kind() == io::ErrorKind::AlreadyExists {
                    continue;
                }
                return Err(write_error(out, error));
            }
            // Another run that looked between creation and lock has removed the directory: then another name is tried.
            let Ok(opened) = open_to_lock(&path) else { continue };
            let locked = lock(&opened).map_err(|error| write_error(out, error))?;
            if locked && FileId::at(&path) == opened.metadata().ok().as_ref().map(FileId::of) {
                return Ok(Self { path, _lock: opened });
            }
        }
        Err(Error::new(ErrorKind::Write, "no temporary directory can be made").file(out.display()))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the names of its files durable.
    pub(super) fn sync(&self) -> Result<()> {
        sync_folder(&self.path)
    }
}

impl Drop for PartialDirectory {
    fn drop(&mut self) {
        if live::forget(&self.path) {
            remove_own_directory(&self.path);
        }
    }
}

/// Two runs for one directory would do the work twice and one of them in vain.
fn refuse_second_run(out: &Path, name: &str) -> Result<()> {
    let Ok(entries) = std::fs::read_dir(parent(out)) else { return Ok(()) };
    for entry in entries.flatten() {
        let entry_name = entry.file_name();
        let known = entry_name.to_str().and_then(own_names::parse);
        if known != Some((own_names::stem(name), Use::Directory)) {
            continue;
        }
        if open_to_lock(&entry.path()).is_ok_and(|opened| matches!(lock(&opened), Ok(false))) {
            return Err(Error::new(
                ErrorCode::OutputInUse,
                format!("another run is writing it, in {}", entry.path().display()),
            )
            .file(out.display())
            .hint("wait for it, or choose another name"));
        }
    }
    Ok(())
}

/// Removes a directory with the part files and the manifest in it, and what their writing had begun. Never through a link; where anything else is in
/// it, the directory and that stay.
pub(super) fn remove_own_directory(path: &Path) {
    if !path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return;
    }
    let Ok(entries) = std::fs::read_dir(path) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let ours = name.to_str().is_some_and(|name| {
            name == MANIFEST
                || is_part(name)
                || own_names::parse(name).is_some_and(|(_, used)| used == Use::File)
        });
        if ours && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
    let _ = std::fs::remove_dir(path);
}
