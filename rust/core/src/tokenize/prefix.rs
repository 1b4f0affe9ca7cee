//! What acts at the beginning of text: a prefix that a tokenizer puts before it.
//!
//! The reference adds it to each stretch of text between control tokens, or to the beginning of the whole input.
//! Here text is also cut at the prompt of a turn, and what follows such a cut is the middle of a text: nothing is
//! added there. So the parts that add a prefix are taken out of the pipeline ([`Start::take`]), and the prefix is
//! put before those pieces that the reference would see as a beginning.

use serde_json::Value;

use super::Place;

/// Which beginnings get the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// Every stretch of text between control tokens.
    Stretch,
    /// The first byte of the input only.
    Input,
}

/// A prefix and where it is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prefix {
    text: String,
    /// Text that begins with one of these gets no prefix.
    unless: Vec<char>,
    scope: Scope,
    /// Added before control tokens of normalized text are looked for, so that what follows one is no beginning.
    before_normalized_tokens: bool,
}

impl Prefix {
    /// The prefix of a piece of text, empty where none is added.
    pub(crate) fn of(&self, text: &str, place: Place) -> &str {
        let is_beginning = match self.scope {
            Scope::Stretch => match place {
                Place::Input | Place::Stretch => true,
                Place::AfterNormalizedToken => !self.before_normalized_tokens,
                Place::Inside => false,
            },
            Scope::Input => place == Place::Input,
        };
        if is_beginning && !text.is_empty() && !text.starts_with(self.unless.as_slice()) {
            &self.text
        } else {
            ""
        }
    }

    /// The prefix that normalization adds, as it is in normalized text.
    pub(crate) fn of_normalizer(&self) -> Option<&str> {
        self.before_normalized_tokens.then_some(self.text.as_str())
    }
}

/// What a pipeline does at the beginning of text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Start {
    /// The prefix, if there is one.
    pub(crate) prefix: Option<Prefix>,
    /// Why text cannot be cut at the prompt of a turn: a part whose effect depends on what is before a text.
    pub(crate) uncuttable: Option<String>,
}

impl Start {
    /// Takes the prefix out of the two parts of a `tokenizer.json` that may add one.
    pub(crate) fn take(normalizer: &mut Value, pre_tokenizer: &mut Value) -> Self {
        let mut start = Self::default();
        start.take_from(normalizer, Part { is_first: true, is_normalizer: true });
        start.take_from(pre_tokenizer, Part { is_first: true, is_normalizer: false });
        start
    }

    fn take_from(&mut self, part: &mut Value, at: Part) {
        match part["type"].as_str().unwrap_or_default() {
            "Sequence" => self.take_from_sequence(part, at),
            "Prepend" => {
                let text = part["prepend"].as_str().unwrap_or_default().to_owned();
                *part = Value::Null;
                self.add(
                    "Prepend",
                    at,
                    Prefix {
                        text,
                        unless: Vec::new(),
                        scope: Scope::Stretch,
                        before_normalized_tokens: true,
                    },
                );
            }
            "Metaspace" => self.take_metaspace(part, at),
            "ByteLevel" if part["add_prefix_space"].as_bool().unwrap_or(!at.is_normalizer) => {
                part["add_prefix_space"] = Value::Bool(false);
                self.add(
                    "ByteLevel",
                    at,
                    Prefix {
                        text: " ".to_owned(),
                        unless: vec![' '],
                        scope: Scope::Stretch,
                        before_normalized_tokens: false,
                    },
                );
            }
            "Strip" if part["strip_left"].as_bool().unwrap_or(true) => self.cannot_cut("Strip"),
            "Split" | "Replace" => {
                let pattern = part["pattern"]["Regex"].as_str().unwrap_or_default();
                if looks_back(pattern) {
                    self.cannot_cut(&format!("the pattern {pattern:?}"));
                }
            }
            _ => {}
        }
    }

    fn take_from_sequence(&mut self, part: &mut Value, at: Part) {
        let key = if at.is_normalizer { "normalizers" } else { "pretokenizers" };
        let Some(list) = part[key].as_array_mut() else { return };
        let mut is_first = at.is_first;
        for one in list.iter_mut() {
            self.take_from(one, Part { is_first, ..at });
            is_first &= one.is_null() || keeps_beginnings(one);
        }
        list.retain(|one| !one.is_null());
        if list.is_empty() {
            *part = Value::Null;
        }
    }

    fn take_metaspace(&mut self, part: &mut Value, at: Part) {
        let legacy = if part["add_prefix_space"].as_bool().unwrap_or(true) { "always" } else { "never" };
        let scheme = part["prepend_scheme"].as_str().unwrap_or(legacy);
        let scope = match scheme {
            "never" => return,
            "first" => Scope::Input,
            _ => Scope::Stretch,
        };
        let replacement =
            part["replacement"].as_str().and_then(|text| text.chars().next()).unwrap_or('\u{2581}');
        part["prepend_scheme"] = Value::from("never");
        if let Some(object) = part.as_object_mut() {
            object.remove("add_prefix_space");
            object.remove("str_rep");
        }
        self.add(
            "Metaspace",
            at,
            Prefix {
                text: replacement.to_string(),
                unless: vec![replacement, ' '],
                scope,
                before_normalized_tokens: false,
            },
        );
    }

