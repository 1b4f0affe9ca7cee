//! BPE over characters, as vocabularies converted from `SentencePiece` have it: blanks are written as `▁`,
//! text is not split before it is merged, and characters without an entry fall back to bytes.
//!
//! Text is cut all the same. A merge joins two neighbors into an entry in which their characters stand
//! beside each other. So where no entry that merges make has two characters side by side, no merge ever
//! joins what lies left and right of them, and both sides may be merged apart. Which pairs those are is
//! read off the merge list.

use std::ops::Range;

use serde_json::{Value, json};

use crate::hash;
use crate::split::blocks::Splits;
use crate::split::masks::decode;
use crate::unsupported::Unsupported;
use crate::vocabulary::{ABSENT, Kind, Merge, Tokens};
use crate::vocabulary_index::VocabularyIndex;

/// What stands for a blank.
pub(crate) const BLANK: char = '\u{2581}';

/// Where the reference puts a blank before text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefixes {
    /// Before the input, unless it begins with a blank.
    Input,
    /// Before each stretch of text between control tokens, unless it begins with a blank.
    Stretches,
    /// As text is normalized, so that what follows a control token of normalized text has none: before
    /// each other stretch, in any case.
    NormalizedStretches,
}

/// What a file says of text around its model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SentenceRules {
    pub(crate) prefixes: Option<Prefixes>,
    /// Whether text is cut before each blank.
    splits: bool,
    /// Whether decoding drops a blank at the beginning.
    pub(crate) strips: bool,
    source: Value,
}

impl SentenceRules {
    /// None for a file whose decoder is not that of such a vocabulary.
    ///
    /// # Errors
    ///
    /// Where another part is unknown.
    pub(crate) fn read(file: &Value) -> Result<Option<SentenceRules>, Unsupported> {
        let part = |name: &str| file.get(name).cloned().unwrap_or_default();
        let (normalizer, pre_tokenizer, decoder) =
            (part("normalizer"), part("pre_tokenizer"), part("decoder"));
        let Some(strips) = reads_blanks_and_bytes(&decoder) else { return Ok(None) };
        let unknown = |what: &str, value: &Value| Unsupported::new(format!("{what} is unknown: {value}"));
        let mut prefixes = None;
        let mut writes_blanks = false;
        for step in steps(&normalizer, "normalizers") {
            if *step == json!({"type": "Prepend", "prepend": "▁"}) && prefixes.is_none() {
                prefixes = Some(Prefixes::NormalizedStretches);
            } else if *step == json!({"type": "Replace", "pattern": {"String": " "}, "content": "▁"}) {
                writes_blanks = true;
            } else {
                return Err(unknown("the normalizer", &normalizer));
            }
        }
        let mut splits = false;
        for step in steps(&pre_tokenizer, "pretokenizers") {
            if step.get("type") == Some(&json!("Metaspace")) {
                let metaspace =
                    Metaspace::read(step).ok_or_else(|| unknown("the pre-tokenizer", &pre_tokenizer))?;
                writes_blanks = true;
                splits |= metaspace.splits;
                prefixes = prefixes.or(metaspace.prefixes);
            } else if !(writes_blanks && splits_at_spaces(step)) {
                return Err(unknown("the pre-tokenizer", &pre_tokenizer));
            }
        }
        if !writes_blanks {
            return Err(Unsupported::new("spaces are not written as ▁"));
        }
        let source = json!({"normalizer": normalizer, "pre_tokenizer": pre_tokenizer, "decoder": decoder});
        Ok(Some(SentenceRules { prefixes, splits, strips, source }))
    }

    /// What [`SentenceRules::read`] makes the same rules of.
    pub(crate) fn source(&self) -> String {
        self.source.to_string()
    }

    /// Whether normalization may change a text, or what stands before it.
    pub(crate) fn changes(&self, text: &str) -> bool {
        self.prefixes == Some(Prefixes::NormalizedStretches) || text.contains(' ')
    }

    pub(crate) fn splits(&self) -> bool {
        self.splits
    }

    /// Whether a text, at the beginning of the input, gets a blank before it.
    pub(crate) fn has_prefix(&self, text: &str) -> bool {
        match self.prefixes {
            None => false,
            Some(Prefixes::NormalizedStretches) => !text.is_empty(),
            Some(_) => !text.is_empty() && !text.starts_with([' ', BLANK]),
        }
    }
}

/// The steps of a sequence, or of a part that stands alone; none where there is no part.
fn steps<'v>(part: &'v Value, name: &str) -> Vec<&'v Value> {
    match part.get("type").and_then(Value::as_str) {
        Some("Sequence") if part.as_object().is_some_and(|fields| fields.len() == 2) => {
            match part.get(name).and_then(Value::as_array) {
                Some(inner) => inner.iter().flat_map(|step| steps(step, name)).collect(),
                None => vec![part],
            }
        }
        None if part.is_null() => Vec::new(),
        _ => vec![part],
    }
}

