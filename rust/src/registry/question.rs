//! Matching questions to an engine, about registered types and closed ones.

use std::collections::HashMap;

use super::engine::TypeRegistry;
use super::entry::Entry;
use super::inner::Inner;
use crate::canon::{Draft, Known};
use crate::closed::{Closed, DependencyOrder, refill};
use crate::error::{Error, Result};
use crate::matching::{Identity, Matchable};
use crate::memory::{push, reserve_map};
use crate::types::{DefType, Digest, Kind, TypeIndex};

/// Whether `a` matches `b`. `resolve` gives the slot of a reference that is not a closed type.
///
/// Closed types are looked up and not registered; those that are not alive here have an identity
/// all the same. Linear in both sides, and in what the closed types in them lead to.
pub(super) fn ask(
    registry: &TypeRegistry,
    a: &Matchable,
    b: &Matchable,
    resolve: impl Fn(&Inner, &TypeIndex) -> Result<u32>,
) -> Result<bool> {
    let mut closed = Vec::new();
    let (a, b) = (name(a, &mut closed)?, name(b, &mut closed)?);
    let mut order = DependencyOrder::default();
    for ty in &closed {
        order.add(ty)?;
    }
    let inner = registry.read()?;
    let question = Question::new(registry, &inner, &order)?;
    let mut identify = |named: &Named| match named {
        Named::Index(index) => Ok(Asked::Live(resolve(&inner, index)?)),
        Named::Closed(number) => Ok::<_, Error>(question.identify(Closed::of(&closed[*number]))),
    };
    let (a, b) = (a.try_map(&mut identify)?, b.try_map(&mut identify)?);
    Ok(a.matches(&question, &b))
}

/// A reference in a question, closed types apart from the others.
enum Named {
    Index(TypeIndex),
    /// By its place in a list.
    Closed(usize),
}

/// Puts the closed types of one side at the end of `closed`.
fn name(side: &Matchable, closed: &mut Vec<DefType>) -> Result<Matchable<Named>> {
    side.try_map(&mut |reference| match reference {
        TypeIndex::Def(ty) => {
            push(closed, ty.clone())?;
            Ok(Named::Closed(closed.len() - 1))
        }
        TypeIndex::Module(_) | TypeIndex::Rec(_) | TypeIndex::Shared(_) => {
            Ok(Named::Index(reference.clone()))
        }
    })
}

/// The identity of a defined type in a question.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked<'a> {
    /// A registered type, by slot.
    Live(u32),
    /// A closed type that is not registered, so that no registered type is equal to it.
    Closed(Closed<'a>),
}

struct Question<'a> {
    inner: &'a Inner,
    /// The entries of the closed groups that are alive.
    live: HashMap<Digest, &'a Entry>,
}

impl<'a> Question<'a> {
    fn new(
        registry: &TypeRegistry,
        inner: &'a Inner,
        order: &DependencyOrder<'_>,
    ) -> Result<Question<'a>> {
        let mut live: HashMap<Digest, &Entry> = HashMap::new();
        let mut draft = Draft::default();
        for group in order.groups() {
            // What refers to a type that is not alive is not alive.
            let mut all_live = true;
            refill(&mut draft, group, |child| {
                let child = &group.children()[child as usize];
                let entry = live.get(child.def_group().digest());
                all_live &= entry.is_some();
                entry.map_or(0, |entry| entry.slot(child.position()))
            })?;
            let hash = registry.hasher.hash(draft.key());
            if all_live && let Some(entry) = inner.find(draft.key(), hash) {
                reserve_map(&mut live, 1)?;
                live.insert(*group.digest(), entry);
            }
        }
        Ok(Question { inner, live })
    }

    fn identify(&self, ty: Closed<'a>) -> Asked<'a> {
        match self.live.get(ty.group.digest()) {
            Some(entry) => Asked::Live(entry.slot(ty.position)),
            None => Asked::Closed(ty),
        }
    }
}

impl<'a> Identity for Question<'a> {
    type Id = Asked<'a>;

    fn kind(&self, id: Asked<'a>) -> Kind {
        match id {
            Asked::Live(slot) => self.inner.meta(slot).kind,
            Asked::Closed(ty) => ty.member().composite.kind(),
        }
    }

    fn is_subtype(&self, a: Asked<'a>, b: Asked<'a>) -> bool {
        match (a, b) {
            (Asked::Live(a), Asked::Live(b)) => self.inner.is_subtype(a, b),
            // A registered type's ancestors are registered.
            (Asked::Live(_), Asked::Closed(_)) => false,
            (Asked::Closed(ty), _) => {
                a == b
                    || ty
                        .ancestors()
                        .any(|ancestor| match self.identify(ancestor) {
                            Asked::Live(slot) => self.is_subtype(Asked::Live(slot), b),
                            ancestor @ Asked::Closed(_) => ancestor == b,
                        })
            }
        }
    }
}
