//! Types of a provider that are what was wanted, or nearly so.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::side::{Placed, Side, Sides};
use crate::canon::{Interner, KeyHasher, TypeId};
use crate::error::Result;
use crate::module::Module;
use crate::types::{CompositeType, FieldType, StorageType, SubType, ValType};

/// Groups with more attributes than this are not looked at for others that are nearly equal.
const MOST_ATTRIBUTES: usize = 1_000;

/// All types of a consumer and of a provider in one set of groups.
pub(super) struct NearTypes<'a> {
    common: Interner,
    expected: Placed<'a>,
    found: Placed<'a>,
    /// By identity: the provider's first type of it, one with a name before one without.
    equal: HashMap<TypeId, u32>,
    /// By what groups have in common that differ in one attribute: the first types of the
    /// provider's groups.
    nearly: HashMap<u64, Vec<u32>>,
}

impl<'a> NearTypes<'a> {
    /// Linear in the types of both modules.
    pub(super) fn new(expected: &'a Module, found: &'a Module) -> Result<NearTypes<'a>> {
        let mut common = Interner::new(KeyHasher::new(None));
        let expected = Placed::new(&mut common, expected, 0..expected.type_count())?;
        let found = Placed::new(&mut common, found, 0..found.type_count())?;
        let side = Side::Module(&found);
        let mut equal = HashMap::new();
        for node in 0..found.module.type_count() {
            let known = equal.entry(found.id(node)).or_insert(node);
            if side.name(*known).is_none() && side.name(node).is_some() {
                *known = node;
            }
        }
        let mut nearly: HashMap<u64, Vec<u32>> = HashMap::new();
        for group in 0..found.module.group_count() {
            let types = found.module.group_types(group).unwrap_or_default();
            if types.is_empty() {
                continue;
            }
            let attributes = attributes(side, types.start).unwrap_or_default();
            for rest in rests(&attributes) {
                nearly.entry(rest).or_default().push(types.start);
            }
        }
        Ok(NearTypes {
            common,
            expected,
            found,
            equal,
            nearly,
        })
    }

    pub(super) fn sides(&self) -> Sides<'_> {
        Sides {
            common: &self.common,
            expected: Side::Module(&self.expected),
            found: Side::Module(&self.found),
        }
    }

    /// The provider's type that is the same as one that is expected.
    pub(super) fn equal(&self, expected: u32) -> Option<u32> {
        self.equal.get(&self.expected.id(expected)).copied()
    }

    /// A type of the provider that differs from the one expected in one attribute, where the one
    /// found differs in more.
    pub(super) fn nearly_equal(&self, expected: u32, found: u32) -> Option<u32> {
        let sides = self.sides();
        let wanted = attributes(sides.expected, expected)?;
        let start = sides.expected.group(expected).start;
        if self.is_near(&wanted, found) {
            return None;
        }
        let groups = rests(&wanted).filter_map(|rest| self.nearly.get(&rest));
        let near = groups
            .flatten()
            .find(|&&group| self.is_near(&wanted, group));
        near.map(|group| group + (expected - start))
    }

    /// Whether the group of a type differs in exactly one attribute.
    fn is_near(&self, wanted: &[u64], found: u32) -> bool {
        attributes(self.sides().found, found).is_some_and(|found| {
            let differing = wanted
                .iter()
                .zip(&found)
                .filter(|(one, other)| one != other);
            wanted.len() == found.len() && differing.count() == 1
        })
    }
}

/// For each attribute, all the others in one number.
fn rests(attributes: &[u64]) -> impl Iterator<Item = u64> {
    let placed = |(position, attribute): (usize, &u64)| hash(&(position, attribute));
    let all = attributes.iter().enumerate().map(placed);
    let all = all.fold(attributes.len() as u64, u64::wrapping_add);
    let rest = move |one| all.wrapping_sub(placed(one));
    attributes.iter().enumerate().map(rest)
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The attributes of a type's whole group, each as a number; `None` where there are too many.
fn attributes(side: Side<'_>, node: u32) -> Option<Vec<u64>> {
    let group = side.group(node);
    let mut list = Vec::new();
    for member in group.clone() {
        let ty = side.sub_type(member);
        let Ok(ty) = ty.try_map(&mut |&reference| {
            // An own member by position, another type by what it is.
            Ok::<_, std::convert::Infallible>(if group.contains(&reference) {
                (true, reference - group.start)
            } else {
                (false, side.id(reference))
            })
        });
        add_attributes(&mut list, &ty);
        if list.len() > MOST_ATTRIBUTES {
            return None;
        }
    }
    Some(list)
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
