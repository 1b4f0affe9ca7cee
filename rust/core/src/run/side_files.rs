//! Files that stand beside shards and say what their records mean: `job_description.json` and
//! `config.yaml` of question and answer rows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, ErrorCode, ErrorKind, Result};
use crate::finding::Finding;
use crate::parse::Job;
use crate::parse::job::Task;
use crate::read::Shard;

/// Name of the side file with the task and the tools.
pub(super) const JOB_DESCRIPTION: &str = "job_description.json";

/// The job that stands beside the shards, if there is one. Shards of several jobs do not go into one
/// run: each row would need to say which job it is of.
pub(super) fn job(shards: &[Shard]) -> Result<Option<Arc<Job>>> {
    let mut folders: Vec<&Path> = shards.iter().filter_map(|shard| shard.path.parent()).collect();
    folders.sort();
    folders.dedup();
    let mut found: Option<(PathBuf, Job)> = None;
    for folder in folders {
        let description = folder.join(JOB_DESCRIPTION);
        if !description.is_file() {
            continue;
        }
        let job = read_job(&description)?;
        match &found {
            Some((first, known)) if *known != job => {
                return Err(Error::new(
                    ErrorCode::ConflictingOptions,
                    format!("this job description and {} differ", first.display()),
                )
                .file(description.display())
                .hint("run them one after the other"));
            }
            Some(_) => {}
            None => found = Some((description, job)),
        }
    }
    Ok(found.map(|(_, job)| Arc::new(job)))
}

/// Reads a job description and the `config.yaml` beside it, if there is one.
pub(super) fn read_job(description: &Path) -> Result<Job> {
    let config = &description.with_file_name("config.yaml");
    let read = |path: &Path| {
        std::fs::read_to_string(path).map_err(|source| Error::at(ErrorKind::Read, path, source))
    };
    let config_text = if config.is_file() { Some(read(config)?) } else { None };
    let refused = |path: &Path, findings: &[Finding]| {
        let found: Vec<String> = findings.iter().map(ToString::to_string).collect();
        Error::new(ErrorKind::Read, found.join("; "))
            .file(path.display())
            .hint("fix the side file: its records cannot be read without it")
    };
    if let Some(text) = &config_text {
        Task::read(text).map_err(|findings| refused(config, &findings))?;
    }
    Job::read(&read(description)?, config_text.as_deref()).map_err(|findings| refused(description, &findings))
}
