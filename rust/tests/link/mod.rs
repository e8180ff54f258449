//! Whether modules fit together, and if not, why (clause L).

mod kept;
mod reasons;

use typereg::{Features, Limits, LinkReport, Linker, Mismatch, Module};

/// A module from WAT, with every feature on.
fn module(wat: &str) -> Module {
    let features = Features {
        stack_switching: true,
        custom_page_sizes: true,
    };
    Module::from_wat(wat, &Limits::js_api(), &features).unwrap_or_else(|error| {
        panic!("{error}\n{wat}");
    })
}

/// Links `plugin.wasm` against `host.wat`, which is its `env`.
fn link(host: &str, plugin: &str) -> LinkReport {
    let mut linker = Linker::new();
    let host = linker.module("host.wat", module(host));
    linker.module("plugin.wasm", module(plugin));
    linker.name("env", host);
    linker.link_all().expect("linking refuses nothing")
}

/// The one import that does not match.
fn mismatch(host: &str, plugin: &str) -> Mismatch {
    let mut report = link(host, plugin);
    assert_eq!(report.mismatches.len(), 1, "{report}");
    report.mismatches.remove(0)
}

/// The path of a mismatch, as text.
fn path(mismatch: &Mismatch) -> String {
    let steps = mismatch.difference.path.iter().map(ToString::to_string);
    steps.collect::<Vec<_>>().join(" -> ")
}
