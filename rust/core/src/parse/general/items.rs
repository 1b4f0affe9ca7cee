//! The elements of a list of messages: messages in any spelling, and items that are pieces of one.

use std::borrow::Cow;

use super::names::{self, Field, Kind, Speaker};
use super::turns::Turn;
use super::{General, path, results, shapes};
use crate::conversation::{Content, Message, Role};
use crate::finding::Code;
use crate::nearest::{nearest, suggestion};
use tooltrain_json::excerpt;
use tooltrain_json::{Json, Kind as Type};

/// Wrappers around a message, and lists around its list, that are looked through.
const MOST_WRAPPERS: u8 = 3;

/// The keys of a message by their meaning.
#[derive(Default)]
pub(super) struct Fields<'t, 'a> {
    role: Option<(u8, Json<'t, 'a>)>,
    pub(super) kind: Option<Json<'t, 'a>>,
    contents: Vec<(u8, Json<'t, 'a>)>,
    parts: Option<Json<'t, 'a>>,
    pub(super) reasoning: Vec<Json<'t, 'a>>,
    pub(super) summary: Option<Json<'t, 'a>>,
    calls: Vec<Json<'t, 'a>>,
    pub(super) call_id: Option<Json<'t, 'a>>,
    call_ids: Option<Json<'t, 'a>>,
    id: Option<Json<'t, 'a>>,
    pub(super) name: Option<Json<'t, 'a>>,
    function: Option<Json<'t, 'a>>,
    weights: Vec<(u8, Json<'t, 'a>)>,
    detail: Option<Json<'t, 'a>>,
    refusal: Option<Json<'t, 'a>>,
    tools: Option<Json<'t, 'a>>,
    channel: Option<Json<'t, 'a>>,
    recipient: Option<Json<'t, 'a>>,
    wrapper: Option<Json<'t, 'a>>,
    pub(super) output: Option<Json<'t, 'a>>,
    requestor: Option<Json<'t, 'a>>,
    media: Vec<Json<'t, 'a>>,
    unknown: Vec<(Cow<'a, str>, Json<'t, 'a>)>,
}

impl<'t, 'a> Fields<'t, 'a> {
    fn put(&mut self, field: Field, key: &str, value: Json<'t, 'a>) {
        let set = |slot: &mut Option<Json<'t, 'a>>| {
            if slot.is_none_or(Json::is_null) {
                *slot = Some(value);
            }
        };
        match field {
            Field::Role(rank) => {
                if self.role.is_none_or(|(best, old)| rank < best || old.is_null()) && !value.is_null() {
                    if let Some((_, old)) = self.role {
                        self.unknown.push((Cow::Borrowed("role"), old));
                    }
                    self.role = Some((rank, value));
                } else if !value.is_null() {
                    self.unknown.push((Cow::Owned(key.to_owned()), value));
                }
            }
            Field::Kind => set(&mut self.kind),
            // A wrapper has the name of a text.
            Field::Content(3) if value.kind() == Type::Object => set(&mut self.wrapper),
            Field::Content(rank) => self.contents.push((rank, value)),
            Field::Parts => set(&mut self.parts),
            Field::Reasoning => self.reasoning.push(value),
            Field::Summary => set(&mut self.summary),
            Field::Calls => self.calls.push(value),
            Field::CallId => set(&mut self.call_id),
            Field::CallIds => set(&mut self.call_ids),
            Field::Id => set(&mut self.id),
            Field::Name => set(&mut self.name),
            Field::Function => set(&mut self.function),
            Field::Weight(rank) => self.weights.push((rank, value)),
            Field::WeightDetail => set(&mut self.detail),
            Field::Refusal => set(&mut self.refusal),
            Field::Tools => set(&mut self.tools),
            Field::Channel => set(&mut self.channel),
            Field::Recipient => set(&mut self.recipient),
            Field::Wrapper => set(&mut self.wrapper),
            Field::Output => set(&mut self.output),
            Field::Requestor => set(&mut self.requestor),
            Field::Media => self.media.push(value),
            Field::Arguments => self.unknown.push((Cow::Owned(key.to_owned()), value)),
        }
    }

