//! Findings for what is wrong with the JSON of a record.

use tooltrain_json::{Problem, ProblemKind};

use crate::finding::{Code, Finding};

/// The code of a problem in a record.
pub(super) fn code_of(problem: &Problem) -> Code {
    match problem.kind {
        ProblemKind::LoneSurrogate => Code::LoneSurrogate,
        ProblemKind::DuplicateKey => Code::DuplicateKey,
        ProblemKind::TooDeep => Code::TooDeep,
        ProblemKind::TooLong => Code::LineTooLong,
        _ => Code::InvalidJson,
    }
}

/// The finding for a problem in a record whose text is `text`.
pub(super) fn finding_of(problem: &Problem, text: &str, max_depth: u32) -> Finding {
    let message = problem.message(text, max_depth);
    Finding::new(code_of(problem), problem.pointer.clone(), message).at(problem.offset)
}
