//! What the hosted fine-tuning API takes: the keys that it knows and the limits that it has.
//!
//! Where they are from: the reference of `POST /files` of the OpenAI API says how large a file may be, that
//! of chat completions how many functions there may be and how they may be called, the guide to supervised
//! fine-tuning how few rows start a job; as they stood in November 2026. The reference gives descriptions of
//! tools no length, and none is checked: until May 2025 the chat API refused more than 1,024 characters, and
//! since then it takes them.

use tooltrain_json::{Tape, excerpt};

use super::object::{Object, push_json};
use crate::conversation::{Conversation, Place, Role, Tool};
use crate::finding::{Code, Finding};

/// Fewest rows that a training file may have.
const FEWEST_ROWS: u64 = 10;
/// Largest file that may be uploaded: 512 MB, whose smaller meaning is safe.
const MOST_BYTES: u64 = 512_000_000;
/// Most tools of a row.
const MOST_TOOLS: usize = 128;
/// Longest name of a tool, in letters, each of which is one byte.
const LONGEST_NAME: usize = 64;
/// Keys of a function definition; another one makes the upload fail.
const FUNCTION_KEYS: [&str; 4] = ["name", "description", "parameters", "strict"];

/// Whether the API knows the weight: it trains a turn or it does not.
pub(super) fn is_weight(weight: Option<f32>) -> bool {
    weight.is_none_or(|weight| matches!(weight, 0.0 | 1.0))
}

/// Notes what the API would refuse in a row.
pub(super) fn check(conversation: &Conversation<'_>, findings: &mut Vec<Finding>) {
    let mut note = |code: Code, place: Place, what: String| {
        findings.push(Finding::new(code, conversation.places.pointer(place), what));
    };
    if conversation.assistant_turns().next().is_none() {
        note(
            Code::NotExpressible,
            Place::Messages,
            "the API takes no row without an assistant message".into(),
        );
    }
    if conversation.tools.len() > MOST_TOOLS {
        let what = format!("{} tools; the API takes {MOST_TOOLS}", conversation.tools.len());
        note(Code::OutsideServiceLimits, Place::Tools, what);
    }
    for (position, tool) in (0_u32..).zip(&conversation.tools) {
        if let Some(why) = bad_name(&tool.name) {
            note(Code::OutsideServiceLimits, Place::Tool(position), why);
        }
    }
    let turns = conversation.messages.iter().filter(|message| message.role == Role::Assistant);
    for message in turns {
        for (position, call) in (0_u32..).zip(&message.tool_calls) {
            if let Some(why) = bad_name(&call.name) {
                note(Code::OutsideServiceLimits, Place::Call(message.index, position), why);
            }
        }
    }
    let last = conversation.messages.iter().rposition(|message| message.role == Role::Assistant);
    let answered = |id: Option<&str>| {
        conversation
            .messages
            .iter()
            .any(|message| message.role == Role::Tool && message.tool_call_id.as_deref() == id)
    };
    for (position, message) in conversation.messages.iter().enumerate() {
        let open = message.tool_calls.iter().position(|call| !answered(call.id.as_deref()));
        if let Some(call) = open.filter(|_| last != Some(position)) {
            let what = "the API wants a result for each call but those of the last turn".to_owned();
            note(Code::OutsideServiceLimits, Place::Call(message.index, call as u32), what);
        }
    }
}

fn bad_name(name: &str) -> Option<String> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let fits = (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(known);
    (!fits).then(|| {
        format!(
            "the tool name {} is not one of at most {LONGEST_NAME} letters, digits, underscores and dashes",
            excerpt(name, 0)
        )
    })
}

/// What is wrong with the file as a whole.
pub(crate) fn warnings(rows: u64, bytes: u64) -> Vec<String> {
    let mut warnings = Vec::new();
    if rows < FEWEST_ROWS {
        warnings.push(format!("{rows} rows; the API starts no training with fewer than {FEWEST_ROWS}"));
    }
    if bytes > MOST_BYTES {
        warnings.push(format!("{bytes} bytes; the API takes files of at most {MOST_BYTES}"));
    }
    warnings
}

/// Definitions as they were printed for the record before, by position: most records declare the same tools.
#[derive(Default)]
pub(super) struct PrintedTools {
    tape: Tape,
    latest: Vec<(String, String)>,
}

impl PrintedTools {
    /// Appends a definition with the keys that the API knows, their values as they are spelled.
    pub(super) fn print(&mut self, position: usize, tool: &Tool<'_>, out: &mut String) {
        if let Some((_, printed)) = self.latest.get(position).filter(|(source, _)| *source == tool.json) {
            return out.push_str(printed);
        }
        let mut printed = String::with_capacity(tool.json.len());
        print_tool(tool, &mut self.tape, &mut printed);
        out.push_str(&printed);
        let known = (tool.json.to_string(), printed);
        match self.latest.get_mut(position) {
            Some(latest) => *latest = known,
            None => self.latest.push(known),
        }
    }
}

fn print_tool(tool: &Tool<'_>, tape: &mut Tape, out: &mut String) {
    let Ok(definition) = tape.read(&tool.json, u32::MAX) else { return };
    let inner = definition.get("function").filter(|inner| !inner.is_null()).unwrap_or(definition);
    let mut object = Object::open(out);
    object.text("type", "function");
    let mut function = Object::open(object.key("function"));
    for (key, value) in inner.members() {
        let key = if key == "input_schema" { "parameters" } else { &*key };
        if FUNCTION_KEYS.contains(&key) && !value.is_null() {
            push_json(value.source(), function.key(key));
        }
    }
    function.close();
    object.close();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_the_service_refuses_is_warned_of() {
        assert_eq!(warnings(10, 512_000_000), Vec::<String>::new());
        assert_eq!(
            warnings(9, 512_000_001),
            [
                "9 rows; the API starts no training with fewer than 10",
                "512000001 bytes; the API takes files of at most 512000000"
            ]
        );
    }

    #[test]
    fn names_of_tools_are_of_the_letters_and_the_length_that_the_service_takes() {
        assert_eq!(bad_name(&"a".repeat(64)), None);
        assert_eq!(bad_name("get-Weather_2"), None);
        for name in ["", "my tool", "a.b", "größe"].map(str::to_owned).into_iter().chain(["a".repeat(65)]) {
            assert!(bad_name(&name).is_some(), "{name}");
        }
    }
}
