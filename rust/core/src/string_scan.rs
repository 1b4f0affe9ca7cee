//! Skipping over the plain bytes of a JSON string, a word at a time.

const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);

/// Position of the first byte at or after `from` that a string cannot pass over: a quote, a
/// backslash or a control character. The length of `bytes` if there is none.
///
/// Eight bytes are tested at once in an ordinary word. Most keys and values of tool calls are
/// shorter than what makes a call into a vector routine worth while.
#[inline]
pub(crate) fn next_special(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(chunk) = bytes.get(at..at + 8) {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        let found = special_bytes(u64::from_le_bytes(word));
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while let Some(&byte) = bytes.get(at) {
        if byte < 0x20 || byte == b'"' || byte == b'\\' {
            break;
        }
        at += 1;
    }
    at
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
    use super::next_special;

    fn slowly(bytes: &[u8], from: usize) -> usize {
        (from..bytes.len())
            .find(|&at| bytes[at] < 0x20 || matches!(bytes[at], b'"' | b'\\'))
            .unwrap_or(bytes.len())
    }

    #[test]
    fn every_byte_at_every_place_of_a_word() {
        for value in 0..=255u8 {
            for place in 0..24 {
                for filler in [b'a', 0x20, 0x21, 0x23, 0x5b, 0x5d, 0x7f, 0x80, 0x9f, 0xa2, 0xdc, 0xff] {
                    let mut bytes = [filler; 24];
                    bytes[place] = value;
                    for from in [0, 1, 7, place] {
                        assert_eq!(next_special(&bytes, from), slowly(&bytes, from), "{value:#x} at {place}");
                    }
                }
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn equals_the_slow_search(bytes in proptest::collection::vec(0..=255u8, 0..64), from in 0..8usize) {
            let from = from.min(bytes.len());
            proptest::prop_assert_eq!(next_special(&bytes, from), slowly(&bytes, from));
        }
    }
}
