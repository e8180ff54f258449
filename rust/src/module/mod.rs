//! Modules: bytes or text in, types out. Decoded once, with no lock and no engine (clause G11).

mod across;
mod closed;
mod declarations;
mod decode;
mod digests;
mod extern_types;
mod externs;
mod initializers;
mod names;
mod reader;
mod refusal;
mod sections;
mod size;
mod sub_type;
mod type_section;
mod wat;
mod write;

pub use across::{equal, matches};
pub(crate) use declarations::{Declarations, FirstIds};
pub use externs::{ExportType, ImportType};
pub(crate) use externs::{NamedExport, NamedImport, NamedType};
pub(crate) use type_section::TypeSection;
pub(crate) use wat::to_wasm;
pub(crate) use write::GroupWriter;

/// What groups and types begin with in the binary format, for who writes them byte by byte.
#[cfg(feature = "python")]
pub(crate) mod opcode {
    pub(crate) use super::sub_type::{ARRAY, CONT, FUNC, STRUCT, SUB, SUB_FINAL};
    pub(crate) use super::type_section::REC;
    pub(crate) use crate::canon::REF_NULL;
}

use std::fmt;
use std::ops::Range;

use crate::canon::KeyHasher;
use crate::error::{Error, Result};
use crate::features::Features;
use crate::limits::Limits;
use crate::memory::list_of;
use crate::sync::Arc;
use crate::types::{ModuleTypeIndex, RecGroup, SubType};

/// The types of a WebAssembly module: immutable data, with nothing registered anywhere.
///
/// Cloning it is cheap and shares the data.
///
/// ```
/// use typereg::{Features, Limits, Module, types::ModuleTypeIndex};
///
/// let module = Module::from_wat(
///     "(module (type $pair (struct (field i32) (field i32))))",
///     &Limits::js_api(),
///     &Features::default(),
/// )?;
/// assert_eq!(module.type_count(), 1);
/// let pair = module.sub_type(ModuleTypeIndex(0))?.unwrap();
/// assert_eq!(pair.to_string(), "(struct (field i32) (field i32))");
/// assert_eq!(module.type_name(ModuleTypeIndex(0)), Some("pair"));
/// # Ok::<(), typereg::Error>(())
/// ```
#[derive(Clone)]
pub struct Module(Arc<ModuleData>);

/// What a module's bytes said.
struct ModuleData {
    wasm: Vec<u8>,
    types: Arc<TypeSection>,
    externs: externs::Externs,
    names: names::Names,
    usage: Usage,
    closed: closed::ClosedGroups,
}

/// How much of each limit and which features a module uses: an engine admits it by this alone.
#[derive(Debug)]
pub(crate) struct Usage {
    /// How many of everything that the per-module fields of [`Limits`] bound.
    pub(crate) most: Limits,
    pub(crate) features: Features,
}

impl Module {
    /// Decodes a module from the binary format and checks all that types decide.
    ///
    /// Checked are the type, import, function, table, memory, global, tag and export sections;
    /// code, initializers, elements and data are passed over. Linear in the size of those
    /// sections.
    ///
    /// # Errors
    ///
    /// `Decode`, `Validation`, `Limit` or `UnsupportedFeature`, each with its offset.
    pub fn new(wasm: Vec<u8>, limits: &Limits, features: &Features) -> Result<Module> {
        Module::with_hasher(wasm, limits, features, KeyHasher::new(None))
    }

    /// Translates WAT and decodes the result.
    ///
    /// # Errors
    ///
    /// Text that does not parse is `Decode`, with the offset in the text's bytes and line and
    /// column in the message; what it translates to can fail as [`Module::new`] does.
    pub fn from_wat(wat: &str, limits: &Limits, features: &Features) -> Result<Module> {
        Module::new(wat::to_wasm(wat)?, limits, features)
    }

    /// Decodes a module whose groups are interned under the given hash: an engine's own, so that
    /// a weakened one is put to the test on the whole way in (clause D4).
    pub(crate) fn with_hasher(
        wasm: Vec<u8>,
        limits: &Limits,
        features: &Features,
        hasher: KeyHasher,
    ) -> Result<Module> {
        let data = decode::decode(wasm, limits, features, hasher)?;
        Ok(Module(Arc::new(data)))
    }

    /// The module in the binary format.
    pub fn wasm(&self) -> &[u8] {
        &self.0.wasm
    }

    /// How many types the module declares.
    pub fn type_count(&self) -> u32 {
        self.0.types.type_count()
    }

    /// The type at an index, as declared: its references are module type indices. `None` where the
    /// module has no such type. Linear in the size of the type.
    ///
    /// # Errors
    ///
    /// `Limit` where there is no memory.
    pub fn sub_type(&self, index: ModuleTypeIndex) -> Result<Option<SubType>> {
        let exists = index.0 < self.type_count();
        exists.then(|| self.known_type(index.0)).transpose()
    }

