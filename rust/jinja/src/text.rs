//! Text that knows who wrote it.
//!
//! A string of a template is either one piece that stands in the conversation or in the template, or
//! a woven text whose bytes have several owners. Every operation of the engine (slices, trims, splits,
//! concatenation, replacement, JSON printing) keeps the owners, so that each byte of the rendered
//! text can be led back to the field it came from.

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

use crate::error::{Result, TemplateError};

/// Whose bytes they are: the template's, or those of one field of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Owner(u32);

impl Owner {
    /// The template, its arguments, and what filters write of their own.
    pub const TEMPLATE: Owner = Owner(0);

    /// The owner with this number; 0 is the template.
    #[inline]
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// Its number.
    #[inline]
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

/// Bytes of one owner that end at `end`. Runs follow each other without gaps; an empty run marks
/// where an empty field was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// One past its last byte.
    pub end: u32,
    /// Whose bytes they are.
    pub owner: Owner,
}

/// What the built texts and lists of one rendering hold at the moment, in bytes.
#[derive(Debug)]
pub struct Meter {
    held: Cell<usize>,
    /// Of them those that are held to the end of a rendering.
    kept: Cell<usize>,
    limit: usize,
}

impl Meter {
    /// A meter for at most `limit` bytes at one time.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { held: Cell::new(0), kept: Cell::new(0), limit }
    }

    /// Whether `bytes` more may be held. Asked before they are allocated.
    pub(crate) fn room(&self, bytes: usize) -> Result<()> {
        if self.held.get().saturating_add(bytes) > self.limit {
            return Err(TemplateError::Limit("memory"));
        }
        Ok(())
    }

    /// Holds `bytes` until what comes back is dropped.
    pub(crate) fn hold(&self, bytes: usize) -> Result<Held<'_>> {
        self.room(bytes)?;
        self.held.set(self.held.get() + bytes);
        Ok(Held { meter: self, bytes })
    }

    /// Holds `bytes` to the end of the rendering.
    pub(crate) fn keep(&self, bytes: usize) -> Result<()> {
        self.room(bytes)?;
        self.held.set(self.held.get() + bytes);
        self.kept.set(self.kept.get() + bytes);
        Ok(())
    }

    /// A rendering has ended.
    pub(crate) fn release(&self) {
        self.held.set(self.held.get().saturating_sub(self.kept.take()));
    }
}

/// Bytes that a value holds while it lives.
#[derive(Debug)]
pub(crate) struct Held<'r> {
    meter: &'r Meter,
    bytes: usize,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.meter.held.set(self.meter.held.get().saturating_sub(self.bytes));
    }
}

/// A built text with its owners.
#[derive(Debug, Default)]
pub(crate) struct Woven<'r> {
    pub(crate) text: String,
    pub(crate) runs: Vec<Run>,
    held: Option<Held<'r>>,
}

impl<'r> Woven<'r> {
    /// The finished text, whose memory counts from here on.
    pub(crate) fn finish(mut self, meter: &'r Meter) -> Result<Text<'r>> {
        let end = self.text.len() as u32;
        let bytes = self.text.len() + self.runs.len() * size_of::<Run>() + size_of::<Self>();
        self.held = Some(meter.hold(bytes)?);
        Ok(Text::Woven(Rc::new(self), 0, end))
    }

    /// Forgets the text and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.runs.clear();
    }

    /// Appends bytes of one owner.
    pub(crate) fn push(&mut self, text: &str, owner: Owner) {
        self.text.push_str(text);
        self.cover(owner);
    }

    /// Gives the bytes written to `text` since the last run to `owner`. Of a field this leaves a mark
    /// even when nothing was written.
    pub(crate) fn cover(&mut self, owner: Owner) {
        let end = self.text.len() as u32;
        match self.runs.last_mut() {
            Some(last) if last.owner == owner => last.end = end,
            last => {
                if owner != Owner::TEMPLATE || last.map_or(0, |run| run.end) < end {
                    self.runs.push(Run { end, owner });
                }
            }
        }
    }

    /// Appends runs of text that was written from `start` on; their ends count from there.
    pub(crate) fn append_runs(&mut self, start: u32, runs: &[(u32, Owner)]) {
        self.runs.extend(runs.iter().map(|(end, owner)| Run { end: start + end, owner: *owner }));
    }

    /// Appends a text with its owners.
    pub(crate) fn push_text(&mut self, text: &Text<'_>) {
        text.for_each_piece(|piece, owner| self.push(piece, owner));
    }

    /// The pieces inside `range`, with their owners; empty runs inside it or at its borders too.
    pub(crate) fn pieces(&self, range: Range<usize>) -> impl Iterator<Item = (&str, Owner)> {
        let first = self.runs.partition_point(|run| (run.end as usize) < range.start);
        let mut at = first.checked_sub(1).map_or(0, |before| self.runs[before].end as usize);
        self.runs[first..].iter().map_while(move |run| {
            let (start, end) = (at, run.end as usize);
            at = end;
            if start > range.end {
                return None;
            }
            let clipped = start.max(range.start)..end.min(range.end);
            let wanted = !clipped.is_empty() || start == end;
            Some(if wanted {
                (&self.text[clipped.start..clipped.end], run.owner)
            } else {
                ("", Owner::TEMPLATE)
            })
        })
    }
}

