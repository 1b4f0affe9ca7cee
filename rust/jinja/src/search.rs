//! Finding short texts: stop tokens and the tags that templates look for.

/// Longest text that is looked for by its first byte: each place costs no more than that.
const SHORT: usize = 32;

/// Where `wanted` first stands in `text`. Tokens begin with bytes that are rare in prose, so looking for
/// that byte finds them sooner than a search that has to get ready first.
#[must_use]
pub fn find(text: &str, wanted: &str) -> Option<usize> {
    match wanted.as_bytes() {
        [first, ..] if wanted.len() <= SHORT => memchr::memchr_iter(*first, text.as_bytes())
            .find(|&at| text.as_bytes()[at..].starts_with(wanted.as_bytes())),
        _ => text.find(wanted),
    }
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn finds_what_the_standard_library_finds() {
        let long = "<".repeat(SHORT_AND_MORE);
        let texts = ["", "<", "a<|im_end|>b<|im_end|>", "<<<|im_end|", "ｅ<｜end｜>", &long];
        let wanted = ["", "<", "<|im_end|>", "<｜end｜>", "｜", &long[1..], &long];
        for text in texts {
            for wanted in wanted {
                assert_eq!(find(text, wanted), text.find(wanted), "{wanted:?} in {text:?}");
            }
        }
    }

    const SHORT_AND_MORE: usize = super::SHORT + 1;
}
