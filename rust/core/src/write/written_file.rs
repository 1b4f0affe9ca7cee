//! What is known of a written file.

use serde::Serialize;

/// A file of the output.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WrittenFile {
    /// Its name, relative to the output's folder.
    pub name: String,
    /// Rows in it.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// Hex SHA-256 of it.
    pub sha256: String,
}
