//! Bounds on one module or group, and quotas on what is alive in an engine (clauses G4, G9).

use crate::error::Error;

/// How much a module, a group or an engine may hold.
///
/// The fields up to `tags` bound what one module or one group declares; the `live_` fields are
/// quotas on everything alive in an engine, with `None` for no bound. A hit needs no room.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Types in a module.
    pub types: u32,
    /// Recursion groups in a module.
    pub groups: u32,
    /// Types in one recursion group.
    pub group_size: u32,
    /// Parameters of a function type.
    pub params: u32,
    /// Results of a function type.
    pub results: u32,
    /// Fields of a structure type.
    pub fields: u32,
    /// Depth of the hierarchy of declared subtypes: never more than [`Limits::MAX_DEPTH`].
    pub depth: u32,
    /// Imports of a module.
    pub imports: u32,
    /// Exports of a module.
    pub exports: u32,
    /// Functions of a module, imported ones included.
    pub functions: u32,
    /// Tables of a module, imported ones included.
    pub tables: u32,
    /// Memories of a module, imported ones included.
    pub memories: u32,
    /// Globals of a module, imported ones included.
    pub globals: u32,
    /// Tags of a module, imported ones included.
    pub tags: u32,
    /// Types alive in an engine.
    pub live_types: Option<u64>,
    /// Recursion groups alive in an engine.
    pub live_groups: Option<u64>,
    /// Bytes that an engine's registry spends on live types (see `Stats::bytes`).
    pub live_bytes: Option<u64>,
}

impl Limits {
    /// The greatest depth of declared subtyping in every profile: a type without a supertype has
    /// depth 0, so a chain may have 64 types.
    pub const MAX_DEPTH: u32 = 63;

    /// The limits of the WebAssembly JavaScript API ("Implementation-defined Limits"); the
    /// default.
    pub fn js_api() -> Limits {
        Limits {
            types: 1_000_000,
            groups: 1_000_000,
            group_size: 1_000_000,
            params: 1_000,
            results: 1_000,
            fields: 10_000,
            depth: Self::MAX_DEPTH,
            imports: 1_000_000,
            exports: 1_000_000,
            functions: 1_000_000,
            tables: 100_000,
            memories: 100,
            globals: 1_000_000,
            tags: 1_000_000,
            live_types: None,
            live_groups: None,
            live_bytes: None,
        }
    }

    /// The specification's own limits: what a `u32` counts.
    pub fn spec() -> Limits {
        Limits {
            types: u32::MAX,
            groups: u32::MAX,
            group_size: u32::MAX,
            params: u32::MAX,
            results: u32::MAX,
            fields: u32::MAX,
            depth: Self::MAX_DEPTH,
            imports: u32::MAX,
            exports: u32::MAX,
            functions: u32::MAX,
            tables: u32::MAX,
            memories: u32::MAX,
            globals: u32::MAX,
            tags: u32::MAX,
            live_types: None,
            live_groups: None,
            live_bytes: None,
        }
    }
}

impl Limits {
    /// Checks that a module which holds `most` of each is within these limits.
    pub(crate) fn admit(&self, most: &Limits) -> Result<(), Error> {
        for (limit, bound, value) in [
            ("types", self.types, most.types),
            ("groups", self.groups, most.groups),
            ("group_size", self.group_size, most.group_size),
            ("params", self.params, most.params),
            ("results", self.results, most.results),
            ("fields", self.fields, most.fields),
            ("depth", self.depth, most.depth),
            ("imports", self.imports, most.imports),
            ("exports", self.exports, most.exports),
            ("functions", self.functions, most.functions),
            ("tables", self.tables, most.tables),
            ("memories", self.memories, most.memories),
            ("globals", self.globals, most.globals),
            ("tags", self.tags, most.tags),
        ] {
            check(limit, bound, u64::from(value), None)?;
        }
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits::js_api()
    }
}

/// Refuses `value` where it is more than `bound`.
#[inline]
pub(crate) fn check(
    limit: &'static str,
    bound: u32,
    value: u64,
    offset: Option<usize>,
) -> Result<(), Error> {
    if value <= u64::from(bound) {
        return Ok(());
    }
    Err(exceeded(limit, u64::from(bound), value, offset))
}

#[cold]
pub(crate) fn exceeded(
    limit: &'static str,
    bound: u64,
    value: u64,
    offset: Option<usize>,
) -> Error {
    Error::Limit {
        limit,
        value,
        bound,
        offset,
    }
}
