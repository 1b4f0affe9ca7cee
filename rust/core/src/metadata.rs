//! What a written file says about itself: one JSON object under one key of its footer.
//!
//! It holds what the output depends on (versions, options, digests) and what is in it. It holds no
//! threads, paths, progress or timings: those are in the report.

use serde_json::{Map, Value, json};

use crate::options::Options;
use crate::report::Report;
use crate::write::Counts;

/// Version of the layout of this object.
const SCHEMA_VERSION: u32 = 1;

/// Label of a token that is not trained.
const IGNORE_INDEX: i32 = -100;

/// Options that change nothing in the output, or that a digest stands for.
const WITHOUT_EFFECT: &[&str] =
    &["threads", "memory_limit", "block_bytes", "if_exists", "tools", "chat_template"];

/// What is known before the first row.
#[derive(Clone, Debug)]
pub struct Description {
    fields: Map<String, Value>,
    max_length: u32,
}

impl Description {
    /// Describes the run whose report was begun. `vocab_size` is that of its tokenizer, `tools` the
    /// digest of a shared tool list.
    #[must_use]
    pub fn new(report: &Report, vocab_size: usize, tools: Option<&str>) -> Self {
        let tokenizer = &report.tokenizer;
        let name = without_folders(&tokenizer.name);
        let fields = json!({
            "schema_version": SCHEMA_VERSION,
            "version": report.version,
            "verb": report.verb,
            "options": options(&report.options, name),
            "tokenizer": {"name": name, "sha256": tokenizer.sha256, "vocab_size": vocab_size},
            "template": report.template,
            "tools_sha256": tools,
            "serving": report.serving,
            "mask_alignment": "token",
            "ignore_index": IGNORE_INDEX,
            "shards": report.shards.iter().map(|shard| shard.name.as_str()).collect::<Vec<_>>(),
        });
        let Value::Object(fields) = fields else { return Self { fields: Map::new(), max_length: 0 } };
        Self { fields, max_length: report.max_length }
    }

    /// The footer of a part file: the description and its own counts.
    #[must_use]
    pub fn of_part(&self, counts: &Counts) -> String {
        Value::Object(self.with_counts(counts)).to_string()
    }

    /// The footer of a single file, or the manifest of a directory: the description, the counts of
    /// everything, the ledgers and the findings.
    #[must_use]
    pub fn of_whole(&self, counts: &Counts, report: &Report) -> String {
        let mut fields = self.with_counts(counts);
        fields.insert("records".into(), json!(report.records));
        fields.insert("tokens".into(), json!(report.tokens));
        fields.insert("trained_tokens".into(), json!(report.trained_tokens));
        fields.insert("turns".into(), json!(report.turns));
        fields.insert("findings".into(), json!(report.findings.by_code()));
        Value::Object(fields).to_string()
    }

    fn with_counts(&self, counts: &Counts) -> Map<String, Value> {
        let capacity = counts.rows * u64::from(self.max_length);
        let fill = if capacity == 0 { 0.0 } else { counts.tokens as f64 / capacity as f64 };
        let mut fields = self.fields.clone();
        let counts = json!({
            "rows": counts.rows,
            "samples": counts.samples,
            "tokens": counts.tokens,
            "trained_tokens": counts.trained_tokens,
            "shortest_row": counts.shortest_row,
            "longest_row": counts.longest_row,
            "fill": fill,
        });
        fields.insert("counts".into(), counts);
        fields
    }
}

/// A tokenizer's name without the place where its folder lies: the digest says which one it is.
fn without_folders(name: &str) -> &str {
    let path = std::path::Path::new(name);
    let named_file = path.file_name().and_then(|file| file.to_str());
    match (named_file, path.parent().and_then(|folder| folder.file_name()).and_then(|folder| folder.to_str()))
    {
        (Some("tokenizer.json"), Some(folder)) => folder,
        (Some(last), _) => last,
        (None, _) => name,
    }
}

/// The options that the output depends on. Paths are left out: digests stand for what they name.
fn options(options: &Options, tokenizer: &str) -> Value {
    let mut options = json!(options);
    if let Some(options) = options.as_object_mut() {
        options.retain(|name, _| !WITHOUT_EFFECT.contains(&name.as_str()));
        options.insert("tokenizer".into(), tokenizer.into());
    }
    options
}
