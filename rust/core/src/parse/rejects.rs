//! Layout `rejects`: the lines of a rejects file that this library wrote, `{"raw": "..", ..}`. The
//! original line is read again as whatever layout it has, so that a mended file can be fed back.

use tooltrain_json::Json;

use super::layout::Layout;
use super::reading::Reading;
use crate::conversation::Conversation;
use crate::finding::Code;

pub(super) fn recognizes(record: Json<'_, '_>) -> bool {
    record.get("code").is_some()
        && ["raw", "raw_base64", "length"].iter().any(|key| record.get(key).is_some())
        && record.get("messages").is_none()
}

pub(super) fn read<'a>(record: Json<'_, 'a>, reading: &mut Reading<'_>) -> Conversation<'a> {
    let Some(raw) = record.get("raw").and_then(Json::text) else {
        if record.get("raw_base64").is_some() {
            let what = "the original line is not UTF-8; mend it and put it under raw";
            reading.note(Code::InvalidUtf8, "/raw_base64", what);
        } else {
            let what = "the rejects file does not keep a line of this length; read it from its shard";
            reading.note(Code::LineTooLong, "", what);
        }
        return Conversation::default();
    };
    let pointer = || "/raw".to_owned();
    let inside = reading.nested(&raw, Code::InvalidJson, pointer, |inner, reading| {
        if let Some(layout) = Layout::of(inner) {
            return layout.read(inner, reading).into_owned();
        }
        let what = format!("the original line is {} of no known layout", inner.kind().as_str());
        reading.note(Code::UnknownLayout, "/raw", what);
        Conversation::default()
    });
    inside.unwrap_or_default()
}
