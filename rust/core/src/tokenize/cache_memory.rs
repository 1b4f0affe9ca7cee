//! How much memory the caches of one worker may take.

use crate::options::Options;

/// Bytes for each cache of an encoder. Ids never depend on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheMemory {
    /// For words with their ids.
    pub words: usize,
    /// For whole pieces of text with their ids.
    pub segments: usize,
}

impl Default for CacheMemory {
    fn default() -> Self {
        Self { words: 64 << 20, segments: 32 << 20 }
    }
}

impl CacheMemory {
    /// The memory for each worker of a run: what is usual, but for all workers together no more than half of
    /// `memory_limit`. The other half is for records in flight.
    #[must_use]
    pub fn of_run(options: &Options) -> Self {
        let usual = Self::default();
        let Some(limit) = options.memory_limit else { return usual };
        let share = usize::try_from(limit / 2).unwrap_or(usize::MAX) / options.worker_threads();
        Self { words: usual.words.min(share / 3 * 2), segments: usual.segments.min(share / 3) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caches_take_at_most_half_of_the_limit() {
        let of = |memory_limit, threads| {
            CacheMemory::of_run(&Options { memory_limit, threads: Some(threads), ..Options::default() })
        };
        assert_eq!(of(None, 4), CacheMemory::default());
        assert_eq!(of(Some(1 << 40), 4), CacheMemory::default());
        for (limit, threads) in [(0, 1), (1, 2), (1 << 20, 3), (100 << 20, 2)] {
            let each = of(Some(limit), threads);
            assert!((each.words + each.segments) * threads <= limit as usize / 2, "{limit} {threads}");
        }
    }
}
