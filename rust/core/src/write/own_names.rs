//! Hidden names that only this library gives. A file or folder of such a name was made by a run of it, so it
//! may be removed once that run is dead; nothing else ever is.

use std::hash::{BuildHasher, Hasher, RandomState};

use crate::digest::sha256;

/// What a hidden name is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// A file that is being written.
    File,
    /// A directory that is being filled.
    Directory,
    /// The plan of a publication under way.
    Journal,
    /// An earlier output or side file, set aside until the new one is in place.
    Aside,
}

impl Use {
    const ALL: [Self; 4] = [Self::File, Self::Directory, Self::Journal, Self::Aside];

    const fn suffix(self) -> &'static str {
        match self {
            Self::File => ".tmp",
            Self::Directory => ".partial",
            Self::Journal => ".commit",
            Self::Aside => ".old",
        }
    }
}

/// Hex digits of a name that are random, and as many that follow from them and the rest of the name.
const DIGITS: usize = 8;

/// Longest part of a target's name in a hidden name: file systems allow 255 bytes in all.
const LONGEST_STEM: usize = 180;

/// A new hidden name beside `target`.
pub(super) fn fresh(target: &str, used: Use) -> String {
    let random = format!("{:08x}", RandomState::new().build_hasher().finish() as u32);
    let stem = stem(target);
    format!(".{stem}.{random}{}{}", checksum(stem, &random, used), used.suffix())
}

/// The target and the use of a name, if it is one of ours.
pub(super) fn parse(name: &str) -> Option<(&str, Use)> {
    let used = Use::ALL.into_iter().find(|used| name.ends_with(used.suffix()))?;
    let rest = name.strip_prefix('.')?.strip_suffix(used.suffix())?;
    let (stem, id) = rest.rsplit_once('.')?;
    let (random, check) = id.split_at_checked(DIGITS)?;
    (checksum(stem, random, used) == check).then_some((stem, used))
}

/// Whether a hidden name with this stem is beside `target`.
pub(super) fn stem(target: &str) -> &str {
    &target[..target.floor_char_boundary(LONGEST_STEM)]
}

fn checksum(stem: &str, random: &str, used: Use) -> String {
    let mut digest = sha256(format!("tooltrain_fast {stem} {random}{}", used.suffix()).as_bytes());
    digest.truncate(DIGITS);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_names_are_recognized_and_no_others() {
        let long = "é".repeat(200);
        for target in ["a.parquet", "train", "a.b.c", "", &long] {
            for used in Use::ALL {
                let name = fresh(target, used);
                assert!(name.len() < 255, "{name}");
                assert_eq!(parse(&name), Some((stem(target), used)), "{name}");
                assert_ne!(fresh(target, used), name);
                let other = name.replacen('.', ".x", 1);
                assert_eq!(parse(&other), None, "{other}");
            }
        }
        for name in
            [".a.parquet.Ab12Cd.tmp", "train.partial", ".tmp", "..tmp", ".a.0123456789abcdef.tmp", "é"]
        {
            assert_eq!(parse(name), None, "{name}");
        }
    }
}
