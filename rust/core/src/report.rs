//! The report: what became of every record and every token, and what the run cost.
//!
//! Plain data that the stages add to. Counters are kept twice on purpose, where a record or token
//! comes in and where it goes out, so that [`Report::check`] can prove that nothing was lost between.

use serde::Serialize;

use crate::error::Result;
use crate::ledger::broken;
use crate::options::Options;
use crate::render::CertificateSummary;
use crate::unread::UnreadKeys;

pub use crate::finding_counts::{FindingCount, FindingCounts, FindingExample};
pub use crate::ledger::{BlockReport, Bucket, Records, RowSummary, Seconds, TokenLedger, Turns};
pub use crate::write::WrittenFile;

/// Everything a run has to say. Serialized, it is the report file.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Version of the library.
    pub version: String,
    /// What was asked for: `pack` or `tokenize`.
    pub verb: String,
    /// Path of the output; empty for a stream.
    pub out: String,
    /// Path of the report file; empty for a stream.
    pub report: String,
    /// Path of the rejects file, if a record was rejected.
    pub rejects: Option<String>,
    /// The written files.
    pub files: Vec<WrittenFile>,
    /// The tokenizer.
    pub tokenizer: TokenizerSummary,
    /// The chat template.
    pub template: TemplateSummary,
    /// The serving mode that the run prepared for, as one phrase.
    pub serving: String,
    /// What became of the records.
    pub records: Records,
    /// The same by shard, in the order of reading.
    pub shards: Vec<ShardReport>,
    /// What became of the tokens.
    pub tokens: TokenLedger,
    /// What became of the trained ones among them.
    pub trained_tokens: TokenLedger,
    /// The rows that were written.
    #[serde(flatten)]
    pub rows: RowSummary,
    /// Share of the rows' capacity that tokens fill, 0 to 1.
    pub fill: f64,
    /// Most tokens that a row could have.
    pub max_length: u32,
    /// What became of the assistant turns.
    pub turns: Turns,
    /// Findings by code and severity.
    pub findings: FindingCounts,
    /// Keys of the records that nobody read.
    pub left_unread: UnreadKeys,
    /// Where the time went.
    #[serde(flatten)]
    pub seconds: Seconds,
    /// Bytes of the shards as stored, compressed ones before decompression.
    pub bytes_in: u64,
    /// Bytes of text in them, after decompression, line ends included.
    pub text_bytes: u64,
    /// Bytes of printed text whose token ids a worker had from an earlier piece of the same bytes. It
    /// depends on which worker took which block.
    pub reused_bytes: u64,
    /// Worker threads.
    pub threads: usize,
    /// The resolved options.
    pub options: Options,
}

/// Which tokenizer ran.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TokenizerSummary {
    /// Built-in name, or the path as given.
    pub name: String,
    /// Hex SHA-256 of its `tokenizer.json`.
    pub sha256: String,
    /// The engine.
    pub backend: String,
    /// Why this engine.
    pub reason: String,
}

/// Which chat template ran.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TemplateSummary {
    /// Its name.
    pub name: String,
    /// Hex SHA-256 of its source.
    pub sha256: String,
    /// What came of trying it out.
    pub certificate: CertificateSummary,
}

/// A shard and what became of its records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ShardReport {
    /// Its name, relative to the root of the sources.
    pub name: String,
    /// Bytes as stored.
    pub bytes: u64,
    /// What became of its records.
    pub records: Records,
}

impl Report {
    /// Adds a block of the shard at `shard` in [`Report::shards`], the blocks before it being added.
    pub fn add_block(&mut self, shard: usize, block: &BlockReport) -> Result<()> {
        let shards = self.shards.len();
        let Some(entry) = self.shards.get_mut(shard) else {
            return Err(broken(format!("a block of shard {shard} was reported, but there are {shards}")));
        };
        entry.records.merge(&block.records);
        self.records.merge(&block.records);
        self.tokens.merge(&block.tokens);
        self.trained_tokens.merge(&block.trained_tokens);
        self.turns.merge(&block.turns);
        self.findings.merge(&block.findings);
        self.left_unread.merge(&block.left_unread);
        self.reused_bytes += block.reused_bytes;
        self.seconds.merge(&block.seconds);
        Ok(())
    }

    /// Adds written rows; `max_length` must be set before.
    pub fn add_rows(&mut self, rows: &RowSummary) {
        self.rows.merge(rows);
        self.tokens.out += rows.tokens;
        self.trained_tokens.out += rows.trained_tokens;
        self.fill = self.rows.fill(self.max_length);
    }

    /// Proves that no record and no token was lost: every shard's records are in its buckets, the
    /// shards add up to the total, the tokens in the rows are those that came in, with what was
    /// repeated and without what was dropped, and the files hold all the rows. Anything else is a
    /// defect of this library and an error.
    pub fn check(&self) -> Result<()> {
        let mut total = Records::default();
        for shard in &self.shards {
            shard.records.check(&shard.name)?;
            total.merge(&shard.records);
        }
        self.records.check("all shards together")?;
        if total != self.records {
            return Err(broken(format!("the shards add up to {total:?}, the total is {:?}", self.records)));
        }
        self.tokens.check("tokens")?;
        self.trained_tokens.check("trained tokens")?;
        self.check_rows()
    }

    fn check_rows(&self) -> Result<()> {
        let RowSummary { rows, samples, longest_row, tokens, trained_tokens, .. } = self.rows;
        if self.tokens.out != tokens || self.trained_tokens.out != trained_tokens {
            return Err(broken(format!(
                "the rows hold {tokens} tokens, {trained_tokens} of them trained; the ledger says {} and {}",
                self.tokens.out, self.trained_tokens.out
            )));
        }
        if trained_tokens > tokens || samples > tokens || rows > samples {
            return Err(broken(format!(
                "{rows} rows, {samples} samples, {tokens} tokens and {trained_tokens} trained tokens \
                 cannot be true together"
            )));
        }
        if longest_row > u64::from(self.max_length) {
            return Err(broken(format!("a row has {longest_row} tokens; max_length is {}", self.max_length)));
        }
        let in_files: u64 = self.files.iter().map(|file| file.rows).sum();
        if !self.files.is_empty() && in_files != rows {
            return Err(broken(format!("{rows} rows were packed, but the files hold {in_files}")));
        }
        Ok(())
    }
}