/// A string value.
#[derive(Clone, Debug)]
pub(crate) enum Text<'r> {
    /// Bytes that stand in the conversation or in the template.
    Piece(&'r str, Owner),
    /// A range of a built text.
    Woven(Rc<Woven<'r>>, u32, u32),
}

impl<'r> Text<'r> {
    /// Text that the template wrote.
    pub(crate) fn template(text: &'r str) -> Self {
        Text::Piece(text, Owner::TEMPLATE)
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Text::Piece(text, _) => text,
            Text::Woven(woven, start, end) => &woven.text[*start as usize..*end as usize],
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Text::Piece(text, _) => text.len(),
            Text::Woven(_, start, end) => (end - start) as usize,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes at `range`, which has to lie on character borders.
    pub(crate) fn slice(&self, range: Range<usize>) -> Self {
        match self {
            Text::Piece(text, owner) => Text::Piece(&text[range], *owner),
            Text::Woven(woven, start, _) => {
                Text::Woven(woven.clone(), start + range.start as u32, start + range.end as u32)
            }
        }
    }

    /// The part of this text that `part`, a slice of [`Self::as_str`], covers.
    pub(crate) fn part(&self, part: &str) -> Self {
        let start = part.as_ptr() as usize - self.as_str().as_ptr() as usize;
        self.slice(start..start + part.len())
    }

    /// Calls `take` with each piece and its owner.
    pub(crate) fn for_each_piece(&self, mut take: impl FnMut(&str, Owner)) {
        match self {
            Text::Piece(text, owner) => take(text, *owner),
            Text::Woven(woven, start, end) => {
                woven.pieces(*start as usize..*end as usize).for_each(|(piece, owner)| take(piece, owner));
            }
        }
    }

    /// The owner of the whole text, or the template if it has several.
    pub(crate) fn single_owner(&self) -> Option<Owner> {
        match self {
            Text::Piece(_, owner) => Some(*owner),
            Text::Woven(woven, start, end) => {
                let mut owners =
                    woven.pieces(*start as usize..*end as usize).filter(|(piece, _)| !piece.is_empty());
                let (_, first) = owners.next()?;
                owners.all(|(_, owner)| owner == first).then_some(first)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Owner = Owner(1);
    const B: Owner = Owner(2);

    fn pieces(text: &Text<'_>) -> Vec<(String, u32)> {
        let mut found = Vec::new();
        text.for_each_piece(|piece, owner| found.push((piece.to_owned(), owner.0)));
        found
    }

    fn woven(meter: &Meter) -> Text<'_> {
        let mut woven = Woven::default();
        woven.push("<", Owner::TEMPLATE);
        woven.push("héllo", A);
        woven.push("", B);
        woven.push(">", Owner::TEMPLATE);
        woven.push("x", B);
        woven.finish(meter).unwrap()
    }

    #[test]
    fn slices_keep_owners_and_marks() {
        let meter = Meter::new(1_000);
        let text = woven(&meter);
        assert_eq!(text.as_str(), "<héllo>x");
        let whole = [("<", 0), ("héllo", 1), ("", 2), (">", 0), ("x", 2)];
        assert_eq!(pieces(&text), whole.map(|(piece, owner)| (piece.to_owned(), owner)));
        let inner = text.slice(2..7);
        assert_eq!(inner.as_str(), "éllo");
        assert_eq!(pieces(&inner), [("éllo".to_owned(), 1), (String::new(), 2), (String::new(), 0)]);
        assert_eq!(pieces(&inner.slice(0..2))[0], ("é".to_owned(), 1));
        assert_eq!(inner.slice(2..3).single_owner(), Some(A));
        assert_eq!(text.single_owner(), None);
    }

    #[test]
    fn an_empty_field_leaves_a_mark_and_empty_template_text_does_not() {
        let mut woven = Woven::default();
        woven.push("", Owner::TEMPLATE);
        woven.push("", A);
        woven.push("", Owner::TEMPLATE);
        assert_eq!(woven.runs, [Run { end: 0, owner: A }]);
    }

    #[test]
    fn memory_counts_while_the_text_lives() {
        let meter = Meter::new(1_000);
        let text = woven(&meter);
        let held = meter.held.get();
        assert!(held > 9);
        let slice = text.slice(0..1);
        drop(text);
        assert_eq!(meter.held.get(), held);
        drop(slice);
        assert_eq!(meter.held.get(), 0);
        assert_eq!(meter.room(1_001), Err(TemplateError::Limit("memory")));
    }

    #[test]
    fn parts_are_found_by_their_place() {
        let meter = Meter::new(1_000);
        let text = woven(&meter);
        let part = text.as_str().strip_prefix('<').unwrap();
        assert_eq!(text.part(part).as_str(), "héllo>x");
        let piece = Text::Piece("  a b ", A);
        assert_eq!(piece.part(piece.as_str().trim()).as_str(), "a b");
    }
}
