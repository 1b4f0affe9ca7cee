//! What every template in use refuses of real records:
//! `cargo run --release --example corpus_refusals [EVERY]`.
//!
//! Goes through the shared corpus with the templates of the shared folder and of the `trl` package,
//! each distinct one once and as `pack` would run it, natively where there is a native renderer.
//! `EVERY` takes one record in so many. With `TOOLTRAIN_UPDATE=1` the table of `docs/masks_grades.md`
//! is written anew.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(missing_docs, unreachable_pub)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use support::refusals::Refusals;
use support::{documents, file_name, shared_data, template_paths, tokens_of};
use tooltrain_core::render::registry;

fn main() {
    let every = std::env::args().nth(1).map_or(1, |every| every.parse().unwrap());
    let corpus: Vec<(String, Vec<u8>)> = shared_data::files("corpus")
        .iter()
        .map(|file| (shared_data::stem(file), shared_data::gunzip(file)))
        .collect();
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let mut rows = Vec::new();
    let mut without_calls = Vec::new();
    for path in template_paths() {
        let name = file_name(&path).trim_end_matches(".jinja").to_owned();
        let source = std::fs::read_to_string(&path).unwrap();
        if name.ends_with("_training") || seen.contains_key(&source) {
            continue;
        }
        let template = registry::from_source(&source, None, &tokens_of(&name), &[]).unwrap();
        seen.insert(source, name.clone());
        if !template.capabilities().calls {
            without_calls.push(name);
            continue;
        }
        let begun = std::time::Instant::now();
        let mut refusals = Refusals::default();
        for (file, content) in &corpus {
            refusals.add(template.as_ref(), file, content, every);
        }
        let native = if template.is_native() { "native" } else { "engine" };
        println!(
            "{name} ({native}): of {} records {} cannot be said, {} refused, {:.2} %, {} split, {:.0} s",
            refusals.records,
            refusals.unsayable,
            refusals.refused,
            100.0 * refusals.share(),
            refusals.split,
            begun.elapsed().as_secs_f64()
        );
        for ((code, message), (count, place)) in &refusals.causes {
            println!("    {count} {code}: {message} ({place})");
        }
        rows.push((name, native, refusals));
    }
    if documents::is_updating() {
        documents::compare("masks_grades.md", "corpus", &table(&rows, &without_calls));
    }
}

fn table(rows: &[(String, &str, Refusals)], without_calls: &[String]) -> String {
    let mut text = String::from(
        "| template | run by | records | cannot be said | refused of the others | calls made sequential | causes |\n| --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for (name, native, refusals) in rows {
        let causes: Vec<String> = refusals
            .causes
            .iter()
            .map(|((code, message), (count, place))| format!("{count} `{code}`: {message} ({place})"))
            .collect();
        writeln!(
            text,
            "| {name} | {native} | {} | {} | {} ({:.2} %) | {} | {} |",
            refusals.records,
            refusals.unsayable,
            refusals.refused,
            100.0 * refusals.share(),
            refusals.split,
            causes.join("; ").replace('|', "\\|")
        )
        .unwrap();
    }
    writeln!(text, "\nNo place for calls: {}.", without_calls.join(", ")).unwrap();
    text
}
