//! Closed types against the types that they were taken from: in every mixture they are the same and
//! match exactly where a module's own do (clauses G5, G10).

use typereg::matching::Matchable;
use typereg::types::{HeapType, ModuleTypeIndex, SharedTypeIndex, TypeIndex};
use typereg::{DefType, Module, TypeCollection, equal, matches};

use super::pairs::{Pair, defined, engines, pair, storage};
use crate::support::{Generator, Profile, Rng, Section, cases, seed};

/// A module's types in other forms, by type index.
struct Forms {
    module: Module,
    closed: Vec<DefType>,
    shared: Vec<SharedTypeIndex>,
}

impl Forms {
    fn new(section: &Section, rng: &mut Rng) -> Forms {
        let wasm = section.module(rng);
        let module = Profile::Everything.ours(&wasm).expect("valid");
        let indices = (0..module.type_count()).map(ModuleTypeIndex);
        Forms {
            closed: indices
                .map(|index| module.def_type(index).expect("declared"))
                .collect(),
            shared: Vec::new(),
            module,
        }
    }

    /// A question about the module's types in other references.
    fn told<T: Clone + Into<TypeIndex>>(&self, question: &Matchable, forms: &[T]) -> Matchable {
        let Ok(told) = question.try_map(&mut |reference| {
            Ok::<_, std::convert::Infallible>(match *reference {
                TypeIndex::Module(index) => forms[index.0 as usize].clone().into(),
                TypeIndex::Rec(_) | TypeIndex::Shared(_) | TypeIndex::Def(_) => {
                    unreachable!("module indices only")
                }
            })
        });
        told
    }

    fn closed(&self, question: &Matchable) -> Matchable {
        self.told(question, &self.closed)
    }

    fn shared(&self, question: &Matchable) -> Matchable {
        self.told(question, &self.shared)
    }
}

/// Questions of one sort about two sections: any two types, two that stand at one place, and value
/// types over them.
fn questions(rng: &mut Rng, sections: [&Section; 2]) -> Vec<[Matchable; 2]> {
    let mut questions = Vec::new();
    let [one, two] = sections.map(|section| section.type_count() as usize);
    let defined = |place: usize| defined(place as u32);
    for _ in 0..8 {
        questions.push([rng.below(one), rng.below(two)].map(defined));
        let place = rng.below(one.min(two));
        questions.push([place, place].map(defined));
    }
    for _ in 0..8 {
        questions.push(sections.map(|section| {
            let mut generator = Generator::after(section, rng, true);
            storage(generator.value())
        }));
    }
    questions
}

#[test]
fn g05_closed_types_are_and_match_what_the_modules_own_do() {
    let (seed, cases) = (seed(), cases(300));
    let (mut asked, mut matching, mut same) = (0, 0, 0);
    for case in 0..cases {
        let mut rng = Rng::for_case(seed ^ 11, case as u64);
        let Pair { a, b, .. } = pair(&mut rng);
        if b.type_count() == 0 {
            continue;
        }
        // Within one module, too.
        let sections = [[&a, &a], [&a, &b], [&b, &a]][rng.below(3)];
        let mut forms = sections.map(|section| Forms::new(section, &mut rng));
        let [engine, .., empty] = engines();
        let registered = [0, 1].map(|at| {
            let types = TypeCollection::new_for_module(&engine, &forms[at].module);
            types.expect("no quota")
        });
        for (forms, types) in forms.iter_mut().zip(&registered) {
            forms.shared = types.as_module_map();
        }
        let [one, two] = &forms;
        for [x, y] in questions(&mut rng, sections) {
            let context = format!("seed {seed}, case {case}: {x:?} and {y:?}");
            let own = (&one.module, &two.module);
            let (closed_x, closed_y) = (one.closed(&x), two.closed(&y));
            let match_expected = matches(own.0, &x, own.1, &y);
            let equal_expected = equal(own.0, &x, own.1, &y);
            for (x, y) in [(&closed_x, &y), (&x, &closed_y), (&closed_x, &closed_y)] {
                assert_eq!(matches(own.0, x, own.1, y), match_expected, "{context}");
                assert_eq!(equal(own.0, x, own.1, y), equal_expected, "{context}");
            }
            // As values, they need nobody to ask.
            assert_eq!(Ok(closed_x == closed_y), equal_expected, "{context}");
            let (shared_x, shared_y) = (one.shared(&x), two.shared(&y));
            for (x, y) in [
                (&shared_x, &shared_y),
                (&closed_x, &shared_y),
                (&shared_x, &closed_y),
                (&closed_x, &closed_y),
            ] {
                assert_eq!(engine.matches(x, y), match_expected, "{context}");
            }
            // An engine that has never seen them says the same.
            let unseen = empty.matches(&closed_x, &closed_y);
            assert_eq!(unseen, match_expected, "{context}");
            asked += 1;
            matching += usize::from(match_expected == Ok(true));
            same += usize::from(equal_expected == Ok(true));
        }
        assert!(empty.registry().is_empty());
    }
    println!("seed {seed}: {asked} questions, {matching} match, {same} are the same");
    assert!(asked > cases * 20, "too few asked");
    assert!(matching * 5 > asked && same < matching, "too few match");
}

#[test]
fn g10_closed_types_come_back_as_the_modules_own() {
    let (seed, cases) = (seed(), cases(300));
    for case in 0..cases {
        let mut rng = Rng::for_case(seed ^ 12, case as u64);
        let forms = Forms::new(&pair(&mut rng).both, &mut rng);
        let [engine, ..] = engines();
        let types = TypeCollection::new_for_module(&engine, &forms.module).expect("no quota");
        for (index, closed) in (0..).zip(&forms.closed) {
            let context = format!("seed {seed}, case {case}, type {index}");
            let handle = types.registered_type(ModuleTypeIndex(index));
            let handle = handle.expect("in range");
            assert_eq!(handle.def_type().as_ref(), Ok(closed), "{context}");
            let heap = |index: TypeIndex| Matchable::Heap(HeapType::Concrete(index));
            let (shared, closed) = (heap(handle.index().into()), heap(closed.clone().into()));
            for (one, two) in [(&shared, &closed), (&closed, &shared)] {
                assert_eq!(engine.matches(one, two), Ok(true), "{context}");
            }
        }
    }
}
