//! What a conversion has to say.

use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};
use crate::finding_counts::FindingCounts;
use crate::options::Options;
use crate::unread::UnreadKeys;

/// What became of the records: read = written + rejected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ConvertedRecords {
    /// Counted where lines are cut.
    pub read: u64,
    /// With at least one row.
    pub written: u64,
    /// In the rejects file.
    pub rejected: u64,
    /// Written records whose rows say less than they did; each loss is in the losses file.
    pub lossy: u64,
}

impl ConvertedRecords {
    pub(crate) fn merge(&mut self, other: &ConvertedRecords) {
        let ConvertedRecords { read, written, rejected, lossy } = other;
        self.read += read;
        self.written += written;
        self.rejected += rejected;
        self.lossy += lossy;
    }

    fn check(&self, place: &str) -> Result<()> {
        if self.read == self.written + self.rejected {
            return Ok(());
        }
        let what = format!(
            "{place}: {} records were read, but {} written and {} rejected",
            self.read, self.written, self.rejected
        );
        Err(Error::new(ErrorKind::Internal, what)
            .hint("this is a defect of tooltrain_fast; please report it"))
    }
}

/// A shard and what became of its records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ConvertedShard {
    /// Its name.
    pub name: String,
    /// Bytes as stored.
    pub bytes: u64,
    /// Its records.
    pub records: ConvertedRecords,
}

/// The report of a conversion. Serialized, it is the report file.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ConvertReport {
    /// Version of the library.
    pub version: String,
    /// What was asked for.
    pub verb: String,
    /// The dialect that was written.
    pub to: String,
    /// Path of the rows.
    pub out: String,
    /// Path of the report.
    pub report: String,
    /// Path of the rejected records, if there are any.
    pub rejects: Option<String>,
    /// Path of the list of losses, if there are any: one line for each, with file, line, pointer and message.
    pub losses: Option<String>,
    /// Path of the job description, if one was written.
    pub job_description: Option<String>,
    /// Rows written.
    pub rows: u64,
    /// What became of the records.
    pub records: ConvertedRecords,
    /// What is to be said of the output as a whole.
    pub warnings: Vec<String>,
    /// Findings by code and severity, worst first, each with its first example.
    pub findings: FindingCounts,
    /// Keys of the records that nobody read.
    pub left_unread: UnreadKeys,
    /// The shards in order.
    pub shards: Vec<ConvertedShard>,
    /// Bytes of the shards as stored.
    pub bytes_in: u64,
    /// Bytes of their text.
    pub text_bytes: u64,
    /// Bytes of the rows.
    pub bytes_out: u64,
    /// Hex SHA-256 of the rows.
    pub sha256: String,
    /// Wall time.
    pub seconds: f64,
    /// Worker threads.
    pub threads: usize,
    /// The resolved options.
    pub options: Options,
}

impl ConvertReport {
    /// Proves that no record was lost between reading and writing.
    pub fn check(&self) -> Result<()> {
        let mut sum = ConvertedRecords::default();
        for shard in &self.shards {
            shard.records.check(&shard.name)?;
            sum.merge(&shard.records);
        }
        self.records.check("all shards")?;
        if sum == self.records {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Internal, "the shards do not add up to the records of the run")
            .hint("this is a defect of tooltrain_fast; please report it"))
    }
}
