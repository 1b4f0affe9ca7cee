//! The law of accounting: whatever is moved, renamed or wrapped in a record, the run reads it, repairs it, or names the
//! key. Nothing disappears in silence.

use serde_json::{Map, Value, json};

use super::super::{ParseOptions, Scratch, parse};
use crate::conversation::Conversation;

/// Moves that are tried in every run of the tests; `TOOLTRAIN_MOVES` asks for more.
const MOVES: u64 = 3_000;

/// Records with everything that training depends on.
fn records() -> Vec<Value> {
    let tools = json!([
        {"type": "function", "function": {"name": "mix_glaze", "description": "Mix a glaze", "parameters":
            {"type": "object", "properties": {"color": {"type": "string"}}, "required": ["color"]}}},
        {"type": "function", "function": {"name": "fire_kiln", "description": "Fire a kiln", "parameters":
            {"type": "object", "properties": {"cone": {"type": "integer"}}}}}
    ]);
    vec![
        json!({"messages": [
            {"role": "system", "content": "You run a pottery studio."},
            {"role": "user", "content": "Mix a green glaze, then fire the kiln."},
            {"role": "assistant", "content": "I begin with the glaze.", "reasoning_content": "Glaze before firing.",
             "tool_calls": [{"id": "c1", "type": "function", "function":
                {"name": "mix_glaze", "arguments": {"color": "green"}}}]},
            {"role": "tool", "tool_call_id": "c1", "content": "two liters are mixed"},
            {"role": "assistant", "content": "The glaze is mixed.", "weight": 0},
            {"role": "user", "content": "And the kiln?"},
            {"role": "assistant", "content": "It fires at cone six tonight.", "weight": 1}],
            "tools": tools}),
        json!({"conversations": [
            {"from": "human", "value": "Mix a green glaze for me."},
            {"from": "function_call", "value": "{\"name\": \"mix_glaze\", \"arguments\": {\"color\": \"green\"}}"},
            {"from": "observation", "value": "two liters are mixed"},
            {"from": "gpt", "value": "The glaze is ready to use."}],
            "system": "You run a pottery studio.", "tools": tools.to_string()}),
        json!({"system": "You run a pottery studio.", "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Mix a green glaze for me."}]},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "One call will do."},
                {"type": "text", "text": "I mix it now."},
                {"type": "tool_use", "id": "t1", "name": "mix_glaze", "input": {"color": "green"}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "two liters"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "Two liters are ready."}]}],
            "tools": [{"name": "mix_glaze", "description": "Mix a glaze", "input_schema":
                {"type": "object", "properties": {"color": {"type": "string"}}}}]}),
        json!({"contents": [
            {"role": "user", "parts": [{"text": "Mix a green glaze for me."}]},
            {"role": "model", "parts": [{"functionCall": {"name": "mix_glaze", "args": {"color": "green"}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "mix_glaze", "response": {"liters": 2}}}]},
            {"role": "model", "parts": [{"text": "Two liters are ready."}]}],
            "systemInstruction": {"parts": [{"text": "You run a pottery studio."}]},
            "tools": [{"functionDeclarations": [{"name": "mix_glaze", "description": "Mix a glaze",
                "parameters": {"type": "object", "properties": {"color": {"type": "string"}}}}]}]}),
    ]
}

/// What a record comes to, in a form that can be compared; the order of keys does not count.
#[derive(Debug, PartialEq)]
struct Meaning {
    messages: Vec<Value>,
    tools: Vec<Value>,
}

impl Meaning {
    fn of(conversation: &Conversation<'_>) -> Self {
        let value = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
        let messages = conversation.messages.iter().map(|message| {
            let calls: Vec<_> = message
                .tool_calls
                .iter()
                .map(|call| json!([call.name, value(&call.arguments.json)]))
                .collect();
            json!([message.role.as_str(), message.content.as_str(), message.reasoning, calls, message.weight])
        });
        let tools =
            conversation.tools.iter().map(|tool| json!([tool.name, tool.parameters.as_deref().map(value)]));
        Self { messages: messages.collect(), tools: tools.collect() }
    }
}

/// What was read of a line, and everything that was said about it.
fn read(line: &str) -> (Option<Meaning>, String) {
    let say = |findings: &[crate::finding::Finding]| {
        let said = findings.iter().map(|finding| format!("{finding:?} {}\n", finding.hint_text()));
        said.collect::<String>()
    };
    match parse(line.as_bytes(), &mut Scratch::default(), &ParseOptions::default()) {
        Ok(parsed) => {
            let unread = parsed.unread.iter().map(|key| format!("left unread: {}\n", key.path));
            (Some(Meaning::of(&parsed.conversation)), say(&parsed.findings) + &unread.collect::<String>())
        }
        Err(findings) => (None, say(&findings)),
    }
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    fn one_of<'s, T>(&mut self, choices: &'s [T]) -> &'s T {
        &choices[self.roll(choices.len())]
    }
}

/// Pointers to every member of an object in a record.
fn members(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members_of) => {
            for (key, inner) in members_of {
                let pointer = format!("{at}/{key}");
                members(inner, &pointer, found);
                found.push(pointer);
            }
        }
        Value::Array(elements) => {
            for (position, inner) in elements.iter().enumerate() {
                members(inner, &format!("{at}/{position}"), found);
            }
        }
        _ => {}
    }
}

