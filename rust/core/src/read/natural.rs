//! Natural order: `a2` comes before `a10`, and a folder's files stay together.

use std::cmp::Ordering;

/// Compares two relative paths component by component, runs of digits by their value.
///
/// Paths that differ only in leading zeros are ordered by their bytes, so the order is total.
pub(super) fn natural_order(a: &[u8], b: &[u8]) -> Ordering {
    let mut left = a.split(|byte| *byte == b'/');
    let mut right = b.split(|byte| *byte == b'/');
    loop {
        match (left.next(), right.next()) {
            (None, None) => return a.cmp(b),
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(a), Some(b)) => match compare_component(a, b) {
                Ordering::Equal => {}
                order => return order,
            },
        }
    }
}

fn compare_component(mut a: &[u8], mut b: &[u8]) -> Ordering {
    loop {
        let (Some(first), Some(second)) = (a.first(), b.first()) else {
            return a.len().cmp(&b.len());
        };
        if first.is_ascii_digit() && second.is_ascii_digit() {
            let (number, rest) = split_number(a);
            let (other, other_rest) = split_number(b);
            match number.len().cmp(&other.len()).then_with(|| number.cmp(other)) {
                Ordering::Equal => (a, b) = (rest, other_rest),
                order => return order,
            }
        } else if first == second {
            (a, b) = (&a[1..], &b[1..]);
        } else {
            return first.cmp(second);
        }
    }
}

/// The run of digits at the start, without leading zeros, and what follows it.
fn split_number(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let zeros = digits.iter().take_while(|byte| **byte == b'0').count();
    (&digits[zeros..], rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_count_as_numbers_and_folders_stay_together() {
        let mut names =
            ["a10", "a2", "b/1", "a/9", "a-1/x", "a/10", "a02", "a1b", "a", "a99999999999999999999"];
        names.sort_by(|a, b| natural_order(a.as_bytes(), b.as_bytes()));
        assert_eq!(
            names,
            ["a", "a/9", "a/10", "a-1/x", "a1b", "a02", "a2", "a10", "a99999999999999999999", "b/1"]
        );
    }

    proptest! {
        #[test]
        fn the_order_is_total(mut names in proptest::collection::vec("[ab0-2/]{0,6}", 3)) {
            names.sort_by(|a, b| natural_order(a.as_bytes(), b.as_bytes()));
            for (index, a) in names.iter().enumerate() {
                for b in &names[index..] {
                    let order = natural_order(a.as_bytes(), b.as_bytes());
                    prop_assert_ne!(order, Ordering::Greater);
                    prop_assert_eq!(order == Ordering::Equal, a == b);
                }
            }
        }
    }
}
