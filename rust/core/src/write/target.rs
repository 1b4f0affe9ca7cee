//! The output that was asked for: its form, its side files, and what must not be touched.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::tidy::tidy;
use crate::compression::Compression;
use crate::error::{Error, ErrorCode, ErrorKind, Result};
use crate::options::IfExists;
use crate::visible::shown_path;

/// What an output is, told by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One Parquet file.
    Parquet,
    /// One Arrow IPC file.
    Arrow,
    /// A folder of Parquet files with a manifest.
    Directory,
    /// One file of JSON lines.
    Text,
}

/// Where an output goes, and what stands beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    out: PathBuf,
    form: Form,
}

pub(super) const MANIFEST: &str = "manifest.json";

impl Target {
    /// The output at `out`: a file by its extension (`.parquet`, `.pq`, `.arrow`, `.ipc`,
    /// `.feather`), a folder where there is none, where the path ends in `/`, or where it exists.
    pub fn new(out: &str) -> Result<Self> {
        let trimmed = out.trim_end_matches('/');
        if trimmed.is_empty() {
            return Err(Error::new(ErrorCode::InvalidOutput, "names no file")
                .option("out")
                .value(out)
                .hint("name a .parquet file, or a directory"));
        }
        let path = PathBuf::from(trimmed);
        let form = match extension_of(&path).as_deref() {
            _ if trimmed.len() < out.len() => Form::Directory,
            Some("parquet" | "pq") => Form::Parquet,
            Some("arrow" | "ipc" | "feather") => Form::Arrow,
            None => Form::Directory,
            Some(_) if path.is_dir() => Form::Directory,
            Some(other) => {
                return Err(Error::new(ErrorCode::InvalidOutput, format!("cannot write \".{other}\""))
                    .option("out")
                    .value(out)
                    .hint("end it in .parquet or .arrow, or in \"/\" for a directory of part files"));
            }
        };
        Ok(Self { out: path, form })
    }

    /// The output of records as JSON lines at `out`, which ends in `.jsonl` or `.ndjson`, and then in
    /// `.gz` or `.zst` where it is to be compressed.
    pub fn text(out: &str) -> Result<Self> {
        let path = PathBuf::from(out);
        let is_compressed = compression_of(&path) != Compression::None;
        let lines = if is_compressed { path.with_extension("") } else { path.clone() };
        match extension_of(&lines).as_deref() {
            Some("jsonl" | "ndjson") if !out.ends_with('/') => Ok(Self { out: path, form: Form::Text }),
            _ => Err(Error::new(ErrorCode::InvalidOutput, "records are written as JSON lines")
                .option("out")
                .value(out)
                .hint("end it in .jsonl, .jsonl.gz or .jsonl.zst")),
        }
    }

    /// How the text of the output is compressed, as its name says.
    #[must_use]
    pub fn compression(&self) -> Compression {
        compression_of(&self.out)
    }

