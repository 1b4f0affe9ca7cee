//! The bounded pool: which of the lengths that wait go together into one row.
//!
//! The pool sees lengths and hands out slots; whoever owns the samples keeps them under the slot's
//! number. So planning costs a few nanoseconds a conversation and never touches a token.

use super::length_set::{LengthSet, place};

const NONE: u32 = u32::MAX;

/// Lengths that wait for a row, and the rule that picks a row from them.
///
/// The rule: begin with the largest length, or with the oldest once that has waited for more than
/// `patience` arrivals. Then fill what remains with a length that fits exactly; else with two that
/// fit exactly together, the pair closest to two equal halves; else with the largest that fits, and
/// again. Exact pairs are what brings the fill close to the optimum, and balanced ones keep both
/// short and long lengths in the pool for the rows to come. A pair is found 64 lengths at a time, by
/// AND of the set with its mirror image shifted by what remains.
///
/// Of equal lengths the one that came first leaves first.
///
/// What always holds: a slot that is not in `free` is in two lists at once, that of its length, from `queues[length].first`
/// in order of arrival, and that of all slots, from `oldest` to `newest`. A length is in `present` if and only if its
/// queue is not empty, and then `capacity - length` is in `mirrored`; a pair that fills what remains is a bit
/// that `present` and the shifted `mirrored` share.
#[derive(Clone, Debug)]
pub struct Pool {
    capacity: u32,
    patience: u64,
    present: LengthSet,
    mirrored: Vec<u64>,
    queues: Vec<Queue>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    oldest: u32,
    newest: u32,
    arrivals: u64,
}

/// Slots of one length, in order of arrival.
#[derive(Clone, Copy, Debug)]
struct Queue {
    first: u32,
    last: u32,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    length: u32,
    next_of_length: u32,
    older: u32,
    newer: u32,
    arrival: u64,
}

impl Pool {
    /// An empty pool for rows of `capacity`, whose oldest length waits for at most `patience`
    /// arrivals before it begins a row.
    #[must_use]
    pub fn new(capacity: u32, patience: u64) -> Self {
        let present = LengthSet::new(capacity);
        let mirrored = vec![0; present.words().len() + 1];
        Self {
            capacity,
            patience,
            present,
            mirrored,
            queues: vec![Queue { first: NONE, last: NONE }; capacity as usize + 1],
            slots: Vec::new(),
            free: Vec::new(),
            oldest: NONE,
            newest: NONE,
            arrivals: 0,
        }
    }

    /// How many lengths wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The position in the stream of the length that is, or was last, in `slot`.
    #[must_use]
    pub fn arrival(&self, slot: u32) -> u64 {
        self.slots[slot as usize].arrival
    }

    /// Adds a length between 1 and the capacity, and returns its slot. Slots are small numbers; one
    /// is used again after a row has taken it.
    pub fn add(&mut self, length: u32) -> u32 {
        debug_assert!((1..=self.capacity).contains(&length));
        let entry =
            Slot { length, next_of_length: NONE, older: self.newest, newer: NONE, arrival: self.arrivals };
        self.arrivals += 1;
        let slot = if let Some(slot) = self.free.pop() {
            self.slots[slot as usize] = entry;
            slot
        } else {
            self.slots.push(entry);
            self.slots.len() as u32 - 1
        };

        if self.newest == NONE {
            self.oldest = slot;
        } else {
            self.slots[self.newest as usize].newer = slot;
        }
        self.newest = slot;

        let last = std::mem::replace(&mut self.queues[length as usize].last, slot);
        if last == NONE {
            self.queues[length as usize].first = slot;
            self.present.insert(length);
            let (word, bit) = place((self.capacity - length) as usize);
            self.mirrored[word] |= bit;
        } else {
            self.slots[last as usize].next_of_length = slot;
        }
        slot
    }

    /// Picks the next row: clears `row` and puts the slots of its lengths there in order of arrival.
    /// The row is empty only if the pool was.
    pub fn take_row(&mut self, row: &mut Vec<u32>) {
        row.clear();
        let Some(seed) = self.seed() else { return };
        row.push(self.take(seed));
        let mut remaining = self.capacity - seed;
        while remaining > 0 {
            if self.present.contains(remaining) {
                row.push(self.take(remaining));
                break;
            }
            if let Some(shorter) = self.balanced_pair(remaining) {
                row.push(self.take(shorter));
                row.push(self.take(remaining - shorter));
                break;
            }
            let Some(largest) = self.present.at_most(remaining) else { break };
            row.push(self.take(largest));
            remaining -= largest;
        }
        row.sort_unstable_by_key(|&slot| self.slots[slot as usize].arrival);
    }

    fn seed(&self) -> Option<u32> {
        if self.oldest == NONE {
            return None;
        }
        let oldest = self.slots[self.oldest as usize];
        if self.arrivals - oldest.arrival > self.patience {
            Some(oldest.length)
        } else {
            self.present.at_most(self.capacity)
        }
    }

