//! What cannot come from standard input: columns are found from the end of their file, and CSV is told by
//! the name of its file.

use std::path::Path;

use super::decompress::ShardText;
use super::shard::refuse_other_formats;
use crate::error::{Error, ErrorCode, Result};

/// Bytes that are looked at; the header of a CSV file may be long.
const HEAD_BYTES: usize = 2048;

/// Refuses standard input that is no lines of JSON but a format that is read from files.
pub(super) fn refuse_files(text: &mut ShardText<'_>) -> Result<()> {
    let refuse = |what: &str, hint: &str| {
        Err(Error::new(ErrorCode::UnsupportedInput, format!("is {what}, which is read from files only"))
            .file("standard input")
            .hint(hint))
    };
    match text.peek(HEAD_BYTES)? {
        [b'P', b'A', b'R', b'1', ..] => refuse("Parquet", "give the path of the file"),
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] | [0xff, 0xff, 0xff, 0xff, ..] => {
            refuse("Arrow", "give the path of the file; in Python, pass the table itself")
        }
        head if begins_as_csv(head) => refuse("CSV", "give the path of a file that ends in .csv or .tsv"),
        head => refuse_other_formats(Path::new("standard input"), head),
    }
}

/// Whether the first line is names with commas or tabs between them, and no JSON follows.
fn begins_as_csv(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let (Some(header), Some(next)) = (lines.next(), lines.find(|line| !line.is_empty())) else {
        return false;
    };
    let separator = if header.contains(&b'\t') { b'\t' } else { b',' };
    let is_name = |field: &[u8]| {
        let field = field.strip_prefix(b"\"").and_then(|field| field.strip_suffix(b"\"")).unwrap_or(field);
        field.first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_')
            && field.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-. ".contains(byte))
    };
    header.contains(&separator)
        && header.split(|byte| *byte == separator).all(is_name)
        && !matches!(next.first(), Some(b'{' | b'['))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_of_csv_is_told_from_lines_of_json() {
        for csv in [
            "question,answer\nhi,{}\n",
            "\u{feff}\"messages\",\"tools\"\r\n\"[{}]\",\r\n",
            "question\tanswer\nhi\tyes",
        ] {
            assert!(begins_as_csv(csv.as_bytes()), "{csv:?}");
        }
        for other in [
            "{\"question\": \"a,b\", \"answer\": \"c\"}\n{}\n",
            "[1, 2]\n[3]\n",
            "hello\nworld\n",
            "question,answer\n{\"messages\": []}\n",
            "question,answer",
            "",
        ] {
            assert!(!begins_as_csv(other.as_bytes()), "{other:?}");
        }
    }
}
