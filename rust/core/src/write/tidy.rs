//! What dead runs left in a folder: half-done publications are settled, temporary files and folders removed.

use std::fs::DirEntry;
use std::io::Read;
use std::path::Path;

use super::commit::{Journal, LONGEST_JOURNAL};
use super::own_names::{self, Use};
use super::partial_directory::remove_own_directory;
use super::places::{is_own, open_to_lock};
use super::staged_file::lock;

/// Settles and removes what runs left in `folder` whose locks nobody holds any more. Only names that this library
/// gives are looked at, only those of this user, and never through a link.
pub(super) fn tidy(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut found: Vec<(Use, DirEntry)> = entries
        .flatten()
        .filter_map(|entry| {
            let used = entry.file_name().to_str().and_then(own_names::parse).map(|(_, used)| used)?;
            let metadata = entry.path().symlink_metadata().ok()?;
            let fits = if used == Use::Directory { metadata.is_dir() } else { metadata.is_file() };
            (is_own(&metadata) && (fits || used == Use::Aside)).then_some((used, entry))
        })
        .collect();
    // A journal decides what happens to the files that it names, so journals come first.
    found.sort_by_key(|(used, _)| *used != Use::Journal);
    let mut unsettled = false;
    for (used, entry) in found {
        let path = entry.path();
        if unsettled && used != Use::Journal {
            return;
        }
        let Ok(mut opened) = open_to_lock(&path) else { continue };
        if !matches!(lock(&opened), Ok(true)) {
            unsettled |= used == Use::Journal;
            continue;
        }
        match used {
            Use::Journal => {
                let mut text = Vec::new();
                let whole = opened.by_ref().take(LONGEST_JOURNAL).read_to_end(&mut text).is_ok();
                let settled = match Journal::read(&text) {
                    Some(journal) if whole => journal.settle(folder).is_ok(),
                    // It was not complete, so nothing had been renamed.
                    _ => true,
                };
                if settled {
                    let _ = std::fs::remove_file(&path);
                } else {
                    unsettled = true;
                }
            }
            Use::File => drop(std::fs::remove_file(&path)),
            Use::Directory => remove_own_directory(&path),
            // Only a journal says whose it is; without one it is the only copy of something.
            Use::Aside => {}
        }
    }
}
