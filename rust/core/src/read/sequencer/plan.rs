//! How a run is spread over threads and memory.

use crate::options::Options;

/// Most shards that are open at once, besides the one being delivered.
pub(super) const MOST_AHEAD: usize = 8;

/// How a run is spread over threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Worker threads, at least one.
    pub threads: usize,
    /// Bytes that blocks may hold together, from reading to delivery.
    pub budget_bytes: u64,
    /// Bytes of a usual block, to reserve before it is read.
    pub block_bytes: u64,
}

impl Plan {
    /// The plan that the options of a run ask for.
    #[must_use]
    pub fn from_options(options: &Options) -> Self {
        let threads = options.worker_threads();
        let block_bytes = options.block_bytes.max(1) as u64;
        let usual = (8 * threads as u64 * block_bytes).max(32 << 20);
        // The other half is for the caches of the workers.
        let budget_bytes = options.memory_limit.map_or(usual, |limit| limit / 2);
        Self { threads, budget_bytes, block_bytes }
    }
}
