//! Calls that stand in the text of the assistant: `<tool_call>{..}</tool_call>`, the JSON of a call or of a list of
//! calls, `[f(a=1)]`, `Action: f` with its `Action Input:`, `<function=f>`.
//!
//! They are taken out of the text where that is certain: the record declares the tools that are called, or results
//! follow that answer no other call.

use std::borrow::Cow;

use super::names::{self, CallField};
use super::{General, definitions, python_text, shapes};
use crate::conversation::{Arguments, ArgumentsForm, Content, Message, Role, Tool, ToolCall};
use crate::finding::Code;
use tooltrain_json::print_json_string;
use tooltrain_json::{Json, Kind as Type, Tape};

/// Calls that were found in a text.
#[derive(Debug, PartialEq)]
struct Found {
    /// What the text says besides.
    said: String,
    calls: Vec<ToolCall<'static>>,
    /// Whether the markup is one that only calls have.
    is_marked: bool,
    was_python: bool,
    text_after: bool,
}

/// Whether a text of the assistant may hold a call, so that it is worth a look. Escapes do not matter.
pub(crate) fn may_hold_call(text: &str) -> bool {
    let bytes = text.as_bytes();
    let begins = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    match begins {
        Some(b'{' | b'[') => return true,
        Some(b'`') if bytes.starts_with(b"```") => return true,
        Some(b'T' | b'A' | b'\\') if memchr::memmem::find(bytes, b"Action Input:").is_some() => return true,
        _ => {}
    }
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(b'<', rest) {
        rest = &rest[at + 1..];
        if rest.starts_with(b"tool_call")
            || rest.starts_with(b"function")
            || rest.starts_with(b"|python_tag|>")
        {
            return true;
        }
    }
    false
}

impl General<'_, '_, '_, '_> {
    /// Takes calls out of the texts of the assistant, and results out of texts that are marked as such.
    pub(super) fn read_text_calls(&mut self) {
        let holds = |message: &Message<'_>| {
            message.role == Role::Assistant
                && message.tool_calls.is_empty()
                && may_hold_call(message.content.as_str())
        };
        let messages = &self.turns.messages;
        if !messages.iter().any(holds) {
            return;
        }
        let from_system = if self.tools.is_empty() { self.tools_of_system() } else { Vec::new() };
        let structured = messages.iter().any(|message| !message.tool_calls.is_empty());
        let answered = messages.iter().any(|message| {
            message.role == Role::Tool || message.content.as_str().trim_start().starts_with("<tool_response>")
        });
        let declared: Vec<&Tool<'_>> = self.tools.iter().chain(&from_system).collect();
        let is_declared = |name: &str| declared.iter().any(|tool| tool.name == *name);
        let system = messages.first().filter(|message| message.role == Role::System);
        let expects_tags =
            !declared.is_empty() || system.is_some_and(|system| system.content.as_str().contains("<tools>"));
        let mut taken = Vec::new();
        let mut broken = Vec::new();
        let mut seen = None;
        for (position, message) in messages.iter().enumerate().filter(|(_, message)| holds(message)) {
            let Some(found) = find(message.content.as_str(), &declared) else {
                if expects_tags && message.content.as_str().contains("<tool_call>") {
                    broken.push(message.index);
                } else if looks_marked(message.content.as_str()) {
                    seen = seen.or(Some(position));
                }
                continue;
            };
            let all_declared = found.calls.iter().all(|call| is_declared(&call.name));
            let is_certain =
                all_declared || found.is_marked && (!declared.is_empty() || answered && !structured);
            if is_certain {
                taken.push((position, found));
            } else if found.is_marked || found.calls.iter().any(|call| is_declared(&call.name)) {
                seen = seen.or(Some(position));
            }
        }
        for index in broken {
            let pointer = self.places.message(index);
            let what = "a <tool_call> does not end, or holds no call";
            self.reading.note(Code::TextMarkupBroken, pointer, what);
        }
        if let Some(position) = seen {
            let index = messages[position].index;
            let pointer = self.places.message(index);
            let what =
                "the text looks like a tool call, and was left as text: the record does not declare its tool";
            self.reading.note(Code::TextLooksLikeCall, pointer, what);
        }
        if taken.is_empty() {
            return;
        }
        if self.tools.is_empty() && !from_system.is_empty() {
            let index = self.turns.messages.first().map_or(0, |message| message.index);
            let pointer = self.places.message(index);
            let what = "the tools were read from the system text, which still lists them";
            self.reading.note(Code::ToolsInText, pointer, what);
            self.tools = from_system;
        }
        self.take(taken);
    }

    fn take(&mut self, taken: Vec<(usize, Found)>) {
        let (count, first) = (taken.len(), taken.first().map_or(0, |(position, _)| *position));
        let pointer = self.places.message(self.turns.messages[first].index);
        let mut was_python = false;
        for (position, found) in taken {
            let message = &mut self.turns.messages[position];
            was_python |= found.was_python;
            message.tool_calls = found.calls;
            message.content = Content::Text(Cow::Owned(found.said));
            message.part_weights.clear();
            if found.text_after {
                self.turns.moved_text.push(message.index);
            }
        }
        let what = match count {
            1 => "calls in the text of a turn became calls".to_owned(),
            _ => format!("calls in the text of {count} turns became calls"),
        };
        self.reading.note(Code::CallsInText, pointer.clone(), what);
        if was_python {
            self.reading.note(Code::PythonLiteral, pointer, "a Python literal was read as JSON");
        }
        let messages = std::mem::take(&mut self.turns.messages);
        for message in messages {
            let text = message.content.as_str().trim_start();
            let marked =
                matches!(message.role, Role::Tool | Role::User) && text.starts_with("<tool_response>");
            if let Some(results) = marked.then(|| results_in(text)).flatten() {
                for text in results {
                    let mut result = Message::new(Role::Tool, message.index).with_text(text.clone());
                    result.tool_call_id.clone_from(&message.tool_call_id);
                    result.name = name_in(&text);
                    self.turns.messages.push(result);
                }
                continue;
            }
            if marked {
                let pointer = self.places.message(message.index);
                let what = "a <tool_response> does not end, or has text beside it";
                self.reading.note(Code::TextMarkupBroken, pointer, what);
            }
            self.turns.messages.push(message);
        }
    }

    /// The tools that the system text lists: in `<tools>` tags, or as one JSON list.
    fn tools_of_system(&self) -> Vec<Tool<'static>> {
        let Some(system) = self.turns.messages.first().filter(|message| message.role == Role::System) else {
            return Vec::new();
        };
        tools_in_text(system.content.as_str())
    }
}

