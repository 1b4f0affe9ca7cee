//! Standard input that a canceled run does not wait for.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};

use super::damage::canceled;
use crate::error::{Error, ErrorKind, Result};

const CHUNK_BYTES: usize = 128 << 10;

/// A read of standard input cannot be taken back once it waits. So a thread of its own does the
/// waiting and passes chunks on; a canceled run leaves it behind, and it ends with the next chunk
/// or with the input.
pub(super) struct StandardInput<'a> {
    chunks: Receiver<io::Result<Vec<u8>>>,
    chunk: io::Cursor<Vec<u8>>,
    cancel: &'a AtomicBool,
}

impl<'a> StandardInput<'a> {
    pub(super) fn start(cancel: &'a AtomicBool) -> Result<Self> {
        let (sender, chunks) = bounded(2);
        let pump = move || {
            let mut input = io::stdin().lock();
            loop {
                let mut chunk = vec![0; CHUNK_BYTES];
                let message = match input.read(&mut chunk) {
                    Ok(0) => return,
                    Ok(read) => {
                        chunk.truncate(read);
                        Ok(chunk)
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => Err(error),
                };
                let failed = message.is_err();
                if sender.send(message).is_err() || failed {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("tooltrain-stdin".into()).spawn(pump).map_err(|source| {
            Error::new(ErrorKind::Read, format!("cannot start a thread: {source}"))
                .file("standard input")
                .because(source)
        })?;
        Ok(Self { chunks, chunk: io::Cursor::default(), cancel })
    }
}

impl Read for StandardInput<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.chunk.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            match self.chunks.recv_timeout(Duration::from_millis(20)) {
                Ok(chunk) => self.chunk = io::Cursor::new(chunk?),
                Err(RecvTimeoutError::Timeout) if self.cancel.load(Ordering::Relaxed) => {
                    return Err(canceled());
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(0),
            }
        }
    }
}
