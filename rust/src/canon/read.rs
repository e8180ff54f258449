//! Reading a key back: a cursor that yields the types it spells.
//!
//! Keys are written by this crate alone, so reading one cannot fail; a key cut short would be a
//! bug, and ends in a panic.

use super::key::Key;
use super::{
    FINAL, KIND, KeyRef, MUTABLE, NON_NULL, OUTER, OUTER_NULL, OWN, OWN_NULL, SUPERTYPE,
    abstract_from_code, kind_from_code,
};
use crate::types::{
    ArrayType, CompositeType, ContType, FieldType, FuncType, HeapType, Kind, NumType, PackedType,
    RefType, StorageType, StructType, SubType, ValType, VecType,
};

/// Why there is more to read: keys are written by this crate alone.
const WHOLE: &str = "a key is whole";

/// What the head of a member says.
#[derive(Clone, Copy)]
pub(crate) struct Head {
    pub(crate) kind: Kind,
    pub(crate) is_final: bool,
    pub(crate) supertype: Option<KeyRef>,
}

/// A place in a key.
#[derive(Clone)]
pub(crate) struct Cursor<'k> {
    rest: Key<'k>,
}

impl<'k> Cursor<'k> {
    pub(crate) fn new(key: Key<'k>) -> Self {
        Cursor { rest: key }
    }

    #[inline(always)]
    fn byte(&mut self) -> u8 {
        let (&byte, rest) = self.rest.spelling.split_first().expect(WHOLE);
        self.rest.spelling = rest;
        byte
    }

    /// Reads which member a reference within the group is to, behind its code.
    #[inline(always)]
    fn own(&mut self) -> KeyRef {
        let (position, rest) = self.rest.spelling.split_first_chunk().expect(WHOLE);
        self.rest.spelling = rest;
        KeyRef::Own(u32::from_le_bytes(*position))
    }

    /// Reads which type a reference to another group is to.
    #[inline(always)]
    fn outer(&mut self) -> KeyRef {
        let (target, rest) = self.rest.targets.split_first().expect(WHOLE);
        self.rest.targets = rest;
        KeyRef::Outer(u32::from_le_bytes(*target))
    }

    /// Reads the head of a member, with its supertype.
    #[inline(always)]
    pub(crate) fn head(&mut self) -> Head {
        let head = self.byte();
        Head {
            kind: kind_from_code(head & KIND),
            is_final: head & FINAL != 0,
            supertype: (head & SUPERTYPE != 0).then(|| self.reference()),
        }
    }

    /// Passes over the head of a member and tells its kind.
    #[inline(always)]
    pub(crate) fn skip_head(&mut self) -> Kind {
        let head = self.byte();
        if head & SUPERTYPE != 0 {
            self.reference();
        }
        kind_from_code(head)
    }

