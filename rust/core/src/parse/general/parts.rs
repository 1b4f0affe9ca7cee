//! The parts of a content: texts, reasoning, calls and results, by their `type` or by the one key that they have.

use std::borrow::Cow;

use super::names::{self, Folded, Kind};
use super::turns::{Turn, join, part_weights};
use super::{General, path, results};
use crate::conversation::{Content, Message, Role};
use crate::finding::Code;
use tooltrain_json::excerpt;
use tooltrain_json::{Json, Kind as Type};

/// A part of a content by what it is.
enum Part<'t, 'a> {
    Text(Json<'t, 'a>),
    Thought(Json<'t, 'a>),
    Call(Json<'t, 'a>),
    Result(Json<'t, 'a>),
    Step,
    Nothing,
    /// What a text model does not read, and its name.
    Media(Cow<'a, str>),
    Unknown(Option<Cow<'a, str>>),
}

/// What a part is. One without a type is told by its key.
fn part_of<'t, 'a>(part: Json<'t, 'a>) -> Part<'t, 'a> {
    let kind = part.get("type").and_then(Json::text);
    if let Some(name) = &kind {
        match names::kind(name) {
            Some(Kind::Text) => {
                return match text_in(part) {
                    Some(text) => Part::Text(text),
                    None => Part::Unknown(None),
                };
            }
            Some(Kind::Thought) => {
                return match thought_in(part) {
                    Some(thought) => Part::Thought(thought),
                    None => Part::Unknown(None),
                };
            }
            Some(Kind::Call) => return Part::Call(part),
            Some(Kind::Result) => return Part::Result(part),
            Some(Kind::Step) => return Part::Step,
            Some(Kind::Nothing) => return Part::Nothing,
            Some(Kind::Media) => return Part::Media(name.clone()),
            None if name.starts_with("tool-") || &**name == "developer_content" => return Part::Call(part),
            None if name.starts_with("data-") => return Part::Nothing,
            None => {}
        }
    }
    let mut text = None;
    for (key, value) in part.members().filter(|(_, value)| !value.is_null()) {
        let folded = Folded::of(&key);
        match folded.as_str() {
            "tooluse" | "functioncall" | "toolcall" if value.kind() == Type::Object => {
                return Part::Call(value);
            }
            "toolresult" | "functionresponse" if value.kind() == Type::Object => return Part::Result(value),
            "reasoningcontent" | "reasoningtext" => return Part::Thought(thought_in(value).unwrap_or(value)),
            "thinking" | "reasoning" => return Part::Thought(value),
            "text" | "content" | "value" if kind.is_none() => text = text.or(Some(value)),
            word if names::is_media(word) => return Part::Media(key),
            _ => {}
        }
    }
    let is_thought = part.get("thought").is_some_and(|thought| thought.kind() == Type::True);
    match text.filter(|text| text.kind() == Type::String) {
        Some(text) if is_thought => Part::Thought(text),
        Some(text) => Part::Text(text),
        None => Part::Unknown(kind),
    }
}

/// The text of a text part, by whatever key it goes.
pub(super) fn text_in<'t, 'a>(part: Json<'t, 'a>) -> Option<Json<'t, 'a>> {
    ["text", "content", "value", "refusal"]
        .iter()
        .find_map(|key| part.get(key).filter(|value| value.kind() == Type::String))
}

/// The text of a reasoning part.
fn thought_in<'t, 'a>(part: Json<'t, 'a>) -> Option<Json<'t, 'a>> {
    let keys = [
        "thinking",
        "reasoning",
        "text",
        "value",
        "summary",
        "content",
        "reasoningText",
        "reasoning_text",
        "thought",
        "think",
    ];
    keys.iter().find_map(|key| part.get(key).filter(|value| !value.is_null()))
}

impl<'t, 'a> General<'_, 't, 'a, '_> {
    /// The parts of a content: a list, or an object that holds one or is one.
    fn parts_in(content: Json<'t, 'a>) -> Vec<Json<'t, 'a>> {
        if content.kind() == Type::Array {
            return content.elements().collect();
        }
        match content.get("parts").or(content.get("content")).filter(|parts| parts.kind() == Type::Array) {
            Some(parts) => parts.elements().collect(),
            None => vec![content],
        }
    }

    /// Reads the parts of an assistant's content. A step that follows results is a turn of its own. Whether they say
    /// nothing at all.
    pub(super) fn read_parts(&mut self, content: Json<'t, 'a>, index: u32, mut turn: Turn<'a>) -> bool {
        let mut silent = true;
        let weight = turn.weight;
        let group = turn.group.clone();
        let parts = Self::parts_in(content);
        if content.kind() == Type::Array && parts.is_empty() {
            self.marks.set(content);
            turn.content = Content::Text("".into());
        }
        // Calls that stand beside the content belong to its end.
        let calls = std::mem::take(&mut turn.calls);
        let results = std::mem::take(&mut turn.results);
        for part in parts {
            if part.kind() == Type::String {
                self.marks.set(part);
                turn.texts.push((part.text().unwrap_or_default(), None));
                continue;
            }
            let next = part_of(part);
            let ends_step = !matches!(next, Part::Call(_) | Part::Result(_) | Part::Nothing);
            if ends_step && !turn.results.is_empty() {
                let next_turn = Turn { weight, group: None, ..Turn::default() };
                self.turns.assistant(index, std::mem::replace(&mut turn, next_turn));
                silent = false;
            }
            match next {
                Part::Text(text) => {
                    let weight = self.part_weight(part);
                    self.mark_part(part);
                    self.marks.set(text);
                    let text = text.text().unwrap_or_default();
                    turn.text_after_call |= !turn.calls.is_empty() && !text.trim().is_empty();
                    turn.texts.push((text, weight));
                }
                Part::Thought(thought) => {
                    self.refuse_weighted_thought(part);
                    self.mark_part(part);
                    self.read_reasoning(thought, &mut turn);
                }
                Part::Call(call) => {
                    self.mark_part(part);
                    let text = ["value", "text", "content"].iter().find_map(|key| call.get(key));
                    match text.filter(|text| text.kind() == Type::String && call.get("name").is_none()) {
                        Some(text) => {
                            self.marks.set(text);
                            self.read_call_text(text, &mut turn);
                        }
                        None => self.read_call(call, &mut turn),
                    }
                }
                Part::Result(result) => {
                    self.mark_part(part);
                    let message = self.result_of(result, index);
                    turn.results.push(message);
                }
                Part::Step | Part::Nothing => self.marks.set(part),
                Part::Media(name) => self.note_part(part, Some(name)),
                Part::Unknown(kind) => self.note_part(part, kind),
            }
        }
        turn.calls.extend(calls);
        turn.results.extend(results);
        silent &= turn.is_empty();
        if silent || !turn.is_empty() || turn.group.is_some() {
            turn.group = group;
            self.turns.assistant(index, turn);
        }
        silent
    }

    /// Reads the parts of a content that is not the assistant's: texts, and the results of calls among them.
    pub(super) fn read_said_parts(&mut self, content: Json<'t, 'a>, mut message: Message<'a>) {
        let mut texts = Vec::new();
        let mut results = 0;
        let index = message.index;
        for part in Self::parts_in(content) {
            if part.kind() == Type::String {
                self.marks.set(part);
                texts.push((part.text().unwrap_or_default(), None));
                continue;
            }
            match part_of(part) {
                Part::Text(text) => {
                    let weight = self.part_weight(part);
                    self.mark_part(part);
                    self.marks.set(text);
                    texts.push((text.text().unwrap_or_default(), weight));
                }
                Part::Result(result) => {
                    self.mark_part(part);
                    let result = self.result_of(result, index);
                    self.turns.other(result);
                    results += 1;
                }
                Part::Call(developer) if message.role == Role::System => {
                    self.marks.set(developer);
                    if let Some(text) = developer.get("instructions").and_then(Json::text) {
                        texts.push((text, None));
                    }
                    for tools in path::Path::parse("tools.functions.tools").unwrap_or_default().all(developer)
                    {
                        self.read_definitions(tools);
                    }
                }
                Part::Nothing | Part::Step => self.marks.set(part),
                Part::Media(name) => self.note_part(part, Some(name)),
                Part::Thought(_) | Part::Call(_) => {
                    let kind = part.get("type").and_then(Json::text);
                    self.note_part(part, kind);
                }
                Part::Unknown(kind) => self.note_part(part, kind),
            }
        }
        if content.kind() == Type::Array && content.elements().next().is_none() {
            self.marks.set(content);
        }
        if results > 0 && texts.is_empty() {
            return;
        }
        if texts.len() > 1 {
            self.turns.joined.push((index, texts.len()));
        }
        message.part_weights = part_weights(&texts);
        let text = join(texts.into_iter().map(|(text, _)| text).collect(), "");
        message.content = Content::Text(text.unwrap_or_default());
        self.turns.other(message);
    }

    /// Reads parts that are all results, as messages of the role tool hold them in some layouts; false where there are
    /// none.
    pub(super) fn read_result_parts(&mut self, content: Json<'t, 'a>, message: &Message<'a>) -> bool {
        let parts: Vec<_> = content.elements().collect();
        let is_result =
            |part: &Json<'t, 'a>| part.kind() == Type::Object && matches!(part_of(*part), Part::Result(_));
        if parts.is_empty() || !parts.iter().all(is_result) {
            return false;
        }
        for part in parts {
            if let Part::Result(result) = part_of(part) {
                self.mark_part(part);
                let result = self.result_of(result, message.index);
                self.turns.other(result);
            }
        }
        true
    }

    /// A result that is a part of a content.
    fn result_of(&mut self, part: Json<'t, 'a>, index: u32) -> Message<'a> {
        let mut message = Message::new(Role::Tool, index);
        let mut content: Option<(u8, Json<'t, 'a>)> = None;
        for (key, value) in part.members() {
            let folded = Folded::of(&key);
            let rank = match folded.as_str() {
                "toolcallid" | "tooluseid" | "callid" => {
                    self.marks.set(value);
                    message.tool_call_id = value.text().filter(|id| !id.is_empty());
                    continue;
                }
                "id" => {
                    if let Some(id) = value.text().filter(|id| self.turns.has_call(id)) {
                        self.marks.set(value);
                        message.tool_call_id.get_or_insert(id);
                    }
                    continue;
                }
                "name" | "toolname" => {
                    self.marks.set(value);
                    message.name = value.text().filter(|name| !name.is_empty());
                    continue;
                }
                "content" => 0,
                "output" => 1,
                "result" | "results" => 2,
                "response" => 3,
                "value" | "text" => 4,
                _ => continue,
            };
            if content.is_none_or(|(best, old)| rank < best || old.is_null()) {
                content = Some((rank, value));
            }
        }
        if let Some((_, content)) = content {
            self.marks.set(content);
            message.content = match results::content_of(content) {
                Content::Text(text) => Content::Text(text),
                _ => Content::Text("".into()),
            };
            let media = results::media_in(content);
            if let Some((name, part)) = media {
                self.note_part(part, Some(name));
            }
        } else {
            message.content = Content::Text("".into());
            let other = part.members().find(|(_, value)| {
                !self.marks.is_set(*value) && matches!(value.kind(), Type::Object | Type::Array)
            });
            if let Some((_, other)) = other {
                let what = format!("the result has no content; its keys are {}", super::keys_of(part));
                self.note(Code::UnknownContentPart, other, what);
            }
        }
        message
    }

    /// Reads a reasoning: a text, or a list of parts that hold one.
    pub(super) fn read_reasoning(&mut self, value: Json<'t, 'a>, turn: &mut Turn<'a>) {
        match value.kind() {
            Type::String => {
                self.marks.set(value);
                let text = value.text().unwrap_or_default();
                if !text.is_empty() && !turn.thoughts.contains(&text) {
                    turn.thoughts.push(text);
                }
            }
            Type::Null => self.marks.set(value),
            Type::Array => {
                let mut texts = Vec::new();
                for part in value.elements() {
                    self.refuse_weighted_thought(part);
                    self.thought_texts(part, &mut texts);
                }
                // Parts of one list are one text; several lists of reasoning are several.
                let between = if texts.iter().all(|text| text.ends_with('\n') || text.starts_with(' ')) {
                    ""
                } else {
                    "\n"
                };
                let text = join(texts, between).filter(|text| !text.is_empty());
                turn.thoughts.extend(text.filter(|text| !turn.thoughts.contains(text)));
            }
            Type::Object => {
                let mut texts = Vec::new();
                self.thought_texts(value, &mut texts);
                if texts.is_empty() {
                    let what = format!("the reasoning has no text; its keys are {}", super::keys_of(value));
                    self.note(Code::FieldWrongType, value, what);
                }
                turn.thoughts.extend(texts);
            }
            other => {
                let what = format!("expected text as reasoning, found {}", other.as_str());
                self.note(Code::FieldWrongType, value, what);
            }
        }
    }

    fn thought_texts(&mut self, part: Json<'t, 'a>, texts: &mut Vec<Cow<'a, str>>) {
        match part.kind() {
            Type::String => {
                self.marks.set(part);
                texts.extend(part.text().filter(|text| !text.is_empty()));
            }
            Type::Object => {
                self.mark_part(part);
                if let Some(inner) = thought_in(part) {
                    self.thought_texts(inner, texts);
                }
            }
            Type::Array => part.elements().for_each(|inner| self.thought_texts(inner, texts)),
            _ => {}
        }
    }

    /// Reasoning whose parts have weights of their own is refused: no such weight is read.
    fn refuse_weighted_thought(&mut self, part: Json<'t, 'a>) {
        let weighted = ["train", "weight", "loss", "loss_weight"].iter().find_map(|key| part.get(key));
        if let Some(weight) = weighted.filter(|weight| !weight.is_null()) {
            let what = "a part of `reasoning_content` has a weight of its own, which is not read".to_owned();
            let hint =
                "give the message a weight, or use loss=\"no_reasoning\" to train none of the reasoning";
            self.note_with_hint(Code::WeightNotRead, weight, what, hint);
            self.marks.set(weight);
        }
    }

    fn part_weight(&mut self, part: Json<'t, 'a>) -> Option<f32> {
        let mut found = None;
        for key in ["weight", "train", "loss", "loss_weight"] {
            let Some(value) = part.get(key) else { continue };
            self.marks.set(value);
            let pointer = path::pointer_to(self.record, value);
            let weight = super::super::chat::read_weight(value, || pointer.clone(), self.reading);
            found = found.or(weight);
        }
        found
    }

    /// Marks what is known to mean nothing in a part.
    fn mark_part(&mut self, part: Json<'t, 'a>) {
        for key in [
            "type",
            "status",
            "annotations",
            "signature",
            "cache_control",
            "thought",
            "index",
            "format",
            "id",
        ] {
            if let Some(value) = part.get(key).filter(|value| !super::holds_something(*value)) {
                self.marks.set(value);
            }
        }
    }

    fn note_part(&mut self, part: Json<'t, 'a>, kind: Option<Cow<'a, str>>) {
        self.marks.set(part);
        let what = if let Some(kind) = kind {
            format!("a content part of type {} cannot be read", excerpt(&kind, 0))
        } else {
            let keys: Vec<_> = part.members().take(4).map(|(key, _)| excerpt(&key, 0)).collect();
            match &*keys {
                [] => "the content part has no text".to_owned(),
                keys => format!("the content part has no text that is known among {}", keys.join(", ")),
            }
        };
        self.note(Code::UnknownContentPart, part, what);
    }

    /// A text, or a list of text parts, joined by line ends; nothing of another value.
    pub(super) fn plain_text(value: Json<'t, 'a>) -> Option<Cow<'a, str>> {
        match value.kind() {
            Type::String => value.text(),
            Type::Object => match value.get("parts").or(value.get("content")).or(value.get("text")) {
                Some(inner) if inner.index() != value.index() => Self::plain_text(inner),
                _ => None,
            },
            Type::Array => {
                let texts: Option<Vec<_>> = value
                    .elements()
                    .map(|part| {
                        if part.kind() == Type::String {
                            part.text()
                        } else {
                            text_in(part).and_then(Json::text)
                        }
                    })
                    .collect();
                Some(join(texts?, "").unwrap_or_default())
            }
            _ => None,
        }
    }
}
