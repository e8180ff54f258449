//! What each party brings to a run of the linker.

use std::collections::HashMap;
use std::convert::Infallible;

use super::host;
use super::linker::Party;
use super::side::{Placed, Side};
use crate::canon::Interner;
use crate::error::Result;
use crate::module::{NamedExport, NamedImport};

/// What a party imports and exports, with types in a common set.
pub(super) struct Offer<'a> {
    types: Types<'a>,
    pub(super) imports: Vec<NamedImport<'a>>,
    pub(super) exports: HashMap<&'a str, NamedExport<'a>>,
}

enum Types<'a> {
    Module(Placed<'a>),
    Host,
}

impl<'a> Offer<'a> {
    pub(super) fn new(party: &'a Party, common: &mut Interner) -> Result<Offer<'a>> {
        match party {
            Party::Module(module) => {
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
                    exports: exports
                        .into_iter()
                        .map(|export| (export.name, export))
                        .collect(),
                })
            }
            Party::Host(items) => {
                let mut exports = HashMap::new();
                for (name, ty) in items {
                    let ty = host::place(common, ty)?;
                    let reexports = None;
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
                })
            }
        }
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
