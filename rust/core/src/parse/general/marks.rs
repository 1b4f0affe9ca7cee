//! Which values of a record were read. What is left is what nobody looked at.

use tooltrain_json::Json;

/// A flag for every value of a tape. A flag on a container stands for all that is in it.
#[derive(Debug, Default)]
pub(super) struct Marks {
    read: Vec<bool>,
}

impl Marks {
    /// The value and everything in it were read, or are known to mean nothing.
    pub(super) fn set(&mut self, value: Json<'_, '_>) {
        let at = value.index() as usize;
        if self.read.len() <= at {
            self.read.resize(at + 1, false);
        }
        self.read[at] = true;
    }

    pub(super) fn is_set(&self, value: Json<'_, '_>) -> bool {
        self.read.get(value.index() as usize).copied().unwrap_or(false)
    }

    /// Whether the value or anything inside it was read.
    pub(super) fn reaches(&self, value: Json<'_, '_>) -> bool {
        let (start, end) = (value.index() as usize, value.end_index() as usize);
        let end = end.min(self.read.len());
        start < end && self.read[start..end].contains(&true)
    }
}
