//! A logger that panics: the registry goes on working, and whatever was cut short left no
//! registration behind (F3).

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use typereg::types::{ModuleTypeIndex, SubType};
use typereg::{Engine, RegisteredType, TypeCollection};

use super::{below, collect, cycle, module, open, plain, referring, register};
use crate::support::{events_of, listen};

/// What others hold while an operation is cut short.
struct World {
    engine: Engine,
    parent: RegisteredType,
    child: RegisteredType,
    types: TypeCollection,
}

impl World {
    fn new() -> World {
        let engine = Engine::default();
        let parent = register(&engine, open(plain(0)));
        let child = register(&engine, below(parent.index(), plain(1)));
        let types = collect(&engine, "(type (array i8)) (type (func))");
        World {
            engine,
            parent,
            child,
            types,
        }
    }

    fn load(&self, types: &str) -> Box<dyn FnOnce()> {
        let (engine, module) = (self.engine.clone(), module(types));
        Box::new(move || drop(TypeCollection::new_for_module(&engine, &module)))
    }

    fn register(&self, ty: SubType) -> Box<dyn FnOnce()> {
        let engine = self.engine.clone();
        Box::new(move || drop(RegisteredType::new(&engine, ty)))
    }
}

type Operation = fn(&World) -> Box<dyn FnOnce()>;

/// Each prepares an operation; what the operation itself returns is dropped within it.
const OPERATIONS: [(&str, Operation); 13] = [
    ("a new type", |world| {
        world.register(SubType::plain(referring(&[world.child.index(); 2])))
    }),
    ("a known type", |world| {
        world.register(world.child.sub_type())
    }),
    ("a new group", |world| {
        let engine = world.engine.clone();
        Box::new(move || drop(engine.register_group(&cycle())))
    }),
    ("a new module", |world| {
        world.load("(type $a (struct (field f32))) (rec (type (array (ref $a))) (type (func)))")
    }),
    ("a known module", |world| {
        world.load("(type (func)) (type (array i8))")
    }),
    ("a module known in part", |world| {
        world.load("(type $f (func)) (type (struct (field (ref $f)))) (type (array i8))")
    }),
    ("root", |world| {
        let (engine, index) = (world.engine.clone(), world.child.index());
        Box::new(move || drop(RegisteredType::root(&engine, index)))
    }),
    ("clone", |world| {
        let handle = world.child.clone();
        Box::new(move || drop(handle.clone()))
    }),
    ("supertype", |world| {
        let handle = world.child.clone();
        Box::new(move || drop(handle.supertype()))
    }),
    ("supertypes", |world| {
        let handle = register(&world.engine, below(world.parent.index(), plain(2)));
        Box::new(move || drop(handle.supertypes()))
    }),
    ("a collection's handle", |world| {
        let types = collect(&world.engine, "(type (func))");
        Box::new(move || drop(types.registered_type(ModuleTypeIndex(0))))
    }),
    ("the last drop of a handle", |world| {
        let handle = register(&world.engine, referring(&[world.child.index()]));
        Box::new(move || drop(handle))
    }),
    ("the drop of a collection", |world| {
        let types = collect(
            &world.engine,
            "(type $a (struct (field f64))) (type (array (ref $a)))",
        );
        Box::new(move || drop(types))
    }),
];

#[test]
fn f03_a_panic_in_a_logger_leaves_no_registration_behind() {
    // What is printed of the panics below would drown the rest.
    std::panic::set_hook(Box::new(|info| {
        if !info.to_string().contains("this logger panics") {
            eprintln!("{info}");
        }
    }));
    let mut wrong = Vec::new();
    for (what, prepare) in OPERATIONS {
        let world = World::new();
        let ((), events) = events_of(prepare(&world));
        assert!(!events.is_empty(), "{what} tells nothing");
        for fatal in 0..events.len() {
            let world = World::new();
            let operation = prepare(&world);
            let left = Rc::new(Cell::new(fatal as isize));
            let countdown = Rc::clone(&left);
            let result = catch_unwind(AssertUnwindSafe(|| {
                listen(
                    move |_| {
                        let left = countdown.get();
                        countdown.set(left - 1);
                        assert_ne!(left, 0, "this logger panics");
                    },
                    operation,
                );
            }));
            assert!(result.is_err(), "{what}: event {fatal} was not told");

            // It goes on working: registering, telling, dropping.
            let (handle, told) = events_of(|| register(&world.engine, plain(30)));
            assert_eq!(told.len(), 1, "{what}");
            drop(handle);
            let World {
                engine,
                parent,
                child,
                types,
            } = world;
            let state = (parent.registrations(), child.registrations());
            let live = (engine.registry().len(), engine.registry().stats().external);
            if state != (2, 1) || live != (4, 4) {
                wrong.push(format!(
                    "{what}, event {fatal}: counts {state:?}, live {live:?}"
                ));
                // An engine that died with live types would stop the test here (clause S16).
                std::mem::forget(engine);
            }
            drop((types, child, parent));
        }
    }
    let _ = std::panic::take_hook();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
