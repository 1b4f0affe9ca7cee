//! The canary: while a run goes on, a sample of the texts is encoded a second time by the reference.
//! The fast engine is proved by tests; this looks after the proof in the field.

use std::sync::{Arc, OnceLock};

use super::reference::PlainReference;
use super::{Encoder, Place};
use crate::error::{Error, ErrorKind, Result};

/// One text in this many is sampled.
const ONE_IN: u32 = 1_024;

/// Of the texts whose ids were there before, which had their chance when they were worked out, one in this
/// many counts as a text.
const REUSED_ONE_IN: u32 = 8;

/// Samples that are compared together. The reference takes a good part of a second to load: a run
/// of less than some fifty megabytes ends before it would be worth it.
const TOGETHER: usize = 256;

/// Makes the `tokenizer.json` again when it is needed.
pub type JsonSource = Box<dyn Fn() -> Result<Vec<u8>> + Send + Sync>;

/// The reference, loaded when the first comparison is due; shared by all workers.
pub struct Canary {
    name: String,
    json: JsonSource,
    reference: OnceLock<std::result::Result<PlainReference, String>>,
}

impl Canary {
    /// A canary for the tokenizer called `name`.
    #[must_use]
    pub fn new(name: &str, json: JsonSource) -> Arc<Self> {
        Arc::new(Self { name: name.to_owned(), json, reference: OnceLock::new() })
    }

    /// The `tokenizer.json`.
    pub(super) fn json(&self) -> Result<Vec<u8>> {
        (self.json)()
    }

    /// Name of the tokenizer, for messages.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// A worker's own sampler.
    #[must_use]
    pub fn sampler(self: &Arc<Self>) -> Sampler {
        Sampler {
            canary: Arc::clone(self),
            until_next: ONE_IN,
            until_reused: REUSED_ONE_IN,
            waiting: Vec::new(),
            encoder: None,
        }
    }

    fn encoder(&self) -> Result<Box<dyn Encoder>> {
        let load = || PlainReference::from_json(&self.json()?, &self.name);
        match self.reference.get_or_init(|| load().map_err(|error| error.to_string())) {
            Ok(reference) => Ok(reference.encoder()),
            Err(message) => Err(Error::new(
                ErrorKind::Tokenizer,
                format!("the reference for {} cannot be loaded: {message}", self.name),
            )),
        }
    }
}

/// Collects samples of one worker and compares them from time to time.
pub struct Sampler {
    canary: Arc<Canary>,
    until_next: u32,
    until_reused: u32,
    waiting: Vec<(String, Place, Vec<u32>)>,
    encoder: Option<Box<dyn Encoder>>,
}

impl Sampler {
    /// Sees a text with ids that were there before.
    pub fn see_reused(&mut self, text: &str, place: Place, ids: &[u32]) -> Result<()> {
        self.until_reused -= 1;
        if self.until_reused > 0 {
            return Ok(());
        }
        self.until_reused = REUSED_ONE_IN;
        self.see(text, place, ids)
    }

    /// Sees a text with its ids. Fails when the reference says otherwise about a sampled one.
    pub fn see(&mut self, text: &str, place: Place, ids: &[u32]) -> Result<()> {
        self.until_next -= 1;
        if self.until_next > 0 {
            return Ok(());
        }
        self.until_next = ONE_IN;
        self.waiting.push((text.to_owned(), place, ids.to_vec()));
        if self.waiting.len() < TOGETHER {
            return Ok(());
        }
        let encoder = match &mut self.encoder {
            Some(encoder) => encoder,
            none => none.insert(self.canary.encoder()?),
        };
        for (text, place, ids) in self.waiting.drain(..) {
            let mut expected = Vec::new();
            encoder.encode(&text, place, &mut expected)?;
            if expected != ids {
                return Err(differs(&self.canary.name, &text, &ids, &expected));
            }
        }
        Ok(())
    }
}

fn differs(name: &str, text: &str, ids: &[u32], expected: &[u32]) -> Error {
    let at = ids.iter().zip(expected).take_while(|(one, other)| one == other).count();
    Error::new(
        ErrorKind::Internal,
        format!(
            "the fast engine and the reference disagree for the tokenizer {name}, from token {at} of the text {text:?}: \
             {:?} against {:?}",
            ids.get(at),
            expected.get(at)
        ),
    )
    .hint("use tokenizer_backend=\"reference\", and please report this message with the tokenizer's name")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokenize::builtin::builtin_json;

    fn sampler() -> Sampler {
        Canary::new("qwen3", Box::new(|| builtin_json("qwen3"))).sampler()
    }

    #[test]
    fn equal_ids_pass_and_a_wrong_one_ends_the_run() {
        let mut sampler = sampler();
        let mut ids = Vec::new();
        sampler.canary.encoder().unwrap().encode("hello there", Place::Input, &mut ids).unwrap();
        let texts = TOGETHER as u32 * ONE_IN;
        for _ in 0..texts {
            sampler.see("hello there", Place::Input, &ids).unwrap();
        }
        ids[0] += 1;
        let outcome = (0..texts).try_for_each(|_| sampler.see("hello there", Place::Input, &ids));
        let message = outcome.unwrap_err().to_string();
        assert!(message.contains("from token 0") && message.contains("hello there"), "{message}");
    }

    #[test]
    fn a_wrong_id_of_a_reused_text_ends_the_run_too() {
        let mut sampler = sampler();
        let texts = TOGETHER as u32 * ONE_IN * REUSED_ONE_IN;
        assert!((1..texts).all(|_| sampler.see_reused("hello there", Place::Input, &[1]).is_ok()));
        assert!(sampler.see_reused("hello there", Place::Input, &[1]).is_err());
    }

    #[test]
    fn a_small_run_does_not_load_the_reference() {
        let mut sampler = sampler();
        for _ in 0..ONE_IN {
            sampler.see("a", Place::Input, &[64]).unwrap();
        }
        assert!(sampler.canary.reference.get().is_none());
    }
}
