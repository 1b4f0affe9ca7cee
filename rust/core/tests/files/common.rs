//! What the tests of reading share.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use flate2::write::GzEncoder;
use tooltrain_core::read::{BlockSource, OversizedLine, ReadLimits, Shard, ShardFiles, expand};
use tooltrain_core::{Error, Result};

pub(crate) fn write(path: &Path, bytes: &[u8]) -> PathBuf {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
    path.to_path_buf()
}

pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd_checked(text: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// One line as the tests compare it.
pub(crate) type OwnedLine = (u64, u64, Vec<u8>);

/// Everything that reading one shard gives.
#[derive(Debug, PartialEq, Eq, Default)]
pub(crate) struct Read {
    pub(crate) lines: Vec<OwnedLine>,
    pub(crate) oversized: Vec<OversizedLine>,
    pub(crate) largest_block: usize,
}

pub(crate) const LIMITS: ReadLimits = ReadLimits { block_bytes: 1 << 20, max_line_bytes: 64 << 20 };

pub(crate) fn shard(path: &Path) -> Result<Shard> {
    Ok(expand(&[path.to_str().unwrap().to_owned()])?.remove(0))
}

pub(crate) fn read(path: &Path, limits: ReadLimits) -> Result<Read> {
    read_shard(&shard(path)?, limits)
}

pub(crate) fn read_shard(shard: &Shard, limits: ReadLimits) -> Result<Read> {
    let cancel = AtomicBool::new(false);
    let files = ShardFiles::new(std::slice::from_ref(shard), limits, &cancel);
    let mut stream = files.open(0)?;
    let mut read = Read::default();
    let mut expected_block = 0;
    while let Some(block) = stream.next_block(Vec::new())? {
        assert_eq!(block.block, expected_block);
        expected_block += 1;
        read.largest_block = read.largest_block.max(block.bytes.len());
        read.lines.extend(block.lines().map(|line| (line.number, line.offset, line.bytes.to_vec())));
        read.oversized.extend(&block.oversized);
    }
    Ok(read)
}

pub(crate) fn texts(read: &Read) -> Vec<Vec<u8>> {
    read.lines.iter().map(|(_, _, bytes)| bytes.clone()).collect()
}

pub(crate) fn fails<T>(result: Result<T>) -> Error {
    match result {
        Ok(_) => panic!("expected an error"),
        Err(error) => error,
    }
}
