//! A module's types as closed types, and closed types as modules (clause G10).

use super::Module;
use super::type_section::TypeSection;
use super::write::GroupWriter;
use crate::canon::close;
use crate::closed::DependencyOrder;
use crate::error::{Error, Result};
use crate::features::Features;
use crate::limits::Limits;
use crate::memory::{list_of, push};
use crate::sync::{Arc, OnceBox};
use crate::types::{ClosedIndex, DefGroup, DefType, ModuleTypeIndex, SubType};

/// By number in the interner: a module's groups as closed groups, each made when it is needed and
/// then kept, so that all that a module hands out shares its nodes.
#[derive(Default)]
pub(super) struct ClosedGroups(OnceBox<Box<[OnceBox<Arc<DefGroup>>]>>);

impl ClosedGroups {
    /// A group, made after all that it refers to; with a stack of its own, because chains are as
    /// long as guests make them. Linear in what is not made yet.
    fn get(&self, types: &TypeSection, group: u32) -> Result<&Arc<DefGroup>> {
        let interner = &types.interner;
        let groups = self.0.get_or_try_init(|| {
            let mut groups = list_of(interner.group_count() as usize)?;
            groups.extend((0..interner.group_count()).map(|_| OnceBox::new()));
            Ok::<_, Error>(Box::new(groups.into_boxed_slice()))
        })?;
        let made = |id| groups[interner.group_of(id) as usize].get();
        let mut pending = Vec::new();
        push(&mut pending, group)?;
        while let Some(&next) = pending.last() {
            if groups[next as usize].get().is_some() {
                pending.pop();
                continue;
            }
            let shape = interner.shape(next);
            let before = pending.len();
            for id in shape.key.outer() {
                if made(id).is_none() {
                    push(&mut pending, interner.group_of(id))?;
                }
            }
            if pending.len() == before {
                let closed = close(shape.key, shape.members.len() as u32, |id| {
                    let group = made(id).expect("made before what refers to it");
                    DefType::from_parts(Arc::clone(group), interner.position_of(id))
                })?;
                // Another thread may have made an equal one meanwhile; then that is kept.
                let _ = groups[next as usize].set(Box::new(closed));
            }
        }
        Ok(groups[group as usize].get().expect("made just now"))
    }
}

impl Module {
    /// A type of the module on its own (clause G10).
    ///
    /// Closed types of one module share what they have in common. The first look is linear in
    /// what the type leads to, later ones take constant time.
    ///
    /// # Errors
    ///
    /// `NoSuchType`, and `Limit` where there is no memory.
    ///
    /// ```
    /// use typereg::{Engine, types::ModuleTypeIndex};
    ///
    /// let engine = Engine::default();
    /// let one = engine.decode_wat("(module (type (func)) (type (struct)))")?;
    /// let two = engine.decode_wat("(module (type (struct)))")?;
    /// let (a, b) = (one.def_type(ModuleTypeIndex(1))?, two.def_type(ModuleTypeIndex(0))?);
    /// assert_eq!(a, b);
    /// # Ok::<(), typereg::Error>(())
    /// ```
    pub fn def_type(&self, index: ModuleTypeIndex) -> Result<DefType> {
        let types = self.type_section();
        let Some(&id) = types.declared.ids().get(index.0 as usize) else {
            return Err(self.no_such_type(index.0));
        };
        let group = self.0.closed.get(types, types.interner.group_of(id))?;
        let position = types.interner.position_of(id);
        Ok(DefType::from_parts(Arc::clone(group), position))
    }
}

impl DefType {
    /// A module whose last recursion group is this type's; the groups before it are what that
    /// leads to, each once and behind what it refers to. Linear in all of them.
    ///
    /// # Errors
    ///
    /// `Limit` where there are more types than a module can have, or more bytes than a section
    /// (`module_bytes`), or memory.
    ///
    /// ```
    /// use typereg::{DefType, Engine, types::ModuleTypeIndex};
    ///
    /// let wat = "(module (type $a (struct)) (type (func)) (type (array (ref $a))))";
    /// let ty = Engine::default().decode_wat(wat)?.def_type(ModuleTypeIndex(2))?;
    /// let wasm = ty.to_wasm()?;
    /// assert_eq!(DefType::from_wasm(wasm, ty.position())?, ty);
    /// # Ok::<(), typereg::Error>(())
    /// ```
    pub fn to_wasm(&self) -> Result<Vec<u8>> {
        let mut order = DependencyOrder::default();
        order.add(self)?;
        let mut writer = GroupWriter::new();
        let mut first_types: Vec<u32> = list_of(order.groups().len())?;
        let mut next_type = 0_u32;
        for group in order.groups() {
            let members = &group.members().members;
            let member = |member: &SubType<ClosedIndex>| {
                let Ok(member) = member.try_map(&mut |reference| {
                    Ok::<_, std::convert::Infallible>(match *reference {
                        ClosedIndex::Own(position) => next_type + position,
                        ClosedIndex::Child(child) => {
                            let child = &group.children()[child as usize];
                            let number = order.number(child.def_group());
                            first_types[number as usize] + child.position()
                        }
                    })
                });
                member
            };
            let mut written = list_of(members.len())?;
            written.extend(members.iter().map(member));
            writer.group(&written)?;
            first_types.push(next_type);
            next_type = u32::try_from(members.len())
                .ok()
                .and_then(|members| next_type.checked_add(members))
                .ok_or_else(|| too_many(next_type, members.len()))?;
        }
        Ok(writer.finish())
    }

    /// The type at a position of a module's last recursion group: what [`DefType::to_wasm`] wrote.
    /// Linear in the bytes.
    ///
    /// # Errors
    ///
    /// As [`Module::new`] under [`Limits::spec`] and all features, and `NoSuchMember` for a
    /// position beyond the group.
    pub fn from_wasm(wasm: Vec<u8>, position: u32) -> Result<DefType> {
        let module = Module::new(wasm, &Limits::spec(), &Features::ALL)?;
        let last = module.group_count().checked_sub(1);
        let types = last
            .and_then(|group| module.group_types(group))
            .unwrap_or(0..0);
        if position >= types.len() as u32 {
            return Err(Error::NoSuchMember {
                position,
                members: types.len() as u32,
            });
        }
        module.def_type(ModuleTypeIndex(types.start + position))
    }
}

fn too_many(types: u32, more: usize) -> Error {
    Error::Limit {
        limit: "types",
        value: u64::from(types) + more as u64,
        bound: u32::MAX.into(),
        offset: None,
    }
}
