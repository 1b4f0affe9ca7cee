//! Text of templates that looks like a control token. A template is written for one vocabulary: with another its
//! control tokens fall to pieces, and a model would learn to write them letter by letter.

use std::collections::BTreeSet;

use super::probes::probes;
use crate::options::OnInexact;
use crate::render::{ChatTemplate, Origin, RenderOptions, Rendered};

/// Longest text between the marks of a control token, in bytes.
const LONGEST: usize = 48;

/// Names in angle brackets that are control tokens wherever they are used.
const NAMED: &[&str] = &["<s>", "</s>", "<bos>", "<eos>", "[gMASK]"];

/// What looks like a control token in `text`, each once.
#[must_use]
pub fn control_texts(text: &str) -> BTreeSet<String> {
    let opening = |(at, character): (usize, char)| matches!(character, '<' | '[').then_some(at);
    let places = text.char_indices().filter_map(opening);
    places.filter_map(|at| control_text_at(&text[at..])).map(str::to_owned).collect()
}

/// The control token that `text` begins with, by its looks: `<|x|>`, `<｜x｜>`, `<|x>`, `<x|>`,
/// `<start_of_x>`, `[INST]`, and the few in [`NAMED`].
fn control_text_at(text: &str) -> Option<&str> {
    let close = if text.starts_with('[') { ']' } else { '>' };
    let end =
        text.char_indices().skip(1).find(|(_, character)| matches!(character, '<' | '>' | '[' | ']'))?;
    if end.1 != close || end.0 > LONGEST {
        return None;
    }
    let (inner, whole) = (&text[1..end.0], &text[..=end.0]);
    if NAMED.contains(&whole) {
        return Some(whole);
    }
    let looks = if close == ']' { is_in_square_brackets(inner) } else { is_in_angle_brackets(inner) };
    looks.then_some(whole)
}

fn is_in_angle_brackets(inner: &str) -> bool {
    let bar = |character: char| matches!(character, '|' | '｜');
    let name = inner.trim_start_matches(bar).trim_end_matches(bar);
    if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '▁' | '.')) {
        return false;
    }
    name.len() < inner.len()
        || name.starts_with("start_of_")
        || name.starts_with("end_of_")
        || ["extra_id_", "SPECIAL_"].iter().any(|family| name.starts_with(family))
}

fn is_in_square_brackets(inner: &str) -> bool {
    let name = inner.strip_prefix('/').unwrap_or(inner);
    name.len() > 2 && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

/// What `template` writes around the messages of a chat without tools: role headers, generation prompts, ends of
/// turns.
pub fn delimiters<T: ChatTemplate + ?Sized>(template: &T, options: &RenderOptions) -> String {
    let mut text = written(template, options, &["text", "system", "rounds"]);
    text.push_str(&template.generation_prompt(options).unwrap_or_default());
    text
}

/// What `template` writes of its own in the probes of these shapes.
pub(in crate::render) fn written<T: ChatTemplate + ?Sized>(
    template: &T,
    options: &RenderOptions,
    shapes: &[&str],
) -> String {
    let lenient = RenderOptions { on_inexact: OnInexact::MaskTurn, ..options.clone() };
    let mut written = String::new();
    let mut rendered = Rendered::default();
    for probe in probes().into_iter().filter(|probe| shapes.contains(&probe.shape)) {
        rendered.clear();
        // What a template refuses it does not print.
        if template.render(&probe.conversation, &lenient, &mut rendered, &mut Vec::new()).is_ok() {
            push_template_text(&rendered, &mut written);
        }
    }
    written
}

/// Appends the template's own text; where something else stands is a line end.
fn push_template_text(rendered: &Rendered, out: &mut String) {
    let mut before_ends = 0;
    for span in rendered.spans.iter().filter(|span| span.origin == Origin::Template) {
        if span.start != before_ends {
            out.push('\n');
        }
        out.push_str(&rendered.text[span.range()]);
        before_ends = span.end;
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_tokens_are_known_by_their_looks() {
        let text = "<|im_start|>user a < b <b> [0] <think> <tool_call> <｜end▁of▁sentence｜> <|turn>x<turn|> \
                    <start_of_turn> [INST] [/INST] [gMASK]<sop> </s> <|a b|> <|' + role + '|> list[INDEX] [A] <tools>";
        let found = control_texts(text);
        let expected = [
            "<|im_start|>",
            "<｜end▁of▁sentence｜>",
            "<|turn>",
            "<turn|>",
            "<start_of_turn>",
            "[INST]",
            "[/INST]",
            "[gMASK]",
            "</s>",
            "[INDEX]",
        ];
        assert_eq!(found, expected.map(str::to_owned).into());
    }
}
