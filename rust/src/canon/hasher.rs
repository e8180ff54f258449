//! The keyed hash of keys, and its weakened form for tests (clause D4).

use std::hash::{BuildHasher, Hasher, RandomState};

use foldhash::SharedSeed;
use foldhash::fast::SeedableRandomState;

use super::key::{Key, Target};
use super::spellings::Words;

/// Hashes keys under a random seed of its own: keys come from guests, and a guest that could
/// foretell their hashes could fill one bucket.
#[derive(Clone, Debug)]
pub(crate) struct KeyHasher {
    state: SeedableRandomState,
    mask: u64,
}

/// The hash of a key, as an entry keeps it. Of a million keys some hundred pairs have the same, each
/// of which costs one more comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyHash(u32);

impl KeyHash {
    /// For a table that chooses a place by the lowest bits and compares the highest.
    #[inline]
    pub(crate) fn spread(self) -> u64 {
        u64::from(self.0) << 32 | u64::from(self.0)
    }
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

    /// The hash of a key that lies as a whole in memory.
    pub(crate) fn hash(&self, key: Key<'_>) -> KeyHash {
        let mut hasher = self.state.build_hasher();
        hasher.write(key.spelling);
        KeyHash(self.finish(hasher, key.targets) as u32)
    }

    /// Another hash of a key, for one that was just written by these words.
    #[inline]
    pub(super) fn hash_words(&self, key: Key<'_, Words<'_>>) -> u64 {
        let mut hasher = self.state.build_hasher();
        key.spelling
            .each(|word| hasher.write_u128(u128::from(word)));
        self.finish(hasher, key.targets)
    }

    /// Targets are read one by one, as they are written: a load across several stores that were
    /// made just before would wait for them. How many there are is in the spelling.
    #[inline(always)]
    fn finish(&self, mut hasher: impl Hasher, targets: &[Target]) -> u64 {
        let mut targets = targets.iter().map(|&target| u32::from_le_bytes(target));
        while let Some(target) = targets.next() {
            let next = targets.next().unwrap_or(0);
            hasher.write_u128(u128::from(next) << 32 | u128::from(target));
        }
        hasher.finish() & self.mask
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::collections::HashSet;

    use foldhash::fast::FixedState;

    use super::super::spellings::Spellings;
    use super::*;

    /// How many low bits of a hash choose among the first buckets of a table.
    const BITS: u32 = 12;

    fn bucket(hash: u64) -> u64 {
        hash & ((1 << BITS) - 1)
    }

    /// The spelling of a function type with 16 number types for parameters: `number` in base 4.
    fn spelling(number: u64) -> Vec<u8> {
        let digit = |place: u64| [0x7f, 0x7e, 0x7d, 0x7c][(number >> (2 * place) & 3) as usize];
        let mut spelling = vec![0x04, 16];
        spelling.extend((0..16).map(digit));
        spelling.push(0);
        spelling
    }

    fn key(spelling: &[u8]) -> Key<'_> {
        Key {
            spelling,
            targets: &[],
        }
    }

    /// What a guest can do where it knows the seed: hundreds of types for one bucket. `write` is
    /// how a spelling is hashed.
    fn crafted(write: impl Fn(&[u8], &mut dyn Hasher)) -> Vec<Vec<u8>> {
        let known = FixedState::default();
        let hash = |spelling: &Vec<u8>| {
            let mut hasher = known.build_hasher();
            write(spelling, &mut hasher);
            bucket(hasher.finish())
        };
        let all = (0..).map(spelling);
        all.filter(|spelling| hash(spelling) == 0)
            .take(200)
            .collect()
    }

    /// Crafted spellings are in nearly as many buckets as any others.
    fn assert_spread(crafted: &[Vec<u8>], hash: impl Fn(&[u8]) -> u64) {
        let hashes = crafted.iter().map(|spelling| bucket(hash(spelling)));
        let buckets: HashSet<u64> = hashes.collect();
        // Of 200 at random among 4096, some 195 are different.
        assert!(buckets.len() > 180, "{} buckets", buckets.len());
    }

    fn by_words<T>(spelling: &[u8], f: impl FnOnce(Words<'_>) -> T) -> T {
        let mut spellings = Spellings::default();
        spellings.add(spelling).expect("little");
        f(spellings.words(0, spelling.len() as u32))
    }

    #[test]
    fn keys_that_collide_under_a_known_seed_do_not_collide_under_an_engines() {
        let crafted = crafted(|spelling, hasher| hasher.write(spelling));
        for _ in 0..4 {
            let hasher = KeyHasher::new(None);
            assert_spread(&crafted, |spelling| hasher.hash(key(spelling)).spread());
        }
    }

    #[test]
    fn nor_do_those_of_a_hash_by_words_under_an_interners() {
        let crafted = crafted(|spelling, hasher| {
            by_words(spelling, |words| {
                words.each(|word| hasher.write_u128(u128::from(word)));
            });
        });
        for _ in 0..4 {
            let hasher = KeyHasher::new(None);
            assert_spread(&crafted, |spelling| {
                by_words(spelling, |spelling| {
                    let targets = &[];
                    hasher.hash_words(Key { spelling, targets })
                })
            });
        }
    }

    #[test]
    fn two_engines_hash_alike_in_nothing() {
        let (one, two) = (KeyHasher::new(None), KeyHasher::new(None));
        let same = (0..200)
            .map(spelling)
            .filter(|spelling| one.hash(key(spelling)) == two.hash(key(spelling)));
        assert_eq!(same.count(), 0);
        let weak = KeyHasher::new(Some(0));
        assert!((0..200).all(|number| weak.hash(key(&spelling(number))) == KeyHash::default()));
    }
}
