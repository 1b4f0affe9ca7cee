//! The offending piece of a record, as a compiler would show it.

use rustc_hash::FxHashMap;
use serde::Serialize;
use tooltrain_json::{Json, Tape, escape_for_display};

use crate::finding::{Code, Finding, Severity};

/// Characters shown before the piece, of the piece, and after it.
const BEFORE: usize = 24;
const PIECE: usize = 60;
const AFTER: usize = 24;

/// A piece of a line, on one line of text, with what is around it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    /// The piece and what is around it; control characters are escaped, and what is left out is an ellipsis.
    pub text: String,
    /// Where the piece begins in `text`, in characters.
    pub start: usize,
    /// Where it ends, in characters.
    pub end: usize,
}

impl Excerpt {
    /// The bytes `start..end` of `line`.
    fn new(line: &str, start: usize, end: usize) -> Self {
        let start = line.floor_char_boundary(start);
        let end = line.ceil_char_boundary(end.max(start));
        let before = start_of_last(&line[..start], BEFORE);
        let (shown_end, cut) = match line[start..end].char_indices().nth(PIECE) {
            Some((at, _)) => (start + at, true),
            None => (end, false),
        };
        let after = if cut { shown_end } else { end_of_first(&line[end..], AFTER) + end };
        let mut text = String::new();
        if before > 0 {
            text.push('…');
        }
        escape_for_display(&line[before..start], &mut text);
        let piece = text.chars().count();
        escape_for_display(&line[start..shown_end], &mut text);
        if cut {
            text.push('…');
        }
        let piece_end = text.chars().count();
        escape_for_display(&line[shown_end..after], &mut text);
        if !cut && after < line.len() {
            text.push('…');
        }
        Self { text, start: piece, end: piece_end.max(piece + 1) }
    }
}

/// Where the last `count` characters of `text` begin.
fn start_of_last(text: &str, count: usize) -> usize {
    text.char_indices().rev().take(count).last().map_or(text.len(), |(at, _)| at)
}

/// Where the first `count` characters of `text` end.
fn end_of_first(text: &str, count: usize) -> usize {
    text.char_indices().nth(count).map_or(text.len(), |(at, _)| at)
}

/// Makes excerpts for the first findings of each kind in the blocks that a worker meets in their order, and again from
/// the start when it goes back to an earlier block. The first of a run are among them, whoever meets which blocks.
pub(crate) struct Excerpts {
    most: usize,
    made: FxHashMap<(Severity, Code), usize>,
    /// Shard and block that were met last.
    last: (u32, u64),
    tape: Tape,
}

impl Excerpts {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, made: FxHashMap::default(), last: (0, 0), tape: Tape::default() }
    }

    pub(crate) fn begin_block(&mut self, shard: u32, block: u64) {
        if (shard, block) < self.last {
            self.made.clear();
        }
        self.last = (shard, block);
    }

    /// Excerpts of `line` by position in `findings`; an empty one for a line that was not kept.
    pub(crate) fn of(
        &mut self,
        findings: &[Finding],
        line: Option<&[u8]>,
        max_depth: u32,
    ) -> Vec<(usize, Excerpt)> {
        let mut wanted = Vec::new();
        for (position, finding) in findings.iter().enumerate() {
            let made = self.made.entry((finding.severity, finding.code)).or_default();
            if *made < self.most {
                *made += 1;
                wanted.push(position);
            }
        }
        if wanted.is_empty() {
            return Vec::new();
        }
        let text = String::from_utf8_lossy(line.unwrap_or_default());
        let record = self.tape.read(&text, max_depth).ok();
        let excerpt = |position: usize| {
            let finding = &findings[position];
            let (start, end) = piece(record, &text, finding);
            (position, if line.is_some() { Excerpt::new(&text, start, end) } else { Excerpt::default() })
        };
        wanted.into_iter().map(excerpt).collect()
    }
}

