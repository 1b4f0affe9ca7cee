//! The side files of a distil shard: `job_description.json` with the task and the tools, and
//! `config.yaml` with the name of the task.

use tooltrain_json::Json;

use super::reading::Reading;
use super::tools::{self, Form};
use super::{ParseOptions, Scratch};
use crate::conversation::Tool;
use crate::finding::{Code, Finding};

/// What the question of a distil row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// `tool-calling-closed-book`: the text of one user message.
    SingleTurn,
    /// `multi-turn-tool-calling-closed-book`: the JSON text of a list of messages.
    MultiTurn,
}

impl Task {
    /// The task with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Task> {
        match name {
            "tool-calling-closed-book" => Some(Task::SingleTurn),
            "multi-turn-tool-calling-closed-book" => Some(Task::MultiTurn),
            _ => None,
        }
    }
}

/// What the side files say of every row of a shard.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Job {
    /// The system message of every row.
    pub task_description: Option<String>,
    /// The tools of every row.
    pub tools: Vec<Tool<'static>>,
    /// What the questions are; `None` looks at each question.
    pub task: Option<Task>,
}

impl Job {
    /// Reads the text of `job_description.json` and, where there is one, of `config.yaml`.
    pub fn read(job_description: &str, config: Option<&str>) -> Result<Job, Vec<Finding>> {
        let options = ParseOptions::default();
        let mut scratch = Scratch::default();
        let mut reading = Reading::new(&options, &mut scratch.nested);
        let task = config.and_then(|config| read_task(config, &mut reading));
        let job = reading.nested(job_description, Code::InvalidJson, String::new, |value, reading| {
            let mut job = Job { task, ..Job::default() };
            if let Some(description) = value.get("task_description").filter(|text| !text.is_null()) {
                job.task_description = description.text().map(std::borrow::Cow::into_owned);
                if job.task_description.is_none() {
                    let what = format!("expected a string, found {}", description.kind().as_str());
                    reading.note(Code::FieldWrongType, "/task_description", what);
                }
            }
            let tools = value.get("tools").map(|tools: Json<'_, '_>| {
                tools::read(tools, "/tools", Form::Wrapped, reading)
                    .into_iter()
                    .map(Tool::into_owned)
                    .collect()
            });
            job.tools = tools.unwrap_or_default();
            job
        });
        match job {
            Some(job) if !reading.failed() => Ok(job),
            _ => Err(reading.findings),
        }
    }
}

/// `base.task` of `config.yaml`. Only this one key matters here, and a block of scalars is all
/// that the file is in practice, so no YAML library is needed for it.
fn read_task(config: &str, reading: &mut Reading<'_>) -> Option<Task> {
    let mut in_base = false;
    for line in config.lines() {
        let line = line.split(" #").next().unwrap_or_default();
        let Some((key, value)) = line.trim().split_once(':') else { continue };
        if !line.starts_with([' ', '\t']) {
            in_base = key == "base";
            continue;
        }
        if in_base && key == "task" {
            let name = value.trim().trim_matches(['"', '\'']);
            let task = Task::from_name(name);
            if task.is_none() {
                let what = format!("config.yaml: base.task is {}", tooltrain_json::excerpt(name, 0));
                reading.note(Code::UnknownTask, "/base/task", what);
            }
            return task;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_task_is_found_under_base() {
        let description = r#"{"task_description": "Do.", "tools": [{"name": "f", "parameters": {}}]}"#;
        for (config, task) in [
            ("base:\n task: multi-turn-tool-calling-closed-book\n", Some(Task::MultiTurn)),
            (
                "# x\nsetup:\n  task: no\nbase:\n  student: a\n  task: \"tool-calling-closed-book\" # y",
                Some(Task::SingleTurn),
            ),
            ("base:\n  student: a\n", None),
            ("", None),
        ] {
            let job = Job::read(description, Some(config)).unwrap();
            assert_eq!((job.task, job.task_description.as_deref()), (task, Some("Do.")), "{config}");
            assert_eq!(
                job.tools[0].json,
                r#"{"type": "function", "function": {"name": "f", "parameters": {}}}"#
            );
        }
    }

    #[test]
    fn side_files_that_cannot_be_read_say_why() {
        let code =
            |description: &str, config: Option<&str>| Job::read(description, config).unwrap_err()[0].code;
        assert_eq!(code("{", None), Code::InvalidJson);
        assert_eq!(code("{}", Some("base:\n task: open-book")), Code::UnknownTask);
        assert_eq!(code(r#"{"task_description": 1}"#, None), Code::FieldWrongType);
        assert_eq!(code(r#"{"tools": [1]}"#, None), Code::ToolWrongShape);
        assert_eq!(Job::read("{}", None).unwrap(), Job::default());
    }
}
