//! Gives complete files their names: side files first, the data last.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use super::WrittenFile;
use super::draft::{Draft, Readers, sync_folder, write_error};
use super::output::{Place, WriteTimes};
use super::rejects::SealedRejects;
use super::row_batch::Counts;
use super::target::{Target, parent};
use crate::error::Result;
use crate::options::IfExists;

/// Complete files under temporary names. Dropped, they vanish.
pub struct Sealed {
    pub(super) target: Target,
    pub(super) if_exists: IfExists,
    pub(super) place: Place,
    pub(super) files: Vec<WrittenFile>,
    pub(super) counts: Counts,
    pub(super) times: WriteTimes,
}

impl Sealed {
    /// The data files, with size and digest.
    #[must_use]
    pub fn files(&self) -> &[WrittenFile] {
        &self.files
    }

    /// What is in them.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// What writing them cost.
    #[must_use]
    pub fn times(&self) -> WriteTimes {
        self.times
    }

    /// Publishes rejects, report and data, in this order, each in one step. Whoever finds the data
    /// finds the side files that belong to it.
    ///
    /// With `IfExists::Error`, exactly one of several runs that race for the name succeeds; the others
    /// take back what they had published. Rejects of an earlier run are removed when this one has none.
    pub fn publish(self, rejects: Option<SealedRejects>, report: &[u8]) -> Result<()> {
        let Self { target, if_exists, place, .. } = self;
        let report_file = Draft::beside(&target.report(), Readers::Default)?;
        report_file.writer()?.write_all(report).map_err(|error| write_error(&target.report(), error))?;

        let mut published = Published::new(if_exists);
        match rejects {
            Some(rejects) => published.add(rejects.draft, if_exists)?,
            None if if_exists == IfExists::Overwrite => remove_if_there(&target.rejects())?,
            None => {}
        }
        published.add(report_file, if_exists)?;
        sync_folder(parent(target.path()))?;
        match place {
            Place::File(draft) => draft.publish(if_exists)?,
            Place::Directory(partial) => partial.publish(if_exists)?,
        }
        published.keep();
        sync_folder(parent(target.path()))
    }
}

/// Removes a side file that an earlier run may have left.
pub(super) fn remove_if_there(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(write_error(path, error)),
        _ => Ok(()),
    }
}

/// Side files that have their names already; taken back unless the data follows.
pub(super) struct Published {
    paths: Vec<std::path::PathBuf>,
    keep: bool,
}

impl Published {
    /// Side files of an output that is written with `if_exists`: what replaces older files stays.
    pub(super) fn new(if_exists: IfExists) -> Self {
        Self { paths: Vec::new(), keep: if_exists == IfExists::Overwrite }
    }

    /// Gives a side file its name.
    pub(super) fn add(&mut self, draft: Draft, if_exists: IfExists) -> Result<()> {
        let path = draft.target().to_path_buf();
        draft.publish(if_exists)?;
        self.paths.push(path);
        Ok(())
    }

    /// The data followed: the side files stay.
    pub(super) fn keep(&mut self) {
        self.keep = true;
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        if !self.keep {
            for path in &self.paths {
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

impl WriteTimes {
    /// Encoding and writing together.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.encode + self.write
    }
}
