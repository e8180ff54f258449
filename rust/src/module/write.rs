//! Groups written as a module of nothing but types: what closed types travel in.

use wasm_encoder as wasm;

use super::size;
use crate::error::Result;
use crate::limits::exceeded;
use crate::types::{
    AbsHeapType, CompositeType, FieldType, HeapType, NumType, PackedType, RefType, StorageType,
    SubType, ValType, VecType,
};

/// What a section can take beside the number of its groups.
const MOST_BYTES: u64 = u32::MAX as u64 - 5;

/// Writes groups one after the other. References are type indices of the module.
pub(crate) struct GroupWriter {
    section: wasm::TypeSection,
    /// How many more bytes there may be.
    left: u64,
}

impl GroupWriter {
    pub(crate) fn new() -> GroupWriter {
        GroupWriter {
            section: wasm::TypeSection::new(),
            left: MOST_BYTES,
        }
    }

    /// Writes a group, one of a single member in its short form. Nothing is written, and the error
    /// is `Limit` of `module_bytes`, where the section would be larger than one can be.
    pub(crate) fn group(&mut self, members: &[SubType<u32>]) -> Result<()> {
        let size = size::group(members);
        let Some(left) = self.left.checked_sub(size) else {
            let value = MOST_BYTES - self.left + size;
            return Err(exceeded("module_bytes", MOST_BYTES, value, None));
        };
        self.left = left;
        match members {
            [member] => self.section.ty().subtype(&sub_type(member)),
            members => self.section.ty().rec(members.iter().map(sub_type)),
        }
        Ok(())
    }

    /// The module; without a type section where no group was written.
    pub(crate) fn finish(self) -> Vec<u8> {
        let mut module = wasm::Module::new();
        if !self.section.is_empty() {
            module.section(&self.section);
        }
        module.finish()
    }
}

fn sub_type(ty: &SubType<u32>) -> wasm::SubType {
    wasm::SubType {
        is_final: ty.is_final,
        supertype_idxs: ty.supertype.into_iter().collect(),
        composite_type: wasm::CompositeType {
            inner: composite_type(&ty.composite),
            shared: false,
            descriptor: None,
            describes: None,
        },
    }
}

fn composite_type(ty: &CompositeType<u32>) -> wasm::CompositeInnerType {
    match ty {
        CompositeType::Func(ty) => wasm::CompositeInnerType::Func(wasm::FuncType::new(
            ty.params.iter().map(val_type),
            ty.results.iter().map(val_type),
        )),
        CompositeType::Struct(ty) => wasm::CompositeInnerType::Struct(wasm::StructType {
            fields: ty.fields.iter().map(field_type).collect(),
        }),
        CompositeType::Array(ty) => {
            wasm::CompositeInnerType::Array(wasm::ArrayType(field_type(&ty.field)))
        }
        CompositeType::Cont(ty) => wasm::CompositeInnerType::Cont(wasm::ContType(ty.func)),
    }
}

fn field_type(ty: &FieldType<u32>) -> wasm::FieldType {
    wasm::FieldType {
        element_type: match &ty.storage {
            StorageType::Val(ty) => wasm::StorageType::Val(val_type(ty)),
            StorageType::Packed(PackedType::I8) => wasm::StorageType::I8,
            StorageType::Packed(PackedType::I16) => wasm::StorageType::I16,
        },
        mutable: ty.mutable,
    }
}

fn val_type(ty: &ValType<u32>) -> wasm::ValType {
    match ty {
        ValType::Num(NumType::I32) => wasm::ValType::I32,
        ValType::Num(NumType::I64) => wasm::ValType::I64,
        ValType::Num(NumType::F32) => wasm::ValType::F32,
        ValType::Num(NumType::F64) => wasm::ValType::F64,
        ValType::Vec(VecType::V128) => wasm::ValType::V128,
        ValType::Ref(RefType { heap, nullable }) => wasm::ValType::Ref(wasm::RefType {
            nullable: *nullable,
            heap_type: match heap {
                HeapType::Abstract(heap) => wasm::HeapType::Abstract {
                    shared: false,
                    ty: abstract_heap_type(*heap),
                },
                HeapType::Concrete(index) => wasm::HeapType::Concrete(*index),
            },
        }),
    }
}

