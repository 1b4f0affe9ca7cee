//! Where real data for tests is found, if it is there at all.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// The folder of shared data. A test that finds none has to be listed in `tests/skips.toml`, and what it leaves out is
/// written to the standard error; any other test fails.
pub(crate) fn folder() -> Option<PathBuf> {
    let root = match std::env::var_os("TOOLTRAIN_SHARED") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
    };
    if root.is_dir() {
        return Some(root);
    }
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a thread without a name");
    // With a single test thread, tests run on the main thread and have no name of their own.
    assert!(
        test == "main" || is_listed(test),
        "{test} needs the shared data, and tests/skips.toml does not list it"
    );
    let _ = writeln!(
        std::io::stderr(),
        "skipped, or a part of it: {test} (no shared data at {})",
        root.display()
    );
    None
}

fn is_listed(test: &str) -> bool {
    let function = test.rsplit("::").next().unwrap_or(test);
    let entry = format!("test = \"{function}\"");
    include_str!("../../../../tests/skips.toml").lines().any(|line| line == entry)
}

/// The files below `folder`/`part`, in order of name.
#[allow(dead_code, reason = "each test binary uses a part of this module")]
pub(crate) fn files(part: &str) -> Vec<PathBuf> {
    let Some(folder) = folder() else { return Vec::new() };
    let mut files: Vec<_> =
        std::fs::read_dir(folder.join(part)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The whole content of a gzip file.
#[allow(dead_code, reason = "each test binary uses a part of this module")]
pub(crate) fn gunzip(path: &Path) -> Vec<u8> {
    let mut content = Vec::new();
    let file = std::fs::File::open(path).unwrap();
    flate2::read::MultiGzDecoder::new(file).read_to_end(&mut content).unwrap();
    content
}

/// Name of a file up to its first dot.
#[allow(dead_code, reason = "each test binary uses a part of this module")]
pub(crate) fn stem(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().split('.').next().unwrap().to_owned()
}
