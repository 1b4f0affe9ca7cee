//! The character classes that splitting patterns speak of.

use super::code_points::CodePointTable;

/// The class of a code point, as the regular expressions of the reference see it. Classes are
/// disjoint; a pattern's `\p{L}` is the set of the five letter classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Class {
    /// None of the others: controls, format characters, unassigned and private code points.
    Other = 0,
    /// `\p{Lu}`
    Upper = 1,
    /// `\p{Lt}`
    Title = 2,
    /// `\p{Ll}`
    Lower = 3,
    /// `\p{Lm}`
    ModifierLetter = 4,
    /// `\p{Lo}`
    OtherLetter = 5,
    /// `\p{M}`
    Mark = 6,
    /// `\p{N}`
    Number = 7,
    /// `\p{P}`
    Punctuation = 8,
    /// `\p{S}`
    Symbol = 9,
    /// `\s` except carriage return and line feed.
    Space = 10,
    /// Carriage return and line feed.
    Newline = 11,
}

impl Class {
    /// All classes, in the order of their numbers.
    pub const ALL: [Class; 12] = [
        Class::Other,
        Class::Upper,
        Class::Title,
        Class::Lower,
        Class::ModifierLetter,
        Class::OtherLetter,
        Class::Mark,
        Class::Number,
        Class::Punctuation,
        Class::Symbol,
        Class::Space,
        Class::Newline,
    ];

    /// The class as a set of one.
    #[must_use]
    pub const fn bit(self) -> u16 {
        1 << self as u8
    }

    /// Whether the class belongs to a set made of [`Class::bit`]s.
    #[must_use]
    pub const fn is_in(self, set: u16) -> bool {
        set & self.bit() != 0
    }
}

/// The class of one code point.
#[must_use]
pub fn class_of(code_point: u32) -> Class {
    Class::ALL[usize::from(CodePointTable::classes().of(code_point))]
}
