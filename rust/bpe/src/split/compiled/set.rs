//! Sets of code points.

use crate::unicode::properties::Ranges;

const LAST: u32 = 0x10_FFFF;

/// Ranges of code points, first and last, in order and apart from each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CodeSet(Ranges);

impl CodeSet {
    pub(crate) fn of(ranges: Ranges) -> CodeSet {
        let mut set = CodeSet(ranges);
        set.tidy();
        set
    }

    pub(crate) fn single(c: char) -> CodeSet {
        CodeSet(vec![(c as u32, c as u32)])
    }

    fn tidy(&mut self) {
        self.0.sort_unstable();
        let mut tidied: Ranges = Vec::with_capacity(self.0.len());
        for &(first, last) in &self.0 {
            match tidied.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                _ => tidied.push((first, last)),
            }
        }
        self.0 = tidied;
    }

    pub(crate) fn ranges(&self) -> &[(u32, u32)] {
        &self.0
    }

    pub(crate) fn add(&mut self, other: &CodeSet) {
        self.0.extend_from_slice(&other.0);
        self.tidy();
    }

    pub(crate) fn complement(&self) -> CodeSet {
        let mut gaps = Vec::with_capacity(self.0.len() + 1);
        let mut next = 0;
        for &(first, last) in &self.0 {
            if first > next {
                gaps.push((next, first - 1));
            }
            next = last + 1;
        }
        if next <= LAST {
            gaps.push((next, LAST));
        }
        CodeSet(gaps)
    }

    pub(crate) fn intersection(&self, other: &CodeSet) -> CodeSet {
        let mut either = self.complement();
        either.add(&other.complement());
        either.complement()
    }

    pub(crate) fn is_within(&self, other: &CodeSet) -> bool {
        self.intersection(other) == *self
    }

    pub(crate) fn contains(&self, code_point: u32) -> bool {
        let at = self.0.partition_point(|&(first, _)| first <= code_point);
        at > 0 && self.0[at - 1].1 >= code_point
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_combined_as_their_members_are() {
        let set = |ranges: &[(u32, u32)]| CodeSet::of(ranges.to_vec());
        let one = set(&[(5, 9), (1, 2), (3, 3), (20, 30)]);
        assert_eq!(one.ranges(), [(1, 3), (5, 9), (20, 30)]);
        assert_eq!(one.complement().complement(), one);
        let other = set(&[(0, 1), (7, 22)]);
        for code_point in 0..40 {
            let both = one.contains(code_point) && other.contains(code_point);
            assert_eq!(one.intersection(&other).contains(code_point), both, "{code_point}");
            assert_ne!(one.complement().contains(code_point), one.contains(code_point), "{code_point}");
        }
        assert!(one.intersection(&other).is_within(&other) && !one.is_within(&other));
        assert!(one.contains(30) && !one.contains(31) && set(&[(0, LAST)]).complement().ranges().is_empty());
    }
}
