//! Files beside shards that describe their records: `job_description.json` and `config.yaml` of question and answer
//! rows, and `dataset_info.json` of LLaMA-Factory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, ErrorCode, ErrorKind, Result};
use crate::finding::Finding;
use crate::layout_spec::{LayoutSpec, OneOrMore, PairSpec};
use crate::parse::job::Task;
use crate::parse::{Job, Spec};
use crate::read::Shard;
use crate::whole_file::{self, LONGEST_LIST};

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
        if !description.exists() {
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

/// Name of the side file in which LLaMA-Factory describes the files of a folder.
const DATASET_INFO: &str = "dataset_info.json";

/// The layout that a `dataset_info.json` beside the shards gives them, if there is one that names them. Shards of
/// several layouts do not go into one run.
pub(super) fn dataset_layout(shards: &[Shard]) -> Result<Option<Spec>> {
    let mut found: Option<(PathBuf, LayoutSpec)> = None;
    for shard in shards {
        let side_file = shard.path.with_file_name(DATASET_INFO);
        let (Some(name), true) = (shard.path.file_name(), side_file.is_file()) else { continue };
        let Some(layout) = described_layout(&side_file, &name.to_string_lossy())? else { continue };
        match &found {
            Some((first, known)) if *known != layout => {
                let what = format!(
                    "{} gives {} and {} two layouts",
                    side_file.display(),
                    first.display(),
                    shard.path.display()
                );
                return Err(Error::new(ErrorKind::Options, what).hint("run them one after the other"));
            }
            Some(_) => {}
            None => found = Some((shard.path.clone(), layout)),
        }
    }
    let Some((path, layout)) = found else { return Ok(None) };
    Spec::compile(&layout).map(Some).map_err(|what| {
        let place = path.with_file_name(DATASET_INFO);
        Error::new(ErrorKind::Read, format!("{}: {what}", place.display()))
    })
}

/// The layout that the side file gives the file called `name`, where it gives one.
fn described_layout(side_file: &Path, name: &str) -> Result<Option<LayoutSpec>> {
    let text =
        std::fs::read_to_string(side_file).map_err(|source| Error::at(ErrorKind::Read, side_file, source))?;
    // Other programs have files of this name too: what is no list of data sets means nothing here.
    let Ok(serde_json::Value::Object(sets)) = serde_json::from_str(&text) else { return Ok(None) };
    let is_this =
        |set: &&serde_json::Value| set.get("file_name").and_then(|file| file.as_str()) == Some(name);
    let Some(set) = sets.values().find(is_this) else { return Ok(None) };
    let column = |key: &str| set.get("columns")?.get(key)?.as_str().map(str::to_owned);
    let tag = |key: &str| set.get("tags")?.get(key)?.as_str().map(str::to_owned);
    let one = |text: Option<String>| text.map(OneOrMore::One);
    let quoted = |key: &str| column(key).map(|name| OneOrMore::One(format!("\"{name}\"")));
    let mut layout = LayoutSpec {
        name: Some("llamafactory".to_owned()),
        messages: quoted("messages"),
        tools: quoted("tools"),
        system: quoted("system"),
        role: one(tag("role_tag")),
        content: one(tag("content_tag")),
        ..LayoutSpec::default()
    };
    if let (Some(user), Some(assistant)) = (column("prompt"), column("response")) {
        layout.pairs = Some(PairSpec { user, assistant });
    }
    let roles = [
        ("user_tag", "user"),
        ("assistant_tag", "assistant"),
        ("observation_tag", "tool"),
        ("function_tag", "call"),
        ("system_tag", "system"),
    ];
    layout.roles =
        roles.iter().filter_map(|(key, role)| Some((tag(key)?, Some((*role).to_owned())))).collect();
    let is_plain = layout == LayoutSpec { name: layout.name.clone(), ..LayoutSpec::default() };
    Ok((!is_plain).then_some(layout))
}

/// Reads a job description and the `config.yaml` beside it, if there is one.
pub(super) fn read_job(description: &Path) -> Result<Job> {
    let config = &description.with_file_name("config.yaml");
    let read = |path: &Path| whole_file::read_text(path, LONGEST_LIST, ErrorKind::Read);
    let config_text = if config.exists() { Some(read(config)?) } else { None };
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
