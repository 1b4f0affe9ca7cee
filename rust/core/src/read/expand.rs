//! What the caller named -> the shards of the run, in order, each looked at before reading starts.

use std::collections::{HashSet, VecDeque};
use std::ffi::OsStr;
use std::fs::Metadata;
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use walkdir::{DirEntry, WalkDir};

use super::natural::natural_order;
use super::shard::{Identity, STANDARD_INPUT, Shard};
use super::skip;
use crate::error::{Error, ErrorCode, ErrorKind, Result};
use crate::visible::shown_path;

/// Expands paths, patterns, directories and `-` into shards.
///
/// Sources keep their order; the shards of one pattern or directory come in natural order. A path
/// that exists is taken as it is, whatever brackets it has; otherwise a pattern may use `*`, `?`,
/// `[..]`, `{a,b}`, and `**` for any number of folders. Directories and patterns leave out hidden
/// files, the side files of layouts, what this library writes beside its outputs, and shards named
/// test or valid beside a train shard; naming one takes it. A file that a pattern or directory meets
/// again, also through a link or under another name, is read once; a path given twice is read twice.
///
/// Everything that cannot be read is reported in one error.
pub fn expand<S: AsRef<Path>>(sources: &[S]) -> Result<Vec<Shard>> {
    let mut found = Found::default();
    for source in sources {
        found.add_source(source.as_ref());
    }
    let Found { mut shards, problems, .. } = found;
    one_error(problems)?;
    if shards.is_empty() {
        return Err(Error::new(ErrorKind::NotFound, "no input given")
            .hint("name a shard, a directory, or a pattern such as \"shards/*.jsonl\""));
    }
    tell_same_names_apart(&mut shards);
    Ok(shards)
}

/// A file that a pattern or a directory offers.
struct Candidate {
    path: PathBuf,
    relative: PathBuf,
}