    /// The path of the output, without a trailing slash.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.out
    }

    /// What it is.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// The report beside it.
    #[must_use]
    pub fn report(&self) -> PathBuf {
        self.beside(".report.json")
    }

    /// The rejected records beside it.
    #[must_use]
    pub fn rejects(&self) -> PathBuf {
        self.beside(".rejects.jsonl")
    }

    /// What the rows of a conversion do not say, beside them.
    #[must_use]
    pub fn losses(&self) -> PathBuf {
        self.beside(".losses.jsonl")
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.out.clone().into_os_string();
        name.push(suffix);
        PathBuf::from(name)
    }

    /// Refuses, before anything is read, an output that cannot or must not be written: its folder is
    /// missing, it would replace one of the `inputs`, or it or a side file of it exists and
    /// `if_exists` forbids to replace them.
    pub fn check<'a>(&self, if_exists: IfExists, inputs: impl IntoIterator<Item = &'a Path>) -> Result<()> {
        let folder = parent(&self.out);
        if !folder.is_dir() {
            return Err(Error::new(
                ErrorKind::Write,
                format!("the directory {} does not exist", folder.display()),
            )
            .file(self.out.display())
            .hint("make it first"));
        }
        tidy(folder);
        self.refuse_inputs(inputs)?;
        self.refuse_other_kind()?;
        if if_exists == IfExists::Error {
            self.refuse_existing()?;
        }
        Ok(())
    }

    fn refuse_inputs<'a>(&self, inputs: impl IntoIterator<Item = &'a Path>) -> Result<()> {
        let written: Vec<PathBuf> = [self.out.clone(), self.report(), self.rejects(), self.losses()]
            .iter()
            .map(|path| real(path))
            .collect();
        for input in inputs {
            let place = real(input);
            if written.iter().any(|path| place.starts_with(path)) {
                return Err(Error::new(
                    ErrorCode::OutputIsInput,
                    format!("would replace the input {}", input.display()),
                )
                .option("out")
                .value(self.out.display().to_string())
                .hint("write to another place, or narrow the pattern of the inputs"));
            }
        }
        Ok(())
    }

    /// A file never replaces a directory, nor a directory a file or a folder of somebody else.
    fn refuse_other_kind(&self) -> Result<()> {
        let exists = |what: &str, hint: &str| {
            Err(Error::new(ErrorKind::OutputExists, what).file(self.out.display()).hint(hint))
        };
        let is_link = self.out.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
        if is_link && self.form == Form::Directory {
            return exists("is a link", "name the directory that it leads to");
        }
        let Ok(metadata) = self.out.metadata() else { return Ok(()) };
        match self.form {
            Form::Directory if !metadata.is_dir() => {
                exists("exists and is not a directory", "choose another name, or end it in .parquet")
            }
            Form::Directory if !is_empty(&self.out) && !is_ours(&self.out) => {
                exists("is a directory with other files in it", "choose another name; it is never replaced")
            }
            Form::Parquet | Form::Arrow | Form::Text if !metadata.is_file() => {
                exists("exists and is not a file", "choose another name, or end it in \"/\"")
            }
            _ => Ok(()),
        }
    }

    fn refuse_existing(&self) -> Result<()> {
        let mut existing = Vec::new();
        let losses = (self.form == Form::Text).then(|| self.losses());
        for path in [self.out.clone(), self.rejects(), self.report()].into_iter().chain(losses) {
            let empty_directory = self.form == Form::Directory && path == self.out && is_empty(&path);
            if path.symlink_metadata().is_ok() && !empty_directory {
                existing.push(shown_path(&path));
            }
        }
        if existing.is_empty() {
            return Ok(());
        }
        let verb = if existing.len() == 1 { "exists" } else { "exist" };
        Err(Error::new(ErrorKind::OutputExists, format!("{verb} already"))
            .file(existing.join(", "))
            .hint("if_exists=\"overwrite\" replaces it once the new one is complete"))
    }
}

/// The folder of a path.
pub(super) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Whether a directory has nothing in it.
fn is_empty(directory: &Path) -> bool {
    std::fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_none())
}

/// Longest manifest that is looked into.
const LONGEST_MANIFEST: u64 = 256 << 20;

/// Whether a directory holds a manifest of this library, the part files that it lists, and nothing else.
pub(super) fn is_ours(directory: &Path) -> bool {
    listed_parts(&directory.join(MANIFEST)).is_some_and(|listed| {
        std::fs::read_dir(directory).is_ok_and(|mut entries| {
            entries.all(|entry| {
                entry.is_ok_and(|entry| {
                    let name = entry.file_name();
                    entry.file_type().is_ok_and(|kind| kind.is_file())
                        && name
                            .to_str()
                            .is_some_and(|name| name == MANIFEST || is_part(name) && listed.contains(name))
                })
            })
        })
    })
}

/// The names of the part files that a manifest lists, if it is one of this library.
fn listed_parts(manifest: &Path) -> Option<HashSet<String>> {
    #[derive(serde::Deserialize)]
    struct Listed {
        name: String,
        #[serde(rename = "sha256")]
        _digest: String,
    }
    #[derive(serde::Deserialize)]
    struct Manifest {
        files: Vec<Listed>,
    }
    let metadata = manifest.symlink_metadata().ok()?;
    if !metadata.is_file() || metadata.len() > LONGEST_MANIFEST {
        return None;
    }
    let manifest: Manifest = serde_json::from_slice(&std::fs::read(manifest).ok()?).ok()?;
    Some(manifest.files.into_iter().map(|file| file.name).collect())
}

/// The name of the part file with this number.
pub(super) fn part_name(number: usize) -> String {
    format!("part-{number:05}.parquet")
}

pub(super) fn is_part(name: &str) -> bool {
    name.strip_prefix("part-")
        .and_then(|rest| rest.strip_suffix(".parquet"))
        .is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The path with links resolved as far as it exists.
fn real(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    match (parent(path).canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_path_buf(),
    }
}

fn extension_of(path: &Path) -> Option<String> {
    path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase())
}

fn compression_of(path: &Path) -> Compression {
    match extension_of(path).as_deref() {
        Some("gz") => Compression::Gzip,
        Some("zst" | "zstd") => Compression::Zstd,
        _ => Compression::None,
    }
}
