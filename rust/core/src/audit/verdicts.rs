//! Verdicts on records, counted.

use serde::Serialize;

use crate::finding::{Code, Finding, Severity};
use crate::validate::Verdict;

/// What would become of the records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdicts {
    /// Records that were read.
    pub read: u64,
    /// Records that a run would take.
    pub accepted: u64,
    /// Records that it would reject.
    pub rejected: u64,
    /// Records without anything to train.
    pub nothing_to_train: u64,
    /// Of those, records whose every trained turn has a wrong call.
    pub only_wrong_calls: u64,
    /// Accepted records of which a turn is not trained, for a wrong call.
    pub with_masked_turns: u64,
    /// Accepted records that were repaired.
    pub repaired: u64,
}

impl Verdicts {
    pub(crate) fn merge(&mut self, other: &Verdicts) {
        let Verdicts {
            read,
            accepted,
            rejected,
            nothing_to_train,
            only_wrong_calls,
            with_masked_turns,
            repaired,
        } = other;
        self.read += read;
        self.accepted += accepted;
        self.rejected += rejected;
        self.nothing_to_train += nothing_to_train;
        self.only_wrong_calls += only_wrong_calls;
        self.with_masked_turns += with_masked_turns;
        self.repaired += repaired;
    }

    /// Counts a record.
    pub(crate) fn count(&mut self, verdict: Verdict, findings: &[Finding]) {
        let has = |severity| findings.iter().any(|finding| finding.severity == severity);
        match verdict {
            Verdict::Accept => {
                self.accepted += 1;
                self.with_masked_turns += u64::from(has(Severity::Masked));
                self.repaired += u64::from(has(Severity::Fixed));
            }
            Verdict::Reject => self.rejected += 1,
            Verdict::NothingToTrain => {
                self.nothing_to_train += 1;
                let only = findings.iter().any(|finding| finding.code == Code::OnlyWrongCalls);
                self.only_wrong_calls += u64::from(only);
            }
        }
    }
}
