//! Other layouts of JSON source text than the one line of `print_json`: one member a line, and no
//! blanks at all. Strings get the same escapes, numbers keep their spelling.

use crate::print::print_json;
use crate::strings::next_special;

/// Appends `source`, which has to be valid JSON, as Python's
/// `json.dumps(value, ensure_ascii=False, indent=indent)` prints it: one member or value a line.
pub fn print_json_indented(source: &str, indent: usize, out: &mut String) {
    let bytes = source.as_bytes();
    let mut depth = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at += 1;
        match byte {
            b'{' | b'[' => {
                out.push(char::from(byte));
                while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
                    at += 1;
                }
                if let Some(&close @ (b'}' | b']')) = bytes.get(at) {
                    out.push(char::from(close));
                    at += 1;
                } else {
                    depth += 1;
                    new_line(depth * indent, out);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                new_line(depth * indent, out);
                out.push(char::from(byte));
            }
            b',' => {
                out.push(',');
                new_line(depth * indent, out);
            }
            b':' => out.push_str(": "),
            b' ' | b'\t' | b'\n' | b'\r' => {}
            b'"' => {
                at = string_end(bytes, at);
                print_json(&source[start..at], out);
            }
            _ => {
                while bytes.get(at).is_some_and(|byte| !byte.is_ascii_whitespace() && !b",:]}".contains(byte))
                {
                    at += 1;
                }
                out.push_str(&source[start..at]);
            }
        }
    }
}

/// Appends `source`, which has to be valid JSON, without any blanks between its values.
pub fn print_json_compact(source: &str, out: &mut String) {
    let bytes = source.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at += 1;
        match byte {
            b'"' => {
                at = string_end(bytes, at);
                print_json(&source[start..at], out);
            }
            b' ' | b'\t' | b'\n' | b'\r' => {}
            _ => {
                while bytes.get(at).is_some_and(|byte| !byte.is_ascii_whitespace() && *byte != b'"') {
                    at += 1;
                }
                out.push_str(&source[start..at]);
            }
        }
    }
}

fn new_line(blanks: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', blanks));
}

/// One past the quote that closes the string whose first character is at `at`.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    loop {
        at = next_special(bytes, at);
        match bytes.get(at) {
            Some(b'"') => return at + 1,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
            None => return bytes.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_python_does() {
        let mut out = String::new();
        let source = r#"{"a":[1,{"b":[]}, "x , \u00e9\"" ],"c" : {} , "d":{"e":null},"f":1E5}"#;
        print_json_indented(source, 4, &mut out);
        assert_eq!(
            out,
            "{\n    \"a\": [\n        1,\n        {\n            \"b\": []\n        },\n        \"x , é\\\"\"\n    ],\n    \
             \"c\": {},\n    \"d\": {\n        \"e\": null\n    },\n    \"f\": 1E5\n}"
        );
    }

    #[test]
    fn compact_text_has_no_blanks() {
        let mut out = String::new();
        print_json_compact(r#" { "a b" : [ 1 , {"c":"\u00e9, "} ] , "d":null} "#, &mut out);
        assert_eq!(out, r#"{"a b":[1,{"c":"é, "}],"d":null}"#);
    }

    #[test]
    fn scalars_and_empty_containers_stay_on_one_line() {
        for (source, printed) in [("[ ]", "[]"), ("{\n}", "{}"), ("1", "1"), ("\"a\"", "\"a\"")] {
            let mut out = String::new();
            print_json_indented(source, 2, &mut out);
            assert_eq!(out, printed);
        }
    }
}
