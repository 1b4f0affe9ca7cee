//! Gives the files of a run their names as one unit.
//!
//! No call of the system renames several files at once, so a journal beside them has the plan. Where no earlier
//! output is replaced, the side files come first and the data last: whoever finds the data finds what belongs to it.
//! Where one is replaced, its side files are set aside first, then the data is exchanged, then the new side files
//! follow. So at no moment do files of two runs stand under the names of one output. The rename of the data decides:
//! a run that died before it is undone by the next one, a run that died after it is completed.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::live;
use super::own_names::{self, Use};
use super::partial_directory::remove_own_directory;
use super::places::{FileId, exchange, rename_new};
use super::staged_file::{Readers, StagedFile, sync_folder, write_error};
use super::target::{is_ours, parent};
use crate::error::{Error, ErrorKind, Result};
use crate::options::IfExists;

const JOURNAL_VERSION: u32 = 1;

/// Longest journal that is read.
pub(super) const LONGEST_JOURNAL: u64 = 1 << 20;

/// One file or directory on its way to its name. All names are plain names in one folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Move {
    /// Its hidden name; none where nothing follows what is set aside.
    staged: Option<String>,
    /// Which file it is.
    id: Option<FileId>,
    /// The name that it gets.
    name: String,
    /// The hidden name for what stands under that name.
    aside: String,
}

/// The plan of a publication.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Journal {
    version: u32,
    data: Move,
    sides: Vec<Move>,
    /// Whether an earlier output is replaced.
    replaces: bool,
}

impl Move {
    fn new(staged: Option<&Path>, target: &Path) -> Self {
        let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let staged_name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        Self {
            staged: staged.and_then(staged_name),
            id: staged.and_then(FileId::at),
            aside: own_names::fresh(&name, Use::Aside),
            name,
        }
    }

    /// Whether it has its name.
    fn is_placed(&self, folder: &Path) -> bool {
        self.id.is_some() && FileId::at(&folder.join(&self.name)) == self.id
    }

    fn staged_in(&self, folder: &Path) -> Option<PathBuf> {
        self.staged.as_ref().map(|staged| folder.join(staged))
    }

    /// Whether its names may be renamed by whoever finds them in a journal.
    fn is_sound(&self) -> bool {
        let plain = |name: &str| !name.is_empty() && !name.contains(['/', '\\', '\0']) && name != "..";
        let staged = self.staged.as_deref().and_then(own_names::parse);
        plain(&self.name)
            && own_names::parse(&self.name).is_none()
            && own_names::parse(&self.aside).is_some_and(|(_, used)| used == Use::Aside)
            && self.staged.is_some()
                == staged.is_some_and(|(_, used)| matches!(used, Use::File | Use::Directory))
    }
}

impl Journal {
    /// The journal in `text`, if it is whole and names nothing but what a run of this library may rename.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let journal: Self = serde_json::from_slice(text).ok()?;
        let sound = journal.version == JOURNAL_VERSION
            && journal.data.staged.is_some()
            && std::iter::once(&journal.data).chain(&journal.sides).all(Move::is_sound);
        sound.then_some(journal)
    }

    /// Completes or undoes a publication that a dead run left half done.
    pub(super) fn settle(&self, folder: &Path) -> std::io::Result<()> {
        if self.data.is_placed(folder) { self.complete(folder) } else { self.undo(folder) }
    }

    /// The data has its name: the side files follow, and what was set aside goes.
    fn complete(&self, folder: &Path) -> std::io::Result<()> {
        for side in &self.sides {
            if let Some(staged) = side.staged_in(folder).filter(|staged| FileId::at(staged) == side.id) {
                match rename_new(&staged, &folder.join(&side.name)) {
                    // Somebody has put another file there since; it stays.
                    Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                    outcome => outcome?,
                }
            }
        }
        self.forget_replaced(folder);
        Ok(())
    }

    /// Removes what the new files replaced.
    fn forget_replaced(&self, folder: &Path) {
        for one in self.sides.iter().chain([&self.data]) {
            let _ = std::fs::remove_file(folder.join(&one.aside));
        }
        // After an exchange the earlier data has the hidden name of the new one.
        for old in self.data.staged_in(folder).into_iter().chain([folder.join(&self.data.aside)]) {
            match old.symlink_metadata() {
                Ok(metadata) if metadata.is_dir() => remove_own_directory(&old),
                Ok(_) => drop(std::fs::remove_file(&old)),
                Err(_) => {}
            }
        }
    }

    /// Everything as it was before.
    fn undo(&self, folder: &Path) -> std::io::Result<()> {
        for side in &self.sides {
            if let Some(staged) = side.staged_in(folder).filter(|_| side.is_placed(folder)) {
                rename_new(&folder.join(&side.name), &staged)?;
            }
        }
        if let Some(staged) = self.data.staged_in(folder).filter(|_| self.data.is_placed(folder)) {
            let name = folder.join(&self.data.name);
            if FileId::at(&staged).is_none() {
                rename_new(&name, &staged)?;
            } else if !exchange(&name, &staged)? {
                return Err(std::io::ErrorKind::Unsupported.into());
            }
        }
        for one in self.sides.iter().chain([&self.data]) {
            let aside = folder.join(&one.aside);
            if FileId::at(&aside).is_some() {
                rename_new(&aside, &folder.join(&one.name))?;
            }
        }
        Ok(())
    }
}

