//! The parts of a tokenizer, checked, before any table is built from them.

use rustc_hash::FxHashMap;

use crate::byte_alphabet;
use crate::machine::Portable;
use crate::merges::MergeTable;
use crate::normalize;
use crate::recognize::decoded;
use crate::sentence;
use crate::split::Splitting;
use crate::unsupported::Unsupported;
use crate::vocabulary_index::VocabularyIndex;

/// Ids stay below this, so that two of them and a rank fit into 64 bits.
pub(crate) const ID_LIMIT: u32 = 1 << 20;

/// In the place of an id: there is no such entry.
pub(crate) const ABSENT: u32 = ID_LIMIT - 1;

/// All entries together have fewer bytes than this.
pub(crate) const BYTES_LIMIT: usize = 1 << 24;

/// Merge ranks stay below this.
pub(crate) const RANK_LIMIT: usize = (1 << 24) - 1;

/// A token that stands beside the vocabulary, such as a turn delimiter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedToken {
    /// The text that stands for it.
    pub content: String,
    /// Its id.
    pub id: u32,
    /// Whether decoding can leave it out.
    pub special: bool,
    /// Whether the reference looks for it in normalized text rather than in the text as given.
    pub normalized: bool,
}

/// One entry of the merge list; its place in the list is its rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Merge {
    pub(crate) left: u32,
    pub(crate) right: u32,
    pub(crate) product: u32,
}

/// What an id stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing: a gap in the numbering.
    Absent,
    /// Bytes that text can consist of.
    Word,
    /// Something that no text turns into, only decoding meets it.
    Foreign,
    /// A byte of a character that has no entry.
    Fallback,
}

impl Kind {
    pub(crate) fn from_code(code: u8) -> Option<Kind> {
        [Kind::Absent, Kind::Word, Kind::Foreign, Kind::Fallback].into_iter().find(|&kind| kind as u8 == code)
    }
}

/// The bytes of every id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tokens {
    bytes: Vec<u8>,
    starts: Vec<u32>,
    kinds: Vec<Kind>,
}

impl Tokens {
    pub(crate) fn with_capacity(tokens: usize, bytes: usize) -> Self {
        let mut starts = Vec::with_capacity(tokens + 1);
        starts.push(0);
        Self { bytes: Vec::with_capacity(bytes), starts, kinds: Vec::with_capacity(tokens) }
    }

    /// Gives the next id its meaning.
    pub(crate) fn push(&mut self, kind: Kind, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.starts.push(self.bytes.len() as u32);
        self.kinds.push(kind);
    }

    pub(crate) fn len(&self) -> usize {
        self.kinds.len()
    }

    pub(crate) fn ids(&self) -> std::ops::Range<u32> {
        0..self.kinds.len() as u32
    }

    pub(crate) fn kind(&self, id: u32) -> Kind {
        self.kinds.get(id as usize).copied().unwrap_or(Kind::Absent)
    }

