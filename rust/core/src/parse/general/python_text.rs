//! Python literals, as `repr` prints them, where JSON is expected: `{'name': 'f', 'live': True, 'after': None}`.

use std::fmt::Write as _;

use tooltrain_json::print_json_string;

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 128;

/// The JSON text of a Python literal; `None` where the text is none.
pub(super) fn to_json(text: &str) -> Option<String> {
    let mut reader = Literal { text, bytes: text.as_bytes(), at: 0, json: String::with_capacity(text.len()) };
    reader.value(0)?;
    reader.space();
    (reader.at == reader.bytes.len()).then_some(reader.json)
}

/// The JSON text of the literal or JSON value at the start of `text`, and how long it is.
pub(super) fn prefix_to_json(text: &str) -> Option<(String, usize)> {
    let mut reader = Literal { text, bytes: text.as_bytes(), at: 0, json: String::new() };
    reader.value(0)?;
    Some((reader.json, reader.at))
}

struct Literal<'p> {
    text: &'p str,
    bytes: &'p [u8],
    at: usize,
    json: String,
}

impl Literal<'_> {
    fn space(&mut self) {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn peek(&mut self) -> Option<u8> {
        self.space();
        self.bytes.get(self.at).copied()
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.peek()? {
            b'{' => self.object(depth),
            b'[' => self.list(b']', depth),
            b'(' => self.list(b')', depth),
            b'\'' | b'"' => self.string(),
            b'-' | b'+' | b'0'..=b'9' => self.number(),
            _ => self.word(depth),
        }
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        self.at += 1;
        self.json.push('{');
        let mut first = true;
        loop {
            match self.peek()? {
                b'}' => break self.at += 1,
                b',' if !first => self.at += 1,
                _ if first => {}
                _ => return None,
            }
            if self.peek()? == b'}' {
                self.at += 1;
                break;
            }
            if !first {
                self.json.push_str(", ");
            }
            first = false;
            match self.peek()? {
                b'\'' | b'"' => self.string()?,
                _ => return None,
            }
            if self.peek()? != b':' {
                return None;
            }
            self.at += 1;
            self.json.push_str(": ");
            self.value(depth + 1)?;
        }
        self.json.push('}');
        Some(())
    }

    fn list(&mut self, close: u8, depth: usize) -> Option<()> {
        self.at += 1;
        self.json.push('[');
        let mut first = true;
        loop {
            match self.peek()? {
                byte if byte == close => break self.at += 1,
                b',' if !first => self.at += 1,
                // Arrays of numpy have nothing between their elements.
                b'{' | b'[' if !first => {}
                _ if first => {}
                _ => return None,
            }
            if self.peek()? == close {
                self.at += 1;
                break;
            }
            if !first {
                self.json.push_str(", ");
            }
            first = false;
            self.value(depth + 1)?;
        }
        self.json.push(']');
        Some(())
    }

    fn number(&mut self) -> Option<()> {
        let start = self.at;
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+' | b'_');
        while self.bytes.get(self.at).is_some_and(is_part) {
            self.at += 1;
        }
        let number = &self.text[start..self.at];
        serde_json::from_str::<serde_json::Number>(number).ok()?;
        self.json.push_str(number);
        Some(())
    }

    fn word(&mut self, depth: usize) -> Option<()> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_') {
            self.at += 1;
        }
        match &self.text[start..self.at] {
            "None" | "null" | "nan" | "NaN" => self.json.push_str("null"),
            "True" | "true" => self.json.push_str("true"),
            "False" | "false" => self.json.push_str("false"),
            "array" if self.peek() == Some(b'(') => {
                self.at += 1;
                self.value(depth + 1)?;
                if self.peek()? == b',' {
                    let end = self.text[self.at..].find(')')?;
                    self.at += end;
                }
                (self.peek()? == b')').then_some(())?;
                self.at += 1;
            }
            _ => return None,
        }
        Some(())
    }

    /// A string, or several side by side, which Python joins.
    fn string(&mut self) -> Option<()> {
        let mut content = String::new();
        loop {
            self.one_string(&mut content)?;
            match self.peek() {
                Some(b'\'' | b'"') => {}
                _ => break,
            }
        }
        print_json_string(&content, &mut self.json);
        Some(())
    }

    fn one_string(&mut self, content: &mut String) -> Option<()> {
        let quote = *self.bytes.get(self.at)?;
        self.at += 1;
        let mut copied = self.at;
        loop {
            let byte = *self.bytes.get(self.at)?;
            if byte == quote {
                content.push_str(&self.text[copied..self.at]);
                self.at += 1;
                return Some(());
            }
            if byte != b'\\' {
                self.at += 1;
                continue;
            }
            content.push_str(&self.text[copied..self.at]);
            self.at += 1;
            let escape = *self.bytes.get(self.at)?;
            self.at += 1;
            match escape {
                b'n' => content.push('\n'),
                b't' => content.push('\t'),
                b'r' => content.push('\r'),
                b'b' => content.push('\u{8}'),
                b'f' => content.push('\u{c}'),
                b'\\' | b'\'' | b'"' | b'/' => content.push(char::from(escape)),
                b'\n' => {}
                b'x' => content.push(self.hexadecimal(2)?),
                b'u' => content.push(self.hexadecimal(4)?),
                b'U' => content.push(self.hexadecimal(8)?),
                other if other.is_ascii() => {
                    let _ = write!(content, "\\{}", char::from(other));
                }
                _ => return None,
            }
            copied = self.at;
        }
    }

    fn hexadecimal(&mut self, digits: usize) -> Option<char> {
        let text = self.text.get(self.at..self.at + digits)?;
        self.at += digits;
        char::from_u32(u32::from_str_radix(text, 16).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repr_prints_becomes_json() {
        for (python, json) in [
            ("{'a': True, 'b': None, 'c': [1, 2.5, -3]}", r#"{"a": true, "b": null, "c": [1, 2.5, -3]}"#),
            (r#"{"it's": 'a "quote"'}"#, r#"{"it's": "a \"quote\""}"#),
            (r"'line\nend \x41 \u00e9'", r#""line\nend A é""#),
            ("('a', 'b',)", r#"["a", "b"]"#),
            ("array([{'a': 1} {'b': 2}], dtype=object)", r#"[{"a": 1}, {"b": 2}]"#),
            ("nan", "null"),
            ("{}", "{}"),
        ] {
            assert_eq!(to_json(python).as_deref(), Some(json), "{python}");
        }
        for none in ["{'a': }", "{'a' 1}", "[1, 2", "f(x)", "'open", "{1: 2}", "<args>", "", "01x"] {
            assert_eq!(to_json(none), None, "{none}");
        }
        assert_eq!(prefix_to_json("['a'] and more"), Some((r#"["a"]"#.to_owned(), 5)));
    }
}
