//! Decoding, and questions that need memory of their own. They change nothing; they answer or say
//! that there is no memory.

use typereg::faults::{Fault, inject};
use typereg::matching::Matchable;
use typereg::types::{
    FieldType, HeapType, ModuleTypeIndex, RecIndex, RefType, StorageType, StructType, SubType,
    TypeIndex, ValType,
};
use typereg::{
    DefType, Engine, Error, Limits, Linker, Module, RecGroup, Result, TypeCollection, diff, equal,
    explain, explain_subtype, matches,
};

const TEXT: &str = "(module
    (type $a (sub (struct (field i32))))
    (rec (type $b (sub $a (struct (field i32) (field (ref null $c))))) (type $c (func (param (ref $b)))))
    (type $d (func (param (ref $b))))
    (import \"m\" \"f\" (func (type $d)))
    (import \"m\" \"g\" (global (ref null $a)))
    (table 1 funcref) (memory 1) (global i32 (i32.const 0)) (tag (type $d))
    (export \"f\" (func 0)) (export \"t\" (table 0)) (export \"m\" (memory 0)))";

/// Tries a question with each refusal in turn. How many there were.
fn refused<T: PartialEq + std::fmt::Debug>(expected: &T, ask: impl Fn() -> Result<T>) -> u32 {
    let mut opportunities = 0;
    for fault in [Fault::Refusal, Fault::Drought] {
        for n in 0.. {
            let (answer, happened) = inject(fault, n, &ask);
            match answer {
                Ok(answer) => assert_eq!(answer, *expected, "{fault:?} {n}"),
                Err(Error::Limit {
                    limit: "memory", ..
                }) => assert!(happened),
                Err(error) => panic!("{fault:?} {n}: {error}"),
            }
            if !happened {
                opportunities = n;
                break;
            }
        }
    }
    opportunities
}

fn bytes() -> Vec<u8> {
    Module::from_wat(TEXT, &Limits::js_api(), &Default::default())
        .unwrap()
        .wasm()
        .to_vec()
}

#[test]
fn f03_decoding() {
    let bytes = bytes();
    refused(&4, || {
        let module = Module::new(bytes.clone(), &Limits::js_api(), &Default::default())?;
        Ok(module.type_count())
    });
}

#[test]
fn f03_what_a_module_declares() {
    let module = Module::new(bytes(), &Limits::js_api(), &Default::default()).unwrap();
    let types = || -> Result<Vec<_>> {
        let indices = (0..=module.type_count()).map(ModuleTypeIndex);
        indices.map(|index| module.sub_type(index)).collect()
    };
    let groups = || -> Result<Vec<_>> {
        let groups = 0..=module.group_count();
        groups.map(|group| module.rec_group(group)).collect()
    };
    let expected = types().unwrap();
    assert_eq!(expected.iter().flatten().count(), 4);
    assert!(refused(&expected, types) >= 4);
    let expected = groups().unwrap();
    assert_eq!(expected.iter().flatten().count(), 3);
    // The list of members, too.
    assert!(refused(&expected, groups) >= 4 + 3);
    let imports = || module.imports().collect::<Result<Vec<_>>>();
    let exports = || module.exports().collect::<Result<Vec<_>>>();
    let (import, export) = (imports().unwrap(), exports().unwrap());
    assert_eq!((import.len(), export.len()), (2, 3));
    assert!(refused(&import, imports) > 0);
    assert!(refused(&export, exports) > 0);
}

#[test]
fn f03_closed_types_by_hand() {
    let field = |ty: TypeIndex| FieldType {
        storage: StorageType::Val(ValType::Ref(RefType {
            heap: HeapType::Concrete(ty),
            nullable: true,
        })),
        mutable: false,
    };
    let open = |supertype: Option<&DefType>, fields: &[TypeIndex]| SubType {
        is_final: false,
        supertype: supertype.cloned().map(TypeIndex::Def),
        composite: StructType::new(fields.iter().cloned().map(field)).into(),
    };
    let make = |members: &[SubType], at| DefType::new(&RecGroup::new(members.to_vec()), at);
    // Fields narrow from types to others that only the supertype and their own ancestors lead to.
    let top = make(&[open(None, &[])], 0).unwrap();
    let middle = make(&[open(Some(&top), &[])], 0).unwrap();
    let pair = [open(None, &[RecIndex(1).into()]), open(Some(&middle), &[])];
    let [parent, sibling] = [0, 1].map(|at| make(&pair, at).unwrap());
    let low = make(&[open(Some(&sibling), &[])], 0).unwrap();
    let group = [open(Some(&parent), &[TypeIndex::Def(low)])];
    let expected = make(&group, 0).unwrap();
    assert!(refused(&expected, || make(&group, 0)) >= 20);
    // A verdict without memory for what it is about is none.
    let unrelated = [open(Some(&parent), &[TypeIndex::Def(middle)])];
    let why = make(&unrelated, 0).unwrap_err();
    assert!(matches!(why, Error::Validation { .. }), "{why}");
    assert!(
        refused(&why, || match make(&unrelated, 0) {
            Ok(_) => panic!("it is not valid"),
            Err(error @ Error::Limit { .. }) => Err(error),
            Err(why) => Ok(why),
        }) > 10
    );
}

#[test]
fn f03_closed_types_of_a_module() {
    let module = || Module::new(bytes(), &Limits::js_api(), &Default::default()).unwrap();
    let last = ModuleTypeIndex(3);
    // A module keeps what it made, so each question is to another one.
    let modules: Vec<_> = (0..200).map(|_| module()).collect();
    let fresh = std::cell::Cell::new(0);
    let make = || {
        fresh.set(fresh.get() + 1);
        modules[fresh.get()].def_type(last)
    };
    let ty = make().unwrap();
    // The list of groups, the stack, and what each of three groups takes.
    assert!(refused(&ty, make) >= 12);
    let wasm = ty.to_wasm().unwrap();
    // What the order of three groups takes, where they begin, and the members of each.
    assert!(refused(&wasm, || ty.to_wasm()) >= 9);
    assert!(refused(&ty, || DefType::from_wasm(wasm.clone(), 0)) > 5);
}

#[test]
fn f03_questions_across_modules() {
    let module = |_| Module::new(bytes(), &Limits::js_api(), &Default::default()).unwrap();
    let [one, two] = [0, 1].map(module);
    let ty = |index| Matchable::Heap(HeapType::Concrete(ModuleTypeIndex(index).into()));
    assert!(refused(&true, || matches(&one, &ty(1), &two, &ty(0))) > 5);
    assert!(refused(&true, || equal(&one, &ty(3), &two, &ty(3))) > 5);
    assert!(refused(&false, || equal(&one, &ty(1), &two, &ty(0))) > 5);
}

#[test]
fn f03_linking_and_explaining() {
    let module = |text| Module::from_wat(text, &Limits::js_api(), &Default::default()).unwrap();
    let consumer = module(
        "(module
            (type $a (sub (struct (field i32))))
            (rec (type $b (struct (field (ref $c)))) (type $c (struct (field (ref $a)))))
            (type $f (sub (func (result (ref $b))))) (type $g (sub (func (result (ref $c)))))
            (import \"env\" \"f\" (func (type $f))) (import \"env\" \"g\" (func (type $g)))
            (import \"env\" \"passed\" (global i32)) (import \"other\" \"h\" (func))
            (import \"around\" \"m\" (memory 1)))",
    );
    let provider = module(
        "(module
            (import \"nowhere\" \"i\" (global $i i64)) (export \"passed\" (global $i))
            (type $a (sub (struct (field (mut i32)))))
            (rec (type $b (struct (field (ref $c)))) (type $c (struct (field (ref $a)))))
            (type $f (sub (func (result (ref $b))))) (type $g (sub (func (result (ref $c)))))
            (func (export \"f\") (type $f) unreachable) (func (export \"g\") (type $g) unreachable))",
    );
    let around = module("(module (import \"around\" \"m\" (memory 1)) (export \"m\" (memory 0)))");
    let mut linker = Linker::new();
    linker.module("consumer", consumer.clone());
    let parties = [("env", &provider), ("around", &around)];
    for (name, module) in parties {
        let party = linker.module(name, module.clone());
        linker.name(name, party);
    }
    let report = linker.link_all().unwrap();
    assert_eq!((report.mismatches.len(), report.cycles.len()), (5, 1));
    assert!(refused(&report, || linker.link_all()) > 50);

    let ty = |index| ModuleTypeIndex(index);
    let explanation = explain(&consumer, ty(3), &provider, ty(4)).unwrap();
    assert!(refused(&explanation, || explain(&consumer, ty(3), &provider, ty(4))) > 20);
    let below = explain_subtype(&consumer, ty(3), &provider, ty(3)).unwrap();
    assert!(
        refused(&below, || explain_subtype(
            &consumer,
            ty(3),
            &provider,
            ty(3)
        )) > 20
    );
    let changes = diff(&provider, &consumer).unwrap();
    assert!(refused(&changes, || diff(&provider, &consumer)) > 20);
}

#[test]
fn f03_what_is_compared_in_a_type_asks_for_memory() {
    let module = |end: &str| {
        let text = format!("(module (type (struct (field i32) (field {end}))))");
        Module::from_wat(&text, &Limits::spec(), &Default::default()).unwrap()
    };
    let (one, other) = (module("i64"), module("f64"));
    let nothing = module("i64");
    let ask = |other: &Module| explain(&one, ModuleTypeIndex(0), other, ModuleTypeIndex(0));
    let (same, differ) = (ask(&nothing).unwrap(), ask(&other).unwrap());
    // To place both modules' types; then a walk for one pair of types, and what is kept of it. Three
    // or four requests are for the lists of their parts, of the pairs of these, and of the checks.
    let placing = refused(&same, || ask(&nothing));
    let walking = refused(&differ, || ask(&other)) - placing;
    assert!(walking >= 31, "{walking}");
}

/// Steps of a walk ask for memory, so requests are a measure of its work.
#[test]
fn l_imports_of_all_members_of_a_chain_take_one_walk() {
    const MEMBERS: u32 = 1_000;
    let module = |end: &str, around: &dyn Fn(u32) -> String| {
        let member = |at| {
            format!(
                "(type (struct (field (ref null {MEMBERS})) (field (ref null {}))))",
                at + 1
            )
        };
        let members: String = (0..MEMBERS - 1).map(member).collect();
        let end = format!("(type (struct (field {end}) (field (ref null 0))))");
        let around: String = (0..MEMBERS).map(around).collect();
        let text = format!("(module (rec {members} {end} (type (struct))) {around})");
        Module::from_wat(&text, &Limits::spec(), &Default::default()).unwrap()
    };
    let provider = module("i64", &|at| {
        format!("(global (export \"{at}\") (ref null {at}) (ref.null {at}))")
    });
    let from_the_end: fn(u32) -> u32 = |at| MEMBERS - 1 - at;
    for order in [from_the_end, |at| at, |at| at * 7 % MEMBERS] {
        let import = |at| {
            let at = order(at);
            format!("(import \"p\" \"{at}\" (global (ref null {at})))")
        };
        let consumer = module("i32", &import);
        let mut linker = Linker::new();
        linker.module("consumer", consumer);
        let party = linker.module("provider", provider.clone());
        linker.name("p", party);
        let most = 100 * MEMBERS;
        let (report, happened) = inject(Fault::Refusal, most, || linker.link_all());
        assert!(!happened, "more than {most} requests for memory");
        let report = report.unwrap();
        assert_eq!(report.mismatches.len(), MEMBERS as usize);
        let steps = report
            .mismatches
            .iter()
            .map(|mismatch| mismatch.difference.path.len());
        assert_eq!(steps.max(), Some(2 * MEMBERS as usize));
    }
}

#[test]
fn s10_f03_the_table_of_a_collection() {
    let engine = Engine::default();
    let module = engine.decode(bytes()).unwrap();
    let types = TypeCollection::new_for_module(&engine, &module).unwrap();
    let index = types.shared_type(ModuleTypeIndex(2)).unwrap();
    let (refused, happened) = inject(Fault::Refusal, 0, || types.module_local_type(index));
    assert!(happened && refused.is_err());
    assert_eq!(types.module_local_type(index), Ok(Some(ModuleTypeIndex(2))));
}