/// Whether training depends on the member: it is inside no arguments and no schema, and is no id and no type.
fn matters(pointer: &str) -> bool {
    let inside = ["/arguments/", "/args/", "/input/", "/parameters/", "/input_schema/", "/response/"];
    let last = pointer.rsplit('/').next().unwrap_or_default();
    !inside.iter().any(|part| pointer.contains(part))
        && !matches!(last, "id" | "type" | "tool_call_id" | "tool_use_id" | "description" | "strict")
}

fn take(record: &mut Value, pointer: &str) -> (Value, String) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = record.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    (parent.shift_remove(key).unwrap(), key.to_owned())
}

fn put(record: &mut Value, parent: &str, key: &str, value: Value) {
    record.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(key.to_owned(), value);
}

/// One move: the record after it, and the words that a message has to have one of to name what moved.
fn moved(record: &Value, dice: &mut Dice) -> (Value, Vec<String>, String) {
    const NAMES: [&str; 14] = [
        "xyzzy",
        "payload_v2",
        "Body",
        "blob",
        "stuff",
        "raw_text",
        "extra",
        "the_content",
        "msg",
        "legacy",
        "notes",
        "data",
        "info",
        "original",
    ];
    let mut pointers = Vec::new();
    members(record, "", &mut pointers);
    pointers.retain(|pointer| matters(pointer));
    let pointer = dice.one_of(&pointers).clone();
    // What is inside arguments and results is data: the schema of the tool checks the first, nothing the second.
    let last = pointer.rsplit('/').next().unwrap_or_default();
    let is_result = ["/messages/3/content", "/messages/2/content/0/content", "/conversations/2/value"];
    let is_data = matches!(last, "arguments" | "args" | "input" | "response")
        || is_result.contains(&pointer.as_str()) && record.pointer(&pointer).is_some_and(Value::is_string);
    // What is a text, or may be one, says what it says, in quotes and brackets too.
    let is_text = record.pointer(&pointer).is_some_and(Value::is_string) || last == "content";
    let parent = pointer.rsplit_once('/').unwrap().0.to_owned();
    let mut after = record.clone();
    let (value, key) = take(&mut after, &pointer);
    let name = (*dice.one_of(&NAMES)).to_owned();
    let what;
    let kind = match dice.roll(6) {
        3 | 4 if is_data => 0,
        // A text in quotes is a text.
        5 if is_text || is_data => 2,
        kind => kind,
    };
    match kind {
        0 | 1 => {
            what = format!("{pointer} renamed to {name}");
            put(&mut after, &parent, &name, value);
        }
        2 => {
            what = format!("{pointer} moved to /{name}");
            put(&mut after, "", &name, value);
        }
        3 => {
            what = format!("{pointer} wrapped in an object under {name}");
            let wrapped = Value::Object(Map::from_iter([(name.clone(), value)]));
            put(&mut after, &parent, &key, wrapped);
        }
        4 => {
            what = format!("{pointer} wrapped in a list");
            put(&mut after, &parent, &key, json!([value]));
        }
        _ => {
            what = format!("{pointer} wrapped in JSON text");
            put(&mut after, &parent, &key, Value::String(value.to_string()));
        }
    }
    (after, vec![name, key, parent], what)
}

#[test]
fn nothing_that_moves_disappears_in_silence() {
    let moves = std::env::var("TOOLTRAIN_MOVES").ok().and_then(|moves| moves.parse().ok()).unwrap_or(MOVES);
    let records = records();
    let meanings: Vec<_> = records
        .iter()
        .map(|record| {
            let (meaning, said) = read(&record.to_string());
            meaning.unwrap_or_else(|| panic!("{record} is refused: {said}"))
        })
        .collect();
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let (mut silent, mut read_whole, mut refused) = (Vec::new(), 0, 0);
    for _ in 0..moves {
        let at = dice.roll(records.len());
        let (record, names, what) = moved(&records[at], &mut dice);
        let (meaning, said) = read(&record.to_string());
        // A refusal names the key, or the place that something is missing from.
        let names_it = names[..2].iter().any(|name| said.contains(name.as_str()))
            || meaning.is_none() && said.contains(&format!("pointer: \"{}\"", names[2]));
        let same = meaning.as_ref() == Some(&meanings[at]);
        read_whole += u64::from(same);
        refused += u64::from(meaning.is_none());
        if !same && !names_it {
            let fate = if meaning.is_none() { "refused" } else { "read" };
            let kind = names.first().map_or(what.clone(), |name| what.replace(name.as_str(), "*"));
            silent.push((kind, format!("record {at}: {what}: {fate}\n{record}\n{said}")));
        }
    }
    silent.sort();
    silent.dedup_by(|one, other| one.0 == other.0);
    assert!(
        silent.is_empty(),
        "{} kinds of {moves} moves are silent ({read_whole} read whole, {refused} refused):\n{}",
        silent.len(),
        silent.iter().take(25).map(|(_, said)| said.as_str()).collect::<String>()
    );
    assert!(read_whole > moves / 10, "only {read_whole} of {moves} moves are read");
}
