//! Parquet's hybrid of run-length and bit-packed integers, written from runs.
//!
//! A list column needs a repetition level for each token: 0 where a row begins, 1 elsewhere. Written
//! token by token that costs as much as all the rest; as runs it costs a few bytes a row.

/// Integers of one bit each, as runs.
#[derive(Debug, Default)]
pub(super) struct BitRuns {
    bytes: Vec<u8>,
    value: u8,
    length: u64,
}

impl BitRuns {
    /// Appends `length` times `value`.
    pub(super) fn push(&mut self, value: u8, length: u64) {
        if length == 0 {
            return;
        }
        if value != self.value {
            self.flush();
            self.value = value;
        }
        self.length += length;
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.flush();
        self.bytes
    }

    fn flush(&mut self) {
        if self.length == 0 {
            return;
        }
        let mut header = self.length << 1;
        while header >= 0x80 {
            self.bytes.push(header as u8 | 0x80);
            header >>= 7;
        }
        self.bytes.push(header as u8);
        self.bytes.push(self.value);
        self.length = 0;
    }
}

/// Appends the levels of lists that end at `ends`, none of them null or empty: repetition levels,
/// then definition levels, each with its length before it.
pub(super) fn append_list_levels(ends: &[i32], page: &mut Vec<u8>) {
    let mut repetition = BitRuns::default();
    let mut start = 0;
    for end in ends {
        repetition.push(0, 1);
        repetition.push(1, (end - start - 1) as u64);
        start = *end;
    }
    let mut definition = BitRuns::default();
    definition.push(1, start as u64);
    for levels in [repetition.finish(), definition.finish()] {
        page.extend_from_slice(&(levels.len() as u32).to_le_bytes());
        page.extend_from_slice(&levels);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_a_length_and_a_value() {
        let mut runs = BitRuns::default();
        for (value, length) in [(1, 1), (0, 2), (0, 1), (1, 0), (0, 61), (1, 300)] {
            runs.push(value, length);
        }
        assert_eq!(runs.finish(), [2, 1, 0x80, 1, 0, 0xd8, 4, 1]);
    }

    #[test]
    fn a_list_of_one_token_joins_the_run_of_row_starts() {
        let mut page = Vec::new();
        append_list_levels(&[1, 2, 5], &mut page);
        assert_eq!(page, [4, 0, 0, 0, 6, 0, 4, 1, 2, 0, 0, 0, 10, 1]);
    }
}
