//! What each party brings to a run of the linker.

use std::collections::HashMap;
use std::convert::Infallible;

use super::host;
use super::linker::Party;
use super::side::{Placed, Side};
use crate::canon::Interner;
use crate::error::Result;
use crate::module::{Module, NamedExport, NamedImport};
use crate::types::ExternType;

/// What a party imports and exports, with types in a common set.
pub(super) struct Offer<'a> {
    types: Types<'a>,
    pub(super) imports: Vec<NamedImport<'a>>,
    pub(super) exports: HashMap<&'a str, NamedExport<'a>>,
    /// The names of the exports, in order.
    pub(super) export_order: Vec<&'a str>,
}

enum Types<'a> {
    Module(Placed<'a>),
    Host,
}

impl<'a> Offer<'a> {
    pub(super) fn new(party: &'a Party, common: &mut Interner) -> Result<Offer<'a>> {
        match party {
            Party::Module(module) => Offer::of_module(common, module),
            Party::Host(items) => Offer::of_host(common, items),
        }
    }

    /// What a module brings. Linear in the size of the types that its imports and exports lead to.
    pub(super) fn of_module(common: &mut Interner, module: &'a Module) -> Result<Offer<'a>> {
        let imports: Vec<_> = module.named_imports().collect();
        let exports: Vec<_> = module.named_exports().collect();
        let types = imports.iter().map(|import| &import.ty);
        let types = types.chain(exports.iter().map(|export| &export.ty));
        let mut roots = Vec::new();
        for ty in types {
            let Ok(_) = ty.try_map_named(&mut |&node| {
                roots.push(node);
                Ok::<_, Infallible>(())
            });
        }
        Ok(Offer {
            types: Types::Module(Placed::new(common, module, roots.into_iter())?),
            imports,
            export_order: exports.iter().map(|export| export.name).collect(),
            exports: exports
                .into_iter()
                .map(|export| (export.name, export))
                .collect(),
        })
    }

    fn of_host(common: &mut Interner, items: &'a [(String, ExternType)]) -> Result<Offer<'a>> {
        let mut exports = HashMap::new();
        let mut export_order = Vec::new();
        let types = host::place(common, items.iter().map(|(_, ty)| ty))?;
        for ((name, _), ty) in items.iter().zip(types) {
            let reexports = None;
            export_order.push(&**name);
            exports.insert(
                &**name,
                NamedExport {
                    name,
                    ty,
                    reexports,
                },
            );
        }
        Ok(Offer {
            types: Types::Host,
            imports: Vec::new(),
            exports,
            export_order,
        })
    }

    /// Its types as a side of a comparison.
    pub(super) fn side<'b>(&'b self, common: &'b Interner) -> Side<'b>
    where
        'a: 'b,
    {
        match &self.types {
            Types::Module(placed) => Side::Module(placed),
            Types::Host => Side::Host(common),
        }
    }
}
