//! Best-fit decreasing over everything at once.

use super::length_set::LengthSet;

/// Assigns each length, by position, to a row of `capacity`: longest first, each into the row that it
/// leaves with the least space; equal lengths in their order. Returns the positions of each row,
/// ascending, and the rows in the order of their first position, so that the order of arrival is not
/// replaced by an order of length.
#[must_use]
pub fn best_fit_decreasing(lengths: &[u32], capacity: u32) -> Vec<Vec<u32>> {
    let mut positions: Vec<u32> = (0..lengths.len() as u32).collect();
    positions.sort_by_key(|&position| std::cmp::Reverse(lengths[position as usize]));

    let mut rows: Vec<Vec<u32>> = Vec::new();
    let mut spaces = LengthSet::new(capacity);
    let mut rows_by_space: Vec<Vec<u32>> = vec![Vec::new(); capacity as usize + 1];
    for position in positions {
        let length = lengths[position as usize];
        let found = spaces.at_least(length).and_then(|space| {
            let row = rows_by_space[space as usize].pop();
            if rows_by_space[space as usize].is_empty() {
                spaces.remove(space);
            }
            row.map(|row| (row, space))
        });
        let (row, space) = found.unwrap_or_else(|| {
            rows.push(Vec::new());
            (rows.len() as u32 - 1, capacity)
        });
        rows[row as usize].push(position);
        let left = space - length;
        if left > 0 {
            rows_by_space[left as usize].push(row);
            spaces.insert(left);
        }
    }

    for row in &mut rows {
        row.sort_unstable();
    }
    rows.sort_unstable_by_key(|row| row[0]);
    rows
}
