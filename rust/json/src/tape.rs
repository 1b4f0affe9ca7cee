//! The one door for reading JSON: a strict RFC 8259 scanner that turns a line into a flat tape of
//! nodes, each with the bytes it covers.
//!
//! Nothing is converted. A node says what a value is and where its source text stands, so that
//! arguments, schemas and numbers travel as they were spelled. The tape is one vector that is used
//! again for every line; reading never recurses, so no nesting can exhaust the stack.
//!
//! Beyond the grammar, two things that RFC 8259 leaves open are problems here, because readers
//! disagree about what they mean: a key that stands twice in one object (also when the spelling
//! differs, `"a"` and `"\u0061"`), and half of a surrogate pair. Both leave the rest of the line
//! readable, so all of them are reported.

use std::borrow::Cow;

use crate::print::unicode_escape;
use crate::problem::{Problem, ProblemKind};
use crate::repeated::RepeatedLists;
use crate::strings::{next_special, pass_over_escaped_quotes};

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true`
    True,
    /// `false`
    False,
    /// A number, in whatever spelling.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl Kind {
    /// The name used in messages, with its article.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Null => "null",
            Kind::True | Kind::False => "a boolean",
            Kind::Number => "a number",
            Kind::String => "a string",
            Kind::Array => "a list",
            Kind::Object => "an object",
        }
    }
}

/// One value or key. Children follow their container; `next` jumps over them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    /// First byte of the source text: the opening quote of a string, the bracket of a container.
    pub(crate) start: u32,
    /// One past the last byte.
    pub(crate) end: u32,
    /// The node after this one and everything inside it.
    pub(crate) next: u32,
    pub(crate) kind: Kind,
    /// Whether a string holds a backslash.
    pub(crate) escaped: bool,
}

/// A container that is still open while the scanner is inside it.
#[derive(Clone, Copy, Debug)]
struct Open {
    node: u32,
    /// Where the signatures of its keys start.
    keys: u32,
    object: bool,
}

/// The nodes of one JSON text. Kept between texts for its memory.
#[derive(Debug, Default)]
pub struct Tape {
    nodes: Vec<Node>,
    open: Vec<Open>,
    signatures: Vec<u64>,
    problems: Vec<Problem>,
    deepest: usize,
    repeated: RepeatedLists,
    /// The node of a list that is read and may come again.
    may_repeat: Option<u32>,
}

/// Objects up to this many members have their keys compared pair by pair.
const FEW_KEYS: usize = 12;

/// Most problems that are reported of one text.
const MOST_PROBLEMS: usize = 100;

impl Tape {
    /// A tape for records that mostly have the same lists under these keys: what is known is not read again.
    #[must_use]
    pub fn with_repeated_lists(keys: &'static [&'static str]) -> Self {
        Self { repeated: RepeatedLists::under(keys), ..Self::default() }
    }

    /// Reads `text`, which has to be one JSON value with nothing but space around it, nested at
    /// most `max_depth` deep. The problems come in the order they were met; the last one is the
    /// one that ended the reading if it is a matter of grammar.
    pub fn read<'t, 'a>(&'t mut self, text: &'a str, max_depth: u32) -> Result<Json<'t, 'a>, &'t [Problem]> {
        self.nodes.clear();
        self.open.clear();
        self.signatures.clear();
        self.problems.clear();
        self.deepest = 0;
        self.may_repeat = None;
        let bytes = text.as_bytes();
        if u32::try_from(bytes.len()).is_err() {
            self.problems.push(Problem::new(ProblemKind::TooLong, 0, String::new()));
        } else if let Err((kind, at)) = self.scan(bytes, max_depth as usize) {
            let pointer = self.pointer_of_open(bytes);
            self.problems.push(Problem::new(kind, at, pointer));
        }
        if !self.problems.is_empty() {
            return Err(&self.problems);
        }
        if let Some(list) = self.may_repeat {
            self.repeated.remember(bytes, &self.nodes, list as usize);
        }
        Ok(Json { tape: self, text, node: 0 })
    }

    /// How deep the text that was read last is nested.
    #[must_use]
    pub fn deepest(&self) -> usize {
        self.deepest
    }

    /// The value that was read last, `text` being what it was read from; `None` if that failed.
    #[must_use]
    pub fn root<'t, 'a>(&'t self, text: &'a str) -> Option<Json<'t, 'a>> {
        (self.problems.is_empty() && !self.nodes.is_empty()).then_some(Json { tape: self, text, node: 0 })
    }

    fn scan(&mut self, bytes: &[u8], max_depth: usize) -> Result<(), (ProblemKind, usize)> {
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

    /// Looks at the keys themselves, since signatures only say that two may be equal.
    #[cold]
    fn note_repeated_keys(&mut self, bytes: &[u8], object: u32) {
        let mut keys = Vec::new();
        let end = self.nodes[object as usize].next;
        let mut node = object + 1;
        while node < end {
            let key = self.nodes[node as usize];
            let raw = &bytes[key.start as usize + 1..key.end as usize - 1];
            let text = if key.escaped { unescape_bytes(raw) } else { Cow::Borrowed(raw) };
            keys.push((text, key.start));
            node = self.nodes[node as usize + 1].next;
        }
        keys.sort_unstable();
        let mut repeated: Vec<_> =
            keys.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].clone()).collect();
        if repeated.is_empty() {
            return;
        }
        repeated.sort_unstable_by_key(|&(_, start)| start);
        let base = self.pointer_of_containers(bytes, self.open.len());
        for (key, start) in repeated {
            if self.problems.len() >= MOST_PROBLEMS {
                return;
            }
            let mut pointer = base.clone();
            push_segment(&mut pointer, &String::from_utf8_lossy(&key));
            self.problems.push(Problem::new(ProblemKind::DuplicateKey, start as usize, pointer));
        }
    }

    /// JSON pointer of the value that is being read.
    #[cold]
    fn pointer_of_open(&self, bytes: &[u8]) -> String {
        let mut pointer = self.pointer_of_containers(bytes, self.open.len());
        if let Some(open) = self.open.last() {
            self.push_place(bytes, open, self.nodes.len() as u32, &mut pointer);
        }
        pointer
    }

    /// JSON pointer of the innermost of the first `depth` open containers.
    fn pointer_of_containers(&self, bytes: &[u8], depth: usize) -> String {
        let mut pointer = String::new();
        for pair in self.open[..depth].windows(2) {
            self.push_place(bytes, &pair[0], pair[1].node, &mut pointer);
        }
        pointer
    }

    /// The step from the container `open` to its child `child`, which may not be on the tape yet.
    fn push_place(&self, bytes: &[u8], open: &Open, child: u32, pointer: &mut String) {
        let mut node = open.node + 1;
        let mut position = 0_u32;
        let mut last_key = None;
        while node < child {
            if open.object && position.is_multiple_of(2) {
                last_key = self.nodes.get(node as usize).copied();
            }
            position += 1;
            node = self.nodes.get(node as usize).map_or(child, |node| node.next);
        }
        if !open.object {
            push_segment(pointer, &position.to_string());
        } else if let (Some(key), true) = (last_key, !position.is_multiple_of(2)) {
            let raw = &bytes[key.start as usize + 1..key.end as usize - 1];
            push_segment(pointer, &String::from_utf8_lossy(&unescape_bytes(raw)));
        }
    }
}

/// Appends one step to a JSON pointer.
pub fn push_segment(pointer: &mut String, segment: &str) {
    pointer.push('/');
    for character in segment.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

/// A number that differs for almost all keys that differ, from the length and the ends of the key that stands at
/// `start..end`. Of a short key it is the key itself.
#[inline]
fn signature(bytes: &[u8], start: usize, end: usize) -> u64 {
    let length = (end - start) as u64;
    let key = &bytes[start..end];
    if let (Some(head), Some(tail)) = (key.first_chunk::<8>(), key.last_chunk::<8>()) {
        let mixed = u64::from_le_bytes(*head) ^ u64::from_le_bytes(*tail).rotate_left(29);
        return mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(length);
    }
    let word = match bytes[start..].first_chunk::<8>() {
        Some(word) => u64::from_le_bytes(*word) & ((1 << (8 * length)) - 1),
        None => key.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    };
    word | length << 56
}

/// Whether two of the signatures are equal.
#[inline]
fn may_repeat(signatures: &[u64]) -> bool {
    if signatures.len() <= FEW_KEYS {
        return signatures
            .iter()
            .enumerate()
            .any(|(position, signature)| signatures[position + 1..].contains(signature));
    }
    let mut sorted = signatures.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).any(|pair| pair[0] == pair[1])
}

/// The place after the number at `start`.
#[inline]
fn number_end(bytes: &[u8], start: usize) -> Result<usize, (ProblemKind, usize)> {
    let mut at = start + usize::from(bytes.get(start) == Some(&b'-'));
    match bytes.get(at) {
        Some(b'0') => at += 1,
        Some(b'1'..=b'9') => at = digits_end(bytes, at),
        _ => return Err((ProblemKind::BadNumber, at)),
    }
    if bytes.get(at) == Some(&b'.') {
        let fraction = at + 1;
        at = digits_end(bytes, fraction);
        if at == fraction {
            return Err((ProblemKind::BadNumber, at));
        }
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let exponent = at + 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        at = digits_end(bytes, exponent);
        if at == exponent {
            return Err((ProblemKind::BadNumber, at));
        }
    }
    Ok(at)
}

#[inline]
fn digits_end(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b'0'..=b'9')) {
        at += 1;
    }
    at
}

#[inline]
fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// The content of a string whose escapes were checked.
fn unescape_bytes(raw: &[u8]) -> Cow<'_, [u8]> {
    match std::str::from_utf8(raw).map(unescape) {
        Ok(Cow::Borrowed(text)) => Cow::Borrowed(text.as_bytes()),
        Ok(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
        Err(_) => Cow::Borrowed(raw),
    }
}

/// The content of a string whose escapes were checked; borrowed where there are none. Half of a
/// surrogate pair, which is a problem elsewhere, becomes U+FFFD.
#[inline(never)]
fn unescape(raw: &str) -> Cow<'_, str> {
    let bytes = raw.as_bytes();
    let Some(mut escape) = memchr::memchr(b'\\', bytes) else { return Cow::Borrowed(raw) };
    let mut text = String::with_capacity(raw.len());
    let mut copied = 0;
    loop {
        text.push_str(&raw[copied..escape]);
        let (length, character) = match bytes.get(escape + 1) {
            // What stands for itself is copied with what comes after it.
            Some(b'"' | b'\\' | b'/') => {
                copied = escape + 1;
                escape = next_backslash(bytes, escape + 2);
                if escape >= bytes.len() {
                    break;
                }
                continue;
            }
            Some(b'n') => (2, '\n'),
            Some(b'r') => (2, '\r'),
            Some(b't') => (2, '\t'),
            Some(b'b') => (2, '\u{8}'),
            Some(b'f') => (2, '\u{c}'),
            Some(b'u') => {
                let (length, character) = unicode_escape(bytes, escape);
                (length, character.unwrap_or(char::REPLACEMENT_CHARACTER))
            }
            Some(&byte) => (2, char::from(byte)),
            None => (1, '\\'),
        };
        text.push(character);
        copied = escape + length;
        escape = next_backslash(bytes, copied);
        if escape >= bytes.len() {
            break;
        }
    }
    text.push_str(raw.get(copied..).unwrap_or(""));
    Cow::Owned(text)
}

/// Inside a string whose escapes were checked, a quote or control character cannot stand alone.
fn next_backslash(bytes: &[u8], from: usize) -> usize {
    next_special(bytes, from)
}

/// One value of a text that was read.
#[derive(Clone, Copy, Debug)]
pub struct Json<'t, 'a> {
    tape: &'t Tape,
    text: &'a str,
    node: u32,
}

impl<'t, 'a> Json<'t, 'a> {
    #[inline]
    fn node(self) -> Node {
        self.tape.nodes[self.node as usize]
    }

    /// What the value is.
    #[inline]
    #[must_use]
    pub fn kind(self) -> Kind {
        self.node().kind
    }

    /// Whether it is `null`.
    #[inline]
    #[must_use]
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// Its source text.
    #[inline]
    #[must_use]
    pub fn source(self) -> &'a str {
        let node = self.node();
        &self.text[node.start as usize..node.end as usize]
    }

    /// Where its source text starts.
    #[must_use]
    pub fn offset(self) -> usize {
        self.node().start as usize
    }

    /// The content of a string, unescaped.
    #[inline]
    #[must_use]
    pub fn text(self) -> Option<Cow<'a, str>> {
        let text = self.spelled_text()?;
        Some(if self.node().escaped { unescape(text) } else { Cow::Borrowed(text) })
    }

    /// The content of a string as it is spelled, with its escapes.
    #[inline]
    #[must_use]
    pub fn spelled_text(self) -> Option<&'a str> {
        let node = self.node();
        (node.kind == Kind::String).then(|| &self.text[node.start as usize + 1..node.end as usize - 1])
    }

    /// The value of a boolean.
    #[must_use]
    pub fn boolean(self) -> Option<bool> {
        match self.kind() {
            Kind::True => Some(true),
            Kind::False => Some(false),
            _ => None,
        }
    }

    /// The value of a number, as near as a float comes.
    #[must_use]
    pub fn number(self) -> Option<f64> {
        if self.kind() == Kind::Number { self.source().parse().ok() } else { None }
    }

    /// The elements of an array; nothing of another value.
    #[inline]
    #[must_use]
    pub fn elements(self) -> Elements<'t, 'a> {
        let end = self.node().next;
        Elements { next: if self.kind() == Kind::Array { self.node + 1 } else { end }, end, of: self }
    }

    /// The members of an object in their order; nothing of another value.
    #[inline]
    #[must_use]
    pub fn members(self) -> Members<'t, 'a> {
        let end = self.node().next;
        Members { next: if self.kind() == Kind::Object { self.node + 1 } else { end }, end, of: self }
    }

    /// The member called `name`.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Json<'t, 'a>> {
        let mut members = self.members();
        while let Some((key, value)) = members.next_pair() {
            let node = key.node();
            let same = if node.escaped {
                key.key_text() == name
            } else {
                self.text[node.start as usize + 1..node.end as usize - 1] == *name
            };
            if same {
                return Some(value);
            }
        }
        None
    }

    /// The value that a JSON pointer leads to from here.
    #[must_use]
    pub fn at(self, pointer: &str) -> Option<Json<'t, 'a>> {
        pointer.split('/').skip(1).try_fold(self, |value, segment| {
            let segment = segment.replace("~1", "/").replace("~0", "~");
            match value.kind() {
                Kind::Array => value.elements().nth(segment.parse().ok()?),
                _ => value.get(&segment),
            }
        })
    }

    /// A number that no other value of the same tape has.
    #[must_use]
    pub fn index(self) -> u32 {
        self.node
    }

    /// The tape it was read to.
    #[must_use]
    pub fn tape(self) -> &'t Tape {
        self.tape
    }

    #[inline]
    fn key_text(self) -> Cow<'a, str> {
        self.text().unwrap_or_default()
    }
}

/// The elements of an array.
#[derive(Clone, Debug)]
pub struct Elements<'t, 'a> {
    next: u32,
    end: u32,
    of: Json<'t, 'a>,
}

impl<'t, 'a> Iterator for Elements<'t, 'a> {
    type Item = Json<'t, 'a>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let element = Json { node: self.next, ..self.of };
        self.next = element.node().next;
        Some(element)
    }
}

/// The members of an object.
#[derive(Clone, Debug)]
pub struct Members<'t, 'a> {
    next: u32,
    end: u32,
    of: Json<'t, 'a>,
}

impl<'t, 'a> Members<'t, 'a> {
    /// The next key and value, both as values of the tape.
    #[inline]
    fn next_pair(&mut self) -> Option<(Json<'t, 'a>, Json<'t, 'a>)> {
        if self.next >= self.end {
            return None;
        }
        let key = Json { node: self.next, ..self.of };
        let value = Json { node: self.next + 1, ..self.of };
        self.next = value.node().next;
        Some((key, value))
    }
}

impl<'t, 'a> Iterator for Members<'t, 'a> {
    type Item = (Cow<'a, str>, Json<'t, 'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.next_pair().map(|(key, value)| (key.key_text(), value))
    }
}

#[cfg(test)]
#[path = "tape_tests.rs"]
mod tests;
