//! The digests of all that a module declares (clause G7).

use super::Module;
use crate::canon::{Digester, Key, type_digest};
use crate::error::Result;
use crate::memory::{list_of, push};
use crate::types::Digest;

impl Module {
    /// The digest of each declared group, in order, empty ones included (clause G7). Linear in the
    /// type section.
    ///
    /// # Errors
    ///
    /// `Limit` where memory is short.
    pub fn group_digests(&self) -> Result<Vec<Digest>> {
        let distinct = self.distinct_digests()?;
        let empty = Digester::default()
            .group(Key::default(), 0, |_| unreachable!("it refers to nothing"))?;
        let types = self.type_section();
        let (ids, groups) = (types.declared.ids(), types.declared.ranges());
        let mut digests = list_of(groups.len())?;
        digests.extend(groups.map(|mut group| {
            let first = group.next().map(|index| ids[index as usize]);
            first.map_or(empty, |id| distinct[types.interner.group_of(id) as usize])
        }));
        Ok(digests)
    }

    /// The digest of each type, by index (clause G7). Linear in the type section.
    ///
    /// # Errors
    ///
    /// `Limit` where memory is short.
    ///
    /// ```
    /// use typereg::{Engine, types::ModuleTypeIndex};
    ///
    /// let module = Engine::default().decode_wat("(module (type (func)) (type (struct)))")?;
    /// let digests = module.type_digests()?;
    /// assert_eq!(digests[1], module.def_type(ModuleTypeIndex(1))?.digest());
    /// # Ok::<(), typereg::Error>(())
    /// ```
    pub fn type_digests(&self) -> Result<Vec<Digest>> {
        let types = self.type_section();
        let groups = self.distinct_digests()?;
        let mut distinct = list_of(types.interner.type_count() as usize)?;
        distinct.extend((0..types.interner.type_count()).map(|id| {
            let group = &groups[types.interner.group_of(id) as usize];
            type_digest(group, types.interner.position_of(id))
        }));
        let mut digests = list_of(types.declared.ids().len())?;
        digests.extend(types.declared.ids().iter().map(|&id| distinct[id as usize]));
        Ok(digests)
    }

    /// The digest of each distinct group, by number: a group refers to smaller numbers only.
    fn distinct_digests(&self) -> Result<Vec<Digest>> {
        let interner = &self.type_section().interner;
        let mut digests: Vec<Digest> = list_of(interner.group_count() as usize)?;
        let mut digester = Digester::default();
        for group in 0..interner.group_count() {
            let shape = interner.shape(group);
            let digest = digester.group(shape.key, shape.members.len() as u32, |id| {
                let group = interner.group_of(id) as usize;
                (digests[group], interner.position_of(id))
            })?;
            push(&mut digests, digest)?;
        }
        Ok(digests)
    }
}
