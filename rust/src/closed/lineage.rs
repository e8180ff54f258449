//! What a closed type is below: kind, finality and declared ancestors, found by walking.

use std::hash::{Hash, Hasher};
use std::iter::successors;

use crate::canon::Meta;
use crate::types::{ClosedIndex, DefGroup, DefType, SubType};

/// A closed type that is borrowed: a node of someone's graph and a position.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Closed<'a> {
    pub(crate) group: &'a DefGroup,
    pub(crate) position: u32,
}

impl<'a> Closed<'a> {
    pub(crate) fn of(ty: &'a DefType) -> Closed<'a> {
        Closed {
            group: ty.def_group(),
            position: ty.position(),
        }
    }

    pub(crate) fn member(self) -> &'a SubType<ClosedIndex> {
        &self.group.members().members[self.position as usize]
    }

    /// The type that a reference of this type's group leads to.
    pub(crate) fn target(self, reference: ClosedIndex) -> Closed<'a> {
        match reference {
            ClosedIndex::Own(position) => Closed { position, ..self },
            ClosedIndex::Child(child) => Closed::of(&self.group.children()[child as usize]),
        }
    }

    pub(crate) fn supertype(self) -> Option<Closed<'a>> {
        self.member()
            .supertype
            .map(|supertype| self.target(supertype))
    }

    /// The declared ancestors, the nearest first: 63 at most.
    pub(crate) fn ancestors(self) -> impl Iterator<Item = Closed<'a>> {
        successors(self.supertype(), |ty| ty.supertype())
    }

    pub(crate) fn meta(self) -> Meta {
        let member = self.member();
        Meta {
            kind: member.composite.kind(),
            is_final: member.is_final,
            depth: self.ancestors().count() as u8,
        }
    }
}

impl Hash for Closed<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.group.digest().hash(state);
        self.position.hash(state);
    }
}
