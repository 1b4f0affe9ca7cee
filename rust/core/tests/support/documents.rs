//! Tables in the documentation that tests recount.

use std::path::Path;

/// Whether stored answers and tables are written anew instead of being compared.
pub fn is_updating() -> bool {
    std::env::var_os("TOOLTRAIN_UPDATE").is_some()
}

/// Compares the part of a file of `docs` between the comments `<!-- part: begin -->` and
/// `<!-- part: end -->` with `text`, or writes it with `TOOLTRAIN_UPDATE=1`.
pub fn compare(file: &str, part: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(file);
    let document = std::fs::read_to_string(&path).unwrap();
    let begin = format!("<!-- {part}: begin -->\n\n");
    let end = format!("\n<!-- {part}: end -->");
    let start = document.find(&begin).unwrap_or_else(|| panic!("{file} has no part {part}")) + begin.len();
    let stop = start + document[start..].find(&end).unwrap_or_else(|| panic!("{part} does not end"));
    if is_updating() {
        let updated = format!("{}{text}{}", &document[..start], &document[stop..]);
        std::fs::write(&path, updated).unwrap();
    } else {
        assert!(
            document[start..stop] == *text,
            "docs/{file} is not what is measured ({part}); write it anew with TOOLTRAIN_UPDATE=1\n{}",
            super::first_difference(text, &document[start..stop])
        );
    }
}