    /// The same of an index that the module has.
    pub(crate) fn known_type(&self, index: u32) -> Result<SubType> {
        Ok(self.0.types.sub_type(&self.0.wasm, index, 0..0)?)
    }

    /// How many recursion groups the module declares, empty ones included.
    pub fn group_count(&self) -> u32 {
        self.0.types.declared.group_count()
    }

    /// The type indices of a group's members; `None` where there is no such group. Logarithmic in the
    /// number of groups that are not of one type.
    pub fn group_types(&self, group: u32) -> Option<Range<u32>> {
        self.0.types.declared.group(group)
    }

    /// The type indices of the group that a type belongs to.
    pub(crate) fn group_around(&self, index: u32) -> Range<u32> {
        self.0.types.declared.group_around(index)
    }

    /// A recursion group, as declared: references to its own members are by position, all
    /// others are module type indices. `None` where there is no such group. Linear in the size of
    /// the group, which is found as by [`Module::group_types`].
    ///
    /// # Errors
    ///
    /// `Limit` where there is no memory.
    pub fn rec_group(&self, group: u32) -> Result<Option<RecGroup>> {
        let Some(own) = self.group_types(group) else {
            return Ok(None);
        };
        let mut members = list_of(own.len())?;
        for index in own.clone() {
            members.push(self.0.types.sub_type(&self.0.wasm, index, own.clone())?);
        }
        Ok(Some(RecGroup::new(members)))
    }

    /// How many imports the module has.
    pub fn import_count(&self) -> usize {
        self.0.externs.imports.len()
    }

    /// An import, with its type; `None` where there is no such import. Linear in the size of the
    /// type.
    ///
    /// # Errors
    ///
    /// `Limit` where there is no memory.
    pub fn import(&self, index: usize) -> Result<Option<ImportType>> {
        let externs = &self.0.externs;
        externs.import(index, |ty| self.known_type(ty)).transpose()
    }

    /// How many exports the module has.
    pub fn export_count(&self) -> usize {
        self.0.externs.exports.len()
    }

    /// An export, with its type; `None` where there is no such export. Linear in the size of the
    /// type.
    ///
    /// # Errors
    ///
    /// `Limit` where there is no memory.
    pub fn export(&self, index: usize) -> Result<Option<ExportType>> {
        let externs = &self.0.externs;
        externs.export(index, |ty| self.known_type(ty)).transpose()
    }

    /// The imports, in order, each as [`Module::import`] gives it.
    pub fn imports(&self) -> impl Iterator<Item = Result<ImportType>> {
        (0..self.import_count()).filter_map(|index| self.import(index).transpose())
    }

    /// The exports, in order, each as [`Module::export`] gives it.
    pub fn exports(&self) -> impl Iterator<Item = Result<ExportType>> {
        (0..self.export_count()).filter_map(|index| self.export(index).transpose())
    }

    /// The imports, in order, with the types they name.
    pub(crate) fn named_imports(&self) -> impl ExactSizeIterator<Item = NamedImport<'_>> {
        self.0.externs.named_imports()
    }

    /// The exports, in order, with the types they name.
    pub(crate) fn named_exports(&self) -> Result<impl ExactSizeIterator<Item = NamedExport<'_>>> {
        self.0.externs.named_exports()
    }

    /// The type that each exception tag names, by tag index: imported tags first.
    pub fn tags(&self) -> impl ExactSizeIterator<Item = ModuleTypeIndex> {
        self.0.externs.tags.iter().copied().map(ModuleTypeIndex)
    }

    /// A type's name from the name section, without the `$` of the text format.
    pub fn type_name(&self, index: ModuleTypeIndex) -> Option<&str> {
        self.0.names.type_name(index.0)
    }

    /// The first type of this name, with or without `$`.
    pub fn type_index(&self, name: &str) -> Option<ModuleTypeIndex> {
        self.0.names.type_index(name).map(ModuleTypeIndex)
    }

    /// Whether a type's name leaves open which type is meant, as another one has it too.
    pub(crate) fn is_name_shared(&self, index: ModuleTypeIndex) -> bool {
        self.0.names.is_shared(index.0)
    }

    /// A field's name from the name section, without the `$` of the text format.
    pub fn field_name(&self, index: ModuleTypeIndex, field: u32) -> Option<&str> {
        self.0.names.field_name(index.0, field)
    }

    pub(crate) fn type_section(&self) -> &Arc<TypeSection> {
        &self.0.types
    }

    pub(crate) fn usage(&self) -> &Usage {
        &self.0.usage
    }

    /// Why `index` is no type index of this module.
    pub(crate) fn no_such_type(&self, index: u32) -> Error {
        Error::NoSuchType {
            index,
            types: self.type_count(),
        }
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module")
            .field("types", &self.type_count())
            .field("groups", &self.group_count())
            .field("imports", &self.import_count())
            .field("exports", &self.export_count())
            .finish_non_exhaustive()
    }
}
