//! The report: what became of every record and every token, and what the run cost.
//!
//! Plain data that the stages add to. Counters are kept twice on purpose, where a record or token
//! comes in and where it goes out, so that [`Report::check`] can prove that nothing was lost between.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};
use crate::finding::{Code, Finding, Severity};
use crate::options::Options;
use crate::render::CertificateSummary;
use crate::sample::Row;

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
    /// Where the time went.
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

/// A file of the output.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WrittenFile {
    /// Its name, relative to the output's folder.
    pub name: String,
    /// Rows in it.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// Hex SHA-256 of it.
    pub sha256: String,
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

/// Where a record ends up: every record in exactly one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// At least one sample of it is in a row.
    Packed,
    /// It is in the rejects file.
    Rejected,
    /// Nothing in it would be trained.
    NothingToTrain,
    /// A filter left it out.
    Filtered,
    /// It repeats another record.
    Duplicate,
    /// It is longer than a row, and the policy or the lack of a place to cut left it out.
    OverLength,
}

/// Counts of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Records {
    /// Counted where lines are cut.
    pub read: u64,
    /// In at least one row.
    pub packed: u64,
    /// In the rejects file.
    pub rejected: u64,
    /// Without anything to train.
    pub nothing_to_train: u64,
    /// Of those without anything to train, records whose every turn to train has a wrong call.
    pub only_wrong_calls: u64,
    /// Left out by a filter.
    pub filtered: u64,
    /// Repeating another record.
    pub duplicate: u64,
    /// Longer than a row and left out.
    pub over_length: u64,
}

impl Records {
    /// Counts a record in `bucket`.
    pub fn count(&mut self, bucket: Bucket) {
        *match bucket {
            Bucket::Packed => &mut self.packed,
            Bucket::Rejected => &mut self.rejected,
            Bucket::NothingToTrain => &mut self.nothing_to_train,
            Bucket::Filtered => &mut self.filtered,
            Bucket::Duplicate => &mut self.duplicate,
            Bucket::OverLength => &mut self.over_length,
        } += 1;
    }

    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &Records) {
        let Records {
            read,
            packed,
            rejected,
            nothing_to_train,
            only_wrong_calls,
            filtered,
            duplicate,
            over_length,
        } = other;
        self.only_wrong_calls += only_wrong_calls;
        self.read += read;
        self.packed += packed;
        self.rejected += rejected;
        self.nothing_to_train += nothing_to_train;
        self.filtered += filtered;
        self.duplicate += duplicate;
        self.over_length += over_length;
    }

    /// Records that have a bucket.
    #[must_use]
    pub fn accounted(&self) -> u64 {
        self.packed
            + self.rejected
            + self.nothing_to_train
            + self.filtered
            + self.duplicate
            + self.over_length
    }

    fn check(&self, place: &str) -> Result<()> {
        if self.read == self.accounted() {
            return Ok(());
        }
        Err(broken(format!(
            "{place}: {} records were read, but {} are accounted for: packed {}, rejected {}, \
             nothing_to_train {}, filtered {}, duplicate {}, over_length {}",
            self.read,
            self.accounted(),
            self.packed,
            self.rejected,
            self.nothing_to_train,
            self.filtered,
            self.duplicate,
            self.over_length
        )))
    }
}

/// Tokens on their way from the conversations to the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TokenLedger {
    /// Tokens of the conversations, each rendered whole and once. Counted after tokenization.
    pub r#in: u64,
    /// What the pieces of split and expanded conversations say again, tokens that only a piece prints
    /// included. What only the whole prints is dropped as `shorter_pieces`.
    pub repeated: u64,
    /// Tokens left out, by the name of the policy.
    pub dropped: BTreeMap<String, u64>,
    /// Tokens in the rows. Counted where rows are written.
    pub out: u64,
}

