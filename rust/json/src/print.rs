//! Printing JSON source text the way chat templates do: as Python's
//! `json.dumps(value, ensure_ascii=False)` spaces and escapes it.
//!
//! Nothing is parsed into values, so key order and the spelling of numbers survive. Public sets
//! come from Python in the main, and are in this form already: the printer looks for the first
//! place that is not, and copies everything between two such places in one piece.

use crate::strings::next_special;

/// Appends `source` as `json.dumps(ensure_ascii=False)` would print it: `", "` and `": "` as
/// separators, no other space, strings with only the escapes that Python writes.
///
/// `source` has to be valid JSON, as everything is that came through the scanner of this module.
/// Of other text it makes other text; it does not fail. Numbers keep their spelling, which is the
/// one difference from Python: `1E5` stays `1E5`. Half of a surrogate pair keeps its escape.
pub fn print_json(source: &str, out: &mut String) {
    let bytes = source.as_bytes();
    out.reserve(bytes.len() + bytes.len() / 8);
    let mut copied = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let (end, still_to_copy) = print_string(source, at, copied, out);
                at = end;
                copied = still_to_copy;
            }
            b',' | b':' => {
                let next = skip_space(bytes, at + 1);
                if next != at + 2 || bytes[at + 1] != b' ' {
                    out.push_str(&source[copied..=at]);
                    out.push(' ');
                    copied = next;
                }
                at = next;
            }
            b' ' | b'\t' | b'\n' | b'\r' => {
                out.push_str(&source[copied..at]);
                at = skip_space(bytes, at);
                copied = at;
            }
            _ => at += 1,
        }
    }
    out.push_str(&source[copied..]);
}

/// Appends `text` as a JSON string, quotes included, with the escapes that Python writes.
pub fn print_json_string(text: &str, out: &mut String) {
    out.reserve(text.len() + 2);
    out.push('"');
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        let special = next_special(bytes, at);
        out.push_str(&text[at..special]);
        let Some(&byte) = bytes.get(special) else { break };
        push_escaped(char::from(byte), out);
        at = special + 1;
    }
    out.push('"');
}

/// Walks the string that opens at `open`; `copied` is how far the source is printed already.
/// Returns the place after its closing quote and how far the source is printed then.
fn print_string(source: &str, open: usize, mut copied: usize, out: &mut String) -> (usize, usize) {
    let bytes = source.as_bytes();
    let mut at = open + 1;
    loop {
        at = next_special(bytes, at);
        match bytes.get(at) {
            Some(b'\\') => {}
            Some(b'"') => return (at + 1, copied),
            Some(_) => {
                at += 1;
                continue;
            }
            None => return (at, copied),
        }
        match bytes.get(at + 1) {
            Some(b'/') => {
                out.push_str(&source[copied..at]);
                copied = at + 1;
                at += 2;
            }
            Some(b'u') => {
                let (length, character) = unicode_escape(bytes, at);
                if let Some(character) = character {
                    out.push_str(&source[copied..at]);
                    push_escaped(character, out);
                    copied = at + length;
                }
                at += length;
            }
            Some(byte) if byte.is_ascii() => at += 2,
            _ => at += 1,
        }
    }
}

/// Length of the `\u` escape at `at`, of both halves where it is a pair, and what it stands for.
pub(crate) fn unicode_escape(bytes: &[u8], at: usize) -> (usize, Option<char>) {
    let Some(first) = hex_escape(bytes, at) else { return (2, None) };
    if let Some(character) = char::from_u32(first) {
        return (6, Some(character));
    }
    let pair = hex_escape(bytes, at + 6).filter(|low| first < 0xDC00 && (0xDC00..0xE000).contains(low));
    match pair {
        Some(low) => (12, char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + (low - 0xDC00))),
        None => (6, None),
    }
}

/// The code unit of the `\uXXXX` at `at`.
fn hex_escape(bytes: &[u8], at: usize) -> Option<u32> {
    let [b'\\', b'u', digits @ ..] = bytes.get(at..at + 6)? else { return None };
    digits.iter().try_fold(0, |unit, &digit| Some(unit << 4 | char::from(digit).to_digit(16)?))
}

fn push_escaped(character: char, out: &mut String) {
    match character {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        control @ '\0'..'\u{20}' => {
            const HEX: [char; 16] =
                ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
            out.push_str("\\u00");
            out.push(HEX[control as usize >> 4]);
            out.push(HEX[control as usize & 15]);
        }
        other => out.push(other),
    }
}

