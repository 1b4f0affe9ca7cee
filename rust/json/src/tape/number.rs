//! Where numbers and white space end.

use crate::problem::ProblemKind;

/// The place after the number at `start`.
#[inline]
pub(super) fn number_end(bytes: &[u8], start: usize) -> Result<usize, (ProblemKind, usize)> {
    let mut at = start + usize::from(bytes.get(start) == Some(&b'-'));
    match bytes.get(at) {
        Some(b'0') => at += 1,
        Some(b'1'..=b'9') => at = digits_end(bytes, at),
        _ => return Err((ProblemKind::BadNumber, at)),
    }
    if bytes.get(at) == Some(&b'.') {
        let fraction = at + 1;
        at = digits_end(bytes, fraction);
        if at == fraction {
            return Err((ProblemKind::BadNumber, at));
        }
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let exponent = at + 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        at = digits_end(bytes, exponent);
        if at == exponent {
            return Err((ProblemKind::BadNumber, at));
        }
    }
    Ok(at)
}

#[inline]
fn digits_end(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b'0'..=b'9')) {
        at += 1;
    }
    at
}

#[inline]
pub(super) fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}
