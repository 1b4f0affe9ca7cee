//! mask: the loss law on rendered text, byte by byte.
//!
//! [`crate::loss`] has the law. Here it meets what only the rendered text knows: which bytes the model would have sampled,
//! and whether serving would have shown a turn the same prompt.

use crate::conversation::Conversation;
use crate::ledger;
use crate::loss::{self, Policy, TurnLoss, Untrained};
use crate::options::{History, Loss};
use crate::render::{Origin, Rendered, Serving, Span, Turn};

/// What is trained in a run.
#[derive(Clone, Debug)]
pub struct LossPolicy {
    /// Which turns and fields; `None` follows the layout.
    pub loss: Option<Loss>,
    /// What happens to turns whose prompt differs from serving.
    pub history: History,
    /// Whether the serving mode thinks.
    pub thinking: bool,
}

impl LossPolicy {
    /// Sets the weight of every span and counts the turns. [`loss::decide`] was asked before.
    pub fn weigh(&self, conversation: &Conversation<'_>, rendered: &mut Rendered) -> ledger::Turns {
        let loss = loss::resolve(conversation, self.loss.as_ref());
        let policy = Policy::of(&loss);
        if policy.weighs_unsampled() {
            weigh_unsampled(&policy, conversation, rendered);
        }
        for turn in &rendered.turns {
            let message = &conversation.messages[turn.message as usize];
            let unit = if self.shown(turn.serving) { TurnLoss::of(message).unit() } else { 0.0 };
            for span in spans_of(turn, &mut rendered.spans) {
                span.weight = if unit == 0.0 { 0.0 } else { unit * policy.field(message, span.field) };
            }
        }
        if conversation.messages.iter().any(|message| !message.part_weights.is_empty()) {
            self.weigh_parts(&policy, conversation, rendered);
        }
        self.count(conversation, rendered)
    }

    /// Whether a turn may be trained at all, whatever weights say.
    #[must_use]
    pub fn shown(&self, serving: Serving) -> bool {
        self.history == History::Keep || serving == Serving::Consistent
    }

    fn count(&self, conversation: &Conversation<'_>, rendered: &Rendered) -> ledger::Turns {
        let mut counts = ledger::Turns::default();
        for turn in &rendered.turns {
            let loss = TurnLoss::of(&conversation.messages[turn.message as usize]);
            if loss.untrained() == Some(Untrained::Context) {
                continue;
            }
            counts.assistant += 1;
            counts.masked_by_validation +=
                u64::from(matches!(loss.untrained(), Some(Untrained::WrongCall(_))));
            if loss.is_selected() {
                counts.prompt_differs += u64::from(turn.serving == Serving::PromptDiffers);
                counts.field_dropped += u64::from(turn.serving == Serving::FieldDropped);
            }
            let trained = is_trained(turn, &rendered.spans);
            counts.trained += u64::from(trained);
            counts.trained_without_reasoning += u64::from(trained && self.thinking && !turn.reasoning);
        }
        counts
    }

    /// Cuts the text of messages whose content parts have weights of their own at the parts, and weighs each.
    fn weigh_parts(&self, policy: &Policy<'_>, conversation: &Conversation<'_>, rendered: &mut Rendered) {
        let unsampled = policy.weighs_unsampled();
        let mut spans = Vec::with_capacity(rendered.spans.len() + 4);
        // From the end, so that text which the template moved out of the content (reasoning before an answer) is not
        // taken for the text after it.
        let mut before = (u32::MAX, 0);
        for span in rendered.spans.iter().rev() {
            let turn = rendered.turns.iter().find(|turn| turn.message == span.message && span.sampled);
            let shown = turn.map_or(unsampled, |turn| self.shown(turn.serving));
            let message = conversation.messages.get(span.message as usize).filter(|_| shown);
            let Some((message, loss)) = message.and_then(|message| {
                let loss = TurnLoss::of(message);
                let is_content = span.field == loss::content_field(message.role);
                let has_parts = !loss.parts().is_empty() && loss.is_selected();
                (is_content && has_parts && span.origin != Origin::Template).then_some((message, loss))
            }) else {
                spans.push(*span);
                continue;
            };
            let content = message.content.as_str();
            if before.0 != span.message {
                before = (span.message, content.len());
            }
            let found = content[..before.1].rfind(&rendered.text[span.range()]);
            before.1 = found.unwrap_or(before.1);
            let from = spans.len();
            match found {
                Some(start) => cut_at_parts(*span, start as u32, &loss, &mut spans),
                None => spans.push(Span { weight: loss.least_unit(), ..*span }),
            }
            let field = policy.field(message, span.field);
            spans[from..].iter_mut().for_each(|span| span.weight *= field);
            spans[from..].reverse();
        }
        spans.reverse();
        rendered.spans = spans;
    }
}

/// Pushes `span` in pieces, one per content part; it prints the content from byte `start` on. Each piece has the unit of
/// its part.
fn cut_at_parts(span: Span, start: u32, loss: &TurnLoss<'_>, spans: &mut Vec<Span>) {
    let mut at = span.start;
    for part in loss.parts() {
        let end = (span.start + part.end.saturating_sub(start)).min(span.end);
        if end > at {
            spans.push(Span { start: at, end, weight: loss.unit_of(part), ..span });
            at = end;
        }
    }
    if at < span.end {
        spans.push(Span { start: at, weight: loss.unit(), ..span });
    }
}

fn weigh_unsampled(policy: &Policy<'_>, conversation: &Conversation<'_>, rendered: &mut Rendered) {
    for span in &mut rendered.spans {
        span.weight = match conversation.messages.get(span.message as usize) {
            Some(message) => {
                let unit = TurnLoss::of(message).unit();
                if unit == 0.0 { 0.0 } else { unit * policy.field(message, span.field) }
            }
            None => policy.field_of_none(span.field),
        };
    }
}

/// The spans of a turn that the model samples.
fn spans_of<'s>(turn: &Turn, spans: &'s mut [Span]) -> impl Iterator<Item = &'s mut Span> {
    let (start, end) = (turn.sampled.start, turn.sampled.end);
    let first = spans.partition_point(|span| span.end <= start);
    spans[first..].iter_mut().take_while(move |span| span.start < end)
}

/// Whether a byte of a turn is trained.
#[must_use]
pub fn is_trained(turn: &Turn, spans: &[Span]) -> bool {
    let first = spans.partition_point(|span| span.end <= turn.sampled.start);
    spans[first..].iter().take_while(|span| span.start < turn.sampled.end).any(|span| span.weight != 0.0)
}
