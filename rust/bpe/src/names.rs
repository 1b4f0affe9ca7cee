//! Vocabulary and merges of a file, read in one pass into a few large pieces of memory.

use std::fmt;

use rustc_hash::{FxBuildHasher, FxHashMap};
use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// The entries of a vocabulary with their ids, in the order of the file.
#[derive(Default)]
pub(crate) struct Names {
    text: String,
    /// Where each entry ends, and its id.
    entries: Vec<(usize, u32)>,
}

impl Names {
    /// The ids by entry. Of entries that are there twice the last counts.
    pub(crate) fn ids(&self) -> FxHashMap<&str, u32> {
        let mut ids = FxHashMap::with_capacity_and_hasher(self.entries.len(), FxBuildHasher);
        let mut start = 0;
        for &(end, id) in &self.entries {
            ids.insert(&self.text[start..end], id);
            start = end;
        }
        ids
    }
}

/// Pairs of entries, in the order of the file.
#[derive(Default)]
pub(crate) struct Pairs {
    text: String,
    /// Where the first and the second of each pair end.
    ends: Vec<(usize, usize)>,
}

impl Pairs {
    /// Both entries, and the two as one.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let mut start = 0;
        self.ends.iter().map(move |&(middle, end)| {
            let pair = (&self.text[start..middle], &self.text[middle..end], &self.text[start..end]);
            start = end;
            pair
        })
    }
}

/// Appends a string to another.
struct Append<'s>(&'s mut String);

impl<'de> DeserializeSeed<'de> for Append<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Append<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entry of the vocabulary")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        self.0.push_str(text);
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Names;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map from entry to id")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                let mut names = Names::default();
                while map.next_key_seed(Append(&mut names.text))?.is_some() {
                    names.entries.push((names.text.len(), map.next_value()?));
                }
                Ok(names)
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// Appends a pair, as two strings or as one with a space between them.
struct AppendPair<'p>(&'p mut Pairs);

impl<'de> DeserializeSeed<'de> for AppendPair<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AppendPair<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("two entries of the vocabulary")
    }

    fn visit_str<E: de::Error>(self, line: &str) -> Result<(), E> {
        if line.starts_with("#version") {
            return Ok(());
        }
        let (left, right) = line
            .split_once(' ')
            .filter(|(_, right)| !right.contains(' '))
            .ok_or_else(|| E::custom(format!("merge {line:?} is not two entries")))?;
        self.0.text.push_str(left);
        let middle = self.0.text.len();
        self.0.text.push_str(right);
        self.0.ends.push((middle, self.0.text.len()));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut pair: A) -> Result<(), A::Error> {
        let missing = |at| de::Error::invalid_length(at, &"two entries of the vocabulary");
        pair.next_element_seed(Append(&mut self.0.text))?.ok_or_else(|| missing(0))?;
        let middle = self.0.text.len();
        pair.next_element_seed(Append(&mut self.0.text))?.ok_or_else(|| missing(1))?;
        self.0.ends.push((middle, self.0.text.len()));
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of merges")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Pairs, A::Error> {
                let mut pairs = Pairs::default();
                while list.next_element_seed(AppendPair(&mut pairs))?.is_some() {}
                Ok(pairs)
            }
        }
        deserializer.deserialize_seq(List)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_are_read_in_both_forms() {
        let new: Pairs = serde_json::from_str(r#"[["a", "\u00e9"], ["b c", "d"]]"#).unwrap();
        assert_eq!(new.iter().collect::<Vec<_>>(), [("a", "é", "aé"), ("b c", "d", "b cd")]);
        let old: Pairs = serde_json::from_str(r##"["#version: 0.2", "a é", "b c"]"##).unwrap();
        assert_eq!(old.iter().collect::<Vec<_>>(), [("a", "é", "aé"), ("b", "c", "bc")]);
        for damaged in [r#"["a"]"#, r#"["a b c"]"#, r#"[["a"]]"#, r#"[["a", "b", "c"]]"#, "[1]"] {
            assert!(serde_json::from_str::<Pairs>(damaged).is_err(), "{damaged}");
        }
    }

    #[test]
    fn the_last_of_two_entries_counts() {
        let names: Names = serde_json::from_str(r#"{"a": 1, "\u00e9": 2, "a": 3}"#).unwrap();
        assert_eq!(names.ids(), FxHashMap::from_iter([("a", 3), ("é", 2)]));
    }
}