/// The tools that a text lists.
fn tools_in_text(text: &str) -> Vec<Tool<'static>> {
    let mut rest = text;
    while let Some((_, inner, after)) = element(rest, "<tools>", "</tools>") {
        rest = after;
        let inner = inner.trim();
        let list = if inner.starts_with('{') {
            format!(
                "[{}]",
                inner.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(",")
            )
        } else {
            inner.to_owned()
        };
        for json in [Some(list.clone()), python_text::to_json(&list)].into_iter().flatten() {
            let tools = read_tools(&json, true);
            if !tools.is_empty() {
                return tools;
            }
        }
    }
    let mut from = 0;
    while let Some(at) = text[from..].find('[').map(|at| from + at) {
        from = at + 1;
        if !text[from..].trim_start().starts_with('{') {
            continue;
        }
        if let Some(end) = end_of_json(&text[at..]) {
            let tools = read_tools(&text[at..at + end], false);
            if !tools.is_empty() {
                return tools;
            }
        }
    }
    Vec::new()
}

/// The tools of a list; those in tags need no description to be taken for tools.
fn read_tools(json: &str, are_tagged: bool) -> Vec<Tool<'static>> {
    let mut tape = Tape::default();
    let Ok(list) = tape.read(json, 256) else { return Vec::new() };
    if !are_tagged && !shapes::is_tools(list) {
        return Vec::new();
    }
    let mut tools = Vec::new();
    let mut failed = false;
    definitions::definitions(list, &mut definitions::Repairs::default(), &mut tools, &mut |_, _| {
        failed = true;
    });
    if failed { Vec::new() } else { tools.into_iter().map(Tool::into_owned).collect() }
}

/// Where the JSON list or object at the start of a text ends.
fn end_of_json(text: &str) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0_u32, false, false);
    for (at, byte) in text.bytes().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// The pieces before, inside and after the first element; one line end next to each tag belongs to the markup.
fn element<'t>(text: &'t str, open: &str, close: &str) -> Option<(&'t str, &'t str, &'t str)> {
    let (before, rest) = text.split_once(open)?;
    let (inner, after) = rest.split_once(close)?;
    let inner = inner.strip_prefix('\n').unwrap_or(inner);
    Some((before, inner.strip_suffix('\n').unwrap_or(inner), after))
}

