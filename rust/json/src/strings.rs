//! Skipping over the plain bytes of a JSON string: two words at a time at first, then block by block.

const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);

/// Bytes of a block; the compiler tests one with a few vector instructions.
const BLOCK: usize = 32;

/// Position of the first byte at or after `from` that a string cannot pass over: a quote, a
/// backslash or a control character. The length of `bytes` if there is none.
///
/// Most keys and values of tool calls end within sixteen bytes. Those are tested at once in two ordinary words, without a
/// branch between them, which would be guessed wrong half of the time.
#[inline]
pub fn next_special(bytes: &[u8], from: usize) -> usize {
    let Some(first) = bytes.get(from..).and_then(<[u8]>::first_chunk::<16>) else {
        return by_bytes(bytes, from);
    };
    match first_special(first) {
        Some(position) => from + position,
        None => by_blocks(bytes, from + 16),
    }
}

/// The same for what is long already.
#[inline(never)]
fn by_blocks(bytes: &[u8], mut at: usize) -> usize {
    while let Some(block) = bytes[at..].first_chunk::<BLOCK>() {
        if has_special(block) {
            break;
        }
        at += BLOCK;
    }
    while let Some(pair) = bytes[at..].first_chunk::<16>() {
        if let Some(position) = first_special(pair) {
            return at + position;
        }
        at += 16;
    }
    by_bytes(bytes, at)
}

fn by_bytes(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(|&byte| !is_special(byte)) {
        at += 1;
    }
    at.min(bytes.len())
}

#[inline]
fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Bytes as truth and no branches: only then does the compiler make vector instructions of it.
#[inline]
fn has_special(block: &[u8; BLOCK]) -> bool {
    let special = |byte: u8| (u8::from(byte == b'\\') ^ u8::from(byte == b'"')) | u8::from(byte < 0x20);
    block.iter().fold(0, |any, &byte| any | special(byte)) != 0
}

/// Passes over blocks in which a backslash stands before every quote and nowhere else, as in JSON that stands inside a
/// string. The byte before `at` is no backslash, and neither is the one before the position that is returned.
pub(crate) fn pass_over_escaped_quotes(bytes: &[u8], mut at: usize) -> usize {
    while let Some(block) =
        at.checked_sub(1).and_then(|before| bytes[before..].first_chunk::<{ BLOCK + 1 }>())
    {
        if !has_only_escaped_quotes(block) {
            break;
        }
        at += BLOCK - usize::from(block[BLOCK] == b'\\');
    }
    at
}

/// Looks at all bytes of a block but the first, which stands before it.
#[inline]
fn has_only_escaped_quotes(block: &[u8; BLOCK + 1]) -> bool {
    let wrong =
        |before: u8, byte: u8| (u8::from(before == b'\\') ^ u8::from(byte == b'"')) | u8::from(byte < 0x20);
    let pairs = block[..BLOCK].iter().zip(&block[1..]);
    pairs.fold(0, |any, (&before, &byte)| any | wrong(before, byte)) == 0
}

/// Position of the first special byte of a pair of words.
#[inline]
fn first_special(pair: &[u8; 16]) -> Option<usize> {
    let word = u128::from_le_bytes(*pair);
    let (low, high) = (special_bytes(word as u64), special_bytes((word >> 64) as u64));
    let bit = if low == 0 { 64 + high.trailing_zeros() } else { low.trailing_zeros() };
    (low | high != 0).then_some(bit as usize / 8)
}

