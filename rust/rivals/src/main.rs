//! Speed and equality of the tokenizer beside other engines, as one JSON object.
//!
//!     tooltrain-rivals --corpus FOLDER --tokenizer FILE [--repeats N] [--only PART]... [--gigatoken-python PYTHON]
//!
//! The corpus is printed with Qwen3's template; every engine gets the same conversations in the same
//! order and finds the control tokens itself, within the measured time. In each round every engine
//! starts with cold caches. The reference gets every fortieth conversation.

mod documents;
mod engines;
mod runs;

use std::path::PathBuf;

use documents::Documents;
use engines::{Made, REFERENCE};
use runs::{Gigatoken, Run};
use serde_json::{Value, json};
use tooltrain_core::options::Options;
use tooltrain_core::run;
use tooltrain_core::render::Rendered;

const GIGATOKEN: &str = "gigatoken";

/// The reference encodes one conversation in so many.
const OF_REFERENCE: usize = 40;

struct Arguments {
    corpus: PathBuf,
    tokenizer: PathBuf,
    repeats: usize,
    only: Vec<String>,
    gigatoken_python: Option<PathBuf>,
}

fn main() {
    let arguments = arguments();
    let options = Options { tokenizer: "qwen3".into(), ..Options::default() };
    let recipe = run::recipe(&options, &[]).unwrap();
    let documents = Documents::read(&arguments.corpus, &recipe);
    let json = std::fs::read_to_string(&arguments.tokenizer).unwrap();
    let made = Made { json: &json, recipe: &recipe, cutter: &documents.cutter };
    let all: Vec<&Rendered> = documents.rendered.iter().collect();
    let some: Vec<&Rendered> = all.iter().copied().step_by(OF_REFERENCE).collect();
    let texts = std::env::temp_dir().join(format!("tooltrain-rivals-{}.jsonl", std::process::id()));
    let gigatoken = arguments.gigatoken_python.clone().map(|python| {
        documents.write(&texts);
        Gigatoken { python, tokenizer: arguments.tokenizer.clone(), texts: texts.clone() }
    });

    let mut names: Vec<&str> = engines::ALL.to_vec();
    names.extend(gigatoken.as_ref().map(|_| GIGATOKEN));
    names.retain(|name| arguments.only.is_empty() || arguments.only.iter().any(|part| name.contains(part)));
    let mut found: Vec<Vec<Run>> = names.iter().map(|_| vec![]).collect();
    for round in 0..arguments.repeats {
        for place in 0..names.len() {
            let place = (place + round) % names.len();
            let run = match (names[place], &gigatoken) {
                (GIGATOKEN, Some(gigatoken)) => gigatoken.run(),
                (REFERENCE, _) => runs::native(REFERENCE, &made, &some, all[0]),
                (name, _) => runs::native(name, &made, &all, all[0]),
            };
            eprintln!("{}  {:<32} {:6.2} s {:6.2} s", round + 1, names[place], run.unseen, run.seen);
            found[place].push(run);
        }
    }
    let expected = (names.contains(&REFERENCE)).then(|| {
        let ours = runs::native(engines::OURS, &made, &some, all[0]);
        ours.digest
    });
    let _ = std::fs::remove_file(&texts);
    let size =
        |documents: &[&Rendered]| documents.iter().map(|one| one.text.len()).sum::<usize>() as f64 / 1e6;
    let result = json!({
        "documents": all.len(),
        "megabytes": size(&all),
        "reference_megabytes": size(&some),
        "left_out": { "unusable": documents.unusable, "spelling_control_tokens": documents.spelling },
        "repeats": arguments.repeats,
        "ours_on_the_reference_documents": expected,
        "engines": names.iter().zip(&found).map(|(name, runs)| engine(name, runs)).collect::<Vec<_>>(),
    });
    println!("{result:#}");
}

fn engine(name: &str, runs: &[Run]) -> Value {
    let each = |seconds: fn(&Run) -> f64| runs.iter().map(seconds).collect::<Vec<_>>();
    let first = &runs[0];
    assert!(runs.iter().all(|run| run.digest == first.digest), "{name}: other ids in another run");
    json!({
        "name": name,
        "load_seconds": each(|run| run.load),
        "unseen_seconds": each(|run| run.unseen),
        "seen_seconds": each(|run| run.seen),
        "ids": first.ids,
        "ids_sha256": first.digest,
    })
}

fn arguments() -> Arguments {
    let mut found = Arguments {
        corpus: PathBuf::new(),
        tokenizer: PathBuf::new(),
        repeats: 5,
        only: vec![],
        gigatoken_python: None,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().unwrap_or_else(|| panic!("{word} takes a value"));
        match word.as_str() {
            "--corpus" => found.corpus = value.into(),
            "--tokenizer" => found.tokenizer = value.into(),
            "--repeats" => found.repeats = value.parse().unwrap(),
            "--only" => found.only.push(value),
            "--gigatoken-python" => found.gigatoken_python = Some(value.into()),
            _ => panic!("no option {word}"),
        }
    }
    found
}