    /// The shorter of two waiting lengths that add up to `total`, as close to its half as there is.
    fn balanced_pair(&self, total: u32) -> Option<u32> {
        let half = total / 2;
        let (top, bit) = place(half as usize);
        let mut allowed = bit | (bit - 1);
        if total.is_multiple_of(2) {
            let queue = self.queues[half as usize];
            if queue.first == queue.last {
                allowed ^= bit;
            }
        }
        let shift = (self.capacity - total) as usize;
        let (skip, low) = (shift / 64, shift % 64);
        let present = &self.present.words()[..=top];
        let mirrored = &self.mirrored[skip..=skip + top + 1];
        for (word, (&lengths, pair)) in present.iter().zip(mirrored.windows(2)).enumerate().rev() {
            let complements = (pair[0] >> low) | (pair[1] << 1 << (63 - low));
            let found = lengths & complements & allowed;
            if found != 0 {
                return Some(word as u32 * 64 + 63 - found.leading_zeros());
            }
            allowed = u64::MAX;
        }
        None
    }

    /// Takes the oldest slot of a length that waits.
    fn take(&mut self, length: u32) -> u32 {
        let queue = &mut self.queues[length as usize];
        let slot = queue.first;
        let entry = self.slots[slot as usize];
        queue.first = entry.next_of_length;
        if queue.first == NONE {
            queue.last = NONE;
            self.present.remove(length);
            let (word, bit) = place((self.capacity - length) as usize);
            self.mirrored[word] &= !bit;
        }

        if entry.older == NONE {
            self.oldest = entry.newer;
        } else {
            self.slots[entry.older as usize].newer = entry.newer;
        }
        if entry.newer == NONE {
            self.newest = entry.older;
        } else {
            self.slots[entry.newer as usize].older = entry.older;
        }
        self.free.push(slot);
        slot
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Pool;

    /// The rule of [`Pool`] said with plain lists.
    fn expected_row(waiting: &mut Vec<(u64, u32)>, capacity: u32, arrivals: u64, patience: u64) -> Vec<u64> {
        let take = |waiting: &mut Vec<(u64, u32)>, length: u32| {
            let place = waiting.iter().position(|entry| entry.1 == length).unwrap();
            waiting.remove(place).0
        };
        let overdue = arrivals - waiting[0].0 > patience;
        let seed = if overdue { waiting[0].1 } else { waiting.iter().map(|entry| entry.1).max().unwrap() };
        let mut row = vec![take(waiting, seed)];
        let mut remaining = capacity - seed;
        while remaining > 0 {
            let count = |length: u32| waiting.iter().filter(|entry| entry.1 == length).count();
            if count(remaining) > 0 {
                row.push(take(waiting, remaining));
                break;
            }
            let pair = (1..=remaining / 2).rev().find(|&shorter| {
                let longer = remaining - shorter;
                if shorter == longer { count(shorter) > 1 } else { count(shorter) > 0 && count(longer) > 0 }
            });
            if let Some(shorter) = pair {
                row.push(take(waiting, shorter));
                row.push(take(waiting, remaining - shorter));
                break;
            }
            let fitting = waiting.iter().map(|entry| entry.1).filter(|&length| length <= remaining).max();
            let Some(largest) = fitting else { break };
            row.push(take(waiting, largest));
            remaining -= largest;
        }
        row.sort_unstable();
        row
    }

    proptest! {
        #[test]
        fn picks_what_the_rule_says(
            capacity in 1_u32..700,
            window in 1_usize..40,
            numbers in prop::collection::vec(any::<u32>(), 1..300),
        ) {
            let patience = window as u64 * 8;
            let mut pool = Pool::new(capacity, patience);
            let mut waiting = Vec::new();
            let mut row = Vec::new();
            for (arrival, number) in (0_u64..).zip(&numbers) {
                let length = 1 + number % capacity;
                pool.add(length);
                waiting.push((arrival, length));
                while pool.len() >= window {
                    pool.take_row(&mut row);
                    let arrivals: Vec<u64> = row.iter().map(|&slot| pool.arrival(slot)).collect();
                    prop_assert_eq!(arrivals, expected_row(&mut waiting, capacity, arrival + 1, patience));
                }
            }
            while !waiting.is_empty() {
                pool.take_row(&mut row);
                let arrivals: Vec<u64> = row.iter().map(|&slot| pool.arrival(slot)).collect();
                let total = numbers.len() as u64;
                prop_assert_eq!(arrivals, expected_row(&mut waiting, capacity, total, patience));
            }
            prop_assert!(pool.is_empty());
            pool.take_row(&mut row);
            prop_assert!(row.is_empty());
        }
    }

    #[test]
    fn the_oldest_begins_a_row_once_it_has_waited_too_long() {
        let mut pool = Pool::new(100, 5);
        let mut row = Vec::new();
        pool.add(1);
        for _ in 0..4 {
            pool.add(100);
            pool.take_row(&mut row);
            assert_eq!(row.len(), 1);
            assert_ne!(pool.arrival(row[0]), 0);
        }
        pool.add(100);
        pool.take_row(&mut row);
        assert_eq!(pool.arrival(row[0]), 0);
    }
}
