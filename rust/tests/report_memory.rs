//! How much memory a link report takes whose paths are long. A binary of its own, because it counts
//! what the allocator gives out.

use std::fmt::Write;

use typereg::{Features, Limits, LinkReport, Linker, Module};

#[path = "support/allocator.rs"]
mod allocator;

use allocator::live;

/// Where the types of a chain stand.
#[derive(Clone, Copy, Debug)]
enum Shape {
    /// Each in a group of its own.
    Groups,
    /// All in one group, in which each refers to itself as well.
    Members,
    /// As subtypes that are looked at by what they lead to.
    Subtypes,
}

/// So many types, each of which refers to the one before, and a function of each: imported in the
/// order that `order` gives, or exported where there is none. What they lead to in the end is not
/// the same on both sides.
fn chain(shape: Shape, types: u32, order: Option<&[u32]>) -> Module {
    let mut text = String::from("(module ");
    let end = match order {
        Some(_) => "i32",
        None => "i64",
    };
    if let Shape::Members = shape {
        text.push_str("(rec ");
    }
    for at in 0..types {
        let next = match at.checked_sub(1) {
            Some(before) => format!("(ref $t{before})"),
            None => end.to_owned(),
        };
        let _ = match shape {
            Shape::Groups => write!(text, "(type $t{at} (struct (field {next})))"),
            Shape::Members => {
                let own = format!("(ref null $t{at})");
                write!(text, "(type $t{at} (struct (field {own} {next} {own})))")
            }
            Shape::Subtypes => write!(text, "(type $t{at} (sub (struct (field {next}))))"),
        };
    }
    if let Shape::Members = shape {
        text.push(')');
    }
    for at in 0..types {
        let _ = write!(text, "(type $f{at} (sub (func (result (ref $t{at})))))");
    }
    for at in order.unwrap_or_default() {
        let _ = write!(text, r#"(import "env" "{at}" (func (type $f{at})))"#);
    }
    if order.is_none() {
        for at in 0..types {
            let _ = write!(text, r#"(func (export "{at}") (type $f{at}) unreachable)"#);
        }
    }
    text.push(')');
    Module::from_wat(&text, &Limits::js_api(), &Features::default()).expect("a valid module")
}

/// The report on imports in this order, and how many bytes it holds.
fn linked(shape: Shape, order: &[u32]) -> (LinkReport, isize) {
    let mut linker = Linker::new();
    let types = order.len() as u32;
    let consumer = linker.module("consumer", chain(shape, types, Some(order)));
    let provider = linker.module("provider", chain(shape, types, None));
    linker.name("env", provider);
    let before = live();
    let report = linker.link(consumer).expect("there is memory");
    (report, live() - before)
}

/// Before paths that end alike were held once, 277 MB for the first of these.
#[test]
fn f03_a_report_is_no_larger_than_the_types_that_it_speaks_of() {
    for (shape, types) in [
        (Shape::Groups, 2_000),
        (Shape::Subtypes, 2_000),
        (Shape::Members, 600),
    ] {
        let rising: Vec<u32> = (0..types).collect();
        let falling: Vec<u32> = (0..types).rev().collect();
        // One from either half in turn.
        let mixed = (0..types).map(|at| at % 2 * (types / 2) + at / 2);
        let mixed: Vec<u32> = mixed.collect();
        for order in [&rising, &falling, &mixed] {
            let (report, bytes) = linked(shape, order);
            println!("{shape:?} from {}: {bytes} bytes", order[0]);
            assert_eq!(report.mismatches.len(), order.len());
            for (mismatch, at) in report.mismatches.iter().zip(order) {
                let path = &mismatch.difference.path;
                let reason = mismatch.difference.reason.name();
                assert_eq!((path.len() as u32, reason), (2 * at + 3, "field-type"));
            }
            let each = bytes / order.len() as isize;
            assert!(each < 2_000, "{shape:?}: {each} bytes for each import");
        }
    }
}
