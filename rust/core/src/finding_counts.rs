//! Findings counted by code and severity, each with its first example.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::finding::{Code, Finding, Severity};

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
