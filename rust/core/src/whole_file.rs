//! The one door for files that an option or another file names: nothing but a regular file is opened, none waits for
//! a writer, and none is read beyond its limit.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use crate::error::{Error, ErrorCode, ErrorKind, Result};

/// Longest tokenizer that is read.
pub const LONGEST_TOKENIZER: u64 = 1 << 30;
/// Longest list of tools, manifest or report.
pub const LONGEST_LIST: u64 = 256 << 20;
/// Longest template or configuration.
pub const LONGEST_CONFIGURATION: u64 = 64 << 20;

/// Opens a regular file. A pipe, device, socket or directory is refused, without waiting. An error has this code.
pub fn open(path: &Path, code: impl Into<ErrorCode>) -> Result<(File, Metadata)> {
    let code = code.into();
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => {
            let is_link = path.is_symlink();
            let what = if is_link { "is a link to a file that does not exist" } else { "does not exist" };
            Error::new(code, what).file(path.display()).because(source)
        }
        _ => Error::at(code, path, source),
    };
    // A device may act on being opened, so it is looked at before and, since names can change, after.
    refuse_other_kinds(path, code, &std::fs::metadata(path).map_err(failed)?)?;
    let file = open_at_once(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    refuse_other_kinds(path, code, &metadata)?;
    Ok((file, metadata))
}

/// The bytes of a regular file of at most `longest` bytes.
pub fn read(path: &Path, longest: u64, code: impl Into<ErrorCode>) -> Result<Vec<u8>> {
    let code = code.into();
    let (file, metadata) = open(path, code)?;
    let too_long = || {
        Error::new(code, format!("is longer than {longest} bytes"))
            .file(path.display())
            .hint("a file of this kind is never that long; name the right one")
    };
    if metadata.len() > longest {
        return Err(too_long());
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    file.take(longest + 1).read_to_end(&mut bytes).map_err(|source| Error::at(code, path, source))?;
    if bytes.len() as u64 > longest {
        return Err(too_long());
    }
    Ok(bytes)
}

/// The same as text.
pub fn read_text(path: &Path, longest: u64, code: impl Into<ErrorCode>) -> Result<String> {
    let code = code.into();
    String::from_utf8(read(path, longest, code)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Error::new(code, format!("is not UTF-8 at byte {at}"))
            .file(path.display())
            .hint("save it as UTF-8")
            .because(error)
    })
}

fn refuse_other_kinds(path: &Path, code: ErrorCode, metadata: &Metadata) -> Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let code = if code.info().kind == ErrorKind::Read { ErrorCode::UnsupportedInput } else { code };
    let what = kind_of(metadata);
    Err(Error::new(code, format!("is {what}, not a regular file"))
        .file(path.display())
        .hint("to read a pipe, give it as standard input and name it \"-\", or write it to a file first"))
}

/// Opens without waiting for the writer of a pipe that took the place of the file.
fn open_at_once(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    options.open(path)
}

#[cfg(unix)]
fn kind_of(metadata: &Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    let kind = metadata.file_type();
    if kind.is_fifo() {
        "a FIFO"
    } else if kind.is_char_device() || kind.is_block_device() {
        "a device"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a directory"
    }
}

#[cfg(not(unix))]
fn kind_of(_: &Metadata) -> &'static str {
    "a directory"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_within_the_limit_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        std::fs::write(&file, b"1234").unwrap();
        assert_eq!(read(&file, 4, ErrorKind::Read).unwrap(), b"1234");
        let refused = |path: &Path, longest| read(path, longest, ErrorKind::Tokenizer).unwrap_err();
        assert!(refused(&file, 3).message().contains("longer than 3 bytes"));
        assert!(refused(folder.path(), 9).message().contains("is a directory"));
        assert!(refused(Path::new("/dev/zero"), 9).message().contains("is a device"));
        assert!(refused(&folder.path().join("none"), 9).message().contains("does not exist"));
        std::fs::write(&file, b"ab\xff").unwrap();
        let error = read_text(&file, 9, ErrorKind::Template).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Template);
        assert!(error.message().contains("not UTF-8 at byte 2"), "{error}");
    }
}
