//! Conversation lengths to measure packing with, and the bound that no packing beats.

/// A source of numbers that is the same everywhere.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn lognormal(&mut self, mean: f64, sigma: f64) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let normal = radius * (std::f64::consts::TAU * self.unit()).cos();
        (mean.ln() - sigma * sigma / 2.0 + sigma * normal).exp()
    }
}

/// What the lengths of a set of conversations look like.
#[derive(Clone, Copy)]
pub enum Shape {
    /// Around 2,000 tokens, with this spread of the logarithm.
    Lognormal(f64),
    /// Short calls and long agent traces.
    Bimodal,
}

pub const SHAPES: [(&str, Shape); 3] = [
    ("lognormal 0.8", Shape::Lognormal(0.8)),
    ("lognormal 1.2", Shape::Lognormal(1.2)),
    ("bimodal", Shape::Bimodal),
];

pub const CAPACITIES: [u32; 3] = [4096, 8192, 32_768];

/// `count` lengths of `shape`, those above `capacity` left out before counting.
pub fn lengths(shape: Shape, capacity: u32, count: usize) -> Vec<u32> {
    let mut random = Random::new(20_261_120);
    let length = move || match shape {
        Shape::Lognormal(sigma) => random.lognormal(2000.0, sigma),
        Shape::Bimodal if random.unit() < 0.85 => random.lognormal(1000.0, 0.6),
        Shape::Bimodal => random.lognormal(7667.0, 0.6),
    };
    std::iter::repeat_with(length)
        .map(|length| length.max(64.0).round())
        .filter(|&length| length <= f64::from(capacity))
        .map(|length| length as u32)
        .take(count)
        .collect()
}

/// The bound of Martello and Toth: no packing has fewer rows.
///
/// For each threshold, lengths above `capacity - threshold` have a row each, those above half a row
/// too, and what the latter leave free must hold the lengths between threshold and half.
pub fn fewest_rows(lengths: &[u32], capacity: u32) -> u64 {
    let top = capacity as usize;
    let mut counts = vec![0_u64; top + 2];
    for &length in lengths {
        counts[length as usize] += 1;
    }
    let mut number_from = vec![0_u64; top + 2];
    let mut sum_from = vec![0_u64; top + 2];
    for length in (0..=top).rev() {
        number_from[length] = number_from[length + 1] + counts[length];
        sum_from[length] = sum_from[length + 1] + counts[length] * length as u64;
    }
    let half = top / 2 + 1;
    let bound = |threshold: usize| {
        let alone = number_from[(top - threshold + 1).max(half)];
        let large = number_from[half] - alone;
        let free = large * top as u64 - (sum_from[half] - sum_from[(top - threshold + 1).max(half)]);
        let small = sum_from[threshold] - sum_from[half];
        alone + large + small.saturating_sub(free).div_ceil(top as u64)
    };
    (0..half).map(bound).max().unwrap_or(0)
}
