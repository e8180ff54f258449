//! What each party brings to a run of the linker.

use std::cell::OnceCell;
use std::collections::HashMap;

use super::host;
use super::linker::Party;
use super::side::{Placed, Side};
use crate::canon::Interner;
use crate::error::Result;
use crate::memory::{list_of, reserve_map};
use crate::module::{Module, NamedExport, NamedImport};
use crate::types::ExternType;

/// All items of an iterator that knows how many there are.
fn listed<T>(items: impl ExactSizeIterator<Item = T>) -> Result<Vec<T>> {
    let mut list = list_of(items.len())?;
    list.extend(items);
    Ok(list)
}

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
            imports: listed(module.named_imports())?,
            exports: listed(module.named_exports()?)?,
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
            exports: listed(items.iter().zip(types).map(export))?,
            by_name: OnceCell::new(),
        })
    }

    /// The export of a name.
    pub(super) fn export(&self, name: &str) -> Result<Option<&NamedExport<'a>>> {
        let by_name = match self.by_name.get() {
            Some(by_name) => by_name,
            None => {
                let mut by_name = HashMap::new();
                reserve_map(&mut by_name, self.exports.len())?;
                by_name.extend(self.exports.iter().map(|export| export.name).zip(0..));
                self.by_name.get_or_init(|| by_name)
            }
        };
        Ok(by_name.get(name).map(|&place| &self.exports[place]))
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
