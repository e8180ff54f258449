//! Clause K11, by its own words: what holds a registration of each group, against its count.

use std::collections::HashMap;
use std::convert::Infallible;

use typereg::types::{ModuleTypeIndex, SharedTypeIndex, TypeIndex};
use typereg::{Engine, Module, RegisteredType, TypeCollection};

/// A collection, and the module that it was made from.
pub(crate) type Loaded = (TypeCollection, Module);

/// The first type of each group that was declared, empty groups aside: one for each registration
/// that a collection holds.
pub(crate) fn occurrences((types, module): &Loaded) -> Vec<SharedTypeIndex> {
    let groups = (0..module.group_count()).filter_map(|group| module.group_types(group));
    let firsts = groups
        .filter(|types| !types.is_empty())
        .map(|types| types.start);
    firsts
        .filter_map(|first| types.shared_type(ModuleTypeIndex(first)))
        .collect()
}

/// Checks every live group's count: open handles, occurrences in open collections, references
/// from other live groups. Nothing else may run, and these must be all that is open.
pub(crate) fn counts_are_exact<'a>(
    engine: &Engine,
    handles: impl IntoIterator<Item = &'a RegisteredType>,
    collections: impl IntoIterator<Item = &'a Loaded>,
) {
    let mut expected: HashMap<u64, usize> = HashMap::new();
    let mut count = |index: SharedTypeIndex| *expected.entry(index.generation()).or_default() += 1;
    for handle in handles {
        count(handle.index());
    }
    let loaded = collections.into_iter().flat_map(occurrences);
    loaded.for_each(&mut count);
    let live = engine.registry().indices();
    let roots = || {
        live.iter().map(|&index| {
            let root = RegisteredType::root(engine, index).expect("own");
            root.expect("live")
        })
    };
    // Each group once, by its first member.
    for handle in roots().filter(|handle| handle.position() == 0) {
        for member in &handle.group().members {
            let Ok(_) = member.try_map(&mut |reference: &TypeIndex| {
                match reference {
                    TypeIndex::Shared(index) => count(*index),
                    TypeIndex::Rec(_) => {}
                    TypeIndex::Module(_) | TypeIndex::Def(_) => {
                        panic!("a registered type is canonical")
                    }
                }
                Ok::<_, Infallible>(())
            });
        }
    }
    for handle in roots() {
        let counted = handle.registrations() - 1; // without this root
        let index = handle.index();
        let held = expected.get(&index.generation());
        assert_eq!(Some(&counted), held, "{index:?}: {:?}", handle.sub_type());
    }
    assert_eq!(engine.registry().stats().groups, expected.len() as u64);
}