    /// The text of the message, by whatever name it goes.
    fn content(&self) -> Option<Json<'t, 'a>> {
        let filled = |value: &Json<'t, 'a>| match value.kind() {
            Type::Null => false,
            Type::String => value.spelled_text().is_some_and(|text| !text.is_empty()),
            Type::Array => value.elements().next().is_some(),
            _ => true,
        };
        let mut contents: Vec<_> = self.contents.clone();
        contents.sort_by_key(|(rank, _)| *rank);
        let all = || contents.iter().map(|(_, value)| *value).chain(self.parts);
        all().find(filled).or_else(|| all().next())
    }
}

impl<'t, 'a> General<'_, 't, 'a, '_> {
    /// Reads a list of messages, or a single one.
    pub(super) fn read_list(&mut self, list: Json<'t, 'a>) {
        let pointer = path::pointer_to(self.record, list);
        match list.kind() {
            Type::Array => {
                let place = self.places.push_list(pointer);
                for (position, element) in list.elements().enumerate() {
                    let index = self.places.push(place, position as u32);
                    self.read_element(element, index, None, 0);
                }
            }
            Type::Object => {
                let index = self.places.push_pointer(pointer);
                self.read_element(list, index, None, 0);
            }
            Type::String if self.turns.messages.is_empty() => {
                let index = self.places.push_pointer(pointer);
                self.marks.set(list);
                let text = list.text().unwrap_or_default();
                self.turns.other(Message::new(Role::User, index).with_text(text));
            }
            Type::String => {
                let index = self.places.push_pointer(pointer);
                self.marks.set(list);
                let text = list.text().unwrap_or_default();
                self.turns.assistant(index, Turn { texts: vec![(text, None)], ..Turn::default() });
            }
            other => {
                let what = format!("expected a list of messages, found {}", other.as_str());
                self.note(Code::FieldWrongType, list, what);
            }
        }
    }

    fn read_element(&mut self, element: Json<'t, 'a>, index: u32, outer: Option<Json<'t, 'a>>, wrappers: u8) {
        match element.kind() {
            Type::Array if wrappers < MOST_WRAPPERS && shapes::is_conversation(element) => {
                for inner in element.elements() {
                    self.read_element(inner, index, None, wrappers + 1);
                }
            }
            Type::Object => self.read_object(element, index, outer, wrappers),
            other => {
                let what = format!("expected a message, found {}", other.as_str());
                self.note(Code::FieldWrongType, element, what);
            }
        }
    }

    fn read_object(&mut self, object: Json<'t, 'a>, index: u32, outer: Option<Json<'t, 'a>>, wrappers: u8) {
        if wrappers == 0 && !self.is_kept(object) {
            self.marks.set(object);
            return;
        }
        if let Some(inner) =
            self.spec.unwrap.as_ref().filter(|_| wrappers == 0).and_then(|path| path.first(object))
        {
            return self.read_element(inner, index, Some(object), wrappers + 1);
        }
        let fields = self.fields_of(object);
        if fields.role.is_none()
            && fields.kind.is_none_or(|kind| names::kind(&kind.text().unwrap_or_default()).is_none())
        {
            let wrapped = fields.wrapper.or_else(|| {
                fields.unknown.iter().map(|(_, value)| *value).find(|value| shapes::is_message(*value))
            });
            let class = object.get("id").and_then(|id| id.elements().last()).and_then(Json::text);
            let speaks = fields.kind.and_then(Json::text).is_some_and(|kind| names::speaker(&kind).is_some())
                || class.is_some_and(|class| names::speaker(&class).is_some());
            let wrapped = wrapped.filter(|inner| inner.kind() == Type::Object && wrappers < MOST_WRAPPERS);
            if let Some(inner) = wrapped.filter(|inner| speaks || shapes::is_message(*inner)) {
                if fields.wrapper.is_none() {
                    let what = "a message inside another object was read".to_owned();
                    self.repair(Code::OtherKeyRead, &what, inner);
                }
                return self.read_element(inner, index, Some(object), wrappers + 1);
            }
            if shapes::is_pair(object) && fields.contents.is_empty() {
                return self.read_pair_at(object, index);
            }
        }
        self.read_fields(object, &fields, index, outer);
    }

