//! How long hostile schemas take: one record for each of them, read and checked as `validate` does.
//!
//! `cargo run --release --example hostile_schemas` prints the longest of five times for each and the worst of all.
#![allow(clippy::print_stdout, reason = "it is a program that prints")]

use std::time::{Duration, Instant};

use tooltrain_core::finding::Finding;
use tooltrain_core::parse::{self, ParseOptions, Scratch};
use tooltrain_core::validate::{ValidateOptions, Validator};

#[path = "../tests/support/hostile_schemas.rs"]
#[allow(unreachable_pub, missing_docs, reason = "the tests use it too")]
mod hostile_schemas;

use hostile_schemas::{Ends, Hostile};

const ROUNDS: usize = 5;

fn main() {
    let mut worst = (Duration::ZERO, String::new());
    for hostile in hostile_schemas::cases() {
        let record = record(&hostile);
        let (mut longest, mut found) = (Duration::ZERO, Vec::new());
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            found = check(record.as_bytes());
            longest = longest.max(begun.elapsed());
        }
        let codes: Vec<_> = found.iter().map(|finding| finding.code.name()).collect();
        let ends =
            if hostile.ends == Ends::Somehow { String::new() } else { format!(" ({:?})", hostile.ends) };
        println!("{:8.2} ms  {}{ends}: {}", milliseconds(longest), hostile.name, codes.join(", "));
        if longest > worst.0 {
            worst = (longest, hostile.name);
        }
    }
    println!("worst: {:.2} ms, {}", milliseconds(worst.0), worst.1);
}

/// A record with one tool and one call of it.
fn record(hostile: &Hostile) -> String {
    format!(
        r#"{{"messages": [{{"role": "user", "content": "hi"}}, {{"role": "assistant", "tool_calls": [{{"id": "a", "function": {{"name": "f", "arguments": {}}}}}]}}], "tools": [{{"name": "f", "parameters": {}}}]}}"#,
        hostile.arguments, hostile.schema
    )
}

fn check(record: &[u8]) -> Vec<Finding> {
    let options = ParseOptions { max_depth: u32::MAX, ..ParseOptions::default() };
    match parse::parse(record, &mut Scratch::default(), &options) {
        Ok(mut parsed) => {
            let mut validator = Validator::new(ValidateOptions::default());
            validator.validate(&mut parsed.conversation, &mut parsed.findings);
            parsed.findings
        }
        Err(findings) => findings,
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
