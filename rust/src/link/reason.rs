//! Why two types differ, in one word each (clause L).

use std::fmt;

/// Defines the reasons with their stable names.
macro_rules! reasons {
    ($($(#[$doc:meta])* $reason:ident $name:literal,)*) => {
        /// Why an import cannot be given what it is offered, or why two types are not the same.
        ///
        /// The names are stable: programs may go by them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Reason {
            $($(#[$doc])* $reason,)*
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &[Reason] = &[$(Reason::$reason),*];

            /// Its stable name: `field-mutability`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Reason::$reason => $name,)*
                }
            }
        }
    };
}

reasons! {
    /// Nobody carries the name of the module that is imported from.
    MissingModule "missing-module",
    /// More than one carries it.
    AmbiguousModule "ambiguous-module",
    /// There is no export of that name.
    MissingExport "missing-export",
    /// A function where a memory is expected, and the like.
    ExternKind "extern-kind",
    /// A structure where a function is expected, and the like.
    TypeKind "type-kind",
    /// More or fewer parameters.
    ParamCount "param-count",
    /// A parameter of another number type, or a number where a reference is expected.
    ParamType "param-type",
    /// More or fewer results.
    ResultCount "result-count",
    /// The same of a result.
    ResultType "result-type",
    /// More or fewer fields.
    FieldCount "field-count",
    /// A field can be written on one side only.
    FieldMutability "field-mutability",
    /// A field is packed on one side only, or in another width.
    FieldStorage "field-storage",
    /// The same of a field as of a parameter.
    FieldType "field-type",
    /// An array's elements can be written on one side only.
    ElementMutability "element-mutability",
    /// Elements are packed on one side only, or in another width.
    ElementStorage "element-storage",
    /// The same of an array's elements as of a parameter.
    ElementType "element-type",
    /// A reference can be null on one side only.
    Nullability "nullability",
    /// Another abstract heap type, or an abstract one where a defined type is expected.
    HeapType "heap-type",
    /// A type is final on one side only.
    Finality "finality",
    /// A supertype is expected, and none is declared.
    SupertypeMissing "supertype-missing",
    /// A supertype is declared, and none is expected.
    SupertypeExtra "supertype-extra",
    /// Another position in the recursion group.
    GroupPosition "group-position",
    /// A recursion group with more or fewer members.
    GroupSize "group-size",
    /// A reference to a member of the own group on one side, to a type outside on the other.
    ReferenceScope "reference-scope",
    /// The same structure, but not declared to be a subtype.
    NotDeclaredSubtype "not-declared-subtype",
    /// A subtype where the types must be equal.
    Invariance "invariance",
    /// A smaller minimum than is expected.
    LimitsMin "limits-min",
    /// A greater maximum than is expected, or none.
    LimitsMax "limits-max",
    /// Addresses of another width.
    AddressType "address-type",
    /// Pages of another size.
    PageSize "page-size",
    /// A memory is shared on one side only.
    MemoryShared "memory-shared",
    /// A global can be written on one side only.
    GlobalMutability "global-mutability",
    /// The same of a global's value as of a parameter.
    GlobalType "global-type",
}

/// Writes its name.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Reason {
    /// Whether whole groups differ, and not a part of a type.
    pub(super) fn is_of_groups(self) -> bool {
        matches!(self, Reason::GroupPosition | Reason::GroupSize)
    }
}
