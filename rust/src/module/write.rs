//! Groups written as a module of nothing but types: what closed types travel in.

use wasm_encoder as wasm;

use crate::types::{
    AbsHeapType, CompositeType, FieldType, HeapType, NumType, PackedType, RefType, StorageType,
    SubType, ValType, VecType,
};

/// Writes groups one after the other. References are type indices of the module.
#[derive(Default)]
pub(crate) struct GroupWriter {
    section: wasm::TypeSection,
}

impl GroupWriter {
    /// Writes a group, one of a single member in its short form.
    pub(crate) fn group(&mut self, members: &[SubType<u32>]) {
        match members {
            [member] => self.section.ty().subtype(&sub_type(member)),
            members => self.section.ty().rec(members.iter().map(sub_type)),
        }
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
