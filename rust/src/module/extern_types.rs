//! External types as wasmparser gives them: checked, and turned into ours.

use wasmparser::{AbstractHeapType, UnpackedIndex};

use super::refusal::{exact, invalid, unsupported};
use super::sections::ExternReader;
use crate::canon::Known;
use crate::error::Result;
use crate::features::Feature;
use crate::types::{
    AbsHeapType, FuncType, GlobalType, HeapType, Kind, MemoryType, ModuleTypeIndex, NumType,
    RefType, TableType, TagType, TypeIndex, ValType, VecType,
};

impl ExternReader<'_> {
    /// Checks that a type index names a function type.
    pub(super) fn func_type(&self, index: u32, at: usize) -> Result<u32> {
        self.type_index(index, at)?;
        let id = self.types.declared.ids()[index as usize];
        let kind = self.types.interner.meta(id).kind;
        if kind == Kind::Func {
            Ok(index)
        } else {
            let kind = kind.name();
            let message = format!("type {index} is of kind {kind}; expected a function type");
            Err(invalid(at, message))
        }
    }

    pub(super) fn type_index(&self, index: u32, at: usize) -> Result<ModuleTypeIndex> {
        let types = self.types.type_count();
        if index < types {
            Ok(ModuleTypeIndex(index))
        } else {
            let message = format!("unknown type {index}; the module has {types} types");
            Err(invalid(at, message))
        }
    }

    pub(super) fn tag_type(&mut self, ty: wasmparser::TagType, at: usize) -> Result<TagType<u32>> {
        let index = self.func_type(ty.func_type_idx, at)?;
        let id = self.types.declared.ids()[index as usize];
        let mut cursor = self.types.interner.member(id);
        cursor.head();
        let ty: FuncType<_> = cursor.func();
        if !ty.results.is_empty() {
            if !self.features.stack_switching {
                return Err(invalid(
                    at,
                    "the type of an exception tag must have no results",
                ));
            }
            self.externs.needed.stack_switching = true;
        }
        Ok(TagType { func: index })
    }

    pub(super) fn global_type(
        &mut self,
        ty: wasmparser::GlobalType,
        at: usize,
    ) -> Result<GlobalType> {
        if ty.shared {
            return Err(unsupported(Feature::SharedTypes, at));
        }
        Ok(GlobalType {
            content: self.value_type(ty.content_type, at)?,
            mutable: ty.mutable,
        })
    }

    pub(super) fn table_type(&mut self, ty: wasmparser::TableType, at: usize) -> Result<TableType> {
        if ty.shared {
            return Err(unsupported(Feature::SharedTypes, at));
        }
        let bound = if ty.table64 {
            u64::MAX
        } else {
            u64::from(u32::MAX)
        };
        check_range("table", ty.initial, ty.maximum, bound, at)?;
        Ok(TableType {
            element: self.ref_type(ty.element_type, at)?,
            minimum: ty.initial,
            maximum: ty.maximum,
            address64: ty.table64,
        })
    }

    pub(super) fn memory_type(
        &mut self,
        ty: wasmparser::MemoryType,
        at: usize,
    ) -> Result<MemoryType> {
        let page_size = match ty.page_size_log2 {
            None => MemoryType::DEFAULT_PAGE_SIZE,
            Some(_) if !self.features.custom_page_sizes => {
                return Err(unsupported(Feature::CustomPageSizes, at));
            }
            Some(log2 @ (0 | 16)) => {
                self.externs.needed.custom_page_sizes = true;
                1 << log2
            }
            Some(log2) => {
                let message = format!("a page size of 2^{log2} bytes; expected 1 or 65536");
                return Err(invalid(at, message));
            }
        };
        // As many pages as the addresses reach, but never more than an address can count.
        let (space, most) = if ty.memory64 {
            (1_u128 << 64, u64::MAX)
        } else {
            (1 << 32, u64::from(u32::MAX))
        };
        let bound = u64::try_from(space / u128::from(page_size)).map_or(most, |n| n.min(most));
        check_range("memory", ty.initial, ty.maximum, bound, at)?;
        if ty.shared && ty.maximum.is_none() {
            return Err(invalid(at, "a shared memory must have a maximum"));
        }
        Ok(MemoryType {
            minimum: ty.initial,
            maximum: ty.maximum,
            address64: ty.memory64,
            shared: ty.shared,
            page_size,
        })
    }

    fn value_type(&mut self, ty: wasmparser::ValType, at: usize) -> Result<ValType> {
        Ok(match ty {
            wasmparser::ValType::I32 => ValType::Num(NumType::I32),
            wasmparser::ValType::I64 => ValType::Num(NumType::I64),
            wasmparser::ValType::F32 => ValType::Num(NumType::F32),
            wasmparser::ValType::F64 => ValType::Num(NumType::F64),
            wasmparser::ValType::V128 => ValType::Vec(VecType::V128),
            wasmparser::ValType::Ref(ty) => ValType::Ref(self.ref_type(ty, at)?),
        })
    }

    fn ref_type(&mut self, ty: wasmparser::RefType, at: usize) -> Result<RefType> {
        let heap = match ty.heap_type() {
            wasmparser::HeapType::Abstract { shared: true, .. } => {
                return Err(unsupported(Feature::SharedTypes, at));
            }
            wasmparser::HeapType::Abstract { shared: false, ty } => {
                HeapType::Abstract(self.abstract_heap(ty, at)?)
            }
            wasmparser::HeapType::Concrete(UnpackedIndex::Module(index)) => {
                HeapType::Concrete(TypeIndex::Module(self.type_index(index, at)?))
            }
            // Which other kinds of index there are depends on wasmparser's features.
            wasmparser::HeapType::Concrete(_) => unreachable!("bytes spell module indices only"),
            wasmparser::HeapType::Exact(_) => return Err(exact(at)),
        };
        Ok(RefType {
            heap,
            nullable: ty.is_nullable(),
        })
    }

    fn abstract_heap(&mut self, ty: AbstractHeapType, at: usize) -> Result<AbsHeapType> {
        let heap = match ty {
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
            AbstractHeapType::Cont | AbstractHeapType::NoCont => {
                if !self.features.stack_switching {
                    return Err(unsupported(Feature::StackSwitching, at));
                }
                self.externs.needed.stack_switching = true;
                if ty == AbstractHeapType::Cont {
                    AbsHeapType::Cont
                } else {
                    AbsHeapType::NoCont
                }
            }
        };
        Ok(heap)
    }
}

fn check_range(
    what: &str,
    minimum: u64,
    maximum: Option<u64>,
    bound: u64,
    at: usize,
) -> Result<()> {
    if maximum.is_some_and(|maximum| minimum > maximum) {
        let message = format!("the minimum of a {what} is greater than its maximum");
        return Err(invalid(at, message));
    }
    let most = maximum.unwrap_or(minimum);
    if most > bound {
        let message = format!("a {what} of {most}; at most {bound} fit its addresses");
        return Err(invalid(at, message));
    }
    Ok(())
}
