//! Sixty-four bytes of text as bit masks, one for each kind of character.

use crate::unicode::Class;
use crate::unicode::code_points::CodePointTable;

/// The number of bytes that are looked at together.
pub(crate) const BLOCK: usize = 64;

/// Bit `n` of a mask speaks of byte `n` of a block. Every byte of a character has the character's
/// kind, so "the byte before" tells the kind of the character before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Masks {
    /// Letters of any case and script.
    pub(crate) letter: u64,
    /// Letters that only start an o200k word: upper and title case.
    pub(crate) upper: u64,
    /// Letters that may stand anywhere in an o200k word.
    pub(crate) caseless: u64,
    /// Digits and other numbers.
    pub(crate) number: u64,
    /// White space except line ends.
    pub(crate) blank: u64,
    /// The space character itself.
    pub(crate) space: u64,
    /// Carriage return and line feed.
    pub(crate) newline: u64,
    /// Whatever is no letter, number or white space.
    pub(crate) sign: u64,
    /// The ASCII apostrophe.
    pub(crate) apostrophe: u64,
    /// The slash.
    pub(crate) slash: u64,
    /// Bytes of characters beyond ASCII.
    pub(crate) beyond_ascii: u64,
    /// Bytes that continue a character, once those beyond ASCII are added.
    pub(crate) continuation: u64,
}

/// The twin of the vector code: the same masks, byte by byte.
pub(crate) fn of_ascii(block: &[u8; BLOCK]) -> Masks {
    let mut masks = Masks::default();
    for (at, &byte) in block.iter().enumerate() {
        let bit = 1 << at;
        match byte {
            b'A'..=b'Z' => {
                masks.letter |= bit;
                masks.upper |= bit;
            }
            b'a'..=b'z' => masks.letter |= bit,
            b'0'..=b'9' => masks.number |= bit,
            b' ' => {
                masks.blank |= bit;
                masks.space |= bit;
            }
            b'\r' | b'\n' => masks.newline |= bit,
            b'\t' | 0x0B | 0x0C => masks.blank |= bit,
            b'\'' => masks.apostrophe |= bit,
            b'/' => masks.slash |= bit,
            0x80.. => masks.beyond_ascii |= bit,
            _ => {}
        }
    }
    masks.sign = !(masks.letter | masks.number | masks.blank | masks.newline | masks.beyond_ascii);
    masks
}

/// What a splitting pattern makes of a character beyond ASCII.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Upper,
    Lower,
    Caseless,
    Number,
    Sign,
    /// Something that the masks do not speak of; the scanner must look at it itself.
    Odd,
}

impl Masks {
    /// Adds the characters beyond ASCII and returns how many bytes of the block the masks speak of:
    /// all, or those before an odd character or one that the block holds only the start of.
    pub(crate) fn add_beyond_ascii(
        &mut self,
        block: &[u8; BLOCK],
        classes: &CodePointTable,
        kind_of: impl Fn(Class) -> Kind,
    ) -> usize {
        let mut unread = self.beyond_ascii;
        while unread != 0 {
            let at = unread.trailing_zeros() as usize;
            let Some((code_point, length)) = decode(&block[at..]) else { return at };
            let bits = ((1 << length) - 1) << at;
            unread &= !bits;
            self.continuation |= bits & bits << 1;
            match kind_of(Class::ALL[usize::from(classes.of(code_point))]) {
                Kind::Upper => {
                    self.letter |= bits;
                    self.upper |= bits;
                }
                Kind::Lower => self.letter |= bits,
                Kind::Caseless => {
                    self.letter |= bits;
                    self.caseless |= bits;
                }
                Kind::Number => self.number |= bits,
                Kind::Sign => self.sign |= bits,
                Kind::Odd => return at,
            }
        }
        BLOCK
    }

    /// Forgets what lies behind the first `length` bytes.
    pub(crate) fn cut(&mut self, length: usize) {
        if length < BLOCK {
            let kept = (1 << length) - 1;
            for mask in [
                &mut self.letter,
                &mut self.upper,
                &mut self.caseless,
                &mut self.number,
                &mut self.blank,
                &mut self.space,
                &mut self.newline,
                &mut self.sign,
                &mut self.apostrophe,
                &mut self.slash,
                &mut self.beyond_ascii,
                &mut self.continuation,
            ] {
                *mask &= kept;
            }
        }
    }
}

/// The code point and byte length of the character beyond ASCII that starts `bytes`, if all of it is
/// there. The bytes come from valid text.
pub(crate) fn decode(bytes: &[u8]) -> Option<(u32, usize)> {
    let six = |byte: u8| u32::from(byte & 0x3F);
    match *bytes {
        [lead @ 0..0xE0, b, ..] => Some((u32::from(lead & 0x1F) << 6 | six(b), 2)),
        [lead @ 0xE0..0xF0, b, c, ..] => Some((u32::from(lead & 0x0F) << 12 | six(b) << 6 | six(c), 3)),
        [lead @ 0xF0..=0xFF, b, c, d, ..] => {
            Some((u32::from(lead & 0x07) << 18 | six(b) << 12 | six(c) << 6 | six(d), 4))
        }
        _ => None,
    }
}
