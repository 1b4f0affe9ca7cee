//! The resolved options of a run. Python builds them, the footer records them.

use serde::{Deserialize, Serialize};

use crate::layout_spec::LayoutChoice;

/// Every option of `pack`, `tokenize`, `stream`, `render` and `validate`, resolved.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Built-in name, folder or file of the tokenizer.
    pub tokenizer: String,
    /// Source of another chat template, or the path of one.
    pub chat_template: Option<String>,
    /// More template arguments, JSON by name.
    pub template_kwargs: serde_json::Map<String, serde_json::Value>,
    /// Texts of the tokens that end a turn; `None` are those that the tokenizer's folder names.
    pub stop_tokens: Option<Vec<String>>,
    /// Serving mode; `None` is the template's own default.
    pub thinking: Option<bool>,
    /// Date that templates print, `YYYY-MM-DD`; resolved before the run starts.
    pub date: String,
    /// Dialect of the family, where it has several (`hf` or `harmony` for gpt-oss).
    pub dialect: Option<String>,
    /// Path of a shared tool list for records that declare none.
    pub tools: Option<String>,
    /// The input layout: a name, the path of a file, or the layout itself; `None` recognizes it.
    pub layout: Option<LayoutChoice>,
    /// What happens to records that are judged good or bad.
    pub verdict: VerdictPolicy,
    /// Whether lossless repairs are made; otherwise they are errors.
    pub repair: bool,
    /// What a wrong call does.
    pub validation: Validation,
    /// What a bad record does.
    pub on_error: OnError,
    /// Most rejected records: a count (>= 1) or a fraction (< 1) of the records read.
    pub max_rejected: Option<f64>,
    /// Which turns and fields are trained; `None` follows the layout.
    pub loss: Option<Loss>,
    /// What one sample is.
    pub samples: Samples,
    /// What happens to turns whose prompt differs from serving.
    pub history: History,
    /// What happens where spans cannot be proved.
    pub on_inexact: OnInexact,
    /// Where text is cut for encoding.
    pub boundary: Boundary,
    /// Most tokens in a row.
    pub max_length: u32,
    /// What happens to conversations longer than that.
    pub over_length: OverLength,
    /// How rows are filled.
    pub packing: Packing,
    /// Samples count as rounded up to a multiple of this many tokens when rows are filled.
    pub sample_multiple: u32,
    /// Finished rows are shuffled inside a window of this many; 0 keeps their order.
    pub shuffle_window: u32,
    /// Seed of the shuffle.
    pub seed: u64,
    /// Column preset or list of names.
    pub columns: Columns,
    /// What happens when the output exists.
    pub if_exists: IfExists,
    /// Worker threads; `None` is one per processor.
    pub threads: Option<usize>,
    /// Bytes for blocks in flight (one half) and for the caches of all workers (the other).
    pub memory_limit: Option<u64>,
    /// Longest line that is read.
    pub max_line_bytes: u64,
    /// Deepest JSON nesting that is read.
    pub max_depth: u32,
    /// Which tokenizer engine runs.
    pub tokenizer_backend: Backend,
    /// Bytes of a block of whole lines; never changes the output.
    pub block_bytes: usize,
    /// Target size of a row group in bytes of tokens.
    pub row_group_bytes: u64,
    /// Target size of a part file when the output is a directory.
    pub part_bytes: u64,
}

impl Options {
    /// Worker threads of a run: as many as were asked for, or one per processor; at least one.
    #[must_use]
    pub fn worker_threads(&self) -> usize {
        let available = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.unwrap_or_else(available).max(1)
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            tokenizer: "qwen3".into(),
            chat_template: None,
            template_kwargs: serde_json::Map::new(),
            stop_tokens: None,
            thinking: None,
            date: String::new(),
            dialect: None,
            tools: None,
            layout: None,
            verdict: VerdictPolicy::Refuse,
            repair: true,
            validation: Validation::Mask,
            on_error: OnError::Quarantine,
            max_rejected: None,
            loss: None,
            samples: Samples::Conversation,
            history: History::Mask,
            on_inexact: OnInexact::Reject,
            boundary: Boundary::Prompt,
            max_length: 8192,
            over_length: OverLength::Split,
            packing: Packing::BestFit,
            sample_multiple: 1,
            shuffle_window: 0,
            seed: 0,
            columns: Columns::Preset(ColumnPreset::Trl),
            if_exists: IfExists::Error,
            threads: None,
            memory_limit: None,
            max_line_bytes: 64 << 20,
            max_depth: 256,
            tokenizer_backend: Backend::Auto,
            block_bytes: 1 << 20,
            row_group_bytes: 32 << 20,
            part_bytes: 512 << 20,
        }
    }
}

