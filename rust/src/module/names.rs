//! The names of types and fields, from the name section (specification appendix "Custom
//! Sections"). Names are a courtesy: a section that cannot be read gives none, and that names should
//! be in the order of what they name is not held against one. An empty name is none: it is what
//! Kotlin writes for types that it has no name for, and no identifier of the text format.

use std::collections::{BTreeMap, BTreeSet};

use once_cell::race::OnceBox;
use wasmparser::{BinaryReader, Name, NameSectionReader};

#[derive(Debug, Default)]
pub(super) struct Names {
    types: BTreeMap<u32, Box<str>>,
    fields: BTreeMap<(u32, u32), Box<str>>,
    /// The types that are called what another one is called, made when first looked at.
    shared: OnceBox<BTreeSet<u32>>,
}

impl Names {
    /// Reads a name section, or nothing at all of one that cannot be read.
    pub(super) fn read(section: BinaryReader<'_>) -> Names {
        let mut names = Names::default();
        match names.try_read(section) {
            Ok(()) => names,
            Err(_) => Names::default(),
        }
    }

    // The readers' own iterators stop at the first name that is out of order; the lists within do
    // not. Binaryen writes the names of fields in any order.
    fn try_read(&mut self, section: BinaryReader<'_>) -> wasmparser::Result<()> {
        for subsection in NameSectionReader::new(section).sections {
            match subsection? {
                Name::Type(map) => {
                    for naming in map.names {
                        let naming = naming?;
                        if !naming.name.is_empty() {
                            self.types.insert(naming.index, naming.name.into());
                        }
                    }
                }
                Name::Field(map) => {
                    for of_type in map.names {
                        let of_type = of_type?;
                        for naming in of_type.names.names {
                            let naming = naming?;
                            let key = (of_type.index, naming.index);
                            if !naming.name.is_empty() {
                                self.fields.insert(key, naming.name.into());
                            }
                        }
                    }
                }
                Name::Module { .. }
                | Name::Function(_)
                | Name::Local(_)
                | Name::Label(_)
                | Name::Table(_)
                | Name::Memory(_)
                | Name::Global(_)
                | Name::Element(_)
                | Name::Data(_)
                | Name::Tag(_)
                | Name::Parameter(_)
                | Name::TagParameter(_)
                | Name::Unknown { .. } => {}
            }
        }
        Ok(())
    }

    pub(super) fn type_name(&self, index: u32) -> Option<&str> {
        self.types.get(&index).map(|name| &**name)
    }

    /// Whether another type has the name of this one.
    pub(super) fn is_shared(&self, index: u32) -> bool {
        let shared = self.shared.get_or_init(|| {
            let mut known: BTreeMap<&str, u32> = BTreeMap::new();
            let mut shared = BTreeSet::new();
            for (&index, name) in &self.types {
                if let Some(first) = known.insert(name, index) {
                    shared.extend([first, index]);
                }
            }
            Box::new(shared)
        });
        shared.contains(&index)
    }

    pub(super) fn field_name(&self, index: u32, field: u32) -> Option<&str> {
        self.fields.get(&(index, field)).map(|name| &**name)
    }

    /// The first type called `name`, which may begin with `$`.
    pub(super) fn type_index(&self, name: &str) -> Option<u32> {
        let find = |name: &str| {
            let mut named = self.types.iter();
            named
                .find(|(_, known)| &***known == name)
                .map(|(index, _)| *index)
        };
        find(name).or_else(|| find(name.strip_prefix('$')?))
    }
}
