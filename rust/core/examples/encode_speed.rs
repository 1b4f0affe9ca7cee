//! How fast real conversations are encoded: `cargo run --release --example encode_speed FILE.jsonl.. [NAME]`.
//!
//! Conversations are printed and cut beforehand; what is timed is the encoding of their pieces on one
//! thread, as processor time, the least of five rounds. *Cold* begins with empty caches, *warm* is the same text once more.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::expect_used, missing_docs)]

use std::time::Duration;

use tooltrain_core::cpu_time;
use tooltrain_core::options::{Backend, Boundary};
use tooltrain_core::parse::{ParseOptions, Scratch, parse};
use tooltrain_core::render::{RenderOptions, Rendered, registry};
use tooltrain_core::tokenize::builtin::{Loaded, load};
use tooltrain_core::tokenize::cut::{Cutter, Piece};
use tooltrain_core::tokenize::{CacheMemory, Encoder, Place};

const ROUNDS: usize = 5;

fn main() {
    let (files, names): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|name| std::path::Path::new(name).is_file());
    let name = names.first().map_or("qwen3", String::as_str);
    let loaded = load(name, Backend::Auto).unwrap();
    let pieces: Vec<String> = files.iter().flat_map(|file| pieces(file, &loaded)).collect();
    let megabytes = pieces.iter().map(String::len).sum::<usize>() as f64 / 1e6;
    println!("{name}: {megabytes:.1} MB of text in {} pieces; MB per second of processor time", pieces.len());
    println!("{:<26}{:>8}{:>8}", "", "cold", "warm");
    for (title, segments) in [("words alone", 0), ("with the segment cache", CacheMemory::default().segments)]
    {
        let memory = CacheMemory { segments, ..CacheMemory::default() };
        let (mut cold, mut warm) = (Duration::MAX, Duration::MAX);
        let mut reused = 0;
        for _ in 0..ROUNDS {
            let mut encoder = loaded.tokenizer.encoder_within(memory);
            cold = cold.min(time(encoder.as_mut(), &pieces));
            reused = encoder.reused_bytes();
            warm = warm.min(time(encoder.as_mut(), &pieces));
        }
        let speed = |time: Duration| megabytes / time.as_secs_f64();
        println!(
            "{title:<26}{:>8.0}{:>8.0}   {:.0} % of the bytes reused",
            speed(cold),
            speed(warm),
            reused as f64 / megabytes / 1e4
        );
    }
}

fn time(encoder: &mut dyn Encoder, pieces: &[String]) -> Duration {
    let mut ids = Vec::new();
    let begun = cpu_time::of_this_thread();
    for piece in pieces {
        ids.clear();
        encoder.encode(piece, Place::Input, &mut ids).unwrap();
    }
    cpu_time::of_this_thread().saturating_sub(begun)
}

/// The plain text between the cuts of every conversation that can be printed.
fn pieces(file: &str, loaded: &Loaded) -> Vec<String> {
    let source = loaded.chat_template.as_deref().unwrap();
    let template = registry::from_source(source, None, &loaded.template_tokens(), &[]).unwrap();
    let cutter = Cutter::new(loaded.tokenizer.added_tokens(), template.content_markers(), Boundary::Prompt);
    let options = RenderOptions { date: "2026-01-01".into(), ..RenderOptions::default() };
    let (mut scratch, mut cuts, mut pieces) = (Scratch::default(), Vec::new(), Vec::new());
    for line in std::fs::read(file).unwrap().split(|&byte| byte == b'\n') {
        let Ok(parsed) = parse(line, &mut scratch, &ParseOptions::default()) else { continue };
        let mut rendered = Rendered::default();
        if template.render(&parsed.conversation, &options, &mut rendered, &mut Vec::new()).is_err() {
            continue;
        }
        cutter.cut(&rendered, &mut cuts);
        for cut in &cuts {
            if let Piece::Text(bytes, _) = cut {
                pieces.push(rendered.text[bytes.start as usize..bytes.end as usize].to_owned());
            }
        }
    }
    pieces
}