/// What happens to records that are judged good or bad, or that hold a better and a worse side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictPolicy {
    /// They are rejected.
    #[default]
    Refuse,
    /// What was judged bad is left out, and the better side is trained.
    Better,
    /// Verdicts are not looked at.
    Ignore,
}

/// What a wrong call (undeclared tool, arguments against the schema) does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Validation {
    /// Its turn stays as context and is not trained.
    Mask,
    /// Its record is rejected.
    Reject,
    /// It is counted.
    Warn,
    /// It is not looked for.
    Off,
}

/// What a bad record does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// It is kept in the rejects file, and the run goes on.
    Quarantine,
    /// The first one in (shard, line) order ends the run.
    Raise,
}

/// Which turns and fields are trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Loss {
    /// A named policy.
    Preset(LossPreset),
    /// Weight by field name; fields that are not named weigh 0.
    Weights(std::collections::BTreeMap<String, f32>),
}

/// The named loss policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossPreset {
    /// Everything sampled, in every assistant turn.
    Assistant,
    /// Everything sampled in the last assistant turn.
    LastTurn,
    /// Every assistant turn after the last user message.
    LastRound,
    /// Turns that call tools: the calls and their stop token.
    ToolCalls,
    /// Assistant turns without calls.
    FinalAnswer,
    /// Everything sampled but reasoning.
    NoReasoning,
    /// Every token.
    All,
}

/// What one sample is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Samples {
    /// A conversation.
    Conversation,
    /// An assistant turn with all that is before it.
    Turn,
    /// A user round with all that is before it.
    Round,
}

/// What happens to turns whose prompt differs from serving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum History {
    /// They are context.
    Mask,
    /// They are trained all the same.
    Keep,
    /// Each gets a row of its own.
    Expand,
    /// Each is printed after its own generation prompt.
    Inline,
}

/// What happens where spans cannot be proved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnInexact {
    /// The record is rejected.
    #[default]
    Reject,
    /// The turn is not trained.
    MaskTurn,
}

/// Where text is cut for encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Boundary {
    /// At control tokens and at the border prompt | sampled, as serving does.
    Prompt,
    /// At control tokens only, as transformers does.
    Whole,
}

/// What happens to conversations longer than `max_length`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverLength {
    /// Sub-conversations that fit, each turn trained once.
    Split,
    /// Cut at the last turn that fits.
    Truncate,
    /// Left out and counted.
    Drop,
    /// The run ends.
    Error,
}

/// How rows are filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Packing {
    /// Bounded pool, best fit, arrival order roughly kept.
    BestFit,
    /// Best fit decreasing over everything.
    Bfd,
    /// One long stream cut every `max_length` tokens.
    Wrapped,
    /// One conversation a row.
    None,
}

/// Which columns are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Columns {
    /// What one trainer reads.
    Preset(ColumnPreset),
    /// The named columns, in this order.
    Names(Vec<String>),
}

/// Column sets by the trainer that reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnPreset {
    /// `input_ids`, `loss_mask`, `labels`, `seq_lengths`, `sources`.
    Trl,
    /// Exactly `input_ids`, `attention_mask`, `labels`.
    Axolotl,
}

/// What happens when the output exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IfExists {
    /// The run refuses to start.
    Error,
    /// It is replaced, atomically, at the end.
    Overwrite,
}

/// Which tokenizer engine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backend {
    /// The fast engine where it recognizes the tokenizer, else the reference.
    Auto,
    /// Always the `tokenizers` crate.
    Reference,
}