#[inline]
fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    fn printed(source: &str) -> String {
        let mut out = String::from("before ");
        print_json(source, &mut out);
        out.split_off("before ".len())
    }

    #[test]
    fn separators_have_one_space_and_nothing_else_has_any() {
        assert_eq!(printed(r#"{"a":1,"b":[1,2],"c":{}}"#), r#"{"a": 1, "b": [1, 2], "c": {}}"#);
        assert_eq!(printed("{ \"a\" :\t1 ,\r\n \"b\" : [ ] }"), r#"{"a": 1, "b": []}"#);
        assert_eq!(printed(r#"{"a": 1, "b": [1, 2]}"#), r#"{"a": 1, "b": [1, 2]}"#);
        assert_eq!(printed(r#"{"a":  1,  "b":	2}"#), r#"{"a": 1, "b": 2}"#);
        assert_eq!(printed("  null  "), "null");
        assert_eq!(printed("[ { } , [ ] ]"), "[{}, []]");
    }

    #[test]
    fn strings_keep_their_spaces_and_separators() {
        assert_eq!(printed(r#"{"a,b :c":" , : [ ] "}"#), r#"{"a,b :c": " , : [ ] "}"#);
    }

    #[test]
    fn escapes_are_those_of_python() {
        assert_eq!(printed(r#""\" \\ \n \r \t \b \f""#), r#""\" \\ \n \r \t \b \f""#);
        assert_eq!(printed(r#""\/ \u002f \u0041 \u00e9 \u007F""#), "\"/ / A \u{e9} \u{7f}\"");
        assert_eq!(
            printed(r#""\u0000 \u001F \u000a \u0008 \u0022 \u005c""#),
            r#""\u0000 \u001f \n \b \" \\""#
        );
        assert_eq!(printed(r#""\ud83d\ude00 \uD83D\uDE00""#), "\"\u{1f600} \u{1f600}\"");
        assert_eq!(printed("\"\u{7f}\u{e9}\u{2028}\u{1f600}\""), "\"\u{7f}\u{e9}\u{2028}\u{1f600}\"");
    }

    #[test]
    fn half_a_pair_keeps_its_escape() {
        assert_eq!(printed(r#""\ud83d x""#), r#""\ud83d x""#);
        assert_eq!(printed(r#""\ude00\ud83d""#), r#""\ude00\ud83d""#);
        assert_eq!(printed(r#""\ud83d\u0041""#), r#""\ud83dA""#);
    }

    #[test]
    fn numbers_keep_their_spelling() {
        let source = r"[1E5, 2.50, 1e400, -0, -0.0, 123456789012345678901234567890]";
        assert_eq!(printed(source), source);
    }

    #[test]
    fn text_that_is_no_json_does_not_stop_it() {
        for source in ["", "\"", "\"\\", "\"\\u12", "\"\\u\u{e9}\u{e9}", "{,:", "\"\\\u{e9}", "\"\u{1}"] {
            printed(source);
        }
    }

    #[test]
    fn a_string_prints_as_python_prints_it() {
        let mut out = String::new();
        print_json_string("a\"b\\c/\n\u{1}\u{7f}\u{e9}", &mut out);
        assert_eq!(out, "\"a\\\"b\\\\c/\\n\\u0001\u{7f}\u{e9}\"");
    }

    /// Python's printing of a value, written once more over `serde_json` values.
    fn dumps(value: &serde_json::Value, out: &mut String) {
        match value {
            serde_json::Value::Array(values) => {
                out.push('[');
                for (index, value) in values.iter().enumerate() {
                    if index > 0 {
                        out.push_str(", ");
                    }
                    dumps(value, out);
                }
                out.push(']');
            }
            serde_json::Value::Object(members) => {
                out.push('{');
                for (index, (key, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push_str(", ");
                    }
                    dumps(&serde_json::Value::String(key.clone()), out);
                    out.push_str(": ");
                    dumps(value, out);
                }
                out.push('}');
            }
            serde_json::Value::String(text) => {
                out.push('"');
                for character in text.chars() {
                    match character {
                        '"' => out.push_str("\\\""),
                        '\\' => out.push_str("\\\\"),
                        '\n' => out.push_str("\\n"),
                        '\r' => out.push_str("\\r"),
                        '\t' => out.push_str("\\t"),
                        '\u{8}' => out.push_str("\\b"),
                        '\u{c}' => out.push_str("\\f"),
                        c if c < ' ' => write!(out, "\\u{:04x}", c as u32).unwrap(),
                        c => out.push(c),
                    }
                }
                out.push('"');
            }
            other => out.push_str(&other.to_string()),
        }
    }

    fn any_value() -> impl proptest::strategy::Strategy<Value = serde_json::Value> {
        use proptest::prelude::*;
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(serde_json::Value::from),
            any::<i64>().prop_map(serde_json::Value::from),
            any::<String>().prop_map(serde_json::Value::from),
            proptest::collection::vec(any::<char>(), 0..20)
                .prop_map(|text| serde_json::Value::from(text.into_iter().collect::<String>())),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(serde_json::Value::from),
                proptest::collection::vec((any::<String>(), inner), 0..5)
                    .prop_map(|members| { serde_json::Value::Object(members.into_iter().collect()) }),
            ]
        })
    }

    /// The value with every character of its strings as `\u` escapes.
    fn escaped(value: &serde_json::Value) -> String {
        let mut out = String::new();
        let mut inside = false;
        let mut characters = value.to_string();
        characters = characters.replace("\\\\", "\\u005c").replace("\\\"", "\\u0022");
        let mut rest = characters.chars();
        while let Some(character) = rest.next() {
            match character {
                '"' => {
                    inside = !inside;
                    out.push(character);
                }
                '\\' => {
                    out.push(character);
                    out.extend(rest.next());
                }
                character if inside && !character.is_ascii_hexdigit() => {
                    let mut units = [0; 2];
                    for unit in character.encode_utf16(&mut units) {
                        write!(out, "\\u{unit:04X}").unwrap();
                    }
                }
                _ => out.push(character),
            }
        }
        out
    }

    proptest::proptest! {
        #[test]
        fn prints_generated_values_as_python_does(value in any_value()) {
            let mut expected = String::new();
            dumps(&value, &mut expected);
            proptest::prop_assert_eq!(printed(&value.to_string()), &expected[..]);
            proptest::prop_assert_eq!(printed(&serde_json::to_string_pretty(&value).unwrap()), &expected[..]);
            proptest::prop_assert_eq!(printed(&expected), &expected[..]);
            proptest::prop_assert_eq!(printed(&escaped(&value)), &expected[..]);
        }
    }
}
