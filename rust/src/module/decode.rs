//! A module from its bytes: the walk over its sections.

use std::ops::Range;

use wasmparser::{BinaryReader, Chunk, Encoding, Parser, Payload, WasmFeatures};

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

/// How far a walk over a module's sections has come, and what it has read.
struct Walk<'a> {
    wasm: &'a [u8],
    limits: &'a Limits,
    features: &'a Features,
    hasher: KeyHasher,
    /// The last section that has a place in the order.
    place: Place,
    types: TypeSection,
    externs: Externs,
    names: Names,
    /// How many bodies the code section promises.
    bodies: usize,
}

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
    let mut walk = Walk {
        wasm: &wasm,
        limits,
        features,
        types: TypeSection::empty(hasher.clone()),
        hasher,
        place: Place::Start,
        externs: Externs::default(),
        names: Names::default(),
        bodies: 0,
    };
    walk.sections()?;
    let Walk {
        types,
        externs,
        names,
        ..
    } = walk;
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

impl<'a> Walk<'a> {
    fn sections(&mut self) -> Result<()> {
        let mut parser = Parser::new(0);
        // What typereg does not have is refused by name further on, so the parser may read it; but
        // this proposal only shows in the bytes.
        parser.set_features(WasmFeatures::all().difference(WasmFeatures::COMPACT_IMPORTS));
        let mut at = 0;
        loop {
            // The whole input is here, so the parser never asks for more.
            let payload = match parser.parse(&self.wasm[at..], true).map_err(malformed)? {
                Chunk::NeedMoreData(_) => {
                    return Err(Error::decode(at, "unexpected end of the module"));
                }
                Chunk::Parsed { consumed, payload } => {
                    at += consumed;
                    payload
                }
            };
            if let Payload::End(_) = payload {
                return self.check_bodies(at);
            }
            let code = if let Payload::CodeSectionStart { size, .. } = payload {
                Some(size as usize)
            } else {
                None
            };
            self.section(payload, at)?;
            if let Some(code) = code {
                if self.wasm.len() - at < code {
                    let message = "unexpected end of the code section";
                    return Err(Error::decode(self.wasm.len(), message));
                }
                parser.skip_section();
                at += code;
            }
        }
    }

    // wasmparser keeps `Payload` open, and its features decide what is in it: the rest are sections
    // of components, which the version has ruled out by then.
    #[allow(clippy::wildcard_enum_match_arm)]
    fn section(&mut self, payload: Payload<'a>, at: usize) -> Result<()> {
        match payload {
            Payload::Version {
                encoding, range, ..
            } => match encoding {
                Encoding::Module => Ok(()),
                Encoding::Component => Err(Error::UnsupportedFeature {
                    feature: Feature::Components,
                    offset: Some(offset(range.start)),
                }),
            },
            Payload::TypeSection(section) => {
                self.enter(Place::Type, section.range().start)?;
                self.read_types(section.range())
            }
            Payload::ImportSection(section) => {
                self.enter(Place::Import, section.range().start)?;
                self.reader().imports(section)
            }
            Payload::FunctionSection(section) => {
                self.enter(Place::Function, section.range().start)?;
                self.reader().entities(section, ExternReader::func)
            }
            Payload::TableSection(section) => {
                self.enter(Place::Table, section.range().start)?;
                self.reader().entities(section, ExternReader::table)
            }
            Payload::MemorySection(section) => {
                self.enter(Place::Memory, section.range().start)?;
                self.reader().entities(section, ExternReader::memory)
            }
            Payload::TagSection(section) => {
                self.enter(Place::Tag, section.range().start)?;
                self.reader().entities(section, ExternReader::tag)
            }
            Payload::GlobalSection(section) => {
                self.enter(Place::Global, section.range().start)?;
                self.reader().entities(section, ExternReader::global)
            }
            Payload::ExportSection(section) => {
                self.enter(Place::Export, section.range().start)?;
                self.reader().exports(section)
            }
            Payload::StartSection { range, .. } => self.enter(Place::StartFunction, range.start),
            Payload::ElementSection(section) => self.enter(Place::Element, section.range().start),
            Payload::DataCountSection { range, .. } => self.enter(Place::DataCount, range.start),
            Payload::CodeSectionStart {
                count,
                unchecked_range,
                ..
            } => {
                self.bodies = count as usize;
                self.enter(Place::Code, unchecked_range.start)
            }
            Payload::DataSection(section) => self.enter(Place::Data, section.range().start),
            Payload::CustomSection(section) => {
                if section.name() == "name" {
                    let data = BinaryReader::new(section.data(), section.data_offset());
                    self.names = Names::read(data);
                }
                Ok(())
            }
            Payload::UnknownSection { id, range, .. } => {
                let message = format!("unknown section {id}");
                Err(Error::decode(offset(range.start), message))
            }
            other => {
                let message = format!("unexpected in a module: {other:?}");
                Err(Error::decode(at, message))
            }
        }
    }

    /// Takes note of a section, which must be behind the last one in the order.
    fn enter(&mut self, section: Place, at: u64) -> Result<()> {
        if section <= self.place {
            let message = format!("the section {section:?} is repeated or out of order");
            return Err(Error::decode(offset(at), message));
        }
        self.place = section;
        Ok(())
    }

    fn read_types(&mut self, range: Range<u64>) -> Result<()> {
        let [start, end] = [range.start, range.end].map(offset);
        let bytes = &self.wasm[start..end];
        let hasher = self.hasher.clone();
        self.types = TypeSection::decode(bytes, start, self.limits, self.features, hasher)?;
        Ok(())
    }

    fn reader(&mut self) -> ExternReader<'_> {
        ExternReader {
            wasm: self.wasm,
            types: &self.types,
            externs: &mut self.externs,
            limits: self.limits,
            features: self.features,
        }
    }

    /// Checks, at the module's end, that each function that is not imported has a body.
    fn check_bodies(&self, end: usize) -> Result<()> {
        let functions = self.externs.funcs.len() - self.externs.imported_funcs;
        let bodies = self.bodies;
        if functions == bodies {
            return Ok(());
        }
        let message = format!("{functions} functions are declared, and {bodies} have bodies");
        Err(Error::decode(end, message))
    }
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
