//! Where a worker's time goes.

use std::time::Duration;

use crate::ledger;

/// Time that a worker spent in each stage.
#[derive(Clone, Copy, Debug, Default)]
pub struct StageClock {
    /// Bytes to conversation.
    pub parse: Duration,
    /// Findings and repairs.
    pub validate: Duration,
    /// Conversation to text with provenance and weights.
    pub render: Duration,
    /// Text to ids and mask.
    pub tokenize: Duration,
}

impl StageClock {
    /// The stages' shares of `processor` seconds. Reading the processor's clock around every stage of
    /// every record would cost more than some stages; so the block is measured, and shared out by
    /// wall time.
    #[must_use]
    pub fn share(&self, processor: Duration) -> ledger::Seconds {
        let wall = (self.parse + self.validate + self.render + self.tokenize).as_secs_f64();
        let scale = if wall > 0.0 { processor.as_secs_f64() / wall } else { 0.0 };
        let share = |stage: Duration| stage.as_secs_f64() * scale;
        ledger::Seconds {
            parse: share(self.parse),
            validate: share(self.validate),
            render: share(self.render),
            tokenize: share(self.tokenize),
            ..ledger::Seconds::default()
        }
    }
}
