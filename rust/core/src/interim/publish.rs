//! Puts finished files under their names: temp file beside the target, synced, renamed. Before that
//! nothing stands under the final name, and what stood there is untouched.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use crate::error::{Error, ErrorKind, Result};
use crate::options::IfExists;

/// Refuses to start when one of `targets` exists and may not be replaced.
pub fn check_absent(targets: &[&Path], if_exists: IfExists) -> Result<()> {
    let existing = targets.iter().find(|path| path.symlink_metadata().is_ok());
    match existing {
        Some(path) if if_exists == IfExists::Error => {
            Err(Error::new(ErrorKind::OutputExists, format!("{}: it exists already", path.display()))
                .hint("choose another out, or if_exists=\"overwrite\""))
        }
        _ => Ok(()),
    }
}

/// A file on its way to its name. Dropped, it vanishes.
pub struct Unpublished {
    target: PathBuf,
    temporary: TempPath,
}

impl Unpublished {
    /// Opens a temporary file beside `target`, readable by everyone unless `private`.
    pub fn begin(target: &Path, private: bool) -> Result<(Self, File)> {
        let folder = parent(target);
        let temporary = NamedTempFile::with_prefix_in(".tooltrain-", folder)
            .map_err(|source| Error::at(ErrorKind::Write, target, source))?;
        let (file, temporary) = temporary.into_parts();
        if !private {
            make_readable(&file).map_err(|source| Error::at(ErrorKind::Write, target, source))?;
        }
        Ok((Self { target: target.to_owned(), temporary }, file))
    }

    /// Syncs `file`, the one that was opened, and gives it its name.
    pub fn publish(self, file: &File, if_exists: IfExists) -> Result<()> {
        let failed = |source| Error::at(ErrorKind::Write, &self.target, source);
        file.sync_all().map_err(failed)?;
        match if_exists {
            IfExists::Overwrite => {
                self.temporary.persist(&self.target).map_err(|error| failed(error.error))?
            }
            IfExists::Error => self.temporary.persist_noclobber(&self.target).map_err(|error| {
                if error.error.kind() == std::io::ErrorKind::AlreadyExists {
                    Error::new(
                        ErrorKind::OutputExists,
                        format!("{}: somebody made it while this run went on", self.target.display()),
                    )
                    .hint("choose another out, or if_exists=\"overwrite\"")
                } else {
                    failed(error.error)
                }
            })?,
        }
        File::open(parent(&self.target)).and_then(|folder| folder.sync_all()).map_err(failed)
    }
}

/// Writes `bytes` under the name `target` in one step.
pub fn publish_bytes(target: &Path, bytes: &[u8], if_exists: IfExists) -> Result<()> {
    let (unpublished, mut file) = Unpublished::begin(target, false)?;
    file.write_all(bytes).map_err(|source| Error::at(ErrorKind::Write, target, source))?;
    unpublished.publish(&file, if_exists)
}

fn parent(target: &Path) -> &Path {
    match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(unix)]
fn make_readable(file: &File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_file: &File) -> std::io::Result<()> {
    Ok(())
}
