//! Types of a provider that are what was wanted, or nearly so.

use std::collections::HashMap;
use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::side::{Placed, Side};
use crate::canon::{Interner, Key, TypeId};
use crate::error::Result;
use crate::memory::{push, reserve_map};
use crate::types::{CompositeType, FieldType, StorageType, SubType, ValType};

/// So many bytes more a key has at most that differs from another in one attribute: those of a
/// reference, which are all in the spelling where it is within the group.
const MOST_BYTES: usize = 5;
const MOST_TARGETS: usize = 1;

/// Groups with longer keys are not looked for.
const LONGEST: usize = 4_096;

/// Looks among a provider's types. What is done for one look is kept for the next.
pub(super) struct NearTypes<'a> {
    common: &'a Interner,
    expected: &'a Placed<'a>,
    found: &'a Placed<'a>,
    /// By identity: the provider's first type of it, one with a name before one without.
    equal: HashMap<TypeId, u32>,
    /// By length of key: the first types of the provider's groups. Made when first needed.
    by_length: Option<HashMap<usize, Vec<u32>>>,
    /// How many more groups may be looked at.
    left: usize,
}

impl<'a> NearTypes<'a> {
    /// Linear in the provider's types.
    pub(super) fn new(
        common: &'a Interner,
        expected: &'a Placed<'a>,
        found: &'a Placed<'a>,
    ) -> Result<NearTypes<'a>> {
        let side = Side::Module(found);
        let mut equal = HashMap::new();
        reserve_map(&mut equal, found.module.type_count() as usize)?;
        for node in 0..found.module.type_count() {
            let known = equal.entry(found.id(node)).or_insert(node);
            if *known != node && side.name(*known).is_none() && side.name(node).is_some() {
                *known = node;
            }
        }
        Ok(NearTypes {
            common,
            expected,
            found,
            equal,
            by_length: None,
            left: 10_000_000,
        })
    }

    /// The provider's type that is the same as one that is expected.
    pub(super) fn equal(&self, expected: u32) -> Option<u32> {
        self.equal.get(&self.expected.id(expected)).copied()
    }

    /// A type of the provider that differs from the one expected in one attribute, where the one
    /// found differs in more. Looks at those groups whose keys have about the same length, until
    /// it has looked at so many that it would be felt.
    pub(super) fn nearly_equal(&mut self, expected: u32, found: u32) -> Result<Option<u32>> {
        let wanted = self.key(self.expected.id(expected));
        if size(wanted) > LONGEST || self.is_near(wanted, expected, found)? {
            return Ok(None);
        }
        if self.by_length.is_none() {
            self.by_length = Some(self.by_length()?);
        }
        let lengths = [0, MOST_BYTES].into_iter().flat_map(|bytes| {
            let longer = size(wanted) + bytes;
            [Some(longer), size(wanted).checked_sub(bytes)]
        });
        let mut left = self.left;
        let groups = lengths
            .flatten()
            .filter_map(|length| self.by_length.as_ref()?.get(&length))
            .flatten();
        let mut near = None;
        for &group in groups {
            left = left.saturating_sub(1);
            if left == 0 {
                break;
            }
            if self.is_near(wanted, expected, group)? {
                near = Some(group);
                break;
            }
        }
        let position = expected - Side::Module(self.expected).group(expected).start;
        let near = near.map(|group| group + position);
        self.left = left;
        Ok(near)
    }

    fn by_length(&self) -> Result<HashMap<usize, Vec<u32>>> {
        let mut by_length: HashMap<usize, Vec<u32>> = HashMap::new();
        let module = self.found.module;
        for group in 0..module.group_count() {
            let types = module.group_types(group).unwrap_or_default();
            if !types.is_empty() {
                let length = size(self.key(self.found.id(types.start)));
                reserve_map(&mut by_length, 1)?;
                push(by_length.entry(length).or_default(), types.start)?;
            }
        }
        Ok(by_length)
    }

    /// The key of a type's group.
    fn key(&self, id: TypeId) -> Key<'a> {
        self.common.shape(self.common.group_of(id)).key
    }

    /// Whether the group of a provider's type differs in exactly one attribute.
    fn is_near(&self, wanted: Key<'_>, expected: u32, found: u32) -> Result<bool> {
        let key = self.key(self.found.id(found));
        // One attribute is a little in one place, which is quickly seen.
        if wanted == key
            || extent(wanted.spelling, key.spelling) > MOST_BYTES
            || extent(wanted.targets, key.targets) > MOST_TARGETS
        {
            return Ok(false);
        }
        let wanted = attributes(Side::Module(self.expected), expected)?;
        let found = attributes(Side::Module(self.found), found)?;
        let differing = wanted
            .iter()
            .zip(&found)
            .filter(|(one, other)| one != other);
        Ok(wanted.len() == found.len() && differing.count() == 1)
    }
}

/// How many bytes a key takes.
fn size(key: Key<'_>) -> usize {
    key.spelling.len() + size_of_val(key.targets)
}

/// How many items of the longer list lie between what both begin with and what both end with.
fn extent<T: PartialEq>(one: &[T], other: &[T]) -> usize {
    let alike = |(one, other): &(&T, &T)| one == other;
    let before = one.iter().zip(other).take_while(alike).count();
    let (one, other) = (&one[before..], &other[before..]);
    let behind = one.iter().rev().zip(other.iter().rev());
    one.len().max(other.len()) - behind.take_while(alike).count()
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The attributes of a type's whole group, each as a number.
fn attributes(side: Side<'_>, node: u32) -> Result<Vec<u64>> {
    let group = side.group(node);
    let mut list = Vec::new();
    for member in group.clone() {
        let ty = side.sub_type(member)?;
        let Ok(ty) = ty.try_map(&mut |&reference| {
            // An own member by position, another type by what it is.
            Ok::<_, Infallible>(if group.contains(&reference) {
                (true, reference - group.start)
            } else {
                (false, side.id(reference))
            })
        });
        add_attributes(&mut list, &ty);
    }
    Ok(list)
}

fn add_attributes(list: &mut Vec<u64>, ty: &SubType<(bool, u32)>) {
    let value = |list: &mut Vec<u64>, ty: &ValType<(bool, u32)>| match ty {
        ValType::Num(ty) => list.push(hash(ty)),
        ValType::Vec(ty) => list.push(hash(ty)),
        ValType::Ref(ty) => list.extend([hash(&ty.nullable), hash(&ty.heap)]),
    };
    let field = |list: &mut Vec<u64>, ty: &FieldType<(bool, u32)>| {
        list.push(hash(&ty.mutable));
        match &ty.storage {
            StorageType::Val(ty) => value(list, ty),
            StorageType::Packed(ty) => list.push(hash(ty)),
        }
    };
    list.extend([
        hash(&ty.is_final),
        hash(&ty.supertype),
        hash(&ty.composite.kind()),
    ]);
    match &ty.composite {
        CompositeType::Func(ty) => {
            list.push(hash(&(ty.params.len(), ty.results.len())));
            for ty in ty.params.iter().chain(&ty.results) {
                value(list, ty);
            }
        }
        CompositeType::Struct(ty) => {
            list.push(hash(&ty.fields.len()));
            for ty in &ty.fields {
                field(list, ty);
            }
        }
        CompositeType::Array(ty) => field(list, &ty.field),
        CompositeType::Cont(ty) => list.push(hash(&ty.func)),
    }
}
