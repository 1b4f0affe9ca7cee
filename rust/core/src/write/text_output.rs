//! Lines of text as an output, with its report, its rejects and other files beside it: all appear
//! whole or not at all.

use std::io::Write;
use std::path::Path;

use super::commit::Commit;
use super::compressed::CompressedWriter;
use super::rejects::SealedRejects;
use super::sealed::staged_report;
use super::staged_file::{Readers, StagedFile, write_error};
use super::target::Target;
use crate::error::Result;
use crate::options::IfExists;

/// A text file under construction. Dropped, it leaves nothing behind.
pub struct TextOutput {
    target: Target,
    if_exists: IfExists,
    staged: StagedFile,
    writer: CompressedWriter,
    sides: Vec<StagedFile>,
    bytes: u64,
}

/// A complete text file under its temporary name, with what belongs beside it.
pub struct SealedText {
    target: Target,
    if_exists: IfExists,
    staged: StagedFile,
    sides: Vec<StagedFile>,
    /// Its size.
    pub bytes: u64,
    /// Hex SHA-256 of it.
    pub sha256: String,
}

impl TextOutput {
    /// Begins the file. [`Target::check`] says beforehand whether it may be written.
    pub fn create(target: &Target, if_exists: IfExists) -> Result<Self> {
        let staged = StagedFile::beside(target.path(), Readers::Default)?;
        let writer = CompressedWriter::new(target.compression(), staged.writer()?)
            .map_err(|source| write_error(target.path(), source))?;
        Ok(Self { target: target.clone(), if_exists, staged, writer, sides: Vec::new(), bytes: 0 })
    }

    /// Appends text.
    pub fn write(&mut self, text: &str) -> Result<()> {
        self.bytes += text.len() as u64;
        self.writer.write_all(text.as_bytes()).map_err(|source| write_error(self.target.path(), source))
    }

    /// Bytes of text written so far, before compression.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Adds a file that belongs beside this one; it is published before it.
    pub fn add_side(&mut self, path: &Path, content: &[u8]) -> Result<()> {
        let staged = StagedFile::beside(path, Readers::Default)?;
        staged.writer()?.write_all(content).map_err(|source| write_error(path, source))?;
        self.sides.push(staged);
        Ok(())
    }

    /// Adds a file of lines that belongs beside this one.
    pub fn adopt(&mut self, side: SealedText) {
        self.sides.push(side.staged);
    }

    /// Completes the file under its temporary name.
    pub fn seal(self) -> Result<SealedText> {
        let Self { target, if_exists, staged, writer, sides, .. } = self;
        let (bytes, sha256) = writer.finish().map_err(|source| write_error(target.path(), source))?;
        Ok(SealedText { target, if_exists, staged, sides, bytes, sha256 })
    }
}

impl SealedText {
    /// Publishes the text, its report, its rejects and the other files as one unit: see [`Commit`]. Rejects and losses
    /// of an earlier run are removed when this one has none.
    #[allow(
        clippy::needless_pass_by_value,
        reason = "rejects are published once, and not without their data"
    )]
    pub fn publish(self, rejects: Option<SealedRejects>, report: &[u8]) -> Result<()> {
        let Self { target, if_exists, staged, sides, .. } = self;
        let report = staged_report(&target, report)?;
        staged.sync()?;
        let (rejects_path, losses_path) = (target.rejects(), target.losses());
        let mut commit = Commit::new(staged.path(), target.path(), if_exists);
        if sides.iter().all(|side| side.target() != losses_path) {
            commit.no_side(&losses_path);
        }
        for side in &sides {
            side.sync()?;
            commit.side(side);
        }
        match &rejects {
            Some(rejects) => commit.side(&rejects.staged),
            None => commit.no_side(&rejects_path),
        }
        commit.side(&report);
        commit.run()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::Compression;
    use crate::error::ErrorKind;

    #[test]
    fn nothing_is_there_until_everything_is() {
        let folder = tempfile::tempdir().unwrap();
        let (out, side) = (folder.path().join("a.jsonl"), folder.path().join("job.json"));
        let target = Target::text(out.to_str().unwrap()).unwrap();
        let mut output = TextOutput::create(&target, IfExists::Error).unwrap();
        output.write("one\n").unwrap();
        output.add_side(&side, b"{}").unwrap();
        assert!(!out.exists() && !side.exists());
        output.write("two\n").unwrap();
        assert_eq!(output.bytes(), 8);
        output.seal().unwrap().publish(None, b"[]").unwrap();
        assert_eq!(std::fs::read_to_string(&out).unwrap(), "one\ntwo\n");
        assert_eq!(std::fs::read_to_string(&side).unwrap(), "{}");
        assert_eq!(std::fs::read_to_string(folder.path().join("a.jsonl.report.json")).unwrap(), "[]");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn what_came_to_be_meanwhile_is_kept_and_the_side_files_are_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("a.jsonl");
        let target = Target::text(out.to_str().unwrap()).unwrap();
        let mut output = TextOutput::create(&target, IfExists::Error).unwrap();
        output.add_side(&folder.path().join("job.json"), b"{}").unwrap();
        std::fs::write(&out, "theirs").unwrap();
        let error = output.seal().unwrap().publish(None, b"[]").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutputExists);
        assert_eq!(std::fs::read_to_string(&out).unwrap(), "theirs");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn only_names_of_line_files_are_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        for name in ["a.jsonl", "a.ndjson", "a.JSONL", "a.jsonl.gz", "a.jsonl.zst", "a.ndjson.ZSTD"] {
            assert!(Target::text(&path(name)).is_ok(), "{name}");
        }
        for name in ["a.parquet", "a", "a.jsonl/", "a.gz", "a.parquet.gz", "a.jsonl.xz", "a.jsonl.gz.gz"] {
            assert_eq!(Target::text(&path(name)).unwrap_err().kind(), ErrorKind::Options, "{name}");
        }
    }

    #[test]
    fn the_name_says_how_the_text_is_compressed() {
        let folder = tempfile::tempdir().unwrap();
        for (name, compression) in [
            ("a.jsonl", Compression::None),
            ("a.jsonl.gz", Compression::Gzip),
            ("a.jsonl.zst", Compression::Zstd),
        ] {
            let out = folder.path().join(name);
            let target = Target::text(out.to_str().unwrap()).unwrap();
            let mut output = TextOutput::create(&target, IfExists::Error).unwrap();
            output.write(&"one\n".repeat(1000)).unwrap();
            assert_eq!(output.bytes(), 4000);
            let sealed = output.seal().unwrap();
            let (bytes, sha256) = (sealed.bytes, sealed.sha256.clone());
            sealed.publish(None, b"[]").unwrap();
            let written = std::fs::read(&out).unwrap();
            assert_eq!((Compression::of(&written), written.len() as u64), (compression, bytes), "{name}");
            assert_eq!(crate::digest::sha256(&written), sha256);
        }
    }

    #[test]
    fn an_input_or_an_earlier_output_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("a.jsonl");
        std::fs::write(&out, "old").unwrap();
        let target = Target::text(out.to_str().unwrap()).unwrap();
        let kind = |if_exists, inputs: &[&Path]| {
            target.check(if_exists, inputs.iter().copied()).err().map(|error| error.kind())
        };
        assert_eq!(kind(IfExists::Error, &[]), Some(ErrorKind::OutputExists));
        assert_eq!(kind(IfExists::Overwrite, &[&out]), Some(ErrorKind::Options));
        assert_eq!(kind(IfExists::Overwrite, &[]), None);
    }
}
