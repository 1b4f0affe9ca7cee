//! The 256 printable characters that stand for bytes in byte-level vocabularies.

/// The byte that a character stands for.
///
/// Printable ASCII and most of Latin-1 stand for themselves; the other 68 bytes, in order, are given
/// the code points from U+0100 on.
#[must_use]
pub(crate) fn byte_of_char(c: char) -> Option<u8> {
    let byte = match c as u32 {
        code @ (0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF) => code,
        code @ 0x100..=0x120 => code - 0x100,
        code @ 0x121..=0x142 => code - 0x121 + 0x7F,
        0x143 => 0xAD,
        _ => return None,
    };
    u8::try_from(byte).ok()
}

/// The bytes that a vocabulary entry stands for, unless one of its characters stands for none.
#[must_use]
pub(crate) fn bytes_of(token: &str) -> Option<Vec<u8>> {
    token.chars().map(byte_of_char).collect()
}

/// The characters that stand for bytes in a vocabulary: what [`bytes_of`] reads.
#[must_use]
pub(crate) fn spelling_of(bytes: &[u8]) -> String {
    let char_of_byte = |&byte: &u8| match u32::from(byte) {
        code @ (0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF) => code,
        code @ 0..=0x20 => code + 0x100,
        code @ 0x7F..=0xA0 => code - 0x7F + 0x121,
        _ => 0x143,
    };
    bytes.iter().map(char_of_byte).filter_map(char::from_u32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_one_character() {
        let characters: Vec<char> =
            (0..0x11_0000).filter_map(char::from_u32).filter(|&c| byte_of_char(c).is_some()).collect();
        let mut bytes: Vec<u8> = characters.iter().copied().filter_map(byte_of_char).collect();
        assert_eq!(bytes.len(), 256);
        bytes.sort_unstable();
        bytes.dedup();
        assert_eq!(bytes.len(), 256);
        assert_eq!(bytes_of("ĠaĊ!"), Some(b" a\n!".to_vec()));
        assert_eq!(bytes_of("a b"), None);
        let every: Vec<u8> = (0..=255).collect();
        assert_eq!(bytes_of(&spelling_of(&every)), Some(every));
    }
}
