//! Masks and their proofs: certificates, hand-written expectations, self-checks, the prompt of serving.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../support/mod.rs"]
mod support;

mod certificates;
mod corpus;
mod corpus_cases;
mod planted_faults;
mod self_checks;
