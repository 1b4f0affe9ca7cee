//! Asking transformers what it would print.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

/// What transformers made of one conversation.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Text(String),
    Error(String),
}

/// The special tokens that both sides are given.
pub fn specials() -> Vec<(String, String)> {
    [("bos_token", "<s>"), ("eos_token", "</s>"), ("unk_token", "<unk>"), ("pad_token", "<pad>")]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .to_vec()
}

/// One conversation to be printed.
#[derive(Clone, Debug)]
pub struct Case {
    /// The record, as JSON.
    pub line: &'static str,
    /// The thinking mode that the template is asked for.
    pub thinking: Option<bool>,
    /// Whether the prompt of its last turn is printed in the place of that turn and what follows.
    pub prompt: bool,
}

impl Case {
    fn request(&self) -> String {
        let mut kwargs: serde_json::Map<String, serde_json::Value> =
            specials().into_iter().map(|(name, text)| (name, text.into())).collect();
        for name in ["enable_thinking", "thinking"] {
            kwargs.extend(self.thinking.map(|thinking| (name.to_owned(), thinking.into())));
        }
        let kwargs = serde_json::Value::from(kwargs);
        format!("{{\"record\": {}, \"kwargs\": {kwargs}, \"prompt\": {}}}", self.line, self.prompt)
    }
}

fn interpreter() -> PathBuf {
    std::env::var_os("TOOLTRAIN_PYTHON").map_or_else(|| "python3".into(), PathBuf::from)
}

/// Whether transformers can be asked.
pub fn is_there() -> bool {
    let there = Command::new(interpreter())
        .args(["-c", "import transformers, jinja2"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !there {
        eprintln!("skipped: no Python with transformers (set TOOLTRAIN_PYTHON)");
    }
    there
}

/// The folder of the templates that the `trl` package ships.
pub fn trl_templates() -> Option<PathBuf> {
    let found = Command::new(interpreter())
        .args(["-c", "import importlib.util as u; print(u.find_spec('trl').submodule_search_locations[0])"])
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let folder = PathBuf::from(String::from_utf8(found.stdout).ok()?.trim()).join("chat_templates");
    folder.is_dir().then_some(folder)
}

/// What transformers prints: for each template, for each case.
pub fn render(templates: &[PathBuf], cases: &[Case]) -> Option<Vec<Vec<Answer>>> {
    if !is_there() {
        return None;
    }
    let request = format!(
        "{{\"templates\": {}, \"cases\": [{}], \"date\": \"2026-11-20\"}}",
        serde_json::to_string(templates).unwrap(),
        cases.iter().map(Case::request).collect::<Vec<_>>().join(", "),
    );
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/templates/with_transformers.py");
    let mut child =
        Command::new(interpreter()).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(request.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "transformers failed");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}
