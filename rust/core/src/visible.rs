//! The one escape for text that leaves: terminals, HTML and logs get no character that moves a cursor, changes a color,
//! reorders what is read or breaks a line where the text does not. They are shown instead of being swallowed.

use std::borrow::Cow;
use std::fmt::Write;
use std::path::Path;

/// The text with control and formatting characters made visible, `\x1b` or `\u202e`; line ends and tabs stay.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |c| is_hidden(c) && c != '\n' && c != '\t')
}

/// The same for a name, which has no line ends of its own: they are made visible too.
#[must_use]
pub fn visible_name(text: &str) -> Cow<'_, str> {
    escaped(text, is_hidden)
}

/// A path for messages. Bytes that are not UTF-8 are written `\xNN`.
#[must_use]
pub fn shown_path(path: &Path) -> String {
    let mut shown = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        shown.push_str(&visible_name(chunk.valid()));
        for byte in chunk.invalid() {
            let _ = write!(shown, "\\x{byte:02x}");
        }
    }
    shown
}

fn escaped(text: &str, hides: impl Fn(char) -> bool) -> Cow<'_, str> {
    let Some(first) = text.find(&hides) else { return Cow::Borrowed(text) };
    let mut shown = String::with_capacity(text.len() + 16);
    shown.push_str(&text[..first]);
    for c in text[first..].chars() {
        let _ = match c as u32 {
            _ if !hides(c) => {
                shown.push(c);
                Ok(())
            }
            code @ 0..=0xff => write!(shown, "\\x{code:02x}"),
            code @ 0x100..=0xffff => write!(shown, "\\u{code:04x}"),
            code => write!(shown, "\\U{code:08x}"),
        };
    }
    Cow::Owned(shown)
}

/// Control characters (C0, DEL, C1), marks that reorder text, line and paragraph separators, and characters without
/// any shape that hide text in text.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{061c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_terminals_obey_is_shown_and_everything_else_is_untouched() {
        let hostile = "\x1b]0;t\x07\r\u{9b}31m\u{202e}x\u{2066}\u{2028}\u{7f}\0\u{feff}\u{e0041}\u{200f}";
        assert_eq!(
            visible(hostile),
            r"\x1b]0;t\x07\x0d\x9b31m\u202ex\u2066\u2028\x7f\x00\ufeff\U000e0041\u200f"
        );
        for text in ["", "a\tb\n", "zażółć 😀 👩\u{200d}🚀 עברית العربية", r"\x1b"] {
            assert!(matches!(visible(text), Cow::Borrowed(same) if same == text), "{text}");
        }
        assert_eq!(visible_name("a\nb\tc"), r"a\x0ab\x09c");
    }

    #[test]
    fn every_control_character_is_shown() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32).filter(|c| c.is_control()) {
            let shown = visible_name(c.encode_utf8(&mut [0; 4])).into_owned();
            assert!(shown.starts_with('\\') && !shown.contains(char::is_control), "{c:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_not_utf8_is_shown_byte_by_byte() {
        use std::os::unix::ffi::OsStrExt;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"a\xff\x1b\n.jsonl"));
        assert_eq!(shown_path(path), r"a\xff\x1b\x0a.jsonl");
    }
}
