//! Who uses an engine, in debug builds: its end is where the last of them goes (clause S16).
//!
//! That is not where its memory goes. An entry that has had a handle keeps its engine, so one that
//! nobody would ever remove, for a count that was lost, would keep it for good, and nothing would be
//! noticed.

use super::engine::TypeRegistry;
use crate::sync::statics::{AtomicU64, Ordering};
use crate::sync::{Arc, Weak};

/// How many users a registry has. No model explores it: it orders nothing, as whoever takes it to
/// zero takes the registry's lock then.
pub(super) type Users = AtomicU64;

/// A user: part of an engine or a handle. A collection has an engine.
pub(super) struct User(Weak<TypeRegistry>);

impl User {
    pub(super) fn of(registry: &Arc<TypeRegistry>) -> User {
        registry.users.fetch_add(1, Ordering::Relaxed);
        User(Arc::downgrade(registry))
    }
}

impl Drop for User {
    fn drop(&mut self) {
        if let Some(registry) = self.0.upgrade()
            && registry.users.fetch_sub(1, Ordering::AcqRel) == 1
        {
            registry.assert_empty();
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::super::{Engine, RegisteredType};
    use crate::types::StructType;

    #[test]
    #[should_panic(expected = "the registry died with live groups")]
    fn test_s16_a_count_that_was_lost_is_noticed_where_the_last_handle_goes() {
        let engine = Engine::default();
        let handle = RegisteredType::new(&engine, StructType::new([])).expect("valid");
        handle.entry.incref();
        drop(engine);
        drop(handle);
    }
}
