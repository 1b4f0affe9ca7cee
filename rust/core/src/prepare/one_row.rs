//! One conversation as one row: rendered, weighed, tokenized and checked.

use std::time::Instant;

use super::Worker;
use super::prepared::Amount;
use crate::conversation::{Conversation, Place};
use crate::error::{Error, ErrorKind, Result};
use crate::finding::{Code, Finding};
use crate::ledger;
use crate::loss::TurnLoss;
use crate::options::History;
use crate::render::native::plain;
use crate::render::{Serving, inline};
use crate::self_check::{self, Checked};
use crate::tokenize::masked::{self, Tokens};

/// A conversation that was rendered and tokenized.
pub(super) struct Row {
    pub(super) tokens: Tokens,
    pub(super) turns: ledger::Turns,
    /// Positions of the turns that would be trained, were they shown the prompt of serving. Known where such turns are
    /// expanded.
    pub(super) hidden: Vec<usize>,
}

impl Row {
    /// How much is in it.
    pub(super) fn amount(&self) -> Amount {
        Amount { tokens: self.tokens.ids.len() as i64, trained: self.tokens.trained_tokens() as i64 }
    }
}

impl Worker<'_> {
    /// Renders, weighs, and tokenizes where anything is trained.
    pub(super) fn row(
        &mut self,
        conversation: &Conversation<'_>,
        findings: &mut Vec<Finding>,
    ) -> Result<std::result::Result<Row, Finding>> {
        if let Err(finding) = self.render(conversation, findings) {
            return Ok(Err(finding));
        }
        let begun = Instant::now();
        let turns = self.recipe.policy.weigh(conversation, &mut self.rendered);
        self.clock.render += begun.elapsed();
        if let Some(finding) = self.lost_weight(conversation) {
            return Ok(Err(finding));
        }
        let trains = self.rendered.spans.iter().any(|span| span.weight != 0.0);
        let tokens = if trains { self.encode(false)? } else { Tokens::default() };
        if trains && self.checks {
            let without_reuse = self.encode(true)?;
            if (&tokens.ids, &tokens.trained) != (&without_reuse.ids, &without_reuse.trained) {
                return Err(Error::new(ErrorKind::Internal, "reused token ids differ from fresh ones"));
            }
            if let Err(finding) = self.check(conversation, &without_reuse) {
                return Ok(Err(finding));
            }
        }
        Ok(Ok(Row { tokens, turns, hidden: self.hidden(conversation) }))
    }

    /// The turns of the conversation just weighed that get a sample of their own. The last message of a sample is
    /// there already as serving shows it, as far as that can be.
    pub(super) fn hidden(&self, conversation: &Conversation<'_>) -> Vec<usize> {
        if self.recipe.policy.history != History::Expand {
            return Vec::new();
        }
        let last = conversation.messages.len() - 1;
        let turns = self.rendered.turns.iter();
        turns
            .filter(|turn| turn.serving != Serving::Consistent)
            .map(|turn| turn.message as usize)
            .filter(|&at| at != last && TurnLoss::of(&conversation.messages[at]).is_selected())
            .collect()
    }

    /// Holds what was made of a conversation against the laws that it has to keep.
    pub(super) fn check(
        &self,
        conversation: &Conversation<'_>,
        tokens: &Tokens,
    ) -> std::result::Result<(), Finding> {
        let checked = Checked {
            conversation,
            rendered: &self.rendered,
            tokens,
            template: self.recipe.template.as_ref(),
            options: &self.recipe.render,
            policy: &self.recipe.policy,
            added: self.recipe.loaded.tokenizer.added_tokens(),
        };
        match self_check::broken(&checked).first() {
            None => Ok(()),
            Some(broken) => {
                Err(Finding::new(Code::SpansNotProvable, "", format!("a self-check fails: {broken}")))
            }
        }
    }

    /// A weight that a mask would make 1 without a word.
    pub(super) fn lost_weight(&self, conversation: &Conversation<'_>) -> Option<Finding> {
        let fractional = |weight: f32| weight != 0.0 && (weight - 1.0).abs() > 0.0;
        if self.recipe.has_weights {
            return None;
        }
        let span = self.rendered.spans.iter().find(|span| fractional(span.weight))?;
        let message = conversation.messages.get(span.message as usize)?;
        Some(Finding::new(
            Code::WeightWithoutColumn,
            conversation.places.pointer(Place::Message(message.index)),
            format!("a loss weight is {}, and the columns have no place for it", span.weight),
        ))
    }

    pub(super) fn render(
        &mut self,
        conversation: &Conversation<'_>,
        findings: &mut Vec<Finding>,
    ) -> std::result::Result<(), Finding> {
        let begun = Instant::now();
        self.rendered.clear();
        let outcome = if conversation.plain {
            self.recipe
                .begin()
                .map(|begin| {
                    let ends = plain::Ends { bos: &begin.text, eos: &self.recipe.eos };
                    plain::render(conversation, ends, &mut self.rendered);
                })
                .map_err(|error| Finding::new(Code::SpansNotProvable, "", error.to_string()))
        } else {
            let (template, options) = (self.recipe.template.as_ref(), &self.recipe.render);
            inline::render_row(template, conversation, options, &mut self.rendered, findings)
        };
        if outcome.is_ok() {
            findings.extend(self.recipe.plain_controls.finding(&self.rendered));
        }
        debug_assert!(outcome.is_err() || self.rendered.is_well_formed(), "spans do not tile the text");
        self.clock.render += begun.elapsed();
        outcome
    }

    pub(super) fn encode(&mut self, with_ends: bool) -> Result<Tokens> {
        let begun = Instant::now();
        let tokens = masked::tokenize(
            &self.rendered,
            if self.rendered.is_raw { &self.recipe.begin()?.ids } else { &[] },
            &self.recipe.cutter,
            self.encoder.as_mut(),
            &mut self.tokens,
            with_ends,
        );
        self.clock.tokenize += begun.elapsed();
        tokens
    }
}
