//! JSON pointers of places that are being read, for problems.

use super::unescape::unescape_bytes;
use super::{Open, Tape};

impl Tape {
    /// JSON pointer of the value that is being read.
    #[cold]
    pub(super) fn pointer_of_open(&self, bytes: &[u8]) -> String {
        let mut pointer = self.pointer_of_containers(bytes, self.open.len());
        if let Some(open) = self.open.last() {
            self.push_place(bytes, open, self.nodes.len() as u32, &mut pointer);
        }
        pointer
    }

    /// JSON pointer of the innermost of the first `depth` open containers.
    pub(super) fn pointer_of_containers(&self, bytes: &[u8], depth: usize) -> String {
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