    /// A prefix that is not added at the very beginning, but to each part of a split, or to changed text, is
    /// none that could be put before a text from outside.
    fn add(&mut self, name: &str, at: Part, prefix: Prefix) {
        if !at.is_first || self.prefix.is_some() {
            self.uncuttable.get_or_insert_with(|| format!("{name} after another part"));
        }
        self.prefix.get_or_insert(prefix);
    }

    fn cannot_cut(&mut self, what: &str) {
        self.uncuttable.get_or_insert_with(|| what.to_owned());
    }
}

/// Where a part is.
#[derive(Clone, Copy)]
struct Part {
    /// Nothing before it splits text or changes how it begins.
    is_first: bool,
    is_normalizer: bool,
}

/// Parts before which and after which a prefix is the same.
fn keeps_beginnings(part: &Value) -> bool {
    match part["type"].as_str().unwrap_or_default() {
        "NFC" | "NFD" | "NFKC" | "NFKD" => true,
        "Replace" => part["pattern"]["String"].is_string(),
        _ => false,
    }
}

/// Whether a pattern can see what is before a text: an anchor or a look-behind.
fn looks_back(pattern: &str) -> bool {
    let mut is_in_class = false;
    let mut characters = pattern.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\\' => {
                let escaped = characters.next();
                if matches!(escaped, Some('A' | 'b' | 'B' | 'G' | 'K')) && !is_in_class {
                    return true;
                }
            }
            '[' => is_in_class = true,
            ']' => is_in_class = false,
            '^' if !is_in_class => return true,
            '(' if !is_in_class && characters.peek() == Some(&'?') => {
                let mut ahead = characters.clone();
                ahead.next();
                if ahead.next() == Some('<') && matches!(ahead.next(), Some('=' | '!')) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn taken(mut normalizer: Value, mut pre_tokenizer: Value) -> (Start, Value, Value) {
        let start = Start::take(&mut normalizer, &mut pre_tokenizer);
        (start, normalizer, pre_tokenizer)
    }

    fn prefixes(start: &Start, text: &str) -> [String; 4] {
        let prefix = start.prefix.as_ref().unwrap();
        [Place::Input, Place::Stretch, Place::AfterNormalizedToken, Place::Inside]
            .map(|place| prefix.of(text, place).to_owned())
    }

    #[test]
    fn a_prepended_prefix_begins_every_stretch_of_text() {
        let replace = json!({"type": "Replace", "pattern": {"String": " "}, "content": "▁"});
        let normalizer =
            json!({"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, replace]});
        let (start, normalizer, _) = taken(normalizer, Value::Null);
        assert_eq!(normalizer, json!({"type": "Sequence", "normalizers": [replace]}));
        assert_eq!(prefixes(&start, " a"), ["▁", "▁", "", ""]);
        assert_eq!(prefixes(&start, ""), ["", "", "", ""]);
        assert!(start.uncuttable.is_none());
    }

    #[test]
    fn metaspace_adds_its_prefix_by_scheme_unless_it_is_there() {
        for (scheme, expected) in [("always", ["▁", "▁", "▁", ""]), ("first", ["▁", "", "", ""])] {
            let metaspace =
                json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": false});
            let (start, _, after) = taken(Value::Null, metaspace);
            assert_eq!(prefixes(&start, "a"), expected);
            assert_eq!(prefixes(&start, " a"), ["", "", "", ""]);
            assert_eq!(after["prepend_scheme"], "never");
        }
        let old = json!({"type": "Metaspace", "replacement": "▁", "add_prefix_space": true});
        assert_eq!(prefixes(&taken(Value::Null, old).0, "a"), ["▁", "▁", "▁", ""]);
    }

    #[test]
    fn byte_level_adds_a_space_and_nothing_else_does() {
        let byte_level = json!({"type": "ByteLevel", "add_prefix_space": true, "use_regex": true});
        assert_eq!(prefixes(&taken(Value::Null, byte_level).0, "a"), [" ", " ", " ", ""]);
        let without = json!({"type": "ByteLevel", "add_prefix_space": false});
        assert_eq!(taken(json!({"type": "NFC"}), without).0, Start::default());
    }

    #[test]
    fn parts_that_see_what_is_before_a_text_forbid_cuts() {
        let strip = json!({"type": "Strip", "strip_left": true, "strip_right": false});
        assert!(taken(strip, Value::Null).0.uncuttable.is_some());
        for (pattern, is_refused) in [
            (r"(?<!a)b", true),
            (r"^\s", true),
            (r"\bword", true),
            (r"[^\r\n\p{L}]?\p{L}+|\s+(?!\S)", false),
            (r"(?<name>a)|\^", false),
        ] {
            let split = json!({"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated"});
            assert_eq!(taken(Value::Null, split).0.uncuttable.is_some(), is_refused, "{pattern}");
        }
        let after_split = json!({"type": "Sequence", "pretokenizers": [
            {"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"}]});
        assert!(taken(Value::Null, after_split).0.uncuttable.is_some());
    }
}