impl TokenLedger {
    /// Counts tokens that `policy` leaves out.
    pub fn drop(&mut self, policy: &str, tokens: u64) {
        if let Some(dropped) = self.dropped.get_mut(policy) {
            *dropped += tokens;
        } else if tokens > 0 {
            self.dropped.insert(policy.to_owned(), tokens);
        }
    }

    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &TokenLedger) {
        self.r#in += other.r#in;
        self.repeated += other.repeated;
        self.out += other.out;
        for (policy, &tokens) in &other.dropped {
            self.drop(policy, tokens);
        }
    }

    /// Tokens that every policy together left out.
    #[must_use]
    pub fn dropped_in_all(&self) -> u64 {
        self.dropped.values().sum()
    }

    fn check(&self, what: &str) -> Result<()> {
        let expected = i128::from(self.r#in) + i128::from(self.repeated) - i128::from(self.dropped_in_all());
        if expected == i128::from(self.out) {
            return Ok(());
        }
        Err(broken(format!(
            "{what}: {} in + {} repeated - {} dropped is {expected}, but {} are in the rows",
            self.r#in,
            self.repeated,
            self.dropped_in_all(),
            self.out
        )))
    }
}

/// Counts of written rows. A part file has one of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RowSummary {
    /// How many.
    pub rows: u64,
    /// Samples in them.
    pub segments: u64,
    /// Tokens of the shortest, 0 without rows.
    pub shortest_row: u64,
    /// Tokens of the longest, 0 without rows.
    pub longest_row: u64,
    /// Tokens in them; the report shows them in its ledger.
    #[serde(skip)]
    pub tokens: u64,
    /// Trained tokens in them; likewise.
    #[serde(skip)]
    pub trained_tokens: u64,
}

impl RowSummary {
    /// Counts a row.
    pub fn count(&mut self, row: &Row) {
        let tokens = row.len() as u64;
        self.shortest_row = if self.rows == 0 { tokens } else { self.shortest_row.min(tokens) };
        self.longest_row = self.longest_row.max(tokens);
        self.rows += 1;
        self.segments += row.samples.len() as u64;
        self.tokens += tokens;
        self.trained_tokens += row.samples.iter().map(crate::sample::Sample::trained_tokens).sum::<u64>();
    }

    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &RowSummary) {
        let RowSummary { rows, segments, shortest_row, longest_row, tokens, trained_tokens } = *other;
        if rows == 0 {
            return;
        }
        self.shortest_row = if self.rows == 0 { shortest_row } else { self.shortest_row.min(shortest_row) };
        self.longest_row = self.longest_row.max(longest_row);
        self.rows += rows;
        self.segments += segments;
        self.tokens += tokens;
        self.trained_tokens += trained_tokens;
    }

    /// Share of the capacity of the rows that tokens fill; 0 without rows.
    #[must_use]
    pub fn fill(&self, max_length: u32) -> f64 {
        let capacity = self.rows * u64::from(max_length);
        if capacity == 0 { 0.0 } else { self.tokens as f64 / capacity as f64 }
    }
}

/// Counts of assistant turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Turns {
    /// All of them.
    pub assistant: u64,
    /// With at least one trained token.
    pub trained: u64,
    /// Not trained because a call in them is wrong.
    pub masked_by_validation: u64,
    /// Not trained because serving would show them another prompt.
    pub prompt_differs: u64,
    /// Not trained because the template drops a field of theirs.
    pub field_dropped: u64,
    /// Trained without reasoning.
    pub trained_without_reasoning: u64,
    /// Tokens, not turns: those that cover bytes of two weights and take the smaller.
    pub straddling_tokens: u64,
}

impl Turns {
    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &Turns) {
        let Turns {
            assistant,
            trained,
            masked_by_validation,
            prompt_differs,
            field_dropped,
            trained_without_reasoning,
            straddling_tokens,
        } = other;
        self.assistant += assistant;
        self.trained += trained;
        self.masked_by_validation += masked_by_validation;
        self.prompt_differs += prompt_differs;
        self.field_dropped += field_dropped;
        self.trained_without_reasoning += trained_without_reasoning;
        self.straddling_tokens += straddling_tokens;
    }
}

/// Findings by code and severity, worst first, each with its first example.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct FindingCounts {
    counts: Vec<FindingCount>,
}

