//! Laws that compare a turn with what serving would show and sample.

use super::{Checked, Law, Outcome, breaks};
use crate::conversation::Role;
use crate::render::{Field, Grade, Origin, RenderOptions, Serving, Turn};

/// The thinking modes whose prompt may stand before a turn: an empty think block that the template wrote
/// is the prompt of serving without thinking.
fn modes<'o>(row: &'o Checked<'_>) -> impl Iterator<Item = RenderOptions> + 'o {
    let others = [Some(false), Some(true)].into_iter().filter(|_| row.template.thinks());
    std::iter::once(row.options.thinking)
        .chain(others)
        .map(|thinking| RenderOptions { thinking, ..row.options.clone() })
}

/// Turns of a conversation whose prompts are compared: each prompt is as long as what is before its turn.
const COMPARED_TURNS: usize = 64;

/// Whole, where the turn is consistent; its end, where the turn follows a generation prompt after
/// something else. Turns in the form of history have no prompt to compare with.
pub(super) fn prompts(row: &Checked<'_>) -> Outcome {
    if row.options.inline {
        return Ok(());
    }
    let grades = row.template.grade(row.conversation, row.options).unwrap_or_default();
    let turns = &row.rendered.turns;
    let step = turns.len().div_ceil(COMPARED_TURNS).max(1);
    let compared = turns.iter().step_by(step).chain(turns.last());
    for turn in compared {
        let before = &row.rendered.text[..turn.sampled.start as usize];
        let grade = grades.iter().find(|grade| grade.message == turn.message);
        let exact =
            grade.is_some_and(|grade| grade.grade.as_ref().is_ok_and(|grade| *grade != Grade::History));
        let after_an_answer =
            turn.message == 0 || row.conversation.messages[turn.message as usize - 1].role == Role::Assistant;
        if !exact || after_an_answer {
            continue;
        }
        let mut shown = modes(row)
            .filter_map(|mode| {
                let prompt = row.template.serving_prompt(row.conversation, turn.message as usize, &mode)?;
                Some((prompt, row.template.generation_prompt(&mode).unwrap_or_default()))
            })
            .peekable();
        if shown.peek().is_none() {
            continue;
        }
        let holds = match turn.serving {
            Serving::Consistent => shown.any(|(prompt, _)| prompt == before),
            _ => shown.any(|(prompt, added)| before.ends_with(tail(&prompt, &added))),
        };
        if !holds {
            let what = "the text before the turn is not the prompt of serving";
            return Err(breaks(Law::Prompt, turn.sampled.start, what));
        }
    }
    Ok(())
}

/// The end of a prompt that no difference earlier in the row changes: the generation prompt, or the last
/// character where the template appends none here.
fn tail<'p>(prompt: &'p str, added: &'p str) -> &'p str {
    if !added.is_empty() && prompt.ends_with(added) {
        return added;
    }
    prompt.char_indices().next_back().map_or("", |(at, _)| &prompt[at..])
}

pub(super) fn stops(row: &Checked<'_>) -> Outcome {
    let stops = row.template.stop_tokens();
    for turn in &row.rendered.turns {
        let inside = spans_of(row, turn);
        let Some(last) = inside.last() else { continue };
        let is_stop = last.field == Field::Stop
            && last.origin == Origin::Template
            && stops.contains(&&row.rendered.text[last.range()]);
        let early = inside[..inside.len() - 1].iter().find(|span| span.field == Field::Stop);
        if let Some(early) = early {
            return Err(breaks(Law::Stop, early.start, "a stop token stands inside the turn"));
        }
        let rest = &row.rendered.text[turn.sampled.end as usize..];
        let closed = || row.template.history_terminators().iter().any(|token| rest.starts_with(token));
        let ends_with_text = rest.is_empty() && row.template.last_turn_lacks_stop();
        if !is_stop && (last.field == Field::Stop || !(closed() || ends_with_text)) {
            return Err(breaks(Law::Stop, last.start, "the turn does not end in a stop token"));
        }
        let template_text =
            inside.iter().filter(|span| span.origin == Origin::Template && span.field != Field::Stop);
        for span in template_text {
            let text = &row.rendered.text[span.range()];
            if stops.iter().any(|stop| !stop.is_empty() && text.contains(stop)) {
                return Err(breaks(Law::Stop, span.start, "the template wrote a stop token inside the turn"));
            }
        }
    }
    Ok(())
}

pub(super) fn role_headers(row: &Checked<'_>) -> Outcome {
    let Some(header) = row.template.generation_prompt(row.options) else { return Ok(()) };
    let begins = |turn: &&Turn| {
        let first = spans_of(row, turn).first().copied();
        first.is_some_and(|span| span.origin == Origin::Template)
            && row.rendered.text[turn.sampled.start as usize..].starts_with(&header)
    };
    match row.rendered.turns.iter().find(begins) {
        None => Ok(()),
        Some(turn) => Err(breaks(Law::RoleHeader, turn.sampled.start, "the turn begins with its own header")),
    }
}

fn spans_of<'r>(row: &Checked<'r>, turn: &Turn) -> Vec<&'r crate::render::Span> {
    let spans = &row.rendered.spans;
    let first = spans.partition_point(|span| span.end <= turn.sampled.start);
    spans[first..].iter().take_while(|span| span.start < turn.sampled.end).collect()
}
