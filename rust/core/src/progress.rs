//! Counters that a run moves and anyone may read while it goes on.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::error::{Error, ErrorKind, Result};

/// A running total. Reading it never blocks the run.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds to the total.
    pub fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    /// Replaces the total.
    pub fn set(&self, amount: u64) {
        self.0.store(amount, Ordering::Relaxed);
    }

    /// The total.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is known of a run while it goes on, and the switch that ends it.
#[derive(Debug, Default)]
pub struct Progress {
    /// Records seen.
    pub records: Counter,
    /// Records rejected.
    pub rejected: Counter,
    /// Bytes of the shards' files read.
    pub bytes: Counter,
    /// Bytes of all the shards' files; 0 where that is not known.
    pub total_bytes: Counter,
    /// Tokens packed.
    pub tokens: Counter,
    /// Trained tokens packed.
    pub trained_tokens: Counter,
    stage: OnceLock<&'static str>,
    first_look: OnceLock<String>,
    cancel: AtomicBool,
}

impl Progress {
    /// Says in a word what the run does.
    pub fn begin(&self, stage: &'static str) {
        let _ = self.stage.set(stage);
    }

    /// What the run does, in a word.
    #[must_use]
    pub fn stage(&self) -> &'static str {
        self.stage.get().copied().unwrap_or("packing")
    }

    /// Says what the first records tell about the rest; the first word counts.
    pub fn tell_first_look(&self, text: String) {
        let _ = self.first_look.set(text);
    }

    /// What the first records tell about the rest, once that is known and worth telling.
    #[must_use]
    pub fn first_look(&self) -> Option<&str> {
        self.first_look.get().map(String::as_str)
    }

    /// Ends the run as soon as it looks.
    pub fn cancel(&self) {
        self.cancel.store(true, Ordering::Relaxed);
    }

    /// The switch, for those who look at it.
    #[must_use]
    pub fn switch(&self) -> &AtomicBool {
        &self.cancel
    }

    /// Whether the run shall end.
    #[must_use]
    pub fn canceled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// An error of kind [`ErrorKind::Interrupted`] once the run shall end.
    pub fn check(&self) -> Result<()> {
        if self.canceled() {
            return Err(Error::new(ErrorKind::Interrupted, "the run was interrupted"));
        }
        Ok(())
    }
}
