//! A two-stage table over all code points.

use std::sync::OnceLock;

use super::class_table::CLASS_RANGES;
use super::normalization_table::PROPERTY_RANGES;

const BLOCK: usize = 256;
const BLOCKS: usize = 0x11_0000 / BLOCK;

/// One byte for each code point; blocks that hold a single value are shared.
pub(crate) struct CodePointTable {
    block_of: Box<[u16; BLOCKS]>,
    blocks: Vec<[u8; BLOCK]>,
}

impl CodePointTable {
    /// The [`super::Class`] of each code point, as its number.
    pub(crate) fn classes() -> &'static CodePointTable {
        static TABLE: OnceLock<CodePointTable> = OnceLock::new();
        TABLE.get_or_init(|| CodePointTable::expand(CLASS_RANGES))
    }

    /// What normalization has to know of each code point: see [`crate::normalize`].
    pub(crate) fn normalization() -> &'static CodePointTable {
        static TABLE: OnceLock<CodePointTable> = OnceLock::new();
        TABLE.get_or_init(|| CodePointTable::expand(PROPERTY_RANGES))
    }

    /// `ranges` holds the first code point of each run of one value; the first run starts at zero.
    fn expand(ranges: &[(u32, u8)]) -> CodePointTable {
        let mut block_of = Box::new([0u16; BLOCKS]);
        let mut blocks: Vec<[u8; BLOCK]> = Vec::new();
        let mut uniform = [None::<u16>; 256];
        let mut ranges = ranges.iter().peekable();
        let mut value = 0;
        for (number, slot) in block_of.iter_mut().enumerate() {
            let first = number * BLOCK;
            let mut block = [value; BLOCK];
            let mut mixed = false;
            while let Some(&&(start, next_value)) = ranges.peek() {
                let start = start as usize;
                if start >= first + BLOCK {
                    break;
                }
                mixed |= start > first;
                value = next_value;
                block[start - first..].fill(value);
                ranges.next();
            }
            let new = blocks.len() as u16;
            *slot = if mixed { new } else { *uniform[usize::from(value)].get_or_insert(new) };
            if *slot == new {
                blocks.push(block);
            }
        }
        CodePointTable { block_of, blocks }
    }

    /// The value of one code point.
    pub(crate) fn of(&self, code_point: u32) -> u8 {
        let code_point = code_point as usize;
        match self.block_of.get(code_point / BLOCK) {
            Some(&block) => self.blocks[usize::from(block)][code_point % BLOCK],
            None => 0,
        }
    }
}
