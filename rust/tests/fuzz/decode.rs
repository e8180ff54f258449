//! Any bytes as a module: wasmparser's verdict, and every question that a valid one answers
//! (clauses G3, G4, G11).

use typereg::Module;
use typereg::types::ModuleTypeIndex;

use crate::support::{Profile, Verdict, judge, rec_groups, report};

pub(crate) fn run(wasm: &[u8]) {
    for profile in Profile::ALL {
        match judge(profile, wasm) {
            Ok(Verdict::Valid) => {
                let module = profile.ours(wasm).expect("judged valid");
                ask(&module);
                let groups = rec_groups(wasm);
                assert_eq!(module.group_count() as usize, groups.len());
                for (number, group) in (0..).zip(groups) {
                    assert_eq!(module.rec_group(number), Ok(Some(group)));
                }
            }
            Ok(Verdict::Differing) => ask(&profile.ours(wasm).expect("judged valid by us")),
            Ok(Verdict::Refused(error)) => says_what_is_wrong(&error, wasm.len()),
            Err(difference) => report(0, &[difference]),
        }
    }
}

/// An error is one line of words, and its offset lies in the input.
pub(super) fn says_what_is_wrong(error: &typereg::Error, length: usize) {
    let message = error.to_string();
    assert!(
        !message.is_empty() && !message.contains('\n'),
        "{message:?}"
    );
    let offset = match error {
        typereg::Error::Decode { offset, .. } => Some(*offset),
        typereg::Error::Validation { offset, .. }
        | typereg::Error::Limit { offset, .. }
        | typereg::Error::UnsupportedFeature { offset, .. } => *offset,
        typereg::Error::ForeignEngine { .. }
        | typereg::Error::StaleIndex { .. }
        | typereg::Error::NotCanonical { .. }
        | typereg::Error::NoSuchType { .. }
        | _ => panic!("not an error of decoding: {error:?}"),
    };
    assert!(
        offset.is_none_or(|offset| offset <= length),
        "{message}, of {length} bytes"
    );
}

/// Asks a module for everything it holds.
pub(super) fn ask(module: &Module) {
    for index in (0..module.type_count()).map(ModuleTypeIndex) {
        let ty = module.sub_type(index).unwrap().expect("in range");
        assert!(!ty.to_string().is_empty());
        if let Some(name) = module.type_name(index) {
            assert!(module.type_index(name).is_some_and(|first| first <= index));
        }
        let _may_be_named = module.field_name(index, 0);
    }
    let groups = 0..module.group_count();
    let covered: u32 = groups
        .map(|group| module.group_types(group).expect("in range").len() as u32)
        .sum();
    assert_eq!(covered, module.type_count());
    assert_eq!(
        module.imports().map(Result::unwrap).count(),
        module.import_count()
    );
    assert_eq!(
        module.exports().map(Result::unwrap).count(),
        module.export_count()
    );
    for index in module.tags() {
        assert!(module.sub_type(index).unwrap().is_some());
    }
}