impl Candidate {
    fn file_name(&self) -> String {
        self.relative.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

#[derive(Default)]
struct Found {
    shards: Vec<Shard>,
    seen: HashSet<PathBuf>,
    /// Device and inode of each file, whatever names and links lead to it.
    files: HashSet<(u64, u64)>,
    problems: Vec<Error>,
}

impl Found {
    fn add_source(&mut self, path: &Path) {
        // A name that is not UTF-8 is no pattern: only what exists has one.
        let source = path.to_str().unwrap_or_default();
        if source == STANDARD_INPUT {
            self.add_standard_input();
        } else if path.is_dir() {
            self.add_directory(path);
        } else if path.symlink_metadata().is_ok() || !is_pattern(source) {
            let name = path.file_name().map_or_else(|| path.to_path_buf(), PathBuf::from);
            self.add_named(path.to_path_buf(), &name);
        } else {
            self.add_pattern(source);
        }
    }

    fn add_standard_input(&mut self) {
        if self.seen.insert(PathBuf::from(STANDARD_INPUT)) {
            self.shards.push(Shard::standard_input());
        } else {
            self.problems.push(
                Error::new(ErrorKind::Options, "standard input is named twice")
                    .option("source")
                    .hint("name \"-\" once"),
            );
        }
    }

    fn add_named(&mut self, path: PathBuf, name: &Path) {
        self.seen.insert(lexical(&path));
        match Shard::probe(path, shown_path(name)) {
            Ok(shard) => {
                self.files.extend(place_of(&shard));
                self.shards.push(shard);
            }
            Err(problem) => self.problems.push(problem),
        }
    }

    fn add_directory(&mut self, root: &Path) {
        let mut candidates = self.walk(root, usize::MAX, None);
        candidates.retain(|candidate| skip::has_shard_suffix(&candidate.file_name()));
        let offered = candidates.len();
        self.add_candidates(candidates, None, || {
            let what = if offered == 0 { "holds no shards" } else { "holds only side files and rejects" };
            Error::new(ErrorCode::NoInputMatches, what).file(root.display()).hint(
                "shards end in .jsonl, .ndjson, .json or .csv, with .gz or .zst where they are compressed, or in \
                 .parquet or .arrow; name other files directly",
            )
        });
    }

    fn add_pattern(&mut self, pattern: &str) {
        let (root, rest) = split_pattern(pattern);
        let matcher = match compile(&rest) {
            Ok(matcher) => matcher,
            Err(problem) => return self.problems.push(problem),
        };
        let depth = if rest.contains("**") { usize::MAX } else { rest.split('/').count() };
        let mut candidates = if root.is_dir() { self.walk(&root, depth, Some(&rest)) } else { Vec::new() };
        candidates.retain(|candidate| matcher.is_match(&candidate.relative));
        let offered = candidates.len();
        self.add_candidates(candidates, Some(&rest), || {
            let problem = Error::new(ErrorCode::NoInputMatches, "matches no shard").file(pattern);
            if !root.is_dir() {
                problem.hint(format!("the directory {} does not exist", shown_path(&root)))
            } else if offered == 0 {
                problem.hint("`*` stays inside one folder, `**` goes through any number of them")
            } else {
                problem.hint(format!(
                    "it matches {offered} files that are left out unless they are named: side files, rejects, \
                     reports"
                ))
            }
        });
    }

    fn add_candidates(
        &mut self,
        mut candidates: Vec<Candidate>,
        pattern: Option<&str>,
        nothing: impl FnOnce() -> Error,
    ) {
        candidates.retain(|candidate| {
            !skip::is_side_file(&candidate.file_name(), pattern) && !skip::is_own_output(&candidate.path)
        });
        let trained: HashSet<PathBuf> = candidates
            .iter()
            .filter(|candidate| skip::is_train(&candidate.file_name()))
            .map(|candidate| parent(&candidate.path))
            .collect();
        candidates.retain(|candidate| {
            !(skip::is_held_out(&candidate.file_name(), pattern)
                && trained.contains(&parent(&candidate.path)))
        });
        if candidates.is_empty() {
            self.problems.push(nothing());
        }
        candidates.sort_by(|a, b| natural_order(bytes_of(&a.relative), bytes_of(&b.relative)));
        for candidate in candidates {
            if self.seen.insert(lexical(&candidate.path)) {
                match Shard::probe(candidate.path, shown_path(&candidate.relative)) {
                    Ok(shard) if place_of(&shard).is_some_and(|place| !self.files.insert(place)) => {}
                    Ok(shard) => self.shards.push(shard),
                    Err(problem) => self.problems.push(problem),
                }
            }
        }
    }

    /// Everything below `root` that is no directory, down to `depth` folders. Links are followed after what is there
    /// without them, and each folder is gone through once, whatever leads to it.
    fn walk(&mut self, root: &Path, depth: usize, pattern: Option<&str>) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        let mut folders = HashSet::new();
        let mut waiting = VecDeque::from([(root.to_path_buf(), depth)]);
        while let Some((folder, depth)) = waiting.pop_front() {
            let visible = |entry: &DirEntry| entry.depth() == 0 || !is_unwanted(entry, pattern);
            let walk = WalkDir::new(&folder).follow_root_links(true).max_depth(depth).sort_by_file_name();
            let mut entries = walk.into_iter().filter_entry(visible);
            while let Some(entry) = entries.next() {
                let entry = match entry {
                    Ok(entry) => entry,
                    Err(error) => {
                        self.problems.push(Error::new(ErrorKind::Read, error.to_string()).because(error));
                        continue;
                    }
                };
                let target = std::fs::metadata(entry.path());
                let is_folder = target.as_ref().is_ok_and(Metadata::is_dir);
                if !is_folder {
                    candidates.push(candidate(root, entry.into_path()));
                } else if entry.depth() > 0 && entry.path_is_symlink() {
                    let left = depth.saturating_sub(entry.depth());
                    if left > 0 && !is_unwanted_folder(entry.file_name(), pattern) {
                        waiting.push_back((entry.into_path(), left));
                    }
                } else if target.is_ok_and(|target| !folders.insert(Identity::of(&target).place))
                    && has_inodes()
                {
                    entries.skip_current_dir();
                }
            }
        }
        candidates
    }
}

/// Whether device and inode tell files apart.
const fn has_inodes() -> bool {
    cfg!(unix)
}

fn place_of(shard: &Shard) -> Option<(u64, u64)> {
    shard.identity.filter(|_| has_inodes()).map(|identity| identity.place)
}

fn candidate(root: &Path, path: PathBuf) -> Candidate {
    let relative = path.strip_prefix(root).unwrap_or(&path).to_path_buf();
    Candidate { path, relative }
}

/// Hidden entries, and folders in which an output is being built.
fn is_unwanted(entry: &DirEntry, pattern: Option<&str>) -> bool {
    let name = entry.file_name();
    skip::is_hidden(&name.to_string_lossy(), pattern)
        || (entry.file_type().is_dir() && is_unwanted_folder(name, pattern))
}

fn is_unwanted_folder(name: &OsStr, pattern: Option<&str>) -> bool {
    skip::is_side_file(&name.to_string_lossy(), pattern)
}

fn is_pattern(source: &str) -> bool {
    source.contains(['*', '?', '[', '{'])
}

/// Splits a pattern into the folder that it names literally and the rest.
fn split_pattern(pattern: &str) -> (PathBuf, String) {
    let special = |part: &str| is_pattern(part) || part.contains('\\');
    let parts: Vec<&str> = pattern.split('/').collect();
    let literal = parts.iter().position(|part| special(part)).unwrap_or(parts.len() - 1);
    let root = match parts[..literal].join("/") {
        root if !root.is_empty() => root,
        _ if literal > 0 => "/".into(),
        _ => ".".into(),
    };
    (PathBuf::from(root), parts[literal..].join("/"))
}

fn compile(pattern: &str) -> Result<GlobMatcher> {
    GlobBuilder::new(pattern)
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|source| {
            Error::new(ErrorKind::NotFound, format!("neither a file nor a pattern: {}", source.kind()))
                .file(pattern)
        })
}

