//! Conversations that stand in one text: as a chat template printed them, or as a dialogue with a name before each turn.

use std::borrow::Cow;

use tooltrain_json::{Json, Kind as Type};

use super::General;
use super::names::{self, Speaker};
use super::turns::Turn;
use crate::conversation::{Message, Role};
use crate::finding::Code;

/// Marks of one turn: what comes before the speaker, what comes between speaker and text, and what ends the text.
struct Marks {
    before: &'static str,
    between: &'static str,
    after: &'static str,
}

const CHATML: Marks = Marks { before: "<|im_start|>", between: "\n", after: "<|im_end|>" };
const HEADERS: Marks =
    Marks { before: "<|start_header_id|>", between: "<|end_header_id|>\n\n", after: "<|eot_id|>" };

/// Speakers of a dialogue, each at the start of its line.
const DIALOGUE: [(&str, Speaker); 6] = [
    ("SYSTEM:", Speaker::Role(Role::System)),
    ("USER:", Speaker::Role(Role::User)),
    ("ASSISTANT:", Speaker::Role(Role::Assistant)),
    ("FUNCTION RESPONSE:", Speaker::Role(Role::Tool)),
    ("Human:", Speaker::Role(Role::User)),
    ("Assistant:", Speaker::Role(Role::Assistant)),
];

/// The text of a record that holds a whole conversation.
pub(super) fn in_record<'t, 'a>(record: Json<'t, 'a>) -> Option<Json<'t, 'a>> {
    let text = ["text", "chat"].iter().find_map(|key| record.get(key));
    let text = text.filter(|text| text.kind() == Type::String)?;
    turns(&text.text()?).map(|_| text)
}

/// The turns of a text: who speaks, and what.
fn turns(text: &str) -> Option<Vec<(Speaker, String)>> {
    let turns = marked(text, &CHATML).or_else(|| marked(text, &HEADERS)).or_else(|| dialogue(text))?;
    turns.iter().any(|(speaker, _)| *speaker == Speaker::Role(Role::Assistant)).then_some(turns)
}

fn marked(text: &str, marks: &Marks) -> Option<Vec<(Speaker, String)>> {
    let mut turns = Vec::new();
    let mut rest = text;
    while let Some((_, turn)) = rest.split_once(marks.before) {
        let (name, body) = turn.split_once(marks.between)?;
        let (said, after) = body.split_once(marks.after)?;
        turns.push((names::speaker(name.trim())?, said.to_owned()));
        rest = after;
    }
    (!turns.is_empty()).then_some(turns)
}

fn dialogue(text: &str) -> Option<Vec<(Speaker, String)>> {
    let mut turns: Vec<(Speaker, String)> = Vec::new();
    for line in text.lines() {
        let begun = DIALOGUE.iter().find_map(|(mark, speaker)| Some((*speaker, line.strip_prefix(mark)?)));
        match (begun, turns.last_mut()) {
            (Some((speaker, said)), _) => turns.push((speaker, said.trim_start().to_owned())),
            (None, Some((_, said))) => {
                said.push('\n');
                said.push_str(line);
            }
            (None, None) if line.trim().is_empty() => {}
            (None, None) => return None,
        }
    }
    for (_, said) in &mut turns {
        let trimmed = said.trim_end();
        let length = trimmed.strip_suffix("<|endoftext|>").unwrap_or(trimmed).trim_end().len();
        said.truncate(length);
    }
    (turns.len() > 1).then_some(turns)
}

impl<'t, 'a> General<'_, 't, 'a, '_> {
    /// Reads a text that holds a whole conversation.
    pub(super) fn read_transcript(&mut self, text: Json<'t, 'a>) -> bool {
        let Some(turns) = text.text().and_then(|text| turns(&text)) else { return false };
        self.marks.set(text);
        let pointer = super::path::pointer_to(self.record, text);
        for (speaker, said) in turns {
            let index = self.places.push_pointer(pointer.clone());
            match speaker {
                Speaker::Role(role) if role != Role::Assistant => {
                    self.turns.other(Message::new(role, index).with_text(said));
                }
                _ => {
                    let turn = Turn { texts: vec![(Cow::Owned(said), None)], ..Turn::default() };
                    self.turns.assistant(index, turn);
                }
            }
        }
        self.repair(
            Code::TranscriptRead,
            "a conversation in one text was taken apart into its messages",
            text,
        );
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_templates_and_dialogues_are_taken_apart() {
        let roles = |text: &str| {
            let turns = turns(text)?;
            Some(turns.iter().map(|(speaker, said)| format!("{speaker:?} {said}")).collect::<Vec<_>>())
        };
        let expected = Some(vec!["Role(User) hi".to_owned(), "Role(Assistant) hello".to_owned()]);
        for text in [
            "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\nhello<|im_end|>\n",
            "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nhi<|eot_id|>\
             <|start_header_id|>assistant<|end_header_id|>\n\nhello<|eot_id|>",
            "USER: hi\n\n\nASSISTANT: hello <|endoftext|>\n",
        ] {
            assert_eq!(roles(text), expected, "{text}");
        }
        for text in ["hi", "<|im_start|>user\nhi<|im_end|>", "<|im_start|>assistant\nhello", "note\nUSER: hi"]
        {
            assert_eq!(roles(text), None, "{text}");
        }
    }
}