    /// Whether the layout reads this element.
    fn is_kept(&self, object: Json<'t, 'a>) -> bool {
        self.spec.keep.iter().all(|(path, wanted)| {
            let found = path
                .first(object)
                .map_or(Cow::Borrowed("null"), |value| value.text().unwrap_or(Cow::Borrowed(value.source())));
            wanted.iter().any(|wanted| *wanted == found)
        })
    }

    fn fields_of(&mut self, object: Json<'t, 'a>) -> Fields<'t, 'a> {
        let mut fields = Fields::default();
        for (key, value) in object.members() {
            match self.spec_field(&key).or_else(|| names::message_field(&key)) {
                Some(field) => fields.put(field, &key, value),
                None => fields.unknown.push((key, value)),
            }
        }
        if !fields.unknown.is_empty() && fields.role.is_some() {
            self.read_misspelled(&mut fields);
        }
        fields
    }

    /// Reads keys that are nearly one that the message lacks.
    fn read_misspelled(&mut self, fields: &mut Fields<'t, 'a>) {
        let text = |value: Json<'t, 'a>| matches!(value.kind(), Type::String | Type::Array);
        let calls = |value: Json<'t, 'a>| matches!(value.kind(), Type::Array | Type::Object);
        let weight = |value: Json<'t, 'a>| matches!(value.kind(), Type::True | Type::False | Type::Number);
        let silent = fields.content().is_none();
        let mut at = 0;
        while at < fields.unknown.len() {
            let (key, value) = fields.unknown[at].clone();
            let wanted = [
                ("content", Field::Content(0), silent && fields.calls.is_empty() && text(value)),
                ("tool_calls", Field::Calls, fields.calls.is_empty() && calls(value)),
                ("function_call", Field::Calls, fields.calls.is_empty() && value.kind() == Type::Object),
                ("tool_call_id", Field::CallId, fields.call_id.is_none() && value.kind() == Type::String),
                ("reasoning_content", Field::Reasoning, fields.reasoning.is_empty() && text(value)),
                ("reasoning", Field::Reasoning, fields.reasoning.is_empty() && text(value)),
                ("weight", Field::Weight(0), fields.weights.is_empty() && weight(value)),
            ];
            let lacking = wanted.iter().filter(|(_, _, lacks)| *lacks).map(|(word, ..)| *word);
            let meant = nearest(&key, lacking).filter(|_| !matches!(&*key, "context" | "contexts"));
            let Some((word, field, _)) =
                meant.and_then(|meant| wanted.iter().find(|(word, ..)| *word == meant))
            else {
                at += 1;
                continue;
            };
            fields.unknown.remove(at);
            fields.put(*field, &key, value);
            self.repair(
                Code::MisspelledKey,
                &format!("the key `{}` was read as `{word}`", key.escape_debug()),
                value,
            );
        }
    }

    fn spec_field(&self, key: &str) -> Option<Field> {
        let spec = self.spec;
        let named = |names: &[String]| names.iter().any(|name| name == key);
        if named(&spec.role) {
            Some(Field::Role(0))
        } else if named(&spec.content) {
            Some(Field::Content(0))
        } else if named(&spec.reasoning) {
            Some(Field::Reasoning)
        } else if named(&spec.calls) {
            Some(Field::Calls)
        } else if named(&spec.weight) {
            Some(Field::Weight(0))
        } else if named(&spec.call_id) {
            Some(Field::CallId)
        } else {
            None
        }
    }

