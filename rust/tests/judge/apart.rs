//! Where the two verdicts may differ: one module for each reason, so that no reason is listed in
//! vain.

use crate::support::{Profile, THEIRS_ALONE, Verdict, judge};

const MODULES: [&str; 8] = [
    "(module (global i32 i64.const 0))",
    "(module (global i32 i32.const 0 nop))",
    "(module (func (result i32)))",
    "(module (func unreachable local.get 0 drop))",
    "(module (table 1 funcref) (elem (table 0) (i32.const 0) func 7))",
    "(module (data (i32.const 0) \"\"))",
    "(module (func (param i32)) (start 0))",
    "(module (start 7))",
];

/// More in imports than wasmparser takes: a thousand and one functions of a thousand parameters.
fn heavy() -> String {
    let params = "i32 ".repeat(1_000);
    let import = "(import \"m\" \"n\" (func (type 0)))";
    format!(
        "(module (type (func (param {params}))) {})",
        import.repeat(1_001)
    )
}

#[test]
fn g11_what_types_do_not_decide_is_passed_over() {
    let profile = Profile::Wasm3;
    let mut messages = Vec::new();
    for wat in MODULES.map(String::from).into_iter().chain([heavy()]) {
        let start = &wat[..wat.len().min(80)];
        let limits = typereg::Limits::js_api();
        let module = typereg::Module::from_wat(&wat, &limits, &profile.features());
        let wasm = module.unwrap_or_else(|error| panic!("{error}: {start}"));
        let message = profile.theirs(wasm.wasm()).expect_err(start);
        let differs = matches!(judge(profile, wasm.wasm()), Ok(Verdict::Differing));
        assert!(differs, "{message}: {start}");
        messages.push(message);
    }
    for (part, why) in THEIRS_ALONE {
        let is_met = messages.iter().any(|message| message.contains(part));
        assert!(is_met, "nothing differs by {part:?} ({why})");
    }
}
