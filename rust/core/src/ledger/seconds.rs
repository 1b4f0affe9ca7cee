//! Time by stage.

use serde::Serialize;
use serde::ser::SerializeMap as _;

/// Seconds of wall time for the whole, and of processor time, summed over threads, for each stage. Reports have
/// them as `seconds` and `stage_seconds`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Seconds {
    /// Wall time of the run.
    pub total: f64,
    /// Opening, reading, decompressing and cutting shards.
    pub read: f64,
    /// Lines to conversations.
    pub parse: f64,
    /// Checking conversations.
    pub validate: f64,
    /// Conversations to text.
    pub render: f64,
    /// Text to ids and loss mask.
    pub tokenize: f64,
    /// Samples to rows.
    pub pack: f64,
    /// Rows to columns, columns to pages.
    pub encode: f64,
    /// Pages to disk.
    pub write: f64,
}

impl Serialize for Seconds {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Seconds { total, read, parse, validate, render, tokenize, pack, encode, write } = *self;
        let stages = serde_json::json!({
            "read": read, "parse": parse, "validate": validate, "render": render, "tokenize": tokenize,
            "pack": pack, "encode": encode, "write": write,
        });
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("seconds", &total)?;
        map.serialize_entry("stage_seconds", &stages)?;
        map.end()
    }
}

impl Seconds {
    /// Adds the stages of `other`; wall times do not add up and `total` stays.
    pub fn merge(&mut self, other: &Seconds) {
        let Seconds { total: _, read, parse, validate, render, tokenize, pack, encode, write } = other;
        self.read += read;
        self.parse += parse;
        self.validate += validate;
        self.render += render;
        self.tokenize += tokenize;
        self.pack += pack;
        self.encode += encode;
        self.write += write;
    }
}
