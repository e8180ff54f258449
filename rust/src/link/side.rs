//! The two sides of a comparison: types as a module, or a host, declares them.
//!
//! A type is a *node* of its side: a module's type index, or for a host, which has no type
//! section, its identity in the common set of groups. Nodes tell how a type was declared;
//! identities in the common set tell whether two are the same.

use std::convert::Infallible;
use std::ops::Range;

use crate::canon::{Grafted, Interner, KeyRef, Known, TypeId, graft};
use crate::error::Result;
use crate::matching::{ByNumber, extern_matches};
use crate::module::{Module, NamedType};
use crate::types::{ExternType, ModuleTypeIndex, SubType, TypeIndex};

/// A module whose types have identities in a common set of groups.
pub(super) struct Placed<'a> {
    pub(super) module: &'a Module,
    grafted: Grafted<'a>,
}

impl<'a> Placed<'a> {
    /// Adds all groups of a module to `common`. Linear in their size.
    pub(super) fn new(common: &mut Interner, module: &'a Module) -> Result<Placed<'a>> {
        let source = &module.type_section().interner;
        let grafted = graft(common, source, 0..source.type_count())?;
        Ok(Placed { module, grafted })
    }

    /// The common identity of a type.
    pub(super) fn id(&self, index: u32) -> TypeId {
        let local = self.module.type_section().declared.ids()[index as usize];
        self.grafted.identity(local)
    }
}

/// One side of a comparison.
#[derive(Clone, Copy)]
pub(super) enum Side<'a> {
    Module(&'a Placed<'a>),
    Host(&'a Interner),
}

impl<'a> Side<'a> {
    /// What the type is in the common set.
    pub(super) fn id(self, node: u32) -> TypeId {
        match self {
            Side::Module(placed) => placed.id(node),
            Side::Host(_) => node,
        }
    }

    /// An external type over common identities.
    fn identify(self, ty: &NamedType) -> ExternType<TypeId, TypeId> {
        let Ok(ty) = ty.try_map_named(&mut |&node| Ok::<_, Infallible>(self.id(node)));
        ty
    }

    /// The type as it is declared, over nodes. Linear in its size.
    pub(super) fn sub_type(self, node: u32) -> Result<SubType<u32>> {
        let Ok(ty) = match self {
            Side::Module(placed) => {
                let ty = placed.module.known_type(node)?;
                ty.try_map(&mut |reference| match reference {
                    TypeIndex::Module(index) => Ok::<_, Infallible>(index.0),
                    TypeIndex::Rec(_) | TypeIndex::Shared(_) | TypeIndex::Def(_) => {
                        unreachable!("a module's types refer by type index")
                    }
                })
            }
            Side::Host(common) => common.member(node).sub_type().try_map(&mut |reference| {
                Ok::<_, Infallible>(match *reference {
                    KeyRef::Own(position) => common.sibling(node, position),
                    KeyRef::Outer(id) => id,
                })
            }),
        };
        Ok(ty)
    }

    /// The nodes of the type's recursion group.
    pub(super) fn group(self, node: u32) -> Range<u32> {
        match self {
            Side::Module(placed) => placed.module.group_around(node),
            Side::Host(common) => {
                let group = common.group_of(node);
                let start = common.first_type(group);
                start..start + common.shape(group).members.len() as u32
            }
        }
    }

    /// The type's index, if its side has type indices.
    pub(super) fn index(self, node: u32) -> Option<u32> {
        match self {
            Side::Module(_) => Some(node),
            Side::Host(_) => None,
        }
    }

    /// The type's name, without `$`.
    pub(super) fn name(self, node: u32) -> Option<&'a str> {
        match self {
            Side::Module(placed) => placed.module.type_name(ModuleTypeIndex(node)),
            Side::Host(_) => None,
        }
    }

    /// Whether the type's name is another type's too.
    pub(super) fn is_name_shared(self, node: u32) -> bool {
        match self {
            Side::Module(placed) => placed.module.is_name_shared(ModuleTypeIndex(node)),
            Side::Host(_) => false,
        }
    }

    /// A field's name, without `$`.
    pub(super) fn field_name(self, node: u32, field: u32) -> Option<&'a str> {
        match self {
            Side::Module(placed) => placed.module.field_name(ModuleTypeIndex(node), field),
            Side::Host(_) => None,
        }
    }
}

/// Two sides and the set that both have their identities in.
#[derive(Clone, Copy)]
pub(super) struct Sides<'a> {
    pub(super) common: &'a Interner,
    pub(super) expected: Side<'a>,
    pub(super) found: Side<'a>,
}

impl<'a> Sides<'a> {
    /// Whether what is found can be given where something is expected: the verdict, by the
    /// matching rules.
    pub(super) fn fits(self, expected: &NamedType, found: &NamedType) -> bool {
        let (expected, found) = (self.expected.identify(expected), self.found.identify(found));
        extern_matches(&self.rules(), &found, &expected)
    }

    /// Whether both are the same type.
    pub(super) fn are_same(self, expected: &NamedType, found: &NamedType) -> bool {
        self.expected.identify(expected) == self.found.identify(found)
    }

    /// The matching rules over the common identities.
    pub(super) fn rules(self) -> ByNumber<'a, Interner> {
        ByNumber(self.common)
    }
}
