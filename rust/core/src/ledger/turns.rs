//! Assistant turns.

use serde::Serialize;

/// Counts of assistant turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Turns {
    /// All of them.
    pub assistant: u64,
    /// With at least one trained token.
    pub trained: u64,
    /// Not trained because a call in them is wrong.
    pub masked_by_validation: u64,
    /// Not trained because serving would show them another prompt.
    pub prompt_differs: u64,
    /// Not trained because the template drops a field of theirs.
    pub field_dropped: u64,
    /// Trained without reasoning.
    pub trained_without_reasoning: u64,
    /// Tokens, not turns: those that cover bytes of two weights and take the smaller.
    pub straddling_tokens: u64,
}

impl Turns {
    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &Turns) {
        let Turns {
            assistant,
            trained,
            masked_by_validation,
            prompt_differs,
            field_dropped,
            trained_without_reasoning,
            straddling_tokens,
        } = other;
        self.assistant += assistant;
        self.trained += trained;
        self.masked_by_validation += masked_by_validation;
        self.prompt_differs += prompt_differs;
        self.field_dropped += field_dropped;
        self.trained_without_reasoning += trained_without_reasoning;
        self.straddling_tokens += straddling_tokens;
    }
}
