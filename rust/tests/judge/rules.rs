//! The rules of clause G4, each broken on purpose: a section that keeps the rule, and the same
//! section with that one rule broken.

use typereg::Error;
use typereg::types::{
    AbsHeapType, ArrayType, CompositeType, ContType, FieldType, FuncType, HeapType, Kind, NumType,
    PackedType, RefType, StorageType, StructType, ValType, VecType,
};

use crate::support::{Generator, Member, Rng, Section, section};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Rule {
    ReferenceInRange,
    SupertypeBefore,
    SupertypeNotSelf,
    SupertypeAcyclic,
    SupertypeOpen,
    SupertypeOfKind,
    OneSupertype,
    ParamCount,
    ResultCount,
    Width,
    ParamVariance,
    ResultVariance,
    FieldVariance,
    ElementVariance,
    MutableInvariance,
    Mutability,
    Nullability,
    ParamType,
    ResultType,
    FieldStorage,
    Depth,
    Params,
    Results,
    Fields,
    ContOfFunction,
}

impl Rule {
    pub(super) const ALL: [Rule; 25] = [
        Rule::ReferenceInRange,
        Rule::SupertypeBefore,
        Rule::SupertypeNotSelf,
        Rule::SupertypeAcyclic,
        Rule::SupertypeOpen,
        Rule::SupertypeOfKind,
        Rule::OneSupertype,
        Rule::ParamCount,
        Rule::ResultCount,
        Rule::Width,
        Rule::ParamVariance,
        Rule::ResultVariance,
        Rule::FieldVariance,
        Rule::ElementVariance,
        Rule::MutableInvariance,
        Rule::Mutability,
        Rule::Nullability,
        Rule::ParamType,
        Rule::ResultType,
        Rule::FieldStorage,
        Rule::Depth,
        Rule::Params,
        Rule::Results,
        Rule::Fields,
        Rule::ContOfFunction,
    ];

    /// Whether the rule can be broken at all without continuations.
    pub(super) fn needs_continuations(self) -> bool {
        self == Rule::ContOfFunction
    }

    /// Whether `error` is what breaking this rule should be called.
    pub(super) fn is_named_by(self, error: &Error) -> bool {
        let expected = match self {
            Rule::Depth => "depth",
            Rule::Params => "params",
            Rule::Results => "results",
            Rule::Fields => "fields",
            Rule::ReferenceInRange
            | Rule::SupertypeBefore
            | Rule::SupertypeNotSelf
            | Rule::SupertypeAcyclic
            | Rule::SupertypeOpen
            | Rule::SupertypeOfKind
            | Rule::OneSupertype
            | Rule::ParamCount
            | Rule::ResultCount
            | Rule::Width
            | Rule::ParamVariance
            | Rule::ResultVariance
            | Rule::FieldVariance
            | Rule::ElementVariance
            | Rule::MutableInvariance
            | Rule::Mutability
            | Rule::Nullability
            | Rule::ParamType
            | Rule::ResultType
            | Rule::FieldStorage
            | Rule::ContOfFunction => {
                return matches!(
                    error,
                    Error::Validation {
                        offset: Some(_),
                        type_index: Some(_),
                        ..
                    }
                );
            }
        };
        matches!(
            error,
            Error::Limit { limit, offset: Some(_), .. } if *limit == expected
        )
    }
}

/// Two sections that differ in whether one rule is kept.
pub(super) struct Probe {
    pub(super) kept: Section,
    pub(super) broken: Section,
}

