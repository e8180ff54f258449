//! Sub types and recursion groups (specification, "Recursive Types").

use super::{ArrayType, CompositeType, ContType, FuncType, StructType, TypeIndex};

/// A composite type with its place in the hierarchy of declared subtypes.
///
/// ```
/// use typereg::types::{ModuleTypeIndex, StructType, SubType, TypeIndex};
///
/// let plain: SubType = SubType::plain(StructType::new([]));
/// assert_eq!(plain.to_string(), "(struct)");
/// let open = SubType { is_final: false, ..plain.clone() };
/// assert_eq!(open.to_string(), "(sub (struct))");
/// let below = SubType { supertype: Some(TypeIndex::Module(ModuleTypeIndex(3))), ..plain };
/// assert_eq!(below.to_string(), "(sub final 3 (struct))");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SubType<R = TypeIndex> {
    /// The structure.
    pub composite: CompositeType<R>,
    /// The declared supertype; WebAssembly 3.0 allows at most one.
    pub supertype: Option<R>,
    /// Whether no type may declare this one as its supertype.
    pub is_final: bool,
}

impl<R> SubType<R> {
    /// A final type without a supertype: what a bare composite type abbreviates.
    pub fn plain(composite: impl Into<CompositeType<R>>) -> Self {
        SubType {
            composite: composite.into(),
            supertype: None,
            is_final: true,
        }
    }
}

impl<R> From<CompositeType<R>> for SubType<R> {
    fn from(ty: CompositeType<R>) -> Self {
        SubType::plain(ty)
    }
}

impl<R> From<FuncType<R>> for SubType<R> {
    fn from(ty: FuncType<R>) -> Self {
        SubType::plain(ty)
    }
}

impl<R> From<StructType<R>> for SubType<R> {
    fn from(ty: StructType<R>) -> Self {
        SubType::plain(ty)
    }
}

impl<R> From<ArrayType<R>> for SubType<R> {
    fn from(ty: ArrayType<R>) -> Self {
        SubType::plain(ty)
    }
}

impl<R> From<ContType<R>> for SubType<R> {
    fn from(ty: ContType<R>) -> Self {
        SubType::plain(ty)
    }
}

/// A recursion group: the unit of canonicalization and of lifetime (clause G1).
///
/// ```
/// use typereg::Engine;
/// use typereg::types::{
///     FieldType, HeapType, RecGroup, RecIndex, RefType, StructType, SubType, ValType,
/// };
///
/// let next = RefType { heap: HeapType::Concrete(RecIndex(0).into()), nullable: true };
/// let field = FieldType { storage: ValType::Ref(next).into(), mutable: true };
/// let list = RecGroup::new([SubType::plain(StructType::new([field]))]);
/// assert_eq!(list.to_string(), "(rec (type $rec.0 (struct (field (mut (ref null $rec.0))))))");
///
/// let engine = Engine::default();
/// let node = engine.register_group(&list)?.remove(0);
/// assert_eq!(node.group(), list);
/// # Ok::<(), typereg::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecGroup<R = TypeIndex> {
    /// The members, in order. A group may be empty.
    pub members: Box<[SubType<R>]>,
}

impl<R> RecGroup<R> {
    /// A group from its members.
    pub fn new(members: impl IntoIterator<Item = SubType<R>>) -> Self {
        RecGroup {
            members: members.into_iter().collect(),
        }
    }
}
