//! Keys that appear twice in one object. With equal values one of them is dropped, which loses nothing; with different
//! values inside arguments the call is wrong, which costs its turn; anywhere else the record is rejected.

use tooltrain_json::Tape;
use tooltrain_json::{Problem, ProblemKind};

use super::problem_finding::finding_of;
use super::{ParseOptions, Parsed, read_record};
use crate::finding::{Code, Finding, Severity};

/// Reads a record whose text has problems, which are on the tape.
pub(super) fn parse<'a>(
    text: &'a str,
    tape: &mut Tape,
    nested: &mut Vec<Tape>,
    options: &ParseOptions,
) -> Result<Parsed<'a>, Vec<Finding>> {
    let problems = match tape.read(text, options.max_depth) {
        Ok(_) => return read_record(text, tape, nested, options),
        Err(problems) => problems.to_vec(),
    };
    let as_found = |problems: &[Problem]| {
        problems.iter().map(|problem| finding_of(problem, text, options.max_depth)).collect()
    };
    let only_repeated = problems.iter().all(|problem| problem.kind == ProblemKind::DuplicateKey);
    let Some(repaired) = only_repeated.then(|| without_repeated_keys(text, &problems)).flatten() else {
        return Err(as_found(&problems));
    };
    if tape.read(&repaired.text, options.max_depth).is_err() {
        return Err(as_found(&problems));
    }
    let mut parsed = read_record(&repaired.text, tape, nested, options)?;
    let fixed = if options.repair { Severity::Fixed } else { Severity::Error };
    for problem in &problems {
        let is_wrong = repaired.wrong_calls.contains(&problem.pointer);
        let (code, severity, what) = if is_wrong {
            (Code::DuplicateKey, Severity::Masked, "a key appears twice in the arguments, with two values")
        } else {
            (
                Code::KeyRepeated,
                fixed,
                "the key appears twice with the same value; one of the two was dropped",
            )
        };
        let finding = Finding::new(code, problem.pointer.clone(), what).severity(severity).at(problem.offset);
        parsed.findings.push(finding);
    }
    if parsed.findings.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(parsed.findings);
    }
    let places = parsed.conversation.places.clone();
    for message in &mut parsed.conversation.messages {
        let pointer = places.pointer(crate::conversation::Place::Message(message.index)) + "/";
        if repaired.wrong_calls.iter().any(|wrong| wrong.starts_with(&pointer)) {
            message.masked = Some(Code::DuplicateKey);
        }
    }
    Ok(Parsed { conversation: parsed.conversation.into_owned(), ..parsed })
}

struct Repaired {
    text: String,
    /// Pointers to keys inside arguments that had two values.
    wrong_calls: Vec<String>,
}

/// The text without the second of two equal members; `None` where two members of one name differ outside arguments.
/// Inside arguments the last one stays, as most readers have it.
fn without_repeated_keys(text: &str, problems: &[Problem]) -> Option<Repaired> {
    let mut cuts = Vec::new();
    let mut wrong_calls = Vec::new();
    for problem in problems {
        let second = member_at(text, problem.offset)?;
        let first = earlier_member(text, second.key, problem.offset)?;
        if first.value == second.value {
            cuts.push((second.start, second.end));
        } else if problem.pointer.contains("/arguments/") {
            cuts.push((first.start, first.end));
            wrong_calls.push(problem.pointer.clone());
        } else {
            return None;
        }
    }
    cuts.sort_unstable();
    cuts.dedup();
    let mut repaired = String::with_capacity(text.len());
    let mut copied = 0;
    for (start, end) in cuts {
        if start < copied {
            return None;
        }
        repaired.push_str(&text[copied..start]);
        copied = end;
    }
    repaired.push_str(&text[copied..]);
    Some(Repaired { text: repaired, wrong_calls })
}

struct Member<'m> {
    key: &'m str,
    value: &'m str,
    /// What has to go with it: the member, and the comma before it or after it.
    start: usize,
    end: usize,
}

/// The member whose key begins at `offset`.
fn member_at(text: &str, offset: usize) -> Option<Member<'_>> {
    let bytes = text.as_bytes();
    let key_end = string_end(bytes, offset)?;
    let colon = skip_space(bytes, key_end);
    let value_start = skip_space(bytes, colon + 1);
    let value_end = value_end(bytes, value_start)?;
    let before = bytes[..offset].iter().rposition(|byte| !byte.is_ascii_whitespace())?;
    let after = skip_space(bytes, value_end);
    let (start, end) = match (bytes[before], bytes.get(after)) {
        (b',', _) => (before, value_end),
        (_, Some(b',')) => (offset, skip_space(bytes, after + 1)),
        _ => (offset, value_end),
    };
    Some(Member { key: &text[offset..key_end], value: &text[value_start..value_end], start, end })
}

/// The member of the same object before `offset` whose key is spelled `key`.
fn earlier_member<'m>(text: &'m str, key: &str, offset: usize) -> Option<Member<'m>> {
    let bytes = text.as_bytes();
    // Objects that are open at `offset`, by where their members begin.
    let mut open: Vec<Option<usize>> = Vec::new();
    let mut at = 0;
    while at < offset {
        match bytes[at] {
            b'"' => {
                at = string_end(bytes, at)?;
                continue;
            }
            b'{' => open.push(Some(at + 1)),
            b'[' => open.push(None),
            b'}' | b']' => {
                open.pop();
            }
            _ => {}
        }
        at += 1;
    }
    let mut at = skip_space(bytes, open.pop()??);
    while at < offset {
        let member = member_at(text, at)?;
        if member.key == key {
            return Some(member);
        }
        let value_end = member.value.as_ptr() as usize - text.as_ptr() as usize + member.value.len();
        at = skip_space(bytes, skip_space(bytes, value_end) + 1);
    }
    None
}

fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

fn value_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = start;
    loop {
        match bytes.get(at) {
            Some(b'"') => at = string_end(bytes, at)?,
            Some(b'{' | b'[') => {
                depth += 1;
                at += 1;
            }
            Some(b'}' | b']') if depth > 0 => {
                depth -= 1;
                at += 1;
            }
            Some(b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n') | None if depth == 0 => return Some(at),
            Some(_) => {
                at += 1;
                continue;
            }
            None => return None,
        }
        if depth == 0 {
            return Some(at);
        }
    }
}
