//! Merging the symbols of one pretoken.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::vocabulary::Merge;

/// The merge list, looked up by pair.
pub(crate) struct MergeTable {
    ranks: FxHashMap<(u32, u32), (u32, u32)>,
}

impl MergeTable {
    /// Where a pair is listed twice, its last place counts, as in the reference.
    pub(crate) fn new(merges: &[Merge]) -> Self {
        let mut ranks = FxHashMap::with_capacity_and_hasher(merges.len(), FxBuildHasher);
        for (rank, merge) in (0u32..).zip(merges) {
            ranks.insert((merge.left, merge.right), (rank, merge.product));
        }
        Self { ranks }
    }

    /// Rank and product of a pair.
    pub(crate) fn get(&self, left: u32, right: u32) -> Option<(u32, u32)> {
        self.ranks.get(&(left, right)).copied()
    }

    /// Merges `symbols` in place until no pair of neighbours is in the list: always the pair of the
    /// lowest rank, and among equal ones the leftmost.
    pub(crate) fn merge(&self, symbols: &mut Vec<u32>) {
        if symbols.len() <= 64 { self.merge_by_scan(symbols) } else { self.merge_by_queue(symbols) }
    }

    /// Looks for the lowest rank anew before each merge.
    pub(crate) fn merge_by_scan(&self, symbols: &mut Vec<u32>) {
        loop {
            let lowest = symbols
                .windows(2)
                .enumerate()
                .filter_map(|(at, pair)| self.get(pair[0], pair[1]).map(|(rank, id)| (rank, at, id)))
                .min();
            let Some((_, at, product)) = lowest else { return };
            symbols[at] = product;
            symbols.remove(at + 1);
        }
    }

    /// Keeps the candidates in a queue and the symbols in a linked list.
    pub(crate) fn merge_by_queue(&self, symbols: &mut Vec<u32>) {
        const NONE: u32 = u32::MAX;
        let count = symbols.len() as u32;
        let mut next: Vec<u32> = (1..=count).map(|at| if at == count { NONE } else { at }).collect();
        let mut previous: Vec<u32> = (0..count).map(|at| at.checked_sub(1).unwrap_or(NONE)).collect();
        let mut alive = vec![true; symbols.len()];
        let mut queue: BinaryHeap<Reverse<(u32, u32, u32, u32)>> = symbols
            .windows(2)
            .zip(0u32..)
            .filter_map(|(pair, at)| {
                self.get(pair[0], pair[1]).map(|(rank, _)| Reverse((rank, at, pair[0], pair[1])))
            })
            .collect();
        while let Some(Reverse((_, at, left, right))) = queue.pop() {
            let follower = next[at as usize];
            if !alive[at as usize]
                || follower == NONE
                || symbols[at as usize] != left
                || symbols[follower as usize] != right
            {
                continue;
            }
            let Some((_, product)) = self.get(left, right) else { continue };
            symbols[at as usize] = product;
            alive[follower as usize] = false;
            let after = next[follower as usize];
            next[at as usize] = after;
            if after != NONE {
                previous[after as usize] = at;
                if let Some((rank, _)) = self.get(product, symbols[after as usize]) {
                    queue.push(Reverse((rank, at, product, symbols[after as usize])));
                }
            }
            let before = previous[at as usize];
            if before != NONE
                && let Some((rank, _)) = self.get(symbols[before as usize], product)
            {
                queue.push(Reverse((rank, before, symbols[before as usize], product)));
            }
        }
        let mut at = 0;
        symbols.retain(|_| {
            at += 1;
            alive[at - 1]
        });
    }
}
