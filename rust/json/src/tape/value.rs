//! Values of a text that was read: views of its nodes.

use std::borrow::Cow;

use super::unescape::unescape;
use super::{Kind, Node, Tape};

/// One value of a text that was read.
#[derive(Clone, Copy, Debug)]
pub struct Json<'t, 'a> {
    pub(super) tape: &'t Tape,
    pub(super) text: &'a str,
    pub(super) node: u32,
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

    /// One past the highest number of the values inside it, and of itself.
    #[must_use]
    pub fn end_index(self) -> u32 {
        self.node().next
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