/// Whether decoding strips a blank, if it is decoding as it is known here.
fn reads_blanks_and_bytes(decoder: &Value) -> Option<bool> {
    let steps = steps(decoder, "decoders");
    let known = [
        json!({"type": "Replace", "pattern": {"String": "▁"}, "content": " "}),
        json!({"type": "ByteFallback"}),
        json!({"type": "Fuse"}),
    ];
    let (first, rest) = steps.split_at_checked(known.len())?;
    if !first.iter().zip(&known).all(|(step, known)| *step == known) {
        return None;
    }
    match rest {
        [] => Some(false),
        [strip] if **strip == json!({"type": "Strip", "content": " ", "start": 1, "stop": 0}) => Some(true),
        _ => None,
    }
}

/// A split at spaces, none of which are left.
fn splits_at_spaces(step: &Value) -> bool {
    let pattern = step.get("pattern");
    step.get("type") == Some(&json!("Split"))
        && (pattern == Some(&json!({"String": " "})) || pattern == Some(&json!({"Regex": " "})))
        && step.get("invert") == Some(&json!(false))
}

struct Metaspace {
    prefixes: Option<Prefixes>,
    splits: bool,
}

impl Metaspace {
    fn read(part: &Value) -> Option<Metaspace> {
        let fields = part.as_object()?;
        let known = ["type", "replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep"];
        if fields.keys().any(|name| !known.contains(&name.as_str())) || fields.get("replacement")? != "▁" {
            return None;
        }
        let scheme = fields.get("prepend_scheme").map_or(Some("always"), Value::as_str)?;
        let splits = fields.get("split").is_none_or(|split| split.as_bool() != Some(false));
        match (scheme, fields.get("add_prefix_space").and_then(Value::as_bool)) {
            ("always", None | Some(true)) => Some(Metaspace { prefixes: Some(Prefixes::Stretches), splits }),
            ("first", None | Some(true)) => Some(Metaspace { prefixes: Some(Prefixes::Input), splits }),
            ("never", _) => Some(Metaspace { prefixes: None, splits }),
            _ => None,
        }
    }
}

/// The byte of an entry such as `<0x0A>`.
pub(crate) fn byte_of_entry(entry: &str) -> Option<u8> {
    let digits = entry.strip_prefix("<0x")?.strip_suffix('>')?;
    let is_upper = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'));
    if digits.len() == 2 && is_upper { u8::from_str_radix(digits, 16).ok() } else { None }
}

/// What an entry stands for: text with its blanks, or a byte.
pub(crate) fn meaning(entry: &str) -> (Kind, Vec<u8>) {
    match byte_of_entry(entry) {
        Some(byte) => (Kind::Fallback, vec![byte]),
        // No text has a space when it is merged.
        None if entry.contains(' ') => (Kind::Foreign, entry.as_bytes().to_vec()),
        None => (Kind::Word, entry.replace(BLANK, " ").into_bytes()),
    }
}

/// The tables of such a vocabulary.
pub(crate) struct Sentence {
    borders: Borders,
    /// The entries of ASCII characters.
    ascii: [u32; 128],
    /// The entries of single bytes.
    fallback: [u32; 256],
}

impl Sentence {
    pub(crate) fn new(
        rules: &SentenceRules,
        tokens: &Tokens,
        index: &VocabularyIndex,
        merges: &[Merge],
    ) -> Result<Sentence, Unsupported> {
        let mut fallback = [ABSENT; 256];
        for id in tokens.ids().filter(|&id| tokens.kind(id) == Kind::Fallback) {
            if let [byte] = tokens.bytes(id) {
                fallback[usize::from(*byte)] = id;
            }
        }
        if let Some(byte) = fallback.iter().position(|&id| id == ABSENT) {
            return Err(Unsupported::new(format!("byte {byte:#04x} has no entry to fall back to")));
        }
        if merges.iter().any(|merge| tokens.kind(merge.product) != Kind::Word) {
            return Err(Unsupported::new("merges make an entry that stands for a byte"));
        }
        let id_of = |c: u8| index.get(tokens, &[c], hash::of_word(&[c])).unwrap_or(ABSENT);
        let products = merges.iter().map(|merge| tokens.bytes(merge.product));
        Ok(Sentence {
            borders: Borders::new(products, rules.splits()),
            ascii: std::array::from_fn(|c| id_of(c as u8)),
            fallback,
        })
    }

    /// The entries of the single bytes of ASCII characters, as [`crate::merges::MergeTable`] wants them.
    pub(crate) fn byte_ids(&self) -> [u32; 256] {
        std::array::from_fn(|byte| self.ascii.get(byte).copied().unwrap_or(ABSENT))
    }