/// The bytes of the line that a finding is about: what its pointer leads to, or the byte it names.
fn piece(record: Option<Json<'_, '_>>, text: &str, finding: &Finding) -> (usize, usize) {
    let at = finding.offset as usize;
    let Some(record) = record else { return (at, text.ceil_char_boundary(at.saturating_add(1))) };
    let mut pointer = finding.pointer.as_str();
    loop {
        if let Some(value) = record.at(pointer) {
            let start = value.offset();
            return (start, start + value.source().len());
        }
        match pointer.rsplit_once('/') {
            Some((parent, _)) => pointer = parent,
            None => return (record.offset(), record.offset() + record.source().len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(line: &str, finding: &Finding) -> String {
        let made = Excerpts::new(1).of(std::slice::from_ref(finding), Some(line.as_bytes()), 100);
        let Excerpt { text, start, end } = &made[0].1;
        let marks = " ".repeat(*start) + &"^".repeat(end - start);
        format!("{text}\n{marks}")
    }

    #[test]
    fn the_piece_that_a_pointer_leads_to_is_marked() {
        let line =
            r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "robot", "content": "beep"}]}"#;
        let finding = Finding::new(Code::UnknownRole, "/messages/1/role", "x");
        assert_eq!(
            excerpt(line, &finding),
            concat!(
                "…ntent\": \"hi\"}, {\"role\": \"robot\", \"content\": \"beep\"}]}\n",
                "                         ^^^^^^^"
            )
        );
    }

    #[test]
    fn a_pointer_to_what_is_missing_marks_what_it_is_missing_from() {
        let finding = Finding::new(Code::RoleMissing, "/messages/0/role", "x");
        assert_eq!(
            excerpt(r#"{"messages": [{"content": "hi"}]}"#, &finding),
            "{\"messages\": [{\"content\": \"hi\"}]}\n              ^^^^^^^^^^^^^^^^^"
        );
    }

    #[test]
    fn a_broken_line_is_marked_where_it_breaks() {
        let finding = Finding::new(Code::InvalidJson, "", "x").at(6);
        assert_eq!(excerpt("{\"a\": }\u{7}", &finding), "{\"a\": }\\u{7}\n      ^");
        assert_eq!(excerpt("{", &finding.clone().at(1)), "{\n ^");
    }

    #[test]
    fn long_pieces_are_cut_and_control_characters_escaped() {
        let line = format!("{{\"messages\": \"{}\u{200b}\"}}", "é".repeat(100));
        let shown = excerpt(&line, &Finding::new(Code::FieldWrongType, "/messages", "x"));
        assert_eq!(
            shown,
            format!("{{\"messages\": \"{}…\n{}{}", "é".repeat(59), " ".repeat(13), "^".repeat(61))
        );
        let shown = excerpt("{\"a\": \"\u{200b}\"}", &Finding::new(Code::FieldWrongType, "/a", "x"));
        assert_eq!(shown, "{\"a\": \"\\u{200b}\"}\n      ^^^^^^^^^^");
    }

    #[test]
    fn only_the_first_of_a_kind_are_shown_until_an_earlier_block_comes() {
        let mut excerpts = Excerpts::new(2);
        let finding = Finding::new(Code::EmptyAssistant, "", "x");
        let other = Finding::new(Code::EmptyAssistant, "", "x").severity(Severity::Error);
        let findings = [finding.clone(), finding.clone(), finding, other];
        let positions = |made: Vec<(usize, Excerpt)>| made.iter().map(|(at, _)| *at).collect::<Vec<_>>();
        assert_eq!(positions(excerpts.of(&findings, Some(b"{}"), 9)), [0, 1, 3]);
        assert_eq!(positions(excerpts.of(&findings, Some(b"{}"), 9)), [3]);
        excerpts.begin_block(1, 3);
        assert_eq!(positions(excerpts.of(&findings, Some(b"{}"), 9)), [0; 0]);
        excerpts.begin_block(1, 2);
        assert_eq!(positions(excerpts.of(&findings, Some(b"{}"), 9)), [0, 1, 3]);
        excerpts.begin_block(2, 0);
        assert_eq!(positions(excerpts.of(&findings, Some(b"{}"), 9)), [3]);
    }
}
