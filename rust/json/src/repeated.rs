//! Lists that come again from text to text.
//!
//! Most sets declare the same tools in record after record. A list that stood in an earlier text, byte for byte, is not
//! read again: its nodes are copied to where it stands now. A list ends where its bracket closes, so text that begins with
//! the whole text of a known list can only be that list.

use crate::tape::{Kind, Node};

/// Lists that are remembered, the latest used first.
const MOST_LISTS: usize = 8;
/// Longest text of a list that is remembered.
const MOST_BYTES: usize = 64 << 10;
/// Bytes at the end of a list that are compared before the rest: sets of tools begin alike.
const ENDING: usize = 64;

/// A list that was read, its places counted from its first byte and its first node.
#[derive(Debug, Default)]
struct List {
    text: Vec<u8>,
    nodes: Vec<Node>,
    levels: usize,
}

/// A list that was put on a tape without reading it.
pub(crate) struct Copied {
    /// One past its last byte.
    pub(crate) end: usize,
    /// How deep it is nested, itself included.
    pub(crate) levels: usize,
}

/// The lists that a tape met under certain keys of its records.
#[derive(Debug, Default)]
pub(crate) struct RepeatedLists {
    keys: &'static [&'static str],
    lists: Vec<List>,
}

impl RepeatedLists {
    pub(crate) fn under(keys: &'static [&'static str]) -> Self {
        Self { keys, lists: Vec::new() }
    }

    /// Whether lists under this key are remembered.
    #[inline]
    pub(crate) fn expected_under(&self, key: &[u8]) -> bool {
        self.keys.iter().any(|expected| expected.as_bytes() == key)
    }

    /// Appends the nodes of the list that begins at `start`, if it is known and nested at most `most_levels` deep.
    pub(crate) fn copy(
        &mut self,
        bytes: &[u8],
        start: usize,
        most_levels: usize,
        nodes: &mut Vec<Node>,
    ) -> Option<Copied> {
        let rest = &bytes[start..];
        let found = self.lists.iter().position(|list| list.begins(rest))?;
        self.lists[..=found].rotate_right(1);
        let list = self.lists.first().filter(|list| list.levels <= most_levels)?;
        let (byte, node) = (start as u32, nodes.len() as u32);
        nodes.extend(list.nodes.iter().map(|known| Node {
            start: known.start + byte,
            end: known.end + byte,
            next: known.next + node,
            ..*known
        }));
        Some(Copied { end: start + list.text.len(), levels: list.levels })
    }

    /// Remembers the list whose nodes these are, in place of the one that was used longest ago.
    pub(crate) fn remember(&mut self, bytes: &[u8], nodes: &[Node], first: usize) {
        let Some(list) = nodes.get(first) else { return };
        let (start, end) = (list.start as usize, list.end as usize);
        if end - start > MOST_BYTES {
            return;
        }
        if self.lists.len() < MOST_LISTS {
            self.lists.push(List::default());
        }
        self.lists.rotate_right(1);
        let Some(known) = self.lists.first_mut() else { return };
        known.text.clear();
        known.text.extend_from_slice(&bytes[start..end]);
        known.nodes.clear();
        known.nodes.extend(nodes[first..list.next as usize].iter().map(|node| Node {
            start: node.start - start as u32,
            end: node.end - start as u32,
            next: node.next - first as u32,
            ..*node
        }));
        known.levels = levels(&known.nodes);
    }
}

impl List {
    fn begins(&self, text: &[u8]) -> bool {
        let Some(same) = text.get(..self.text.len()) else { return false };
        let ending = self.text.len().saturating_sub(ENDING);
        same[ending..] == self.text[ending..] && same[..ending] == self.text[..ending]
    }
}

/// How deep containers are nested among these nodes.
fn levels(nodes: &[Node]) -> usize {
    let mut open: Vec<u32> = Vec::new();
    let mut deepest = 0;
    for (position, node) in nodes.iter().enumerate() {
        while open.last().is_some_and(|&end| end as usize <= position) {
            open.pop();
        }
        if matches!(node.kind, Kind::Array | Kind::Object) {
            open.push(node.next);
            deepest = deepest.max(open.len());
        }
    }
    deepest
}
