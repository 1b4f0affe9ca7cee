//! The compact form of a tokenizer: what `tokenizer.json` says, in the shape that tables are built
//! from, small once compressed and read in milliseconds.
//!
//! Little-endian throughout. Columns instead of records, so that a compressor finds its patterns:
//! token lengths, token bytes, then for each merge the distance of its product from the one before
//! and the length of its left part. The ids of both parts follow from their bytes.

use crate::hash;
use crate::recognize::splitting;
use crate::sentence::SentenceRules;
use crate::split::{Pattern, Splitting};
use crate::unsupported::Unsupported;
use crate::vocabulary::{AddedToken, BYTES_LIMIT, ID_LIMIT, Kind, Merge, Model, RANK_LIMIT, Tokens};
use crate::vocabulary_index::VocabularyIndex;

/// In the place of a pattern's code: the pre-tokenizer stands as JSON behind the merges.
const COMPILED: u8 = u8::MAX;

/// The same for text that is merged as a whole: what stands around the model.
const SENTENCE: u8 = u8::MAX - 1;

const MAGIC: &[u8; 8] = b"TTBPE\0\0\x01";

pub(crate) fn write(model: &Model) -> Vec<u8> {
    let count = model.tokens.len() as u32;
    let mut out = MAGIC.to_vec();
    match &model.splitting {
        Splitting::Known(pattern) => out.push(pattern.code()),
        Splitting::Compiled(_) => out.push(COMPILED),
        Splitting::Sentence(_) => out.push(SENTENCE),
    }
    out.push(u8::from(model.nfc) | u8::from(model.ignore_merges) << 1);
    write_number(&mut out, count);
    write_number(&mut out, model.merges.len() as u32);
    write_number(&mut out, model.added.len() as u32);
    write_number(&mut out, model.unreachable.len() as u32);
    for id in 0..count {
        out.push(model.tokens.kind(id) as u8);
    }
    for id in 0..count {
        write_number(&mut out, model.tokens.bytes(id).len() as u32);
    }
    for id in 0..count {
        out.extend_from_slice(model.tokens.bytes(id));
    }
    let mut last = 0;
    for merge in &model.merges {
        let step = i64::from(merge.product) - i64::from(last);
        write_number(&mut out, (step << 1 ^ step >> 63) as u32);
        last = merge.product;
    }
    for merge in &model.merges {
        write_number(&mut out, model.tokens.bytes(merge.left).len() as u32);
    }
    let source = match &model.splitting {
        Splitting::Known(_) => None,
        Splitting::Compiled(chain) => Some(chain.source().to_owned()),
        Splitting::Sentence(rules) => Some(rules.source()),
    };
    if let Some(source) = source {
        write_number(&mut out, source.len() as u32);
        out.extend_from_slice(source.as_bytes());
    }
    for token in &model.added {
        write_number(&mut out, token.id);
        out.push(u8::from(token.special) | u8::from(token.normalized) << 1);
        write_number(&mut out, token.content.len() as u32);
        out.extend_from_slice(token.content.as_bytes());
    }
    let mut last = 0;
    for &id in &model.unreachable {
        write_number(&mut out, id - last);
        last = id;
    }
    out
}

/// Seven bits a byte, the lowest first; a set high bit says that more follow.
fn write_number(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

pub(crate) fn read(bytes: &[u8]) -> Result<Model, Unsupported> {
    Reader { rest: bytes }
        .model()
        .ok_or_else(|| Unsupported::new("the compact form is damaged or of another version"))
}

struct Reader<'b> {
    rest: &'b [u8],
}

impl<'b> Reader<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    fn number(&mut self) -> Option<u32> {
        let mut number = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7F).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn model(&mut self) -> Option<Model> {
        if self.take(MAGIC.len())? != MAGIC {
            return None;
        }
        let code = self.byte()?;
        let flags = self.byte()?;
        let [count, merge_count, added_count, unreachable_count] =
            [self.number()?, self.number()?, self.number()?, self.number()?];
        if count > ID_LIMIT || merge_count as usize > RANK_LIMIT {
            return None;
        }
        let tokens = self.tokens(count as usize)?;
        let index = VocabularyIndex::new(&tokens)?;
        let merges = self.merges(&tokens, &index, merge_count as usize)?;
        let splitting = self.splitting(code)?;
        let added = (0..added_count).map(|_| self.added_token(&tokens)).collect::<Option<_>>()?;
        let mut id = 0;
        let mut unreachable = Vec::new();
        for _ in 0..unreachable_count {
            id = self.number()?.checked_add(id)?;
            unreachable.push(id);
        }
        let model = Model {
            splitting,
            nfc: flags & 1 != 0,
            ignore_merges: flags & 2 != 0,
            tokens,
            merges,
            added,
            unreachable,
            index,
        };
        self.rest.is_empty().then_some(model)
    }

    fn splitting(&mut self, code: u8) -> Option<Splitting> {
        if code != COMPILED && code != SENTENCE {
            return Pattern::from_code(code).map(Splitting::Known);
        }
        let length = self.number()? as usize;
        let source = serde_json::from_slice(self.take(length)?).ok()?;
        if code == COMPILED {
            return splitting(&source).ok();
        }
        SentenceRules::read(&source).ok().flatten().map(Splitting::Sentence)
    }

    fn tokens(&mut self, count: usize) -> Option<Tokens> {
        let kinds = self.take(count)?;
        let lengths = (0..count).map(|_| self.number()).collect::<Option<Vec<u32>>>()?;
        let total = lengths.iter().map(|&length| length as usize).sum();
        if total >= BYTES_LIMIT {
            return None;
        }
        let mut bytes = self.take(total)?;
        let mut tokens = Tokens::with_capacity(count, total);
        for (&kind, &length) in kinds.iter().zip(&lengths) {
            let (token, rest) = bytes.split_at_checked(length as usize)?;
            bytes = rest;
            tokens.push(Kind::from_code(kind)?, token);
        }
        Some(tokens)
    }

    fn merges(&mut self, tokens: &Tokens, index: &VocabularyIndex, count: usize) -> Option<Vec<Merge>> {
        let mut product = 0i64;
        let mut products = Vec::with_capacity(count);
        for _ in 0..count {
            let step = i64::from(self.number()?);
            product += step >> 1 ^ -(step & 1);
            products.push(u32::try_from(product).ok()?);
        }
        let merge = |product| {
            let (left, right) = tokens.bytes(product).split_at_checked(self.number()? as usize)?;
            let id = |part| index.get(tokens, part, hash::of_word(part));
            Some(Merge { left: id(left)?, right: id(right)?, product })
        };
        products.into_iter().map(merge).collect()
    }

    fn added_token(&mut self, tokens: &Tokens) -> Option<AddedToken> {
        let id = self.number()?;
        let flags = self.byte()?;
        let length = self.number()? as usize;
        let content = std::str::from_utf8(self.take(length)?).ok()?.to_string();
        (tokens.kind(id) != Kind::Absent).then_some(AddedToken {
            content,
            id,
            special: flags & 1 != 0,
            normalized: flags & 2 != 0,
        })
    }
}
