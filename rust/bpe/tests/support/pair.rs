//! The tokenizer under test beside the reference.

use std::sync::Arc;

use serde_json::{Value, json};
use tokenizers::normalizer::Range;
use tokenizers::{
    NormalizedString, Normalizer, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer, Tokenizer,
};
use tooltrain_bpe::{Bpe, Encoder};

/// The tokenizer under test beside the reference, both made from one file. The reference knows no
/// added tokens, so it treats every text as plain.
pub(crate) struct Pair {
    pub(crate) bpe: Arc<Bpe>,
    pub(crate) encoder: Encoder,
    /// The same in portable code, with tables so small that they forget all the time.
    pub(crate) twin: Encoder,
    pub(crate) reference: Tokenizer,
}

/// Room for a few buckets of words.
const TWIN_MEMORY: usize = 4 << 10;

/// Text that a stretch stands in: each would change the ids if it leaked in.
const BEFORE: &str = "a\u{e9}'";
const BEHIND: &str = "s\u{301} \n/1A";

/// What both sides say of a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Encoded {
    pub(crate) ids: Vec<u32>,
    pub(crate) ends: Vec<u32>,
    pub(crate) splits: Vec<u32>,
}

impl Pair {
    pub(crate) fn new(json: &[u8]) -> Pair {
        let mut file: Value = serde_json::from_slice(json).unwrap();
        let bpe = Arc::new(Bpe::from_tokenizer_json(json).unwrap());
        file["added_tokens"] = json!([]);
        file["post_processor"] = Value::Null;
        let reference = Tokenizer::from_bytes(serde_json::to_vec(&file).unwrap()).unwrap();
        Pair { encoder: bpe.encoder(), twin: bpe.portable_encoder(TWIN_MEMORY), bpe, reference }
    }

    /// The same through the compact form.
    pub(crate) fn through_compact(json: &[u8]) -> Pair {
        let mut pair = Pair::new(json);
        let compact = pair.bpe.to_compact();
        pair.bpe = Arc::new(Bpe::from_compact(&compact).unwrap());
        pair.encoder = pair.bpe.encoder();
        pair.twin = pair.bpe.portable_encoder(TWIN_MEMORY);
        assert!(pair.bpe.to_compact() == compact, "the compact form changes when read and written");
        pair
    }

    /// The same with fresh caches, for another thread.
    pub(crate) fn fresh(&self) -> Pair {
        Pair {
            bpe: Arc::clone(&self.bpe),
            encoder: self.bpe.encoder(),
            twin: self.bpe.portable_encoder(TWIN_MEMORY),
            reference: self.reference.clone(),
        }
    }

    pub(crate) fn ours(&mut self, text: &str) -> Encoded {
        encoded(&mut self.encoder, text)
    }

    pub(crate) fn theirs(&self, text: &str) -> Encoded {
        let encoding = self.reference.encode(text, false).unwrap();
        let ends = match self.normalized(text) {
            Some(normalized) => self.ends_across(&normalized, encoding.get_ids()),
            None => encoding.get_offsets().iter().map(|&(_, end)| end as u32).collect(),
        };
        Encoded { ids: encoding.get_ids().to_vec(), ends, splits: self.reference_splits(text) }
    }

    fn normalized(&self, text: &str) -> Option<NormalizedString> {
        let mut normalized = NormalizedString::from(text);
        self.reference.get_normalizer()?.normalize(&mut normalized).unwrap();
        (normalized.get() != text).then_some(normalized)
    }

    /// Ends by the reference's alignment. It aligns a composed character with the first character
    /// that went into it; the crate counts the rest, up to the next aligned byte, to the same token.
    fn ends_across(&self, normalized: &NormalizedString, ids: &[u32]) -> Vec<u32> {
        let length = normalized.get().len();
        let start_of = |at: usize| normalized.convert_offsets(Range::Normalized(at..=at)).unwrap().start;
        let mut next_start = vec![normalized.get_original().len(); length];
        for at in (0..length - 1).rev() {
            next_start[at] =
                if start_of(at + 1) > start_of(at) { start_of(at + 1) } else { next_start[at + 1] };
        }
        let mut at = 0;
        let ends = ids.iter().map(|&id| {
            at += self.bpe.token_bytes(id).len();
            next_start[at - 1] as u32
        });
        ends.collect()
    }

    fn reference_splits(&self, text: &str) -> Vec<u32> {
        let normalized = self.normalized(text);
        let mut pretokenized =
            PreTokenizedString::from(normalized.as_ref().map_or(text, NormalizedString::get));
        self.reference.get_pre_tokenizer().unwrap().pre_tokenize(&mut pretokenized).unwrap();
        pretokenized
            .get_splits(OffsetReferential::Original, OffsetType::Byte)
            .iter()
            .filter(|(piece, _, _)| !piece.is_empty())
            .map(|(_, (_, end), _)| *end as u32)
            .collect()
    }

    /// What differs on a text, if anything does: between the tokenizer and the reference, between
    /// vector and portable code, or between a text and the same text inside another.
    pub(crate) fn difference(&mut self, text: &str) -> Option<String> {
        let (ours, theirs) = (self.ours(text), self.theirs(text));
        if ours != theirs {
            return Some(format!("{text:?} ({} bytes)\n  ours   {ours:?}\n  theirs {theirs:?}", text.len()));
        }
        let twin = encoded(&mut self.twin, text);
        if ours != twin {
            return Some(format!(
                "{text:?} ({} bytes)\n  ours     {ours:?}\n  portable {twin:?}",
                text.len()
            ));
        }
        let inside = [BEFORE, text, BEHIND].concat();
        for encoder in [&mut self.encoder, &mut self.twin] {
            let mut ids = vec![];
            encoder.encode_stretch(&inside, BEFORE.len()..BEFORE.len() + text.len(), &mut ids);
            if ids != ours.ids {
                return Some(format!(
                    "{text:?} inside {BEFORE:?} and {BEHIND:?}: {ids:?}, not {:?}",
                    ours.ids
                ));
            }
        }
        None
    }

    /// Panics with the text where something differs.
    pub(crate) fn assert_same(&mut self, text: &str) {
        if let Some(difference) = self.difference(text) {
            panic!("{difference}");
        }
    }
}

fn encoded(encoder: &mut Encoder, text: &str) -> Encoded {
    let mut encoded = Encoded { ids: vec![], ends: vec![], splits: vec![] };
    encoder.encode_with_ends(text, &mut encoded.ids, &mut encoded.ends);
    for time in ["first", "second"] {
        let mut ids = vec![];
        encoder.encode(text, &mut ids);
        assert_eq!(ids, encoded.ids, "encode and encode_with_ends differ on {text:?}, {time} time");
    }
    encoder.split(text, &mut encoded.splits);
    encoded
}
