//! Identity, declared subtyping and matching of one module's types by wasmparser.

use typereg::types::{AbsHeapType, HeapType, NumType, ValType};
use wasmparser::types::{CoreTypeId, RecGroupId, Types};
use wasmparser::{
    AbstractHeapType, Parser, RefType, UnpackedIndex, ValidPayload, ValidatorResources,
    WasmModuleResources,
};

use super::Profile;

pub(crate) struct Oracle {
    types: Types,
    resources: Option<ValidatorResources>,
}

impl Oracle {
    /// Reads a valid module. Questions of matching need one with a function body.
    pub(crate) fn new(wasm: &[u8]) -> Oracle {
        let mut validator = Profile::Everything.validator();
        let mut resources = None;
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload.expect("well-formed");
            match validator.payload(&payload).expect("valid") {
                ValidPayload::Func(function, _) => resources = Some(function.resources),
                ValidPayload::End(types) => return Oracle { types, resources },
                ValidPayload::Ok | ValidPayload::Parser(_) => {}
            }
        }
        panic!("a module ends");
    }

    pub(crate) fn types(&self) -> u32 {
        self.types.as_ref().core_type_count_in_module()
    }

    /// Equal exactly when the types are.
    pub(crate) fn id(&self, index: u32) -> CoreTypeId {
        self.types.as_ref().core_type_at_in_module(index)
    }

    pub(crate) fn group(&self, index: u32) -> RecGroupId {
        self.types.as_ref().rec_group_id_of(self.id(index))
    }

    pub(crate) fn is_subtype(&self, a: u32, b: u32) -> bool {
        let (mut a, b) = (self.id(a), self.id(b));
        loop {
            if a == b {
                return true;
            }
            match self.types.as_ref().supertype_of(a) {
                Some(supertype) => a = supertype,
                None => return false,
            }
        }
    }

    pub(crate) fn matches(&self, a: ValType<u32>, b: ValType<u32>) -> bool {
        let resources = self.resources.as_ref().expect("a module with a body");
        resources.is_subtype(self.value(a), self.value(b))
    }

    fn value(&self, ty: ValType<u32>) -> wasmparser::ValType {
        match ty {
            ValType::Num(NumType::I32) => wasmparser::ValType::I32,
            ValType::Num(NumType::I64) => wasmparser::ValType::I64,
            ValType::Num(NumType::F32) => wasmparser::ValType::F32,
            ValType::Num(NumType::F64) => wasmparser::ValType::F64,
            ValType::Vec(_) => wasmparser::ValType::V128,
            ValType::Ref(ty) => {
                let heap = match ty.heap {
                    HeapType::Abstract(heap) => wasmparser::HeapType::Abstract {
                        shared: false,
                        ty: abstract_heap(heap),
                    },
                    HeapType::Concrete(index) => {
                        wasmparser::HeapType::Concrete(UnpackedIndex::Id(self.id(index)))
                    }
                };
                let ty = RefType::new(ty.nullable, heap).expect("a small index");
                wasmparser::ValType::Ref(ty)
            }
        }
    }
}

fn abstract_heap(heap: AbsHeapType) -> AbstractHeapType {
    match heap {
        AbsHeapType::Any => AbstractHeapType::Any,
        AbsHeapType::Eq => AbstractHeapType::Eq,
        AbsHeapType::I31 => AbstractHeapType::I31,
        AbsHeapType::Struct => AbstractHeapType::Struct,
        AbsHeapType::Array => AbstractHeapType::Array,
        AbsHeapType::None => AbstractHeapType::None,
        AbsHeapType::Func => AbstractHeapType::Func,
        AbsHeapType::NoFunc => AbstractHeapType::NoFunc,
        AbsHeapType::Extern => AbstractHeapType::Extern,
        AbsHeapType::NoExtern => AbstractHeapType::NoExtern,
        AbsHeapType::Exn => AbstractHeapType::Exn,
        AbsHeapType::NoExn => AbstractHeapType::NoExn,
        AbsHeapType::Cont => AbstractHeapType::Cont,
        AbsHeapType::NoCont => AbstractHeapType::NoCont,
    }
}
