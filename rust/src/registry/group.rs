//! Registering a group built by hand (clauses S5, G6).

use super::creation::NewGroup;
use super::dependencies::Dependencies;
use super::engine::{Engine, TypeRegistry};
use super::entry::Entry;
use super::events::{Journal, Operation};
use super::inner::Inner;
use super::registered_type::RegisteredType;
use crate::canon::{Descent, Draft, KeyRef, encode_group, own_member};
use crate::error::{Error, Result};
use crate::matching::{Origin, check_shape, validate};
use crate::memory::{list_of, push};
use crate::sync::Ordering;
use crate::types::{DefType, RecGroup, SharedTypeIndex, TypeIndex};

/// A group with its key, and the registered types that the key refers to.
struct Canonical<'a> {
    group: &'a RecGroup,
    draft: Draft,
    targets: Vec<SharedTypeIndex>,
    /// Closed types that have no slot yet: the key has zeros in their place.
    closed: Vec<DefType>,
}

/// Where a group-relative reference may stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OwnReferences {
    /// In a group that is registered as one.
    Allowed,
    /// A single type must refer to registered types only (clause S5).
    Refused,
}

impl Engine {
    /// Registers a recursion group built by hand and returns a handle for each member.
    ///
    /// References are to registered types of this engine, to closed types or, by position, to the
    /// group's own members. Takes as many registrations as the group has members (clause K3); the
    /// groups that closed types lead to are registered first, and then kept by references alone
    /// (clause K12). Linear in the size of the group, and of what closed types lead to.
    ///
    /// # Errors
    ///
    /// `NotCanonical` for a module's type index, `ForeignEngine`, `StaleIndex`, `Validation`,
    /// `Limit`, `UnsupportedFeature` and `Forked`; nothing is registered then.
    pub fn register_group(&self, group: &RecGroup) -> Result<Vec<RegisteredType>> {
        register(self, group, OwnReferences::Allowed)
    }
}

pub(super) fn register(
    engine: &Engine,
    group: &RecGroup,
    own: OwnReferences,
) -> Result<Vec<RegisteredType>> {
    let registry = engine.registry();
    let members = group.members.len();
    check_shape(group, &registry.limits, &registry.features)?;
    if members == 0 {
        return Ok(Vec::new());
    }
    let mut canonical = canonicalize(registry, group, own, None)?;
    let mut handles = list_of(members)?;

    let mut journal = registry.journal();
    let mut handle_all = |entry: Entry| {
        let handle = |position| RegisteredType::from_parts(engine, entry.clone(), position);
        handles.extend((0..members as u32).map(handle));
    };
    if canonical.closed.is_empty() {
        handle_all(count(registry, &mut canonical, members, &mut journal)?);
    } else {
        let dependencies = Dependencies::register(registry, &canonical.closed, &mut journal)?;
        let entry = canonicalize(registry, group, own, Some(&dependencies))
            .and_then(|mut canonical| count(registry, &mut canonical, members, &mut journal));
        match entry {
            Ok(entry) => {
                handle_all(entry);
                dependencies.done(&mut journal);
            }
            Err(error) => {
                dependencies.undo(&mut journal);
                return Err(error);
            }
        }
    }
    // Only now: should a logger panic, the registrations already have owners to take them back.
    drop(journal);
    Ok(handles)
}

/// Takes the registrations of a call (clause K3), creating the group where it is not known.
fn count(
    registry: &TypeRegistry,
    group: &mut Canonical<'_>,
    members: usize,
    journal: &mut Journal<'_>,
) -> Result<Entry> {
    match find(registry, group, members, journal)? {
        Some(entry) => Ok(entry),
        None => find_or_create(registry, group, members, journal),
    }
}

