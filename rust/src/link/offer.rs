//! What each party brings to a run of the linker.

use std::cell::OnceCell;
use std::collections::HashMap;

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
    pub(super) exports: Vec<NamedExport<'a>>,
    /// The places of the exports, by name. Made when first asked for: not everybody provides.
    by_name: OnceCell<HashMap<&'a str, usize>>,
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

    /// What a module brings. Linear in its types, imports and exports.
    pub(super) fn of_module(common: &mut Interner, module: &'a Module) -> Result<Offer<'a>> {
        Ok(Offer {
            types: Types::Module(Placed::new(common, module)?),
            imports: module.named_imports().collect(),
            exports: module.named_exports().collect(),
            by_name: OnceCell::new(),
        })
    }

    fn of_host(common: &mut Interner, items: &'a [(String, ExternType)]) -> Result<Offer<'a>> {
        let types = host::place(common, items.iter().map(|(_, ty)| ty))?;
        let export = |((name, _), ty): (&'a (String, ExternType), _)| NamedExport {
            name,
            ty,
            reexports: None,
        };
        Ok(Offer {
            types: Types::Host,
            imports: Vec::new(),
            exports: items.iter().zip(types).map(export).collect(),
            by_name: OnceCell::new(),
        })
    }

    /// The export of a name.
    pub(super) fn export(&self, name: &str) -> Option<&NamedExport<'a>> {
        let by_name = self.by_name.get_or_init(|| {
            let names = self.exports.iter().map(|export| export.name);
            names.zip(0..).collect()
        });
        by_name.get(name).map(|&place| &self.exports[place])
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
