//! mask: which of the sampled bytes are trained, and with what weight.
//!
//! The law: a byte is trained when the model would have sampled it, its turn is selected, serving
//! would have shown the same prompt, and neither the record nor a finding takes it out.

use crate::conversation::{Conversation, Message, PartWeight, Role};
use crate::ledger::Turns;
use crate::loss;
use crate::options::{History, Loss, LossPreset};
use crate::render::{Field, Origin, Rendered, Serving, Span};

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
    /// Sets the weight of every span and counts the turns.
    pub fn weigh(&self, conversation: &Conversation<'_>, rendered: &mut Rendered) -> Turns {
        let mut counts = Turns::default();
        let loss = loss::resolve(conversation, self.loss.as_ref());
        if loss == Loss::Preset(LossPreset::All) {
            for span in &mut rendered.spans {
                let message = conversation.messages.get(span.message as usize);
                span.weight = match message {
                    Some(message) if message.context => 0.0,
                    Some(message) => message.weight.unwrap_or(1.0),
                    None => 1.0,
                };
            }
        }
        for turn in &rendered.turns {
            let position = turn.message as usize;
            let message = &conversation.messages[position];
            if message.context {
                continue;
            }
            let selected = turn_weight(message);
            counts.assistant += 1;
            counts.masked_by_validation += u64::from(message.masked.is_some());
            if selected != 0.0 {
                counts.prompt_differs += u64::from(turn.serving == Serving::PromptDiffers);
                counts.field_dropped += u64::from(turn.serving == Serving::FieldDropped);
            }
            let weight = if self.shown(turn.serving) { selected } else { 0.0 };
            let mut trained = false;
            let first = rendered.spans.partition_point(|span| span.end <= turn.sampled.start);
            for span in rendered.spans[first..].iter_mut().take_while(|span| span.start < turn.sampled.end) {
                span.weight = weight * field_weight(&loss, message, span.field);
                trained |= span.weight != 0.0;
            }
            counts.trained += u64::from(trained);
            counts.trained_without_reasoning += u64::from(trained && self.thinking && !turn.reasoning);
        }
        if conversation.messages.iter().any(|message| !message.part_weights.is_empty()) {
            self.weigh_parts(conversation, rendered);
        }
        counts
    }

    /// Whether a turn may be trained at all, whatever weights say.
    fn shown(&self, serving: Serving) -> bool {
        self.history == History::Keep || serving == Serving::Consistent
    }

    /// Cuts the text spans of messages whose content parts carry weights, and weighs each part.
    fn weigh_parts(&self, conversation: &Conversation<'_>, rendered: &mut Rendered) {
        let mut spans = Vec::with_capacity(rendered.spans.len() + 4);
        for span in &rendered.spans {
            let message = conversation.messages.get(span.message as usize);
            let turn = rendered.turns.iter().find(|turn| turn.message == span.message);
            let (Some(message), Some(turn)) = (message, turn) else {
                spans.push(*span);
                continue;
            };
            let parts = message.part_weights.as_slice();
            let trainable = self.shown(turn.serving) && message.masked.is_none() && !message.context;
            if parts.is_empty() || span.field != Field::Text || span.origin != Origin::Content || !trainable {
                spans.push(*span);
                continue;
            }
            let printed = &rendered.text[span.range()];
            let content = message.content.as_str();
            let skipped = content.rfind(printed).unwrap_or(0) as u32;
            cut_at_parts(*span, skipped, parts, &mut spans);
        }
        rendered.spans = spans;
    }
}

/// Pushes `span` in pieces, one a content part; `skipped` bytes of the content were not printed.
fn cut_at_parts(span: Span, skipped: u32, parts: &[PartWeight], spans: &mut Vec<Span>) {
    let mut start = span.start;
    for part in parts {
        let end = (span.start + part.end.saturating_sub(skipped)).min(span.end);
        if end > start {
            spans.push(Span { start, end, weight: part.weight.unwrap_or(span.weight), ..span });
            start = end;
        }
    }
    if start < span.end {
        spans.push(Span { start, ..span });
    }
}

/// Weight of a turn, once [`pin_weights`] has been there.
#[must_use]
pub fn turn_weight(message: &Message<'_>) -> f32 {
    let out = message.role != Role::Assistant || message.context || message.masked.is_some();
    if out { 0.0 } else { message.weight.unwrap_or(0.0) }
}

/// Gives every assistant turn its weight: the record's own, else what `loss` selects. Done on the
/// whole conversation, before pieces are taken from it, so that "last" keeps its meaning.
pub fn pin_weights(conversation: &mut Conversation<'_>, loss: Option<&Loss>) {
    let chosen = loss::chosen_turns(conversation, loss);
    for (message, chosen) in conversation.messages.iter_mut().zip(chosen) {
        if message.role == Role::Assistant && message.weight.is_none() {
            message.weight = Some(if chosen { 1.0 } else { 0.0 });
        }
    }
}

/// Weight of a field inside a trained turn. Of a turn without calls that the record's own weight takes in,
/// `tool_calls` leaves nothing out.
fn field_weight(loss: &Loss, message: &Message<'_>, field: Field) -> f32 {
    let trained = match loss {
        Loss::Weights(weights) => return weights.get(field.as_str()).copied().unwrap_or(0.0),
        Loss::Preset(LossPreset::NoReasoning) => field != Field::Reasoning,
        Loss::Preset(LossPreset::ToolCalls) => {
            message.tool_calls.is_empty() || !matches!(field, Field::Reasoning | Field::Text)
        }
        Loss::Preset(_) => true,
    };
    if trained { 1.0 } else { 0.0 }
}
