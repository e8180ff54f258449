//! Validity of a recursion group (specification, "Recursive Types"; clause G4).
//!
//! Why a group may be judged before it is interned: its own members cannot be equal to any type
//! it refers to. If a group G equalled one that it reaches through references to other groups,
//! that group would reach itself through references to other groups, and those only ever point
//! to what was declared before. So "own member" and "known type" are never the same identity.

use super::Identity;
use super::composite::{Composite, structurally_matches};
use crate::canon::{Descent, Draft, KeyRef, Known, Meta, Shape};
use crate::error::{Error, Result};
use crate::features::Features;
use crate::limits::{Limits, check};
use crate::types::{
    CompositeType, FieldType, HeapType, Hierarchy, Kind, RecGroup, RefType, StorageType, ValType,
};

/// Where the members of a group came from, for errors.
pub(crate) struct Origin<'a> {
    /// The type index of the first member: 0 for a group built by hand.
    pub(crate) first_type: u32,
    /// The offset of each member from `base` in bytes; empty for a group built by hand.
    pub(crate) offsets: &'a [u32],
    /// Where the offsets count from.
    pub(crate) base: usize,
}

impl Origin<'_> {
    /// The group was built by hand.
    pub(crate) const BY_HAND: Origin<'static> = Origin {
        first_type: 0,
        offsets: &[],
        base: 0,
    };

    fn offset(&self, position: u32) -> Option<usize> {
        let offset = self.offsets.get(position as usize)?;
        Some(self.base + *offset as usize)
    }

    fn invalid(&self, position: u32, message: impl Into<String>) -> Error {
        Error::Validation {
            message: message.into(),
            offset: self.offset(position),
            type_index: Some(self.first_type.saturating_add(position)),
        }
    }
}

/// The members of a draft by position, everything else by the number that `known` gives it.
struct InDraft<'a, K> {
    group: Shape<'a>,
    descent: &'a Descent,
    known: &'a K,
}

impl<K: Known> Identity for InDraft<'_, K> {
    type Id = KeyRef;

    fn kind(&self, id: KeyRef) -> Kind {
        match id {
            KeyRef::Own(position) => self.group.members[position as usize].meta.kind,
            KeyRef::Outer(id) => self.known.meta(id).kind,
        }
    }

    fn is_subtype(&self, mut a: KeyRef, b: KeyRef) -> bool {
        // Up through the members, 63 steps at the most: only known types have their ancestors listed.
        while let KeyRef::Own(position) = a {
            if a == b {
                return true;
            }
            let Some(supertype) = self.descent.supertype(position) else {
                return false;
            };
            a = supertype;
        }
        // A known type's ancestors are known types.
        match (a, b) {
            (KeyRef::Outer(a), KeyRef::Outer(b)) => self.known.is_subtype(a, b),
            (KeyRef::Own(_), _) | (_, KeyRef::Own(_)) => false,
        }
    }
}

/// Checks the group in `draft` and finds out what its members descend from. References are
/// already known to be in range. Returns the greatest depth.
///
/// Order and finality of all supertypes, and depths, come before any structure is compared: only
/// then is the hierarchy known to have no cycle.
#[inline]
pub(crate) fn validate(
    draft: &Draft,
    known: &impl Known,
    max_depth: u32,
    origin: &Origin<'_>,
    descent: &mut Descent,
) -> Result<u32> {
    if !draft.is_related {
        return Ok(0);
    }
    validate_related(draft.shape(), known, max_depth, origin, descent)
}

/// Checks a group in which a member declares a supertype or is a continuation: in all others
/// there is nothing to check but references.
#[inline(never)]
fn validate_related(
    group: Shape<'_>,
    known: &impl Known,
    max_depth: u32,
    origin: &Origin<'_>,
    descent: &mut Descent,
) -> Result<u32> {
    let max_depth = max_depth.min(Limits::MAX_DEPTH);
    let members = 0..group.members.len() as u32;
    descent.clear();
    let mut deepest = 0;
    for position in members.clone() {
        let supertype = group.member(position).head().supertype;
        let depth = match supertype {
            None => 0,
            Some(KeyRef::Own(own)) if own >= position => {
                return Err(origin.invalid(position, "its supertype is not declared before it"));
            }
            Some(KeyRef::Own(own)) => {
                not_final(group.members[own as usize].meta, position, origin)?;
                u32::from(descent.depth(own)) + 1
            }
            Some(KeyRef::Outer(id)) => {
                let meta = known.meta(id);
                not_final(meta, position, origin)?;
                u32::from(meta.depth) + 1
            }
        };
        let offset = origin.offset(position);
        check("depth", max_depth, u64::from(depth), offset)?;
        descent.push(supertype, depth as u8)?;
        deepest = deepest.max(depth);
    }
    let types = InDraft {
        group,
        descent,
        known,
    };
    for position in members {
        check_structure(&types, position, origin)?;
    }
    Ok(deepest)
}

