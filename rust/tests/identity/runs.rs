//! Long runs of new types, with something else in between: a decoder assumes the next of such a run
//! to be new, and must notice when they are not.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use typereg::{Engine, SharedTypeIndex, TypeCollection};

use super::pairs::engines;
use crate::support::{Rng, cases, seed};

/// A module's types as WAT, and by index the class of each: equal types have the same.
#[derive(Default)]
struct Declared {
    wat: String,
    classes: Vec<usize>,
    /// How each group was spelled by classes, and the class of its first type.
    known: HashMap<String, usize>,
}

impl Declared {
    /// Declares a group of one type, whose references are spelled by what `spell` is given.
    fn declare(&mut self, spell: impl Fn(&dyn Fn(usize) -> String) -> String) {
        self.declare_as("", 1, spell, "");
    }

    /// The same of so many types, in these brackets.
    fn declare_as(
        &mut self,
        open: &str,
        members: usize,
        spell: impl Fn(&dyn Fn(usize) -> String) -> String,
        close: &str,
    ) {
        let key = spell(&|index| format!("#{}", self.classes[index]));
        let class = *self.known.entry(key).or_insert(self.classes.len());
        let text = spell(&|index| index.to_string());
        writeln!(self.wat, "{open}{text}{close}").expect("memory");
        self.classes.extend(class..class + members);
    }
}

/// A function type for each number.
fn function(mut number: usize) -> String {
    let mut params = String::from("i32");
    while number > 0 {
        params += [" i32", " i64", " f32", " f64"][number % 4];
        number /= 4;
    }
    format!("(type (func (param {params})))")
}

/// So many groups; of a hundred, so many are something else than a new function type.
fn declared(rng: &mut Rng, groups: usize, others: usize) -> Declared {
    let mut all = Declared::default();
    let mut functions = Vec::new();
    let mut open = Vec::new();
    for number in 0..groups {
        let here = all.classes.len();
        if here == 0 || !rng.percent(others) {
            functions.push(number);
            all.declare(|_| function(number));
            continue;
        }
        // Types close by, as a rule.
        let [a, b] = [(); 2].map(|()| here - 1 - rng.below(here.min(6)));
        match rng.below(7) {
            0 => {
                // What was there not long ago, or long ago.
                let count = functions.len();
                let back = if rng.flip() { count.min(5) } else { count };
                let again = functions[count - 1 - rng.below(back)];
                all.declare(|_| function(again));
            }
            1 => all.declare(|at| format!("(type (array (ref {})))", at(a))),
            // The same, spelled as a group.
            2 => all.declare_as(
                "(rec ",
                1,
                |at| format!("(type (array (ref {})))", at(a)),
                ")",
            ),
            3 => all.declare(|at| {
                let fields = format!("(field (ref null {})) (field (mut (ref {})))", at(a), at(b));
                format!("(type (struct {fields}))")
            }),
            4 => {
                let pair = |at: &dyn Fn(usize) -> String| {
                    format!("(type (struct)) (type (func (param (ref {}))))", at(a))
                };
                all.declare_as("(rec ", 2, pair, ")");
            }
            5 => all.wat += "(rec)\n",
            _ => {
                let parent = open.last().copied().filter(|_| rng.below(3) > 0);
                open.push(here);
                all.declare(|at| {
                    let parent = parent.map(at).unwrap_or_default();
                    format!("(type (sub {parent} (struct)))")
                });
            }
        }
    }
    all
}

fn assert_same_classes(all: &Declared, engines: &[Engine], context: &str) {
    for engine in engines {
        let module = engine
            .decode_wat(&format!("(module {})", all.wat))
            .expect("valid");
        let types = TypeCollection::new_for_module(engine, &module).expect("no quota");
        let map = types.as_module_map();
        assert_eq!(map.len(), all.classes.len(), "{context}");
        let mut classes: HashMap<SharedTypeIndex, usize> = HashMap::new();
        for (index, (&shared, &class)) in map.iter().zip(&all.classes).enumerate() {
            let known = *classes.entry(shared).or_insert(class);
            assert_eq!(known, class, "{context}, type {index}");
        }
        let distinct: HashSet<_> = all.classes.iter().collect();
        assert_eq!(classes.len(), distinct.len(), "{context}");
        drop(types);
        assert!(engine.registry().is_empty(), "{context}");
    }
}

#[test]
fn g01_runs_of_new_types_with_others_in_between() {
    let (seed, cases, engines) = (seed(), cases(300), engines());
    for case in 0..cases {
        let mut rng = Rng::for_case(seed ^ 77, case as u64);
        let (groups, others) = (rng.below(60), rng.below(60));
        let all = declared(&mut rng, groups, others);
        assert_same_classes(&all, &engines, &format!("seed {seed}, case {case}"));
    }
    println!("seed {seed}: {cases} modules");
}

/// As long as it takes for types to be assumed new in a release build, whatever build this is.
#[test]
fn g01_a_long_run_of_new_types_and_a_few_that_are_not() {
    let seed = seed();
    let mut rng = Rng::for_case(seed, 78);
    let mut all = declared(&mut rng, 17_000, 0);
    for round in 0..3 {
        let here = all.classes.len();
        all.declare(|at| format!("(type (array (ref {})))", at(here - 3)));
        all.declare(|_| function(1_000_000 + round));
        all.declare(|at| format!("(type (array (ref {})))", at(here + 1)));
        all.declare(|_| function(5));
        all.declare(|at| format!("(type (array (ref {})))", at(here + 1)));
        all.declare(|at| format!("(type (array (mut (ref {}))))", at(here + 3)));
    }
    // Others are new behind them, for long enough that they are assumed to be once more.
    for number in 0..17_000 {
        all.declare(|_| function(2_000_000 + number));
    }
    all.declare(|_| function(2_016_990));
    all.declare(|_| function(2_016_999));
    assert_same_classes(&all, &[Engine::default()], &format!("seed {seed}"));
}
