//! The scanner: one pass over the bytes, a node for each value and key.

use super::keys::{may_repeat, signature};
use super::number::{number_end, skip_space};
use super::unescape::unescape_bytes;
use super::{Kind, MOST_PROBLEMS, Node, Open, Tape};
use crate::print::unicode_escape;
use crate::problem::{Problem, ProblemKind};
use crate::strings::{next_special, pass_over_escaped_quotes};

impl Tape {
    pub(super) fn scan(&mut self, bytes: &[u8], max_depth: usize) -> Result<(), (ProblemKind, usize)> {
        let mut at = skip_space(bytes, 0);
        loop {
            let start = at;
            match bytes.get(at) {
                Some(b'"') => {
                    at = self.string(bytes, start)?;
                }
                Some(b'[') if self.copy_known_list(bytes, &mut at, max_depth) => {}
                Some(&byte @ (b'{' | b'[')) => {
                    let object = byte == b'{';
                    if self.open.len() >= max_depth {
                        return Err((ProblemKind::TooDeep, at));
                    }
                    self.open.push(Open {
                        node: self.nodes.len() as u32,
                        keys: self.signatures.len() as u32,
                        object,
                    });
                    self.deepest = self.deepest.max(self.open.len());
                    self.push(start, start + 1, if object { Kind::Object } else { Kind::Array });
                    at = skip_space(bytes, at + 1);
                    match bytes.get(at) {
                        Some(b'}') if object => at = self.close(bytes, at),
                        Some(b']') if !object => at = self.close(bytes, at),
                        Some(b'"') if object => {
                            at = self.key(bytes, at)?;
                            continue;
                        }
                        _ if object => return Err((ProblemKind::ExpectedKey, at)),
                        _ => continue,
                    }
                }
                Some(b't') => at = self.word(bytes, start, b"true", Kind::True)?,
                Some(b'f') => at = self.word(bytes, start, b"false", Kind::False)?,
                Some(b'n') => at = self.word(bytes, start, b"null", Kind::Null)?,
                Some(b'-' | b'0'..=b'9') => {
                    at = number_end(bytes, start)?;
                    self.push(start, at, Kind::Number);
                }
                _ => return Err((ProblemKind::ExpectedValue, at)),
            }
            loop {
                at = skip_space(bytes, at);
                let Some(&Open { object, .. }) = self.open.last() else {
                    return if at == bytes.len() { Ok(()) } else { Err((ProblemKind::Trailing, at)) };
                };
                match bytes.get(at) {
                    Some(b',') => {
                        at = skip_space(bytes, at + 1);
                        if object {
                            if bytes.get(at) != Some(&b'"') {
                                return Err((ProblemKind::ExpectedKey, at));
                            }
                            at = self.key(bytes, at)?;
                        }
                        break;
                    }
                    Some(b'}') if object => at = self.close(bytes, at),
                    Some(b']') if !object => at = self.close(bytes, at),
                    _ => return Err((ProblemKind::ExpectedComma { object }, at)),
                }
            }
        }
    }

    /// Puts the list at `at` on the tape and goes past it, if it is a member of the record and came before.
    #[inline]
    fn copy_known_list(&mut self, bytes: &[u8], at: &mut usize, max_depth: usize) -> bool {
        let ([Open { object: true, .. }], Some(key)) = (&self.open[..], self.nodes.last()) else {
            return false;
        };
        if !self.repeated.expected_under(&bytes[key.start as usize + 1..key.end as usize - 1]) {
            return false;
        }
        let Some(copied) = self.repeated.copy(bytes, *at, max_depth.saturating_sub(1), &mut self.nodes)
        else {
            self.may_repeat = Some(self.nodes.len() as u32);
            return false;
        };
        self.deepest = self.deepest.max(1 + copied.levels);
        *at = copied.end;
        true
    }

    #[inline]
    fn push(&mut self, start: usize, end: usize, kind: Kind) {
        let next = self.nodes.len() as u32 + 1;
        self.nodes.push(Node { start: start as u32, end: end as u32, next, kind, escaped: false });
    }

