//! Twins by hand: pairs of modules whose types `$t` are equal, or differ in one attribute that a
//! registry somewhere has overlooked.

use typereg::types::ModuleTypeIndex;
use typereg::{Module, TypeCollection, equal};

use super::pairs::{defined, engines};

const EQUAL: bool = true;
const OTHER: bool = false;

/// What is tried, the two modules' types, and whether their `$t` are one type.
const TWINS: [(&str, &str, &str, bool); 31] = [
    (
        "names",
        "(type $t (struct (field $a i32)))",
        "(type $b (func)) (type $t (struct (field i32)))",
        EQUAL,
    ),
    (
        "rec of one",
        "(type $t (struct))",
        "(rec (type $t (struct)))",
        EQUAL,
    ),
    (
        "longhand",
        "(type $t (func))",
        "(type $t (sub final (func)))",
        EQUAL,
    ),
    (
        "shorthand",
        "(type $t (func (param anyref)))",
        "(type $t (func (param (ref null any))))",
        EQUAL,
    ),
    (
        "empty groups",
        "(rec) (type $t (func)) (rec)",
        "(type $t (func))",
        EQUAL,
    ),
    (
        "shifted",
        "(type $a (array i8)) (type $t (func (param (ref $a))))",
        "(type (func)) (type $a (array i8)) (type $t (func (param (ref $a))))",
        EQUAL,
    ),
    (
        "duplicate targets",
        "(type $a (struct)) (type $b (struct)) (type $t (func (param (ref $a) (ref $b))))",
        "(type $a (struct)) (type $t (func (param (ref $a) (ref $a))))",
        EQUAL,
    ),
    (
        "nullability",
        "(type $t (func (param (ref any))))",
        "(type $t (func (param anyref)))",
        OTHER,
    ),
    (
        "abstract head",
        "(type $t (func (param anyref)))",
        "(type $t (func (param eqref)))",
        OTHER,
    ),
    (
        "hierarchy",
        "(type $t (func (param nullref)))",
        "(type $t (func (param nullfuncref)))",
        OTHER,
    ),
    (
        "mutability",
        "(type $t (struct (field i32)))",
        "(type $t (struct (field (mut i32))))",
        OTHER,
    ),
    (
        "packing",
        "(type $t (array i8))",
        "(type $t (array i16))",
        OTHER,
    ),
    (
        "finality",
        "(type $t (struct))",
        "(type $t (sub (struct)))",
        OTHER,
    ),
    (
        "parameter or result",
        "(type $t (func (param i32)))",
        "(type $t (func (result i32)))",
        OTHER,
    ),
    (
        "the boundary between them",
        "(type $t (func (param i32 i32) (result i32)))",
        "(type $t (func (param i32) (result i32 i32)))",
        OTHER,
    ),
    (
        "struct or array",
        "(type $t (struct (field i32)))",
        "(type $t (array i32))",
        OTHER,
    ),
    (
        "a supertype",
        "(type $s (sub (struct))) (type $t (sub (struct)))",
        "(type $s (sub (struct))) (type $t (sub $s (struct)))",
        OTHER,
    ),
    (
        "another supertype",
        "(type $s (sub (struct))) (type $r (sub $s (struct))) (type $t (sub $s (struct)))",
        "(type $s (sub (struct))) (type $r (sub $s (struct))) (type $t (sub $r (struct)))",
        OTHER,
    ),
    (
        "a member more",
        "(rec (type $t (struct)) (type (func)))",
        "(rec (type $t (struct)))",
        OTHER,
    ),
    (
        "a member before",
        "(rec (type (func)) (type $t (struct)))",
        "(rec (type $t (struct)) (type (func)))",
        OTHER,
    ),
    (
        "position of equal members",
        "(rec (type $t (struct)) (type (struct)))",
        "(rec (type (struct)) (type $t (struct)))",
        OTHER,
    ),
    (
        "a sibling",
        "(rec (type $t (struct)) (type (func)))",
        "(rec (type $t (struct)) (type (func (param i32))))",
        OTHER,
    ),
    (
        "self or twin",
        "(type $t (struct (field (ref null $t))))",
        "(type $s (struct (field (ref null $s)))) (type $t (struct (field (ref null $s))))",
        OTHER,
    ),
    (
        "own member or twin outside",
        "(rec (type $a (struct)) (type $t (func (param (ref $a)))))",
        "(type $b (struct)) (rec (type $a (struct)) (type $t (func (param (ref $b)))))",
        OTHER,
    ),
    (
        "own member of equal look",
        "(rec (type $a (struct)) (type $b (struct)) (type $t (func (param (ref $a)))))",
        "(rec (type $a (struct)) (type $b (struct)) (type $t (func (param (ref $b)))))",
        OTHER,
    ),
    (
        "unrolled once",
        "(rec (type $t (struct (field (ref null $t)))))",
        "(rec (type $a (struct (field (ref null $a))))) (rec (type $t (struct (field (ref null $a)))))",
        OTHER,
    ),
    (
        "a cycle of one or of two",
        "(type $t (struct (field (ref null $t))))",
        "(rec (type $t (struct (field (ref null $u)))) (type $u (struct (field (ref null $t)))))",
        OTHER,
    ),
    (
        "a change two groups away",
        "(type $a (struct)) (type $b (array (ref $a))) (type $t (array (ref $b)))",
        "(type $a (sub (struct))) (type $b (array (ref $a))) (type $t (array (ref $b)))",
        OTHER,
    ),
    (
        "concrete or abstract",
        "(type $a (struct)) (type $t (func (param (ref $a))))",
        "(type $a (struct)) (type $t (func (param (ref struct))))",
        OTHER,
    ),
    (
        "parent or child",
        "(type $s (sub (struct))) (type $r (sub $s (struct))) (type $t (func (param (ref $s))))",
        "(type $s (sub (struct))) (type $r (sub $s (struct))) (type $t (func (param (ref $r))))",
        OTHER,
    ),
    (
        "target of a continuation",
        "(type $f (func)) (type $t (cont $f))",
        "(type $f (func (param i32))) (type $t (cont $f))",
        OTHER,
    ),
];

fn index(module: &Module) -> ModuleTypeIndex {
    module.type_index("$t").expect("every twin has a `$t`")
}

#[test]
fn g01_d04_twins_that_differ_in_one_attribute() {
    for (what, one, two, expected) in TWINS {
        for engine in engines() {
            let decode = |types: &str| {
                let wat = format!("(module {types})");
                engine
                    .decode_wat(&wat)
                    .unwrap_or_else(|error| panic!("{what}: {error}"))
            };
            let (one, two) = (decode(one), decode(two));
            let (i, j) = (index(&one), index(&two));
            let across = equal(&one, &defined(i.0), &two, &defined(j.0));
            assert_eq!(across, Ok(expected), "{what}");
            let ones = TypeCollection::new_for_module(&engine, &one).expect("valid");
            let twos = TypeCollection::new_for_module(&engine, &two).expect("valid");
            let same = ones.shared_type(i) == twos.shared_type(j);
            assert_eq!(same, expected, "{what}");
            assert_eq!(ones.registered_type(i) == twos.registered_type(j), expected);
        }
    }
}
