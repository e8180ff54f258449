//! Holding typereg's verdict against wasmparser's, and where the two may differ.

use crate::support::Profile;

/// Where wasmparser refuses what the contract has typereg accept: a part of its message, and why.
pub(super) const THEIRS_ALONE: [(&str, &str); 7] = [
    ("type mismatch: expected", "initializers and bodies"),
    ("constant expression required", "initializers"),
    ("unknown local", "bodies"),
    (
        ": func index out of bounds",
        "elements and the start function",
    ),
    (": memory index out of bounds", "data"),
    ("invalid start function type", "the start function"),
    (
        "effective type size",
        "wasmparser's own limit on all imports or exports taken together",
    ),
];

/// A case on which the two disagree without a reason.
pub(super) struct Difference {
    pub(super) profile: Profile,
    pub(super) wasm: Vec<u8>,
    pub(super) what: String,
}

/// What both said of a module.
pub(super) enum Verdict {
    Valid,
    Refused(typereg::Error),
    /// For a reason listed above.
    Differing,
}

pub(super) fn judge(profile: Profile, wasm: &[u8]) -> Result<Verdict, Difference> {
    let differ = |what| Difference {
        profile,
        wasm: wasm.to_vec(),
        what,
    };
    match (profile.theirs(wasm), profile.ours(wasm)) {
        (Ok(()), Ok(_)) => Ok(Verdict::Valid),
        (Err(_), Err(error)) => Ok(Verdict::Refused(error)),
        (Ok(()), Err(error)) => Err(differ(format!("only typereg refuses: {error}"))),
        (Err(message), Ok(_)) => {
            if THEIRS_ALONE.iter().any(|(part, _)| message.contains(part)) {
                return Ok(Verdict::Differing);
            }
            Err(differ(format!("only wasmparser refuses: {message}")))
        }
    }
}

/// Fails with the first differences, each as bytes.
pub(super) fn report(seed: u64, differences: &[Difference]) {
    if differences.is_empty() {
        return;
    }
    let mut text = format!("{} differences, seed {seed}", differences.len());
    let mut shortest: Vec<_> = differences.iter().collect();
    shortest.sort_by_key(|difference| difference.wasm.len());
    for Difference {
        profile,
        wasm,
        what,
    } in shortest.into_iter().take(5)
    {
        let bytes: String = wasm.iter().map(|byte| format!("{byte:02x}")).collect();
        text += &format!("\n{profile:?}: {what}\n  {bytes}");
    }
    panic!("{text}");
}
