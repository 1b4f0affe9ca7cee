//! What `validate` collects: every finding of every record, and what the set does with its tools.
//! Nothing is rendered, tokenized or packed; records can be written with their repairs.

mod excerpt;
mod frame;
mod kept;
mod repair;
mod tool_use;
mod verdicts;

use serde::Serialize;

pub use excerpt::Excerpt;
pub(crate) use excerpt::Excerpts;
pub use frame::schema;
pub use kept::{Example, KeptFindings, Limits};
pub(crate) use kept::{Found, Keeper};
pub(crate) use repair::{FixedRecord, Repairer};
pub use tool_use::{ToolUse, ToolUseSummary};
pub use verdicts::Verdicts;

use crate::finding::Finding;
use crate::finding_counts::FindingCounts;
use crate::options::Options;
use crate::unread::UnreadKeys;

/// One shard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AuditedShard {
    /// Its name.
    pub name: String,
    /// Bytes of its file.
    pub bytes: u64,
    /// Its records.
    pub records: Verdicts,
    /// Its findings by severity.
    pub findings: BySeverity,
}

/// Findings by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BySeverity {
    /// Findings that reject their record.
    pub error: u64,
    /// Findings that take their turn out of training.
    pub masked: u64,
    /// Findings that do neither.
    pub warning: u64,
    /// Repairs.
    pub fixed: u64,
}

impl BySeverity {
    pub(crate) fn count(&mut self, finding: &Finding) {
        use crate::finding::Severity::{Error, Fixed, Masked, Warning};
        *match finding.severity {
            Error => &mut self.error,
            Masked => &mut self.masked,
            Warning => &mut self.warning,
            Fixed => &mut self.fixed,
        } += 1;
    }
}

/// What `validate` says of a set of shards.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Audit {
    /// Version of the engine.
    pub version: String,
    /// Records of all shards.
    pub records: Verdicts,
    /// The shards in order.
    pub shards: Vec<AuditedShard>,
    /// Findings by code and severity, worst first, each with its first example. Always all of them.
    pub findings: FindingCounts,
    /// The first findings of each code and severity, with the offending piece, in the order of shard and line.
    pub examples: Vec<Example>,
    /// How many findings are in the frame.
    pub kept: u64,
    /// Keys of the records that nobody read.
    pub left_unread: UnreadKeys,
    /// What the set does with its tools.
    pub tool_use: ToolUseSummary,
    /// The repaired records, where they were asked for.
    pub fixed: Option<Fixed>,
    /// Bytes of the shards' files.
    pub bytes_in: u64,
    /// Bytes of their text.
    pub text_bytes: u64,
    /// Worker threads.
    pub threads: usize,
    /// Seconds that the run took.
    pub seconds: f64,
    /// The options it was asked for.
    pub options: Options,
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Fixed {
    /// Path of the file.
    pub out: String,
    /// Path of the rejected records, where there are some.
    pub rejects: Option<String>,
    /// Records in the file: those that are not rejected.
    pub written: u64,
    /// Records among them with a repair written into them.
    pub mended: u64,
    /// Records among them whose repair cannot be written in their layout: it is made whenever they are read.
    pub left: u64,
}
