//! The engines, each the way its own documentation uses it on one thread.

use std::sync::Arc;

use tooltrain_core::prepare::Recipe;
use tooltrain_core::render::Rendered;
use tooltrain_core::tokenize::cut::{Cutter, Piece};

/// Turns a conversation into ids, control tokens included. All start from the same text.
pub trait Engine {
    fn encode(&mut self, document: &Rendered, ids: &mut Vec<u32>);
}

/// What an engine is made from.
pub struct Made<'m> {
    pub json: &'m str,
    pub recipe: &'m Recipe,
    pub cutter: &'m Cutter,
}

/// Bytes that fastokens' segment cache may hold; what the product's holds.
const SEGMENT_CACHE: usize = 32 << 20;

pub const OURS: &str = "tooltrain_fast";
pub const OUR_WORDS: &str = "tooltrain-bpe, words only";
pub const REFERENCE: &str = "tokenizers 0.23.2";
pub const FASTOKENS_SEGMENTS: &str = "fastokens 0.3.5, segment cache";

/// In the order of the table.
pub const ALL: [&str; 6] =
    [OURS, OUR_WORDS, "fastokens 0.3.5", FASTOKENS_SEGMENTS, "tokenizers 1.0.0-rc.3", REFERENCE];

/// A fresh engine with cold caches.
pub fn make<'m>(name: &str, made: &Made<'m>) -> Box<dyn Engine + 'm> {
    match name {
        OURS => Box::new(Ours::new(made.recipe.loaded.tokenizer.encoder(), made.cutter)),
        OUR_WORDS => {
            let bpe = Arc::new(tooltrain_bpe::Bpe::from_tokenizer_json(made.json.as_bytes()).unwrap());
            Box::new(OurWords { encoder: bpe.encoder(), cutter: made.cutter, pieces: vec![] })
        }
        REFERENCE => Box::new(Reference(made.json.parse().unwrap())),
        "tokenizers 1.0.0-rc.3" => {
            let upgraded = tokenizers_1_rc::canonicalize_str(made.json).unwrap();
            Box::new(Rewrite(tokenizers_1_rc::from_json(&upgraded).unwrap(), vec![]))
        }
        _ => {
            let json = serde_json::from_str(made.json).unwrap();
            let mut tokenizer = fastokens::Tokenizer::from_json(json).unwrap();
            if name == FASTOKENS_SEGMENTS {
                tokenizer.enable_segment_cache(SEGMENT_CACHE);
            }
            Box::new(Fastokens(tokenizer))
        }
    }
}

/// As `pack` does it: cuts by provenance, word table, segment cache, and the check of some texts.
struct Ours<'m> {
    encoder: Box<dyn tooltrain_core::tokenize::Encoder>,
    cutter: &'m Cutter,
    pieces: Vec<Piece>,
}

impl<'m> Ours<'m> {
    fn new(encoder: Box<dyn tooltrain_core::tokenize::Encoder>, cutter: &'m Cutter) -> Self {
        Ours { encoder, cutter, pieces: vec![] }
    }
}

impl Engine for Ours<'_> {
    fn encode(&mut self, document: &Rendered, ids: &mut Vec<u32>) {
        self.cutter.cut(document, &mut self.pieces);
        for piece in &self.pieces {
            match piece {
                Piece::Control(id, _) => ids.push(*id),
                Piece::Text(range) => {
                    let text = &document.text[range.start as usize..range.end as usize];
                    self.encoder.encode(text, ids).unwrap();
                }
            }
        }
    }
}

/// The same without the segment cache and the check.
struct OurWords<'m> {
    encoder: tooltrain_bpe::Encoder,
    cutter: &'m Cutter,
    pieces: Vec<Piece>,
}

impl Engine for OurWords<'_> {
    fn encode(&mut self, document: &Rendered, ids: &mut Vec<u32>) {
        self.cutter.cut(document, &mut self.pieces);
        for piece in &self.pieces {
            match piece {
                Piece::Control(id, _) => ids.push(*id),
                Piece::Text(range) => {
                    let stretch = range.start as usize..range.end as usize;
                    self.encoder.encode_stretch(&document.text, stretch, true, ids);
                }
            }
        }
    }
}

struct Reference(tokenizers_023::Tokenizer);

impl Engine for Reference {
    fn encode(&mut self, document: &Rendered, ids: &mut Vec<u32>) {
        ids.extend_from_slice(self.0.encode_fast(document.text.as_str(), false).unwrap().get_ids());
    }
}

struct Rewrite(tokenizers_1_rc::pipeline::PipelineTokenizer, Vec<tokenizers_1_rc::pipeline::PipelineToken>);

impl Engine for Rewrite {
    fn encode(&mut self, document: &Rendered, ids: &mut Vec<u32>) {
        self.1.clear();
        let options =
            tokenizers_1_rc::pipeline::EncodeOptions { add_special_tokens: false, ..Default::default() };
        self.0.encode_into(&document.text, &options, &mut self.1).unwrap();
        ids.extend(self.1.iter().map(|token| token.id()));
    }
}

struct Fastokens(fastokens::Tokenizer);

impl Engine for Fastokens {
    fn encode(&mut self, document: &Rendered, ids: &mut Vec<u32>) {
        ids.extend_from_slice(&self.0.encode(&document.text).unwrap());
    }
}
