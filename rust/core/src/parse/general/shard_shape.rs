//! What the records of a shard are: conversations, pieces of one conversation, or containers of several.

use std::ops::Range;

use tooltrain_json::{Json, Kind as Type, Tape};

use super::super::{Layout, ParseOptions};
use super::find;
use super::path::Path;
use super::shapes;

/// What the records of a shard are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShardShape {
    /// Each is a conversation, or is wrong by itself.
    Records,
    /// All of them together are one conversation: each is a message or an event.
    OneConversation,
    /// Each holds records, at this path.
    Each(Path),
}

impl ShardShape {
    /// Records that are looked at.
    pub const LOOKED_AT: usize = 8;

    /// What the shard is that begins with these records: what the options name, else what they look like.
    #[must_use]
    pub fn of(records: &[&[u8]], options: &ParseOptions) -> Self {
        if let Some(spec) = &options.spec {
            return match spec.each() {
                Some(each) => Self::Each(each.clone()),
                None if spec.is_per_file() => Self::OneConversation,
                None => Self::Records,
            };
        }
        if options.layout.is_some() {
            return Self::Records;
        }
        let (mut pieces, mut whole) = (0, 0);
        for (position, record) in records.iter().take(Self::LOOKED_AT).enumerate() {
            let mut tape = Tape::default();
            let Ok(text) = std::str::from_utf8(record) else { return Self::Records };
            let Ok(value) = tape.read(text, options.max_depth) else { return Self::Records };
            if position == 0
                && let Some(path) = container(value)
            {
                return Self::Each(path);
            }
            if value.kind() != Type::Object || Layout::of(value).is_some() {
                whole += 1;
            } else if shapes::is_message(value) {
                pieces += 1;
            }
        }
        if pieces > 0 && whole == 0 { Self::OneConversation } else { Self::Records }
    }
}

/// Where a value keeps several records.
fn container(value: Json<'_, '_>) -> Option<Path> {
    let holds_records = |list: Json<'_, '_>| {
        let mut elements = list.elements();
        let first = elements.next()?;
        let is_record = match first.kind() {
            Type::Object => {
                !shapes::is_message(first) && (Layout::of(first).is_some() || find::holds_conversation(first))
            }
            Type::Array => shapes::is_conversation(first) && elements.next().is_some(),
            _ => false,
        };
        is_record.then_some(())
    };
    if value.kind() == Type::Array {
        holds_records(value)?;
        return Path::parse("[]").ok();
    }
    if Layout::of(value).is_some() {
        return None;
    }
    let mut lists =
        value.members().filter(|(_, list)| list.kind() == Type::Array && holds_records(*list).is_some());
    match (lists.next(), lists.next()) {
        (Some((key, _)), None) => Path::parse(&format!("\"{key}\"[]")).ok(),
        _ => None,
    }
}

/// Where the records in a record are in its text; `None` where it cannot be read.
#[must_use]
pub fn records_within(record: &[u8], path: &Path, max_depth: u32) -> Option<Vec<Range<usize>>> {
    let text = std::str::from_utf8(record).ok()?;
    let mut tape = Tape::default();
    let value = tape.read(text, max_depth).ok()?;
    let ranges =
        path.all(value).into_iter().map(|inner| inner.offset()..inner.offset() + inner.source().len());
    Some(ranges.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(records: &[&str]) -> ShardShape {
        let records: Vec<&[u8]> = records.iter().map(|record| record.as_bytes()).collect();
        ShardShape::of(&records, &ParseOptions::default())
    }

    #[test]
    fn shards_are_known_by_their_first_records() {
        const WHOLE: &str = r#"{"messages": [{"role": "user", "content": "hi"}]}"#;
        const PIECE: &str = r#"{"role": "user", "content": "hi"}"#;
        let each = |path: &str| ShardShape::Each(Path::parse(path).unwrap());
        assert_eq!(shape(&[WHOLE, WHOLE]), ShardShape::Records);
        assert_eq!(shape(&[PIECE, PIECE]), ShardShape::OneConversation);
        assert_eq!(shape(&[r#"{"type": "summary"}"#, PIECE]), ShardShape::OneConversation);
        assert_eq!(shape(&[PIECE, WHOLE]), ShardShape::Records);
        assert_eq!(shape(&[&format!("[{PIECE}]")]), ShardShape::Records);
        assert_eq!(shape(&[&format!("[{WHOLE}, {WHOLE}]")]), each("[]"));
        assert_eq!(shape(&[&format!(r#"{{"info": 1, "data": [{WHOLE}]}}"#)]), each("\"data\"[]"));
        assert_eq!(shape(&["{", PIECE]), ShardShape::Records);
        assert_eq!(shape(&[r#"{"prompt": "a", "completion": "b"}"#]), ShardShape::Records);
        let record = br#"{"data": [{"a": 1}, {"b": 2}]}"#;
        let found = records_within(record, &Path::parse("data[]").unwrap(), 9).unwrap();
        assert_eq!(found, [10..18, 20..28]);
    }
}
