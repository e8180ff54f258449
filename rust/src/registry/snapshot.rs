//! All live types as one module, and back (clause G8).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::collection::TypeCollection;
use super::engine::Engine;
use super::frozen::Frozen;
use crate::canon::KeyRef;
use crate::error::Result;
use crate::limits::check;
use crate::memory::{filled, list_of, push};
use crate::module::GroupWriter;
use crate::types::Digest;

impl Engine {
    /// The live types as one WebAssembly module that holds nothing else (clause G8).
    ///
    /// Each group stands behind all that it refers to, and of the groups that could be next always
    /// the one with the smallest digest: engines with equal types give equal bytes, whatever
    /// happened in them. Takes the read lock for as long as it takes to list the groups; counts
    /// nothing. Takes time in O(n log n), and linear in the size of the types.
    ///
    /// # Errors
    ///
    /// `Limit` where there are more types or groups than the engine allows in a module, where they
    /// take more bytes than the 4 GiB that a section can have (then the limit is `module_bytes`), or
    /// where memory is short, and `Forked`.
    ///
    /// ```
    /// use typereg::{Engine, TypeCollection};
    ///
    /// let one = Engine::default();
    /// let module = one.decode_wat("(module (type $s (struct)) (type (func (param (ref $s)))))")?;
    /// let types = TypeCollection::new_for_module(&one, &module)?;
    /// let snapshot = one.snapshot()?;
    ///
    /// let two = Engine::default();
    /// let same = two.load_snapshot(snapshot.clone())?;
    /// assert_eq!(same.len(), 2);
    /// assert_eq!(two.snapshot()?, snapshot);
    /// # Ok::<(), typereg::Error>(())
    /// ```
    pub fn snapshot(&self) -> Result<Vec<u8>> {
        let registry = self.registry();
        let frozen = {
            let inner = registry.read()?;
            let (types, groups) = (inner.slots.len() as u64, inner.set.len() as u64);
            check("types", registry.limits.types, types, None)?;
            check("groups", registry.limits.groups, groups, None)?;
            Frozen::all(&inner)?
        };
        let digests = frozen.digests(|_| unreachable!("nothing was left out"))?;
        let mut writer = GroupWriter::new();
        let mut first_types = filled(0, frozen.entries().len())?;
        let mut next_type = 0;
        for number in order(&frozen, &digests)? {
            let members = frozen.members(number, |reference| match reference {
                KeyRef::Own(position) => next_type + position,
                KeyRef::Outer(slot) => {
                    let (target, position) = frozen.place(slot).expect("nothing was left out");
                    first_types[target as usize] + position
                }
            })?;
            first_types[number as usize] = next_type;
            next_type += members.len() as u32;
            writer.group(&members)?;
        }
        Ok(writer.finish())
    }

    /// Registers the types of a snapshot, or of any other module: each declared group takes one
    /// registration (clause K2).
    ///
    /// # Errors
    ///
    /// As [`Engine::decode`] and [`TypeCollection::new_for_module`].
    pub fn load_snapshot(&self, wasm: Vec<u8>) -> Result<TypeCollection> {
        TypeCollection::new_for_module(self, &self.decode(wasm)?)
    }
}

/// The numbers of all entries, each behind those it refers to, and of those that could be next
/// always the one with the smallest digest.
fn order(frozen: &Frozen, digests: &[Digest]) -> Result<Vec<u32>> {
    let groups = digests.len();
    // Each reference from one group to another, by target.
    let mut references: Vec<(u32, u32)> = Vec::new();
    let mut waits_for: Vec<u32> = list_of(groups)?;
    for (entry, number) in frozen.entries().iter().zip(0..) {
        for slot in entry.edges() {
            let (target, _) = frozen.place(slot).expect("nothing was left out");
            push(&mut references, (target, number))?;
        }
        waits_for.push(entry.edges().len() as u32);
    }
    references.sort_unstable();
    let mut ready = BinaryHeap::from(list_of(groups)?);
    let make_ready = |number: u32| Reverse((digests[number as usize], number));
    ready.extend(
        (0..)
            .zip(&waits_for)
            .filter(|(_, waits)| **waits == 0)
            .map(|(number, _)| make_ready(number)),
    );
    let mut order = list_of(groups)?;
    while let Some(Reverse((_, number))) = ready.pop() {
        order.push(number);
        let start = references.partition_point(|&(target, _)| target < number);
        let referring = references[start..].iter();
        for &(_, from) in referring.take_while(|&&(target, _)| target == number) {
            waits_for[from as usize] -= 1;
            if waits_for[from as usize] == 0 {
                ready.push(make_ready(from));
            }
        }
    }
    Ok(order)
}
