//! Merging the symbols of one pretoken.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::hash::fold;
use crate::machine::Machine;
use crate::vocabulary::{ID_LIMIT, Merge};

/// In the place of a rank: these neighbors do not merge.
const NEVER: u32 = (1 << RANK_BITS) - 1;

const RANK_BITS: u32 = 24;

/// A rank above the number of a place in a word.
const PLACE_BITS: u32 = 32 - RANK_BITS;

/// Words of up to this many bytes are merged in registers and a few cache lines.
const SHORT: usize = 64;

/// The merge list, looked up by pair.
pub(crate) struct MergeTable {
    byte_ids: [u32; 256],
    /// Ranks of pairs of single bytes, where every word begins.
    byte_ranks: Vec<[u32; 256]>,
    /// Open addressing: a pair above its rank counted from one; zero where empty.
    slots: Vec<u64>,
    shift: u32,
    /// What each rank makes.
    products: Vec<u32>,
}

/// Where a pair is looked for, with the slot that stands there. Slots come from memory that is rarely
/// in a cache; two probes made before either is read arrive together.
#[derive(Clone, Copy)]
struct Probe {
    pair: u64,
    place: usize,
    slot: u64,
}

impl MergeTable {
    /// No pair may be listed twice.
    pub(crate) fn new(merges: &[Merge], byte_ids: &[u32; 256]) -> Self {
        let slot_bits = (merges.len() * 3 / 2 + 2).next_power_of_two().ilog2();
        let mut table = Self {
            byte_ids: *byte_ids,
            byte_ranks: Vec::new(),
            slots: vec![0; 1 << slot_bits],
            shift: 64 - slot_bits,
            products: merges.iter().map(|merge| merge.product).collect(),
        };
        for (rank, merge) in (1..).zip(merges) {
            let Probe { pair, mut place, .. } = table.probe(merge.left, merge.right);
            while table.slots[place] != 0 {
                place = table.behind(place);
            }
            table.slots[place] = pair | rank;
        }
        let ranks_behind = |&left: &u32| byte_ids.map(|right| table.rank(table.probe(left, right)));
        table.byte_ranks = byte_ids.iter().map(ranks_behind).collect();
        table
    }

    /// Asks for what [`MergeTable::encode`] reads first, ahead of its call.
    pub(crate) fn prefetch(&self, machine: impl Machine, word: &[u8]) {
        for pair in word.windows(2).take(SHORT) {
            machine.prefetch(&self.byte_ranks[usize::from(pair[0])][usize::from(pair[1])]);
        }
    }

    fn behind(&self, place: usize) -> usize {
        (place + 1) & (self.slots.len() - 1)
    }

    #[inline(always)]
    fn pair(left: u32, right: u32) -> u64 {
        const { assert!(ID_LIMIT == 1 << 20) };
        (u64::from(left) << 20 | u64::from(right)) << RANK_BITS
    }

    #[inline(always)]
    fn place(&self, pair: u64) -> usize {
        (fold(pair, 0) >> self.shift) as usize
    }

    #[inline(always)]
    fn probe(&self, left: u32, right: u32) -> Probe {
        let pair = Self::pair(left, right);
        let place = self.place(pair);
        Probe { pair, place, slot: self.slots[place] }
    }

    /// The rank of a pair, or [`NEVER`].
    #[inline(always)]
    fn rank(&self, Probe { pair, mut place, mut slot }: Probe) -> u32 {
        loop {
            let difference = slot ^ pair;
            if difference <= u64::from(NEVER) {
                return (difference as u32).wrapping_sub(1) & NEVER;
            }
            if slot == 0 {
                return NEVER;
            }
            place = self.behind(place);
            slot = self.slots[place];
        }
    }

    /// Appends to `ids` what the bytes of a word merge to: always the pair of the lowest rank first,
    /// and among equal ones the leftmost, until no neighbors are in the list.
    pub(crate) fn encode(&self, machine: impl Machine, word: &[u8], ids: &mut Vec<u32>) {
        match word.len() {
            0 => {}
            1 => ids.push(self.byte_ids[usize::from(word[0])]),
            2..=16 => self.encode_short::<16>(machine, word, ids),
            17..=32 => self.encode_short::<32>(machine, word, ids),
            33..=SHORT => self.encode_short::<SHORT>(machine, word, ids),
            _ => self.encode_long(word, ids),
        }
    }

    /// The same for symbols that are no bytes.
    pub(crate) fn merge(&self, symbols: &[u32], ids: &mut Vec<u32>) {
        match symbols.len() {
            0 | 1 => ids.extend_from_slice(symbols),
            2..=16 => self.merge_few::<16>(symbols, ids),
            17..=SHORT => self.merge_few::<SHORT>(symbols, ids),
            _ => self.merge_many(symbols.to_vec(), ids),
        }
    }

    fn merge_few<const N: usize>(&self, given: &[u32], ids: &mut Vec<u32>) {
        let mut symbols = [0; N];
        let mut candidates = [u32::MAX; N];
        symbols[..given.len()].copy_from_slice(given);
        for (at, pair) in given.windows(2).enumerate() {
            candidates[at] = self.rank(self.probe(pair[0], pair[1])) << PLACE_BITS | at as u32;
        }
        self.merge_short(&mut symbols, &mut candidates, given.len(), ids);
    }

