//! Getting a template's source ready for the parser.

/// The variable that stands for a `{% generation %}` block, which the parser does not know: it is
/// rewritten to a `with` block of this name. No template can use the name, since Jinja forbids it.
pub(crate) const GENERATION: &str = "__generation__";

/// `source` with line ends as Jinja reads them and with generation tags rewritten, trim signs kept.
pub(crate) fn prepare(source: &str) -> String {
    let source = source.replace("\r\n", "\n").replace('\r', "\n");
    let mut out = String::with_capacity(source.len() + 64);
    let mut rest = source.as_str();
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        rest = &rest[open..];
        let length = if rest.starts_with("{#") {
            rest.find("#}").map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("{%") {
            if let Some((tag, length)) = generation_tag(rest) {
                out.push_str(&tag);
                rest = &rest[length..];
                continue;
            }
            if let Some(length) = raw_block(rest) { length } else { tag_length(rest, "%}") }
        } else if rest.starts_with("{{") {
            tag_length(rest, "}}")
        } else {
            1
        };
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

/// What a generation tag at the start of `text` is rewritten to, and its length.
fn generation_tag(text: &str) -> Option<(String, usize)> {
    let (sign, word, close_sign, length) = bare_tag(text)?;
    let statement = match word {
        "generation" => format!("with {GENERATION} = true"),
        "endgeneration" => "endwith".to_owned(),
        _ => return None,
    };
    Some((format!("{{%{sign} {statement} {close_sign}%}}"), length))
}

/// The length of the raw block that starts here, its end tag included.
fn raw_block(text: &str) -> Option<usize> {
    let (_, word, _, open) = bare_tag(text)?;
    if word != "raw" {
        return None;
    }
    let mut at = open;
    while let Some(next) = text[at..].find("{%") {
        at += next;
        match bare_tag(&text[at..]) {
            Some((_, "endraw", _, length)) => return Some(at + length),
            _ => at += 2,
        }
    }
    Some(text.len())
}

/// A block tag that is one word: its signs, the word, and its length.
fn bare_tag(text: &str) -> Option<(&str, &str, &str, usize)> {
    let inside = text.strip_prefix("{%")?;
    let sign = if inside.starts_with(['-', '+']) { &inside[..1] } else { "" };
    let body = inside[sign.len()..].trim_start();
    let word = &body[..body.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(body.len())];
    let after = body[word.len()..].trim_start();
    let close_sign = if after.starts_with(['-', '+']) { &after[..1] } else { "" };
    let rest = after[close_sign.len()..].strip_prefix("%}")?;
    Some((sign, word, close_sign, text.len() - rest.len()))
}

/// The length of a tag up to its `close`, which may stand inside string literals of it.
fn tag_length(text: &str, close: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 2;
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'"' | b'\'') => {
                at += 1;
                while at < bytes.len() && bytes[at] != quote {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            _ if bytes[at..].starts_with(close.as_bytes()) => return at + close.len(),
            _ => at += 1,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generation_tags_become_with_blocks_and_keep_their_signs() {
        assert_eq!(
            prepare("a {%- generation %}b{% endgeneration -%} c"),
            "a {%- with __generation__ = true %}b{% endwith -%} c"
        );
        assert_eq!(prepare("{%+generation+%}"), "{%+ with __generation__ = true +%}");
    }

    #[test]
    fn what_only_looks_like_one_stays() {
        for source in [
            "{# {% generation %} #}",
            "{{ '{% generation %}' }}",
            "{% set x = \"\\\"{% generation %}\" %}",
            "{% raw %}{% generation %}{% endraw %}",
            "{% generation x %}",
            "{ % generation %}",
            "{{ 'it''s }}",
            "{% unfinished",
        ] {
            assert_eq!(prepare(source), source);
        }
    }

    #[test]
    fn line_ends_are_line_feeds() {
        assert_eq!(prepare("a\r\nb\rc\n"), "a\nb\nc\n");
    }
}