/// Whether a text has the markup of calls.
fn looks_marked(text: &str) -> bool {
    ["<tool_call>", "<function=", "<functioncall>", "Action Input:", "[TOOL_CALLS]", "<|python_tag|>"]
        .iter()
        .any(|mark| text.contains(mark))
}

/// The calls in a text, if it holds any in a known markup.
fn find(text: &str, tools: &[&Tool<'_>]) -> Option<Found> {
    // Reasoning in the text stays in it.
    let (thought, body) = match text.split_once("</think>") {
        Some((thought, body)) if thought.trim_start().starts_with("<think>") => {
            (&text[..thought.len() + "</think>".len()], body)
        }
        _ => ("", text),
    };
    let mut found = tagged(body, tools)
        .or_else(|| prefixed(body))
        .or_else(|| functions(body, tools))
        .or_else(|| plain_json(body))
        .or_else(|| python_calls(body))
        .or_else(|| react(body))?;
    if !thought.is_empty() {
        let said = format!("{thought}{}", found.said);
        said.trim_end().clone_into(&mut found.said);
    }
    Some(found)
}

/// `<tool_call>..</tool_call>`, several times perhaps.
fn tagged(text: &str, tools: &[&Tool<'_>]) -> Option<Found> {
    let mut found = Found {
        said: String::new(),
        calls: Vec::new(),
        is_marked: true,
        was_python: false,
        text_after: false,
    };
    let mut rest = text;
    while let Some((before, inner, after)) = element(rest, "<tool_call>", "</tool_call>") {
        found.text_after |= !found.calls.is_empty() && !before.trim().is_empty();
        found.said.push_str(before);
        let (calls, was_python) = calls_in_json(inner)
            .or_else(|| calls_by_line(inner))
            .or_else(|| functions(inner, tools).map(|found| (found.calls, false)))
            .or_else(|| argument_pairs(inner, tools).map(|call| (vec![call], false)))?;
        found.calls.extend(calls);
        found.was_python |= was_python;
        rest = after;
    }
    if found.calls.is_empty() || rest.contains("<tool_call>") {
        return None;
    }
    found.text_after |= !rest.trim().is_empty();
    found.said.push_str(rest);
    found.said.truncate(found.said.trim_end().len());
    Some(found)
}

fn calls_by_line(text: &str) -> Option<(Vec<ToolCall<'static>>, bool)> {
    let mut calls = Vec::new();
    let mut was_python = false;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let (of_line, python) = calls_in_json(line)?;
        calls.extend(of_line);
        was_python |= python;
    }
    (!calls.is_empty()).then_some((calls, was_python))
}

/// `[TOOL_CALLS] [..]`, `<functioncall> {..}`, `<|python_tag|>{..}`.
fn prefixed(text: &str) -> Option<Found> {
    for mark in ["[TOOL_CALLS]", "<functioncall>", "<|python_tag|>", "functools"] {
        let Some((before, rest)) = text.split_once(mark) else { continue };
        let rest = rest.trim();
        let rest = ["<|endoftext|>", "</functioncall>", "<|eom_id|>", "</s>", "<|eot_id|>"]
            .iter()
            .fold(rest, |rest, end| rest.strip_suffix(end).unwrap_or(rest).trim_end());
        let found = calls_in_json(rest).or_else(|| quoted_arguments(rest).map(|call| (vec![call], true)));
        let Some((calls, was_python)) = found else { continue };
        let said = before.trim_end().to_owned();
        return Some(Found { said, calls, is_marked: true, was_python, text_after: false });
    }
    None
}

/// `{"name": "f", "arguments": '{"a": 1}'}`, with quotes that neither JSON nor Python has.
fn quoted_arguments(text: &str) -> Option<ToolCall<'static>> {
    let (head, rest) = text.split_once("'{")?;
    let (arguments, tail) = rest.rsplit_once("}'")?;
    let whole = format!("{head}{{{arguments}}}{tail}");
    calls_in_json(&whole)?.0.pop()
}

