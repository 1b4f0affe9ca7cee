//! Certificates of this process: a template is tried out once for each tokenizer and set of options.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::render::{Certificate, ChatTemplate, RenderOptions};

/// How many are kept; the oldest goes first.
const KEPT: usize = 16;

/// All that a certificate depends on.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    /// Tells the dialects of one source apart.
    template: String,
    template_digest: String,
    tokenizer_digest: String,
    stop_tokens: Vec<&'static str>,
    options: RenderOptions,
}

static KNOWN: Mutex<VecDeque<(Key, Arc<Certificate>)>> = Mutex::new(VecDeque::new());

/// The certificate of `template` with the tokenizer that has this digest.
#[must_use]
pub fn certificate(
    template: &dyn ChatTemplate,
    tokenizer_digest: &str,
    options: &RenderOptions,
) -> Arc<Certificate> {
    let key = Key {
        template: template.name().to_owned(),
        template_digest: template.digest().to_owned(),
        tokenizer_digest: tokenizer_digest.to_owned(),
        stop_tokens: template.stop_tokens().to_vec(),
        options: options.clone(),
    };
    if let Some(known) = find(&key) {
        return known;
    }
    // Tried out without the lock: two threads may do it twice and agree.
    let made = Arc::new(Certificate::of(template, options));
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if known.len() == KEPT {
        known.pop_front();
    }
    known.push_back((key, Arc::clone(&made)));
    made
}

fn find(key: &Key) -> Option<Arc<Certificate>> {
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.iter().find(|(other, _)| other == key).map(|(_, certificate)| Arc::clone(certificate))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::native::qwen::Qwen;

    #[test]
    fn a_template_is_tried_out_once_for_each_tokenizer_and_mode() {
        let plain = RenderOptions::default();
        let quick = RenderOptions { thinking: Some(false), ..RenderOptions::default() };
        let first = certificate(&Qwen::Qwen3, "one", &plain);
        assert!(Arc::ptr_eq(&first, &certificate(&Qwen::Qwen3, "one", &plain)));
        assert!(!Arc::ptr_eq(&first, &certificate(&Qwen::Qwen3, "two", &plain)));
        assert!(!Arc::ptr_eq(&first, &certificate(&Qwen::Qwen3, "one", &quick)));
        assert!(!Arc::ptr_eq(&first, &certificate(&Qwen::Qwen25, "one", &plain)));
    }

    #[test]
    fn only_the_newest_are_kept() {
        let options =
            |day: usize| RenderOptions { date: format!("2026-01-{day:02}"), ..RenderOptions::default() };
        let first = certificate(&Qwen::Qwen25, "kept", &options(0));
        for day in 1..=KEPT {
            let _ = certificate(&Qwen::Qwen25, "kept", &options(day));
        }
        assert!(!Arc::ptr_eq(&first, &certificate(&Qwen::Qwen25, "kept", &options(0))));
        assert!(KNOWN.lock().unwrap().len() <= KEPT);
    }
}
