//! Tracing of references: every type can be rewritten from one notion of reference to another.
//!
//! References are visited in the order of clause K5: members by position, within each the
//! supertype, then fields, or parameters then results, as written.

use super::{
    ArrayType, CompositeType, ContType, ExternType, FieldType, FuncType, GlobalType, HeapType,
    RecGroup, RefType, StorageType, StructType, SubType, TableType, TagType, ValType,
};

impl<R> HeapType<R> {
    /// The same type over other references; stops at the first error of `f`.
    pub fn try_map<S, E>(&self, f: &mut impl FnMut(&R) -> Result<S, E>) -> Result<HeapType<S>, E> {
        Ok(match self {
            HeapType::Abstract(heap) => HeapType::Abstract(*heap),
            HeapType::Concrete(reference) => HeapType::Concrete(f(reference)?),
        })
    }
}

impl<R> RefType<R> {
    /// The same type over other references; stops at the first error of `f`.
    pub fn try_map<S, E>(&self, f: &mut impl FnMut(&R) -> Result<S, E>) -> Result<RefType<S>, E> {
        Ok(RefType {
            heap: self.heap.try_map(f)?,
            nullable: self.nullable,
        })
    }
}

impl<R> ValType<R> {
    /// The same type over other references; stops at the first error of `f`.
    pub fn try_map<S, E>(&self, f: &mut impl FnMut(&R) -> Result<S, E>) -> Result<ValType<S>, E> {
        Ok(match self {
            ValType::Num(ty) => ValType::Num(*ty),
            ValType::Vec(ty) => ValType::Vec(*ty),
            ValType::Ref(ty) => ValType::Ref(ty.try_map(f)?),
        })
    }
}

impl<R> StorageType<R> {
    /// The same type over other references; stops at the first error of `f`.
    pub fn try_map<S, E>(
        &self,
        f: &mut impl FnMut(&R) -> Result<S, E>,
    ) -> Result<StorageType<S>, E> {
        Ok(match self {
            StorageType::Val(ty) => StorageType::Val(ty.try_map(f)?),
            StorageType::Packed(ty) => StorageType::Packed(*ty),
        })
    }
}

impl<R> FieldType<R> {
    /// The same type over other references; stops at the first error of `f`.
    pub fn try_map<S, E>(&self, f: &mut impl FnMut(&R) -> Result<S, E>) -> Result<FieldType<S>, E> {
        Ok(FieldType {
            storage: self.storage.try_map(f)?,
            mutable: self.mutable,
        })
    }
}

impl<R> FuncType<R> {
    /// The same type over other references; stops at the first error of `f`.
    pub fn try_map<S, E>(&self, f: &mut impl FnMut(&R) -> Result<S, E>) -> Result<FuncType<S>, E> {
        let params = self.params.iter().map(|ty| ty.try_map(f));
        let params = params.collect::<Result<_, E>>()?;
        let results = self.results.iter().map(|ty| ty.try_map(f));
        let results = results.collect::<Result<_, E>>()?;
        Ok(FuncType { params, results })
    }
}

impl<R> CompositeType<R> {
    /// The same type over other references; stops at the first error of `f`.
    pub fn try_map<S, E>(
        &self,
        f: &mut impl FnMut(&R) -> Result<S, E>,
    ) -> Result<CompositeType<S>, E> {
        Ok(match self {
            CompositeType::Func(ty) => CompositeType::Func(ty.try_map(f)?),
            CompositeType::Struct(ty) => {
                let fields = ty.fields.iter().map(|field| field.try_map(f));
                CompositeType::Struct(StructType {
                    fields: fields.collect::<Result<_, E>>()?,
                })
            }
            CompositeType::Array(ty) => CompositeType::Array(ArrayType {
                field: ty.field.try_map(f)?,
            }),
            CompositeType::Cont(ty) => CompositeType::Cont(ContType { func: f(&ty.func)? }),
        })
    }
}

impl<R> SubType<R> {
    /// The same type over other references; stops at the first error of `f`.
    pub fn try_map<S, E>(&self, f: &mut impl FnMut(&R) -> Result<S, E>) -> Result<SubType<S>, E> {
        let supertype = self.supertype.as_ref().map(&mut *f).transpose()?;
        Ok(SubType {
            composite: self.composite.try_map(f)?,
            supertype,
            is_final: self.is_final,
        })
    }
}

impl<R> RecGroup<R> {
    /// The same group over other references; stops at the first error of `f`.
    pub fn try_map<S, E>(&self, f: &mut impl FnMut(&R) -> Result<S, E>) -> Result<RecGroup<S>, E> {
        let members = self.members.iter().map(|member| member.try_map(f));
        Ok(RecGroup {
            members: members.collect::<Result<_, E>>()?,
        })
    }
}

impl<R> TableType<R> {
    /// The same type over other references; stops at the first error of `f`.
    pub fn try_map<S, E>(&self, f: &mut impl FnMut(&R) -> Result<S, E>) -> Result<TableType<S>, E> {
        Ok(TableType {
            element: self.element.try_map(f)?,
            minimum: self.minimum,
            maximum: self.maximum,
            address64: self.address64,
        })
    }
}

impl<R> GlobalType<R> {
    /// The same type over other references; stops at the first error of `f`.
    pub fn try_map<S, E>(
        &self,
        f: &mut impl FnMut(&R) -> Result<S, E>,
    ) -> Result<GlobalType<S>, E> {
        Ok(GlobalType {
            content: self.content.try_map(f)?,
            mutable: self.mutable,
        })
    }
}

impl<R> ExternType<R> {
    /// The same type over other references; stops at the first error of `f`.
    pub fn try_map<S, E>(
        &self,
        f: &mut impl FnMut(&R) -> Result<S, E>,
    ) -> Result<ExternType<S>, E> {
        Ok(match self {
            ExternType::Func(ty) => ExternType::Func(ty.try_map(f)?),
            ExternType::Table(ty) => ExternType::Table(ty.try_map(f)?),
            ExternType::Memory(ty) => ExternType::Memory(ty.clone()),
            ExternType::Global(ty) => ExternType::Global(ty.try_map(f)?),
            ExternType::Tag(ty) => ExternType::Tag(TagType {
                func: ty.func.try_map(f)?,
            }),
        })
    }
}

/// Functions and tags that name their type.
impl<R> ExternType<R, R> {
    /// The same type over other references; stops at the first error of `f`.
    pub(crate) fn try_map_named<S, E>(
        &self,
        f: &mut impl FnMut(&R) -> Result<S, E>,
    ) -> Result<ExternType<S, S>, E> {
        Ok(match self {
            ExternType::Func(ty) => ExternType::Func(f(ty)?),
            ExternType::Table(ty) => ExternType::Table(ty.try_map(f)?),
            ExternType::Memory(ty) => ExternType::Memory(ty.clone()),
            ExternType::Global(ty) => ExternType::Global(ty.try_map(f)?),
            ExternType::Tag(ty) => ExternType::Tag(TagType { func: f(&ty.func)? }),
        })
    }
}
