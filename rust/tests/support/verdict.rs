//! Holding typereg's verdict against wasmparser's, and where the two may differ.

use wasmparser::{Chunk, ConstExpr, Payload, Table, TableInit};

use super::Profile;

/// Where wasmparser refuses what the contract has typereg accept: a part of its message, and why.
pub(crate) const THEIRS_ALONE: [(&str, &str); 7] = [
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
pub(crate) struct Difference {
    pub(crate) profile: Profile,
    pub(crate) wasm: Vec<u8>,
    pub(crate) what: String,
}

/// What both said of a module.
pub(crate) enum Verdict {
    Valid,
    Refused(typereg::Error),
    /// For a reason listed above.
    Differing,
}

pub(crate) fn judge(profile: Profile, wasm: &[u8]) -> Result<Verdict, Difference> {
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
            if is_theirs_alone(&message) {
                return Ok(Verdict::Differing);
            }
            match beside_what_is_skipped(profile, wasm) {
                Ok(()) => Ok(Verdict::Differing),
                Err(message) if is_theirs_alone(&message) => Ok(Verdict::Differing),
                Err(message) => Err(differ(format!("only wasmparser refuses: {message}"))),
            }
        }
    }
}

fn is_theirs_alone(message: &str) -> bool {
    THEIRS_ALONE.iter().any(|(part, _)| message.contains(part))
}

/// wasmparser's verdict on a module but for what typereg passes over: bodies, initializers,
/// elements, data and the start function (clause G11). What comes after a refused initializer is
/// not judged.
// wasmparser keeps `Payload` open.
#[allow(clippy::wildcard_enum_match_arm)]
fn beside_what_is_skipped(profile: Profile, wasm: &[u8]) -> Result<(), String> {
    let mut validator = profile.validator();
    let mut parser = profile.parser();
    let mut at = 0;
    loop {
        let chunk = parser.parse(&wasm[at..], true);
        let Chunk::Parsed { consumed, payload } = chunk.map_err(|error| error.to_string())? else {
            return Err("unexpected end".to_string());
        };
        at += consumed;
        let verdict = validator.payload(&payload);
        let initializers: Vec<ConstExpr<'_>> = match payload {
            Payload::ElementSection(_)
            | Payload::DataSection(_)
            | Payload::DataCountSection { .. }
            | Payload::StartSection { .. } => continue,
            Payload::CodeSectionStart { size, .. } => {
                parser.skip_section();
                at += size as usize;
                Vec::new()
            }
            Payload::GlobalSection(section) => {
                let globals = section.into_iter().map_while(Result::ok);
                globals.map(|global| global.init_expr).collect()
            }
            Payload::TableSection(section) => {
                let tables = section.into_iter().map_while(Result::ok);
                tables.filter_map(initializer).collect()
            }
            Payload::End(_) => return verdict.map(|_| ()).map_err(|error| error.to_string()),
            _ => Vec::new(),
        };
        if let Err(error) = verdict {
            let is_inside = |initializer: &ConstExpr<'_>| {
                let range = initializer.get_binary_reader().range();
                range.start <= error.offset() && error.offset() <= range.end
            };
            return match initializers.iter().any(is_inside) {
                true => Ok(()),
                false => Err(error.to_string()),
            };
        }
    }
}

fn initializer(table: Table<'_>) -> Option<ConstExpr<'_>> {
    match table.init {
        TableInit::Expr(initializer) => Some(initializer),
        TableInit::RefNull => None,
    }
}

/// Fails with the first differences, each as bytes.
pub(crate) fn report(seed: u64, differences: &[Difference]) {
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