pub(super) fn probe(rule: Rule, rng: &mut Rng, continuations: bool) -> Probe {
    let mut base = section(rng, 4, continuations);
    let strict = StrictPair::declare(&mut base, rng);
    let mut build = Builder {
        rng,
        base,
        continuations,
    };
    match rule {
        Rule::ReferenceInRange => build.reference_in_range(),
        Rule::SupertypeBefore => build.supertype_before(),
        Rule::SupertypeNotSelf => build.supertype_not_self(),
        Rule::SupertypeAcyclic => build.supertype_acyclic(),
        Rule::SupertypeOpen => build.supertype_open(),
        Rule::SupertypeOfKind => build.supertype_of_kind(),
        Rule::OneSupertype => build.one_supertype(),
        Rule::ParamCount => build.list_length(func_of_params),
        Rule::ResultCount => build.list_length(func_of_results),
        Rule::Width => build.width(),
        Rule::ParamVariance => build.variance(strict.swapped(), |build, ty| {
            build.around(ty, func_of_params)
        }),
        Rule::ResultVariance => {
            build.variance(strict, |build, ty| build.around(ty, func_of_results))
        }
        Rule::FieldVariance => build.variance(strict, |build, ty| {
            build.around(ty, |list| struct_of(list, false))
        }),
        Rule::ElementVariance => build.variance(strict, |_, ty| vec![array_of(ty, false)]),
        Rule::MutableInvariance => build.mutable_invariance(strict),
        Rule::Mutability => build.mutability(),
        Rule::Nullability => build.nullability(),
        Rule::ParamType => build.other_type(func_of_params),
        Rule::ResultType => build.other_type(func_of_results),
        Rule::FieldStorage => build.field_storage(),
        Rule::Depth => build.depth(),
        Rule::Params => build.long(1_000, func_of_params),
        Rule::Results => build.long(1_000, func_of_results),
        Rule::Fields => build.long(10_000, |list| struct_of(list, true)),
        Rule::ContOfFunction => build.cont_of_function(),
    }
}

/// Two reference types, the first of which matches the second and not the other way round.
#[derive(Clone, Copy)]
struct StrictPair {
    sub: ValType<u32>,
    sup: ValType<u32>,
}

impl StrictPair {
    /// A pair of the same nullability; what it refers to is added to the section.
    fn declare(section: &mut Section, rng: &mut Rng) -> StrictPair {
        use AbsHeapType as A;
        let parent = section.push(Member::open(StructType::new([])));
        let child = section.push(Member::open(StructType::new([])).below(parent));
        let func = section.push(Member::open(FuncType::new([], [])));
        let abs = HeapType::Abstract;
        let pairs = [
            (abs(A::I31), abs(A::Eq)),
            (abs(A::Eq), abs(A::Any)),
            (abs(A::Struct), abs(A::Any)),
            (abs(A::None), abs(A::I31)),
            (abs(A::None), abs(A::Array)),
            (abs(A::NoFunc), abs(A::Func)),
            (abs(A::NoExtern), abs(A::Extern)),
            (abs(A::NoExn), abs(A::Exn)),
            (HeapType::Concrete(child), HeapType::Concrete(parent)),
            (HeapType::Concrete(child), abs(A::Struct)),
            (HeapType::Concrete(parent), abs(A::Eq)),
            (HeapType::Concrete(parent), abs(A::Any)),
            (abs(A::None), HeapType::Concrete(child)),
            (HeapType::Concrete(func), abs(A::Func)),
            (abs(A::NoFunc), HeapType::Concrete(func)),
        ];
        let (sub, sup) = rng.pick(&pairs);
        let nullable = rng.flip();
        let reference = |heap| ValType::Ref(RefType { heap, nullable });
        StrictPair {
            sub: reference(sub),
            sup: reference(sup),
        }
    }

    fn swapped(self) -> StrictPair {
        StrictPair {
            sub: self.sup,
            sup: self.sub,
        }
    }
}

fn func_of_params(list: Vec<ValType<u32>>) -> CompositeType<u32> {
    FuncType::new(list, []).into()
}

fn func_of_results(list: Vec<ValType<u32>>) -> CompositeType<u32> {
    FuncType::new([], list).into()
}

fn struct_of(list: Vec<ValType<u32>>, mutable: bool) -> CompositeType<u32> {
    let fields = list.into_iter().map(|ty| FieldType {
        storage: ty.into(),
        mutable,
    });
    StructType::new(fields).into()
}

fn array_of(ty: ValType<u32>, mutable: bool) -> CompositeType<u32> {
    let storage = ty.into();
    CompositeType::Array(ArrayType {
        field: FieldType { storage, mutable },
    })
}

struct Builder<'r> {
    rng: &'r mut Rng,
    base: Section,
    continuations: bool,
}

