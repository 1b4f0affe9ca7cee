//! The segment cache: the ids of whole pieces of text that a worker has met before.
//!
//! Cuts are hard borders, so the ids of a piece depend on its bytes alone. Real conversations repeat
//! system prompts, tool lists and messages word for word; such a piece costs a hash, a comparison and a
//! copy. A piece is kept when it is met for the second time, and found only if all its bytes are equal, so
//! what comes out is the same with any budget, warm or cold. When its memory is full the cache forgets
//! everything.

use std::hash::Hasher;
use std::ops::Range;

use rustc_hash::FxHasher;

use crate::error::Result;

/// Shorter pieces repeat too rarely to pay for the places where they would be looked for.
const SHORTEST: usize = 128;

/// Cache lines of the first table; it grows by factors of four.
const FIRST_LINES: usize = 1 << 10;

/// A bounded map from pieces of text to their ids, owned by one worker.
pub(crate) struct Segments {
    lines: Vec<Line>,
    kept: usize,
    text: Vec<u8>,
    ids: Vec<u32>,
    most_lines: usize,
    most_text: usize,
    most_ids: usize,
    reused_bytes: u64,
}

/// Two pieces that are kept, and parts of the hashes of four that were met once: 64 bytes.
#[derive(Clone, Copy, Default)]
#[repr(align(64))]
struct Line {
    kept: [Kept; 2],
    met_once: [u32; 4],
}

#[derive(Clone, Copy, Default)]
struct Kept {
    hash: u64,
    text_start: u32,
    /// Zero where nothing is kept.
    text_length: u32,
    ids_start: u32,
    ids_count: u32,
}

impl Kept {
    fn text(&self) -> Range<usize> {
        self.text_start as usize..self.text_start as usize + self.text_length as usize
    }

    fn ids(&self) -> Range<usize> {
        self.ids_start as usize..self.ids_start as usize + self.ids_count as usize
    }
}

impl Segments {
    /// A cache of at most `most_bytes`: half for ids, three eighths for text, an eighth for the table.
    pub(crate) fn new(most_bytes: usize) -> Self {
        let most_bytes = most_bytes.min(u32::MAX as usize);
        let most_lines = (most_bytes / 8 / size_of::<Line>()).max(1);
        let most_lines = 1 << most_lines.ilog2();
        Self {
            lines: vec![Line::default(); FIRST_LINES.min(most_lines)],
            kept: 0,
            text: Vec::new(),
            ids: Vec::new(),
            most_lines,
            most_text: most_bytes / 8 * 3,
            most_ids: most_bytes / 2 / size_of::<u32>(),
            reused_bytes: 0,
        }
    }

    /// Bytes of text whose ids were reused so far.
    pub(crate) fn reused_bytes(&self) -> u64 {
        self.reused_bytes
    }

    /// Appends the ids of `text` to `ids`: those that it had before, or those that `encode` appends.
    /// Says whether they were there before.
    pub(crate) fn encode(
        &mut self,
        text: &str,
        ids: &mut Vec<u32>,
        encode: impl FnOnce(&mut Vec<u32>) -> Result<()>,
    ) -> Result<bool> {
        if text.len() < SHORTEST || text.len() > self.most_text / 4 {
            return encode(ids).map(|()| false);
        }
        let hash = hash(text);
        let line = self.line(hash);
        for kept in &self.lines[line].kept {
            if kept.hash == hash && self.text[kept.text()] == *text.as_bytes() {
                ids.extend_from_slice(&self.ids[kept.ids()]);
                self.reused_bytes += text.len() as u64;
                return Ok(true);
            }
        }
        let from = ids.len();
        encode(ids)?;
        if self.was_met(line, hash) {
            self.keep(text, hash, &ids[from..]);
        }
        Ok(false)
    }

    fn line(&self, hash: u64) -> usize {
        hash as usize & (self.lines.len() - 1)
    }

    /// Whether a piece with this hash was met lately; from now on it was.
    fn was_met(&mut self, line: usize, hash: u64) -> bool {
        let mark = (hash >> 32) as u32 | 1;
        let met_once = &mut self.lines[line].met_once;
        if met_once.contains(&mark) {
            return true;
        }
        met_once.rotate_right(1);
        met_once[0] = mark;
        false
    }

    fn keep(&mut self, text: &str, hash: u64, ids: &[u32]) {
        if self.kept >= self.lines.len() && self.lines.len() < self.most_lines {
            self.grow();
        }
        if ids.len() > self.most_ids {
            return;
        }
        if self.text.len() + text.len() > self.most_text || self.ids.len() + ids.len() > self.most_ids {
            self.forget();
        }
        let kept = Kept {
            hash,
            text_start: self.text.len() as u32,
            text_length: text.len() as u32,
            ids_start: self.ids.len() as u32,
            ids_count: ids.len() as u32,
        };
        append(&mut self.text, text.as_bytes(), self.most_text);
        append(&mut self.ids, ids, self.most_ids);
        self.put(kept);
    }

    /// The older of two pieces in a line gives way.
    fn put(&mut self, kept: Kept) {
        let line = self.line(kept.hash);
        let line = &mut self.lines[line];
        line.kept = [kept, line.kept[0]];
        self.kept += 1;
    }

    fn grow(&mut self) {
        let larger = vec![Line::default(); (self.lines.len() * 4).min(self.most_lines)];
        self.kept = 0;
        for line in std::mem::replace(&mut self.lines, larger) {
            for kept in line.kept.into_iter().rev().filter(|kept| kept.text_length != 0) {
                self.put(kept);
            }
        }
    }

    fn forget(&mut self) {
        self.lines.fill(Line::default());
        self.text.clear();
        self.ids.clear();
        self.kept = 0;
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// Appends to memory that doubles as it grows, but not beyond `most`.
fn append<T: Copy>(memory: &mut Vec<T>, more: &[T], most: usize) {
    let length = memory.len() + more.len();
    if length > memory.capacity() {
        let capacity = (2 * memory.capacity()).max(4096).min(most).max(length);
        memory.reserve_exact(capacity - memory.len());
    }
    memory.extend_from_slice(more);
}

#[cfg(test)]
#[path = "segments_tests.rs"]
mod tests;
