//! Who uses an engine, in debug builds: its end is where the last of them goes (clause S16).
//!
//! That is not where its memory goes. An entry that has had a handle keeps its engine, so one that
//! nobody would ever remove, for a count that was lost, would keep it for good, and nothing would be
//! noticed.

use super::engine::TypeRegistry;
use crate::sync::{Arc, OnceBox, Weak};

/// The end of a registry, which comes when nobody holds it any more.
pub(super) struct End(Weak<TypeRegistry>);

/// A user: an engine or a handle. A collection has an engine.
pub(super) type User = Arc<End>;

/// How a registry finds the end that its users hold.
#[derive(Default)]
pub(super) struct Users(OnceBox<Weak<End>>);

impl Users {
    /// The first user of a registry that was just made.
    pub(super) fn first(registry: &Arc<TypeRegistry>) -> User {
        let user = Arc::new(End(Arc::downgrade(registry)));
        registry
            .users
            .0
            .get_or_init(|| Box::new(Arc::downgrade(&user)));
        user
    }

    /// One more, made by one that there is.
    pub(super) fn another(&self) -> User {
        let end = self.0.get().and_then(|end| end.upgrade());
        end.expect("who makes another is one")
    }
}

impl Drop for End {
    fn drop(&mut self) {
        if let Some(registry) = self.0.upgrade() {
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