/// Staged data with its side files.
pub(super) struct Commit<'c> {
    if_exists: IfExists,
    data: (&'c Path, &'c Path),
    sides: Vec<(Option<&'c Path>, &'c Path)>,
}

impl<'c> Commit<'c> {
    /// Publishes what is staged at `staged` as `target`.
    pub(super) fn new(staged: &'c Path, target: &'c Path, if_exists: IfExists) -> Self {
        Self { if_exists, data: (staged, target), sides: Vec::new() }
    }

    /// Adds a side file.
    pub(super) fn side(&mut self, staged: &'c StagedFile) {
        self.sides.push((Some(staged.path()), staged.target()));
    }

    /// Adds the name of a side file that this run does not have: that of an earlier run goes.
    pub(super) fn no_side(&mut self, target: &'c Path) {
        self.sides.push((None, target));
    }

    /// Gives everything its name. When this fails, nothing has changed.
    pub(super) fn run(self) -> Result<()> {
        let folder = parent(self.data.1).to_path_buf();
        let journal = Journal {
            version: JOURNAL_VERSION,
            data: Move::new(Some(self.data.0), self.data.1),
            sides: self.sides.iter().map(|(staged, target)| Move::new(*staged, target)).collect(),
            replaces: self.if_exists == IfExists::Overwrite && FileId::at(self.data.1).is_some(),
        };
        let text = serde_json::to_vec(&journal)
            .map_err(|error| Error::new(ErrorKind::Internal, format!("the journal is not JSON: {error}")))?;
        let file = StagedFile::with_use(self.data.1, Readers::Owner, Use::Journal)?;
        let failed = |source| write_error(file.target(), source);
        file.writer()?.write_all(&text).map_err(failed)?;
        file.sync()?;
        sync_folder(&folder)?;
        let outcome = live::publishing(|| {
            let moved = self.carry_out(&journal, &folder);
            if moved.is_err() && journal.undo(&folder).is_err() {
                return Ok(Err(moved));
            }
            Ok(Ok(moved))
        })?;
        match outcome {
            Ok(moved) => {
                moved?;
                journal.forget_replaced(&folder);
                sync_folder(&folder)
            }
            Err(moved) => {
                // What cannot be undone now is left with its journal for the next run to settle.
                live::forget(file.path());
                for one in journal.sides.iter().chain([&journal.data]) {
                    if let Some(staged) = one.staged_in(&folder) {
                        live::forget(&staged);
                    }
                }
                moved
            }
        }
    }

    fn carry_out(&self, journal: &Journal, folder: &Path) -> Result<()> {
        if journal.replaces || self.if_exists == IfExists::Overwrite {
            for side in &journal.sides {
                let name = folder.join(&side.name);
                if FileId::at(&name).is_some() {
                    rename_new(&name, &folder.join(&side.aside))
                        .map_err(|error| write_error(&name, error))?;
                }
            }
        }
        if journal.replaces {
            self.place_data(journal, folder)?;
            sync_folder(folder)?;
            place_sides(journal, folder)?;
        } else {
            place_sides(journal, folder)?;
            sync_folder(folder)?;
            self.place_data(journal, folder)?;
        }
        sync_folder(folder)
    }

    fn place_data(&self, journal: &Journal, folder: &Path) -> Result<()> {
        let (staged, target) = self.data;
        let failed = |error| write_error(target, error);
        if !journal.replaces {
            if is_empty_directory(target) {
                return std::fs::rename(staged, target).map_err(|error| taken_or_failed(target, error));
            }
            return rename_new(staged, target).map_err(|error| taken_or_failed(target, error));
        }
        if exchange(staged, target).map_err(failed)? {
            // Files may have come into the directory since it was looked at: those are not ours to remove.
            if staged.is_dir() && !is_ours(staged) && !is_empty_directory(staged) {
                exchange(staged, target).map_err(failed)?;
                return Err(taken(target));
            }
            return Ok(());
        }
        if target.is_dir() {
            std::fs::rename(target, folder.join(&journal.data.aside)).map_err(failed)?;
        }
        std::fs::rename(staged, target).map_err(failed)
    }
}

fn place_sides(journal: &Journal, folder: &Path) -> Result<()> {
    for side in &journal.sides {
        if let Some(staged) = side.staged_in(folder) {
            let name = folder.join(&side.name);
            rename_new(&staged, &name).map_err(|error| taken_or_failed(&name, error))?;
        }
    }
    Ok(())
}

fn is_empty_directory(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
        && std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}

fn taken_or_failed(target: &Path, error: std::io::Error) -> Error {
    use std::io::ErrorKind::{AlreadyExists, DirectoryNotEmpty, NotADirectory};
    match error.kind() {
        AlreadyExists | DirectoryNotEmpty | NotADirectory => taken(target),
        _ => write_error(target, error),
    }
}

fn taken(target: &Path) -> Error {
    Error::new(ErrorKind::OutputExists, "exists already").file(target.display()).hint(
        "another run wrote it in the meantime; if_exists=\"overwrite\" replaces an output of this library",
    )
}
