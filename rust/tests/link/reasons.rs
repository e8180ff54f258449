//! Every reason, with the path to it.

use super::{link, mismatch, path};

/// Checks the reason and the path of a function import whose types are as given, in WAT.
#[track_caller]
fn func(host: &str, plugin: &str, reason: &str, at: &str) {
    let host = format!(r#"(module {host} (func (export "f") (type $f) unreachable))"#);
    let plugin = format!(r#"(module {plugin} (import "env" "f" (func (type $f))))"#);
    let mismatch = mismatch(&host, &plugin);
    assert_eq!(
        (mismatch.difference.reason.name(), &*path(&mismatch)),
        (reason, at),
        "{mismatch}"
    );
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
    func(&t("(param i32 i64)"), &t("(param i32 f64)"), "param-type", "param 1");
    func(&t("(result v128)"), &t("(result f64)"), "result-type", "result 0");
    func(&t("(result funcref)"), &t("(result i32)"), "result-type", "result 0");
    func(&t("(param anyref)"), &t("(param (ref any))"), "nullability", "param 0");
    func(&t("(param anyref)"), &t("(param eqref)"), "heap-type", "param 0");
    func(
        &t("(param (ref null $f))"),
        &t("(param funcref)"),
        "heap-type",
        "param 0",
    );
}
