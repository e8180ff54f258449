//! A type section as wasmparser reads it, in typereg's types: what a module's types are held
//! against.

use typereg::types::{
    AbsHeapType, ArrayType, CompositeType, ContType, FieldType, FuncType, HeapType,
    ModuleTypeIndex, NumType, PackedType, RecGroup, RecIndex, RefType, StorageType, StructType,
    SubType, TypeIndex, ValType, VecType,
};
use wasmparser::{AbstractHeapType, CompositeInnerType, Parser, Payload, UnpackedIndex};

/// The groups of a module. References to a group's own members are by position.
pub(crate) fn rec_groups(wasm: &[u8]) -> Vec<RecGroup> {
    let mut groups = Vec::new();
    let mut first = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::TypeSection(section) = payload.expect("valid") {
            for group in section {
                let group = group.expect("valid");
                let size = group.types().len() as u32;
                let reading = Reading { first, size };
                groups.push(RecGroup::new(group.types().map(|ty| reading.sub_type(ty))));
                first += size;
            }
        }
    }
    groups
}

struct Reading {
    first: u32,
    size: u32,
}

impl Reading {
    fn index(&self, index: UnpackedIndex) -> TypeIndex {
        let UnpackedIndex::Module(index) = index else {
            panic!("bytes hold module indices only")
        };
        match index.checked_sub(self.first) {
            Some(position) if position < self.size => RecIndex(position).into(),
            Some(_) | None => ModuleTypeIndex(index).into(),
        }
    }

    fn sub_type(&self, ty: &wasmparser::SubType) -> SubType {
        let composite = match &ty.composite_type.inner {
            CompositeInnerType::Func(ty) => {
                let list = |list: &[wasmparser::ValType]| -> Vec<ValType> {
                    list.iter().map(|&ty| self.value(ty)).collect()
                };
                FuncType::new(list(ty.params()), list(ty.results())).into()
            }
            CompositeInnerType::Struct(ty) => {
                StructType::new(ty.fields.iter().map(|field| self.field(field))).into()
            }
            CompositeInnerType::Array(ty) => CompositeType::Array(ArrayType {
                field: self.field(&ty.0),
            }),
            CompositeInnerType::Cont(ty) => CompositeType::Cont(ContType {
                func: self.index(ty.0.unpack()),
            }),
        };
        SubType {
            composite,
            supertype: ty
                .supertype_idxs
                .first()
                .map(|index| self.index(index.unpack())),
            is_final: ty.is_final,
        }
    }

    fn field(&self, field: &wasmparser::FieldType) -> FieldType {
        FieldType {
            storage: match field.element_type {
                wasmparser::StorageType::I8 => PackedType::I8.into(),
                wasmparser::StorageType::I16 => PackedType::I16.into(),
                wasmparser::StorageType::Val(ty) => StorageType::Val(self.value(ty)),
            },
            mutable: field.mutable,
        }
    }

    fn value(&self, ty: wasmparser::ValType) -> ValType {
        match ty {
            wasmparser::ValType::I32 => NumType::I32.into(),
            wasmparser::ValType::I64 => NumType::I64.into(),
            wasmparser::ValType::F32 => NumType::F32.into(),
            wasmparser::ValType::F64 => NumType::F64.into(),
            wasmparser::ValType::V128 => VecType::V128.into(),
            wasmparser::ValType::Ref(ty) => ValType::Ref(RefType {
                heap: match ty.heap_type() {
                    wasmparser::HeapType::Abstract { ty, .. } => abstract_heap(ty).into(),
                    wasmparser::HeapType::Concrete(index) => HeapType::Concrete(self.index(index)),
                    wasmparser::HeapType::Exact(_) => panic!("exact references are not valid"),
                },
                nullable: ty.is_nullable(),
            }),
        }
    }
}

fn abstract_heap(ty: AbstractHeapType) -> AbsHeapType {
    match ty {
        AbstractHeapType::Any => AbsHeapType::Any,
        AbstractHeapType::Eq => AbsHeapType::Eq,
        AbstractHeapType::I31 => AbsHeapType::I31,
        AbstractHeapType::Struct => AbsHeapType::Struct,
        AbstractHeapType::Array => AbsHeapType::Array,
        AbstractHeapType::None => AbsHeapType::None,
        AbstractHeapType::Func => AbsHeapType::Func,
        AbstractHeapType::NoFunc => AbsHeapType::NoFunc,
        AbstractHeapType::Extern => AbsHeapType::Extern,
        AbstractHeapType::NoExtern => AbsHeapType::NoExtern,
        AbstractHeapType::Exn => AbsHeapType::Exn,
        AbstractHeapType::NoExn => AbsHeapType::NoExn,
        AbstractHeapType::Cont => AbsHeapType::Cont,
        AbstractHeapType::NoCont => AbsHeapType::NoCont,
    }
}