impl Builder<'_> {
    fn value(&mut self) -> ValType<u32> {
        Generator::after(&self.base, self.rng, self.continuations).value()
    }

    fn values(&mut self, count: usize) -> Vec<ValType<u32>> {
        (0..count).map(|_| self.value()).collect()
    }

    fn composite(&mut self) -> CompositeType<u32> {
        let kind = self.rng.pick(&[Kind::Func, Kind::Struct, Kind::Array]);
        Generator::after(&self.base, self.rng, self.continuations).composite(kind)
    }

    fn open_or_final(&mut self, composite: impl Into<CompositeType<u32>>) -> Member {
        Member {
            is_final: self.rng.flip(),
            ..Member::open(composite)
        }
    }

    /// Two continuations of the base: with the members that keep the rule, and those that break
    /// it. They may stand in one group or in a group each.
    fn probe(&mut self, kept: Vec<Member>, broken: Vec<Member>) -> Probe {
        let together = self.rng.flip();
        let finish = |members: Vec<Member>| {
            let mut section = self.base.clone();
            if together {
                section.push_group(members, true);
            } else {
                for member in members {
                    section.push(member);
                }
            }
            section
        };
        Probe {
            kept: finish(kept),
            broken: finish(broken),
        }
    }

    /// A parent and, below it, one child that keeps the rule and one that breaks it.
    fn family(
        &mut self,
        parent: impl Into<CompositeType<u32>>,
        kept: impl Into<CompositeType<u32>>,
        broken: impl Into<CompositeType<u32>>,
    ) -> Probe {
        let index = self.base.type_count();
        let parent = Member::open(parent);
        let kept = self.open_or_final(kept).below(index);
        let broken = self.open_or_final(broken).below(index);
        self.probe(vec![parent.clone(), kept], vec![parent, broken])
    }

    fn reference_in_range(&mut self) -> Probe {
        let own = self.base.type_count();
        let past = [own + 1, own + 2, own + 127, 1 << 20, u32::MAX];
        let outside = self.rng.pick(&past);
        let place = self.rng.below(5);
        let member = |index: u32| {
            let ty = ValType::Ref(RefType {
                heap: HeapType::Concrete(index),
                nullable: true,
            });
            match place {
                0 => Member::open(FuncType::new([ty], [])),
                1 => Member::open(FuncType::new([], [ty])),
                2 => Member::open(struct_of(vec![ty], false)),
                3 => Member::open(array_of(ty, true)),
                // A supertype must be declared before: the parent of all pairs is.
                _ if index == own => Member::open(StructType::new([])).below(own - 3),
                _ => Member::open(StructType::new([])).below(index),
            }
        };
        self.probe(vec![member(own)], vec![member(outside)])
    }

    fn supertype_before(&mut self) -> Probe {
        let first = self.base.type_count();
        let composite = self.composite();
        let parent = Member::open(composite.clone());
        let child = Member::open(composite);
        let pads = self.rng.below(3);
        let pad = Member::closed(FuncType::new([], []));
        let mut kept = vec![parent.clone(), child.clone().below(first)];
        let mut broken = vec![child.below(first + 1 + pads as u32)];
        broken.extend(std::iter::repeat_n(pad.clone(), pads));
        broken.push(parent);
        kept.extend(std::iter::repeat_n(pad, pads));
        self.groups(kept, broken)
    }

    fn supertype_not_self(&mut self) -> Probe {
        let own = self.base.type_count();
        let composite = self.composite();
        let member = self.open_or_final(composite);
        let member = Member {
            is_final: false,
            ..member
        };
        self.probe(vec![member.clone()], vec![member.below(own)])
    }

    fn supertype_acyclic(&mut self) -> Probe {
        let first = self.base.type_count();
        let composite = self.composite();
        let length = 2 + self.rng.index(3);
        let member = |supertype| Member::open(composite.clone()).below(supertype);
        let kept = (0..length).map(|position| match position {
            0 => Member::open(composite.clone()),
            _ => member(first + position - 1),
        });
        let broken = (0..length).map(|position| member(first + (position + length - 1) % length));
        self.groups(kept.collect(), broken.collect())
    }

    /// Both as one group.
    fn groups(&mut self, kept: Vec<Member>, broken: Vec<Member>) -> Probe {
        let finish = |members| {
            let mut section = self.base.clone();
            section.push_group(members, true);
            section
        };
        Probe {
            kept: finish(kept),
            broken: finish(broken),
        }
    }

    fn supertype_open(&mut self) -> Probe {
        let index = self.base.type_count();
        let composite = self.composite();
        let child = self.open_or_final(composite.clone()).below(index);
        let kept = vec![Member::open(composite.clone()), child.clone()];
        self.probe(kept, vec![Member::closed(composite), child])
    }

    fn supertype_of_kind(&mut self) -> Probe {
        let value = self.value();
        let all = [
            func_of_params(vec![value]),
            struct_of(vec![value], false),
            array_of(value, false),
        ];
        let parent = self.rng.below(3);
        let other = (parent + 1 + self.rng.below(2)) % 3;
        self.family(all[parent].clone(), all[parent].clone(), all[other].clone())
    }

    fn one_supertype(&mut self) -> Probe {
        let first = self.base.type_count();
        let composite = self.composite();
        let parents = [
            Member::open(composite.clone()),
            Member::open(composite.clone()),
        ];
        let child = Member::open(composite);
        let count = 2 + self.rng.below(3);
        let several = (0..count).map(|_| first + self.rng.index(2)).collect();
        let mut kept = parents.to_vec();
        let mut broken = parents.to_vec();
        kept.push(child.clone().below(first));
        broken.push(Member {
            supertypes: several,
            ..child
        });
        self.probe(kept, broken)
    }

    /// One parameter or result too many or too few, anywhere.
    fn list_length(&mut self, make: fn(Vec<ValType<u32>>) -> CompositeType<u32>) -> Probe {
        let count = 1 + self.rng.below(4);
        let list = self.values(count);
        let mut other = list.clone();
        if self.rng.flip() {
            other.remove(self.rng.below(count));
        } else {
            let at = self.rng.below(count + 1);
            other.insert(at, list[at.min(count - 1)]);
        }
        self.family(make(list.clone()), make(list), make(other))
    }

    fn width(&mut self) -> Probe {
        let count = 1 + self.rng.below(4);
        let list = self.values(count);
        let mut more = list.clone();
        more.extend(self.values(2));
        let less = list[..self.rng.below(count)].to_vec();
        let mutable = self.rng.flip();
        self.family(
            struct_of(list, mutable),
            struct_of(more, mutable),
            struct_of(less, mutable),
        )
    }

    /// Composite types that hold `ty` among others.
    fn around(
        &mut self,
        ty: ValType<u32>,
        make: impl Fn(Vec<ValType<u32>>) -> CompositeType<u32>,
    ) -> Vec<CompositeType<u32>> {
        vec![make(vec![ty]), make(vec![NumType::I32.into(), ty]), {
            make(vec![ty, VecType::V128.into()])
        }]
    }

    /// In a covariant place: the child's type must be the lower one.
    fn variance(
        &mut self,
        pair: StrictPair,
        place: impl Fn(&mut Self, ValType<u32>) -> Vec<CompositeType<u32>>,
    ) -> Probe {
        let (sub, sup) = (place(self, pair.sub), place(self, pair.sup));
        let at = self.rng.below(sub.len());
        let (sub, sup) = (&sub[at], &sup[at]);
        let index = self.base.type_count();
        let family = |parent: &CompositeType<u32>, child: &CompositeType<u32>| {
            vec![
                Member::open(parent.clone()),
                Member::open(child.clone()).below(index),
            ]
        };
        self.probe(family(sup, sub), family(sub, sup))
    }

    fn mutable_invariance(&mut self, pair: StrictPair) -> Probe {
        let pair = if self.rng.flip() {
            pair
        } else {
            pair.swapped()
        };
        if self.rng.flip() {
            let make = |ty| struct_of(vec![ty], true);
            self.family(make(pair.sup), make(pair.sup), make(pair.sub))
        } else {
            let make = |ty| array_of(ty, true);
            self.family(make(pair.sup), make(pair.sup), make(pair.sub))
        }
    }

    fn mutability(&mut self) -> Probe {
        let ty = self.value();
        let mutable = self.rng.flip();
        let make = if self.rng.flip() {
            |ty, mutable| struct_of(vec![ty], mutable)
        } else {
            array_of
        };
        self.family(make(ty, mutable), make(ty, mutable), make(ty, !mutable))
    }

    fn nullability(&mut self) -> Probe {
        let known = self.base.type_count();
        let heap = if self.rng.flip() {
            HeapType::Concrete(self.rng.index(known))
        } else {
            self.rng.pick(&AbsHeapType::ALL[..12]).into()
        };
        let reference = |nullable| ValType::Ref(RefType { heap, nullable });
        let (yes, no) = (reference(true), reference(false));
        match self.rng.below(4) {
            // Parameters are contravariant.
            0 => self.family(
                func_of_params(vec![yes]),
                func_of_params(vec![yes]),
                func_of_params(vec![no]),
            ),
            1 => self.family(
                func_of_results(vec![no]),
                func_of_results(vec![no]),
                func_of_results(vec![yes]),
            ),
            2 => self.family(
                struct_of(vec![no], false),
                struct_of(vec![no], false),
                struct_of(vec![yes], false),
            ),
            _ => self.family(array_of(no, true), array_of(no, true), array_of(yes, true)),
        }
    }

    /// A type of another sort, or one that is neither below nor above.
    fn other_type(&mut self, make: fn(Vec<ValType<u32>>) -> CompositeType<u32>) -> Probe {
        let reference = |heap: AbsHeapType| {
            ValType::Ref(RefType {
                heap: heap.into(),
                nullable: true,
            })
        };
        let all = [
            NumType::I32.into(),
            NumType::I64.into(),
            NumType::F32.into(),
            NumType::F64.into(),
            VecType::V128.into(),
            reference(AbsHeapType::I31),
            reference(AbsHeapType::Struct),
            reference(AbsHeapType::Array),
            reference(AbsHeapType::Func),
            reference(AbsHeapType::Extern),
            reference(AbsHeapType::Exn),
        ];
        let one = self.rng.below(all.len());
        let other = (one + 1 + self.rng.below(all.len() - 1)) % all.len();
        let head = self.value();
        self.family(
            make(vec![head, all[one]]),
            make(vec![head, all[one]]),
            make(vec![head, all[other]]),
        )
    }

    fn field_storage(&mut self) -> Probe {
        let all: [StorageType<u32>; 5] = [
            PackedType::I8.into(),
            PackedType::I16.into(),
            ValType::from(NumType::I32).into(),
            ValType::from(NumType::I64).into(),
            ValType::Ref(RefType {
                heap: AbsHeapType::I31.into(),
                nullable: true,
            })
            .into(),
        ];
        let one = self.rng.below(all.len());
        let other = (one + 1 + self.rng.below(all.len() - 1)) % all.len();
        let mutable = self.rng.flip();
        let in_struct = self.rng.flip();
        let make = |storage| -> CompositeType<u32> {
            let field = FieldType { storage, mutable };
            if in_struct {
                StructType::new([field, field]).into()
            } else {
                ArrayType { field }.into()
            }
        };
        self.family(make(all[one]), make(all[one]), make(all[other]))
    }

    fn depth(&mut self) -> Probe {
        let first = self.base.type_count();
        let composite = self.composite();
        let chain = |length: u32| {
            let member = |position| {
                let member = Member::open(composite.clone());
                match position {
                    0 => member,
                    _ => member.below(first + position - 1),
                }
            };
            (0..length).map(member).collect()
        };
        self.probe(chain(64), chain(65))
    }

    fn long(
        &mut self,
        most: usize,
        make: impl Fn(Vec<ValType<u32>>) -> CompositeType<u32>,
    ) -> Probe {
        let ty = self.value();
        let kept = Member::closed(make(vec![ty; most]));
        let broken = Member::closed(make(vec![ty; most + 1]));
        self.probe(vec![kept], vec![broken])
    }

    fn cont_of_function(&mut self) -> Probe {
        let first = self.base.type_count();
        let func = Member::closed(FuncType::new([], []));
        let cont = |func: u32| Member::closed(ContType { func });
        let value = self.value();
        let other = match self.rng.below(3) {
            0 => Member::closed(struct_of(vec![value], false)),
            1 => Member::closed(array_of(value, true)),
            // A continuation of itself.
            _ => cont(first),
        };
        if self.rng.flip() {
            self.groups(vec![func, cont(first)], vec![other, cont(first)])
        } else {
            self.groups(vec![cont(first + 1), func], vec![cont(first + 1), other])
        }
    }
}
