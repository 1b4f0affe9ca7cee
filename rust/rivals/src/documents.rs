//! The text that every engine encodes: the corpus printed with Qwen3's template by the product.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use tooltrain_core::options::Boundary;
use tooltrain_core::prepare::Recipe;
use tooltrain_core::render::Rendered;
use tooltrain_core::tokenize::cut::{Cutter, Piece};

/// The conversations in the order of the shards, and how many were left out.
pub struct Documents {
    pub rendered: Vec<Rendered>,
    pub cutter: Cutter,
    /// Records that cannot be rendered.
    pub unusable: usize,
    /// Conversations whose data spell a control token: the other engines would take it for one.
    pub spelling: usize,
}

impl Documents {
    /// All shards of a folder.
    pub fn read(folder: &Path, recipe: &Recipe) -> Documents {
        let added = recipe.loaded.tokenizer.added_tokens();
        let markers = recipe.template.content_markers();
        let mut documents = Documents {
            rendered: vec![],
            cutter: Cutter::new(added, markers, Boundary::Whole),
            unusable: 0,
            spelling: 0,
        };
        let mut worker = recipe.worker();
        let mut pieces = vec![];
        for line in shards(folder).iter().flat_map(|shard| lines(shard)) {
            let Ok(shown) = worker.show(line.as_bytes()).unwrap() else {
                documents.unusable += 1;
                continue;
            };
            documents.cutter.cut(&shown.rendered, &mut pieces);
            let spells = pieces.iter().any(|piece| match piece {
                Piece::Text(range) => {
                    let text = &shown.rendered.text[range.start as usize..range.end as usize];
                    added.iter().any(|token| text.contains(&token.content))
                }
                Piece::Control(..) => false,
            });
            if spells {
                documents.spelling += 1;
            } else {
                documents.rendered.push(shown.rendered);
            }
        }
        documents
    }

    /// Writes the texts as JSON strings, one a line, for engines in other languages.
    pub fn write(&self, path: &Path) {
        let mut file = std::io::BufWriter::new(File::create(path).unwrap());
        for document in &self.rendered {
            serde_json::to_writer(&mut file, &document.text).unwrap();
            file.write_all(b"\n").unwrap();
        }
        file.flush().unwrap();
    }
}

fn shards(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut shards: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "gz")).collect();
    shards.sort();
    shards
}

fn lines(shard: &Path) -> impl Iterator<Item = String> + use<> {
    BufReader::new(MultiGzDecoder::new(File::open(shard).unwrap())).lines().map(Result::unwrap)
}