    pub(crate) fn total_bytes(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn start(&self, id: u32) -> usize {
        self.starts[id as usize] as usize
    }

    pub(crate) fn bytes_at(&self, start: usize, length: usize) -> &[u8] {
        self.bytes.get(start..start + length).unwrap_or_default()
    }

    pub(crate) fn bytes(&self, id: u32) -> &[u8] {
        let id = id as usize;
        match self.starts.get(id..id + 2) {
            Some(&[start, end]) => &self.bytes[start as usize..end as usize],
            _ => &[],
        }
    }
}

/// Everything that a tokenizer file says, in the form that tables are built from.
pub(crate) struct Model {
    pub(crate) splitting: Splitting,
    pub(crate) nfc: bool,
    pub(crate) ignore_merges: bool,
    pub(crate) tokens: Tokens,
    pub(crate) merges: Vec<Merge>,
    pub(crate) added: Vec<AddedToken>,
    /// Entries that text does not become even where it is spelled just like them, in id order.
    pub(crate) unreachable: Vec<u32>,
    pub(crate) index: VocabularyIndex,
}

impl Model {
    pub(crate) fn new(
        splitting: Splitting,
        nfc: bool,
        ignore_merges: bool,
        mut vocabulary: Vec<(&str, u32)>,
        merges: Vec<Merge>,
        added: Vec<AddedToken>,
    ) -> Result<Self, Unsupported> {
        vocabulary.sort_unstable_by_key(|&(_, id)| id);
        for pair in vocabulary.windows(2) {
            if pair[0].1 == pair[1].1 {
                return Err(Unsupported::new(format!(
                    "tokens {:?} and {:?} share the id {}",
                    pair[0].0, pair[1].0, pair[0].1
                )));
            }
        }
        let mut beside: Vec<(&str, u32)> = Vec::new();
        for token in &added {
            match vocabulary.binary_search_by_key(&token.id, |&(_, id)| id) {
                Err(_) => beside.push((&token.content, token.id)),
                Ok(at) if vocabulary[at].0 == token.content => {}
                Ok(at) => {
                    let entry = vocabulary[at].0;
                    return Err(Unsupported::new(format!(
                        "added token {:?} takes the id of {entry:?}",
                        token.content
                    )));
                }
            }
            if nfc && token.normalized && normalize::nfc(&token.content).is_some() {
                return Err(Unsupported::new(format!("added token {:?} is not NFC", token.content)));
            }
        }
        let added_from = vocabulary.len();
        let mut vocabulary: Vec<(&str, u32)> = vocabulary.into_iter().collect();
        vocabulary.append(&mut beside);
        let mut order: Vec<usize> = (0..vocabulary.len()).collect();
        order.sort_unstable_by_key(|&index| vocabulary[index].1);

        let mut tokens = Tokens::with_capacity(vocabulary.len(), vocabulary.len() * 8);
        for index in order {
            let (token, id) = &vocabulary[index];
            if *id >= ABSENT {
                return Err(Unsupported::new(format!("id {id} is too large")));
            }
            while tokens.len() < *id as usize {
                tokens.push(Kind::Absent, &[]);
            }
            let (kind, bytes) = match &splitting {
                Splitting::Sentence(_) if index < added_from => sentence::meaning(token),
                Splitting::Sentence(_) => (Kind::Foreign, token.replace(sentence::BLANK, " ").into_bytes()),
                _ if index < added_from && byte_alphabet::bytes_of(token).is_some() => {
                    (Kind::Word, decoded(token))
                }
                _ => (Kind::Foreign, decoded(token)),
            };
            tokens.push(kind, &bytes);
        }
        if tokens.total_bytes() >= BYTES_LIMIT {
            return Err(Unsupported::new("the vocabulary has too many bytes"));
        }
        let merges = reachable_merges(&tokens, merges)?;
        let index = VocabularyIndex::new(&tokens)
            .ok_or_else(|| Unsupported::new("two entries of the vocabulary stand for the same bytes"))?;
        let unreachable = Vec::new();
        let mut model = Self { splitting, nfc, ignore_merges, tokens, merges, added, unreachable, index };
        model.unreachable = model.find_unreachable()?;
        Ok(model)
    }

    /// The id of each byte.
    pub(crate) fn byte_ids(&self) -> Result<[u32; 256], Unsupported> {
        let mut byte_ids = [None; 256];
        for id in self.tokens.ids() {
            if let (Kind::Word, &[byte]) = (self.tokens.kind(id), self.tokens.bytes(id)) {
                byte_ids[usize::from(byte)] = Some(id);
            }
        }
        if let Some(byte) = byte_ids.iter().position(Option::is_none) {
            return Err(Unsupported::new(format!("byte {byte:#04x} is not in the vocabulary")));
        }
        Ok(byte_ids.map(Option::unwrap_or_default))
    }

    /// Merges the bytes of every entry, to see which of them come out as themselves.
    fn find_unreachable(&self) -> Result<Vec<u32>, Unsupported> {
        if self.ignore_merges || matches!(self.splitting, Splitting::Sentence(_)) {
            return Ok(Vec::new());
        }
        let table = MergeTable::new(&self.merges, &self.byte_ids()?);
        let mut ids = Vec::new();
        let mut comes_out = |id: &u32| {
            ids.clear();
            table.encode(Portable, self.tokens.bytes(*id), &mut ids);
            ids[..] == [*id]
        };
        let words = self.tokens.ids().filter(|&id| self.tokens.kind(id) == Kind::Word);
        Ok(words.filter(|id| !comes_out(id)).collect())
    }
}

/// Leaves out merges that text never comes to, keeping the order of the others: those of entries that
/// no text is spelled with, and all but the last mention of a pair, which is the one that counts.
fn reachable_merges(tokens: &Tokens, mut merges: Vec<Merge>) -> Result<Vec<Merge>, Unsupported> {
    let last_mention: FxHashMap<(u32, u32), usize> =
        merges.iter().enumerate().map(|(rank, merge)| ((merge.left, merge.right), rank)).collect();
    let mut rank = 0;
    merges.retain(|merge| {
        rank += 1;
        let made_of_words = [merge.left, merge.right].iter().all(|&id| tokens.kind(id) == Kind::Word);
        made_of_words && last_mention.get(&(merge.left, merge.right)) == Some(&(rank - 1))
    });
    if merges.len() > RANK_LIMIT {
        return Err(Unsupported::new("the merge list is too long"));
    }
    Ok(merges)
}
