//! The protocol that CVE-2024-47813 is a fault of, in small: the checker must find what is wrong
//! with it, or it could not be trusted where it finds nothing.

use std::sync::Arc;

use loom::sync::RwLock;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::thread;

use crate::explore::explore;

/// Types are letters here.
type Letter = char;

struct Entry {
    letter: Letter,
    slot: usize,
    count: AtomicUsize,
    removed: AtomicBool,
}

/// How the one who took a count to zero names what is to be removed.
#[derive(Clone, Copy)]
enum Removal {
    /// By its slot, with a second look at the count of whatever is there: the seed.
    BySlot,
    /// By the entry itself, with a second look at its count, and no more.
    ByEntry,
    /// By the entry itself, which remembers that it was removed: typereg.
    ByEntryOnce,
}

/// What came of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Right,
    /// The slot of a type to be removed was vacant. The seed panics there.
    Vacant,
    /// The slot that was freed was another type's by then.
    AnothersSlot,
}

struct Registry {
    removal: Removal,
    slots: RwLock<Vec<Option<Arc<Entry>>>>,
}

impl Registry {
    fn register(&self, letter: Letter) -> Arc<Entry> {
        let mut slots = self.slots.write().unwrap();
        if let Some(found) = slots.iter().flatten().find(|entry| entry.letter == letter) {
            found.count.fetch_add(1, Ordering::AcqRel);
            return Arc::clone(found);
        }
        let slot = slots.iter().position(Option::is_none).unwrap();
        let entry = Arc::new(Entry {
            letter,
            slot,
            count: AtomicUsize::new(1),
            removed: AtomicBool::new(false),
        });
        slots[slot] = Some(Arc::clone(&entry));
        entry
    }

    fn release(&self, entry: Arc<Entry>) -> Outcome {
        if entry.count.fetch_sub(1, Ordering::AcqRel) != 1 {
            return Outcome::Right;
        }
        let mut slots = self.slots.write().unwrap();
        let found = slots[entry.slot].clone();
        let judged = match self.removal {
            Removal::BySlot => match &found {
                Some(found) => found,
                None => return Outcome::Vacant,
            },
            Removal::ByEntry | Removal::ByEntryOnce => &entry,
        };
        if judged.count.load(Ordering::Acquire) != 0 {
            return Outcome::Right;
        }
        if matches!(self.removal, Removal::ByEntryOnce)
            && judged.removed.swap(true, Ordering::AcqRel)
        {
            return Outcome::Right;
        }
        slots[entry.slot] = None;
        match found {
            None => Outcome::Vacant,
            Some(found) if !Arc::ptr_eq(&found, &entry) => Outcome::AnothersSlot,
            Some(_) => Outcome::Right,
        }
    }
}

/// A type's last registration goes, while another thread registers it again, lets go of it, and
/// does the same with a second type, for which there is the slot of the first. Two threads, every
/// order; the worst outcome of each run.
fn outcomes(removal: Removal) -> Vec<Outcome> {
    let outcomes = explore(None, move || {
        let registry = Arc::new(Registry {
            removal,
            slots: RwLock::new(vec![None, None]),
        });
        let first = registry.register('a');
        let same = Arc::clone(&registry);
        let dropping = thread::spawn(move || same.release(first));
        let again = registry.register('a');
        let mut all = vec![registry.release(again)];
        let second = registry.register('b');
        all.push(registry.release(second));
        all.push(dropping.join().unwrap());
        all.into_iter().max().unwrap()
    });
    outcomes.into_iter().collect()
}

#[test]
fn test_f01_the_seed_unregisters_a_vacant_slot() {
    assert!(outcomes(Removal::BySlot).contains(&Outcome::Vacant));
}

#[test]
fn test_f01_the_seed_unregisters_another_type() {
    assert!(outcomes(Removal::BySlot).contains(&Outcome::AnothersSlot));
}

#[test]
fn test_f01_an_entry_that_does_not_remember_is_removed_twice() {
    let outcomes = outcomes(Removal::ByEntry);
    assert!(outcomes.contains(&Outcome::Vacant));
    assert!(outcomes.contains(&Outcome::AnothersSlot));
}

#[test]
fn test_f01_an_entry_that_remembers_is_removed_once() {
    assert_eq!(outcomes(Removal::ByEntryOnce), [Outcome::Right]);
}
