//! Closed types from groups built by hand: references checked, validity judged, digest taken.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use super::lineage::Closed;
use crate::canon::{
    Cursor, Descent, Draft, KeyRef, Known, Meta, close, encode_group, encode_member, own_member,
};
use crate::error::{Error, Result};
use crate::features::Features;
use crate::limits::Limits;
use crate::matching::{Origin, check_shape, validate};
use crate::memory::{push, reserve_map};
use crate::types::{ClosedIndex, DefType, RecGroup, TypeIndex};

impl DefType {
    /// A closed type from a recursion group, in which references are to own members by position
    /// or to closed types.
    ///
    /// The group must be valid, under the limits of the specification and with all features that
    /// typereg has (clause G4): what takes less than that says so when the type gets there. Linear
    /// in the size of the group and of the types that it declares as supertypes, however much
    /// those lead to.
    ///
    /// # Errors
    ///
    /// `NotCanonical` for the index of a module or an engine, `Validation`, `Limit` for a depth
    /// above 63, and `NoSuchMember` for a position beyond the group.
    ///
    /// ```
    /// use typereg::types::{StructType, SubType, TypeIndex};
    /// use typereg::{DefType, RecGroup};
    ///
    /// let open = SubType { is_final: false, ..SubType::plain(StructType::new([])) };
    /// let parent = DefType::new(&RecGroup::new([open]), 0)?;
    /// let below = SubType {
    ///     supertype: Some(TypeIndex::Def(parent.clone())),
    ///     ..SubType::plain(StructType::new([]))
    /// };
    /// let child = DefType::new(&RecGroup::new([below]), 0)?;
    /// assert_ne!(child, parent);
    /// # Ok::<(), typereg::Error>(())
    /// ```
    pub fn new(group: &RecGroup, position: u32) -> Result<DefType> {
        let members = group.members.len();
        check_shape(group, &Limits::spec(), &Features::ALL)?;
        if position as usize >= members {
            return Err(Error::NoSuchMember {
                position,
                members: members as u32,
            });
        }
        let mut children = Vec::new();
        let mut draft = Draft::default();
        encode(&mut draft, group, &mut children)?;
        let numbered = Numbered::new(&children, &draft)?;
        let verdict = validate(
            &draft,
            &numbered,
            Limits::MAX_DEPTH,
            &Origin::BY_HAND,
            &mut Descent::default(),
        );
        numbered.met_all()?;
        verdict?;
        let group = close(draft.key(), members as u32, |id| {
            children[id as usize].clone()
        })?;
        Ok(DefType::from_parts(group, position))
    }
}

/// Writes the group's key, whose targets number the closed types that go into `children`, each
/// once.
fn encode(draft: &mut Draft, group: &RecGroup, children: &mut Vec<DefType>) -> Result<()> {
    let members = group.members.len() as u32;
    let mut numbers = HashMap::new();
    encode_group(draft, group, &mut |reference| match reference {
        TypeIndex::Rec(index) => own_member(*index, members),
        TypeIndex::Def(ty) => {
            if let Some(&number) = numbers.get(ty) {
                return Ok(KeyRef::Outer(number));
            }
            reserve_map(&mut numbers, 1)?;
            let number = children.len() as u32;
            push(children, ty.clone())?;
            numbers.insert(ty.clone(), number);
            Ok(KeyRef::Outer(number))
        }
        TypeIndex::Module(_) | TypeIndex::Shared(_) => Err(Error::NotCanonical {
            index: reference.clone(),
            expected: "a closed type, or an index relative to the group",
            place: None,
        }),
    })
}

/// Closed types by number, for the rules of validity: first the children of a group, then
/// whatever the rules come to see, numbered as it is met.
struct Numbered<'a> {
    met: RefCell<Met<'a>>,
    /// Why a type got no number, if that was so: the rules' verdict counts for nothing then. They
    /// have no way to pass an error on.
    refused: OnceCell<Error>,
    /// By number: the key of a type that the group declares as supertype, alone.
    supertypes: HashMap<u32, Draft>,
}

#[derive(Default)]
struct Met<'a> {
    types: Vec<Closed<'a>>,
    numbers: HashMap<Closed<'a>, u32>,
}

impl<'a> Met<'a> {
    fn number(&mut self, ty: Closed<'a>) -> Result<u32> {
        if let Some(&number) = self.numbers.get(&ty) {
            return Ok(number);
        }
        reserve_map(&mut self.numbers, 1)?;
        let number = self.types.len() as u32;
        push(&mut self.types, ty)?;
        self.numbers.insert(ty, number);
        Ok(number)
    }
}

impl<'a> Numbered<'a> {
    fn new(children: &'a [DefType], draft: &Draft) -> Result<Numbered<'a>> {
        let mut met = Met::default();
        if draft.is_related {
            for child in children {
                met.number(Closed::of(child))?;
            }
        }
        let mut supertypes = HashMap::new();
        for position in 0..draft.members().len() as u32 {
            if let Some(KeyRef::Outer(number)) = draft.member(position).head().supertype
                && !supertypes.contains_key(&number)
            {
                let ty = Closed::of(&children[number as usize]);
                let mut alone = Draft::default();
                encode_member(&mut alone, ty.member(), &mut |reference| {
                    Ok(match *reference {
                        ClosedIndex::Own(position) => KeyRef::Own(position),
                        ClosedIndex::Child(_) => KeyRef::Outer(met.number(ty.target(*reference))?),
                    })
                })?;
                reserve_map(&mut supertypes, 1)?;
                supertypes.insert(number, alone);
            }
        }
        Ok(Numbered {
            met: RefCell::new(met),
            refused: OnceCell::new(),
            supertypes,
        })
    }

    fn ty(&self, id: u32) -> Closed<'a> {
        self.met.borrow().types[id as usize]
    }

    /// The number of a type that the one numbered `id` has led to.
    fn number(&self, id: u32, ty: Closed<'a>) -> u32 {
        self.met.borrow_mut().number(ty).unwrap_or_else(|error| {
            self.refused.get_or_init(|| error);
            id
        })
    }

    /// The error, if there was no memory for all types that were met.
    fn met_all(self) -> Result<()> {
        self.refused.into_inner().map_or(Ok(()), Err)
    }
}

impl Known for Numbered<'_> {
    fn meta(&self, id: u32) -> Meta {
        self.ty(id).meta()
    }

    fn ancestor(&self, id: u32, depth: u8) -> u32 {
        let nearest_first: Vec<_> = self.ty(id).ancestors().collect();
        let ancestor = nearest_first[nearest_first.len() - 1 - usize::from(depth)];
        self.number(id, ancestor)
    }

    fn member(&self, id: u32) -> Cursor<'_> {
        Cursor::new(self.supertypes[&id].key())
    }

    fn sibling(&self, id: u32, position: u32) -> u32 {
        let sibling = Closed {
            position,
            ..self.ty(id)
        };
        self.number(id, sibling)
    }
}
