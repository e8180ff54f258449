//! When an engine's memory goes: with the last of its users, whichever that is. A binary of its own,
//! because it counts what the allocator gives out.

use typereg::types::{ModuleTypeIndex, StructType};
use typereg::{Engine, RegisteredType, TypeCollection};

#[path = "support/allocator.rs"]
mod allocator;

use allocator::live;

/// What keeps an engine alive.
enum User {
    Engine(Engine),
    Types(TypeCollection),
    Handle(RegisteredType),
}

impl User {
    fn engine(&self) -> &Engine {
        match self {
            User::Engine(engine) => engine,
            User::Types(types) => types.engine(),
            User::Handle(handle) => handle.engine(),
        }
    }
}

/// An engine, with users of each kind: types that only the collection keeps, handles on types of
/// the collection, on their supertypes, a copy, and a handle on a type of its own.
fn users() -> Vec<User> {
    let engine = Engine::default();
    let text = "(module
        (type $a (sub (struct)))
        (type $b (sub $a (struct (field i32))))
        (rec (type $c (struct (field (ref null $d)))) (type $d (struct (field (ref null $c))))))";
    let module = engine.decode_wat(text).expect("a valid module");
    let types = TypeCollection::new_for_module(&engine, &module).expect("it is taken");
    let handle = types
        .registered_type(ModuleTypeIndex(1))
        .expect("it is there");
    let supertype = handle.supertype().expect("there is one");
    let member = types
        .registered_type(ModuleTypeIndex(3))
        .expect("it is there");
    let own = RegisteredType::new(&engine, StructType::new([])).expect("a valid type");
    let handles = [handle.clone(), handle, supertype, member, own];
    let mut users = vec![User::Engine(engine), User::Types(types)];
    users.extend(handles.map(User::Handle));
    users
}

/// All orders of so many things, as places to take them from one after the other.
fn orders(things: usize) -> Vec<Vec<usize>> {
    let Some(fewer) = things.checked_sub(1) else {
        return vec![Vec::new()];
    };
    let behind = orders(fewer);
    let first = |place| {
        behind
            .iter()
            .map(move |rest| [&[place], &rest[..]].concat())
    };
    (0..things).flat_map(first).collect()
}

#[test]
fn s01_s07_s16_an_engines_memory_goes_with_its_last_user() {
    // What is made once for the process or the thread is made here.
    drop(users());
    let orders = orders(users().len());
    assert_eq!(orders.len(), 5040);
    for order in &orders {
        let before = live();
        let mut users = users();
        for &place in order {
            let last = users.swap_remove(place);
            for user in &users {
                assert_eq!(user.engine(), last.engine());
            }
            let types = last.engine().registry().len();
            assert_eq!(
                types == 0,
                users.is_empty() && matches!(last, User::Engine(_))
            );
            drop(last);
        }
        drop(users);
        let left = live() - before;
        assert_eq!(left, 0, "bytes are left after {order:?}");
    }
}
