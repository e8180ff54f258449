//! Every reason, with the path to it.

use typereg::{LinkReport, Reason};

use super::{link, mismatch, path};

/// Checks the reason and the path of a function import whose types are as given, in WAT.
#[track_caller]
fn func(host: &str, plugin: &str, reason: &str, at: &str) {
    let host = format!(r#"(module {host} (func (export "f") (type $f) unreachable))"#);
    let plugin = format!(r#"(module {plugin} (import "env" "f" (func (type $f))))"#);
    modules(&host, &plugin, reason, at);
}

/// Checks the reason and the path of the one import of a module.
#[track_caller]
fn modules(host: &str, plugin: &str, reason: &str, at: &str) {
    let mismatch = mismatch(host, plugin);
    assert_eq!(
        (mismatch.difference.reason.name(), &*path(&mismatch)),
        (reason, at),
        "{mismatch}"
    );
}

/// The same where what is imported is one line on each side.
#[track_caller]
fn items(host: &str, plugin: &str, reason: &str) {
    let host = format!(r#"(module {host})"#);
    let plugin = format!(r#"(module (import "env" "x" {plugin}))"#);
    modules(&host, &plugin, reason, "");
}

#[track_caller]
fn fits(host: &str, plugin: &str) -> LinkReport {
    let report = link(host, plugin);
    assert!(report.is_ok(), "{report}");
    report
}

#[test]
fn the_example_of_the_documentation() {
    let report = link(
        r#"(module
             (type $n (struct (field (mut i32))))
             (func (export "mk") (result (ref $n)) unreachable))"#,
        r#"(module
             (type $n (struct (field i32)))
             (import "env" "mk" (func (result (ref $n)))))"#,
    );
    assert_eq!(
        report.to_string(),
        r#"plugin.wasm imports "env" "mk" (func): field-mutability
  at result 0 -> type $n -> field 0
  expected  (field i32)            plugin.wasm, type 0
  found     (field (mut i32))      host.wat, type 0
1 of 1 imports do not match"#
    );
}

#[test]
fn parts_of_functions() {
    let t = |signature: &str| format!("(type $f (func {signature}))");
    func(&t("(param i32)"), &t("(param i32 i32)"), "param-count", "");
    func(&t("(result i32)"), &t(""), "result-count", "");
    func(
        &t("(param i32 i64)"),
        &t("(param i32 f64)"),
        "param-type",
        "param 1",
    );
    func(
        &t("(result v128)"),
        &t("(result f64)"),
        "result-type",
        "result 0",
    );
    func(
        &t("(result funcref)"),
        &t("(result i32)"),
        "result-type",
        "result 0",
    );
    func(
        &t("(param anyref)"),
        &t("(param (ref any))"),
        "nullability",
        "param 0",
    );
    func(
        &t("(param anyref)"),
        &t("(param eqref)"),
        "heap-type",
        "param 0",
    );
    func(
        &t("(param (ref null $f))"),
        &t("(param funcref)"),
        "heap-type",
        "param 0",
    );
}

/// Checks a difference of the type that a function returns a reference to.
#[track_caller]
fn behind(host: &str, plugin: &str, reason: &str, at: &str) {
    let ty = "(type $f (func (result (ref null $t))))";
    let at = if at.is_empty() {
        "result 0 -> type $t".to_owned()
    } else {
        format!("result 0 -> type $t -> {at}")
    };
    func(
        &format!("{host} {ty}"),
        &format!("{plugin} {ty}"),
        reason,
        &at,
    );
}

#[test]
fn parts_of_structures_and_arrays() {
    let s = |fields: &str| format!("(type $t (struct {fields}))");
    let a = |element: &str| format!("(type $t (array {element}))");
    behind(&s("(field i32)"), &s(""), "field-count", "");
    behind(
        &s("(field i32) (field i32)"),
        &s("(field i32) (field (mut i32))"),
        "field-mutability",
        "field 1",
    );
    behind(
        &s("(field i8)"),
        &s("(field i16)"),
        "field-storage",
        "field 0",
    );
    behind(
        &s("(field i8)"),
        &s("(field i32)"),
        "field-storage",
        "field 0",
    );
    behind(
        &s("(field i64)"),
        &s("(field i32)"),
        "field-type",
        "field 0",
    );
    behind(
        &s("(field eqref)"),
        &s("(field i32)"),
        "field-type",
        "field 0",
    );
    behind(
        &s("(field (ref eq))"),
        &s("(field eqref)"),
        "nullability",
        "field 0",
    );
    behind(
        &s("(field anyref)"),
        &s("(field eqref)"),
        "heap-type",
        "field 0",
    );
    behind(&a("i32"), &a("(mut i32)"), "element-mutability", "element");
    behind(&a("i8"), &a("i16"), "element-storage", "element");
    behind(&a("f32"), &a("f64"), "element-type", "element");
    behind(&a("anyref"), &a("(ref any)"), "nullability", "element");
    behind(&a("i32"), &s("(field i32)"), "type-kind", "");
}

#[test]
fn finality_and_supertypes() {
    behind(
        "(type $t (struct))",
        "(type $t (sub (struct)))",
        "finality",
        "",
    );
    let parent = "(type $p (sub (struct)))";
    behind(
        "(type $t (sub (struct)))",
        &format!("{parent} (type $t (sub $p (struct)))"),
        "supertype-missing",
        "",
    );
    behind(
        &format!("{parent} (type $t (sub $p (struct)))"),
        "(type $t (sub (struct)))",
        "supertype-extra",
        "",
    );
    behind(
        "(type $p (sub (struct (field i32)))) (type $t (sub $p (struct (field i32))))",
        "(type $p (sub (struct))) (type $t (sub $p (struct (field i32))))",
        "field-count",
        "supertype -> type $p",
    );
}

#[test]
fn groups() {
    let t = "(type $t (struct (field i32)))";
    let u = "(type $u (struct (field i64)))";
    behind(
        &format!("(rec {t} {u})"),
        &format!("(rec {u} {t})"),
        "group-position",
        "",
    );
    behind(&format!("(rec {t} {u})"), t, "group-size", "");
    behind(
        &format!("(rec {t} {u})"),
        &format!("(rec {t} (type $u (struct (field f64))))"),
        "field-type",
        "member 1 -> field 0",
    );
    // Own or outside: the same structure, another type.
    behind(
        "(type $o (struct (field (ref null $o)))) (type $t (struct (field (ref null $o))))",
        "(type $t (struct (field (ref null $t))))",
        "reference-scope",
        "field 0",
    );
    // To the wrong one of two members that look alike.
    behind(
        "(rec (type $t (struct (field (ref null $u)))) (type $u (struct (field (ref null $u)))))",
        "(rec (type $t (struct (field (ref null $t)))) (type $u (struct (field (ref null $u)))))",
        "group-position",
        "field 0",
    );
    behind(
        "(rec (type $t (struct)) (type $a (struct (field (ref $t)))) (type $b (struct)))",
        "(rec (type $t (struct)) (type $a (struct (field (ref $b)))) (type $b (struct)))",
        "group-position",
        "member 1 -> field 0",
    );
}

#[test]
fn the_deepest_difference() {
    let types = |innermost: &str| {
        format!(
            "(type $d {innermost})
             (type $c (array (ref null $d)))
             (rec (type $b (struct (field i32) (field $c (ref $c)) (field (ref null $t))))
                  (type $t (struct (field i32) (field $b (ref $b)))))"
        )
    };
    behind(
        &types("(struct (field (mut f32)))"),
        &types("(struct (field f32))"),
        "field-mutability",
        "field 1 -> type $b -> field 1 -> type $c -> element -> type $d -> field 0",
    );
}

#[test]
fn continuations_lead_into_their_function() {
    let types = |param: &str| format!("(type $g (func (param {param}))) (type $t (cont $g))");
    behind(
        &types("i32"),
        &types("i64"),
        "param-type",
        "type $g -> param 0",
    );
}

#[test]
fn subtypes() {
    // A declared subtype does.
    fits(
        r#"(module (type $f (sub (func))) (type $g (sub $f (func)))
             (func (export "f") (type $g)))"#,
        r#"(module (type $f (sub (func))) (import "env" "f" (func (type $f))))"#,
    );
    // A type that only looks like one does not.
    func(
        "(type $p (sub (func))) (type $q (sub $p (func))) (type $f (sub $p (func)))",
        "(type $p (sub (func))) (type $f (sub $p (func (param))))
         (type $i (sub (func (param i32)))) (import \"x\" \"y\" (func (type $i)))",
        "missing-module",
        "",
    );
}

#[test]
fn not_declared() {
    func(
        "(type $f (func (result i32)))",
        "(type $f (sub (func (result i32))))",
        "not-declared-subtype",
        "",
    );
    // Structure first, by the rules of subtyping.
    func(
        "(type $f (sub (func (param i32) (result eqref))))",
        "(type $f (sub (func (param i64) (result anyref))))",
        "param-type",
        "param 0",
    );
    func(
        "(type $f (sub (func (result anyref))))",
        "(type $f (sub (func (result eqref))))",
        "heap-type",
        "result 0",
    );
    func(
        "(type $f (sub (func (result (ref any)) )))",
        "(type $f (sub (func (result anyref))))",
        "not-declared-subtype",
        "",
    );
    // Parameters the other way round.
    func(
        "(type $f (sub (func (param (ref any)))))",
        "(type $f (sub (func (param anyref))))",
        "nullability",
        "param 0",
    );
    // The ancestor at the depth of what is expected is compared, not the type itself.
    func(
        "(type $p (sub (func (result i32)))) (type $f (sub $p (func (result i32))))",
        "(type $f (sub (func (result i64))))",
        "result-type",
        "result 0",
    );
    // What is expected is final: nothing but itself does.
    func(
        "(type $p (sub (func))) (type $f (sub $p (func)))",
        "(type $f (func))",
        "finality",
        "",
    );
}

#[test]
fn attributes_of_external_types() {
    items(r#"(memory (export "x") 1)"#, "(func)", "extern-kind");
    items(r#"(memory (export "x") 1)"#, "(memory 2)", "limits-min");
    items(r#"(memory (export "x") 2)"#, "(memory 2 3)", "limits-max");
    items(r#"(memory (export "x") 2 4)"#, "(memory 2 3)", "limits-max");
    items(
        r#"(memory (export "x") i64 1)"#,
        "(memory 1)",
        "address-type",
    );
    items(
        r#"(memory (export "x") 1 1 shared)"#,
        "(memory 1 1)",
        "memory-shared",
    );
    items(
        r#"(memory (export "x") 1 (pagesize 1))"#,
        "(memory 1)",
        "page-size",
    );
    items(
        r#"(table (export "x") 1 funcref)"#,
        "(table 2 funcref)",
        "limits-min",
    );
    items(
        r#"(table (export "x") 1 funcref)"#,
        "(table 1 2 funcref)",
        "limits-max",
    );
    items(
        r#"(table (export "x") i64 1 funcref)"#,
        "(table 1 funcref)",
        "address-type",
    );
    items(
        r#"(table (export "x") 1 externref)"#,
        "(table 1 funcref)",
        "heap-type",
    );
    items(
        r#"(global (export "x") (mut i32) (i32.const 0))"#,
        "(global i32)",
        "global-mutability",
    );
    items(
        r#"(global (export "x") i32 (i32.const 0))"#,
        "(global i64)",
        "global-type",
    );
    items(
        r#"(global (export "x") funcref (ref.null func))"#,
        "(global (ref func))",
        "nullability",
    );
    items(
        r#"(global (export "x") externref (ref.null extern))"#,
        "(global anyref)",
        "heap-type",
    );
}

#[test]
fn equality_where_a_subtype_will_not_do() {
    let cause = |host: &str, plugin: &str| {
        let host = format!(r#"(module {host})"#);
        let plugin = format!(r#"(module {plugin})"#);
        let mismatch = mismatch(&host, &plugin);
        assert_eq!(mismatch.difference.reason, Reason::Invariance, "{mismatch}");
        mismatch.difference.cause.expect("invariance has a cause")
    };
    let difference = cause(
        r#"(global (export "x") (mut eqref) (ref.null none))"#,
        r#"(import "env" "x" (global (mut anyref)))"#,
    );
    assert_eq!(difference.reason, Reason::HeapType);
    let difference = cause(
        r#"(table (export "x") 1 (ref func) (ref.func 0)) (func)"#,
        r#"(import "env" "x" (table 1 funcref))"#,
    );
    assert_eq!(difference.reason, Reason::Nullability);
    let difference = cause(
        r#"(type $f (sub (func))) (type $g (sub $f (func))) (tag (export "x") (type $g))"#,
        r#"(type $f (sub (func))) (import "env" "x" (tag (type $f)))"#,
    );
    assert_eq!(difference.reason, Reason::SupertypeExtra);
    let difference = cause(
        r#"(type $s (sub (struct))) (type $t (sub $s (struct (field i32))))
           (global (export "x") (mut (ref null $t)) (ref.null $t))"#,
        r#"(type $s (sub (struct)))
           (import "env" "x" (global (mut (ref null $s))))"#,
    );
    assert_eq!(difference.reason, Reason::SupertypeExtra);
    // No subtype either way.
    modules(
        r#"(module (type $t (struct (field i32)))
             (global (export "x") (mut (ref null $t)) (ref.null $t)))"#,
        r#"(module (type $s (struct))
             (import "env" "x" (global (mut (ref null $s)))))"#,
        "field-count",
        "type $s",
    );
}

#[test]
fn nothing_to_give() {
    modules(
        "(module)",
        r#"(module (import "wasi" "f" (func)))"#,
        "missing-module",
        "",
    );
    modules(
        "(module)",
        r#"(module (import "env" "f" (func)))"#,
        "missing-export",
        "",
    );
}

#[test]
fn every_reason_has_a_name_of_its_own() {
    let mut names: Vec<_> = Reason::ALL.iter().map(|reason| reason.name()).collect();
    assert_eq!(names.len(), 33);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 33);
}
