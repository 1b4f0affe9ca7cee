//! Laws of tokens: they cover the text, weigh what their bytes weigh, and become control tokens only
//! where the origin of their bytes allows it.

use super::{Checked, Law, Outcome, breaks};
use crate::render::{Origin, Rendered, Span};
use crate::tokenize::AddedToken;

pub(super) fn weights(row: &Checked<'_>) -> Outcome {
    let (rendered, tokens) = (row.rendered, row.tokens);
    if tokens.ends.len() != tokens.ids.len() || tokens.ends.last().copied() != last_byte(rendered) {
        return Err(breaks(Law::Tokens, 0, "the tokens do not cover the text"));
    }
    let mut runs = tokens.trained.iter().peekable();
    let mut from = 0;
    let mut begins = true;
    for (token, (start, end)) in (0u32..).zip(byte_ranges(&tokens.ends)) {
        while runs.next_if(|run| run.end <= token).is_some() {}
        let weight = runs.peek().filter(|run| run.start <= token).map_or(0.0, |run| run.weight);
        let (start, end) = own_bytes(row, tokens.ids[token as usize], start, end);
        let is_control = added_token(row, tokens.ids[token as usize]).is_some();
        begins = is_control || (begins && end == start);
        // A token without bytes of its own goes with the byte before it; a prefix, with the one after it.
        let (start, end) = match end > start {
            true => (start, end),
            false if begins && !is_control => (start, start + 1),
            false => (end.saturating_sub(1), end),
        };
        if end == 0 && rendered.is_raw && weight == 0.0 {
            continue; // what the tokenizer puts before raw text has no bytes
        }
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
        let Some(token) = added_token(row, id) else { continue };
        if end == 0 && row.rendered.is_raw {
            continue;
        }
        let name = token.content.as_str();
        let (start, end) = own_bytes(row, id, start, end);
        if row.rendered.text.get(start as usize..end as usize) != Some(name) {
            return Err(breaks(Law::ControlTokens, start, format!("{name} is made of other text")));
        }
        for span in over(&row.rendered.spans, &mut from, start, end) {
            let allowed = match span.origin {
                Origin::Template => true,
                Origin::Content => markers.contains(&name),
                Origin::Plain => false,
            };
            if !allowed && !token.is_ordinary() {
                let what = format!("{name} is made of bytes of {}", span.field.as_str());
                return Err(breaks(Law::ControlTokens, start, what));
            }
        }
    }
    Ok(())
}

fn added_token<'r>(row: &Checked<'r>, id: i32) -> Option<&'r AddedToken> {
    let at = row.added.binary_search_by_key(&id, |token| token.id as i32).ok()?;
    row.added.get(at)
}

/// The bytes of a token's own content: some added tokens take white space around them.
fn own_bytes(row: &Checked<'_>, id: i32, start: u32, end: u32) -> (u32, u32) {
    let own = added_token(row, id).and_then(|token| {
        let text = row.rendered.text.get(start as usize..end as usize)?;
        let at = text.find(&token.content)?;
        let around = [&text[..at], &text[at + token.content.len()..]];
        let taken = |text: &str| text.trim().is_empty() || text == token.matching.prefix;
        around.into_iter().all(taken).then(|| start + at as u32)
    });
    own.map_or((start, end), |at| {
        (at, added_token(row, id).map_or(end, |token| at + token.content.len() as u32))
    })
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
