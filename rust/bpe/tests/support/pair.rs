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
    /// Whether the vocabulary is one of characters, whose text is merged as a whole.
    is_of_characters: bool,
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
        let is_of_characters = file["model"]["byte_fallback"] == true;
        Pair {
            encoder: bpe.encoder(),
            twin: bpe.portable_encoder(TWIN_MEMORY),
            bpe,
            reference,
            is_of_characters,
        }
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
            is_of_characters: self.is_of_characters,
        }
    }

    pub(crate) fn ours(&mut self, text: &str) -> Encoded {
        let normalized = self.normalized(text);
        let encoded =
            encoded(&mut self.encoder, text, normalized.as_ref().map_or(text, NormalizedString::get));
        self.without_splits(encoded)
    }

    /// A text that is merged as a whole has no splits to compare.
    fn without_splits(&self, encoded: Encoded) -> Encoded {
        let splits = if self.is_of_characters { vec![] } else { encoded.splits };
        Encoded { splits, ..encoded }
    }

    pub(crate) fn theirs(&self, text: &str) -> Encoded {
        let encoding = self.reference.encode(text, false).unwrap();
        let ends = match self.normalized(text).filter(|_| !self.is_of_characters) {
            Some(normalized) => self.ends_across(&normalized, encoding.get_ids()),
            None => encoding.get_offsets().iter().map(|&(_, end)| end as u32).collect(),
        };
        let mut ends: Vec<u32> = ends;
        if self.bpe.has_prefix(text) && self.bpe.token_bytes(encoding.get_ids()[0]) == b" " {
            // The reference aligns a blank that it adds with the first character.
            ends[0] = 0;
        }
        let splits = if self.is_of_characters { vec![] } else { self.reference_splits(text) };
        Encoded { ids: encoding.get_ids().to_vec(), ends, splits }
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
        let normalized = self.normalized(text);
        let twin = encoded(&mut self.twin, text, normalized.as_ref().map_or(text, NormalizedString::get));
        let twin = self.without_splits(twin);
        if ours != twin {
            return Some(format!(
                "{text:?} ({} bytes)\n  ours     {ours:?}\n  portable {twin:?}",
                text.len()
            ));
        }
        let inside = [BEFORE, text, BEHIND].concat();
        for encoder in [&mut self.encoder, &mut self.twin] {
            let mut ids = vec![];
            encoder.encode_stretch(&inside, BEFORE.len()..BEFORE.len() + text.len(), true, &mut ids);
            if ids != ours.ids {
                return Some(format!(
                    "{text:?} inside {BEFORE:?} and {BEHIND:?}: {ids:?}, not {:?}",
                    ours.ids
                ));
            }
        }
        None
    }

    /// As [`Pair::difference`], of ids alone.
    pub(crate) fn difference_in_ids(&mut self, text: &str) -> Option<String> {
        let mut ours = vec![];
        self.encoder.encode(text, true, &mut ours);
        let encoding = self.reference.encode_fast(text, false).unwrap();
        let theirs = encoding.get_ids();
        (ours != theirs).then(|| format!("{text:?}\n  ours   {ours:?}\n  theirs {theirs:?}"))
    }

    /// Panics with the text where something differs.
    pub(crate) fn assert_same(&mut self, text: &str) {
        if let Some(difference) = self.difference(text) {
            panic!("{difference}");
        }
    }
}

/// What an encoder says. The reference gives the end of a character for what ends inside it.
fn encoded(encoder: &mut Encoder, text: &str, normalized: &str) -> Encoded {
    let mut encoded = Encoded { ids: vec![], ends: vec![], splits: vec![] };
    encoder.encode_with_ends(text, true, &mut encoded.ids, &mut encoded.ends);
    for time in ["first", "second"] {
        let mut ids = vec![];
        encoder.encode(text, true, &mut ids);
        assert_eq!(ids, encoded.ids, "encode and encode_with_ends differ on {text:?}, {time} time");
    }
    encoder.split(text, &mut encoded.splits);
    for end in &mut encoded.splits {
        *end = normalized.ceil_char_boundary(*end as usize) as u32;
    }
    encoded
}
