//! The loop: the ends of a batch of pretokens, then their keys, then their ids.
//!
//! Each step of a batch is a loop of its own. Between the second and the third the words' entries have
//! time to arrive from memory, and no step waits for the one before.

use std::ops::Range;
use std::sync::Arc;

use crate::machine::{Machine, POSITIONS};
use crate::split::blocks::{Splits, Splitter};
use crate::split::compiled::chain::Walker;
use crate::split::masks::BLOCK;
use crate::split::{Pattern, Splitting};
use crate::word_table::{Key, MOST_IDS};
use crate::words::Words;

/// Pretokens that are worked on together: enough to hide the way to memory, few enough to stay in the
/// first cache.
const BATCH: usize = 192 + POSITIONS;

/// Room for one batch.
pub(crate) struct Scratch {
    ends: [u32; BATCH],
    keys: [Key; BATCH],
    places: [u32; BATCH],
    ids: [u32; BATCH * MOST_IDS],
    walker: Walker,
}

impl Default for Scratch {
    fn default() -> Self {
        Self {
            ends: [0; BATCH],
            keys: [Key::EMPTY; BATCH],
            places: [0; BATCH],
            ids: [0; BATCH * MOST_IDS],
            walker: Walker::default(),
        }
    }
}

/// Appends the ids of a stretch of normalized text.
#[inline(always)]
pub(crate) fn encode<M: Machine>(
    machine: M,
    words: &mut Words,
    scratch: &mut Scratch,
    text: &str,
    stretch: Range<usize>,
    ids: &mut Vec<u32>,
) {
    let pattern = match words.bpe().splitting() {
        Splitting::Known(pattern) => *pattern,
        Splitting::Compiled(_) => {
            let bpe = Arc::clone(words.bpe());
            let Splitting::Compiled(chain) = bpe.splitting() else { return };
            let mut walker = std::mem::take(&mut scratch.walker);
            encode_by(machine, chain.splitter(&mut walker, text, stretch), words, scratch, text, ids);
            scratch.walker = walker;
            return;
        }
        Splitting::Sentence(_) => {
            let bpe = Arc::clone(words.bpe());
            let Some(sentence) = bpe.sentence() else { return };
            encode_by(machine, sentence.splitter(text, stretch), words, scratch, text, ids);
            return;
        }
    };
    // A pattern that is known here is known in all that is inlined.
    macro_rules! by {
        ($pattern:expr) => {{
            let splitter = Splitter::new(machine, $pattern, text, stretch);
            encode_by(machine, splitter, words, scratch, text, ids)
        }};
    }
    match pattern {
        Pattern::Gpt2 => by!(Pattern::Gpt2),
        Pattern::Cl100k => by!(Pattern::Cl100k),
        Pattern::Qwen2 => by!(Pattern::Qwen2),
        Pattern::O200k => by!(Pattern::O200k),
        Pattern::Tekken => by!(Pattern::Tekken),
        Pattern::DeepSeekV3 => by!(Pattern::DeepSeekV3),
    }
}

#[inline(always)]
fn encode_by<M: Machine>(
    machine: M,
    mut splitter: impl Splits,
    words: &mut Words,
    scratch: &mut Scratch,
    text: &str,
    ids: &mut Vec<u32>,
) {
    let bytes = text.as_bytes();
    while !splitter.is_done() {
        let batch_start = splitter.at() as u32;
        let count = splitter.fill(&mut scratch.ends);

        let mut start = batch_start;
        for ((&end, key), place) in
            scratch.ends[..count].iter().zip(&mut scratch.keys).zip(&mut scratch.places)
        {
            *key = match bytes[start as usize..].first_chunk() {
                Some(chunk) => Key::new(chunk, (end - start) as usize),
                None => Key::of(&bytes[start as usize..end as usize]),
            };
            *place = words.table().place(key.hash());
            words.table().prefetch(machine, *place);
            start = end;
        }

        let mut filled = 0;
        for at in 0..count {
            if let Some(found) = words.table().get(machine, &scratch.keys[at], scratch.places[at]) {
                scratch.ids[filled..filled + MOST_IDS].copy_from_slice(&found.places());
                filled += found.count();
            } else {
                ids.extend_from_slice(&scratch.ids[..filled]);
                filled = 0;
                let start = if at == 0 { batch_start } else { scratch.ends[at - 1] };
                let word = &bytes[start as usize..scratch.ends[at] as usize];
                if words.encode_unknown(machine, word, ids) {
                    for (place, key) in scratch.places.iter_mut().zip(&scratch.keys) {
                        *place = words.table().place(key.hash());
                    }
                }
            }
        }
        ids.extend_from_slice(&scratch.ids[..filled]);
    }
}

/// Appends the ends of the pretokens of normalized text.
#[inline(always)]
pub(crate) fn split<M: Machine>(
    machine: M,
    splitting: &Splitting,
    walker: &mut Walker,
    text: &str,
    ends: &mut Vec<u32>,
) {
    match splitting {
        Splitting::Known(pattern) => append(Splitter::new(machine, *pattern, text, 0..text.len()), ends),
        Splitting::Compiled(chain) => append(chain.splitter(walker, text, 0..text.len()), ends),
        Splitting::Sentence(_) => ends.extend((!text.is_empty()).then_some(text.len() as u32)),
    }
}

#[inline(always)]
fn append(mut splitter: impl Splits, ends: &mut Vec<u32>) {
    let mut batch = [0; 2 * BLOCK];
    while !splitter.is_done() {
        let count = splitter.fill(&mut batch);
        ends.extend_from_slice(&batch[..count]);
    }
}