    /// The key that opens at `start`, its colon and the space after it.
    #[inline]
    fn key(&mut self, bytes: &[u8], start: usize) -> Result<usize, (ProblemKind, usize)> {
        let end = self.string(bytes, start)?;
        let escaped = self.nodes.last().is_some_and(|node| node.escaped);
        let signature = if escaped {
            let key = unescape_bytes(&bytes[start + 1..end - 1]);
            signature(&key, 0, key.len())
        } else {
            signature(bytes, start + 1, end - 1)
        };
        self.signatures.push(signature);
        let at = skip_space(bytes, end);
        if bytes.get(at) != Some(&b':') {
            return Err((ProblemKind::ExpectedColon, at));
        }
        Ok(skip_space(bytes, at + 1))
    }

    /// The string that opens at `start`; returns the place after its closing quote.
    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "most of a text is short strings, and a call costs as much as one"
    )]
    fn string(&mut self, bytes: &[u8], start: usize) -> Result<usize, (ProblemKind, usize)> {
        let at = next_special(bytes, start + 1);
        if bytes.get(at) == Some(&b'"') {
            self.push(start, at + 1, Kind::String);
            return Ok(at + 1);
        }
        self.escaped_string(bytes, start, at)
    }

    /// The same for a string whose first special byte, at `at`, is no quote.
    #[inline(never)]
    fn escaped_string(
        &mut self,
        bytes: &[u8],
        start: usize,
        at: usize,
    ) -> Result<usize, (ProblemKind, usize)> {
        let end = self.escaped_string_end(bytes, at)?;
        self.push(start, end, Kind::String);
        if let Some(node) = self.nodes.last_mut() {
            node.escaped = true;
        }
        Ok(end)
    }

    fn escaped_string_end(&mut self, bytes: &[u8], mut at: usize) -> Result<usize, (ProblemKind, usize)> {
        loop {
            match bytes.get(at) {
                Some(b'"') => return Ok(at + 1),
                Some(b'\\') => match bytes.get(at + 1) {
                    Some(b'"') => at = pass_over_escaped_quotes(bytes, at + 2),
                    Some(b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => at += 2,
                    Some(b'u') => {
                        let digits = bytes.get(at + 2..at + 6);
                        if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                            return Err((ProblemKind::BadEscape, at));
                        }
                        let (length, character) = unicode_escape(bytes, at);
                        if character.is_none() {
                            self.note(bytes, ProblemKind::LoneSurrogate, at);
                        }
                        at += length;
                    }
                    Some(_) => return Err((ProblemKind::BadEscape, at)),
                    None => return Err((ProblemKind::OpenString, bytes.len())),
                },
                Some(_) => return Err((ProblemKind::ControlCharacter, at)),
                None => return Err((ProblemKind::OpenString, bytes.len())),
            }
            at = next_special(bytes, at);
        }
    }

    #[inline]
    fn word(
        &mut self,
        bytes: &[u8],
        start: usize,
        word: &[u8],
        kind: Kind,
    ) -> Result<usize, (ProblemKind, usize)> {
        if bytes[start..].starts_with(word) {
            self.push(start, start + word.len(), kind);
            Ok(start + word.len())
        } else {
            Err((ProblemKind::ExpectedValue, start))
        }
    }

    /// Closes the innermost container, whose bracket is at `at`; returns the place after it.
    #[inline]
    fn close(&mut self, bytes: &[u8], at: usize) -> usize {
        let next = self.nodes.len() as u32;
        if let Some(&open) = self.open.last() {
            if let Some(node) = self.nodes.get_mut(open.node as usize) {
                node.end = at as u32 + 1;
                node.next = next;
            }
            let keys = open.keys as usize;
            if open.object && self.signatures.len() > keys + 1 && may_repeat(&self.signatures[keys..]) {
                self.note_repeated_keys(bytes, open.node);
            }
            self.signatures.truncate(keys);
            self.open.pop();
        }
        at + 1
    }

    #[cold]
    fn note(&mut self, bytes: &[u8], kind: ProblemKind, at: usize) {
        if self.problems.len() < MOST_PROBLEMS {
            let pointer = self.pointer_of_open(bytes);
            self.problems.push(Problem::new(kind, at, pointer));
        }
    }
}
