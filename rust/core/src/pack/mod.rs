//! pack: samples -> rows of at most `max_length` tokens.
//!
//! One packer serves a run; it sees the samples in the order of shard and line, and rows depend on
//! that order and on the options alone. Samples are moved from hand to hand, never copied, except
//! where `wrapped` cuts one.
//!
//! [`pool`] plans `best_fit` on lengths, [`decreasing`] plans `bfd`; the other files hold the samples.

mod best_fit;
pub mod decreasing;
pub mod length_set;
pub mod pool;
mod shuffle;
mod wrapped;

use best_fit::BestFit;
pub use best_fit::{POOL_CONVERSATIONS, POOL_PATIENCE, POOL_TOKENS};
use shuffle::RowShuffle;
use wrapped::Wrapped;

use crate::error::{Error, ErrorCode, ErrorKind, Result};
use crate::options::{Options, Packing};
use crate::sample::{Row, Sample};

/// The options of packing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackOptions {
    /// How rows are filled.
    pub packing: Packing,
    /// Most tokens in a row, a multiple of `sample_multiple`.
    pub max_length: u32,
    /// Each sample counts as rounded up to a multiple of this many tokens. Nothing is padded here:
    /// a trainer that pads its samples for context parallelism finds that the row still fits.
    pub sample_multiple: u32,
    /// Finished rows are shuffled inside a window of this many; below two they keep their order.
    /// The window is held in memory: `shuffle_window` times `max_length` tokens at most.
    pub shuffle_window: u32,
    /// Seed of the shuffle.
    pub seed: u64,
}

impl From<&Options> for PackOptions {
    fn from(options: &Options) -> Self {
        Self {
            packing: options.packing,
            max_length: options.max_length,
            sample_multiple: options.sample_multiple,
            shuffle_window: options.shuffle_window,
            seed: options.seed,
        }
    }
}

/// Takes samples one by one and hands finished rows to a sink.
///
/// ```
/// use tooltrain_core::options::{Options, Packing};
/// use tooltrain_core::pack::{PackOptions, Packer};
/// use tooltrain_core::sample::Sample;
///
/// let options = PackOptions { max_length: 10, ..PackOptions::from(&Options::default()) };
/// let mut packer = Packer::new(options)?;
/// let mut rows = Vec::new();
/// let mut sink = |row| {
///     rows.push(row);
///     Ok(())
/// };
/// for length in [4, 7, 6, 3] {
///     packer.push(Sample { ids: vec![1; length], ..Sample::default() }, &mut sink)?;
/// }
/// packer.finish(&mut sink)?;
/// assert_eq!(rows.iter().map(|row| row.len()).collect::<Vec<_>>(), [10, 10]);
/// # Ok::<(), tooltrain_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Packer {
    max_length: u32,
    filling: Filling,
    shuffle: RowShuffle,
}

/// What waits for its row, by the way rows are filled.
#[derive(Debug)]
enum Filling {
    BestFit(BestFit),
    /// Everything waits: memory is the whole run's tokens.
    Decreasing {
        samples: Vec<Sample>,
        tokens: u64,
        multiple: u32,
    },
    Wrapped(Wrapped),
    Single,
}

impl Packer {
    /// A packer without samples.
    pub fn new(options: PackOptions) -> Result<Self> {
        let PackOptions { packing, max_length, sample_multiple, shuffle_window, seed } = options;
        if max_length == 0 || i32::try_from(max_length).is_err() {
            return Err(Error::new(ErrorKind::Options, "not a length of rows")
                .option("max_length")
                .value(max_length)
                .hint("max_length is the number of tokens in a row, from 1 to 2147483647"));
        }
        if sample_multiple == 0 || !max_length.is_multiple_of(sample_multiple) {
            let message = format!("not a multiple of sample_multiple {sample_multiple}");
            return Err(Error::new(ErrorCode::ConflictingOptions, message)
                .option("max_length")
                .value(max_length)
                .hint("choose a max_length that whole samples can fill, or sample_multiple=1"));
        }
        let capacity = max_length / sample_multiple;
        let filling = match packing {
            Packing::BestFit => Filling::BestFit(BestFit::new(capacity, sample_multiple)),
            Packing::Bfd => Filling::Decreasing { samples: Vec::new(), tokens: 0, multiple: sample_multiple },
            Packing::Wrapped => Filling::Wrapped(Wrapped::new(capacity, sample_multiple)),
            Packing::None => Filling::Single,
        };
        Ok(Self { max_length, filling, shuffle: RowShuffle::new(shuffle_window as usize, seed) })
    }

