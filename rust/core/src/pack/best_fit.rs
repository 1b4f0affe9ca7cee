//! The samples of the bounded pool, in the slots that the pool hands out.

use super::pool::Pool;
use crate::error::Result;
use crate::sample::{Row, Sample};

/// Most conversations that wait for a row.
///
/// More is not always better: with many waiting, lengths near the mean are used up in pairs.
pub const POOL_CONVERSATIONS: usize = 1024;

/// Most tokens that wait for a row; they bind before the conversations do when conversations are long.
pub const POOL_TOKENS: u64 = 8 << 20;

/// A conversation that has waited for more arrivals than this begins the next row.
pub const POOL_PATIENCE: u64 = 8 * POOL_CONVERSATIONS as u64;

/// The pool with its samples.
#[derive(Debug)]
pub(super) struct BestFit {
    pool: Pool,
    multiple: u32,
    samples: Vec<Sample>,
    waiting_tokens: u64,
    slots: Vec<u32>,
}

impl BestFit {
    pub(super) fn new(capacity: u32, multiple: u32) -> Self {
        Self {
            pool: Pool::new(capacity, POOL_PATIENCE),
            multiple,
            samples: Vec::new(),
            waiting_tokens: 0,
            slots: Vec::new(),
        }
    }

    pub(super) fn waiting_tokens(&self) -> u64 {
        self.waiting_tokens
    }

    pub(super) fn push(&mut self, sample: Sample, sink: &mut impl FnMut(Row) -> Result<()>) -> Result<()> {
        self.waiting_tokens += sample.ids.len() as u64;
        let slot = self.pool.add(sample.ids.len().div_ceil(self.multiple as usize) as u32) as usize;
        if slot == self.samples.len() {
            self.samples.push(sample);
        } else {
            self.samples[slot] = sample;
        }
        while self.pool.len() >= POOL_CONVERSATIONS || self.waiting_tokens > POOL_TOKENS {
            let (_, row) = self.take_row();
            sink(row)?;
        }
        Ok(())
    }

    /// Packs what still waits. These rows leave in the order of their first conversation: the rule
    /// alone would end every run with its shortest conversations.
    pub(super) fn finish(mut self, sink: &mut impl FnMut(Row) -> Result<()>) -> Result<()> {
        let mut rows = Vec::new();
        while !self.pool.is_empty() {
            rows.push(self.take_row());
        }
        rows.sort_unstable_by_key(|&(arrival, _)| arrival);
        rows.into_iter().try_for_each(|(_, row)| sink(row))
    }

    /// The next row, and when its first conversation arrived.
    fn take_row(&mut self) -> (u64, Row) {
        self.pool.take_row(&mut self.slots);
        let arrival = self.slots.first().map_or(0, |&slot| self.pool.arrival(slot));
        let samples: Vec<Sample> =
            self.slots.iter().map(|&slot| std::mem::take(&mut self.samples[slot as usize])).collect();
        let row = Row { samples };
        self.waiting_tokens -= row.len() as u64;
        (arrival, row)
    }
}
