//! Type sections that are valid: groups, references back and within the group, supertypes whose
//! structure is matched.

use typereg::types::{
    AbsHeapType, ArrayType, CompositeType, ContType, FieldType, FuncType, HeapType, Kind, NumType,
    PackedType, RefType, StorageType, StructType, ValType, VecType,
};

use super::lattice::{Known, value_above, value_below};
use super::{Group, Member, Rng, Section};

/// Writes one section; the types so far are known to it by index.
pub(crate) struct Generator<'r> {
    rng: &'r mut Rng,
    /// Whether continuations may appear.
    continuations: bool,
    known: Vec<Known>,
    members: Vec<Member>,
}

/// A valid section of at most so many groups.
pub(crate) fn section(rng: &mut Rng, groups: usize, continuations: bool) -> Section {
    let groups = rng.below(groups + 1);
    let mut generator = Generator::new(rng, continuations);
    Section {
        groups: (0..groups).map(|_| generator.group()).collect(),
    }
}

impl<'r> Generator<'r> {
    pub(crate) fn new(rng: &'r mut Rng, continuations: bool) -> Self {
        Generator {
            rng,
            continuations,
            known: Vec::new(),
            members: Vec::new(),
        }
    }

    /// A generator that goes on from a valid section.
    pub(crate) fn after(section: &Section, rng: &'r mut Rng, continuations: bool) -> Self {
        let mut generator = Generator::new(rng, continuations);
        for member in section.members() {
            let kind = member.composite.kind();
            let supertype = member.supertypes.first().copied();
            generator.declare(kind, member.is_final, supertype);
            generator.members.push(member.clone());
        }
        generator
    }

    fn declare(&mut self, kind: Kind, is_final: bool, supertype: Option<u32>) {
        let depth = supertype.map_or(0, |parent| self.known[parent as usize].depth + 1);
        self.known.push(Known {
            kind,
            is_final,
            supertype,
            depth,
        });
    }

    /// The next group: kinds and supertypes of all members first, so that any of them can be
    /// referred to while their structures are filled in.
    pub(crate) fn group(&mut self) -> Group {
        let (size, explicit) = match self.rng.below(100) {
            0..60 => (1, false),
            60..63 => (0, true),
            63..70 => (1, true),
            _ => (2 + self.rng.below(4), true),
        };
        let first = self.known.len();
        for _ in 0..size {
            self.plan();
        }
        for position in first..first + size {
            let member = self.fill(position);
            self.members.push(member);
        }
        Group {
            explicit,
            members: self.members[first..].to_vec(),
        }
    }

    fn plan(&mut self) {
        let open: Vec<u32> = (0..self.known.len() as u32)
            .filter(|&index| {
                let known = &self.known[index as usize];
                !known.is_final && known.depth < 63
            })
            .collect();
        let supertype = (!open.is_empty() && self.rng.percent(45)).then(|| self.rng.pick(&open));
        let kind = match supertype {
            Some(parent) => self.known[parent as usize].kind,
            None => self.kind(),
        };
        let is_final = self.rng.percent(40);
        self.declare(kind, is_final, supertype);
    }

    fn kind(&mut self) -> Kind {
        let a_function = self.known.iter().any(|known| known.kind == Kind::Func);
        if self.continuations && a_function && self.rng.percent(20) {
            return Kind::Cont;
        }
        self.rng.pick(&[Kind::Func, Kind::Struct, Kind::Array])
    }

    fn fill(&mut self, position: usize) -> Member {
        let Known {
            kind,
            is_final,
            supertype,
            depth: _,
        } = self.known[position];
        let composite = match supertype {
            Some(parent) => {
                let parent = self.members[parent as usize].composite.clone();
                self.refine(&parent)
            }
            None => self.composite(kind),
        };
        Member {
            composite,
            supertypes: supertype.into_iter().collect(),
            is_final,
        }
    }

    /// A composite type of a kind, from nothing.
    pub(crate) fn composite(&mut self, kind: Kind) -> CompositeType<u32> {
        match kind {
            Kind::Func => {
                let (params, results) = (self.rng.below(4), self.rng.below(3));
                let params: Vec<_> = (0..params).map(|_| self.value()).collect();
                FuncType::new(params, (0..results).map(|_| self.value())).into()
            }
            Kind::Struct => {
                let fields = self.rng.below(5);
                StructType::new((0..fields).map(|_| self.field())).into()
            }
            Kind::Array => ArrayType {
                field: self.field(),
            }
            .into(),
            Kind::Cont => {
                let all = 0..self.known.len() as u32;
                let functions: Vec<u32> = all
                    .filter(|&index| self.known[index as usize].kind == Kind::Func)
                    .collect();
                let func = self.rng.pick(&functions);
                ContType { func }.into()
            }
        }
    }

    /// A composite type that matches `parent`.
    fn refine(&mut self, parent: &CompositeType<u32>) -> CompositeType<u32> {
        match parent {
            CompositeType::Func(ty) => {
                let (known, rng) = (&self.known, &mut *self.rng);
                let params = ty.params.iter().map(|&ty| value_above(known, ty, rng));
                let params: Vec<_> = params.collect();
                let results = ty.results.iter().map(|&ty| value_below(known, ty, rng));
                FuncType::new(params, results).into()
            }
            CompositeType::Struct(ty) => {
                let fields = ty.fields.iter().map(|field| self.refine_field(field));
                let mut fields: Vec<_> = fields.collect();
                for _ in 0..self.rng.below(3) {
                    fields.push(self.field());
                }
                StructType::new(fields).into()
            }
            CompositeType::Array(ty) => ArrayType {
                field: self.refine_field(&ty.field),
            }
            .into(),
            CompositeType::Cont(ty) => ContType { func: ty.func }.into(),
        }
    }

    fn refine_field(&mut self, field: &FieldType<u32>) -> FieldType<u32> {
        match field.storage {
            StorageType::Val(ty) if !field.mutable => FieldType {
                storage: value_below(&self.known, ty, self.rng).into(),
                mutable: false,
            },
            StorageType::Val(_) | StorageType::Packed(_) => *field,
        }
    }

    pub(crate) fn field(&mut self) -> FieldType<u32> {
        let storage = if self.rng.percent(15) {
            self.rng.pick(&[PackedType::I8, PackedType::I16]).into()
        } else {
            self.value().into()
        };
        FieldType {
            storage,
            mutable: self.rng.flip(),
        }
    }

    pub(crate) fn value(&mut self) -> ValType<u32> {
        match self.rng.below(10) {
            0..4 => {
                let all = [NumType::I32, NumType::I64, NumType::F32, NumType::F64];
                self.rng.pick(&all).into()
            }
            4 => VecType::V128.into(),
            _ => RefType {
                heap: self.heap(),
                nullable: self.rng.flip(),
            }
            .into(),
        }
    }

    fn heap(&mut self) -> HeapType<u32> {
        if !self.known.is_empty() && self.rng.percent(60) {
            return HeapType::Concrete(self.rng.index(self.known.len() as u32));
        }
        // The last two are those of continuations.
        let all = if self.continuations { 14 } else { 12 };
        AbsHeapType::ALL[self.rng.below(all)].into()
    }
}