#[inline]
fn not_final(supertype: Meta, position: u32, origin: &Origin<'_>) -> Result<()> {
    if supertype.is_final {
        return Err(origin.invalid(position, "its supertype is final"));
    }
    Ok(())
}

/// Checks a member's structure against its supertype's, and the target of a continuation.
#[inline]
fn check_structure<K: Known>(
    types: &InDraft<'_, K>,
    position: u32,
    origin: &Origin<'_>,
) -> Result<()> {
    let InDraft { group, known, .. } = *types;
    let own = |reference| reference;
    let supertype = types.descent.supertype(position);
    let is_cont = group.members[position as usize].meta.kind == Kind::Cont;
    if supertype.is_none() && !is_cont {
        return Ok(());
    }
    let sub = Composite::of_member(group.member(position), own);
    if is_cont {
        let target = sub.cursor.clone().reference();
        if types.kind(target) != Kind::Func {
            return Err(origin.invalid(position, "a continuation must name a function type"));
        }
    }
    let matches = match supertype {
        None => true,
        Some(KeyRef::Own(supertype)) => {
            let sup = Composite::of_member(group.member(supertype), own);
            structurally_matches(types, sub, sup)
        }
        Some(KeyRef::Outer(id)) => {
            let resolve = |reference| match reference {
                KeyRef::Own(position) => KeyRef::Outer(known.sibling(id, position)),
                KeyRef::Outer(id) => KeyRef::Outer(id),
            };
            let sup = Composite::of_member(known.member(id), resolve);
            structurally_matches(types, sub, sup)
        }
    };
    if matches {
        Ok(())
    } else {
        Err(origin.invalid(position, "its structure does not match its supertype's"))
    }
}

/// Checks a group built by hand against limits and features, as the decoder does for bytes.
pub(crate) fn check_shape<R>(
    group: &RecGroup<R>,
    limits: &Limits,
    features: &Features,
) -> Result<()> {
    let length = |list: usize| list as u64;
    let size = length(group.members.len());
    check("types", limits.types, size, None)?;
    check("groups", limits.groups, 1, None)?;
    check("group_size", limits.group_size, size, None)?;
    for member in &group.members {
        match &member.composite {
            CompositeType::Func(ty) => {
                check("params", limits.params, length(ty.params.len()), None)?;
                check("results", limits.results, length(ty.results.len()), None)?;
                for ty in ty.params.iter().chain(&ty.results) {
                    check_value(ty, features)?;
                }
            }
            CompositeType::Struct(ty) => {
                check("fields", limits.fields, length(ty.fields.len()), None)?;
                for field in &ty.fields {
                    check_field(field, features)?;
                }
            }
            CompositeType::Array(ty) => check_field(&ty.field, features)?,
            CompositeType::Cont(_) => features.admit(CONTINUATIONS)?,
        }
    }
    Ok(())
}

/// What continuations need, those of an abstract reference as well.
const CONTINUATIONS: Features = Features {
    stack_switching: true,
    custom_page_sizes: false,
};

fn check_field<R>(field: &FieldType<R>, features: &Features) -> Result<()> {
    match &field.storage {
        StorageType::Val(ty) => check_value(ty, features),
        StorageType::Packed(_) => Ok(()),
    }
}

fn check_value<R>(ty: &ValType<R>, features: &Features) -> Result<()> {
    match ty {
        ValType::Ref(RefType {
            heap: HeapType::Abstract(heap),
            ..
        }) if heap.hierarchy() == Hierarchy::Cont => features.admit(CONTINUATIONS),
        ValType::Num(_) | ValType::Vec(_) | ValType::Ref(_) => Ok(()),
    }
}
