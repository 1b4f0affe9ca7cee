//! Which tokens end the turns of a template: those that the tokenizer names, or those that the template itself
//! ends its turns with.

use super::jinja_template::{JinjaTemplate, Purpose, TemplateTokens, interned};
use crate::render::certify::probes;
use crate::render::certify::proof::extent::Ownership;
use crate::render::certify::proof::turns;
use crate::render::{RenderOptions, TurnGrade};

impl JinjaTemplate {
    /// Sees whether the stop tokens end turns. Where they end none and the run did not name them, those that
    /// the template itself ends its turns with take their place.
    pub(super) fn settle_stops(&mut self, tokens: &TemplateTokens) {
        let options = RenderOptions { date: "2000-01-01".into(), ..RenderOptions::default() };
        let header = self.role_header(&options);
        // What begins a turn does not end one.
        self.others.retain(|token| !header.contains(token));
        let ends_turns = self.tried_turns(&["text", "rounds", "call"]).any(|turn| turn.grade.is_ok());
        self.ends_turns = ends_turns;
        if self.ends_turns || tokens.stops_are_given {
            return;
        }
        for special_only in [true, false] {
            let candidates = tokens.added.iter().filter(|(text, special)| {
                // What begins a turn does not end one.
                !text.is_empty()
                    && !header.contains(text.as_str())
                    && if special_only { *special } else { !text.contains("think") }
            });
            let candidates: Vec<&'static str> = candidates.map(|(text, _)| interned(text)).collect();
            let named = self.stops.clone();
            let found = self.found_stops(&candidates);
            if found.is_empty() {
                continue;
            }
            self.stops.retain(|stop| !found.contains(stop));
            self.stops.splice(0..0, found);
            let proved = |turn: TurnGrade| turn.grade.is_ok();
            let cut = |turn: TurnGrade| turn.grade.is_err_and(|reason| reason == turns::STOP_INSIDE);
            let all_end = self.tried_turns(&["text", "rounds"]).all(proved)
                && !self.tried_turns(&["call", "parallel calls", "reasoning"]).any(cut);
            if all_end {
                (self.stops_found, self.ends_turns) = (true, true);
                self.others.retain(|token| !self.stops.contains(token));
                return;
            }
            self.stops = named;
        }
    }

    /// The turns of the probes of these shapes.
    fn tried_turns(&self, shapes: &'static [&'static str]) -> impl Iterator<Item = TurnGrade> {
        let options = RenderOptions { date: "2000-01-01".into(), ..RenderOptions::default() };
        shapes.iter().flat_map(move |shape| self.graded(shape, &options))
    }

    /// Those of `candidates` that the template ends the turns of the probes with.
    fn found_stops(&self, candidates: &[&'static str]) -> Vec<&'static str> {
        let options = RenderOptions { date: "2000-01-01".into(), ..RenderOptions::default() };
        let mut found: Vec<&'static str> = Vec::new();
        for probe in probes::probes() {
            if !matches!(probe.shape, "text" | "rounds" | "call" | "rounds with calls") {
                continue;
            }
            let conversation = &probe.conversation;
            // What a template does not print ends nothing.
            let _ = self.with_session(conversation, &options, Purpose::Text, |session, printed| {
                let ownership = Ownership::of(&printed, session.context, conversation.messages.len());
                for message in conversation.assistant_turns() {
                    turns::closing_token(session, &printed, &ownership, message, candidates, &mut found);
                }
                Ok(())
            });
        }
        found
    }

    /// How a run makes `closer` a stop token.
    pub(super) fn stop_hint(&self, closer: &str) -> String {
        let all = self.stops.iter().filter(|stop| !stop.is_empty()).chain([&closer]);
        let quoted: Vec<String> = all.map(|token| format!("{token:?}")).collect();
        format!(
            "if the model stops at {closer}, say so with stop_tokens=[{}], or add it to eos_token_id of \
             generation_config.json",
            quoted.join(", ")
        )
    }
}
