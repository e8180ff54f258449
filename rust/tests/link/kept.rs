//! What the linker keeps from one import to the next changes no word of what it says: each import
//! is told the same on its own, and in any order (clause L).

use std::collections::HashMap;

use typereg::{Features, Limits, LinkReport, Linker, Mismatch, Module};

use crate::support::{Rng, cases, seed};

/// A group of structures over each other.
#[derive(Clone)]
struct Group(Vec<Vec<Field>>);

#[derive(Clone, Copy, PartialEq)]
enum Field {
    Number(&'static str),
    Member(usize),
    /// A type that stands before the group.
    Outer(usize),
}

impl Group {
    /// A few members that all have two references, to any: many come to be compared with two.
    fn dense(rng: &mut Rng) -> Group {
        let members = rng.below(3) + 2;
        let mut field = || match rng.below(12) {
            0 => Field::Number("i32"),
            _ => Field::Member(rng.below(members)),
        };
        Group((0..members).map(|_| vec![field(), field()]).collect())
    }

    /// Mostly chains; with cycles, and members that many refer to.
    fn long(rng: &mut Rng) -> Group {
        let members = rng.below(7) + 2;
        let field = |rng: &mut Rng, at: usize| match rng.below(10) {
            0..4 => Field::Member((at + 1) % members),
            4..6 => Field::Member(members - 1),
            6 => Field::Member(rng.below(members)),
            7 => Field::Outer(rng.below(2)),
            _ => Field::Number("i32"),
        };
        let member = |at| {
            let fields = rng.below(3) + usize::from(at + 1 < members);
            (0..fields).map(|_| field(rng, at)).collect()
        };
        Group((0..members).map(member).collect())
    }

    /// Changes one attribute.
    fn change(&mut self, rng: &mut Rng) {
        let members = self.0.len();
        let member = rng.below(members);
        let fields = &mut self.0[member];
        match (fields.len(), rng.below(8)) {
            (0, _) | (_, 0) => fields.push(Field::Number("i32")),
            (some, 1..5) => fields[rng.below(some)] = Field::Member(rng.below(members)),
            (_, 5) => self.0.swap(member, rng.below(members)),
            (some, _) => {
                let place = rng.below(some);
                if let Field::Number(_) = fields[place] {
                    fields[place] = Field::Number("i64");
                } else {
                    fields.push(Field::Number("f32"));
                }
            }
        }
    }

    fn wat(&self, prefix: &str) -> String {
        let field = |field: &Field| match *field {
            Field::Number(name) => format!("(field {name})"),
            Field::Member(at) => format!("(field (ref null ${prefix}{at}))"),
            Field::Outer(at) => format!("(field (ref null $outer{at}))"),
        };
        let member = |(at, fields): (usize, &Vec<Field>)| {
            let fields: String = fields.iter().map(field).collect();
            format!("(type ${prefix}{at} (struct {fields}))")
        };
        let members: String = self.0.iter().enumerate().map(member).collect();
        format!("(rec {members})")
    }
}

/// Types that stand before the groups: the first differs between the two modules, or not.
fn outer(number: &str) -> String {
    format!(
        "(type $outer0 (struct (field {number})))
         (type $outer1 (struct (field (ref null $outer0))))"
    )
}

fn module(wat: String) -> Module {
    Module::from_wat(&wat, &Limits::spec(), &Features::default()).expect("valid")
}

fn report(provider: &Module, imports: &[(usize, usize)], types: &str) -> LinkReport {
    let imports: String = imports
        .iter()
        .map(|(export, ty)| format!("(import \"p\" \"{export}\" (global (mut (ref null $e{ty}))))"))
        .collect();
    let mut linker = Linker::new();
    let consumer = linker.module("consumer", module(format!("(module {types} {imports})")));
    let party = linker.module("provider", provider.clone());
    linker.name("p", party);
    linker.link(consumer).expect("there is memory")
}

#[test]
fn l_imports_are_told_the_same_alone_and_in_any_order() {
    let (seed, cases) = (seed(), cases(100));
    let (mut told, mut steps) = (0, 0);
    for case in 0..cases {
        let mut rng = Rng::for_case(seed ^ 13, case as u64);
        let is_dense = rng.percent(40);
        let expected = if is_dense {
            Group::dense(&mut rng)
        } else {
            Group::long(&mut rng)
        };
        let mut found = expected.clone();
        for _ in 0..rng.below(if is_dense { 6 } else { 3 }) {
            found.change(&mut rng);
        }
        let number = if rng.percent(30) { "i64" } else { "i32" };
        let types = format!("{} {}", outer("i32"), expected.wat("e"));
        let exports: String = (0..found.0.len())
            .map(|at| {
                format!("(global (export \"{at}\") (mut (ref null $f{at})) (ref.null $f{at}))")
            })
            .collect();
        let found = format!("{} {}", outer(number), found.wat("f"));
        let provider = module(format!("(module {found} {exports})"));
        // Each at its own place, and some at another's: a type may be compared with two.
        let members = expected.0.len();
        let mut imports: Vec<(usize, usize)> = (0..members).map(|at| (at, at)).collect();
        for _ in 0..rng.below(if is_dense { 5 } else { 2 }) {
            imports.push((rng.below(members), rng.below(members)));
        }
        let alone: HashMap<usize, Mismatch> = (0..imports.len())
            .filter_map(|at| {
                let mut report = report(&provider, &imports[at..=at], &types);
                report.mismatches.pop().map(|mismatch| (at, mismatch))
            })
            .collect();
        for _ in 0..4 {
            let mut order: Vec<usize> = (0..imports.len()).collect();
            match rng.below(4) {
                0 => {}
                1 => order.reverse(),
                _ => (1..order.len()).for_each(|at| order.swap(at, rng.below(at + 1))),
            }
            let shuffled: Vec<_> = order.iter().map(|&at| imports[at]).collect();
            let together = report(&provider, &shuffled, &types);
            let expected: Vec<_> = order.iter().filter_map(|at| alone.get(at)).collect();
            let found: Vec<_> = together.mismatches.iter().collect();
            assert_eq!(
                found, expected,
                "seed {seed}, case {case}, {shuffled:?}: {types} and {found:?}"
            );
            told += found.len();
            steps += found
                .iter()
                .map(|mismatch| mismatch.difference.path.len())
                .sum::<usize>();
        }
    }
    println!("seed {seed}: {told} mismatches of {steps} steps");
    assert!(told > cases * 5 && steps > told * 2, "too little to tell");
}
