//! Digests of registered groups, kept beside their entries (clause G7).

use std::collections::HashMap;

use super::entry::Entry;
use super::frozen::Frozen;
use super::inner::Inner;
use super::registered_type::RegisteredType;
use crate::canon::type_digest;
use crate::error::Result;
use crate::memory::reserve_map;
use crate::sync::RwLock;
use crate::types::Digest;

/// By generation: the digest of each live group that somebody has asked for, and of all that it
/// leads to. An entry knows whether it is in here, so that one that is not costs nothing.
///
/// Its lock is taken under the registry's only, read or write, and nothing is locked under it. What
/// is added is alive, and stays so until the registry's lock is let go:
///
/// ```text
/// thread A (a digest)                   thread B (the last drop)
/// registry's read lock: not removed
///                                       decrement: 1 -> 0
///                                       wants the registry's write lock
/// this lock: add, mark the entry
/// unlock both
///                                       write lock, look again: 0, marked: take it out of here
/// ```
///
/// So nothing in here outlives its group; and since generations are never given twice, nothing in
/// here could ever be taken for another group's.
#[derive(Debug)]
pub(super) struct Digests(RwLock<HashMap<u64, Digest>>);

impl Digests {
    pub(super) fn new() -> Digests {
        Digests(RwLock::new(HashMap::new()))
    }

    /// Forgets an entry that is being removed. The registry's write lock is held.
    pub(super) fn forget(&self, entry: &Entry) {
        if entry.has_digest()
            && let Ok(mut digests) = self.0.write()
        {
            digests.remove(&entry.generation());
        }
    }

    #[cfg(debug_assertions)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.read().is_ok_and(|digests| digests.is_empty())
    }

    fn known(&self, entry: &Entry) -> Result<Option<Digest>> {
        if !entry.has_digest() {
            return Ok(None);
        }
        Ok(self.0.read()?.get(&entry.generation()).copied())
    }

    /// The digest of an entry's group. The registry's lock is held, and the entry not removed.
    fn of(&self, inner: &Inner, entry: &Entry) -> Result<Digest> {
        if let Some(digest) = self.known(entry)? {
            return Ok(digest);
        }
        let frozen = Frozen::reachable(inner, entry, Entry::has_digest)?;
        let digests = {
            let known = self.0.read()?;
            frozen.digests(|slot| {
                let target = &inner.slots[slot as usize];
                (known[&target.entry.generation()], target.position)
            })?
        };
        let mut known = self.0.write()?;
        reserve_map(&mut known, digests.len())?;
        for (entry, digest) in frozen.entries().iter().zip(&digests) {
            known.insert(entry.generation(), *digest);
            entry.mark_digest();
        }
        // It refers to all others, so it is the youngest.
        Ok(digests[digests.len() - 1])
    }
}

impl RegisteredType {
    /// The type's digest: the same on every machine, and in every process and version (clause G7).
    ///
    /// The first look takes the read lock and is linear in what the type leads to, as far as no
    /// other look has been there; a handle keeps the answer, and so does the registry for other
    /// handles while the type is alive.
    ///
    /// # Errors
    ///
    /// `Forked`, and `Limit` where memory is short.
    ///
    /// ```
    /// use typereg::{Engine, RegisteredType, types::StructType};
    ///
    /// let (one, two) = (Engine::default(), Engine::default());
    /// let a = RegisteredType::new(&one, StructType::new([]))?;
    /// let b = RegisteredType::new(&two, StructType::new([]))?;
    /// assert_ne!(a, b);
    /// assert_eq!(a.digest()?, b.digest()?);
    /// # Ok::<(), typereg::Error>(())
    /// ```
    pub fn digest(&self) -> Result<Digest> {
        Ok(self.try_digest()?.expect("a handle keeps its type alive"))
    }

    /// The digest, or `None` where the handle was released and the type is gone.
    pub(crate) fn try_digest(&self) -> Result<Option<Digest>> {
        let known = &self.looked_at().digest;
        if let Some(digest) = known.get() {
            return Ok(Some(*digest));
        }
        let inner = self.engine().registry().read()?;
        if self.entry.is_removed() {
            return Ok(None);
        }
        let group = inner.digests.of(&inner, &self.entry)?;
        drop(inner);
        let digest = type_digest(&group, self.position());
        Ok(Some(*known.get_or_init(|| Box::new(digest))))
    }
}