    /// Appends the entries of the characters of a word, with blanks or spaces in it.
    pub(crate) fn symbols(
        &self,
        tokens: &Tokens,
        index: &VocabularyIndex,
        word: &[u8],
        symbols: &mut Vec<u32>,
    ) {
        let mut rest = word;
        while let [first, ..] = rest {
            let length = if *first < 0x80 { 1 } else { decode(rest).map_or(1, |(_, length)| length) };
            let (character, behind) = rest.split_at(length);
            let id = match character {
                [c] => self.ascii.get(usize::from(*c)).copied().unwrap_or(ABSENT),
                blank if blank == "\u{2581}".as_bytes() => self.ascii[usize::from(b' ')],
                _ => index.get(tokens, character, hash::of_word(character)).unwrap_or(ABSENT),
            };
            if id == ABSENT {
                symbols.extend(character.iter().map(|&byte| self.fallback[usize::from(byte)]));
            } else {
                symbols.push(id);
            }
            rest = behind;
        }
    }

    /// Splits a stretch of text where no merge crosses.
    pub(crate) fn splitter<'t>(&'t self, text: &'t str, stretch: Range<usize>) -> BorderSplitter<'t> {
        BorderSplitter { borders: &self.borders, text: &text.as_bytes()[..stretch.end], at: stretch.start }
    }

    /// Where the first piece of a text ends that has a blank before it.
    pub(crate) fn end_of_prefixed(&self, text: &str) -> usize {
        let mut last = u32::from(b' ');
        for (at, c) in text.char_indices() {
            if self.borders.is_border(last, c as u32) {
                return at;
            }
            last = c as u32;
        }
        text.len()
    }
}

const ASCII: usize = 128;
const BITS: u32 = 19;

/// Between which neighbors no merge takes place.
struct Borders {
    /// One where two ASCII characters, the first above the second, have a border between them.
    ascii: Box<[u8; ASCII * ASCII]>,
    /// A set bit where a hash of other neighbors stands for some that are joined.
    joined: Box<[u64]>,
    splits_before_blank: bool,
}

impl Borders {
    fn new<'p>(products: impl Iterator<Item = &'p [u8]>, splits_before_blank: bool) -> Borders {
        let mut borders = Borders {
            ascii: Box::new([1; ASCII * ASCII]),
            joined: vec![0; 1 << (BITS - 6)].into_boxed_slice(),
            splits_before_blank,
        };
        for product in products {
            let mut characters = std::str::from_utf8(product).unwrap_or_default().chars().map(u32::from);
            let Some(mut last) = characters.next() else { continue };
            for c in characters {
                if last < 0x80 && c < 0x80 {
                    borders.ascii[(last as usize) << 7 | c as usize] = 0;
                } else {
                    let (word, bit) = Self::place(last, c);
                    borders.joined[word] |= bit;
                }
                last = c;
            }
        }
        if splits_before_blank {
            for last in 0..ASCII {
                borders.ascii[last << 7 | usize::from(b' ')] = 1;
            }
        }
        borders
    }

    fn place(last: u32, next: u32) -> (usize, u64) {
        let hash = hash::fold(u64::from(last) << 32 | u64::from(next), 0) >> (64 - BITS);
        ((hash >> 6) as usize, 1 << (hash & 63))
    }

    /// Whether there is a border between two characters, where a blank may be a space.
    fn is_border(&self, last: u32, next: u32) -> bool {
        let as_space = |c: u32| if c == BLANK as u32 { u32::from(b' ') } else { c };
        let (last, next) = (as_space(last), as_space(next));
        if last < 0x80 && next < 0x80 {
            return self.ascii[(last as usize) << 7 | next as usize] != 0;
        }
        let (word, bit) = Self::place(last, next);
        self.joined[word] & bit == 0 || self.splits_before_blank && next == u32::from(b' ')
    }
}

/// Splits where no merge crosses.
pub(crate) struct BorderSplitter<'t> {
    borders: &'t Borders,
    text: &'t [u8],
    at: usize,
}

impl Splits for BorderSplitter<'_> {
    #[inline(always)]
    fn at(&self) -> usize {
        self.at
    }

    #[inline(always)]
    fn is_done(&self) -> bool {
        self.at == self.text.len()
    }

    #[inline(always)]
    fn fill(&mut self, ends: &mut [u32]) -> usize {
        let (text, most) = (self.text, ends.len() - 1);
        let character = |at: usize| match text[at] {
            byte @ ..0x80 => (u32::from(byte), 1),
            _ => decode(&text[at..]).unwrap_or((0, 1)),
        };
        let mut count = 0;
        let (mut last, length) = character(self.at);
        let mut at = self.at + length;
        while at < text.len() && count < most {
            let byte = text[at];
            let is_border;
            let length;
            if byte < 0x80 && last < 0x80 {
                is_border = self.borders.ascii[(last as usize) << 7 | usize::from(byte)];
                (last, length) = (u32::from(byte), 1);
            } else {
                let next;
                (next, length) = character(at);
                is_border = u8::from(self.borders.is_border(last, next));
                last = next;
            }
            ends[count] = at as u32;
            count += usize::from(is_border);
            at += length;
        }
        if at >= text.len() {
            ends[count] = text.len() as u32;
            self.at = text.len();
            return count + 1;
        }
        self.at = ends[count - 1] as usize;
        count
    }
}