/// Writes the group's key; references are checked but for being live. Closed types are those that
/// were registered for it, or are put aside where none were.
fn canonicalize<'a>(
    registry: &TypeRegistry,
    group: &'a RecGroup,
    own: OwnReferences,
    dependencies: Option<&Dependencies<'_>>,
) -> Result<Canonical<'a>> {
    let members = group.members.len() as u32;
    let mut draft = Draft::default();
    let mut targets = Vec::new();
    let mut closed = Vec::new();
    let mut target = |index: SharedTypeIndex| {
        push(&mut targets, index)?;
        Ok(KeyRef::Outer(index.slot))
    };
    encode_group(&mut draft, group, &mut |reference| match reference {
        TypeIndex::Shared(index) => target(registry.own(*index)?),
        TypeIndex::Rec(index) if own == OwnReferences::Allowed => own_member(*index, members),
        TypeIndex::Def(ty) => match dependencies {
            Some(dependencies) => target(dependencies.index_of(ty)),
            None => {
                push(&mut closed, ty.clone())?;
                Ok(KeyRef::Outer(0))
            }
        },
        TypeIndex::Rec(_) | TypeIndex::Module(_) => Err(Error::NotCanonical {
            index: reference.clone(),
            expected: match own {
                OwnReferences::Allowed => {
                    "a shared type index, a closed type, or an index relative to the group"
                }
                OwnReferences::Refused => "a shared type index or a closed type",
            },
            place: None,
        }),
    })?;
    Ok(Canonical {
        group,
        draft,
        targets,
        closed,
    })
}

/// Looks the group up under the read lock, and counts it there if it is known.
fn find(
    registry: &TypeRegistry,
    group: &Canonical<'_>,
    members: usize,
    journal: &mut Journal<'_>,
) -> Result<Option<Entry>> {
    let hash = registry.hasher.hash(group.draft.key());
    let inner = registry.read()?;
    check_live(&inner, group)?;
    let entry = inner.find(group.draft.key(), hash).cloned();
    if let Some(entry) = &entry {
        hit(registry, entry, members, journal);
    }
    Ok(entry)
}

/// Does the same under the write lock, and creates what is not there.
fn find_or_create(
    registry: &TypeRegistry,
    group: &mut Canonical<'_>,
    members: usize,
    journal: &mut Journal<'_>,
) -> Result<Entry> {
    let hash = registry.hasher.hash(group.draft.key());
    let mut inner = registry.write()?;
    // Between the locks anything may have happened.
    check_live(&inner, group)?;
    if let Some(entry) = inner.find(group.draft.key(), hash).cloned() {
        hit(registry, &entry, members, journal);
        return Ok(entry);
    }
    let mut descent = Descent::default();
    validate(
        &group.draft,
        &*inner,
        registry.limits.depth,
        &Origin::BY_HAND,
        &mut descent,
    )?;
    group.draft.descend(&descent);
    let new = NewGroup {
        shape: group.draft.shape(),
        hash,
        unseen: inner.next_generation,
    };
    let slot = inner.create(&new, &registry.limits, journal)?;
    let entry = inner.entry(slot).clone();
    registry.misses.fetch_add(1, Ordering::Relaxed);
    count_handles(&entry, members, journal);
    Ok(entry)
}

fn hit(registry: &TypeRegistry, entry: &Entry, members: usize, journal: &mut Journal<'_>) {
    registry.hits.fetch_add(1, Ordering::Relaxed);
    journal.note(Operation::Hit, entry, entry.incref(), "group registered");
    count_handles(entry, members, journal);
}

/// The first handle of a group is counted by its creation or hit (clause K3).
fn count_handles(entry: &Entry, members: usize, journal: &mut Journal<'_>) {
    for _ in 1..members {
        journal.note(
            Operation::Incref,
            entry,
            entry.incref(),
            "handle of a member",
        );
    }
}

fn check_live(inner: &Inner, group: &Canonical<'_>) -> Result<()> {
    for &index in &group.targets {
        if inner.live(index).is_none() {
            let stale = TypeIndex::Shared(index);
            let place = group.group.place_of(|reference| *reference == stale);
            return Err(Error::StaleIndex { index, place });
        }
    }
    Ok(())
}

impl TypeRegistry {
    /// Takes a registration away; the last one removes the group. Does nothing where the registry
    /// is lost in a fork (clause P9).
    #[inline]
    pub(super) fn release(&self, entry: &Entry, reason: &'static str) {
        if self.is_lost() {
            return;
        }
        let mut journal = self.journal();
        let count = entry.decref();
        journal.note(Operation::Decref, entry, count, reason);
        if count == 0 {
            self.remove_if_dead(entry, &mut journal);
        }
    }

    #[inline(never)]
    fn remove_if_dead(&self, entry: &Entry, journal: &mut Journal<'_>) {
        if let Ok(mut inner) = self.write() {
            inner.remove_entry_if_dead(entry, journal);
        }
    }
}
