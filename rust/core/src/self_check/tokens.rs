//! Laws of tokens: they cover the text, weigh what their bytes weigh, and become control tokens only
//! where the origin of their bytes allows it.

use super::{Checked, Law, Outcome, breaks};
use crate::render::{Origin, Rendered, Span};
use crate::tokenize::masked::Tokens;

pub(super) fn weights(rendered: &Rendered, tokens: &Tokens) -> Outcome {
    if tokens.ends.len() != tokens.ids.len() || tokens.ends.last().copied() != last_byte(rendered) {
        return Err(breaks(Law::Tokens, 0, "the tokens do not cover the text"));
    }
    let mut runs = tokens.trained.iter().peekable();
    let mut from = 0;
    for (token, (start, end)) in (0u32..).zip(byte_ranges(&tokens.ends)) {
        while runs.next_if(|run| run.end <= token).is_some() {}
        let weight = runs.peek().filter(|run| run.start <= token).map_or(0.0, |run| run.weight);
        // A token without bytes of its own goes with the byte before it.
        let start = if end > start { start } else { end.saturating_sub(1) };
        let least = over(&rendered.spans, &mut from, start, end)
            .map(|span| span.weight)
            .fold(f32::INFINITY, f32::min);
        if (least - weight).abs() > 0.0 {
            let what = format!("a token weighs {weight}, and the least of its bytes {least}");
            return Err(breaks(Law::Tokens, start, what));
        }
    }
    Ok(())
}

pub(super) fn control_tokens(row: &Checked<'_>) -> Outcome {
    let markers = row.template.content_markers();
    let mut from = 0;
    for (&id, (start, end)) in row.tokens.ids.iter().zip(byte_ranges(&row.tokens.ends)) {
        let Some(token) = row.added.iter().find(|token| token.id as i32 == id) else { continue };
        let name = token.content.as_str();
        if row.rendered.text.get(start as usize..end as usize) != Some(name) {
            return Err(breaks(Law::ControlTokens, start, format!("{name} is made of other text")));
        }
        for span in over(&row.rendered.spans, &mut from, start, end) {
            let allowed = match span.origin {
                Origin::Template => true,
                Origin::Content => markers.contains(&name),
                Origin::Plain => false,
            };
            if !allowed {
                let what = format!("{name} is made of bytes of {}", span.field.as_str());
                return Err(breaks(Law::ControlTokens, start, what));
            }
        }
    }
    Ok(())
}

fn last_byte(rendered: &Rendered) -> Option<u32> {
    (!rendered.text.is_empty()).then_some(rendered.text.len() as u32)
}

fn byte_ranges(ends: &[u32]) -> impl Iterator<Item = (u32, u32)> + '_ {
    std::iter::once(0).chain(ends.iter().copied()).zip(ends.iter().copied())
}

/// The spans over the bytes `start..end`; `from` follows, since tokens come in order.
fn over<'s>(
    spans: &'s [Span],
    from: &mut usize,
    start: u32,
    end: u32,
) -> impl Iterator<Item = &'s Span> + use<'s> {
    while *from > 0 && spans.get(*from).is_none_or(|span| span.start > start) {
        *from -= 1;
    }
    while spans.get(*from).is_some_and(|span| span.end <= start) {
        *from += 1;
    }
    spans[*from..].iter().take_while(move |span| span.start < end)
}