fn abstract_heap_type(heap: AbsHeapType) -> wasm::AbstractHeapType {
    match heap {
        AbsHeapType::Any => wasm::AbstractHeapType::Any,
        AbsHeapType::Eq => wasm::AbstractHeapType::Eq,
        AbsHeapType::I31 => wasm::AbstractHeapType::I31,
        AbsHeapType::Struct => wasm::AbstractHeapType::Struct,
        AbsHeapType::Array => wasm::AbstractHeapType::Array,
        AbsHeapType::None => wasm::AbstractHeapType::None,
        AbsHeapType::Func => wasm::AbstractHeapType::Func,
        AbsHeapType::NoFunc => wasm::AbstractHeapType::NoFunc,
        AbsHeapType::Extern => wasm::AbstractHeapType::Extern,
        AbsHeapType::NoExtern => wasm::AbstractHeapType::NoExtern,
        AbsHeapType::Exn => wasm::AbstractHeapType::Exn,
        AbsHeapType::NoExn => wasm::AbstractHeapType::NoExn,
        AbsHeapType::Cont => wasm::AbstractHeapType::Cont,
        AbsHeapType::NoCont => wasm::AbstractHeapType::NoCont,
    }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::Encode;

    use super::*;
    use crate::error::Error;
    use crate::types::{ArrayType, ContType, FuncType, StructType};

    fn reference(heap: HeapType<u32>, nullable: bool) -> ValType<u32> {
        ValType::Ref(RefType { heap, nullable })
    }

    /// Types in which numbers stand that take another byte than those next to them.
    fn types() -> Vec<SubType<u32>> {
        let mut types = Vec::new();
        let edges = [6, 7, 13, 14, 20, 21, 27, 28].map(|bits| 1_u32 << bits);
        let near = edges.into_iter().flat_map(|edge| [edge - 1, edge]);
        for index in near.chain([0, 1, u32::MAX]) {
            let concrete = HeapType::Concrete(index);
            let abstracted = HeapType::Abstract(AbsHeapType::Exn);
            let i8 = FieldType {
                storage: StorageType::Packed(PackedType::I8),
                mutable: true,
            };
            let field = FieldType {
                storage: reference(concrete, true).into(),
                mutable: false,
            };
            let v128 = ValType::Vec(VecType::V128);
            let params = [reference(concrete, false), reference(abstracted, true)];
            let results = [
                reference(abstracted, false),
                v128,
                ValType::Num(NumType::F64),
            ];
            let plain: [SubType<u32>; 4] = [
                SubType::plain(FuncType::new(params, results)),
                SubType::plain(StructType::new([i8, field])),
                SubType::plain(ArrayType { field: i8 }),
                SubType::plain(ContType { func: index }),
            ];
            for ty in plain {
                let open = |supertype| SubType {
                    is_final: false,
                    supertype,
                    ..ty.clone()
                };
                types.extend([ty.clone(), open(None), open(Some(index))]);
            }
        }
        let many = std::iter::repeat_n(ValType::Num(NumType::I32), 200);
        types.push(SubType::plain(FuncType::new(many, [])));
        types
    }

    #[test]
    fn g08_sizes_are_those_that_are_written() {
        let types = types();
        let mut groups: Vec<&[SubType<u32>]> = types.chunks(1).collect();
        groups.extend([&types[..], &types[..127], &types[..128], &[]]);
        for members in groups {
            let mut writer = GroupWriter::new();
            writer.group(members).expect("small");
            let mut bytes = Vec::new();
            writer.section.encode(&mut bytes);
            // Behind the section's own size and the number of its groups.
            let content = bytes.len() as u64 - 1;
            let size = size::group(members);
            let own = size::unsigned(size as u32 + 1);
            assert_eq!(size, content - own, "{members:?}");
            assert_eq!(MOST_BYTES - writer.left, size);
        }
    }

    #[test]
    fn g08_more_than_a_section_takes_is_refused_and_not_written() {
        let types = types();
        let mut writer = GroupWriter::new();
        writer.left = size::group(&types);
        writer.group(&types).expect("exactly as much");
        let refused = writer.group(&types[..1]).unwrap_err();
        let expected = Error::Limit {
            limit: "module_bytes",
            value: MOST_BYTES + size::group(&types[..1]),
            bound: MOST_BYTES,
            offset: None,
        };
        assert_eq!(refused, expected);
        assert_eq!(writer.section.len(), 1);
    }
}
