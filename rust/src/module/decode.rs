//! A module from its bytes: the walk over its sections.

use wasmparser::{Chunk, Encoding, Parser, Payload, WasmFeatures};

use super::closed::ClosedGroups;
use super::externs::Externs;
use super::names::Names;
use super::refusal::{malformed, offset};
use super::sections::ExternReader;
use super::type_section::TypeSection;
use super::{ModuleData, Usage};
use crate::canon::KeyHasher;
use crate::error::{Error, Result};
use crate::features::{Feature, Features};
use crate::limits::Limits;
use crate::sync::Arc;

/// The sections in the order in which they must appear, each at most once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Start,
    Type,
    Import,
    Function,
    Table,
    Memory,
    Tag,
    Global,
    Export,
    StartFunction,
    Element,
    DataCount,
    Code,
    Data,
}

// wasmparser keeps `Payload` open, and its features decide what is in it: the rest are sections of
// components, which the version has ruled out by then.
#[allow(clippy::wildcard_enum_match_arm)]
pub(super) fn decode(
    wasm: Vec<u8>,
    limits: &Limits,
    features: &Features,
    hasher: KeyHasher,
) -> Result<ModuleData> {
    if !wasm.starts_with(b"\0asm") {
        let message = "not a WebAssembly module; expected the bytes `\\0asm`";
        return Err(Error::decode(0, message));
    }
    let mut types = TypeSection::empty(hasher.clone());
    let mut externs = Externs::default();
    let mut names = Names::default();
    let mut place = Place::Start;
    let mut bodies = 0;

    let mut parser = Parser::new(0);
    // What typereg does not have is refused by name further on, so the parser may read it; but
    // this proposal only shows in the bytes.
    parser.set_features(WasmFeatures::all().difference(WasmFeatures::COMPACT_IMPORTS));
    let mut at = 0;
    loop {
        // The whole input is here, so the parser never asks for more.
        let payload = match parser.parse(&wasm[at..], true).map_err(malformed)? {
            Chunk::NeedMoreData(_) => {
                return Err(Error::decode(at, "unexpected end of the module"));
            }
            Chunk::Parsed { consumed, payload } => {
                at += consumed;
                payload
            }
        };
        let mut enter = |section: Place, at| {
            if section <= place {
                let message = format!("the section {section:?} is repeated or out of order");
                return Err(Error::decode(offset(at), message));
            }
            place = section;
            Ok(())
        };
        let mut reader = ExternReader {
            wasm: &wasm,
            types: &types,
            externs: &mut externs,
            limits,
            features,
        };
        match payload {
            Payload::Version {
                encoding, range, ..
            } => {
                if encoding == Encoding::Component {
                    return Err(Error::UnsupportedFeature {
                        feature: Feature::Components,
                        offset: Some(offset(range.start)),
                    });
                }
            }
            Payload::TypeSection(section) => {
                let range = section.range();
                enter(Place::Type, range.start)?;
                let bytes = &wasm[offset(range.start)..offset(range.end)];
                let base = offset(range.start);
                types = TypeSection::decode(bytes, base, limits, features, hasher.clone())?;
            }
            Payload::ImportSection(section) => {
                enter(Place::Import, section.range().start)?;
                reader.imports(section)?;
            }
            Payload::FunctionSection(section) => {
                enter(Place::Function, section.range().start)?;
                reader.entities(section, ExternReader::func)?;
            }
            Payload::TableSection(section) => {
                enter(Place::Table, section.range().start)?;
                reader.entities(section, ExternReader::table)?;
            }
            Payload::MemorySection(section) => {
                enter(Place::Memory, section.range().start)?;
                reader.entities(section, ExternReader::memory)?;
            }
            Payload::TagSection(section) => {
                enter(Place::Tag, section.range().start)?;
                reader.entities(section, ExternReader::tag)?;
            }
            Payload::GlobalSection(section) => {
                enter(Place::Global, section.range().start)?;
                reader.entities(section, ExternReader::global)?;
            }
            Payload::ExportSection(section) => {
                enter(Place::Export, section.range().start)?;
                reader.exports(section)?;
            }
            Payload::StartSection { range, .. } => enter(Place::StartFunction, range.start)?,
            Payload::ElementSection(section) => enter(Place::Element, section.range().start)?,
            Payload::DataCountSection { range, .. } => enter(Place::DataCount, range.start)?,
            Payload::CodeSectionStart {
                count,
                unchecked_range,
                size,
            } => {
                enter(Place::Code, unchecked_range.start)?;
                bodies = count as usize;
                if at + size as usize > wasm.len() {
                    return Err(Error::decode(
                        wasm.len(),
                        "unexpected end of the code section",
                    ));
                }
                parser.skip_section();
                at += size as usize;
            }
            Payload::DataSection(section) => enter(Place::Data, section.range().start)?,
            Payload::CustomSection(section) => {
                if section.name() == "name" {
                    let data = wasmparser::BinaryReader::new(section.data(), section.data_offset());
                    names = Names::read(data);
                }
            }
            Payload::UnknownSection { id, range, .. } => {
                let message = format!("unknown section {id}");
                return Err(Error::decode(offset(range.start), message));
            }
            Payload::End(_) => break,
            other => {
                let message = format!("unexpected in a module: {other:?}");
                return Err(Error::decode(at, message));
            }
        }
    }
    let functions = externs.funcs.len() - externs.imported_funcs;
    if functions != bodies {
        let message = format!("{functions} functions are declared, and {bodies} have bodies");
        return Err(Error::decode(at, message));
    }
    let usage = usage(&types, &externs);
    Ok(ModuleData {
        wasm,
        types: Arc::new(types),
        externs,
        names,
        usage,
        closed: ClosedGroups::default(),
    })
}

/// What the module holds of everything that limits bound.
fn usage(types: &TypeSection, externs: &Externs) -> Usage {
    let most = Limits {
        types: types.type_count(),
        groups: types.declared.group_count(),
        group_size: types.largest_group,
        params: types.seen.params,
        results: types.seen.results,
        fields: types.seen.fields,
        depth: types.deepest,
        imports: externs.imports.len() as u32,
        exports: externs.exports.len() as u32,
        functions: externs.funcs.len() as u32,
        tables: externs.tables.len() as u32,
        memories: externs.memories.len() as u32,
        globals: externs.globals.len() as u32,
        tags: externs.tags.len() as u32,
        ..Limits::spec()
    };
    let features = Features {
        stack_switching: types.seen.cont || externs.needed.stack_switching,
        custom_page_sizes: externs.needed.custom_page_sizes,
    };
    Usage { most, features }
}