/// The high bit of each byte that is special. Borrows between bytes can only add false marks above
/// a true one, and only the lowest mark is read.
#[inline]
fn special_bytes(word: u64) -> u64 {
    let zero = |w: u64| w.wrapping_sub(ONES) & !w;
    let quote = zero(word ^ (ONES * u64::from(b'"')));
    let backslash = zero(word ^ (ONES * u64::from(b'\\')));
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (quote | backslash | control) & HIGHS
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, next_special, pass_over_escaped_quotes};

    fn slowly(bytes: &[u8], from: usize) -> usize {
        (from..bytes.len())
            .find(|&at| bytes[at] < 0x20 || matches!(bytes[at], b'"' | b'\\'))
            .unwrap_or(bytes.len())
    }

    #[test]
    fn every_byte_at_every_place_of_a_word() {
        for value in 0..=255u8 {
            for place in [0, 1, 7, 8, 9, 15, 16, 17, 31, 47, 48, 49, 63, 64, 79, 80, 90, 99] {
                for filler in [b'a', 0x20, 0x21, 0x23, 0x5b, 0x5d, 0x7f, 0x80, 0x9f, 0xa2, 0xdc, 0xff] {
                    let mut bytes = [filler; 100];
                    bytes[place] = value;
                    for from in [0, 1, 7, place, 100] {
                        assert_eq!(next_special(&bytes, from), slowly(&bytes, from), "{value:#x} at {place}");
                    }
                }
            }
        }
    }

    /// Whether `bytes` are plain but for quotes, each after a backslash of its own.
    fn has_only_escaped_quotes(bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(bytes).replace("\\\"", "");
        !text.contains(['"', '\\']) && bytes.iter().all(|&byte| byte >= 0x20)
    }

    #[test]
    fn escaped_quotes_are_passed_over_block_by_block() {
        let json = r#"{\"name\": \"f\", \"arguments\": {\"a\": 1}}"#.repeat(5);
        for start in 1..BLOCK {
            let text = format!("{}{json}", "x".repeat(start));
            let end = pass_over_escaped_quotes(text.as_bytes(), 1);
            assert!(end + 2 * BLOCK > text.len() && text.as_bytes()[end - 1] != b'\\', "{start}");
        }
        for wrong in ["\\\\", "\\n", "\"", "\u{1}"] {
            for place in 1..100 {
                let text = format!("x{}{wrong}\"{}", "y".repeat(place), "z".repeat(100));
                assert!(pass_over_escaped_quotes(text.as_bytes(), 1) <= place + 1, "{wrong} {place}");
            }
        }
        assert_eq!(pass_over_escaped_quotes(&[b'x'; 100], 0), 0);
    }

    proptest::proptest! {
        #[test]
        fn equals_the_slow_search(bytes in proptest::collection::vec(0..=255u8, 0..150), from in 0..8usize) {
            let from = from.min(bytes.len());
            proptest::prop_assert_eq!(next_special(&bytes, from), slowly(&bytes, from));
        }

        #[test]
        fn equals_the_slow_search_in_long_text(
            mut bytes in proptest::collection::vec(0x20..=255u8, 0..400),
            special in proptest::sample::select(&[b'"', b'\\', 0, 0x1f][..]),
            place in proptest::prelude::any::<proptest::sample::Index>(),
        ) {
            bytes.retain(|byte| !matches!(byte, b'"' | b'\\'));
            bytes.push(b'x');
            let place = place.index(bytes.len());
            bytes[place] = special;
            proptest::prop_assert_eq!(next_special(&bytes, 0), place);
            proptest::prop_assert_eq!(next_special(&bytes, place + 1), bytes.len());
        }

        #[test]
        fn only_escaped_quotes_are_passed_over(
            pieces in proptest::collection::vec(proptest::sample::select(&["\\\"", "a", "bcdefghij", "\\\\", "\"", "\\n", "\u{1}", "é"][..]), 0..200),
            many in 0..60_usize,
        ) {
            let text = format!("x{}{}", "a\\\"".repeat(many), pieces.concat());
            let end = pass_over_escaped_quotes(text.as_bytes(), 1);
            proptest::prop_assert!(has_only_escaped_quotes(&text.as_bytes()[1..end]));
            proptest::prop_assert!(end == 1 || text.as_bytes()[end - 1] != b'\\');
        }
    }
}
