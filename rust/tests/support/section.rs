//! A type section as data that may be invalid, and its bytes.

use std::convert::Infallible;

use typereg::types::{
    AbsHeapType, CompositeType, FieldType, HeapType, NumType, PackedType, RefType, StorageType,
    ValType, VecType,
};

use super::Rng;

/// A sub type as written; references are type indices, whatever they lead to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Member {
    pub(crate) composite: CompositeType<u32>,
    pub(crate) supertypes: Vec<u32>,
    pub(crate) is_final: bool,
}

impl Member {
    pub(crate) fn open(composite: impl Into<CompositeType<u32>>) -> Member {
        Member {
            composite: composite.into(),
            supertypes: Vec::new(),
            is_final: false,
        }
    }

    pub(crate) fn closed(composite: impl Into<CompositeType<u32>>) -> Member {
        Member {
            is_final: true,
            ..Member::open(composite)
        }
    }

    pub(crate) fn below(self, supertype: u32) -> Member {
        Member {
            supertypes: vec![supertype],
            ..self
        }
    }
}

/// A recursion group as written.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Group {
    /// Whether it is spelled with `rec`; a group of another size than one must be.
    pub(crate) explicit: bool,
    pub(crate) members: Vec<Member>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Section {
    pub(crate) groups: Vec<Group>,
}

impl Section {
    pub(crate) fn type_count(&self) -> u32 {
        self.members().count() as u32
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = &Member> {
        self.groups.iter().flat_map(|group| &group.members)
    }

    pub(crate) fn members_mut(&mut self) -> impl Iterator<Item = &mut Member> {
        self.groups.iter_mut().flat_map(|group| &mut group.members)
    }

    /// Appends a type outside `rec` and returns its index.
    pub(crate) fn push(&mut self, member: Member) -> u32 {
        self.push_group(vec![member], false)
    }

    /// Appends a group and returns the index of its first member.
    pub(crate) fn push_group(&mut self, members: Vec<Member>, explicit: bool) -> u32 {
        let first = self.type_count();
        let explicit = explicit || members.len() != 1;
        self.groups.push(Group { explicit, members });
        first
    }

    /// This section with `other` behind it, whose references are to its own types still.
    pub(crate) fn followed_by(&self, other: &Section) -> Section {
        let shift = self.type_count();
        let mut section = self.clone();
        for group in &other.groups {
            let mut group = group.clone();
            for member in &mut group.members {
                let moved = |index: &u32| Ok::<_, Infallible>(index + shift);
                let Ok(composite) = member.composite.try_map(&mut { moved });
                member.composite = composite;
                member
                    .supertypes
                    .iter_mut()
                    .for_each(|index| *index += shift);
            }
            section.groups.push(group);
        }
        section
    }

    /// The contents of the section. `style` chooses among the spellings that mean the same.
    pub(crate) fn encode(&self, style: &mut Rng) -> Vec<u8> {
        let mut writer = Writer {
            bytes: Vec::new(),
            style,
        };
        writer.u32(self.groups.len() as u32);
        for group in &self.groups {
            if group.explicit {
                writer.bytes.push(0x4e);
                writer.u32(group.members.len() as u32);
            }
            group.members.iter().for_each(|ty| writer.member(ty));
        }
        writer.bytes
    }

    /// A module of this section only.
    pub(crate) fn module(&self, style: &mut Rng) -> Vec<u8> {
        module_of(&self.encode(style))
    }
}

/// A module whose only section is a type section with these contents.
pub(crate) fn module_of(section: &[u8]) -> Vec<u8> {
    let mut module = wasm_encoder::Module::new();
    module.section(&wasm_encoder::RawSection {
        id: wasm_encoder::SectionId::Type as u8,
        data: section,
    });
    module.finish()
}

struct Writer<'a> {
    bytes: Vec<u8>,
    style: &'a mut Rng,
}