    /// Reads an object that is a message or an item.
    fn read_fields(
        &mut self,
        object: Json<'t, 'a>,
        fields: &Fields<'t, 'a>,
        index: u32,
        outer: Option<Json<'t, 'a>>,
    ) {
        let kind = fields.kind.and_then(Json::text).and_then(|kind| names::kind(&kind));
        let group = self.spec.merge.as_ref().and_then(|path| {
            let value = path.first(outer.unwrap_or(object))?;
            self.marks.set(value);
            Some(value.source().to_owned())
        });
        let is_item = fields.role.is_none() || fields.contents.is_empty() && fields.calls.is_empty();
        match kind.filter(|_| is_item) {
            Some(Kind::Call) => return self.read_call_item(object, index, group),
            Some(Kind::Result) => return self.read_result_item(object, fields, index),
            Some(Kind::Thought) => return self.read_thought_item(fields, index, group),
            Some(Kind::Nothing | Kind::Step) => return self.marks.set(object),
            _ => {}
        }
        let Some(speaker) = self.speaker_of(object, fields, outer) else { return };
        let Some(speaker) = speaker else { return self.marks.set(object) };
        self.note_media(fields);
        self.mark_known(fields);
        let role = match speaker {
            Speaker::Role(role) => role,
            Speaker::Caller | Speaker::Thinker => Role::Assistant,
        };
        if let Some(detail) = fields.detail.filter(|detail| !detail.is_null()) {
            let what = "`train_detail` gives weights by character, which are not read".to_owned();
            let hint = "split the content into parts, each with its own weight: \
                        [{\"type\": \"text\", \"text\": \"..\", \"weight\": 0}]";
            self.note_with_hint(Code::WeightNotRead, detail, what, hint);
            self.marks.set(detail);
        }
        match role {
            Role::Assistant => self.read_assistant(object, fields, speaker, index, group),
            Role::Tool => self.read_result_message(object, fields, index),
            Role::User | Role::System => self.read_said(object, fields, role, index),
        }
    }

    /// Who speaks; `None` where that was noted as wrong, `Some(None)` where the layout leaves the speaker out.
    #[allow(clippy::option_option, reason = "the outer one is an error that was noted")]
    fn speaker_of(
        &mut self,
        object: Json<'t, 'a>,
        fields: &Fields<'t, 'a>,
        outer: Option<Json<'t, 'a>>,
    ) -> Option<Option<Speaker>> {
        let role = fields.role.map(|(_, role)| {
            if role.kind() == Type::Object { role.get("role").unwrap_or(role) } else { role }
        });
        let kind = fields.kind.filter(|kind| kind.text().is_some_and(|kind| names::speaker(&kind).is_some()));
        let of_outer = outer.and_then(|outer| outer.get("role").or(outer.get("type")));
        let class =
            outer.or(Some(object)).and_then(|outer| outer.get("id")).and_then(|id| id.elements().last());
        let named = role.or(kind).or(of_outer).or(class);
        let near = || {
            fields.unknown.iter().find(|(key, value)| {
                nearest(key, ["role"]).is_some()
                    && value.text().is_some_and(|text| names::speaker(&text).is_some())
            })
        };
        let named = if let Some(named) = named {
            named
        } else if let Some((key, value)) = near() {
            let what = format!("the key `{}` was read as `role`", key.escape_debug());
            self.repair(Code::MisspelledKey, &what, *value);
            *value
        } else {
            let speaks =
                |value: &Json<'t, 'a>| value.text().is_some_and(|text| names::speaker(&text).is_some());
            let what = match fields.unknown.iter().find(|(_, value)| speaks(value)) {
                Some((key, _)) => {
                    let without = super::super::chat::without_role(object);
                    format!("{without}; {} may name the speaker", excerpt(key, 0))
                }
                None => super::super::chat::without_role(object),
            };
            self.note(Code::RoleMissing, object, what);
            return None;
        };
        let Some(name) = named.text() else {
            let what = format!("expected a string as role, found {}", named.kind().as_str());
            self.note(Code::FieldWrongType, named, what);
            return None;
        };
        self.marks.set(named);
        if let Some((_, role)) = fields.role {
            self.marks.set(role);
        }
        if let Some((_, speaker)) = self.spec.roles.iter().find(|(known, _)| **known == *name) {
            return Some(*speaker);
        }
        let found = names::speaker(&name);
        match found {
            None => {
                const ROLES: [&str; 6] = ["system", "developer", "user", "assistant", "tool", "function"];
                let what = format!("the role {} is not known{}", excerpt(&name, 0), suggestion(&name, ROLES));
                let hint = format!(
                    "map it, as in layout={{\"roles\": {{\"{}\": \"user\"}}}}, with user, assistant, system, tool, call, or null to leave it out",
                    name.escape_debug()
                );
                self.note_with_hint(Code::UnknownRole, named, what, hint);
                return None;
            }
            Some(Speaker::Role(Role::System)) if &*name == "developer" => {
                self.repair(Code::DeveloperRole, "the role developer was read as system", named);
            }
            Some(Speaker::Role(role)) if role.as_str() != &*name && !KNOWN_SPEAKERS.contains(&&*name) => {
                self.repair(
                    Code::RoleRead,
                    &format!("the speaker `{}` was read as {}", name.escape_debug(), role.as_str()),
                    named,
                );
            }
            _ => {}
        }
        Some(found)
    }