    fn encode_short<const N: usize>(&self, machine: impl Machine, word: &[u8], ids: &mut Vec<u32>) {
        let mut symbols = [0; N];
        let mut candidates = [u32::MAX; N];
        for (symbol, &byte) in symbols.iter_mut().zip(word) {
            *symbol = self.byte_ids[usize::from(byte)];
        }
        for (at, pair) in word.windows(2).enumerate() {
            let rank = self.byte_ranks[usize::from(pair[0])][usize::from(pair[1])];
            candidates[at] = rank << PLACE_BITS | at as u32;
        }
        self.prefetch_second(machine, &symbols[..word.len()], &candidates);
        self.merge_short(&mut symbols, &mut candidates, word.len(), ids);
    }

    /// Each place holds the rank of the symbol that starts there with the next one, above its own
    /// number: the smallest of all is the next merge.
    #[inline(always)]
    fn merge_short<const N: usize>(
        &self,
        symbols: &mut [u32; N],
        candidates: &mut [u32; N],
        count: usize,
        ids: &mut Vec<u32>,
    ) {
        let mut starts = u64::MAX >> (64 - count);
        loop {
            let lowest = candidates.iter().copied().fold(u32::MAX, u32::min);
            let rank = lowest >> PLACE_BITS;
            if rank == NEVER {
                break;
            }
            let at = lowest as usize & (SHORT - 1);
            let behind = starts & (u64::MAX - 1) << at;
            let right = behind.trailing_zeros() as usize;
            let product = self.products[rank as usize];
            symbols[at % N] = product;
            starts &= !(1 << right);
            candidates[right % N] = u32::MAX;
            let next = behind & behind.wrapping_sub(1);
            let before = starts & ((1 << at) - 1);
            let next_symbol = symbols[next.trailing_zeros() as usize % N];
            let before_at = 63 - (before | 1).leading_zeros() as usize;
            let with_next = self.probe(product, next_symbol);
            let with_before = self.probe(symbols[before_at % N], product);
            candidates[at % N] =
                if next == 0 { u32::MAX } else { self.rank(with_next) << PLACE_BITS | at as u32 };
            if before != 0 {
                candidates[before_at % N] = self.rank(with_before) << PLACE_BITS | before_at as u32;
            }
        }
        while starts != 0 {
            ids.push(symbols[starts.trailing_zeros() as usize % N]);
            starts &= starts - 1;
        }
    }

    /// Most pairs of bytes that merge at all will do so; asks for what will be looked up then.
    #[inline(always)]
    fn prefetch_second(&self, machine: impl Machine, symbols: &[u32], candidates: &[u32]) {
        for at in 1..symbols.len().saturating_sub(2) {
            let rank = candidates[at] >> PLACE_BITS;
            if let Some(&product) = self.products.get(rank as usize) {
                machine.prefetch(&self.slots[self.place(Self::pair(product, symbols[at + 2]))]);
                machine.prefetch(&self.slots[self.place(Self::pair(symbols[at - 1], product))]);
            }
        }
    }

    fn encode_long(&self, word: &[u8], ids: &mut Vec<u32>) {
        self.merge_many(word.iter().map(|&byte| self.byte_ids[usize::from(byte)]).collect(), ids);
    }

    /// The same with a queue of candidates and a linked list of symbols.
    fn merge_many(&self, mut symbols: Vec<u32>, ids: &mut Vec<u32>) {
        const NONE: u32 = u32::MAX;
        let count = symbols.len() as u32;
        let mut next: Vec<u32> = (1..=count).map(|at| if at == count { NONE } else { at }).collect();
        let mut previous: Vec<u32> = (0..count).map(|at| at.checked_sub(1).unwrap_or(NONE)).collect();
        let candidate = |rank: u32, at: u32, left: u32, right: u32| {
            let pair = u64::from(left) << 32 | u64::from(right);
            (rank != NEVER).then_some(Reverse((u64::from(rank) << 32 | u64::from(at), pair)))
        };
        let first = symbols.windows(2).zip(0..).filter_map(|(pair, at)| {
            candidate(self.rank(self.probe(pair[0], pair[1])), at, pair[0], pair[1])
        });
        let mut queue: BinaryHeap<Reverse<(u64, u64)>> = first.collect();
        while let Some(Reverse((place, pair))) = queue.pop() {
            let (rank, at) = ((place >> 32) as usize, place as u32);
            let follower = next[at as usize];
            if follower == NONE
                || symbols[at as usize] == NONE
                || u64::from(symbols[at as usize]) << 32 | u64::from(symbols[follower as usize]) != pair
            {
                continue;
            }
            let product = self.products[rank];
            symbols[at as usize] = product;
            symbols[follower as usize] = NONE;
            let after = next[follower as usize];
            next[at as usize] = after;
            if after != NONE {
                previous[after as usize] = at;
                let right = symbols[after as usize];
                queue.extend(candidate(self.rank(self.probe(product, right)), at, product, right));
            }
            let before = previous[at as usize];
            if before != NONE {
                let left = symbols[before as usize];
                queue.extend(candidate(self.rank(self.probe(left, product)), before, left, product));
            }
        }
        ids.extend(symbols.into_iter().filter(|&symbol| symbol != NONE));
    }
}
