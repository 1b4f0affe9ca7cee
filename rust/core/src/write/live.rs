//! The temporary files and folders of this process: what an interrupted process takes away before it ends.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use super::partial_directory::remove_own_directory;
use crate::error::{Error, ErrorKind, Result};

struct Live {
    /// Each with the process that made it: a forked child knows the files of its parent, and has to leave them.
    paths: Vec<(u32, PathBuf)>,
    abandoned: bool,
}

static LIVE: Mutex<Live> = Mutex::new(Live { paths: Vec::new(), abandoned: false });

/// How long a publication under way may take to end before an interrupted process goes without it.
const PATIENCE: Duration = Duration::from_millis(400);

fn live() -> MutexGuard<'static, Live> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes a name before anything is made under it.
pub(super) fn add(path: &Path) -> Result<()> {
    let mut live = live();
    if live.abandoned {
        return Err(interrupted());
    }
    live.paths.push((std::process::id(), path.to_path_buf()));
    Ok(())
}

/// Forgets a name; whether it was known.
pub(super) fn forget(path: &Path) -> bool {
    let mut live = live();
    let before = live.paths.len();
    live.paths.retain(|(_, known)| known != path);
    live.paths.len() < before
}

/// Publishes with `work`, which is not begun in a process that is about to end, and which such a process lets end.
/// Nothing is noted or forgotten meanwhile.
pub(super) fn publishing<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    let live = live();
    if live.abandoned {
        return Err(interrupted());
    }
    work()
}

/// Removes every temporary file and folder of this process, which writes nothing afterwards. For a process that ends
/// although its runs have not.
pub fn abandon() {
    let begun = Instant::now();
    let mut live = loop {
        match LIVE.try_lock() {
            Ok(live) => break live,
            Err(TryLockError::Poisoned(poisoned)) => break poisoned.into_inner(),
            Err(TryLockError::WouldBlock) if begun.elapsed() > PATIENCE => return,
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    live.abandoned = true;
    for (process, path) in std::mem::take(&mut live.paths) {
        if process != std::process::id() {
            continue;
        }
        if path.is_dir() {
            remove_own_directory(&path);
        } else {
            let _ = std::fs::remove_file(&path);
        }
    }
}

fn interrupted() -> Error {
    Error::new(ErrorKind::Interrupted, "the process is about to end")
}