    fn note_media(&mut self, fields: &Fields<'t, 'a>) {
        for &media in &fields.media {
            let holds = match media.kind() {
                Type::Null => false,
                Type::Array => media.elements().next().is_some(),
                Type::String => {
                    !media.source().is_empty() && media.text().is_some_and(|text| !text.is_empty())
                }
                _ => true,
            };
            if holds {
                let pointer = path::pointer_to(self.record, media);
                let key = pointer.rsplit('/').next().unwrap_or_default().to_owned();
                let what = format!("`{key}` holds images or sounds, which text models do not read");
                self.note(Code::MediaNotRead, media, what);
            }
            self.marks.set(media);
        }
    }

    fn mark_known(&mut self, fields: &Fields<'t, 'a>) {
        let known = [fields.kind, fields.channel, fields.recipient, fields.name, fields.requestor];
        known.into_iter().flatten().for_each(|value| self.marks.set(value));
        for &(_, weight) in &fields.weights {
            self.marks.set(weight);
        }
    }

    fn weight_of(&mut self, fields: &Fields<'t, 'a>) -> Option<f32> {
        let mut weights = fields.weights.clone();
        weights.sort_by_key(|(rank, _)| *rank);
        let mut found = None;
        for (_, value) in weights {
            let pointer = path::pointer_to(self.record, value);
            let weight = super::super::chat::read_weight(value, || pointer.clone(), self.reading);
            found = found.or(weight);
        }
        found
    }

    fn name_of(&mut self, fields: &Fields<'t, 'a>) -> Option<Cow<'a, str>> {
        let name = fields.name.filter(|name| !name.is_null())?;
        if name.kind() != Type::String {
            let what = format!("expected a string as name, found {}", name.kind().as_str());
            self.note(Code::FieldWrongType, name, what);
        }
        name.text().filter(|name| !name.is_empty())
    }

    /// The content of a message, or the key that is certainly meant for it.
    fn content_of(&mut self, fields: &Fields<'t, 'a>, otherwise_empty: bool) -> Option<Json<'t, 'a>> {
        if let Some(content) = fields.content() {
            let is_plain =
                fields.contents.iter().any(|(rank, value)| *rank < 2 && value.index() == content.index());
            if !is_plain
                && fields.parts.is_none_or(|parts| parts.index() != content.index())
                && self.spec.content.is_empty()
            {
                let pointer = path::pointer_to(self.record, content);
                let key = pointer.rsplit('/').next().unwrap_or_default();
                if key != "text" || fields.role.is_some() {
                    self.repair(
                        Code::OtherKeyRead,
                        &format!("`{key}` was read as the content of a message"),
                        content,
                    );
                }
            }
            return Some(content);
        }
        if !otherwise_empty {
            return None;
        }
        let near = fields.unknown.iter().find(|(key, value)| {
            !matches!(&**key, "context") && nearest(key, ["content", "value"]).is_some() && !value.is_null()
        });
        let (key, value) = near?;
        self.repair(
            Code::MisspelledKey,
            &format!("the key `{}` was read as `content`", key.escape_debug()),
            *value,
        );
        Some(*value)
    }

    fn read_said(&mut self, object: Json<'t, 'a>, fields: &Fields<'t, 'a>, role: Role, index: u32) {
        if self.leave_out_foreign_calls(fields) {
            let silent = fields.content().is_none_or(Json::is_null);
            if silent {
                return self.marks.set(object);
            }
        } else {
            for &calls in &fields.calls {
                let is_empty =
                    calls.is_null() || calls.kind() == Type::Array && calls.elements().next().is_none();
                if !is_empty {
                    let what = format!("a message of role {} makes tool calls", role.as_str());
                    self.note(Code::CallsMisplaced, calls, what);
                }
                self.marks.set(calls);
            }
        }
        if let Some(tools) = fields.tools.filter(|tools| !tools.is_null() && role == Role::System) {
            self.read_definitions(tools);
        }
        let mut message = Message::new(role, index);
        message.weight = self.weight_of(fields);
        message.name = self.name_of(fields);
        let Some(content) = self.content_of(fields, true) else {
            self.silent.push(object);
            return self.turns.other(message);
        };
        if content.kind() == Type::Array || content.kind() == Type::Object {
            return self.read_said_parts(content, message);
        }
        message.content = self.text_content(content, object);
        if message.content.is_empty() {
            self.silent.push(object);
        }
        self.turns.other(message);
    }