    #[inline(always)]
    pub(crate) fn count(&mut self) -> u32 {
        let mut count = 0;
        for shift in (0..).step_by(7) {
            let byte = self.byte();
            count |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        count
    }

    /// Reads a bare reference: a supertype, or the target of a continuation.
    #[inline(always)]
    pub(crate) fn reference(&mut self) -> KeyRef {
        match self.byte() {
            OWN => self.own(),
            OUTER => self.outer(),
            code => unreachable!("a key holds {code:#x} where a reference belongs"),
        }
    }

    #[inline(always)]
    pub(crate) fn field(&mut self) -> FieldType<KeyRef> {
        let byte = self.byte();
        FieldType {
            storage: self.storage(byte & !MUTABLE),
            mutable: byte & MUTABLE != 0,
        }
    }

    #[inline(always)]
    pub(crate) fn value(&mut self) -> ValType<KeyRef> {
        let code = self.byte();
        match self.storage(code) {
            StorageType::Val(ty) => ty,
            StorageType::Packed(ty) => unreachable!("a key holds {ty} where a value belongs"),
        }
    }

    /// Passes over values or fields, at most so many, for as long as both keys spell them alike,
    /// and says how many. References to own members are never taken for alike: they may be of two
    /// groups. References to other groups must be in the same identities in both keys.
    #[inline(always)]
    pub(crate) fn skip_alike(&mut self, other: &mut Cursor<'_>, most: u32) -> u32 {
        let (own, others) = (self.rest, other.rest);
        let (mut alike, mut targets) = (0, 0);
        let spellings = own.spelling.iter().zip(others.spelling);
        for (code, other_code) in spellings.take(most as usize) {
            if code != other_code {
                break;
            }
            match code & !MUTABLE {
                OWN_NULL | OWN => break,
                OUTER_NULL | OUTER if own.targets[targets] != others.targets[targets] => break,
                OUTER_NULL | OUTER => targets += 1,
                _ => {}
            }
            alike += 1;
        }
        self.rest = own.behind(alike, targets as u32);
        other.rest = others.behind(alike, targets as u32);
        alike
    }

    #[inline(always)]
    fn storage(&mut self, code: u8) -> StorageType<KeyRef> {
        let ty = match code {
            0x7f => ValType::Num(NumType::I32),
            0x7e => ValType::Num(NumType::I64),
            0x7d => ValType::Num(NumType::F32),
            0x7c => ValType::Num(NumType::F64),
            super::V128 => ValType::Vec(VecType::V128),
            0x78 => return StorageType::Packed(PackedType::I8),
            0x77 => return StorageType::Packed(PackedType::I16),
            OWN_NULL => concrete(self.own(), true),
            OWN => concrete(self.own(), false),
            OUTER_NULL => concrete(self.outer(), true),
            OUTER => concrete(self.outer(), false),
            code => {
                let nullable = code >= NON_NULL;
                let code = if nullable { code } else { code + NON_NULL };
                let heap = abstract_from_code(code).expect("a key holds known codes only");
                ValType::Ref(RefType {
                    heap: HeapType::Abstract(heap),
                    nullable,
                })
            }
        };
        StorageType::Val(ty)
    }

    /// Reads a whole member.
    pub(crate) fn sub_type(&mut self) -> SubType<KeyRef> {
        let head = self.head();
        SubType {
            composite: self.composite(head.kind),
            supertype: head.supertype,
            is_final: head.is_final,
        }
    }

    /// Reads a function type behind its head.
    pub(crate) fn func(&mut self) -> FuncType<KeyRef> {
        FuncType {
            params: (0..self.count()).map(|_| self.value()).collect(),
            results: (0..self.count()).map(|_| self.value()).collect(),
        }
    }

    fn composite(&mut self, kind: Kind) -> CompositeType<KeyRef> {
        match kind {
            Kind::Func => CompositeType::Func(self.func()),
            Kind::Struct => CompositeType::Struct(StructType {
                fields: (0..self.count()).map(|_| self.field()).collect(),
            }),
            Kind::Array => CompositeType::Array(ArrayType {
                field: self.field(),
            }),
            Kind::Cont => CompositeType::Cont(ContType {
                func: self.reference(),
            }),
        }
    }

    /// Passes over a value or field, and tells the reference in it.
    fn skip_field(&mut self) -> Option<KeyRef> {
        match self.byte() & !MUTABLE {
            OWN_NULL | OWN => Some(self.own()),
            OUTER_NULL | OUTER => Some(self.outer()),
            _ => None,
        }
    }
}

fn concrete(reference: KeyRef, nullable: bool) -> ValType<KeyRef> {
    ValType::Ref(RefType {
        heap: HeapType::Concrete(reference),
        nullable,
    })
}

/// Calls `f` with each reference in the key and the position of the member that makes it, in the
/// order of clause K5. Builds nothing.
pub(crate) fn for_each_reference(key: Key<'_>, mut f: impl FnMut(u32, KeyRef)) {
    let mut cursor = Cursor::new(key);
    let mut position = 0;
    while !cursor.rest.spelling.is_empty() {
        let head = cursor.head();
        if let Some(reference) = head.supertype {
            f(position, reference);
        }
        let lists = match head.kind {
            Kind::Func => 2,
            Kind::Struct => 1,
            Kind::Array => {
                if let Some(reference) = cursor.skip_field() {
                    f(position, reference);
                }
                0
            }
            Kind::Cont => {
                f(position, cursor.reference());
                0
            }
        };
        for _ in 0..lists {
            for _ in 0..cursor.count() {
                if let Some(reference) = cursor.skip_field() {
                    f(position, reference);
                }
            }
        }
        position += 1;
    }
}