/// `<function=f>{..}</function>`, or with `<parameter=a>` elements inside.
fn functions(text: &str, tools: &[&Tool<'_>]) -> Option<Found> {
    let mut found = Found {
        said: String::new(),
        calls: Vec::new(),
        is_marked: true,
        was_python: false,
        text_after: false,
    };
    let mut rest = text;
    while let Some((before, inner, after)) = element(rest, "<function=", "</function>") {
        let (name, body) = inner.split_once('>')?;
        let name = name.trim().trim_matches('"');
        let body = body.trim();
        let json = if body.starts_with('{') {
            Tape::default().read(body, 256).ok()?;
            body.to_owned()
        } else {
            let mut members = Vec::new();
            let mut parameters = body;
            while let Some((_, parameter, more)) = element(parameters, "<parameter=", "</parameter>") {
                let (key, value) = parameter.split_once('>')?;
                let value = value.strip_prefix('\n').unwrap_or(value);
                members.push((key.trim().trim_matches('"'), value));
                parameters = more;
            }
            if !parameters.trim().is_empty() {
                return None;
            }
            object_of(name, &members, tools)
        };
        found.text_after |= !found.calls.is_empty() && !before.trim().is_empty();
        found.said.push_str(before);
        found.calls.push(call(name, json));
        rest = after;
    }
    if found.calls.is_empty() {
        return None;
    }
    found.text_after |= !rest.trim().is_empty();
    found.said.push_str(rest);
    found.said.truncate(found.said.trim_end().len());
    Some(found)
}

/// `f` and then `<arg_key>a</arg_key><arg_value>1</arg_value>` pairs.
fn argument_pairs(text: &str, tools: &[&Tool<'_>]) -> Option<ToolCall<'static>> {
    let (name, mut rest) = text.split_at(text.find("<arg_key>")?);
    let mut members = Vec::new();
    while let Some((_, key, after)) = element(rest, "<arg_key>", "</arg_key>") {
        let (_, value, more) = element(after, "<arg_value>", "</arg_value>")?;
        members.push((key, value));
        rest = more;
    }
    Some(call(name.trim(), object_of(name.trim(), &members, tools)))
}

/// An object of arguments that stand as text: a value is text where the schema of the tool says so, or where it is no
/// JSON.
fn object_of(name: &str, members: &[(&str, &str)], tools: &[&Tool<'_>]) -> String {
    let schema = tools.iter().find(|tool| tool.name == *name).and_then(|tool| tool.parameters.as_deref());
    let mut tape = Tape::default();
    let schema =
        schema.and_then(|schema| tape.read(schema, 256).ok()).and_then(|schema| schema.get("properties"));
    let is_text = |key: &str| {
        let kind = schema.and_then(|schema| schema.get(key)).and_then(|property| property.get("type"));
        kind.and_then(Json::text).as_deref() == Some("string")
    };
    let mut json = String::from("{");
    for (key, value) in members {
        if json.len() > 1 {
            json.push_str(", ");
        }
        print_json_string(key, &mut json);
        json.push_str(": ");
        if !is_text(key) && Tape::default().read(value.trim(), 256).is_ok() {
            json.push_str(value.trim());
        } else {
            print_json_string(value, &mut json);
        }
    }
    json.push('}');
    json
}

/// A text that is nothing but the JSON of calls, in a fence perhaps.
fn plain_json(text: &str) -> Option<Found> {
    let body = text.trim();
    let body = match body.strip_prefix("```").and_then(|fenced| fenced.strip_suffix("```")) {
        Some(fenced) => fenced.strip_prefix("json").unwrap_or(fenced).trim(),
        None => body,
    };
    let (calls, was_python) = calls_in_json(body)?;
    Some(Found { said: String::new(), calls, is_marked: false, was_python, text_after: false })
}

/// `[f(a=1), g(b='x')]`.
fn python_calls(text: &str) -> Option<Found> {
    let inner = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    let mut calls = Vec::new();
    let mut rest = inner.trim_start();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('(')?;
        let name = name.trim();
        let is_name =
            |character: char| character.is_alphanumeric() || matches!(character, '_' | '.' | '-' | ' ' | '/');
        if name.is_empty() || !name.chars().all(is_name) {
            return None;
        }
        let mut json = String::from("{");
        rest = after.trim_start();
        while !rest.starts_with(')') {
            let (key, value) = rest.split_once('=')?;
            let key = key.trim();
            if key.is_empty()
                || !key
                    .chars()
                    .all(|character| character.is_alphanumeric() || matches!(character, '_' | '-' | '.'))
            {
                return None;
            }
            let (value_json, length) = python_text::prefix_to_json(value)?;
            if json.len() > 1 {
                json.push_str(", ");
            }
            print_json_string(key, &mut json);
            json.push_str(": ");
            json.push_str(&value_json);
            rest = value[length..].trim_start();
            rest = match rest.strip_prefix(',') {
                Some(more) => more.trim_start(),
                None if rest.starts_with(')') => rest,
                None => return None,
            };
        }
        json.push('}');
        calls.push(call(name, json));
        rest = rest[1..].trim_start();
        rest = match rest.strip_prefix(',') {
            Some(more) => more.trim_start(),
            None if rest.is_empty() => rest,
            None => return None,
        };
    }
    (!calls.is_empty()).then_some(Found {
        said: String::new(),
        calls,
        is_marked: true,
        was_python: false,
        text_after: false,
    })
}

/// `Thought: ..`, `Action: f`, `Action Input: {..}`, each on a line of its own.
fn react(text: &str) -> Option<Found> {
    let (head, input) = text.split_once("Action Input:")?;
    let (thought, action) = head.rsplit_once("Action:")?;
    let name = action.trim();
    let starts_line = thought.is_empty() || thought.trim_end_matches(' ').ends_with('\n');
    if name.is_empty() || name.contains('\n') || !starts_line {
        return None;
    }
    let input = input.trim();
    let json = if input.is_empty() {
        "{}".to_owned()
    } else if Tape::default().read(input, 256).is_ok() {
        input.to_owned()
    } else {
        python_text::to_json(input)?
    };
    if !json.starts_with('{') {
        return None;
    }
    let thought = thought.trim();
    let said = thought.strip_prefix("Thought:").unwrap_or(thought).trim().to_owned();
    Some(Found { said, calls: vec![call(name, json)], is_marked: true, was_python: false, text_after: false })
}

fn call(name: &str, json: String) -> ToolCall<'static> {
    ToolCall {
        id: None,
        name: Cow::Owned(name.to_owned()),
        arguments: Arguments { json: Cow::Owned(json), form: ArgumentsForm::Object },
    }
}

/// The calls in a text that is JSON, or a Python literal, and nothing else; and whether it was the latter.
pub(super) fn calls_in_json(text: &str) -> Option<(Vec<ToolCall<'static>>, bool)> {
    let text = text.trim();
    if !text.starts_with(['{', '[']) {
        return None;
    }
    let mut tape = Tape::default();
    if let Ok(value) = tape.read(text, 256) {
        return Some((calls_of(value)?, false));
    }
    let json = python_text::to_json(text)?;
    let mut tape = Tape::default();
    Some((calls_of(tape.read(&json, 256).ok()?)?, true))
}

fn calls_of(value: Json<'_, '_>) -> Option<Vec<ToolCall<'static>>> {
    let calls: Option<Vec<_>> = match value.kind() {
        Type::Array => value.elements().map(call_of).collect(),
        _ => Some(vec![call_of(value)?]),
    };
    calls.filter(|calls| !calls.is_empty())
}

/// A call with nothing unknown in it.
fn call_of(value: Json<'_, '_>) -> Option<ToolCall<'static>> {
    if value.kind() != Type::Object {
        return None;
    }
    if let Some(function) = value.get("function").filter(|function| function.kind() == Type::Object) {
        return call_of(function);
    }
    let (mut id, mut name, mut arguments) = (None, None, None);
    for (key, value) in value.members() {
        match names::call_field(&key)? {
            CallField::Id => id = value.text(),
            CallField::Name(_) | CallField::Function => name = value.text(),
            CallField::Arguments(_) => arguments = Some(value),
            CallField::Kind => {}
            CallField::Output | CallField::Requestor => return None,
        }
    }
    let arguments = match arguments {
        Some(value) if value.kind() == Type::Object => {
            Arguments { json: Cow::Owned(value.source().to_owned()), form: ArgumentsForm::Object }
        }
        Some(value) => {
            let text = value.text()?.into_owned();
            let mut tape = Tape::default();
            let is_object = tape.read(&text, 256).is_ok_and(|inner| inner.kind() == Type::Object);
            if !is_object {
                return None;
            }
            Arguments { json: Cow::Owned(text), form: ArgumentsForm::Text }
        }
        None => return None,
    };
    let name = name.filter(|name| !name.is_empty())?.into_owned();
    Some(ToolCall { id: id.map(|id| Cow::Owned(id.into_owned())), name: Cow::Owned(name), arguments })
}

