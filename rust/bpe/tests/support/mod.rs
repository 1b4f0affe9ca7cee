//! The reference, and texts to compare on.
#![allow(dead_code)]

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};
use tokenizers::normalizer::Range;
use tokenizers::{
    NormalizedString, Normalizer, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer, Tokenizer,
};
use tooltrain_bpe::{Bpe, Encoder, Pattern};

/// The tokenizer under test beside the reference, both made from one file. The reference knows no
/// added tokens, so it treats every text as plain.
pub(crate) struct Pair {
    pub(crate) bpe: Arc<Bpe>,
    pub(crate) encoder: Encoder,
    pub(crate) reference: Tokenizer,
}

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
        Pair { encoder: bpe.encoder(), bpe, reference }
    }

    pub(crate) fn ours(&mut self, text: &str) -> Encoded {
        let mut ours = Encoded { ids: vec![], ends: vec![], splits: vec![] };
        self.encoder.encode_with_ends(text, &mut ours.ids, &mut ours.ends);
        let mut ids = vec![];
        self.encoder.encode(text, &mut ids);
        assert_eq!(ids, ours.ids, "encode and encode_with_ends differ on {text:?}");
        self.encoder.split(text, &mut ours.splits);
        ours
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

    /// Panics with the text where the two disagree.
    pub(crate) fn assert_same(&mut self, text: &str) {
        let (ours, theirs) = (self.ours(text), self.theirs(text));
        assert_eq!(ours.splits, theirs.splits, "splits of {text:?} ({} bytes)", text.len());
        assert_eq!(ours.ids, theirs.ids, "ids of {text:?} ({} bytes)", text.len());
        assert_eq!(ours.ends, theirs.ends, "ends of {text:?} ({} bytes)", text.len());
    }
}

/// A `tokenizer.json` of this project, a small vocabulary with unreachable entries, several merges
/// for one token and a merge listed twice; with the given splitting pattern and settings.
pub(crate) fn tiny(pattern: Pattern, nfc: bool, ignore_merges: bool) -> Vec<u8> {
    let mut file: Value = serde_json::from_slice(include_bytes!("../data/tiny.json")).unwrap();
    file["normalizer"] = if nfc { json!({"type": "NFC"}) } else { Value::Null };
    file["model"]["ignore_merges"] = json!(ignore_merges);
    file["pre_tokenizer"] = pre_tokenizer(pattern);
    serde_json::to_vec(&file).unwrap()
}

pub(crate) fn pre_tokenizer(pattern: Pattern) -> Value {
    if pattern == Pattern::Gpt2 {
        return json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true});
    }
    let mut chain: Vec<Value> = pattern
        .expressions()
        .iter()
        .map(|regex| json!({"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": false}))
        .collect();
    chain.push(
        json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}),
    );
    json!({"type": "Sequence", "pretokenizers": chain})
}

/// A folder of real tokenizers and corpora, if there is one.
pub(crate) fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("TOOLTRAIN_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    folder.join("tokenizers").is_dir().then_some(folder)
}

/// The file of a real tokenizer, if it is there.
pub(crate) fn real(name: &str) -> Option<Vec<u8>> {
    std::fs::read(shared()?.join("tokenizers").join(name).join("tokenizer.json")).ok()
}

pub(crate) const REAL: [&str; 3] = ["qwen3", "llama-3.1", "gpt-oss"];

/// A small generator of random numbers with a seed that failures can name.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }

    /// Pieces that meet each other at the places where patterns decide, with runs of some of them.
    pub(crate) fn text(&mut self, pieces: usize) -> String {
        let mut text = String::new();
        for _ in 0..self.below(pieces + 1) {
            let repeat = if self.below(12) == 0 { 1 + self.below(20) } else { 1 };
            let piece = match self.below(16) {
                0..=12 => self.pick(PIECES).to_string(),
                13 => char::from_u32(self.below(0x11_0000) as u32).unwrap_or('x').to_string(),
                14 => char::from_u32(self.below(0x3000) as u32).unwrap_or('x').to_string(),
                _ => char::from(self.below(128) as u8).to_string(),
            };
            for _ in 0..repeat {
                text.push_str(&piece);
            }
        }
        text
    }
}

/// Whatever some alternative of some pattern treats in its own way.
pub(crate) const PIECES: &[&str] = &[
    " ",
    "  ",
    "   ",
    "\t",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\u{b}",
    "\u{c}",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{3000}",
    "'",
    "''",
    "'s",
    "'S",
    "'t",
    "'re",
    "'RE",
    "'ve",
    "'m",
    "'ll",
    "'LL",
    "'lL",
    "'d",
    "'D",
    "'\u{17f}",
    "'l",
    "'r",
    "a",
    "b",
    "the",
    "The",
    "THE",
    "Ab",
    "aB",
    "quick",
    "quickest",
    "unreachable",
    " unreachable",
    "zq",
    "x",
    "\u{e9}",
    "\u{c9}",
    "\u{1c5}",
    "\u{2b0}",
    "\u{2160}",
    "\u{aa}",
    "\u{df}",
    "\u{17f}",
    "\u{212a}",
    "\u{131}",
    "0",
    "1",
    "12",
    "123",
    "1234",
    "\u{663}",
    "\u{bd}",
    "\u{2167}",
    "\u{ff11}",
    "\u{11de0}",
    ".",
    ",",
    "!",
    "!!",
    "/",
    "//",
    "\"",
    "{",
    "}",
    "{\"",
    "\": \"",
    "\": ",
    "[",
    "]",
    "_",
    "-",
    "--",
    "$",
    "+",
    "<",
    ">",
    "\u{ab}",
    "\u{201c}",
    "\u{2014}",
    "\u{20ac}",
    "\u{2190}",
    "\u{3001}",
    "\u{ff0c}",
    "\u{1f600}",
    "\u{1f44d}\u{1f3fd}",
    "\u{200d}",
    "\u{200b}",
    "\u{feff}",
    "\u{ad}",
    "\u{0}",
    "\u{1}",
    "\u{7f}",
    "\u{e000}",
    "\u{378}",
    "\u{10ffff}",
    "\u{300}",
    "\u{301}",
    "\u{308}",
    "\u{327}",
    "\u{323}",
    "\u{334}",
    "\u{345}",
    "\u{5b4}",
    "\u{64b}",
    "\u{94d}",
    "\u{e48}",
    "\u{3099}",
    "\u{20dd}",
    "\u{1ab0}",
    "\u{fe0f}",
    "\u{e0101}",
    "\u{1e08f}",
    "e\u{301}",
    "a\u{30a}",
    "o\u{302}\u{301}",
    "\u{4e2d}",
    "\u{6587}",
    "\u{9fa5}",
    "\u{9fa6}",
    "\u{3042}",
    "\u{304b}\u{3099}",
    "\u{30ab}",
    "\u{30fc}",
    "\u{30fb}",
    "\u{3097}",
    "\u{1100}",
    "\u{1161}",
    "\u{11a8}",
    "\u{ac00}",
    "\u{ac01}",
    "\u{d55c}",
    "\u{1112}\u{1161}\u{11ab}",
    "\u{212b}",
    "\u{f900}",
    "\u{2126}",
    "\u{37e}",
    "\u{1fef}",
    "\u{344}",
    "\u{958}",
    "\u{fb1d}",
    "\u{2adc}",
    "\u{1d15e}",
    "\u{e01}",
    "\u{915}",
    "\u{93f}",
    "\u{627}",
    "\u{5d0}",
    "\u{434}",
    "\u{414}",
    "\u{10400}",
    "\u{10428}",
    "\u{1e900}",
];
