//! The side files of a distil shard: `job_description.json` with the task and the tools, and
//! `config.yaml` with the name of the task.

use tooltrain_json::{Json, excerpt};

use super::reading::Reading;
use super::tools::{self, Form};
use super::yaml::{Document, Yaml};
use super::{ParseOptions, Scratch};
use crate::conversation::Tool;
use crate::finding::{Code, Finding};
use crate::nearest::nearest;

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

    /// The task that the text of a `config.yaml` names; `None` where it names none.
    pub fn read(config: &str) -> Result<Option<Task>, Vec<Finding>> {
        let options = ParseOptions::default();
        let mut scratch = Scratch::default();
        let mut reading = Reading::new(&options, &mut scratch.nested);
        let task = read_task(config, &mut reading);
        if reading.failed() { Err(reading.findings) } else { Ok(task) }
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

/// `base.task` of `config.yaml`; the other keys are for the service that trains, and mean nothing here.
fn read_task(config: &str, reading: &mut Reading<'_>) -> Option<Task> {
    let mut note = |line: usize, pointer: &str, what: &str| {
        reading.note(Code::UnknownTask, pointer, format!("config.yaml, line {line}: {what}"));
    };
    let document = match Document::read(config) {
        Ok(document) => document,
        Err(problem) => {
            note(problem.line, "", &format!("not readable as YAML: {}", problem.message));
            return None;
        }
    };
    let root = document.root().filter(|root| !root.is_null())?;
    let base = member(root, "base", "", &mut note)?;
    let task = member(base, "task", "/base", &mut note)?;
    let Some(name) = task.text() else {
        note(task.line(), "/base/task", &format!("expected the name of a task, found {}", task.kind()));
        return None;
    };
    let known = Task::from_name(name);
    if known.is_none() {
        note(task.line(), "/base/task", &format!("base.task is {}", excerpt(name, 0)));
    }
    known
}

/// The member `key` of a mapping; what is no mapping, and a key that is nearly `key`, are noted.
fn member<'d>(
    mapping: Yaml<'d>,
    key: &str,
    pointer: &str,
    note: &mut impl FnMut(usize, &str, &str),
) -> Option<Yaml<'d>> {
    if !mapping.is_mapping() {
        note(mapping.line(), pointer, &format!("expected a mapping, found {}", mapping.kind()));
        return None;
    }
    let found = mapping.get(key);
    if found.is_none() {
        let misspelled = mapping.members().find_map(|(name, _)| {
            let text = name.text()?;
            nearest(text, [key]).is_some().then_some((name.line(), text))
        });
        if let Some((line, text)) = misspelled {
            note(line, pointer, &format!("unknown key {}; did you mean `{key}`?", excerpt(text, 0)));
        }
    }
    found.filter(|value| !value.is_null())
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
            ("base: {task: tool-calling-closed-book}", Some(Task::SingleTurn)),
            ("{\"base\": {\"task\": \"tool-calling-closed-book\"}}", Some(Task::SingleTurn)),
            ("---\nbase:\n  'task': 'tool-calling-closed-book'\n...\n", Some(Task::SingleTurn)),
            (
                "base:\n  task:\n    tool-calling-closed-book # the name on a line of its own\n",
                Some(Task::SingleTurn),
            ),
            ("base:\n  task: >-\n    tool-calling-closed-book\n", Some(Task::SingleTurn)),
            ("name: &task tool-calling-closed-book\nbase:\n  task: *task\n", Some(Task::SingleTurn)),
            ("x: &x {task: tool-calling-closed-book}\nbase: *x\n", Some(Task::SingleTurn)),
            ("x: &x {task: tool-calling-closed-book}\nbase: {<<: *x, student: a}\n", Some(Task::SingleTurn)),
            (
                "x: &x {task: no}\nbase:\n  <<: [*x]\n  task: multi-turn-tool-calling-closed-book\n",
                Some(Task::MultiTurn),
            ),
            (
                "base:\n  notes: |\n    task: open-book\n  task: !!str tool-calling-closed-book\n",
                Some(Task::SingleTurn),
            ),
            ("\u{feff}base:\r\n  task: tool-calling-closed-book\r\n", Some(Task::SingleTurn)),
            ("setup:\n  base:\n    task: open-book\n", None),
            ("base:\n  student: a\n", None),
            ("base:\n  task: # not given\n", None),
            ("base: null\n", None),
            ("# nothing but a comment\n", None),
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
    fn every_config_that_is_not_understood_is_refused_with_its_line() {
        for (config, line, what) in [
            ("base: {task: open-book}", 1, "base.task is `open-book`"),
            ("a: 1\nbase:\n  task: 5\n", 3, "base.task is `5`"),
            ("base:\n  task:\n    - tool-calling-closed-book\n", 3, "found a list"),
            ("base: {task: {name: x}}", 1, "found a mapping"),
            ("base: tool-calling-closed-book", 1, "expected a mapping, found a single value"),
            ("# x\n- base\n", 2, "expected a mapping, found a list"),
            ("just text", 1, "expected a mapping, found a single value"),
            ("base:\n  tasks: tool-calling-closed-book\n", 2, "did you mean `task`?"),
            ("Base:\n  task: tool-calling-closed-book\n", 1, "did you mean `base`?"),
            (
                "base:\n  task: open-book\nbase:\n  task: tool-calling-closed-book\n",
                3,
                "duplicate key `base`",
            ),
            ("base: {task: tool-calling-closed-book", 1, "not readable as YAML"),
            ("base:\n\ttask: tool-calling-closed-book\n", 2, "not readable as YAML"),
            ("base: *nowhere\n", 1, "not readable as YAML"),
            ("base: &b\n  <<: *b\nother: [\n", 3, "not readable as YAML"),
            ("base: {}\n---\nbase: {}\n", 2, "a second document"),
        ] {
            let findings = Job::read("{}", Some(config)).unwrap_err();
            assert_eq!(findings.len(), 1, "{config}: {findings:?}");
            let message = &findings[0].message;
            assert!(message.contains(what), "{config}: {message}");
            let found: usize = message
                .strip_prefix("config.yaml, line ")
                .unwrap()
                .split(':')
                .next()
                .unwrap()
                .parse()
                .unwrap();
            // A flow collection that does not end is noticed at the end of the text.
            assert!((line..=line + 1).contains(&found), "{config}: {message}");
        }
    }

    #[test]
    fn aliases_take_no_more_room_than_their_text() {
        let mut config = "a0: &a0 [x, x]\n".to_owned();
        let steps = (1..60).map(|step| format!("a{step}: &a{step} [*a{last}, *a{last}]\n", last = step - 1));
        config.extend(steps);
        config.push_str("loop: &loop {<<: *loop}\nbase: {<<: *loop, task: tool-calling-closed-book}\n");
        assert_eq!(Job::read("{}", Some(&config)).unwrap().task, Some(Task::SingleTurn));
        assert_eq!(Job::read("{}", Some("base: &b {<<: *b}")).unwrap().task, None);
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