/// The texts of the results that a text consists of.
fn results_in(text: &str) -> Option<Vec<String>> {
    let mut results = Vec::new();
    let mut rest = text;
    while let Some((_, inner, after)) = element(rest, "<tool_response>", "</tool_response>") {
        results.push(inner.to_owned());
        rest = after;
    }
    (!results.is_empty() && rest.trim().is_empty()).then_some(results)
}

/// The tool that a result names: `{"name": .., "content": ..}`.
fn name_in(result: &str) -> Option<Cow<'static, str>> {
    let mut tape = Tape::default();
    let name = tape.read(result, 256).ok()?.get("name").and_then(Json::text)?;
    Some(Cow::Owned(name.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<(String, Vec<String>)> {
        let found = find(text, &[])?;
        let calls = found.calls.iter().map(|call| format!("{}{}", call.name, call.arguments.json)).collect();
        Some((found.said, calls))
    }

    #[test]
    fn calls_are_found_in_every_markup() {
        for (text, said, calls) in [
            (
                "a\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"n\": 1}}\n</tool_call>",
                "a",
                &[r#"f{"n": 1}"#][..],
            ),
            ("<tool_call>\n{'name': 'f', 'arguments': {'n': True}}\n</tool_call>", "", &[r#"f{"n": true}"#]),
            (
                "<think>\nx\n</think>\n<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>",
                "<think>\nx\n</think>",
                &["f{}"],
            ),
            (
                "<tool_call>\n<function=f>\n<parameter=n>\n1\n</parameter>\n</function>\n</tool_call>",
                "",
                &[r#"f{"n": 1}"#],
            ),
            (
                "<tool_call>f\n<arg_key>n</arg_key>\n<arg_value>x</arg_value>\n</tool_call>",
                "",
                &[r#"f{"n": "x"}"#],
            ),
            ("<function=f>{\"n\": 1}</function>", "", &[r#"f{"n": 1}"#]),
            (
                "[{\"name\": \"f\", \"arguments\": {}}, {\"name\": \"g\", \"parameters\": \"{}\"}]",
                "",
                &["f{}", "g{}"],
            ),
            ("```json\n{\"name\": \"f\", \"arguments\": {}}\n```", "", &["f{}"]),
            ("[f(a=1, b='x'), Next Tram()]", "", &[r#"f{"a": 1, "b": "x"}"#, "Next Tram{}"]),
            ("\nThought: so\nAction: f\nAction Input: {\"n\": 1}", "so", &[r#"f{"n": 1}"#]),
            ("[TOOL_CALLS] [{\"name\": \"f\", \"arguments\": {}}]", "", &["f{}"]),
            (
                "<functioncall> {\"name\": \"f\", \"arguments\": '{\"a\": \"b\"}'} <|endoftext|>",
                "",
                &[r#"f{"a": "b"}"#],
            ),
        ] {
            let calls: Vec<String> = calls.iter().map(|&call| call.to_owned()).collect();
            assert_eq!(shown(text), Some((said.to_owned(), calls)), "{text}");
            assert!(may_hold_call(text) || text.contains("[TOOL_CALLS]"), "{text}");
        }
        for text in
            ["{\"a\": 1}", "[1, 2]", "see f(a=1)", "<tool_call>open", "[f(1)]", "Action: walk", "[link](x=1)"]
        {
            assert_eq!(shown(text), None, "{text}");
        }
    }

    #[test]
    fn tools_are_found_in_the_system_text() {
        let names =
            |text: &str| tools_in_text(text).iter().map(|tool| tool.name.to_string()).collect::<Vec<_>>();
        assert_eq!(
            names("Use:\n[{\"name\": \"f\", \"description\": \"d\", \"parameters\": {}}]. Then"),
            ["f"]
        );
        assert_eq!(
            names("<tools>\n[{'type': 'function', 'function': {'name': 'f', 'description': ''}}]\n</tools>"),
            ["f"]
        );
        assert_eq!(
            names(
                "<tools>\n{\"name\": \"f\", \"parameters\": {\"type\": \"object\"}}\n{\"name\": \"g\", \"description\": \"\"}\n</tools>"
            ),
            ["f", "g"]
        );
        assert_eq!(names("a list [1], [{\"a\": 1}]"), Vec::<String>::new());
    }
}