    /// Tokens that wait for a row to be filled; rows in the shuffle window are not counted.
    #[must_use]
    pub fn waiting_tokens(&self) -> u64 {
        match &self.filling {
            Filling::BestFit(best_fit) => best_fit.waiting_tokens(),
            Filling::Decreasing { tokens, .. } => *tokens,
            Filling::Wrapped(wrapped) => wrapped.waiting_tokens(),
            Filling::Single => 0,
        }
    }

    /// Adds a sample; the rows that it completes go to `sink`, whose error ends the call. A sample has
    /// at least one token, and, except with `wrapped`, at most `max_length`.
    pub fn push(&mut self, sample: Sample, sink: &mut impl FnMut(Row) -> Result<()>) -> Result<()> {
        self.check(&sample)?;
        let shuffle = &mut self.shuffle;
        let mut shuffled = |row| shuffle.push(row, sink);
        match &mut self.filling {
            Filling::BestFit(best_fit) => best_fit.push(sample, &mut shuffled),
            Filling::Decreasing { samples, tokens, .. } => {
                *tokens += sample.ids.len() as u64;
                samples.push(sample);
                Ok(())
            }
            Filling::Wrapped(wrapped) => wrapped.push(sample, &mut shuffled),
            Filling::Single => shuffled(Row { samples: vec![sample] }),
        }
    }

    /// Packs what still waits and hands out the last rows.
    pub fn finish(self, sink: &mut impl FnMut(Row) -> Result<()>) -> Result<()> {
        let mut shuffle = self.shuffle;
        let mut shuffled = |row| shuffle.push(row, sink);
        match self.filling {
            Filling::BestFit(best_fit) => best_fit.finish(&mut shuffled),
            Filling::Decreasing { samples, multiple, .. } => {
                pack_decreasing(samples, self.max_length / multiple, multiple, &mut shuffled)
            }
            Filling::Wrapped(wrapped) => wrapped.finish(&mut shuffled),
            Filling::Single => Ok(()),
        }?;
        shuffle.finish(sink)
    }

    fn check(&self, sample: &Sample) -> Result<()> {
        let tokens = sample.ids.len();
        let fits = tokens <= self.max_length as usize || matches!(self.filling, Filling::Wrapped(_));
        if tokens > 0 && fits && u32::try_from(tokens).is_ok() {
            return Ok(());
        }
        let crate::sample::Source { shard, line, part } = sample.source;
        let message = format!(
            "shard {shard}, line {line}, part {part}: a sample of {tokens} tokens reached the packer, \
             whose rows hold {}",
            self.max_length
        );
        Err(Error::new(ErrorKind::Internal, message))
    }
}

fn pack_decreasing(
    mut samples: Vec<Sample>,
    capacity: u32,
    multiple: u32,
    sink: &mut impl FnMut(Row) -> Result<()>,
) -> Result<()> {
    let lengths: Vec<u32> =
        samples.iter().map(|sample| sample.ids.len().div_ceil(multiple as usize) as u32).collect();
    for row in decreasing::best_fit_decreasing(&lengths, capacity) {
        let samples = row.iter().map(|&place| std::mem::take(&mut samples[place as usize])).collect();
        sink(Row { samples })?;
    }
    Ok(())
}
