//! One run of one engine: cold caches, all documents once, and all of them again.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};
use tooltrain_core::render::Rendered;

use crate::engines::{self, Made};

/// What a run took and gave.
pub struct Run {
    /// Processor seconds of making the engine.
    pub load: f64,
    /// Processor seconds for text that the engine has not met.
    pub unseen: f64,
    /// Processor seconds for the same text again.
    pub seen: f64,
    pub ids: u64,
    /// SHA-256 of the ids.
    pub digest: String,
}

/// A run of an engine in this process. The first document of `warm_up` readies code and threads.
pub fn native(name: &str, made: &Made, documents: &[&Rendered], warm_up: &Rendered) -> Run {
    let (mut engine, load) = timed(|| {
        let mut engine = engines::make(name, made);
        engine.encode(warm_up, &mut Vec::new());
        engine
    });
    let bytes: usize = documents.iter().map(|document| document.text.len()).sum();
    // Written once, so that no engine pays for the first touch of the pages.
    let mut ids = vec![1u32; bytes / 2];
    let mut pass = || {
        ids.clear();
        let ((), seconds) = timed(|| documents.iter().for_each(|document| engine.encode(document, &mut ids)));
        (seconds, ids.len() as u64, digest(&ids))
    };
    let (unseen, count, first) = pass();
    let (seen, _, second) = pass();
    assert!(first == second, "{name}: other ids the second time");
    Run { load, unseen, seen, ids: count, digest: first }
}

/// gigatoken, which is a Python package: the same job in a process of its own.
pub struct Gigatoken {
    pub python: PathBuf,
    pub tokenizer: PathBuf,
    pub texts: PathBuf,
}

impl Gigatoken {
    pub fn run(&self) -> Run {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("gigatoken_engine.py");
        let mut command = Command::new(&self.python);
        command.arg(script).arg(&self.tokenizer).arg(&self.texts);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        let seconds = |name: &str| said[name].as_f64().unwrap();
        Run {
            load: seconds("load"),
            unseen: seconds("unseen"),
            seen: seconds("seen"),
            ids: said["ids"].as_u64().unwrap(),
            digest: said["digest"].as_str().unwrap().to_string(),
        }
    }
}

fn digest(ids: &[u32]) -> String {
    let mut hash = Sha256::new();
    for chunk in ids.chunks(1 << 16) {
        hash.update(chunk.iter().flat_map(|id| id.to_le_bytes()).collect::<Vec<u8>>());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn timed<R>(work: impl FnOnce() -> R) -> (R, f64) {
    let before = processor_time();
    let result = work();
    (result, (processor_time() - before).as_secs_f64())
}

/// Of all threads of the process.
fn processor_time() -> Duration {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock exists, and the pointer is to a value that lives.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut now) };
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}
