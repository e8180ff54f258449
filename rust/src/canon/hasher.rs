//! The keyed hash of keys, and its weakened form for tests (clause D4).

use std::hash::{BuildHasher, Hasher, RandomState};

use foldhash::SharedSeed;
use foldhash::fast::SeedableRandomState;

/// Hashes keys under a random seed of its own: keys come from guests, and a guest that could
/// foretell their hashes could fill one bucket.
#[derive(Clone, Debug)]
pub(crate) struct KeyHasher {
    state: SeedableRandomState,
    mask: u64,
}

impl KeyHasher {
    /// With `weak_bits`, hashes keep so many of their low bits only. Identity must not notice:
    /// equality is always by the whole key.
    pub(crate) fn new(weak_bits: Option<u32>) -> KeyHasher {
        // std's keys come from the operating system's randomness.
        let seed = RandomState::new().hash_one(0_u8);
        let mask = weak_bits.map_or(u64::MAX, |bits| {
            1_u64.checked_shl(bits).map_or(u64::MAX, |bit| bit - 1)
        });
        KeyHasher {
            state: SeedableRandomState::with_seed(seed, SharedSeed::global_random()),
            mask,
        }
    }

    pub(crate) fn hash(&self, key: &[u8]) -> u64 {
        let mut hasher = self.state.build_hasher();
        hasher.write(key);
        hasher.finish() & self.mask
    }
}