impl Writer<'_> {
    /// An unsigned LEB128.
    fn u32(&mut self, value: u32) {
        self.leb(value, |_| true);
    }

    /// A type index as a positive signed 33-bit LEB128: bit 6 of the last byte is the sign.
    fn s33(&mut self, value: u32) {
        self.leb(value, |byte| byte & 0x40 == 0);
    }

    /// Now and then a byte longer than it need be, but never longer than five.
    fn leb(&mut self, value: u32, may_end_in: impl Fn(u32) -> bool) {
        let mut spare = self.style.percent(2);
        let mut rest = value;
        for length in 1.. {
            let byte = rest & 0x7f;
            rest >>= 7;
            if rest == 0 && may_end_in(byte) {
                if !spare || length == 5 {
                    self.bytes.push(byte as u8);
                    return;
                }
                spare = false;
            }
            self.bytes.push(byte as u8 | 0x80);
        }
    }

    fn member(&mut self, ty: &Member) {
        let plain = ty.is_final && ty.supertypes.is_empty();
        if !plain || self.style.percent(10) {
            self.bytes.push(if ty.is_final { 0x4f } else { 0x50 });
            self.u32(ty.supertypes.len() as u32);
            ty.supertypes.iter().for_each(|&index| self.u32(index));
        }
        match &ty.composite {
            CompositeType::Func(ty) => {
                self.bytes.push(0x60);
                for list in [&ty.params, &ty.results] {
                    self.u32(list.len() as u32);
                    list.iter().for_each(|ty| self.value(ty));
                }
            }
            CompositeType::Struct(ty) => {
                self.bytes.push(0x5f);
                self.u32(ty.fields.len() as u32);
                ty.fields.iter().for_each(|field| self.field(field));
            }
            CompositeType::Array(ty) => {
                self.bytes.push(0x5e);
                self.field(&ty.field);
            }
            CompositeType::Cont(ty) => {
                self.bytes.push(0x5d);
                self.s33(ty.func);
            }
        }
    }

    fn field(&mut self, field: &FieldType<u32>) {
        match &field.storage {
            StorageType::Val(ty) => self.value(ty),
            StorageType::Packed(PackedType::I8) => self.bytes.push(0x78),
            StorageType::Packed(PackedType::I16) => self.bytes.push(0x77),
        }
        self.bytes.push(u8::from(field.mutable));
    }

    fn value(&mut self, ty: &ValType<u32>) {
        match ty {
            ValType::Num(NumType::I32) => self.bytes.push(0x7f),
            ValType::Num(NumType::I64) => self.bytes.push(0x7e),
            ValType::Num(NumType::F32) => self.bytes.push(0x7d),
            ValType::Num(NumType::F64) => self.bytes.push(0x7c),
            ValType::Vec(VecType::V128) => self.bytes.push(0x7b),
            ValType::Ref(ty) => self.reference(ty),
        }
    }

    fn reference(&mut self, ty: &RefType<u32>) {
        let prefix = if ty.nullable { 0x63 } else { 0x64 };
        match ty.heap {
            HeapType::Abstract(heap) => {
                if !ty.nullable || self.style.percent(10) {
                    self.bytes.push(prefix);
                }
                self.bytes.push(code(heap));
            }
            HeapType::Concrete(index) => {
                self.bytes.push(prefix);
                self.s33(index);
            }
        }
    }
}

fn code(heap: AbsHeapType) -> u8 {
    match heap {
        AbsHeapType::Any => 0x6e,
        AbsHeapType::Eq => 0x6d,
        AbsHeapType::I31 => 0x6c,
        AbsHeapType::Struct => 0x6b,
        AbsHeapType::Array => 0x6a,
        AbsHeapType::None => 0x71,
        AbsHeapType::Func => 0x70,
        AbsHeapType::NoFunc => 0x73,
        AbsHeapType::Extern => 0x6f,
        AbsHeapType::NoExtern => 0x72,
        AbsHeapType::Exn => 0x69,
        AbsHeapType::NoExn => 0x74,
        AbsHeapType::Cont => 0x68,
        AbsHeapType::NoCont => 0x75,
    }
}
