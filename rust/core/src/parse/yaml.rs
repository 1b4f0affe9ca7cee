//! YAML side files: the one place that knows the YAML parser.
//!
//! A document becomes a flat list of nodes. An alias is the number of the node that it means, so that a
//! file of aliases to aliases takes no more room than its text.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle};
use tooltrain_json::excerpt;

/// Merge keys and aliases that may follow each other.
const MERGE_DEPTH: usize = 16;

/// What is wrong with a YAML text, and its line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct YamlProblem {
    pub(super) line: usize,
    pub(super) message: String,
}

/// A YAML text that was read.
#[derive(Debug, Default)]
pub(super) struct Document<'t> {
    nodes: Vec<Node<'t>>,
    root: Option<usize>,
}

#[derive(Debug)]
struct Node<'t> {
    line: usize,
    value: Value<'t>,
}

#[derive(Debug)]
enum Value<'t> {
    Scalar {
        text: Cow<'t, str>,
        plain: bool,
    },
    Sequence(Vec<usize>),
    /// Keys and values by turns.
    Mapping(Vec<usize>),
}

/// One value of a document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Yaml<'d> {
    document: &'d Document<'d>,
    node: &'d Node<'d>,
}

impl<'t> Document<'t> {
    pub(super) fn read(text: &'t str) -> Result<Self, YamlProblem> {
        let mut document = Self::default();
        let mut anchors: HashMap<usize, usize> = HashMap::new();
        let mut open: Vec<usize> = Vec::new();
        let mut parser = Parser::new_from_str(text.strip_prefix('\u{FEFF}').unwrap_or(text));
        while let Some(event) = parser.next_event() {
            let (event, span) = event.map_err(|error| YamlProblem {
                line: error.marker().line(),
                message: error.info().to_owned(),
            })?;
            let line = span.start.line();
            let (value, anchor) = match event {
                Event::Scalar(text, style, anchor, _) => {
                    (Value::Scalar { text, plain: style == ScalarStyle::Plain }, anchor)
                }
                Event::SequenceStart(anchor, _) => (Value::Sequence(Vec::new()), anchor),
                Event::MappingStart(anchor, _) => (Value::Mapping(Vec::new()), anchor),
                Event::Alias(anchor) => {
                    let unknown = || YamlProblem { line, message: "unknown anchor".to_owned() };
                    let meant = *anchors.get(&anchor).ok_or_else(unknown)?;
                    document.place(meant, &open);
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    if let Some(closed) = open.pop() {
                        document.check_keys(closed)?;
                    }
                    continue;
                }
                Event::DocumentStart(_) if document.root.is_some() => {
                    let message = "a second document starts; one is expected".to_owned();
                    return Err(YamlProblem { line, message });
                }
                _ => continue,
            };
            let number = document.nodes.len();
            let opens = !matches!(value, Value::Scalar { .. });
            document.nodes.push(Node { line, value });
            document.place(number, &open);
            if anchor != 0 {
                anchors.insert(anchor, number);
            }
            if opens {
                open.push(number);
            }
        }
        Ok(document)
    }

    /// Puts a node into the innermost open one; the first of all is the root.
    fn place(&mut self, number: usize, open: &[usize]) {
        match open.last().and_then(|&outer| self.nodes.get_mut(outer)) {
            None => self.root = self.root.or(Some(number)),
            Some(Node { value: Value::Sequence(inner) | Value::Mapping(inner), .. }) => inner.push(number),
            Some(_) => {}
        }
    }

    /// Refuses a mapping with the same key twice: readers disagree about which one counts.
    fn check_keys(&self, mapping: usize) -> Result<(), YamlProblem> {
        let Some(Node { value: Value::Mapping(members), .. }) = self.nodes.get(mapping) else {
            return Ok(());
        };
        let mut seen = std::collections::HashSet::new();
        for key in members.iter().step_by(2).filter_map(|&key| self.nodes.get(key)) {
            if let Value::Scalar { text, .. } = &key.value
                && !seen.insert(text)
            {
                let mut message = "duplicate key ".to_owned();
                message.push_str(&excerpt(text, 0));
                return Err(YamlProblem { line: key.line, message });
            }
        }
        Ok(())
    }

    /// The value of the whole text; `None` where it has none.
    pub(super) fn root(&self) -> Option<Yaml<'_>> {
        self.value(self.root?)
    }

    fn value(&self, number: usize) -> Option<Yaml<'_>> {
        Some(Yaml { document: self, node: self.nodes.get(number)? })
    }
}

impl<'d> Yaml<'d> {
    /// Line of the text, from 1.
    pub(super) fn line(self) -> usize {
        self.node.line
    }

    /// The text of a scalar, quoted or not.
    pub(super) fn text(self) -> Option<&'d str> {
        match &self.node.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Whether there is no value: an empty place, `~` or `null`.
    pub(super) fn is_null(self) -> bool {
        matches!(&self.node.value, Value::Scalar { text, plain: true } if matches!(&**text, "" | "~" | "null" | "Null" | "NULL"))
    }

    /// What it is, for a message.
    pub(super) fn kind(self) -> &'static str {
        match &self.node.value {
            Value::Scalar { .. } if self.is_null() => "nothing",
            Value::Scalar { .. } => "a single value",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }

    /// The members of a mapping in order; none of anything else.
    pub(super) fn members(self) -> impl Iterator<Item = (Yaml<'d>, Yaml<'d>)> {
        let members: &[usize] = match &self.node.value {
            Value::Mapping(members) => members,
            _ => &[],
        };
        members
            .chunks_exact(2)
            .filter_map(move |pair| Some((self.document.value(pair[0])?, self.document.value(pair[1])?)))
    }

    pub(super) fn is_mapping(self) -> bool {
        matches!(self.node.value, Value::Mapping(_))
    }

    /// The member of a mapping with this key, its own before one of a merge key (`<<`).
    pub(super) fn get(self, key: &str) -> Option<Yaml<'d>> {
        self.get_within(key, MERGE_DEPTH)
    }

    fn get_within(self, key: &str, depth: usize) -> Option<Yaml<'d>> {
        let member =
            |name: &str| self.members().find(|(key, _)| key.text() == Some(name)).map(|(_, value)| value);
        if let Some(own) = member(key) {
            return Some(own);
        }
        let merged = member("<<").filter(|_| depth > 0)?;
        match &merged.node.value {
            Value::Sequence(parts) => parts
                .iter()
                .filter_map(|&part| self.document.value(part))
                .find_map(|part| part.get_within(key, depth - 1)),
            _ => merged.get_within(key, depth - 1),
        }
    }
}
