//! A small source of numbers: pseudo-random ones (SplitMix64), where a seed says everything about a
//! run; or given bytes, where a fuzzer chooses them.

use std::vec;

/// Where the numbers come from.
#[derive(Clone, Debug)]
pub(crate) enum Rng {
    /// The state of the generator.
    Seeded(u64),
    /// One byte for each number, and zeros when they are used up.
    Given(vec::IntoIter<u8>),
}

impl Rng {
    pub(crate) fn new(seed: u64) -> Rng {
        Rng::Seeded(seed)
    }

    /// A generator for case `index` of a run, independent of how the other cases draw.
    pub(crate) fn for_case(seed: u64, index: u64) -> Rng {
        let mut rng = Rng::new(seed ^ index.wrapping_mul(0xd134_2543_de82_ef95));
        rng.next();
        rng
    }

    pub(crate) fn of_bytes(bytes: &[u8]) -> Rng {
        Rng::Given(Vec::from(bytes).into_iter())
    }

    /// Whether only zeros are left.
    pub(crate) fn is_used_up(&self) -> bool {
        match self {
            Rng::Seeded(_) => false,
            Rng::Given(bytes) => bytes.len() == 0,
        }
    }

    pub(crate) fn next(&mut self) -> u64 {
        let state = match self {
            Rng::Seeded(state) => state,
            Rng::Given(bytes) => return u64::from(bytes.next().unwrap_or(0)),
        };
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number less than `bound`, which must not be 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub(crate) fn index(&mut self, bound: u32) -> u32 {
        self.below(bound as usize) as u32
    }

    /// True `percent` times in a hundred.
    pub(crate) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn flip(&mut self) -> bool {
        self.percent(50)
    }

    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}
