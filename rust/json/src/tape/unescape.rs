//! What a string holds, without the escapes that it is spelled with.

use std::borrow::Cow;

use crate::print::unicode_escape;
use crate::strings::next_special;

/// The content of a string whose escapes were checked.
pub(super) fn unescape_bytes(raw: &[u8]) -> Cow<'_, [u8]> {
    match std::str::from_utf8(raw).map(unescape) {
        Ok(Cow::Borrowed(text)) => Cow::Borrowed(text.as_bytes()),
        Ok(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
        Err(_) => Cow::Borrowed(raw),
    }
}

/// The content of a string whose escapes were checked; borrowed where there are none. Half of a
/// surrogate pair, which is a problem elsewhere, becomes U+FFFD.
#[inline(never)]
pub(super) fn unescape(raw: &str) -> Cow<'_, str> {
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
