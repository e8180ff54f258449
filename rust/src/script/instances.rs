//! The modules that a script has defined and instantiated, and what a new one may import.

use std::collections::HashMap;

use crate::error::Result;
use crate::features::Features;
use crate::limits::Limits;
use crate::link::{LinkReport, Linker};
use crate::module::Module;

/// What the test suite's host provides (its `harness` and the specification's interpreter agree).
const SPECTEST: &str = r#"(module
  (global (export "global_i32") i32 (i32.const 666))
  (global (export "global_i64") i64 (i64.const 666))
  (global (export "global_f32") f32 (f32.const 666.6))
  (global (export "global_f64") f64 (f64.const 666.6))
  (table (export "table") 10 20 funcref)
  (table (export "table64") i64 10 20 funcref)
  (memory (export "memory") 1 2)
  (memory (export "shared_memory") 1 2 shared)
  (func (export "print"))
  (func (export "print_i32") (param i32))
  (func (export "print_i64") (param i64))
  (func (export "print_f32") (param f32))
  (func (export "print_f64") (param f64))
  (func (export "print_i32_f32") (param i32 f32))
  (func (export "print_f64_f64") (param f64 f64)))"#;

/// What stands behind a name: a module, or one that was skipped.
pub(super) type Instance = Option<Module>;

/// What a script has so far.
pub(super) struct Instances {
    named: HashMap<String, Instance>,
    last: Instance,
    definitions: HashMap<String, Instance>,
    last_definition: Instance,
    registered: HashMap<String, Instance>,
    /// Whether something has run that could have made a memory or table grow.
    pub(super) ran: bool,
}

impl Instances {
    pub(super) fn new() -> Result<Instances> {
        let host = Module::from_wat(SPECTEST, &Limits::js_api(), &Features::default())?;
        Ok(Instances {
            named: HashMap::new(),
            last: None,
            definitions: HashMap::new(),
            last_definition: None,
            registered: HashMap::from([("spectest".to_owned(), Some(host))]),
            ran: false,
        })
    }

    pub(super) fn define(&mut self, id: Option<&str>, module: Instance) {
        if let Some(id) = id {
            self.definitions.insert(id.to_owned(), module.clone());
        }
        self.last_definition = module;
    }

    /// A definition by its name, else the last one.
    pub(super) fn definition(&self, id: Option<&str>) -> Instance {
        match id {
            Some(id) => self.definitions.get(id).cloned().flatten(),
            None => self.last_definition.clone(),
        }
    }

    pub(super) fn instantiate(&mut self, id: Option<&str>, module: Instance) {
        if let Some(id) = id {
            self.named.insert(id.to_owned(), module.clone());
        }
        self.last = module;
    }

    /// Lets the instance of a name, else the last one, be imported from. `false` if it is not
    /// there.
    pub(super) fn register(&mut self, name: &str, id: Option<&str>) -> bool {
        let instance = match id {
            Some(id) => self.named.get(id).cloned().flatten(),
            None => self.last.clone(),
        };
        let is_there = instance.is_some();
        self.registered.insert(name.to_owned(), instance);
        is_there
    }

    /// Judges a module's imports; `None` where one comes from a module that was skipped.
    pub(super) fn link(&self, module: &Module) -> Result<Option<LinkReport>> {
        let mut linker = Linker::new();
        let consumer = linker.module("module", module.clone());
        // Those that it imports from, and those that they do: what is passed on has a type, too.
        let mut waiting = vec![module.clone()];
        let mut seen = HashMap::new();
        while let Some(next) = waiting.pop() {
            for import in next.named_imports() {
                if seen.insert(import.module.to_owned(), ()).is_some() {
                    continue;
                }
                match self.registered.get(import.module) {
                    Some(Some(provider)) => {
                        let party = linker.module(import.module, provider.clone());
                        linker.name(import.module, party);
                        waiting.push(provider.clone());
                    }
                    Some(None) => return Ok(None),
                    None => {}
                }
            }
        }
        linker.link(consumer).map(Some)
    }
}
