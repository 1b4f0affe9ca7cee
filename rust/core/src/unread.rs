//! Keys of records that nobody read, counted by where they are: what is left out of training is never left out of the
//! report.

use std::collections::BTreeMap;

use serde::Serialize;

/// Paths that are told apart; keys that are data themselves could be without end.
const MOST_PATHS: usize = 200;

/// What is counted together beyond that.
const OTHERS: &str = "(other keys)";

/// A key that was left unread in one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadKey {
    /// Where it is, positions in lists left out: `messages[].agent`.
    pub path: String,
    /// How many times in the record.
    pub count: u64,
    /// Bytes of its values.
    pub bytes: u64,
}

/// How often a key was left unread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UnreadCount {
    /// Records that have it.
    pub records: u64,
    /// Times that it was met.
    pub count: u64,
    /// Bytes of its values.
    pub bytes: u64,
}

/// Keys that were left unread in many records, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct UnreadKeys {
    keys: BTreeMap<String, UnreadCount>,
}

impl UnreadKeys {
    /// Counts the unread keys of one record.
    pub fn count(&mut self, of_record: &[UnreadKey]) {
        for key in of_record {
            self.add(&key.path, UnreadCount { records: 1, count: key.count, bytes: key.bytes });
        }
    }

    /// Adds the counts of records that come later.
    pub fn merge(&mut self, later: &UnreadKeys) {
        for (path, count) in &later.keys {
            self.add(path, *count);
        }
    }

    fn add(&mut self, path: &str, more: UnreadCount) {
        let is_full = self.keys.len() >= MOST_PATHS && !self.keys.contains_key(path);
        let path = if is_full { OTHERS } else { path };
        match self.keys.get_mut(path) {
            Some(count) => {
                count.records += more.records;
                count.count += more.count;
                count.bytes += more.bytes;
            }
            None => {
                self.keys.insert(path.to_owned(), more);
            }
        }
    }

    /// The paths and their counts, in the order of the alphabet.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &UnreadCount)> {
        self.keys.iter().map(|(path, count)| (path.as_str(), count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(path: &str, count: u64, bytes: u64) -> UnreadKey {
        UnreadKey { path: path.to_owned(), count, bytes }
    }

    #[test]
    fn keys_are_counted_by_record_and_by_occurrence() {
        let mut keys = UnreadKeys::default();
        keys.count(&[key("messages[].agent", 3, 12), key("trial", 1, 1)]);
        let mut later = UnreadKeys::default();
        later.count(&[key("trial", 1, 2)]);
        keys.merge(&later);
        let shown: Vec<_> = keys.iter().collect();
        assert_eq!(
            shown,
            [
                ("messages[].agent", &UnreadCount { records: 1, count: 3, bytes: 12 }),
                ("trial", &UnreadCount { records: 2, count: 2, bytes: 3 }),
            ]
        );
    }

    #[test]
    fn keys_without_end_are_counted_together() {
        let mut keys = UnreadKeys::default();
        for number in 0..MOST_PATHS as u64 + 5 {
            keys.count(&[key(&format!("k{number}"), 1, 1)]);
        }
        assert_eq!(keys.iter().count(), MOST_PATHS + 1);
        assert_eq!(keys.keys[OTHERS].count, 5);
    }
}
