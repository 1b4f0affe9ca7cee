//! Where pretokens start, worked out for a block of bytes at once.
//!
//! A block begins where a pretoken begins. Each pattern's function turns the masks of a block into a
//! mask of pretoken starts; the scanner in `scalar` says the same one character at a time, and the
//! tests hold the two against each other. Sums of masks let a bit run through a row of ones: adding
//! the first bit of a row carries out behind its last.

use super::masks::{BLOCK, Masks};

/// How a pattern treats digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Digits {
    Alone,
    Triples,
}

/// Starts of pretokens, and how far they can be trusted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Starts {
    /// The first bytes of pretokens.
    pub(crate) bits: u64,
    /// Bits from this position on may change with the bytes behind the block.
    pub(crate) certain_below: u32,
}

type Bytes = [u8; BLOCK];

/// cl100k and Qwen2. The masks speak of the first `length` bytes of the block; those behind belong to
/// other text or to a character that needs a closer look.
#[inline(always)]
pub(crate) fn cl100k(masks: &Masks, bytes: &Bytes, length: u32, digits: Digits) -> Starts {
    let absorbed = rows_from(masks.newline, masks.sign << 1 & masks.newline);
    let sign_starts = masks.sign & !(masks.sign << 1) & !(masks.space << 1);
    let mut bits = sign_starts
        | word_starts(masks, sign_starts)
        | number_starts(masks, digits)
        | white_space_starts(masks, absorbed);

    // An apostrophe is a prefix like any other sign, so the letter behind it starts nothing; a
    // contraction only ends sooner than the word would.
    let mut candidates = masks.apostrophe & sign_starts & masks.letter >> 1;
    while candidates != 0 {
        let at = candidates.trailing_zeros();
        candidates &= candidates - 1;
        let end = at + contraction_length(bytes, at);
        if end > at && end < length {
            bits |= masks.letter & 1 << end;
        }
    }
    Starts { bits, certain_below: behind_certain(masks, absorbed, length) }
}

/// o200k, and tekken where `contractions` is false. No run of letters may hold both letters that only
/// start words and caseless ones.
#[inline(always)]
pub(crate) fn o200k(masks: &Masks, bytes: &Bytes, length: u32, digits: Digits, contractions: bool) -> Starts {
    let absorbed = newlines_and_slashes_after_signs(masks);
    let masks = &Masks { sign: masks.sign & !absorbed, ..*masks };
    let sign_starts = masks.sign & !(masks.sign << 1) & !(masks.space << 1);
    let mut bits = sign_starts
        | word_starts(masks, sign_starts)
        | masks.upper & (masks.letter & !masks.upper) << 1
        | number_starts(masks, digits)
        | white_space_starts(masks, absorbed);

    let mut certain_below = behind_certain(masks, absorbed, length);
    // A word takes the contraction behind it, but not the one behind that.
    let mut candidates = if contractions { masks.apostrophe & masks.letter << 1 } else { 0 };
    let mut taken_to = 0;
    while candidates != 0 {
        let at = candidates.trailing_zeros();
        candidates &= candidates - 1;
        if at + 3 > length {
            certain_below = certain_below.min(at);
        }
        let contraction = contraction_length(bytes, at);
        if contraction == 0 || at + contraction > length || at == taken_to {
            continue;
        }
        taken_to = at + contraction;
        bits &= !(((1 << contraction) - 1) << at);
        if taken_to < length {
            bits |= masks.letter & 1 << taken_to;
        }
    }
    Starts { bits, certain_below }
}

/// GPT-2.
#[inline(always)]
pub(crate) fn gpt2(masks: &Masks, bytes: &Bytes, length: u32) -> Starts {
    let white = masks.blank | masks.newline;
    let visible = masks.letter | masks.number | masks.sign;
    let run_starts = masks.letter & !(masks.letter << 1)
        | masks.number & !(masks.number << 1)
        | masks.sign & !(masks.sign << 1);
    let mut bits = run_starts & !(masks.space << 1) | white & !(white << 1) | white & visible >> 1;

    let mut certain_below = if is_set(white, length) { start_of_last_row(white, length) + 1 } else { length };
    let mut candidates = masks.apostrophe & bits & masks.letter >> 1;
    while candidates != 0 {
        let at = candidates.trailing_zeros();
        candidates &= candidates - 1;
        if at + 3 > length {
            certain_below = certain_below.min(at + 1);
        }
        let contraction = match bytes[at as usize..] {
            [_, b's' | b't' | b'm' | b'd', ..] => 2,
            [_, b'r' | b'v', b'e', ..] | [_, b'l', b'l', ..] => 3,
            _ => continue,
        };
        if at + contraction > length {
            continue;
        }
        bits &= !(2 << at);
        if at + contraction < length {
            bits |= masks.letter & 1 << (at + contraction);
        }
    }
    Starts { bits, certain_below }
}

