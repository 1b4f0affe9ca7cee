//! Complete files of an output, and how they are published.

use std::io::Write;
use std::time::Duration;

use super::WrittenFile;
use super::commit::Commit;
use super::output::{Place, WriteTimes};
use super::rejects::SealedRejects;
use super::row_batch::Counts;
use super::staged_file::{Readers, StagedFile, write_error};
use super::target::Target;
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

    /// Publishes rejects, report and data as one unit: see [`Commit`].
    ///
    /// With `IfExists::Error`, exactly one of several runs that race for the name succeeds; the others
    /// take back what they had published. Rejects of an earlier run are removed when this one has none.
    #[allow(
        clippy::needless_pass_by_value,
        reason = "rejects are published once, and not without their data"
    )]
    pub fn publish(self, rejects: Option<SealedRejects>, report: &[u8]) -> Result<()> {
        let Self { target, if_exists, place, .. } = self;
        let report = staged_report(&target, report)?;
        let staged = match &place {
            Place::File(file) => {
                file.sync()?;
                file.path()
            }
            Place::Directory(partial) => {
                partial.sync()?;
                partial.path()
            }
        };
        let rejects_path = target.rejects();
        let mut commit = Commit::new(staged, target.path(), if_exists);
        match &rejects {
            Some(rejects) => commit.side(&rejects.staged),
            None => commit.no_side(&rejects_path),
        }
        commit.side(&report);
        commit.run()
    }
}

/// The report of an output, on its way.
pub(super) fn staged_report(target: &Target, report: &[u8]) -> Result<StagedFile> {
    let path = target.report();
    let file = StagedFile::beside(&path, Readers::Default)?;
    file.writer()?.write_all(report).map_err(|error| write_error(&path, error))?;
    file.sync()?;
    Ok(file)
}

impl WriteTimes {
    /// Encoding and writing together.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.encode + self.write
    }
}