/// How often a code was found with one severity.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FindingCount {
    /// The code.
    #[serde(serialize_with = "code_name")]
    pub code: Code,
    /// What it did to its records.
    #[serde(serialize_with = "severity_name")]
    pub severity: Severity,
    /// How often.
    pub count: u64,
    /// The first one in the order of shard and line.
    pub first: FindingExample,
}

/// A finding with its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FindingExample {
    /// Name of the shard.
    pub file: String,
    /// Line in it, 1 for the first.
    pub line: u64,
    /// JSON pointer into the record; empty for the record itself.
    pub pointer: String,
    /// What was found.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl FindingCounts {
    /// Counts a finding of the record at `line` of `file`. Call it in the order of shard and line:
    /// the first finding of a kind is kept as its example.
    pub fn count(&mut self, finding: &Finding, file: &str, line: u64) {
        match self.place(finding.severity, finding.code) {
            Ok(place) => self.counts[place].count += 1,
            Err(place) => {
                let first = FindingExample {
                    file: file.to_owned(),
                    line,
                    pointer: finding.pointer.clone(),
                    message: finding.message.clone(),
                    hint: finding.hint_text().to_owned(),
                };
                let kind = FindingCount { code: finding.code, severity: finding.severity, count: 1, first };
                self.counts.insert(place, kind);
            }
        }
    }

    /// Adds the counts of `later`, whose records come after those counted here.
    pub fn merge(&mut self, later: &FindingCounts) {
        for kind in &later.counts {
            match self.place(kind.severity, kind.code) {
                Ok(place) => self.counts[place].count += kind.count,
                Err(place) => self.counts.insert(place, kind.clone()),
            }
        }
    }

    /// The kinds, worst severity first.
    pub fn iter(&self) -> impl Iterator<Item = &FindingCount> {
        self.counts.iter()
    }

    /// Counts by the name of the code, severities added up.
    #[must_use]
    pub fn by_code(&self) -> BTreeMap<&'static str, u64> {
        let mut by_code = BTreeMap::new();
        for kind in &self.counts {
            *by_code.entry(kind.code.name()).or_default() += kind.count;
        }
        by_code
    }

    fn place(&self, severity: Severity, code: Code) -> std::result::Result<usize, usize> {
        self.counts.binary_search_by_key(&(severity, code), |kind| (kind.severity, kind.code))
    }
}

/// Seconds of wall time for the whole, of processor time, summed over threads, for each stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
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

/// What one block of lines adds to the report. Workers fill it, the run merges it in block order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BlockReport {
    /// What became of the block's records.
    pub records: Records,
    /// Their tokens; `out` stays 0 here, rows are counted where they are written.
    pub tokens: TokenLedger,
    /// Their trained tokens; likewise.
    pub trained_tokens: TokenLedger,
    /// Their assistant turns.
    pub turns: Turns,
    /// What was found in them.
    pub findings: FindingCounts,
    /// Bytes of their text whose token ids were there already.
    pub reused_bytes: u64,
    /// Processor time spent on them.
    pub seconds: Seconds,
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
        let RowSummary { rows, segments, longest_row, tokens, trained_tokens, .. } = self.rows;
        if self.tokens.out != tokens || self.trained_tokens.out != trained_tokens {
            return Err(broken(format!(
                "the rows hold {tokens} tokens, {trained_tokens} of them trained; the ledger says {} and {}",
                self.tokens.out, self.trained_tokens.out
            )));
        }
        if trained_tokens > tokens || segments > tokens || rows > segments {
            return Err(broken(format!(
                "{rows} rows, {segments} segments, {tokens} tokens and {trained_tokens} trained tokens \
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

fn broken(message: String) -> Error {
    Error::new(ErrorKind::Internal, message)
        .hint("this is a defect of tooltrain_fast; please report it with this message")
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes references
fn code_name<S: serde::Serializer>(code: &Code, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(code.name())
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes references
fn severity_name<S: serde::Serializer>(
    severity: &Severity,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(severity.as_str())
}
