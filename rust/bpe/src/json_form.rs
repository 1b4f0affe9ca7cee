//! The `tokenizer.json` of a model, made again from its frame: the file without vocabulary and merges.
//!
//! A frame is the file with an empty `vocab` and an empty `merges`. It keeps everything that the model
//! does not hold, such as post-processing, and how the file is laid out: indented or on one line.

use rustc_hash::FxHashSet;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use crate::byte_alphabet;
use crate::split::Splitting;
use crate::unsupported::Unsupported;
use crate::vocabulary::{Kind, Model};

/// The file, or why the model does not determine it.
pub(crate) fn write(model: &Model, frame: &str) -> Result<Vec<u8>, Unsupported> {
    let refused = |what: &str| Unsupported::new(format!("tokenizer.json cannot be made again: {what}"));
    let outer: Map<String, Value> =
        serde_json::from_str(frame).map_err(|error| refused(&format!("its frame: {error}")))?;
    if matches!(model.splitting, Splitting::Sentence(_)) {
        return Err(refused("its entries are not spelled in the byte alphabet"));
    }
    if !outer.get("model").is_some_and(Value::is_object) {
        return Err(refused("its frame has no model"));
    }
    let spellings =
        spellings(model).ok_or_else(|| refused("an entry is not spelled in the byte alphabet"))?;
    let file = File { outer: &outer, model, spellings: &spellings };
    let written =
        if frame.contains('\n') { serde_json::to_vec_pretty(&file) } else { serde_json::to_vec(&file) };
    written.map_err(|error| refused(&error.to_string()))
}

/// How the file spells each id; nothing for added tokens, which are in the frame, and for gaps.
fn spellings(model: &Model) -> Option<Vec<Option<String>>> {
    let added: FxHashSet<u32> = model.added.iter().map(|token| token.id).collect();
    let spelling = |id| match model.tokens.kind(id) {
        Kind::Word => Some(Some(byte_alphabet::spelling_of(model.tokens.bytes(id)))),
        Kind::Fallback => None,
        Kind::Foreign if !added.contains(&id) => None,
        Kind::Foreign | Kind::Absent => Some(None),
    };
    model.tokens.ids().map(spelling).collect()
}

struct File<'m> {
    outer: &'m Map<String, Value>,
    model: &'m Model,
    spellings: &'m [Option<String>],
}

impl File<'_> {
    fn spelling(&self, id: u32) -> &str {
        self.spellings.get(id as usize).and_then(Option::as_deref).unwrap_or_default()
    }
}

impl Serialize for File<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.outer.len()))?;
        for (key, value) in self.outer {
            match (key.as_str(), value) {
                ("model", Value::Object(entries)) => {
                    map.serialize_entry(key, &ModelPart { entries, file: self })?;
                }
                _ => map.serialize_entry(key, value)?,
            }
        }
        map.end()
    }
}

struct ModelPart<'m> {
    entries: &'m Map<String, Value>,
    file: &'m File<'m>,
}

impl Serialize for ModelPart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.entries.len()))?;
        for (key, value) in self.entries {
            match key.as_str() {
                "vocab" => map.serialize_entry(key, &Vocabulary(self.file))?,
                "merges" => map.serialize_entry(key, &Merges(self.file))?,
                _ => map.serialize_entry(key, value)?,
            }
        }
        map.end()
    }
}

struct Vocabulary<'m>(&'m File<'m>);

impl Serialize for Vocabulary<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = self.0.spellings.iter().enumerate();
        serializer.collect_map(entries.filter_map(|(id, spelling)| Some((spelling.as_deref()?, id))))
    }
}

struct Merges<'m>(&'m File<'m>);

impl Serialize for Merges<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let merges = self.0.model.merges.iter();
        serializer
            .collect_seq(merges.map(|merge| [self.0.spelling(merge.left), self.0.spelling(merge.right)]))
    }
}