    /// Leaves out calls that the user's side makes, and remembers whose results they have; whether there are any.
    fn leave_out_foreign_calls(&mut self, fields: &Fields<'t, 'a>) -> bool {
        let mut any = false;
        for &calls in &fields.calls {
            for call in calls.elements() {
                let requestor = call.get("requestor").and_then(Json::text);
                if requestor.as_deref() != Some("user") {
                    continue;
                }
                any = true;
                self.foreign_calls.extend(call.get("id").and_then(Json::text));
                self.marks.set(call);
                let what = "a call of the user's side was left out with its result";
                self.repair(Code::UserCallsLeftOut, what, call);
            }
        }
        any
    }

    fn text_content(&mut self, content: Json<'t, 'a>, _object: Json<'t, 'a>) -> Content<'a> {
        self.marks.set(content);
        match content.kind() {
            Type::Null => Content::Null,
            Type::String => Content::Text(content.text().unwrap_or_default()),
            other => {
                let what = format!("expected text, null or a list of parts, found {}", other.as_str());
                self.note(Code::ContentWrongType, content, what);
                Content::Absent
            }
        }
    }

    fn read_assistant(
        &mut self,
        object: Json<'t, 'a>,
        fields: &Fields<'t, 'a>,
        speaker: Speaker,
        index: u32,
        group: Option<String>,
    ) {
        let mut turn =
            Turn { weight: self.weight_of(fields), name: self.name_of(fields), group, ..Turn::default() };
        for &reasoning in &fields.reasoning {
            self.read_reasoning(reasoning, &mut turn);
        }
        for &calls in &fields.calls {
            self.read_calls(calls, &mut turn);
        }
        let has_more = !turn.calls.is_empty() || !turn.thoughts.is_empty();
        let mut content = self.content_of(fields, !has_more);
        if let Some(refusal) = fields.refusal.filter(|refusal| !refusal.is_null()) {
            self.marks.set(refusal);
            let empty = content.is_none_or(|content| content.is_null() || content.source() == "\"\"");
            if empty {
                self.repair(Code::RefusalRead, "the refusal was read as the content of the turn", refusal);
                content = Some(refusal);
            }
        }
        let channel = fields.channel.and_then(Json::text);
        let recipient =
            fields.recipient.and_then(Json::text).filter(|name| !name.is_empty() && name != "all");
        if let Some(content) = content {
            if let (Some(recipient), Type::String) = (&recipient, content.kind()) {
                self.marks.set(content);
                let name = recipient.strip_prefix("functions.").unwrap_or(recipient).to_owned();
                turn.is_piece = true;
                turn.calls.extend(self.named_call(name.into(), content));
                return self.turns.assistant(index, turn);
            }
            match speaker {
                Speaker::Caller => {
                    self.marks.set(content);
                    turn.content = Content::Text("".into());
                    if content.kind() == Type::String {
                        self.read_call_text(content, &mut turn);
                    } else {
                        self.read_calls(content, &mut turn);
                    }
                    return self.turns.assistant(index, turn);
                }
                Speaker::Thinker => {
                    self.read_reasoning(content, &mut turn);
                    turn.is_piece = true;
                    return self.turns.assistant(index, turn);
                }
                Speaker::Role(_) => {}
            }
            if channel.as_deref() == Some("analysis") {
                self.read_reasoning(content, &mut turn);
                turn.is_piece = true;
                return self.turns.assistant(index, turn);
            }
            if matches!(content.kind(), Type::Array | Type::Object) {
                let silent = self.read_parts(content, index, turn);
                if silent {
                    self.silent.push(object);
                }
                return;
            }
            match self.text_content(content, object) {
                Content::Text(text) => turn.texts.push((text, None)),
                other => turn.content = other,
            }
        }
        turn.is_piece = channel.is_some();
        if turn.is_empty() {
            self.silent.push(object);
        }
        self.turns.assistant(index, turn);
    }

    fn read_thought_item(&mut self, fields: &Fields<'t, 'a>, index: u32, group: Option<String>) {
        self.mark_known(fields);
        let mut turn = Turn { is_piece: true, group, ..Turn::default() };
        let filled = |value: &Json<'t, 'a>| {
            !value.is_null() && value.elements().next().is_some() || value.kind() == Type::String
        };
        let value = fields
            .content()
            .filter(filled)
            .or(fields.summary.filter(filled))
            .or(fields.reasoning.first().copied());
        if let Some(value) = value {
            self.read_reasoning(value, &mut turn);
        }
        if let Some(summary) = fields.summary {
            self.marks.set(summary);
        }
        for &(_, content) in fields.contents.iter().filter(|(_, content)| content.is_null()) {
            self.marks.set(content);
        }
        if !turn.thoughts.is_empty() {
            self.turns.assistant(index, turn);
        }
    }

    fn read_call_item(&mut self, object: Json<'t, 'a>, index: u32, group: Option<String>) {
        let mut turn = Turn { is_piece: true, group, ..Turn::default() };
        self.read_call(object, &mut turn);
        if !turn.calls.is_empty() {
            self.turns.assistant(index, turn);
        }
    }

    fn read_result_item(&mut self, object: Json<'t, 'a>, fields: &Fields<'t, 'a>, index: u32) {
        self.read_result_message(object, fields, index);
    }

    /// Reads a message whose text is the result of a call.
    fn read_result_message(&mut self, object: Json<'t, 'a>, fields: &Fields<'t, 'a>, index: u32) {
        let id_of = |value: Option<Json<'t, 'a>>| value.filter(|id| !id.is_null());
        let mut id = id_of(fields.call_id);
        if let Some(ids) = fields.call_ids {
            self.marks.set(ids);
            let is_one = ids.is_null()
                || ids.kind() == Type::Array
                    && ids.elements().count() <= 1
                    && ids.elements().all(|id| matches!(id.kind(), Type::String | Type::Null));
            if id.is_none() && !is_one {
                let what = format!("expected a list with one id, found {}", excerpt(ids.source(), 0));
                self.note(Code::FieldWrongType, ids, what);
            }
        }
        if id.is_none() {
            id = id_of(fields.call_ids).and_then(|ids| ids.elements().next()).filter(|id| !id.is_null());
        }
        let foreign = fields.requestor.and_then(Json::text).as_deref() == Some("user");
        let own = fields.id.and_then(Json::text);
        if foreign || own.as_ref().is_some_and(|own| self.foreign_calls.contains(own)) {
            return self.marks.set(object);
        }
        if id.is_none() && own.as_ref().is_some_and(|own| self.is_open_call(own)) {
            id = fields.id;
        }
        let mut message = Message::new(Role::Tool, index);
        message.name = self.name_of(fields).map(|name| match name.strip_prefix("functions.") {
            Some(short) => Cow::Owned(short.to_owned()),
            None => name,
        });
        if let Some(function) = fields.function.filter(|function| function.kind() == Type::String) {
            self.marks.set(function);
            message.name = message.name.or(function.text());
        }
        message.weight = self.weight_of(fields);
        if let Some(id) = id {
            self.marks.set(id);
            match id.text() {
                Some(text) => message.tool_call_id = Some(text),
                None => self.note(
                    Code::FieldWrongType,
                    id,
                    format!("expected a string as tool_call_id, found {}", id.kind().as_str()),
                ),
            }
        }
        for &calls in &fields.calls {
            let is_empty =
                calls.is_null() || calls.kind() == Type::Array && calls.elements().next().is_none();
            if !is_empty {
                self.note(Code::CallsMisplaced, calls, "a message of role tool makes tool calls");
            }
            self.marks.set(calls);
        }
        let Some(content) = fields.content().or(fields.output).or_else(|| self.content_of(fields, true))
        else {
            self.silent.push(object);
            return self.turns.other(message);
        };
        if content.kind() == Type::Array && self.read_result_parts(content, &message) {
            return;
        }
        self.marks.set(content);
        message.content = results::content_of(content);
        if message.content.is_empty() && !content.is_null() {
            self.silent.push(object);
        }
        self.turns.other(message);
    }

    fn is_open_call(&self, id: &str) -> bool {
        self.turns.has_call(id)
    }

    /// Reads one exchange: what the person says, then what the model says.
    pub(super) fn read_pair(&mut self, pair: Json<'t, 'a>) {
        let pointer = path::pointer_to(self.record, pair);
        let index = self.places.push_pointer(pointer);
        self.read_pair_at(pair, index);
    }

    fn read_pair_at(&mut self, pair: Json<'t, 'a>, index: u32) {
        if let Some(system) = pair
            .members()
            .find(|(key, value)| names::of_key(key, names::names_system) && value.kind() == Type::String)
        {
            self.marks.set(system.1);
            let text = system.1.text().unwrap_or_default();
            if !text.is_empty() {
                self.turns.other(Message::new(Role::System, index).with_text(text));
            }
        }
        if let Some(history) = super::find::history(pair) {
            if shapes::is_conversation(history) {
                self.read_list(history);
            } else {
                for exchange in history.elements() {
                    self.read_exchange(exchange, index);
                }
            }
        }
        let found = match &self.spec.pairs {
            Some((asked, answered)) => pair.get(asked).zip(pair.get(answered)),
            None => shapes::pair(pair),
        };
        let Some((asked, answered)) = found else {
            return self.note(Code::NoMessages, pair, "the record has no question with its answer");
        };
        self.marks.set(asked);
        let mut text = asked.text().unwrap_or_default();
        // An instruction may have an input beside it.
        let input = pair.get("input").filter(|input| {
            input.index() != asked.index()
                && input.index() != answered.index()
                && input.kind() == Type::String
        });
        if let Some(input) = input {
            self.marks.set(input);
            let more = input.text().unwrap_or_default();
            if !more.is_empty() {
                text = Cow::Owned(format!("{text}\n{more}"));
            }
        }
        self.turns.other(Message::new(Role::User, index).with_text(text));
        self.read_answer(answered, index);
    }

    fn read_answer(&mut self, answered: Json<'t, 'a>, index: u32) {
        let mut turn = Turn::default();
        match answered.kind() {
            Type::String => {
                self.marks.set(answered);
                turn.texts.push((answered.text().unwrap_or_default(), None));
                self.turns.assistant(index, turn);
            }
            Type::Object if shapes::is_message(answered) => self.read_element(answered, index, None, 0),
            _ if shapes::is_calls(answered) => {
                self.read_calls(answered, &mut turn);
                self.turns.assistant(index, turn);
            }
            Type::Array if answered.elements().all(|element| element.kind() == Type::String) => {
                let what = "the answer is a list of texts; which one is trained is not known";
                self.note(Code::FieldWrongType, answered, what);
            }
            other => {
                let what = format!("expected the text of an answer, found {}", other.as_str());
                self.note(Code::FieldWrongType, answered, what);
            }
        }
    }

    /// Reads `[question, answer]` of a history.
    fn read_exchange(&mut self, exchange: Json<'t, 'a>, index: u32) {
        let sides: Vec<_> = exchange.elements().collect();
        if let [asked, answered] = &*sides
            && asked.kind() == Type::String
            && answered.kind() == Type::String
        {
            self.marks.set(exchange);
            let text = asked.text().unwrap_or_default();
            self.turns.other(Message::new(Role::User, index).with_text(text));
            let text = answered.text().unwrap_or_default();
            return self.turns.assistant(index, Turn { texts: vec![(text, None)], ..Turn::default() });
        }
        if shapes::is_pair(exchange) {
            return self.read_pair_at(exchange, index);
        }
        self.note(Code::FieldWrongType, exchange, "expected a question and an answer in the history");
    }
}

/// Speakers that some layout spells so, so that reading them is no repair.
const KNOWN_SPEAKERS: [&str; 15] = [
    "human",
    "gpt",
    "model",
    "function",
    "observation",
    "ai",
    "bot",
    "chatgpt",
    "bing",
    "prompter",
    "ipython",
    "tool_response",
    "function_response",
    "function-response",
    "tool_result",
];