fn parent(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("")).to_path_buf()
}

fn bytes_of(path: &Path) -> &[u8] {
    OsStr::as_encoded_bytes(path.as_os_str())
}

/// The path from the root, without `.`, links left as they are: one spelling for one place.
fn lexical(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    absolute.components().filter(|part| !matches!(part, Component::CurDir)).collect()
}

/// Shards of different sources that share a name are named from the folder that holds them all.
fn tell_same_names_apart(shards: &mut [Shard]) {
    let mut places: std::collections::HashMap<&str, &Path> = std::collections::HashMap::new();
    let clash = shards.iter().any(|shard| {
        let place = *places.entry(&shard.name).or_insert(&shard.path);
        lexical(place) != lexical(&shard.path)
    });
    if !clash {
        return;
    }
    let files = || shards.iter().filter(|shard| shard.identity.is_some());
    let Some(first) = files().next().map(|shard| parent(&lexical(&shard.path))) else { return };
    let common = files().fold(first, |common, shard| {
        let place = lexical(&shard.path);
        common.components().zip(place.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
    });
    for shard in shards.iter_mut().filter(|shard| shard.identity.is_some()) {
        let place = lexical(&shard.path);
        shard.name = shown_path(place.strip_prefix(&common).unwrap_or(&place));
    }
}

/// One problem as it is; several as a list under the gravest kind.
fn one_error(mut problems: Vec<Error>) -> Result<()> {
    if problems.len() < 2 {
        return problems.pop().map_or(Ok(()), Err);
    }
    let all_missing = problems.iter().all(|problem| problem.kind() == ErrorKind::NotFound);
    let kind = if all_missing { ErrorKind::NotFound } else { ErrorKind::Read };
    let list: Vec<String> = problems.iter().map(|problem| format!("  {}", problem.headline())).collect();
    Err(Error::new(kind, format!("{} inputs cannot be read:\n{}", problems.len(), list.join("\n"))))
}
