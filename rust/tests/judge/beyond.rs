//! Encodings of proposals that typereg does not have: refused, by name where it has one for them
//! (clause G3), as by wasmparser without those proposals.

use typereg::{Error, Feature};

use crate::support::Profile;

/// A module of one function type and one more section.
fn with_section(id: u8, data: &[u8]) -> Vec<u8> {
    let mut module = wasm_encoder::Module::new();
    let types = wasm_encoder::RawSection {
        id: 1,
        data: &[1, 0x60, 0, 0],
    };
    if id != 1 {
        module.section(&types);
    }
    module.section(&wasm_encoder::RawSection { id, data });
    module.finish()
}

const TYPES: u8 = 1;
const IMPORTS: u8 = 2;
const TABLES: u8 = 4;
const MEMORIES: u8 = 5;

/// What it is, the section, its contents, and the feature that it is refused by.
const CASES: [(&str, u8, &[u8], Option<Feature>); 15] = {
    use Feature::{CustomDescriptors, SharedTypes};
    [
        (
            "a shared structure",
            TYPES,
            &[1, 0x65, 0x5f, 0],
            Some(SharedTypes),
        ),
        (
            "a shared abstract reference",
            TYPES,
            &[1, 0x60, 1, 0x64, 0x65, 0x6e, 0],
            Some(SharedTypes),
        ),
        (
            "a shared abstract reference, shorthand",
            TYPES,
            &[1, 0x60, 1, 0x65, 0x6e, 0],
            Some(SharedTypes),
        ),
        (
            "an exact reference",
            TYPES,
            &[2, 0x5f, 0, 0x60, 1, 0x64, 0x62, 0, 0],
            Some(CustomDescriptors),
        ),
        (
            "a descriptor",
            TYPES,
            &[1, 0x4e, 2, 0x4d, 1, 0x5f, 0, 0x4c, 0, 0x5f, 0],
            Some(CustomDescriptors),
        ),
        (
            "a described structure",
            TYPES,
            &[1, 0x4e, 2, 0x4c, 1, 0x5f, 0, 0x4d, 0, 0x5f, 0],
            Some(CustomDescriptors),
        ),
        (
            "an import of an exact function",
            IMPORTS,
            &[1, 1, b'm', 1, b'n', 0x20, 0],
            Some(CustomDescriptors),
        ),
        (
            "an import of a shared global",
            IMPORTS,
            &[1, 1, b'm', 1, b'n', 3, 0x7f, 2],
            Some(SharedTypes),
        ),
        (
            "an import of a shared table",
            IMPORTS,
            &[1, 1, b'm', 1, b'n', 1, 0x70, 3, 1, 2],
            Some(SharedTypes),
        ),
        (
            "a shared table",
            TABLES,
            &[1, 0x70, 3, 1, 2],
            Some(SharedTypes),
        ),
        ("a memory with unknown flags", MEMORIES, &[1, 0x10, 0], None),
        (
            "compact imports with a type each",
            IMPORTS,
            &[1, 1, b'm', 0, 0x7f, 2, 1, b'a', 0, 0, 1, b'b', 0, 0],
            None,
        ),
        (
            "compact imports of one type",
            IMPORTS,
            &[1, 1, b'm', 0, 0x7e, 0, 0, 2, 1, b'a', 1, b'b'],
            None,
        ),
        (
            "an import of an unknown kind",
            IMPORTS,
            &[1, 1, b'm', 1, b'n', 5, 0],
            None,
        ),
        (
            "a tag of an unknown attribute",
            IMPORTS,
            &[1, 1, b'm', 1, b'n', 4, 1, 0],
            None,
        ),
    ]
};

#[test]
fn g03_what_typereg_does_not_have_is_refused_by_name() {
    let mut wrong = Vec::new();
    for (what, id, data, feature) in CASES {
        let wasm = with_section(id, data);
        for profile in Profile::ALL {
            let theirs = profile.theirs(&wasm);
            assert!(theirs.is_err(), "wasmparser accepts {what}");
            match (profile.ours(&wasm), feature) {
                (Err(Error::UnsupportedFeature { feature: named, .. }), Some(feature))
                    if named == feature => {}
                (Err(Error::Decode { .. }), None) => {}
                (ours, _) => wrong.push(format!("{what}: {profile:?}: {ours:?}, not {theirs:?}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The custom-page-sizes proposal keeps memories of one-byte pages below 2^32 of them
/// (its test `memory_max.wast`).
#[test]
fn g03_a_32_bit_memory_has_at_most_2_to_the_32_minus_1_pages_of_one_byte() {
    let profile = Profile::Everything;
    for (pages, fits) in [
        (&[0xff, 0xff, 0xff, 0xff, 0x0f], true),
        (&[0x80, 0x80, 0x80, 0x80, 0x10], false),
    ] {
        let minimum = [&[1, 0x08], &pages[..], &[0]].concat();
        let maximum = [&[1, 0x09, 0], &pages[..], &[0]].concat();
        for data in [minimum, maximum] {
            let wasm = with_section(MEMORIES, &data);
            assert_eq!(profile.theirs(&wasm).is_ok(), fits);
            let ours = profile.ours(&wasm);
            assert_eq!(ours.is_ok(), fits, "{ours:?}");
        }
    }
}
