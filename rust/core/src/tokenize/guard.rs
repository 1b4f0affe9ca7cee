//! The crate of the reference panics on some files that it should refuse: here a panic becomes an error.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Error, ErrorKind, Result};

/// What `work` returns, or the error that its panic stands for. The work is thrown away after a panic, so no state
/// that it left half done is seen.
pub(super) fn guarded<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let what = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no reason is known");
        Err(Error::new(
            ErrorKind::Tokenizer,
            format!("the tokenizers library fails on this tokenizer.json: {what}"),
        )
        .file(name)
        .hint("check its vocabulary, merges and patterns, or save it again with `save_pretrained`"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_of_the_tokenizer() {
        let error = guarded::<()>("made", || panic!("index {}", 4)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Tokenizer);
        assert!(error.to_string().contains("made") && error.message().contains("index 4"), "{error}");
        assert_eq!(guarded("made", || Ok(1)).unwrap(), 1);
    }
}
