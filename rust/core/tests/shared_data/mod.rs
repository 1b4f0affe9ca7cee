//! Where real data for tests is found, if it is there at all.

use std::io::Read;
use std::path::{Path, PathBuf};

/// The folder of shared data; tests that need it skip where there is none.
pub(crate) fn folder() -> Option<PathBuf> {
    let root = match std::env::var_os("TOOLTRAIN_SHARED") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
    };
    root.is_dir().then_some(root)
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