/// Rows of ones in `set`, from each seed upwards. A row may hold one seed.
fn rows_from(set: u64, seeds: u64) -> u64 {
    set & !set.wrapping_add(seeds)
}

/// `[\r\n/]*` behind signs; a slash is a sign as well, unless it is taken here.
fn newlines_and_slashes_after_signs(masks: &Masks) -> u64 {
    let set = masks.newline | masks.slash;
    let mut seeds = masks.sign << 1 & masks.newline;
    if masks.slash & masks.newline << 1 == 0 {
        return rows_from(set, seeds);
    }
    let mut taken = 0;
    while seeds != 0 {
        taken |= rows_from(set, seeds & seeds.wrapping_neg());
        seeds &= seeds - 1;
        seeds &= !taken;
    }
    taken
}

/// First letters of runs, except behind a prefix: one blank, or the only sign of its run unless the
/// space before took that sign.
fn word_starts(masks: &Masks, sign_starts: u64) -> u64 {
    let behind_prefix = masks.blank << 1 | behind_first(sign_starts, masks.continuation);
    masks.letter & !(masks.letter << 1) & !behind_prefix
}

/// The bytes behind the characters whose first bytes are given.
fn behind_first(firsts: u64, continuation: u64) -> u64 {
    if continuation == 0 {
        return firsts << 1;
    }
    let two = firsts & continuation >> 1;
    let three = two & continuation >> 2;
    let four = three & continuation >> 3;
    (firsts & !two) << 1 | (two & !three) << 2 | (three & !four) << 3 | four << 4
}

fn number_starts(masks: &Masks, digits: Digits) -> u64 {
    let number = masks.number;
    if digits == Digits::Alone {
        return number & !masks.continuation;
    }
    let mut fresh = number & !(number << 1);
    let mut starts = fresh;
    let fourth_of_four = number & number << 1 & number << 2 & number << 3;
    while fresh << 3 & fourth_of_four != 0 {
        fresh = fresh << 3 & fourth_of_four;
        starts |= fresh;
    }
    starts
}

/// `\s*[\r\n]+|\s+(?!\S)|\s+`: a run of white space starts a pretoken, ends it behind its last line
/// end, and leaves its last character to what is visible behind.
fn white_space_starts(masks: &Masks, absorbed: u64) -> u64 {
    let blank = masks.blank;
    let newline = masks.newline & !absorbed;
    let white = blank | newline;
    let visible = masks.letter | masks.number | masks.sign;
    let mut behind_newline = blank & newline << 1;
    let mut not_behind_the_last = blank.wrapping_add(behind_newline) & newline;
    while not_behind_the_last != 0 {
        let end = not_behind_the_last.trailing_zeros();
        not_behind_the_last &= not_behind_the_last - 1;
        let before = behind_newline & ((1 << end) - 1);
        behind_newline &= !(1 << before.ilog2());
    }
    white & !(white << 1) | behind_newline | blank & visible >> 1
}

/// White space at the end of the block may go on behind it; only its start is certain then.
fn behind_certain(masks: &Masks, absorbed: u64, length: u32) -> u32 {
    let white = (masks.blank | masks.newline) & !absorbed;
    if is_set(white, length) { start_of_last_row(white, length) + 1 } else { length }
}

/// Whether the last of the first `length` bits is set.
fn is_set(mask: u64, length: u32) -> bool {
    length != 0 && mask >> (length - 1) & 1 != 0
}

/// Where the row of ones starts that ends with the last of the first `length` bits.
fn start_of_last_row(mask: u64, length: u32) -> u32 {
    length - (mask << (64 - length)).leading_ones()
}

/// The length of a contraction in either case, zero if there is none.
fn contraction_length(bytes: &Bytes, at: u32) -> u32 {
    let [_, first, rest @ ..] = &bytes[at as usize..] else { return 0 };
    let second = rest.first().copied().unwrap_or_default();
    match (first.to_ascii_lowercase(), second.to_ascii_lowercase()) {
        (b's' | b't' | b'm' | b'd', _) => 2,
        (b'r' | b'v', b'e') | (b'l', b'l') | (0xC5, 0xBF) => 3,
        _ => 0,
    }
}
